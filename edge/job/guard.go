package job

import "slices"

// Reason says why something may not be done now, as a word of a closed list; ""
// means that it may.
type Reason string

// The reasons.
const (
	Free          Reason = ""              // it may be done
	Unknown       Reason = "unknown_job"   // nobody has opened the job
	Closed        Reason = "closed"        // the visit is over
	WasDeclined   Reason = "declined"      // the customer said no to the order
	NoConsent     Reason = "no_consent"    // K-060, K-094
	NoOrder       Reason = "no_order"      // no order is signed, or another text than the newest (K-082, K-094)
	NoWalkround   Reason = "no_walkround"  // K-112
	NoBelongings  Reason = "no_belongings" // K-114
	NoSignature   Reason = "no_signature"  // K-119, K-209
	KeyNotIn      Reason = "key_not_in"    // K-116
	NotHandedOver Reason = "not_handed_over"
	NotAssigned   Reason = "not_assigned"
	NotReceived   Reason = "not_received" // K-118
	OtherBay      Reason = "other_bay"    // the job is another bay's
	Running       Reason = "running"      // a scan of the job runs
	AwaitsAnswer  Reason = "waiting_answer"
	AwaitsParts   Reason = "waiting_parts"
	NotStarted    Reason = "not_started"
	NotPaused     Reason = "not_paused"
	NoCause       Reason = "no_cause"         // K-067
	OpenExtra     Reason = "open_extra"       // an extra item has no answer yet
	UnknownExtra  Reason = "unknown_extra"    // no such extra item
	NotOffered    Reason = "not_offered"      // the customer has not been asked
	NoPromise     Reason = "no_promise"       // K-161
	NotTold       Reason = "not_told"         // K-163
	NoAcknowledge Reason = "not_acknowledged" // K-165
	NotFinished   Reason = "not_finished"
	NoChecks      Reason = "no_checks" // K-184
	NotInspected  Reason = "not_inspected"
	NotPrepared   Reason = "not_prepared"
	UnsignedLine  Reason = "unsigned_line" // K-093
	NotSettled    Reason = "not_settled"
	NoGatepass    Reason = "no_gatepass" // K-207
	Already       Reason = "already"     // it has been done
)

// first is the first thing that stands in the way.
func first(reasons ...Reason) Reason {
	for _, r := range reasons {
		if r != Free {
			return r
		}
	}
	return Free
}

func unless(ok bool, r Reason) Reason {
	if ok {
		return Free
	}
	return r
}

// going stands in the way of everything that only an open visit has.
func going(s State) Reason {
	return first(
		unless(s.Opened, Unknown),
		unless(!s.Back && s.Phase != PhaseLeft, Closed),
		unless(!s.Declined, WasDeclined))
}

// inWork stands in the way of what the bay does.
func inWork(s State) Reason {
	return first(going(s), unless(!s.Gatepass, Closed), unless(s.Received, NotReceived))
}

// CanHandOver guards job.handed_over (K-119): nothing goes on into the workshop
// while a signature, the walk-round, the list of belongings or the key is missing.
func CanHandOver(s State) Reason {
	return first(going(s),
		unless(!s.HandedOver, Already),
		unless(s.Signed, NoSignature),
		unless(s.Walked, NoWalkround),
		unless(s.Listed, NoBelongings),
		unless(s.Key.In, KeyNotIn))
}

// CanAssign guards bay.assigned. A car that is in its bay may be sent to another
// one until its work has begun.
func CanAssign(s State) Reason {
	return first(going(s),
		unless(s.HandedOver, NotHandedOver),
		unless(!s.Started && !s.Finished && !s.Inspected && !s.Gatepass, Already))
}

// CanReceive guards car.received in the bay (K-118).
func CanReceive(s State, bay string) Reason {
	return first(going(s),
		unless(s.Bay != "", NotAssigned),
		unless(s.Bay == bay, OtherBay),
		unless(!s.Received && !s.Finished && !s.Inspected && !s.Gatepass, Already))
}

// CanScan guards scan.started: no diagnosis without a recorded consent (K-060).
func CanScan(s State) Reason {
	return first(going(s),
		unless(s.ConsentScan, NoConsent),
		inWork(s),
		unless(!scanRuns(s), Running))
}

