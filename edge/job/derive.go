package job

import (
	"slices"
	"strconv"
)

// The states of an unlock (Key.Unlock).
const (
	UnlockWanted  = "intended"
	UnlockOpened  = "opened"
	UnlockNot     = "failed"
	UnlockUnknown = "unknown"
)

// The purposes of an unlock.
const (
	PurposeHang    = "hang"
	PurposeRelease = "release"
	PurposeWork    = "work"   // staff takes the key for work
	PurposeReturn  = "return" // staff brings it back
)

// ByKiosk is who asks for an unlock when the customer does (UnlockIntended.By).
const ByKiosk = "kiosk"

// The states of a scan.
const (
	ScanRuns = "running"
	ScanDone = "completed"
	ScanNot  = "failed"
)

// The states of an extra item.
const (
	ExtraNew   = "raised"
	ExtraAsked = "offered"
	ExtraYes   = "approved"
	ExtraNo    = "declined"
)

// settle derives what follows from the facts. Deriving it anew each time keeps it
// true whichever fact came last.
func (s *State) settle() {
	s.Signed = s.SignedHash != "" && (s.OfferHash == "" || s.OfferHash == s.SignedHash)
	s.settleLines()
	s.settleScans()
	s.settleConflicts()
	s.Tips = nil
	for _, t := range s.tips {
		s.Tips = append(s.Tips, t.hash)
	}
	slices.SortFunc(s.Tips, compareHash)
	s.Phase = phaseOf(*s)
}

// settleLines: the order, and what approved extras add to its lines, its price and
// its promise (K-161, K-164).
func (s *State) settleLines() {
	s.Lines, s.Total, s.Promised, s.PromiseID = slices.Clone(s.Ordered), s.OrderTotal, s.OrderDue, s.orderID
	for _, x := range s.Extras {
		if x.State != ExtraYes {
			continue
		}
		s.Lines = append(s.Lines, Line{ID: x.ID, Text: x.Text, Price: x.Price})
		s.Total = addMoney(s.Total, x.Price)
		if x.Promised > s.Promised {
			s.Promised, s.PromiseID = x.Promised, strconv.FormatInt(x.Promised, 10)
		}
	}
}

func (s *State) settleConflicts() {
	s.Conflicts = slices.Clone(s.seen)
	if s.SignedHash != "" && !s.Signed && !s.Declined {
		s.Conflicts = append(s.Conflicts, SignedOtherText)
	}
	if s.Billed && CanBill(*s, BillStated{Lines: s.BillLines, Total: s.BillTotal}) != Free {
		s.Conflicts = append(s.Conflicts, BillUnsigned)
	}
	slices.Sort(s.Conflicts)
	s.Conflicts = slices.Compact(s.Conflicts)
	if len(s.Conflicts) == 0 {
		s.Conflicts = nil
	}
}

// addMoney adds without wrapping round: a forged sum must not turn into a small one.
func addMoney(a, b int64) int64 {
	const most = 1 << 62
	return min(max(a, -most/2), most/2) + min(max(b, -most/2), most/2)
}

// phaseOf is where the visit stands: the furthest fact wins, so that an event that
// is still on its way from another edge does not turn the visit back.
func phaseOf(s State) Phase {
	if s.Erased {
		return PhaseLeft
	}
	if s.Declined || s.Back || s.Gatepass {
		return phaseOfLeaving(s)
	}
	switch {
	case s.Settled && s.Inspected:
		return PhaseSettled
	case s.Prepared:
		return PhasePrepared
	case s.Inspected:
		return PhasePassed
	case s.Finished:
		return PhaseDone
	case s.Started:
		return phaseOfWork(s)
	case s.Rework > 0:
		return PhaseRework
	}
	return phaseOfArrival(s)
}

// phaseOfLeaving: with the gate pass the key may go, with the key the car (K-083,
// K-207, K-209). A key still on its hook keeps a signed-for car here.
func phaseOfLeaving(s State) Phase {
	switch {
	case s.Back && !s.Key.In:
		return PhaseLeft
	case s.Gatepass && s.Key.Taken:
		return PhaseKeyOut
	case s.Gatepass && s.Declined && !s.Key.In:
		return PhaseLeft // no key was ever taken in: nothing to give back
	case s.Gatepass || s.Back:
		return PhaseGatepass
	}
	return PhaseDeclined
}

// phaseOfWork is a started repair: what holds it up comes first.
func phaseOfWork(s State) Phase {
	switch {
	case awaitsAnswer(s):
		return PhaseAnswer
	case len(s.Parts) > 0:
		return PhaseParts
	case s.Paused:
		return PhasePaused
	}
	return PhaseInRepair
}

func phaseOfArrival(s State) Phase {
	switch {
	case s.Received && awaitsAnswer(s):
		return PhaseAnswer
	case s.Received && len(s.Parts) > 0:
		return PhaseParts
	case scanRuns(s):
		return PhaseDiagnosing
	case s.Received:
		return PhaseReceived
	case s.Bay != "":
		return PhaseDispatched
	case s.HandedOver:
		return PhaseHandedOver
	case s.Signed:
		return PhaseSigned
	case s.Consented:
		return PhaseConsented
	case s.Opened:
		return PhaseArrived
	}
	return ""
}

// awaitsAnswer: an extra item lies before the customer. One that is only raised
// waits for the desk, not for him.
func awaitsAnswer(s State) bool {
	return slices.ContainsFunc(s.Extras, func(x Extra) bool { return x.State == ExtraAsked })
}

func scanRuns(s State) bool {
	return slices.ContainsFunc(s.Scans, func(x Scan) bool { return x.State == ScanRuns })
}

// Word is the public word of a phase (K-171).
func (p Phase) Word() Word {
	switch p {
	case PhaseReceived, PhaseDiagnosing:
		return WordChecking
	case PhaseAnswer:
		return WordAnswer
	case PhaseInRepair, PhasePaused, PhaseRework:
		return WordRepair
	case PhaseParts:
		return WordParts
	case PhaseDone:
		return WordInspection
	case PhasePassed, PhaseDeclined:
		return WordPreparing
	case PhasePrepared, PhaseSettled, PhaseGatepass, PhaseKeyOut, PhaseLeft:
		return WordReady
	}
	return WordWaiting
}

// Progress is how far along the visit is, 0 to 100. It tells steps, not minutes.
func Progress(s State) int {
	switch s.Phase {
	case PhaseArrived:
		return 5
	case PhaseConsented:
		return 10
	case PhaseSigned:
		return 15
	case PhaseHandedOver:
		return 20
	case PhaseDispatched:
		return 25
	case PhaseReceived:
		return 30
	case PhaseDiagnosing:
		return 35
	}
	return progressOfWork(s)
}

func progressOfWork(s State) int {
	switch s.Phase {
	case PhaseInRepair, PhasePaused, PhaseParts, PhaseAnswer:
		return 50
	case PhaseRework:
		return 60
	case PhaseDone:
		return 75
	case PhasePassed:
		return 80
	case PhasePrepared:
		return 90
	case PhaseSettled, PhaseDeclined:
		return 95
	case PhaseGatepass:
		return 97
	case PhaseKeyOut:
		return 99
	case PhaseLeft:
		return 100
	}
	return 0
}
