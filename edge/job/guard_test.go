package job_test

import (
	"slices"
	"testing"

	"pitlane/edge/job"
)

// without is a story with the events of one kind left out.
func without(st *story, kind string) *story {
	left := newStory()
	for _, e := range st.events {
		if e.Payload.Kind() != kind {
			left.tell(e.Origin, e.Payload)
		}
	}
	return left
}

func assigned() *story {
	return checkedIn().tell(reception, job.BayAssigned{Bay: "1", Lead: "te1"})
}

func received() *story { return assigned().tell(bay1, job.CarReceived{Bay: "1", By: "te1"}) }

func raised() *story {
	return inRepair().tell(bay1, job.ExtraRaised{Extra: "x1", Text: "pads", Safety: true})
}

func asked() *story {
	return raised().tell(reception, job.ExtraOffered{Extra: "x1", Price: 1, Promised: 2})
}

func finished() *story { return inRepair().tell(bay1, job.WorkFinished{Cause: "worn"}) }
func prepared() *story { return inspected().tell(reception, job.CarPrepared{}) }

func receive(s job.State) job.Reason { return job.CanReceive(s, "1") }
func finish(s job.State) job.Reason  { return job.CanFinish(s, "worn") }
func approve(s job.State) job.Reason { return job.CanApprove(s, "x1") }
func closing(s job.State) job.Reason { return job.CanClose(s, true) }

func offer(s job.State) job.Reason {
	return job.CanOffer(s, job.ExtraOffered{Extra: "x1", Promised: 9})
}

func refuse(told string, ack bool) func(job.State) job.Reason {
	return func(s job.State) job.Reason {
		return job.CanRefuse(s, job.ExtraDeclined{Extra: "x1", Told: told, Acknowledged: ack})
	}
}

// guardCase is a story and what may be done after it.
type guardCase struct {
	from *story
	can  func(job.State) job.Reason
	want job.Reason
}

// guardsOfArrival are the guards until the car is in its bay.
func guardsOfArrival() map[string]guardCase {
	return map[string]guardCase{
		"hand over, all there":         {without(checkedIn(), "job.handed_over"), job.CanHandOver, job.Free},
		"hand over twice":              {checkedIn(), job.CanHandOver, job.Already},
		"hand over without signature":  {without(without(checkedIn(), "job.handed_over"), "order.signed"), job.CanHandOver, job.NoSignature},
		"hand over without walk-round": {without(without(checkedIn(), "job.handed_over"), "job.inspected"), job.CanHandOver, job.NoWalkround},
		"hand over without belongings": {without(without(checkedIn(), "job.handed_over"), "job.belongings"), job.CanHandOver, job.NoBelongings},
		"hand over without key":        {without(without(checkedIn(), "job.handed_over"), "key.hung"), job.CanHandOver, job.KeyNotIn},
		"assign what nobody knows":     {newStory(), job.CanAssign, job.Unknown},
		"assign before hand-over":      {without(checkedIn(), "job.handed_over"), job.CanAssign, job.NotHandedOver},
		"assign":                       {checkedIn(), job.CanAssign, job.Free},
		"assign a car at work":         {inRepair(), job.CanAssign, job.Already},
		"assign what was declined":     {checkedIn().tell(reception, job.Declined{}), job.CanAssign, job.WasDeclined},
		"receive":                      {assigned(), receive, job.Free},
		"receive what was not sent":    {checkedIn(), receive, job.NotAssigned},
		"receive another bay's car":    {assigned(), func(s job.State) job.Reason { return job.CanReceive(s, "2") }, job.OtherBay},
		"receive twice":                {received(), receive, job.Already},
	}
}

