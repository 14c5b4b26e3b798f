package job

// Matters are the kinds that make a decision of this kind stale: what goes into
// the Matters of a draft, so that who decided on an old picture looks again. A
// kind that only records what happened has none: a fact is never stale.
func Matters(kind string) []string {
	if m := mattersToVisit(kind); m != nil {
		return m
	}
	if m := mattersToWork(kind); m != nil {
		return m
	}
	return mattersToBack(kind)
}

func mattersToVisit(kind string) []string {
	order := []string{Offered{}.Kind(), Signed{}.Kind(), Declined{}.Kind()}
	switch kind {
	case Offered{}.Kind(), Consented{}.Kind(), Signed{}.Kind(), Declined{}.Kind():
		return order
	case HandedOver{}.Kind():
		return append(order, HandedOver{}.Kind(), KeyTaken{}.Kind())
	case UnlockIntended{}.Kind():
		return []string{
			UnlockIntended{}.Kind(), KeyHung{}.Kind(), KeyTaken{}.Kind(), Declined{}.Kind(),
			GatepassIssued{}.Kind(), CarHandedBack{}.Kind(),
		}
	}
	return nil
}

func mattersToWork(kind string) []string {
	order := []string{Offered{}.Kind(), Signed{}.Kind(), Declined{}.Kind()}
	switch kind {
	case BayAssigned{}.Kind():
		return append(order, BayAssigned{}.Kind(), CarReceived{}.Kind(), WorkStarted{}.Kind())
	case CarReceived{}.Kind():
		return []string{BayAssigned{}.Kind(), CarReceived{}.Kind(), Declined{}.Kind()}
	case ScanStarted{}.Kind():
		return []string{Consented{}.Kind(), Declined{}.Kind(), BayAssigned{}.Kind(), ScanStarted{}.Kind()}
	case ClearIntended{}.Kind():
		return []string{Consented{}.Kind(), Declined{}.Kind(), BayAssigned{}.Kind(), ScanStarted{}.Kind(),
			ClearIntended{}.Kind(), CarMismatched{}.Kind(), MismatchDecided{}.Kind()}
	case WorkStarted{}.Kind():
		return append(order, BayAssigned{}.Kind(), WorkStarted{}.Kind(), ExtraOffered{}.Kind(),
			CarMismatched{}.Kind(), MismatchDecided{}.Kind())
	case MismatchDecided{}.Kind():
		return []string{MismatchDecided{}.Kind(), CarReceived{}.Kind(), Declined{}.Kind()}
	case WorkPaused{}.Kind(), WorkResumed{}.Kind():
		return []string{WorkPaused{}.Kind(), WorkResumed{}.Kind(), WorkFinished{}.Kind(), Declined{}.Kind()}
	case WorkFinished{}.Kind():
		return append(extras(), Declined{}.Kind(), WorkPaused{}.Kind(), WorkFinished{}.Kind(), PartAwaited{}.Kind())
	}
	return nil
}

func mattersToBack(kind string) []string {
	inspection := []string{InspectionPassed{}.Kind(), InspectionFailed{}.Kind()}
	switch kind {
	case ExtraOffered{}.Kind(), ExtraApproved{}.Kind(), ExtraDeclined{}.Kind():
		return append(extras(), Declined{}.Kind())
	case InspectionPassed{}.Kind(), InspectionFailed{}.Kind():
		return append(append(extras(), inspection...), WorkStarted{}.Kind(), WorkFinished{}.Kind(), Declined{}.Kind())
	case CarPrepared{}.Kind():
		return append(inspection, CarPrepared{}.Kind(), Declined{}.Kind())
	case ReadyNotified{}.Kind():
		return append(inspection, ReadyNotified{}.Kind(), Declined{}.Kind())
	case BillStated{}.Kind(), BillSettled{}.Kind():
		return append(append(extras(), inspection...),
			Offered{}.Kind(), Signed{}.Kind(), Declined{}.Kind(), BillStated{}.Kind(), BillSettled{}.Kind())
	case GatepassIssued{}.Kind():
		return append(append(extras(), inspection...),
			Declined{}.Kind(), BillStated{}.Kind(), BillSettled{}.Kind(), GatepassIssued{}.Kind())
	case HandbackSigned{}.Kind():
		return []string{BillStated{}.Kind(), BillSettled{}.Kind(), Declined{}.Kind(), CarHandedBack{}.Kind()}
	case CarHandedBack{}.Kind():
		return []string{GatepassIssued{}.Kind(), CarHandedBack{}.Kind(), KeyHung{}.Kind()}
	}
	return nil
}

// extras are the kinds that change what the customer was asked or has answered.
func extras() []string {
	return []string{ExtraRaised{}.Kind(), ExtraOffered{}.Kind(), ExtraApproved{}.Kind(), ExtraDeclined{}.Kind()}
}
