package wire_test

import (
	"testing"
	"time"

	"pitlane/edge/tlog"
	"pitlane/sync/wire"
)

const (
	bay2  = "demo-bay-2/" + epoch
	mine  = "demo-bay-1"
	grace = 150 * time.Millisecond // beyond what wants waits for a push under way
)

// asker drives a Wants with a clock of its own.
type asker struct {
	*wire.Wants
	t    *testing.T
	now  time.Time
	held map[string]uint64
}

func newAsker(t *testing.T) *asker {
	return &asker{wire.NewWants(mine, 5*time.Second), t, time.Unix(1e9, 0), map[string]uint64{}}
}

func (a *asker) due(after time.Duration) []wire.Request {
	a.now = a.now.Add(after)
	return a.Due(a.now, a.held, nil)
}

// asked wants exactly one request, of holder.
func (a *asker) asked(after time.Duration, holder string, from uint64) {
	a.t.Helper()
	got := a.due(after)
	if len(got) != 1 || got[0].Holder != holder || got[0].Want.From != from || got[0].Want.Origin != bay2 {
		a.t.Fatalf("asked %+v, want one request of %s from %d", got, holder, from)
	}
}

func (a *asker) silent(after time.Duration) {
	a.t.Helper()
	if got := a.due(after); len(got) != 0 {
		a.t.Fatalf("asked %+v, want nothing", got)
	}
}

func TestNothingIsAskedThatIsHeld(t *testing.T) {
	a := newAsker(t)
	a.held[bay2] = 7
	a.Holds("demo-reception", wire.Have{bay2: {Size: 7}})
	a.silent(0)
	a.silent(time.Minute)
}

func TestOwnLogIsNeverAskedFor(t *testing.T) {
	a := newAsker(t)
	a.Holds("demo-reception", wire.Have{mine + "/" + epoch: {Size: 7}})
	a.silent(0)
	a.silent(time.Minute)
}

func TestWhatIsOnItsWayIsNotAskedFor(t *testing.T) {
	a := newAsker(t)
	a.Holds("demo-bay-2", wire.Have{bay2: {Size: 1}})
	a.silent(0)
	a.held[bay2] = 1 // the push arrived
	a.silent(grace)
	a.Holds("demo-bay-2", wire.Have{bay2: {Size: 2}})
	a.silent(0)
	a.asked(grace, "demo-bay-2", 1)
}

func TestTheOriginIsAskedFirst(t *testing.T) {
	a := newAsker(t)
	a.Holds("demo-reception", wire.Have{bay2: {Size: 9}})
	a.Holds("demo-bay-2", wire.Have{bay2: {Size: 7}})
	a.silent(0)
	a.asked(grace, "demo-bay-2", 0)
}

func TestElseTheLargestHaveElseTheLowestName(t *testing.T) {
	a := newAsker(t)
	a.Holds("demo-bay-3", wire.Have{bay2: {Size: 7}})
	a.Holds("demo-reception", wire.Have{bay2: {Size: 9}})
	a.Holds("demo-bay-4", wire.Have{bay2: {Size: 9}})
	a.silent(0)
	a.asked(grace, "demo-bay-4", 0)
}

func TestOfflineNodesAndTrimmedLogsAreNotAsked(t *testing.T) {
	a := newAsker(t)
	a.Holds("demo-bay-2", wire.Have{bay2: {Size: 9}})
	a.Holds("demo-bay-3", wire.Have{bay2: {Low: 4, Size: 9}})
	a.Holds("demo-reception", wire.Have{bay2: {Size: 5}})
	a.Gone("demo-bay-2")
	a.silent(0)
	a.asked(grace, "demo-reception", 0)
	a.Back("demo-bay-2")
	a.held[bay2] = 5
	a.silent(time.Second) // the answer of reception is under way
	a.asked(6*time.Second, "demo-bay-2", 5)
}

func TestOneHolderAtATimeAndTheNextAfterPatience(t *testing.T) {
	a := newAsker(t)
	a.Holds("demo-bay-2", wire.Have{bay2: {Size: 9}})
	a.Holds("demo-reception", wire.Have{bay2: {Size: 9}})
	a.silent(0)
	a.asked(grace, "demo-bay-2", 0)
	a.silent(4 * time.Second)
	a.asked(2*time.Second, "demo-reception", 0)
	// Nobody answers: after a pause the first is asked again, for ever.
	a.silent(6 * time.Second)
	a.asked(grace, "demo-bay-2", 0)
}

func TestProgressKeepsTheHolder(t *testing.T) {
	a := newAsker(t)
	a.Holds("demo-bay-2", wire.Have{bay2: {Size: 100}})
	a.Holds("demo-reception", wire.Have{bay2: {Size: 100}})
	a.silent(0)
	a.asked(grace, "demo-bay-2", 0)
	for range 3 {
		a.Got(bay2)
		a.held[bay2] += 10
		a.silent(4 * time.Second)
	}
	for range 13 {
		a.Got(bay2)
	}
	a.held[bay2] += 10
	a.asked(0, "demo-bay-2", 40) // the credit is used up
}

