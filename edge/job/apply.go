package job

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// step tells one event: the facts it brings. What follows from the facts is
// settle's.
func (s *State) step(e Event) {
	if s.ID != "" && e.Job != "" && e.Job != s.ID {
		return // another job's
	}
	s.ID = cmp.Or(s.ID, e.Job)
	s.Events++
	s.NewestOrigin, s.NewestMS = e.Origin, e.WallMS
	s.Uncertain = s.Uncertain || e.Quality == 0
	s.follow(e)
	s.stepErased(e.Kind)
	if s.Erased {
		return
	}
	if e.Contact != nil && !s.ContactErased {
		s.Name = cmp.Or(e.Contact.Name, s.Name)
		s.Phone = cmp.Or(e.Contact.Phone, s.Phone)
	}
	s.stepVisit(e)
	s.stepKey(e)
	s.stepPickup(e)
	s.stepWish(e)
	s.stepWork(e)
	s.stepScan(e)
	s.stepCar(e)
	s.stepClear(e)
	s.stepExtra(e)
	s.stepBack(e)
	s.stepSealed(e)
	s.stepTimer(e)
}

// stepVisit is check-in: who came, what for, what was agreed (K-023 to K-120).
func (s *State) stepVisit(e Event) {
	switch p := e.Payload.(type) {
	case Opened:
		s.open(e, p)
	case Inspected:
		s.Walked, s.Marks = true, p.Marks
	case Belongings:
		s.Listed, s.Belongings, s.Box = true, p.Items, p.Box
	case Offered:
		s.Ordered, s.OrderTotal, s.OrderDue, s.orderID = p.Lines, p.Total, p.Promised, strconv.FormatInt(p.Promised, 10)
		if p.Within > 0 {
			s.OrderDue = e.WallMS + p.Within // right once the event is dated
		}
		s.OfferText, s.OfferHash = p.Text, p.TextHash
	case Consented:
		s.Consented, s.ConsentScan = true, p.Scan
	case Signed:
		s.SignedHash, s.Declined, s.DeclinedWhy = p.TextHash, false, ""
	case Declined:
		s.Declined, s.DeclinedWhy = true, p.Reason
	case HandedOver:
		s.HandedOver = true
	}
}

// open takes the first opening; another one that says otherwise stays visible.
func (s *State) open(e Event, p Opened) {
	if s.Opened {
		if p.Ticket != s.Ticket || p.Plate != s.Plate {
			s.contradict(OpenedTwice)
		}
		return
	}
	s.Opened, s.OpenedMS, s.Origin = true, e.WallMS, e.Origin
	s.Ticket, s.Lang, s.Purpose, s.Channel = p.Ticket, p.Lang, p.Purpose, p.Channel
	s.Plate, s.PlatePublic, s.Complaint = p.Plate, p.PlatePublic, p.Complaint
	s.Owner, s.Urgency, s.Assistance, s.CodeHash = p.Owner, p.Urgency, p.Assistance, p.CodeHash
}

// stepKey is the cabinet (K-116). What it saw is a fact, whatever was wished.
func (s *State) stepKey(e Event) {
	switch p := e.Payload.(type) {
	case UnlockIntended:
		if !s.Key.In {
			s.Key.Cabinet, s.Key.Slot = p.Cabinet, p.Slot
		}
		s.Key.Unlock, s.Key.Purpose, s.Key.by = UnlockWanted, p.Purpose, p.By
	case SlotOpened:
		s.Key.Unlock = UnlockOpened
	case UnlockFailed:
		s.Key.Unlock = UnlockNot
	case OutcomeUnknown:
		s.Key.Unlock = UnlockUnknown
	case KeyHung:
		if s.Key.In && (s.Key.Slot != p.Slot || s.Key.Cabinet != p.Cabinet) {
			s.contradict(KeyInTwoSlots)
		}
		s.Key.Cabinet, s.Key.Slot = p.Cabinet, p.Slot
		s.Key.Node, _, _ = strings.Cut(e.Origin, "/")
		s.Key.Tag = cmp.Or(p.Tag, s.Key.Tag)
		s.Key.In, s.Key.Taken, s.Key.Hangs = true, false, s.Key.Hangs+1
		s.Key.Where, s.Key.Holder, s.Key.SinceMS = WhereSlot, "", e.WallMS
	case KeyTaken:
		s.Key.In = false
		s.Key.Taken = p.Authorised && s.Key.Purpose == PurposeRelease
		s.leave(e, p)
		if !p.Authorised {
			s.contradict(KeyTakenUnasked)
		}
	case TagBound:
		s.Key.Tag = p.Tag
	case AlarmRaised:
		if p.What == AlarmKeyMissing {
			s.Key.Where, s.Key.Holder, s.Key.SinceMS = WhereUnknown, "", e.WallMS
		}
	}
}

