package link_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pitlane/edge/journal"
	"pitlane/housetest"
	"pitlane/sync/link"
	"pitlane/sync/wire"
)

func TestJournalsConverge(t *testing.T) {
	t.Parallel()
	b, _ := listen(t, "127.0.0.1:0")
	converge(t, newShop(t, "demo-bay-1", "demo-bay-2", "demo-reception"), b.URL(), nil)
}

// converge is the suite that every broker passes: two bays and a reception, with
// history from before the first connection, live events, and, where cut is given,
// a broker that goes away in the middle. cut stops it and gives what starts it again.
func converge(t *testing.T, s *shop, url string, cut func() (again func())) {
	t.Helper()
	one, two, desk := s.journal("demo-bay-1"), s.journal("demo-bay-2"), s.journal("demo-reception")
	write(t, one, 40) // before anybody is connected
	first, _ := s.carry(url, one)
	s.carry(url, desk)
	alike(t, 2, one, desk)

	write(t, desk, 10)
	write(t, one, 10)
	alike(t, 2, one, desk)

	// A node that comes late gets it from whoever holds it.
	s.carry(url, two)
	write(t, two, 5)
	alike(t, 3, one, two, desk)

	if cut != nil {
		again := cut()
		housetest.Until(t, "the link notices", func() bool { return !first.Stats().Connected })
		write(t, one, 30)
		write(t, two, 30)
		again()
		write(t, desk, 3)
	}
	alike(t, 3, one, two, desk)
}

func TestJournalsConvergeAfterTheBrokerWasAway(t *testing.T) {
	t.Parallel()
	b, stop := listen(t, housetest.OwnAddress(t))
	converge(t, newShop(t, "demo-bay-1", "demo-bay-2", "demo-reception"), b.URL(), func() func() {
		stop()
		return func() { listen(t, b.Address()) }
	})
}

func TestWhatANodeWroteIsCarriedByAnother(t *testing.T) {
	t.Parallel()
	b, _ := listen(t, "127.0.0.1:0")
	s := newShop(t, "demo-bay-1", "demo-bay-2", "demo-reception")
	one, two, desk := s.journal("demo-bay-1"), s.journal("demo-bay-2"), s.journal("demo-reception")
	_, stop := s.carry(b.URL(), one)
	s.carry(b.URL(), desk)
	write(t, one, 120)
	alike(t, 2, one, desk)
	stop() // bay 1 is gone for good
	s.carry(b.URL(), two)
	housetest.Until(t, "bay 2 has what bay 1 wrote", func() bool {
		return held(two, one.Origin()) == held(one, one.Origin())
	})
}

func TestPeersSayWhatTheyHold(t *testing.T) {
	t.Parallel()
	b, _ := listen(t, "127.0.0.1:0")
	s := newShop(t, "demo-bay-1", "demo-reception")
	one, desk := s.journal("demo-bay-1"), s.journal("demo-reception")
	s.carry(b.URL(), one)
	s.carry(b.URL(), desk)
	write(t, one, 7)
	housetest.Until(t, "bay 1 knows that reception holds it", func() bool {
		return one.Peers()["demo-reception"][one.Origin()] == [2]uint64{0, held(one, one.Origin())}
	})
}

func TestABrokerOnAnotherMachineIsRefusedInClear(t *testing.T) {
	t.Parallel()
	_, err := link.New(link.Config{URL: "tcp://192.168.1.4:1883", Node: "demo-bay-1"})
	e, ok := errors.AsType[*wire.TrustError](err)
	if !ok || !strings.Contains(e.NextStep(), "tls://192.168.1.4:8883") {
		t.Errorf("got %v", err)
	}
}

// A replica that comes when its peers have trimmed begins where they begin.
func TestANewNodeBeginsWhereTheOthersBegin(t *testing.T) {
	s := newShop(t, "demo-bay-1", "demo-desk")
	o := journal.Options{Dir: filepath.Join(s.dir, "demo-bay-1"), Node: "demo-bay-1", Key: s.keys["demo-bay-1"], Roster: s.roster, SegmentLeaves: 50}
	bay, err := journal.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := bay.Close(); err != nil {
			t.Error(err)
		}
	})
	write(t, bay, 230)
	_, err = bay.Trim(t.Context(), journal.TrimPolicy{
		Done: func(string) bool { return true }, Safe: func(string) uint64 { return 160 },
	})
	low := bay.Tips()[0].Low
	if err != nil || low < 100 {
		t.Fatalf("it begins at %d (%v)", low, err)
	}
	b, _ := listen(t, "127.0.0.1:0")
	url := b.URL()
	s.carry(url, bay)
	desk := s.journal("demo-desk")
	s.carry(url, desk)
	housetest.Until(t, "the desk has what the bay holds", func() bool { return strings.Contains(sizes(desk), bay.Origin()+" 231\n") })
	write(t, bay, 20)
	housetest.Until(t, "the desk has what came later", func() bool { return strings.Contains(sizes(desk), bay.Origin()+" 251\n") })
	for _, tip := range desk.Tips() {
		if tip.Origin == bay.Origin() && tip.Low != low {
			t.Errorf("the replica begins at %d, want %d", tip.Low, low)
		}
	}
	if err := desk.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

// A copied folder that writes on: the peer that holds the other history shows it, and
// the copy leaves the log and writes one of its own.
func TestACopiedNodeLearnsOfItsFork(t *testing.T) {
	s := newShop(t, "demo-bay-1", "demo-desk")
	open := func(dir string) *journal.Journal {
		j, err := journal.Open(t.Context(), journal.Options{Dir: dir, Node: "demo-bay-1", Key: s.keys["demo-bay-1"], Roster: s.roster})
		if err != nil {
			t.Fatal(err)
		}
		return j
	}
	dir := filepath.Join(s.dir, "demo-bay-1")
	bay := open(dir)
	write(t, bay, 5)
	origin := bay.Origin()
	if err := bay.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(dir+"-copy", os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	b, _ := listen(t, "127.0.0.1:0")
	desk := s.journal("demo-desk")
	s.carry(b.URL(), desk)
	first := open(dir)
	write(t, first, 3)
	_, stop := s.carry(b.URL(), first)
	housetest.Until(t, "the desk has the first history", func() bool { return strings.Contains(sizes(desk), origin+" 9\n") })
	stop()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := open(dir + "-copy")
	write(t, second, 6)
	_, stop = s.carry(b.URL(), second)
	housetest.Until(t, "the copy is on the desk's broker", func() bool { return len(second.Peers()) > 0 })
	write(t, second, 1)
	housetest.Until(t, "the copy writes another log", func() bool { return second.Origin() != origin })
	write(t, second, 2)
	housetest.Until(t, "the desk has that too", func() bool { return strings.Contains(sizes(desk), second.Origin()+" 3\n") })
	stop()
	if err := errors.Join(second.Verify(t.Context()), desk.Verify(t.Context()), second.Close()); err != nil {
		t.Error(err)
	}
}
