package link_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"pitlane/edge/board"
	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/tlog"
	"pitlane/housetest"
)

// Two copies of a node's disk, and an older copy put back, each writing on by itself:
// over links and a broker all nodes end with the same logs and the same visits, nothing
// that any copy wrote is lost, and nothing has its effect twice.
func TestNoCopyOfADiskLosesWhatItWrote(t *testing.T) {
	for name, c := range map[string]struct{ first, second int }{
		"the copy wrote more":     {3, 7},
		"an older disk put back":  {20, 4},
		"the same number of both": {5, 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			copies(t, c.first, c.second)
		})
	}
}

func copies(t *testing.T, byFirst, bySecond int) {
	s := newShop(t, "demo-bay-1", "demo-desk", "demo-bay-2")
	open := func(dir string) *journal.Journal {
		j, err := journal.Open(t.Context(), journal.Options{Dir: dir, Node: "demo-bay-1", Key: s.keys["demo-bay-1"], Roster: s.roster})
		if err != nil {
			t.Fatal(err)
		}
		return j
	}
	shut := func(j *journal.Journal) {
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	dir := filepath.Join(s.dir, "demo-bay-1")
	bay := open(dir)
	write(t, bay, 5)
	origin := bay.Origin()
	shut(bay)
	if err := os.CopyFS(dir+"-copy", os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	b, _ := listen(t, "127.0.0.1:0")
	desk, other := s.journal("demo-desk"), s.journal("demo-bay-2")
	s.carry(b.URL(), desk)
	first := open(dir)
	write(t, first, byFirst)
	_, stop := s.carry(b.URL(), first)
	housetest.Until(t, "the desk has the first history", func() bool { return held(desk, origin) == uint64(6+byFirst) })
	stop()
	shut(first)

	second := open(dir + "-copy")
	write(t, second, bySecond)
	_, stop = s.carry(b.URL(), second)
	housetest.Until(t, "the copy is on the desk's broker", func() bool { return len(second.Peers()) > 0 })
	write(t, second, 1)
	housetest.Until(t, "the copy finds where its log parts", func() bool { return second.Damaged() != nil })
	stop()
	shut(second)
	second = open(dir + "-copy")
	defer shut(second)
	_, stop = s.carry(b.URL(), second)
	defer stop()
	s.carry(b.URL(), other)
	write(t, second, 2)
	alike(t, 3, desk, second, other)

	seen := map[tlog.RequestID]bool{}
	entries := jobOf(t, desk)
	for _, e := range entries {
		if seen[e.Request] {
			t.Errorf("%s seq %d is there twice", e.Origin, e.Seq)
		}
		seen[e.Request] = true
	}
	if want := 5 + byFirst + bySecond + 1 + 2; len(entries) != want {
		t.Errorf("%d entries of the visit, want %d", len(entries), want)
	}
	for _, j := range []*journal.Journal{second, other} {
		if !reflect.DeepEqual(folded(t, j), folded(t, desk)) {
			t.Errorf("%s sees another visit than the desk", j.Node())
		}
	}
}

func jobOf(t *testing.T, j *journal.Journal) []tlog.Entry {
	t.Helper()
	entries, err := j.Job(t.Context(), "j1")
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

// folded is the visit as a board sees it.
func folded(t *testing.T, j *journal.Journal) job.State {
	t.Helper()
	var events []job.Event
	for _, e := range jobOf(t, j) {
		told, err := board.Event(e)
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, told)
	}
	return job.Fold(events)
}
