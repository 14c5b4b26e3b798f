package link_test

import (
	"os"
	"path/filepath"
	"testing"

	"pitlane/edge/board"
	"pitlane/edge/journal"
	"pitlane/housetest"
)

// A fork raises the alarm at both ends: on the screens of who holds the other history,
// and of the node whose disk was copied.
func TestAForkIsAlarmedAtBothEnds(t *testing.T) {
	t.Parallel()
	s := newShop(t, "demo-bay-1", "demo-desk")
	dir := filepath.Join(s.dir, "demo-bay-1")
	open := func(dir string) *journal.Journal {
		j, err := journal.Open(t.Context(), journal.Options{Dir: dir, Node: "demo-bay-1", Key: s.keys["demo-bay-1"], Roster: s.roster})
		must(t, err)
		return j
	}
	bay := open(dir)
	write(t, bay, 5)
	must(t, bay.Close())
	must(t, os.CopyFS(dir+"-copy", os.DirFS(dir)))
	bay = open(dir)
	t.Cleanup(func() { must(t, bay.Close()) })
	origin := bay.Origin()
	write(t, bay, 3)
	desk := s.journal("demo-desk")
	seg, err := bay.Segment(t.Context(), origin, 0, 1<<20)
	must(t, err)
	must(t, desk.Adopt(t.Context(), seg))

	second := open(dir + "-copy")
	t.Cleanup(func() { _ = second.Close() }) // it was asked for a new start
	write(t, second, 9)
	b, _ := listen(t, "127.0.0.1:0")
	_, atDesk, _ := s.watched(b.URL(), desk)
	_, atBay, _ := s.watched(b.URL(), second)
	housetest.Until(t, "the copy is on the desk's broker", func() bool { return len(second.Peers()) > 0 || second.Origin() != origin })
	write(t, second, 1)
	housetest.Until(t, "the desk has the evidence", func() bool {
		kept, err := filepath.Glob(filepath.Join(s.dir, "demo-desk", "forks", "demo-bay-1-*.json"))
		must(t, err)
		return len(kept) > 0
	})
	for name, e := range map[string]*ear{"the desk": atDesk, "the copy": atBay} {
		housetest.Until(t, name+" shows the fork", func() bool {
			return e.heard(func(n board.Now) bool { return n.Fault != nil && n.Fault.Kind == "forked" && n.Fault.Hint != "" })
		})
	}
}
