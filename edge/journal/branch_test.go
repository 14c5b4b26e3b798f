package journal_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pitlane/edge/journal"
	"pitlane/edge/tlog"
	"pitlane/edge/vault"
)

// part shows a node what another holds of its log, as a link does, until the node asks
// for a new start.
func part(t *testing.T, j, holder *journal.Journal, origin string, limit int) {
	t.Helper()
	end := uint64(0)
	for _, tip := range holder.Tips() {
		if tip.Origin == origin {
			end = tip.Size
		}
	}
	for range 64 {
		for _, tip := range j.Tips() {
			if tip.Origin != origin {
				continue
			}
			s, err := holder.Segment(t.Context(), origin, min(j.AskFrom(tip), end-1), limit)
			if err != nil {
				t.Fatal(err)
			}
			_ = j.Adopt(t.Context(), s) // what it answers is what the search is about
		}
		if j.Damaged() != nil {
			return
		}
	}
	t.Fatal("the node does not find where its log parts")
}

// An old disk that was put back and has written in the meantime: what it wrote is
// written again, its old log is that of the others, on each replica the same.
func TestWhatAnOldDiskWroteIsWrittenAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ theirs, ours, limit int }{{9, 5, 1 << 20}, {9, 55, 1200}, {60, 9, 1200}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			t.Parallel()
			shop, o := stopped(t, 50)
			old := filepath.Join(t.TempDir(), "old")
			if err := os.CopyFS(old, os.DirFS(o.Dir)); err != nil {
				t.Fatal(err)
			}
			desk := shop.open(t, shop.options(filepath.Join(t.TempDir(), "d"), "demo-desk"))
			j := shop.open(t, o)
			origin := j.Origin()
			appendMany(t, j, c.theirs)
			carry(t, j, desk, origin, 1<<20)
			closeOnce(t, j)

			o.Dir = old
			j = shop.open(t, o)
			var orphans []journal.Entry
			for i := range c.ours {
				orphans = append(orphans, appendOne(t, j, journal.Draft{Kind: "work.started", Job: fmt.Sprint("job-", i%3), Work: fmt.Appendf(nil, `{"mine":%d}`, i)}))
			}
			part(t, j, desk, origin, c.limit)
			closeOnce(t, j)
			j = shop.open(t, o)
			if j.Origin() == origin {
				t.Fatal("it writes on in the forked log")
			}
			carry(t, desk, j, origin, 1<<20)
			carry(t, j, desk, j.Origin(), 1<<20)
			sameEverywhere(t, j, desk)
			again := map[journal.RequestID]journal.Entry{}
			for _, e := range readAll(t, desk, j.Origin()) {
				if _, twice := again[e.Request]; twice {
					t.Errorf("a %s is there twice", e.Kind)
				}
				again[e.Request] = e
			}
			for _, was := range orphans {
				e := again[was.Request]
				if payload(e) != payload(was) || e.Job != was.Job || !slices.Contains(e.Parents, was.Hash) {
					t.Fatalf("of entry %d became %s of %q with parents %v", was.Seq, payload(e), e.Job, e.Parents)
				}
				if r := appendOne(t, j, journal.Draft{Kind: "work.started", Job: was.Job, Request: was.Request}); r.Hash != e.Hash {
					t.Error("a request of the old disk is not known any more")
				}
			}
			closeOnce(t, j)
			j = shop.open(t, o)
			if len(j.Mended()) != 0 || len(readAll(t, j, j.Origin())) != c.ours+1 {
				t.Errorf("the next start has %d entries and says %q", len(readAll(t, j, j.Origin())), j.Mended())
			}
			sameEverywhere(t, j, desk)
		})
	}
}

// sameEverywhere holds what two nodes hold against each other, byte by byte.
func sameEverywhere(t *testing.T, a, b *journal.Journal) {
	t.Helper()
	mustVerify(t, a)
	mustVerify(t, b)
	for _, tip := range a.Tips() {
		if tlog.NodeOf(tip.Origin) == b.Node() {
			continue
		}
		x, y := readAll(t, a, tip.Origin), readAll(t, b, tip.Origin)
		if !slices.EqualFunc(x, y, func(a, b journal.Entry) bool { return a.Hash == b.Hash }) {
			t.Errorf("%s: %d and %d entries, or others", tip.Origin, len(x), len(y))
		}
	}
}

// Two copies of a folder that run both, sealed: whoever is shown the other's history
// gives way, and a crash at any place of it repeats nothing.
func TestACloneThatGivesWayLosesNothing(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1", "demo-desk")
	o := shop.options(filepath.Join(t.TempDir(), "n"), "demo-bay-1")
	key := func() *vault.Vault {
		v, err := vault.Open(vault.Options{Dir: o.Dir, Node: o.Node, Key: o.Key, Roster: o.Roster})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	open := func() (*journal.Journal, func()) {
		v := key()
		o.Keys = v
		j := shop.open(t, o)
		return j, func() { closeOnce(t, j); _ = v.Close() }
	}
	j, stop := open()
	appendMany(t, j, 20)
	stop()
	twin := copyDir(t, o.Dir)
	desk := shop.open(t, shop.options(filepath.Join(t.TempDir(), "d"), "demo-desk"))
	j, stop = open()
	origin := j.Origin()
	appendMany(t, j, 3)
	carry(t, j, desk, origin, 1<<20)
	stop()

	o.Dir = twin
	j, stop = open()
	var orphans []journal.Entry
	for i := range 7 {
		orphans = append(orphans, appendOne(t, j, journal.Draft{Kind: "work.started", Job: "job-1", Work: fmt.Appendf(nil, `{"mine":%d}`, i)}))
	}
	part(t, j, desk, origin, 1<<20)
	stop()
	mark, err := os.ReadFile(filepath.Join(twin, "parting"))
	if err != nil {
		t.Fatal(err)
	}
	j, stop = open()
	mine := j.Origin()
	stop()
	// As a power cut would leave it that came before the last step.
	if err := errors.Join(os.WriteFile(filepath.Join(twin, "parting"), evidence(t, twin, origin), 0o600), os.RemoveAll(filepath.Join(twin, "forks"))); err != nil || len(mark) == 0 {
		t.Fatal(err)
	}
	j, stop = open()
	defer stop()
	got := readAll(t, j, mine)
	if j.Origin() != mine || len(got) != 1+len(orphans) {
		t.Fatalf("%s has %d entries, want %d", j.Origin(), len(got), 1+len(orphans))
	}
	for i, was := range orphans {
		if payload(got[i+1]) != payload(was) || got[i+1].Request != was.Request {
			t.Errorf("entry %d says %s", i, payload(got[i+1]))
		}
	}
	carry(t, desk, j, origin, 1<<20)
	carry(t, j, desk, mine, 1<<20)
	if n := len(readAll(t, j, origin)); n != 24 {
		t.Errorf("%d entries of the old log, want 24", n)
	}
	mustVerify(t, j)
}

// evidence is the file that a rewound log leaves.
func evidence(t *testing.T, dir, origin string) []byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "forks", "orphans-*.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("the evidence of %s: %v %v", origin, files, err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	return b
}