// CanStart guards work.started: no work without consent, a signed line, the car
// received and no question open with the customer (K-094).
func CanStart(s State) Reason {
	return first(going(s),
		unless(s.Consented, NoConsent),
		unless(s.Signed && len(s.Lines) > 0, NoOrder),
		inWork(s),
		SameAsBooked(s),
		unless(!awaitsAnswer(s), AwaitsAnswer),
		unless(!s.Started && !s.Finished && !s.Inspected, Already))
}

// CanPause guards work.paused.
func CanPause(s State) Reason {
	return first(inWork(s), working(s), unless(!s.Paused, Already))
}

// CanResume guards work.resumed.
func CanResume(s State) Reason {
	return first(inWork(s), working(s), unless(s.Paused, NotPaused))
}

func working(s State) Reason {
	return first(unless(!s.Finished && !s.Inspected, Already), unless(s.Started, NotStarted))
}

// CanFinish guards work.finished: every symptom has a cause, or says that none was
// found (K-067), and no extra item is left without an answer (K-162).
func CanFinish(s State, cause string) Reason {
	return first(inWork(s), working(s), answered(s),
		unless(len(s.Parts) == 0, AwaitsParts),
		unless(cause != "" || s.Cause != "", NoCause))
}

// answered stands in the way while an extra item is raised or offered.
func answered(s State) Reason {
	for _, x := range s.Extras {
		if x.State == ExtraNew || x.State == ExtraAsked {
			return OpenExtra
		}
	}
	return Free
}

// CanRaise guards extra.raised (K-160): while the car is in its bay.
func CanRaise(s State) Reason {
	return first(inWork(s), unless(!s.Finished && !s.Inspected, Already))
}

// CanOffer guards extra.offered: never without the new finish time (K-161).
func CanOffer(s State, o ExtraOffered) Reason {
	x, there := s.extraOf(o.Extra)
	return first(going(s),
		unless(there, UnknownExtra),
		unless(x.State == ExtraNew || x.State == ExtraAsked, Already),
		unless(o.Promised > 0, NoPromise))
}

// CanApprove guards extra.approved (K-164).
func CanApprove(s State, extra string) Reason { return canAnswer(s, extra) }

// CanRefuse guards extra.declined: who was told in the workshop is kept (K-163),
// and where safety is concerned that the customer heard it twice (K-165).
func CanRefuse(s State, d ExtraDeclined) Reason {
	x, _ := s.extraOf(d.Extra)
	return first(canAnswer(s, d.Extra),
		unless(d.Told != "", NotTold),
		unless(!x.Safety || d.Acknowledged, NoAcknowledge))
}

func canAnswer(s State, extra string) Reason {
	x, there := s.extraOf(extra)
	return first(going(s),
		unless(there, UnknownExtra),
		unless(x.State != ExtraNew, NotOffered),
		unless(x.State == ExtraAsked, Already))
}

func (s State) extraOf(id string) (Extra, bool) {
	for _, x := range s.Extras {
		if x.ID == id {
			return x, true
		}
	}
	return Extra{}, false
}

// CanInspect guards inspection.passed and inspection.failed (K-186).
func CanInspect(s State) Reason {
	return first(going(s),
		unless(s.Finished, NotFinished),
		unless(!s.Inspected && !s.Gatepass, Already),
		answered(s))
}

// CanPrepare guards car.prepared: only an inspected car goes back to reception (K-188, K-200).
func CanPrepare(s State) Reason {
	return first(going(s), unless(s.Inspected, NotInspected), unless(!s.Prepared, Already))
}

// CanNotify guards ready.notified (K-202).
func CanNotify(s State) Reason {
	return first(going(s), unless(s.Prepared, NotPrepared), unless(!s.Notified, Already))
}

// CanSettle guards bill.settled (K-201): the slips are in when the car is inspected
// and prepared and no extra item is open; only what is signed or approved is paid
// (K-093, see CanBill). Who declined may settle the fee of the diagnosis (K-083).
func CanSettle(s State) Reason {
	if s.Declined {
		return first(unless(s.Opened, Unknown), unless(!s.Settled && !s.Gatepass, Already))
	}
	return first(going(s),
		unless(s.Signed, NoOrder),
		answered(s),
		unless(s.Inspected, NotInspected),
		unless(s.Prepared, NotPrepared),
		unless(!s.Settled, Already))
}