func TestAGapIsAskedForWithoutAHave(t *testing.T) {
	a := newAsker(t)
	a.Holds("demo-bay-2", wire.Have{bay2: {Size: 3}})
	gaps := map[string]uint64{bay2: 2}
	a.Due(a.now, a.held, gaps)
	if got := a.Due(a.now.Add(grace), a.held, gaps); len(got) != 1 {
		t.Errorf("asked %+v", got)
	}
}

func TestEarlySegmentsComeInTheirTurn(t *testing.T) {
	var e wire.Early
	for _, first := range []uint64{20, 10, 10} {
		e.Keep(tlog.Segment{Origin: bay2, First: first})
	}
	if got := e.Gaps()[bay2]; got != 20 {
		t.Errorf("gap up to %d, want 20", got)
	}
	if s, ok := e.Next(bay2, 9); ok {
		t.Errorf("%d comes before its turn", s.First)
	}
	if s, ok := e.Next(bay2, 10); !ok || s.First != 10 {
		t.Errorf("got %d, %v, want 10", s.First, ok)
	}
	if s, ok := e.Next(bay2, 25); !ok || s.First != 20 {
		t.Errorf("got %d, %v, want 20", s.First, ok)
	}
	if len(e.Gaps()) != 0 {
		t.Error("something is left")
	}
	for i := range 100 {
		e.Keep(tlog.Segment{Origin: bay2, First: uint64(i)})
	}
	n := 0
	for ; ; n++ {
		if _, ok := e.Next(bay2, 1000); !ok {
			break
		}
	}
	if n != 32 {
		t.Errorf("%d segments were held back, want at most 32", n)
	}
}

// A replica that holds nothing begins where the others begin, and as early as it can.
func TestOfWhatNobodyHoldsWholeTheEarliestIsAsked(t *testing.T) {
	a := newAsker(t)
	a.Holds("demo-bay-2", wire.Have{bay2: {Low: 700, Size: 900}})
	a.Holds("demo-reception", wire.Have{bay2: {Low: 300, Size: 800}})
	a.silent(0)
	a.silent(grace)
	a.Late()
	a.silent(0)
	a.asked(grace, "demo-reception", 300)
	if !a.Began(bay2, 300) || a.Began(bay2, 700) {
		t.Error("it is not known from where it was asked")
	}
	a.asked(6*time.Second, "demo-bay-2", 700)
}

// What lies behind what is held is asked for where the others begin, when they have had
// the time to say what they hold, and nobody who is there holds what lies between.
func TestBehindATrimItIsAskedWhereTheOthersBegin(t *testing.T) {
	a := newAsker(t)
	a.held[bay2] = 100
	a.Holds("demo-reception", wire.Have{bay2: {Low: 300, Size: 800}})
	a.silent(0)
	a.silent(time.Minute) // not without Late
	a.Late()
	a.silent(0)
	a.silent(grace)
	a.silent(3 * time.Second)
	a.Holds("demo-bay-3", wire.Have{bay2: {Low: 100, Size: 200}})
	a.asked(0, "demo-bay-3", 100)
	a.Gone("demo-bay-3")
	a.asked(6*time.Second, "demo-reception", 300)
	if !a.Began(bay2, 300) {
		t.Error("it is not known from where it was asked")
	}
}

func TestAHolderThatDiesIsNotWaitedFor(t *testing.T) {
	a := newAsker(t)
	a.Holds("demo-bay-2", wire.Have{bay2: {Size: 9}})
	a.silent(0)
	a.asked(grace, "demo-bay-2", 0)
	a.Gone("demo-bay-2") // before it has answered
	a.Holds("demo-reception", wire.Have{bay2: {Size: 7}})
	a.asked(0, "demo-reception", 0)
	a.Gone("demo-reception")
	a.silent(0)
	a.Back("demo-bay-2") // it runs again and knows of no want
	a.asked(grace, "demo-bay-2", 0)
	a.Gone("demo-reception") // whoever else goes is no matter
	a.silent(time.Second)
}

func TestWhatEverybodyHasTrimmedIsKnown(t *testing.T) {
	a := newAsker(t)
	for i, c := range []struct {
		node string
		r    wire.Range
		want bool // that nobody holds what follows on 40
	}{
		{"demo-reception", wire.Range{Low: 0, Size: 0}, false},
		{"demo-reception", wire.Range{Low: 41, Size: 90}, true},
		{mine, wire.Range{Low: 0, Size: 40}, true},
		{"demo-bay-3", wire.Range{Low: 40, Size: 40}, false},
		{"demo-bay-3", wire.Range{Low: 60, Size: 60}, true},
	} {
		a.Holds(c.node, wire.Have{bay2: c.r})
		if got := a.Trimmed(bay2, 40); got != c.want {
			t.Errorf("%d: %s has %v: got %t", i, c.node, c.r, got)
		}
	}
}
