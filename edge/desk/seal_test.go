package desk_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"pitlane/edge/desk"
	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/receipt"
	"pitlane/edge/shop"
)

// closed brings a visit to its end.
func (f *front) closed() string {
	f.t.Helper()
	id, _ := f.checkedIn()
	f.repaired(id)
	f.must("desk/handback", staff(id, object{"strokes": strokes()}))
	f.must("desk/release", staff(id, object{"slot": f.state(id).Key.Slot, "reason": "code lost"}))
	f.until("the seal", id, func(s job.State) bool { return s.Sealing.Seals > 0 && job.Unsealed(s) == 0 })
	return id
}

// TestAClosedVisitIsSealedAndWhatComesLaterAmendsIt: every entry of the visit is
// listed once, and the receipt is of the newest seal.
func TestAClosedVisitIsSealedAndWhatComesLaterAmendsIt(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	id := f.closed()
	f.listed(id)
	first := f.receiptOf(id)
	if first.Entry.Kind != receipt.Sealed || len(first.Witness) != 0 {
		t.Errorf("the receipt is of a %s with %d witnesses", first.Entry.Kind, len(first.Witness))
	}
	var says job.Sealed
	if err := json.Unmarshal(first.Payload, &says); err != nil {
		t.Fatal(err)
	}
	s := f.state(id)
	if says.Ticket != s.Ticket || says.Total != s.BillTotal || says.Paid != s.Paid || len(says.Lines) != len(s.BillLines) || says.Closed == 0 {
		t.Errorf("the statement differs from the visit: %+v", says.Statement)
	}

	// A device's late word comes after the seal.
	if err := f.keys.write(t.Context(), id, job.SlotClosed{Cabinet: "wall", Slot: 3}, fresh()); err != nil {
		t.Fatal(err)
	}
	f.until("the amendment", id, func(s job.State) bool { return s.Sealing.Seals > 1 && job.Unsealed(s) == 0 })
	f.listed(id)
	if kind := f.receiptOf(id).Entry.Kind; kind != receipt.Amended {
		t.Errorf("the receipt is of a %s", kind)
	}

	seals := f.state(id).Sealing.Seals
	f.restart()
	f.until("the visit after a restart", id, func(s job.State) bool { return s.Opened })
	other := f.closed() // the desk has looked at all visits by then
	f.listed(other)
	if got := f.state(id).Sealing.Seals; got != seals {
		t.Errorf("after a restart it has %d seals, not %d", got, seals)
	}
}

// A visit is closed without its key in a cabinet too: a customer who declines before he
// gave it away, and a key that staff hands over.
func TestAVisitWhoseKeyHangsNowhereIsSealedToo(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	sealed := func(id string) *receipt.Proven {
		t.Helper()
		f.until("the seal", id, func(s job.State) bool { return s.Sealing.Seals > 0 && job.Unsealed(s) == 0 })
		f.listed(id)
		return f.receiptOf(id)
	}

	out := f.must("checkin/open", opening())
	declined, _ := out["job"].(string)
	f.must("checkin/decline", object{"job": declined})
	if s := f.state(declined); job.Ended(s) || job.Unsealed(s) != 0 {
		t.Error("without a gate pass the visit counts as closed")
	}
	f.now.add(time.Hour)
	f.must("desk/gatepass", staff(declined, nil))
	var says job.Sealed
	if err := json.Unmarshal(sealed(declined).Payload, &says); err != nil {
		t.Fatal(err)
	}
	if c := f.state(declined).Conflicts; len(c) > 0 {
		t.Errorf("the visit has conflicts: %v", c)
	}
	if says.Closed == 0 || says.Closed != f.state(declined).GateMS || len(says.Lines) != 0 || says.Total != 0 {
		t.Errorf("the statement of a declined visit: %+v", says.Statement)
	}

	id, _ := f.checkedIn()
	f.repaired(id)
	f.must("keys/take", staff(id, object{"reason": "test drive"}))
	f.until("the key with the technician", id, func(s job.State) bool { return !s.Key.In && s.Key.Where == job.WhereTechnician })
	f.must("desk/handback", staff(id, object{"strokes": strokes()}))
	f.must("desk/handback", staff(id, object{"strokes": strokes()}))
	f.until("the end of the visit", id, func(s job.State) bool { return s.Phase == job.PhaseLeft })
	sealed(id)
	f.restart()
	f.until("both after a restart", id, func(s job.State) bool { return s.Sealing.Seals == 1 && f.state(declined).Sealing.Seals == 1 })
}

// listed demands that the seals of a visit list each of its other entries once.
func (f *front) listed(id string) {
	f.t.Helper()
	entries, err := f.journal.Job(f.t.Context(), id)
	if err != nil {
		f.t.Fatal(err)
	}
	count := map[job.Hash]int{}
	for _, e := range entries {
		p, err := job.Decode(e.Kind, e.Work.Payload)
		if err != nil {
			f.t.Fatal(err)
		}
		logs, lines := []string(nil), []string(nil)
		switch p := p.(type) {
		case job.Sealed:
			logs, lines = p.Logs, p.Leaves
		case job.Amended:
			logs, lines = p.Logs, p.Leaves
		default:
			count[job.Hash(e.Hash)] += 0
		}
		for _, line := range lines {
			l, err := job.ParseLeaf(logs, line)
			if err != nil {
				f.t.Fatal(err)
			}
			count[l.Hash]++
		}
	}
	for h, n := range count {
		if n != 1 {
			f.t.Errorf("entry %s is listed %d times", h, n)
		}
	}
}