// leave says where a key went that left its hook.
func (s *State) leave(e Event, p KeyTaken) {
	s.Key.Where, s.Key.Holder, s.Key.SinceMS = WhereUnknown, "", e.WallMS
	switch {
	case !p.Authorised:
	case s.Key.Purpose == PurposeRelease, s.Key.Purpose == PurposeHang: // hung, and out again before the slot was shut
		s.Key.Where = WhereCustomer
	case s.Key.Purpose == PurposeWork:
		s.Key.Where, s.Key.Holder = WhereTechnician, s.Key.by
	}
}

// stepPickup is the customer's code and token: bound to slot and kiosk, and spent
// when the slot has opened on them.
func (s *State) stepPickup(e Event) {
	switch p := e.Payload.(type) {
	case PickupBound:
		s.Pickup.Cabinet, s.Pickup.Slot, s.Pickup.Kiosk = p.Cabinet, p.Slot, p.Kiosk
		s.Pickup.TokenHash = cmp.Or(p.TokenHash, s.Pickup.TokenHash)
	case PickupRefused:
		list := append(slices.Clone(s.Pickup.Refused), MomentOf(e))
		s.Pickup.Refused = list[max(0, len(list)-16):]
	case SlotOpened:
		s.Pickup.Used = s.Pickup.Used || s.Key.Purpose == PurposeRelease && s.Key.by == ByKiosk
	}
}

// stepWork is the workshop (K-094, K-118, K-139, K-144).
func (s *State) stepWork(e Event) {
	switch p := e.Payload.(type) {
	case BayAssigned:
		s.moveTo(p.Bay)
		s.Lead, s.Helpers = p.Lead, p.Helpers
	case CarReceived:
		s.moveTo(p.Bay) // where the car stands counts, not where it was sent
		s.Received = true
	case WorkStarted:
		if !s.Started && s.StartMS == 0 {
			s.StartMS = e.WallMS
		}
		s.Started, s.Paused, s.PauseWhy = true, false, ""
	case WorkPaused:
		s.Paused, s.PauseWhy = true, p.Reason
	case WorkResumed:
		s.Paused, s.PauseWhy = false, ""
	case WorkFinished:
		s.Finished, s.Paused, s.PauseWhy = true, false, ""
		s.Cause = cmp.Or(p.Cause, s.Cause)
	case PartAwaited:
		s.dropPart(p.Part)
		s.Parts = append(s.Parts, Part(p))
	case PartArrived:
		s.dropPart(p.Part)
	}
}

// moveTo sends the car to a bay; in another bay it has to be received and started anew.
func (s *State) moveTo(bay string) {
	if bay == "" || bay == s.Bay {
		return
	}
	s.Bay, s.Received, s.Started = bay, false, false
}

func (s *State) dropPart(part string) {
	s.Parts = slices.DeleteFunc(s.Parts, func(p Part) bool { return p.Part == part })
	if len(s.Parts) == 0 {
		s.Parts = nil
	}
}