// CanBill guards bill.stated: no line that is not on a signed order or an approved
// extra item, none twice, and the total is theirs (K-093). Who declined owes at
// most the fee that he had been told (K-083), which is not a line of an order.
func CanBill(s State, b BillStated) Reason {
	open := Approved(s)
	var total int64
	for _, l := range b.Lines {
		total = addMoney(total, l.Price)
		if s.Declined && l.ID == FeeLine {
			continue
		}
		i := slices.IndexFunc(open, func(a Line) bool { return a.ID == l.ID && a.Price == l.Price })
		if i < 0 {
			return UnsignedLine
		}
		open = slices.Delete(open, i, i+1)
	}
	return unless(total == b.Total, UnsignedLine)
}

// FeeLine is the line of the fee for a diagnosis or an estimate that was declined (K-083).
const FeeLine = "diagnosis_fee"

// CanGatepass guards gatepass.issued: settled, or declined with nothing to settle (K-083, K-207).
func CanGatepass(s State) Reason {
	if s.Declined {
		return first(unless(s.Opened, Unknown),
			unless(!s.Billed || s.Settled, NotSettled),
			unless(!s.Gatepass, Already))
	}
	return first(going(s), unless(s.Settled, NotSettled), unless(!s.Gatepass, Already))
}

// CanRelease guards the unlock that gives the key back: the gate pass exists,
// declined or not (K-083, K-207).
func CanRelease(s State) Reason {
	return first(
		unless(s.Opened, Unknown),
		unless(s.Gatepass, NoGatepass),
		unless(s.Phase != PhaseLeft, Closed),
		unless(s.Key.In && s.Key.Where != WhereUnknown, KeyNotIn))
}

// CanClose guards car.handed_back; signature says that the customer signs for it
// with that, if he has not before (K-208, K-209).
func CanClose(s State, signature bool) Reason {
	return first(
		unless(s.Opened, Unknown),
		unless(!s.Back, Already),
		unless(s.Gatepass, NoGatepass),
		unless(signature || s.SignedFor, NoSignature))
}

// Bill is the statement of everything signed or approved, and of nothing else (K-093).
func Bill(s State) BillStated {
	b := BillStated{Lines: Approved(s)}
	for _, l := range b.Lines {
		b.Total = addMoney(b.Total, l.Price)
	}
	return b
}

// Approved are the lines that may be worked on: those of the signed order and
// the approved extra items (K-093, K-096).
func Approved(s State) []Line {
	lines := []Line{}
	if s.Signed {
		lines = append(lines, s.Ordered...)
	}
	for _, x := range s.Extras {
		if x.State == ExtraYes {
			lines = append(lines, Line{ID: x.ID, Text: x.Text, Price: x.Price})
		}
	}
	return lines
}

// Next is what the desk may do now: assign, offer, answer, inspect, prepare,
// notify, settle, gatepass, pickup.
func Next(s State) []string {
	offers := slices.ContainsFunc(s.Extras, func(x Extra) bool { return x.State == ExtraNew })
	next := []string{}
	for _, step := range []struct {
		name string
		may  bool
	}{
		{"assign", CanAssign(s) == Free},
		{"offer", offers && going(s) == Free},
		{"answer", awaitsAnswer(s) && going(s) == Free},
		{"inspect", CanInspect(s) == Free},
		{"prepare", CanPrepare(s) == Free},
		{"notify", CanNotify(s) == Free},
		{"settle", CanSettle(s) == Free},
		{"gatepass", CanGatepass(s) == Free},
		{"pickup", CanRelease(s) == Free},
	} {
		if step.may {
			next = append(next, step.name)
		}
	}
	return next
}

// CanTakeKey guards the unlock that hands the key to staff for work: the visit is
// open and the key hangs where it is known to hang.
func CanTakeKey(s State) Reason {
	return first(
		unless(s.Opened, Unknown),
		unless(!s.Back && s.Phase != PhaseLeft, Closed),
		unless(s.Key.In && s.Key.Where != WhereUnknown, KeyNotIn))
}

// CanReturnKey guards the unlock to bring a key back that staff has taken, or that
// was found again.
func CanReturnKey(s State) Reason {
	return first(
		unless(s.Opened, Unknown),
		unless(!s.Back && s.Phase != PhaseLeft, Closed),
		unless(s.Key.Where == WhereTechnician || s.Key.Where == WhereUnknown, Already))
}