// guardsOfWork are the guards at the start of the work.
func guardsOfWork() map[string]guardCase {
	return map[string]guardCase{
		"scan":                              {received(), job.CanScan, job.Free},
		"scan without consent":              {without(received(), "job.consented"), job.CanScan, job.NoConsent},
		"scan against the customer's will":  {received().tell(reception, job.Consented{Scan: false}), job.CanScan, job.NoConsent},
		"scan before it is received":        {assigned(), job.CanScan, job.NotReceived},
		"scan twice at once":                {received().tell(bay1, job.ScanStarted{Scan: "s1"}), job.CanScan, job.Running},
		"scan again":                        {received().tell(bay1, job.ScanStarted{Scan: "s1"}, job.ScanFailed{Scan: "s1"}), job.CanScan, job.Free},
		"start":                             {received(), job.CanStart, job.Free},
		"start though only the scan is not": {received().tell(reception, job.Consented{Scan: false}), job.CanStart, job.Free},
		"start without consent":             {without(received(), "job.consented"), job.CanStart, job.NoConsent},
		"start without signature":           {without(received(), "order.signed"), job.CanStart, job.NoOrder},
		"start before it is received":       {assigned(), job.CanStart, job.NotReceived},
		"start while the customer is asked": {received().tell(bay1, job.ExtraRaised{Extra: "x1"}).tell(reception, job.ExtraOffered{Extra: "x1"}), job.CanStart, job.AwaitsAnswer},
		"start twice":                       {inRepair(), job.CanStart, job.Already},
		"start again after rework":          {finished().tell(reception, job.InspectionFailed{}), job.CanStart, job.Free},
		"pause":                             {inRepair(), job.CanPause, job.Free},
		"pause before the start":            {received(), job.CanPause, job.NotStarted},
		"resume what is not paused":         {inRepair(), job.CanResume, job.NotPaused},
		"resume":                            {inRepair().tell(bay1, job.WorkPaused{}), job.CanResume, job.Free},
	}
}

// guardsOfExtras are the guards at its end, and of what was found on the way.
func guardsOfExtras() map[string]guardCase {
	return map[string]guardCase{
		"finish":                             {inRepair(), finish, job.Free},
		"finish without cause":               {inRepair(), func(s job.State) job.Reason { return job.CanFinish(s, "") }, job.NoCause},
		"finish before the start":            {received(), finish, job.NotStarted},
		"finish with an open extra":          {raised(), finish, job.OpenExtra},
		"finish while parts are awaited":     {inRepair().tell(bay1, job.PartAwaited{Part: "p"}), finish, job.AwaitsParts},
		"raise":                              {inRepair(), job.CanRaise, job.Free},
		"raise after the work":               {finished(), job.CanRaise, job.Already},
		"offer":                              {raised(), offer, job.Free},
		"offer without a new time":           {raised(), func(s job.State) job.Reason { return job.CanOffer(s, job.ExtraOffered{Extra: "x1"}) }, job.NoPromise},
		"offer what nobody raised":           {inRepair(), offer, job.UnknownExtra},
		"approve":                            {asked(), approve, job.Free},
		"approve what was not offered":       {raised(), approve, job.NotOffered},
		"approve twice":                      {asked().tell(reception, job.ExtraApproved{Extra: "x1"}), approve, job.Already},
		"refuse":                             {asked(), refuse("te1", true), job.Free},
		"refuse and tell nobody":             {asked(), refuse("", true), job.NotTold},
		"refuse safety without a second yes": {asked(), refuse("te1", false), job.NoAcknowledge},
	}
}

// guardsOfLeaving are the guards from the inspection on.
func guardsOfLeaving() map[string]guardCase {
	return map[string]guardCase{
		"inspect":                       {finished(), job.CanInspect, job.Free},
		"inspect what is not done":      {inRepair(), job.CanInspect, job.NotFinished},
		"inspect twice":                 {inspected(), job.CanInspect, job.Already},
		"prepare":                       {inspected(), job.CanPrepare, job.Free},
		"prepare without inspection":    {finished(), job.CanPrepare, job.NotInspected},
		"notify":                        {prepared(), job.CanNotify, job.Free},
		"notify before it is prepared":  {inspected(), job.CanNotify, job.NotPrepared},
		"settle":                        {prepared(), job.CanSettle, job.Free},
		"settle before it is prepared":  {inspected(), job.CanSettle, job.NotPrepared},
		"settle without inspection":     {finished(), job.CanSettle, job.NotInspected},
		"settle what nobody signed":     {without(prepared(), "order.signed"), job.CanSettle, job.NoOrder},
		"settle with an open extra":     {prepared().tell(bay1, job.ExtraRaised{Extra: "x1"}), job.CanSettle, job.OpenExtra},
		"settle twice":                  {withPass(), job.CanSettle, job.Already},
		"gate pass":                     {without(withPass(), "gatepass.issued"), job.CanGatepass, job.Free},
		"gate pass unpaid":              {prepared(), job.CanGatepass, job.NotSettled},
		"gate pass of a declined order": {checkedIn().tell(reception, job.Declined{}), job.CanGatepass, job.Free},
		"release":                       {withPass(), job.CanRelease, job.Free},
		"release without gate pass":     {without(withPass(), "gatepass.issued"), job.CanRelease, job.NoGatepass},
		"release a key that is not in":  {without(withPass(), "key.hung"), job.CanRelease, job.KeyNotIn},
		"close":                         {withPass(), closing, job.Free},
		"close without signature":       {withPass(), func(s job.State) job.Reason { return job.CanClose(s, false) }, job.NoSignature},
		"close, signed for before":      {withPass().tell(reception, job.HandbackSigned{}), func(s job.State) job.Reason { return job.CanClose(s, false) }, job.Free},
		"close without gate pass":       {prepared(), closing, job.NoGatepass},
		"close twice":                   {withPass().tell(reception, job.CarHandedBack{}), closing, job.Already},
	}
}