// stepScan is diagnosis (K-062). A completed scan is never unmade by a failure
// that was written without knowing of it.
func (s *State) stepScan(e Event) {
	switch p := e.Payload.(type) {
	case ScanStarted:
		x := s.scan(p.Scan)
		x.Bay, x.AtMS = p.Bay, e.WallMS
	case ScanCompleted:
		x := s.scan(p.Scan)
		x.Bay, x.AtMS, x.State, x.Why = cmp.Or(p.Bay, x.Bay), cmp.Or(x.AtMS, e.WallMS), ScanDone, ""
		x.VIN, x.Adapter, x.Protocol, x.Volts = p.VIN, p.Adapter, p.Protocol, p.Volts
		x.Complete, x.Codes = p.Complete, p.Codes
		if p.Parts == 0 || p.Parts != x.parts {
			x.Report = p.Report // whole, or a part of it is missing
		}
	case ScanPart:
		x := s.scan(p.Scan)
		if p.Part == x.parts+1 {
			x.Report, x.parts = slices.Concat(x.Report, p.Data), p.Part
		}
	case ScanFailed:
		x := s.scan(p.Scan)
		x.Bay, x.AtMS = cmp.Or(p.Bay, x.Bay), cmp.Or(x.AtMS, e.WallMS)
		if x.State != ScanDone {
			x.State, x.Why = ScanNot, p.Why
		}
	case CarMismatched:
		s.scan(p.Scan).Mismatch = true
	}
}

// scan is the scan of that id, a new running one when there is none.
func (s *State) scan(id string) *Scan {
	for i := range s.Scans {
		if s.Scans[i].ID == id {
			return &s.Scans[i]
		}
	}
	s.Scans = append(s.Scans, Scan{ID: id, State: ScanRuns})
	return &s.Scans[len(s.Scans)-1]
}

// stepExtra is what was found on the way, and the customer's answer (K-160 to K-166).
func (s *State) stepExtra(e Event) {
	switch p := e.Payload.(type) {
	case ExtraRaised:
		x := s.extra(p.Extra)
		x.Text, x.Safety, x.By = p.Text, p.Safety, p.By
	case ExtraOffered:
		x := s.extra(p.Extra)
		x.State, x.Price, x.Promised = ExtraAsked, p.Price, p.Promised
	case ExtraApproved:
		x := s.extra(p.Extra)
		x.State, x.Channel, x.Answered = ExtraYes, p.Channel, p.By
	case ExtraDeclined:
		x := s.extra(p.Extra)
		x.State, x.Channel, x.Answered = ExtraNo, p.Channel, p.By
		x.Told, x.Acknowledged = p.Told, p.Acknowledged
	}
}

// extra is the extra item of that id, a new one when there is none.
func (s *State) extra(id string) *Extra {
	for i := range s.Extras {
		if s.Extras[i].ID == id {
			return &s.Extras[i]
		}
	}
	s.Extras = append(s.Extras, Extra{ID: id, State: ExtraNew})
	return &s.Extras[len(s.Extras)-1]
}

// stepBack is from the inspection to the farewell (K-186 to K-212).
func (s *State) stepBack(e Event) {
	switch p := e.Payload.(type) {
	case InspectionPassed:
		s.Inspected, s.Checks = true, p.Checks
	case InspectionFailed:
		s.Rework++
		s.ReworkWhy = p.Reason
		s.Inspected, s.Started, s.Finished, s.Prepared, s.Notified = false, false, false, false, false
	case CarPrepared:
		s.Prepared = true
	case ReadyNotified:
		s.Notified = true
	case BillStated:
		s.Billed, s.BillLines, s.BillTotal = true, p.Lines, p.Total
	case BillSettled:
		if s.Settled {
			s.contradict(SettledTwice)
		}
		s.Settled, s.Method = true, p.Method
		s.Paid = addMoney(s.Paid, p.Paid)
	case GatepassIssued:
		if !s.Gatepass {
			s.GateMS = e.WallMS
		}
		if !s.Back {
			s.Closer = e.Origin
		}
		s.Gatepass = true
	case HandbackSigned:
		s.SignedFor = true
	case CarHandedBack:
		if !s.Back {
			s.BackMS, s.Closer = e.WallMS, e.Origin
		}
		s.Back = true
	case Rated:
		s.Stars = p.Stars
	}
}
