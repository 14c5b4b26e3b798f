package link_test

import (
	"os"
	"path/filepath"
	"testing"

	"pitlane/edge/journal"
	"pitlane/edge/tlog"
	"pitlane/edge/vault"
	"pitlane/housetest"
)

// box is a node's folder, open: its journal and its vault.
type box struct {
	*journal.Journal
	keys *vault.Vault
	s    *shop
}

// boxAt opens a folder as a node's; close it with shut.
func (s *shop) boxAt(dir, node string) box {
	s.t.Helper()
	v, err := vault.Open(vault.Options{Dir: dir, Node: node, Key: s.keys[node], Roster: s.roster})
	if err != nil {
		s.t.Fatal(err)
	}
	j, err := journal.Open(s.t.Context(), journal.Options{Dir: dir, Node: node, Key: s.keys[node], Roster: s.roster, Keys: v, SegmentLeaves: 50})
	if err != nil {
		s.t.Fatal(err)
	}
	return box{j, v, s}
}

func (b box) shut() {
	b.s.t.Helper()
	if err := b.Close(); err != nil {
		b.s.t.Fatal(err)
	}
	if err := b.keys.Close(); err != nil {
		b.s.t.Fatal(err)
	}
}

func (b box) order(job string) {
	b.s.t.Helper()
	d := journal.Draft{Kind: vault.KindErased, Job: job, Work: []byte(`{"by":"a","reason":"b"}`), Outlives: true}
	if _, err := b.Append(b.s.t.Context(), d); err != nil {
		b.s.t.Fatal(err)
	}
	b.look()
}

// look carries out what the log tells, as Follow does.
func (b box) look() {
	b.s.t.Helper()
	if err := b.keys.CatchUp(b.s.t.Context(), b); err != nil {
		b.s.t.Error(err)
	}
}

// opens says whether any payload of the first visit, in a log, is read here.
func (b box) opens(origin string) bool {
	low := uint64(0)
	for _, tip := range b.Tips() {
		if tip.Origin == origin {
			low = tip.Low
		}
	}
	for e, err := range b.Read(b.s.t.Context(), origin, low) {
		if err != nil {
			b.s.t.Fatal(err)
		}
		if e.Job == "j1" && e.Kind == "work.started" && e.Work != nil {
			return true
		}
	}
	return false
}

// tellsWhy says whether the order of a job's erasure, written again in this node's new
// log, still says who gave it.
func (b box) tellsWhy(job string) bool {
	b.s.t.Helper()
	entries, err := b.Job(b.s.t.Context(), job)
	if err != nil {
		b.s.t.Fatal(err)
	}
	for _, e := range entries {
		if e.Kind == vault.KindErased && e.Origin == b.Origin() && e.Work != nil {
			return true
		}
	}
	return false
}