func (f *front) receiptOf(id string) *receipt.Proven {
	f.t.Helper()
	shop, err := receipt.ShopOf(f.dir)
	if err != nil {
		f.t.Fatal(err)
	}
	file, err := receipt.OfJob(f.t.Context(), f.journal, shop, id)
	if err != nil {
		f.t.Fatal(err)
	}
	p, err := receipt.Verify(file, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	return p
}

// The node that ended a visit seals it, and every other one leaves it alone.
func TestAVisitIsSealedByTheNodeThatEndedItAlone(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	f.stop()
	added := f.second()
	m, err := shop.Load(added.Dir)
	if err != nil {
		t.Fatal(err)
	}
	second, err := journal.Open(t.Context(), journal.Options{Dir: added.Dir, Node: m.Node, Key: m.Key, Roster: m.Roster})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := second.Close(); err != nil {
			t.Error(err)
		}
	}()
	out := f.must("checkin/open", opening())
	id, _ := out["job"].(string)
	f.must("checkin/decline", object{"job": id})
	work, err := job.Encode(job.GatepassIssued{By: "sa"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := second.Append(t.Context(), journal.Draft{Kind: job.GatepassIssued{}.Kind(), Job: id, Work: work}); err != nil {
		t.Fatal(err)
	}
	theirs, err := second.Segment(t.Context(), second.Origin(), 0, 1<<20)
	if err == nil {
		err = f.journal.Adopt(t.Context(), theirs)
	}
	if err != nil {
		t.Fatal(err)
	}
	f.until("the visit to have ended", id, job.Ended)
	// Its own visit is sealed after the desk has looked at all of them.
	out = f.must("checkin/open", opening())
	own, _ := out["job"].(string)
	f.must("checkin/decline", object{"job": own})
	f.must("desk/gatepass", staff(own, nil))
	f.until("the seal of its own", own, func(s job.State) bool { return s.Sealing.Seals == 1 })
	if s := f.state(id); s.Sealing.Seals != 0 || len(s.Conflicts) != 0 {
		t.Errorf("a visit that another node ended has %d seals, conflicts %v", s.Sealing.Seals, s.Conflicts)
	}
}

// givesReceipts starts the desk again with receipts, and an address that phones reach.
func (f *front) givesReceipts() {
	f.t.Helper()
	f.receipts = func(ctx context.Context, id string) ([]byte, error) {
		shop, err := receipt.ShopOf(f.dir)
		if err != nil {
			return nil, err
		}
		return receipt.OfJob(ctx, f.journal, shop, id)
	}
	f.public = "https://receipts.example"
	f.restart()
}

// TestAReceiptIsThereAsLongAsItsVisitIsHeld: the board forgets a visit a day after its
// end, the address on the customer's phone stays.
func TestAReceiptIsThereAsLongAsItsVisitIsHeld(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	f.givesReceipts()
	id := f.closed()
	token := f.desk.ReceiptToken(id)
	name, _, ok := f.desk.Receipt(t.Context(), token)
	if !ok {
		t.Fatal("there is no receipt on the first day")
	}
	f.now.add(100 * 24 * time.Hour)
	f.restart()
	if s := f.state(id); s.Opened {
		t.Fatal("the board has not forgotten it: this test shows nothing")
	}
	later, file, ok := f.desk.Receipt(t.Context(), token)
	if !ok || later != name {
		t.Errorf("after 100 days: %q, %t, want %q", later, ok, name)
	}
	if _, err := receipt.Verify(file, nil); err != nil {
		t.Error(err)
	}
	if status := read(t, f.api, "desk/receipt?job="+id, new(desk.ReceiptOut)); status != http.StatusOK {
		t.Errorf("at the desk: %d", status)
	}
	if _, _, ok := f.desk.Receipt(t.Context(), f.desk.ReceiptToken("x")); ok {
		t.Error("a token of nothing has a receipt")
	}
	open, _ := f.checkedIn()
	if _, _, ok := f.desk.Receipt(t.Context(), f.desk.ReceiptToken(open)); ok {
		t.Error("an open visit has a receipt")
	}
}

// TestAReceiptIsGivenForItsTokenAlone.
func TestAReceiptIsGivenForItsTokenAlone(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	f.receipts = func(_ context.Context, id string) ([]byte, error) { return []byte(id), nil }
	f.restart()
	id := f.closed()
	name, file, ok := f.desk.Receipt(t.Context(), f.desk.ReceiptToken(id))
	if !ok || string(file) != id || name != "receipt-"+f.state(id).Ticket+".tlog-proof" {
		t.Errorf("receipt %q of %q, %t", name, file, ok)
	}
	open, _ := f.checkedIn()
	for what, token := range map[string]string{
		"nothing": "", "a short one": f.desk.ReceiptToken(id)[:31], "another's": f.desk.ReceiptToken("x"),
		"an open visit's": f.desk.ReceiptToken(open),
	} {
		if _, _, ok := f.desk.Receipt(t.Context(), token); ok {
			t.Errorf("%s: a receipt was given", what)
		}
	}
}
