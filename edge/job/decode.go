package job

// decoder is how a kind's payload is read; nil for a kind that is not known here.
func decoder(kind string) func([]byte) (Payload, error) {
	for _, d := range []func(string) func([]byte) (Payload, error){decodeVisit, decodeKey, decodeAlarm, decodeWork, decodeCar, decodeClear, decodeBack, decodeSealed, decodeTimer, decodeErased} {
		if f := d(kind); f != nil {
			return f
		}
	}
	return nil
}

func decodeVisit(kind string) func([]byte) (Payload, error) {
	switch kind {
	case Opened{}.Kind():
		return as[Opened]
	case Inspected{}.Kind():
		return as[Inspected]
	case Belongings{}.Kind():
		return as[Belongings]
	case Offered{}.Kind():
		return as[Offered]
	case Consented{}.Kind():
		return as[Consented]
	case Signed{}.Kind():
		return as[Signed]
	case Declined{}.Kind():
		return as[Declined]
	case HandedOver{}.Kind():
		return as[HandedOver]
	case Rated{}.Kind():
		return as[Rated]
	case Merged{}.Kind():
		return as[Merged]
	}
	return nil
}

func decodeKey(kind string) func([]byte) (Payload, error) {
	switch kind {
	case UnlockIntended{}.Kind():
		return as[UnlockIntended]
	case SlotOpened{}.Kind():
		return as[SlotOpened]
	case SlotClosed{}.Kind():
		return as[SlotClosed]
	case UnlockFailed{}.Kind():
		return as[UnlockFailed]
	case OutcomeUnknown{}.Kind():
		return as[OutcomeUnknown]
	case KeyHung{}.Kind():
		return as[KeyHung]
	case KeyTaken{}.Kind():
		return as[KeyTaken]
	case CabinetOnline{}.Kind():
		return as[CabinetOnline]
	case CabinetOffline{}.Kind():
		return as[CabinetOffline]
	case Forced{}.Kind():
		return as[Forced]
	case Flapping{}.Kind():
		return as[Flapping]
	}
	return nil
}

func decodeWork(kind string) func([]byte) (Payload, error) {
	switch kind {
	case BayAssigned{}.Kind():
		return as[BayAssigned]
	case CarReceived{}.Kind():
		return as[CarReceived]
	case ScanStarted{}.Kind():
		return as[ScanStarted]
	case ScanPart{}.Kind():
		return as[ScanPart]
	case ScanCompleted{}.Kind():
		return as[ScanCompleted]
	case ScanFailed{}.Kind():
		return as[ScanFailed]
	case CarMismatched{}.Kind():
		return as[CarMismatched]
	case WorkStarted{}.Kind():
		return as[WorkStarted]
	case WorkPaused{}.Kind():
		return as[WorkPaused]
	case WorkResumed{}.Kind():
		return as[WorkResumed]
	case WorkFinished{}.Kind():
		return as[WorkFinished]
	case PartAwaited{}.Kind():
		return as[PartAwaited]
	case PartArrived{}.Kind():
		return as[PartArrived]
	}
	return nil
}

func decodeBack(kind string) func([]byte) (Payload, error) {
	switch kind {
	case ExtraRaised{}.Kind():
		return as[ExtraRaised]
	case ExtraOffered{}.Kind():
		return as[ExtraOffered]
	case ExtraApproved{}.Kind():
		return as[ExtraApproved]
	case ExtraDeclined{}.Kind():
		return as[ExtraDeclined]
	case InspectionPassed{}.Kind():
		return as[InspectionPassed]
	case InspectionFailed{}.Kind():
		return as[InspectionFailed]
	case CarPrepared{}.Kind():
		return as[CarPrepared]
	case ReadyNotified{}.Kind():
		return as[ReadyNotified]
	case BillStated{}.Kind():
		return as[BillStated]
	case BillSettled{}.Kind():
		return as[BillSettled]
	case GatepassIssued{}.Kind():
		return as[GatepassIssued]
	case HandbackSigned{}.Kind():
		return as[HandbackSigned]
	case CarHandedBack{}.Kind():
		return as[CarHandedBack]
	}
	return nil
}

// Kinds are the kinds of event known here, in the order of a visit; those of alarms
// and pick-up tokens come last.
func Kinds() []string {
	return append([]string{
		Opened{}.Kind(),
		Inspected{}.Kind(),
		Belongings{}.Kind(),
		Offered{}.Kind(),
		Consented{}.Kind(),
		Signed{}.Kind(),
		Declined{}.Kind(),
		HandedOver{}.Kind(),
		UnlockIntended{}.Kind(),
		SlotOpened{}.Kind(),
		SlotClosed{}.Kind(),
		UnlockFailed{}.Kind(),
		OutcomeUnknown{}.Kind(),
		KeyHung{}.Kind(),
		KeyTaken{}.Kind(),
		CabinetOnline{}.Kind(),
		CabinetOffline{}.Kind(),
		Forced{}.Kind(),
		Flapping{}.Kind(),
		BayAssigned{}.Kind(),
		CarReceived{}.Kind(),
		ScanStarted{}.Kind(),
		ScanRecorded{}.Kind(),
		ScanPart{}.Kind(),
		ScanCompleted{}.Kind(),
		ScanFailed{}.Kind(),
		CarMismatched{}.Kind(),
		MismatchDecided{}.Kind(),
		ClearIntended{}.Kind(),
		CodesCleared{}.Kind(),
		ClearFailed{}.Kind(),
		ClearUnknown{}.Kind(),
		WorkStarted{}.Kind(),
		WorkPaused{}.Kind(),
		WorkResumed{}.Kind(),
		WorkFinished{}.Kind(),
		PartAwaited{}.Kind(),
		PartArrived{}.Kind(),
		ExtraRaised{}.Kind(),
		ExtraOffered{}.Kind(),
		ExtraApproved{}.Kind(), ExtraDeclined{}.Kind(),
		InspectionPassed{}.Kind(), InspectionFailed{}.Kind(),
		CarPrepared{}.Kind(),
		ReadyNotified{}.Kind(),
		BillStated{}.Kind(), BillSettled{}.Kind(),
		GatepassIssued{}.Kind(),
		HandbackSigned{}.Kind(),
		CarHandedBack{}.Kind(),
		Rated{}.Kind(), Merged{}.Kind(),
		Sealed{}.Kind(),
		Amended{}.Kind(),
		TimerDue{}.Kind(),
		TimerOverdue{}.Kind(),
		SubjectErased{}.Kind(),
		ContactErased{}.Kind(),
	}, keyKinds()...)
}