func copyFolder(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(to, "keys", "*"))
	for _, p := range paths {
		if err := os.Chmod(p, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A node orders an erasure; then an older copy of its disk is put back, which knows
// nothing of it, runs alone, writes on in its old log and looks through that. As soon as
// it meets the others, the order holds on it too.
func TestAnOldDiskPutBackErasesWhatItHadOrderedItself(t *testing.T) {
	for name, c := range map[string]struct{ after, alone, trim int }{
		"its order is in the log of the others":    {after: 3, alone: 2},
		"it wrote more alone than it had written":  {after: 3, alone: 9},
		"the others have trimmed the order away":   {after: 230, alone: 2, trim: 160},
		"it wrote nothing, and the order is gone":  {after: 230, alone: 0, trim: 160},
		"it wrote nothing, and the order is there": {after: 3, alone: 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, "demo-bay-1", "demo-bay-2")
			b, _ := listen(t, "127.0.0.1:0")
			dir := filepath.Join(s.dir, "demo-bay-1")
			one, two := s.boxAt(dir, "demo-bay-1"), s.boxAt(filepath.Join(s.dir, "demo-bay-2"), "demo-bay-2")
			defer two.shut()
			origin := one.Origin()
			_, stop := s.carry(b.URL(), one.Journal)
			_, part := s.carry(b.URL(), two.Journal)
			defer part()
			write(t, one.Journal, 5)
			housetest.Until(t, "the other reads what it wrote", func() bool { return readable(t, two.Journal, origin) == 5 })
			stop()
			one.shut()
			copyFolder(t, dir, dir+"-old")

			one = s.boxAt(dir, "demo-bay-1")
			one.order("j1")
			write(t, one.Journal, c.after)
			size := held(one.Journal, origin)
			_, stop = s.carry(b.URL(), one.Journal)
			housetest.Until(t, "the other has erased too", func() bool {
				two.look()
				return held(two.Journal, origin) == size && two.keys.Erased("j1", tlog.Work) && len(one.keys.Unconfirmed()) == 0
			})
			stop()
			one.shut()
			if c.trim > 0 {
				if _, err := two.Trim(t.Context(), journal.TrimPolicy{
					Done: func(string) bool { return true }, Safe: func(string) uint64 { return uint64(c.trim) },
				}); err != nil {
					t.Fatal(err)
				}
			}

			// The old disk, alone: it cannot know. It starts twice.
			one = s.boxAt(dir+"-old", "demo-bay-1")
			write(t, one.Journal, c.alone)
			if c.alone > 0 {
				one.order("j9") // so that it writes down up to where it has looked
			}
			one.shut()
			one = s.boxAt(dir+"-old", "demo-bay-1")
			one.look()
			if !one.opens(origin) {
				t.Fatal("the old disk does not open it: this test shows nothing")
			}
			_, stop = s.carry(b.URL(), one.Journal)
			housetest.Until(t, "the order holds on the old disk", func() bool {
				if one.Damaged() != nil { // it gives way, and asks for a new start
					stop()
					one.shut()
					one = s.boxAt(dir+"-old", "demo-bay-1")
					_, stop = s.carry(b.URL(), one.Journal)
				}
				one.look()
				two.look()
				return one.keys.Erased("j1", tlog.Work) && len(two.keys.Unconfirmed()) == 0 && len(one.keys.Unconfirmed()) == 0
			})
			if one.opens(origin) || two.opens(origin) || two.opens(one.Origin()) {
				t.Error("the old disk brought a payload back")
			}
			stop()
			one.shut()
			one = s.boxAt(dir+"-old", "demo-bay-1")
			if one.opens(origin) || !one.keys.Erased("j1", tlog.Work) {
				t.Error("after a restart it is back")
			}
			if c.alone > 0 && c.trim == 0 && !one.tellsWhy("j9") { // trimmed: where it parts is not to be found
				t.Error("who ordered an erasure that only the old disk knew of, and why, is lost")
			}
			one.shut()
		})
	}
}

// A node that comes late begins where the others begin, behind the orders. A third one,
// put back from a backup, offers it the keys.
func TestOrdersReachANodeThatBeginsBehindThem(t *testing.T) {
	s := newShop(t, "demo-bay-1", "demo-bay-2", "demo-bay-3")
	b, _ := listen(t, "127.0.0.1:0")
	one := s.boxAt(filepath.Join(s.dir, "demo-bay-1"), "demo-bay-1")
	defer one.shut()
	old := filepath.Join(s.dir, "demo-bay-2")
	two := s.boxAt(old, "demo-bay-2")
	origin := one.Origin()
	_, leave := s.carry(b.URL(), one.Journal)
	_, stop := s.carry(b.URL(), two.Journal)
	write(t, one.Journal, 5)
	housetest.Until(t, "the other reads what it wrote", func() bool { return readable(t, two.Journal, origin) == 5 })
	stop()
	two.shut()
	one.order("j1")
	write(t, one.Journal, 230)
	if _, err := one.Trim(t.Context(), journal.TrimPolicy{
		Done: func(string) bool { return true }, Safe: func(string) uint64 { return 160 },
	}); err != nil {
		t.Fatal(err)
	}

	late := s.boxAt(filepath.Join(s.dir, "demo-bay-3"), "demo-bay-3")
	defer late.shut()
	_, away := s.carry(b.URL(), late.Journal)
	defer away()
	housetest.Until(t, "the order is with the late one, which never saw its log", func() bool {
		return late.keys.Erased("j1", tlog.Work) && held(late.Journal, origin) == held(one.Journal, origin)
	})
	late.look()
	leave() // the one who ordered it is away

	two = s.boxAt(old, "demo-bay-2")
	defer two.shut()
	if !two.opens(origin) {
		t.Fatal("the one that was away does not open it: this test shows nothing")
	}
	_, stop = s.carry(b.URL(), two.Journal)
	defer stop()
	housetest.Until(t, "the late one has told the one that was away", func() bool {
		two.look()
		return two.keys.Erased("j1", tlog.Work) && !two.opens(origin)
	})
	if late.opens(origin) {
		t.Error("a key came back")
	}
}
