package link_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"pitlane/edge/journal"
	"pitlane/edge/tlog"
	"pitlane/housetest"
)

// An older copy of a node's disk is put back and writes on alone; meanwhile the others
// have trimmed the place where the logs part, so that nobody can show it. What the disk
// wrote behind the last cosigned checkpoint is in the node's new log, and on all nodes.
func TestAnOldDiskBehindATrimLosesNothing(t *testing.T) {
	for name, alone := range map[string]int{
		"it ends before the others begin": 7,
		"it is longer than the others":    300,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			behindATrim(t, alone)
		})
	}
}

func behindATrim(t *testing.T, alone int) {
	s := newShop(t, "demo-bay-1", "demo-desk")
	s.cosignEvery = 20 * time.Millisecond
	open := func(dir string) *journal.Journal {
		j, err := journal.Open(t.Context(), journal.Options{Dir: dir, Node: "demo-bay-1", Key: s.keys["demo-bay-1"], Roster: s.roster, SegmentLeaves: 50})
		must(t, err)
		return j
	}
	b, _ := listen(t, "127.0.0.1:0")
	desk, err := journal.Open(t.Context(), journal.Options{Dir: filepath.Join(s.dir, "demo-desk"), Node: "demo-desk", Key: s.keys["demo-desk"], Roster: s.roster, SegmentLeaves: 50})
	must(t, err)
	defer desk.Close() //nolint:errcheck // only read from then on
	_, leave := s.carry(b.URL(), desk)
	defer leave()
	dir := filepath.Join(s.dir, "demo-bay-1")
	bay := open(dir)
	origin := bay.Origin()
	_, stop := s.carry(b.URL(), bay)
	write(t, bay, 5)
	housetest.Until(t, "all of it is cosigned", func() bool { c, _ := bay.Cosigned(origin); return c.Size == 6 })
	stop()
	must(t, bay.Close())
	must(t, os.CopyFS(dir+"-old", os.DirFS(dir)))

	bay = open(dir)
	_, stop = s.carry(b.URL(), bay)
	for range 23 { // so that they lie in several files
		write(t, bay, 10)
		housetest.Until(t, "the desk has it", func() bool { return held(desk, origin) == held(bay, origin) })
	}
	stop()
	must(t, bay.Close())
	_, err = desk.Trim(t.Context(), journal.TrimPolicy{Done: func(string) bool { return true }, Safe: func(string) uint64 { return 160 }})
	must(t, err)
	for _, tip := range desk.Tips() {
		if tip.Origin == origin && tip.Low < 100 {
			t.Fatalf("the desk begins at %d: this test shows nothing", tip.Low)
		}
	}

	old := open(dir + "-old")
	write(t, old, alone)
	var wrote []tlog.Entry
	for e, err := range old.Read(t.Context(), origin, 6) {
		must(t, err)
		wrote = append(wrote, e)
	}
	_, stop = s.carry(b.URL(), old)
	write(t, old, 1) // so that the others see another history, where theirs is the shorter
	housetest.Until(t, "it gives way", func() bool { return old.Damaged() != nil })
	stop()
	must(t, old.Close())
	old = open(dir + "-old")
	defer old.Close() //nolint:errcheck // only read from then on
	_, stop = s.carry(b.URL(), old)
	defer stop()
	housetest.Until(t, "the desk has its new log", func() bool { return held(desk, old.Origin()) == held(old, old.Origin()) })
	if old.Origin() == origin {
		t.Fatal("it writes on in the old log")
	}
	again := map[tlog.RequestID]int{}
	for e, err := range desk.Read(t.Context(), old.Origin(), 0) {
		must(t, err)
		again[e.Request]++
	}
	for _, e := range wrote {
		if again[e.Request] != 1 {
			t.Errorf("entry %d, which only the old disk had, is %d times in the new log", e.Seq, again[e.Request])
		}
	}
	housetest.Until(t, "its old log is that of the others", func() bool { return held(old, origin) == held(desk, origin) })
	if len(wrote) != alone {
		t.Errorf("%d entries were written alone, want %d", len(wrote), alone)
	}
	must(t, old.Verify(t.Context()))
	must(t, desk.Verify(t.Context()))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A node that was away for so long that the others have trimmed what follows on what it
// holds goes on where they begin, and what it held counts as trimmed there too.
func TestANodeThatWasAwayBehindATrimCatchesUp(t *testing.T) {
	t.Parallel()
	s := newShop(t, "demo-bay-1", "demo-desk", "demo-bay-2")
	bay, err := journal.Open(t.Context(), journal.Options{Dir: filepath.Join(s.dir, "demo-bay-1"), Node: "demo-bay-1", Key: s.keys["demo-bay-1"], Roster: s.roster, SegmentLeaves: 50})
	must(t, err)
	defer bay.Close() //nolint:errcheck // only read at the end
	b, _ := listen(t, "127.0.0.1:0")
	_, stop := s.carry(b.URL(), bay)
	defer stop()
	desk, other := s.journal("demo-desk"), s.journal("demo-bay-2")
	_, leave := s.carry(b.URL(), desk)
	write(t, bay, 300)
	housetest.Until(t, "the desk has the beginning", func() bool { return held(desk, bay.Origin()) == 301 })
	leave()
	for range 10 {
		write(t, bay, 30)
	}
	_, err = bay.Trim(t.Context(), journal.TrimPolicy{Done: func(string) bool { return true }, Safe: func(string) uint64 { return 500 }})
	must(t, err)
	low := bay.Tips()[0].Low
	if low <= 301 {
		t.Fatalf("it begins at %d: this test shows nothing", low)
	}
	_, leave = s.carry(b.URL(), desk)
	defer leave()
	housetest.Until(t, "the desk has what the bay holds", func() bool { return held(desk, bay.Origin()) == held(bay, bay.Origin()) })
	write(t, bay, 5)
	s.carry(b.URL(), other)
	housetest.Until(t, "what came later is everywhere", func() bool {
		return held(desk, bay.Origin()) == 606 && held(other, bay.Origin()) == 606
	})
	for _, j := range []*journal.Journal{desk, other} {
		for _, tip := range j.Tips() {
			if tip.Origin == bay.Origin() && tip.Low != low {
				t.Errorf("%s begins at %d, want %d", j.Node(), tip.Low, low)
			}
		}
		must(t, j.Verify(t.Context()))
	}
	entries, err := desk.Job(t.Context(), "j1")
	must(t, err)
	if len(entries) != 606-int(low) {
		t.Errorf("the desk reads %d entries of the visit, want %d", len(entries), 606-int(low))
	}
}