func TestGuards(t *testing.T) {
	for _, table := range []map[string]guardCase{guardsOfArrival(), guardsOfWork(), guardsOfExtras(), guardsOfLeaving()} {
		for name, c := range table {
			if got := c.can(c.from.state()); got != c.want {
				t.Errorf("%s: %q, want %q", name, got, c.want)
			}
		}
	}
}

func TestTheBillIsWhatWasSignedOrApproved(t *testing.T) {
	st := inRepair().tell(
		bay1, job.ExtraRaised{Extra: "x1", Text: "pads"}, job.ExtraRaised{Extra: "x2", Text: "wipers"},
	).tell(
		reception, job.ExtraOffered{Extra: "x1", Price: 500, Promised: 1}, job.ExtraOffered{Extra: "x2", Price: 70, Promised: 1},
		job.ExtraApproved{Extra: "x1"}, job.ExtraDeclined{Extra: "x2", Told: "te1"},
	)
	s := st.state()
	b := job.Bill(s)
	if b.Total != 40400 || len(b.Lines) != 3 || s.Total != b.Total {
		t.Errorf("bill of %d over %d lines, order of %d; want 40400 over 3", b.Total, len(b.Lines), s.Total)
	}
	if why := job.CanBill(s, b); why != job.Free {
		t.Errorf("its own bill is refused: %q", why)
	}
	b.Lines = append(b.Lines, job.Line{ID: "x2", Text: "wipers", Price: 70})
	if b.Total += 70; job.CanBill(s, b) != job.UnsignedLine {
		t.Error("a declined extra item may be billed")
	}
}

// TestNoKeyGoesWithoutAGatePass holds the one rule that costs a
// car: whatever happened, no key goes without a gate pass.
func TestNoKeyGoesWithoutAGatePass(t *testing.T) {
	for _, p := range payloadsOf() {
		if p == nil || p.Kind() == "gatepass.issued" {
			continue
		}
		if s := inspected().tell(reception, p).state(); job.CanRelease(s) == job.Free {
			t.Errorf("after %s the key may go without a gate pass", p.Kind())
		}
	}
}

func TestMatters(t *testing.T) {
	known := job.Kinds()
	for _, kind := range known {
		for _, m := range job.Matters(kind) {
			if !slices.Contains(known, m) {
				t.Errorf("to %s matters %q, which is no kind", kind, m)
			}
		}
	}
	for _, fact := range []string{"key.hung", "key.taken", "slot.opened", "scan.completed", "scan.failed", "cabinet.online", "job.merged", "no.such"} {
		if m := job.Matters(fact); len(m) != 0 {
			t.Errorf("%s happened, yet %v would make it stale", fact, m)
		}
	}
	for _, once := range []string{
		"order.signed", "order.declined", "slot.unlock_intended", "bay.assigned", "car.received", "scan.started", "work.started", "work.finished",
		"extra.approved", "extra.declined", "extra.offered", "inspection.passed", "bill.settled", "gatepass.issued", "car.handed_back",
	} {
		if !slices.Contains(job.Matters(once), once) {
			t.Errorf("two who decide %s at once do not notice each other", once)
		}
	}
}
