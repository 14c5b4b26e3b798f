package journal_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pitlane/edge/journal"
	"pitlane/edge/tlog"
)

// forksKept is how many forks a node has kept evidence of.
func forksKept(t *testing.T, dir string) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "forks", "*.json"))
	must(t, err)
	return len(files)
}

// nineHeld is a desk, with its folder, that holds the nine entries of a bay.
func nineHeld(t *testing.T) (shop testShop, bay, desk *journal.Journal, dir string) {
	t.Helper()
	shop = newTestShop("demo-bay-1", "demo-desk")
	bay = shop.journal(t, "demo-bay-1")
	dir = filepath.Join(t.TempDir(), "d")
	desk = shop.open(t, shop.options(dir, "demo-desk"))
	appendMany(t, bay, 9)
	carry(t, bay, desk, bay.Origin(), 1<<20)
	return shop, bay, desk, dir
}

// TestAnotherTreeAtASizeThatIsHeldIsAFork: the entries sent are those that are held, and
// only what is signed above them differs.
func TestAnotherTreeAtASizeThatIsHeldIsAFork(t *testing.T) {
	t.Parallel()
	shop, bay, desk, dir := nineHeld(t)
	was := desk.Tips()
	s, err := bay.Segment(t.Context(), bay.Origin(), 0, 1<<20)
	must(t, err)
	other, err := tlog.SignCheckpoint(tlog.Checkpoint{Origin: bay.Origin(), Size: 8, Root: journal.Hash{1}}, tlog.NewSigner("demo-bay-1", shop.keys["demo-bay-1"]))
	must(t, err)
	s.Entries, s.Checkpoint, s.Proof = s.Entries[:8], other, nil
	if err := desk.Adopt(t.Context(), s); !errors.Is(err, tlog.ErrForked) || forksKept(t, dir) != 1 {
		t.Errorf("adopt = %v, with %d pieces of evidence; want ErrForked, and one", err, forksKept(t, dir))
	}
	for i, tip := range desk.Tips() {
		if string(tip.Checkpoint) != string(was[i].Checkpoint) {
			t.Error("what was held under one checkpoint is now under another")
		}
	}
	mustVerify(t, desk)
}

// TestWhatNobodySignedIsNoFork: who is not the node cannot make it look forked.
func TestWhatNobodySignedIsNoFork(t *testing.T) {
	t.Parallel()
	_, bay, desk, dir := nineHeld(t)
	s, err := bay.Segment(t.Context(), bay.Origin(), 0, 1<<20)
	must(t, err)
	e := s.Entries[4]
	e.WallMS++
	must(t, journal.Recode(&e))
	s.Entries[4] = e
	if err := desk.Adopt(t.Context(), s); !errors.Is(err, tlog.ErrForged) || errors.Is(err, tlog.ErrForked) || forksKept(t, dir) != 0 {
		t.Errorf("adopt = %v, with %d pieces of evidence; want ErrForged, and none", err, forksKept(t, dir))
	}
}

// TestAnEarlierSignatureIsHeldAgainstWhatComes: a node has signed a tree beyond what was
// sent of it, and goes on with another tree.
func TestAnEarlierSignatureIsHeldAgainstWhatComes(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1", "demo-desk")
	dir := t.TempDir()
	o := shop.options(filepath.Join(dir, "one"), "demo-bay-1")
	one := shop.open(t, o)
	origin := one.Origin()
	appendMany(t, one, 6)
	closeOnce(t, one)
	must(t, os.CopyFS(filepath.Join(dir, "two"), os.DirFS(o.Dir)))
	one = shop.open(t, o)
	o.Dir = filepath.Join(dir, "two")
	two := shop.open(t, o)
	appendMany(t, one, 5)
	appendOne(t, two, journal.Draft{Kind: "work.started", Job: "job-1"})
	appendMany(t, two, 9)
	od := shop.options(filepath.Join(dir, "d"), "demo-desk")
	desk := shop.open(t, od)
	s, err := one.Segment(t.Context(), origin, 0, 1200)
	must(t, err)
	must(t, desk.Adopt(t.Context(), s))
	held := size(desk, origin)
	if held == 0 || held > 7 {
		t.Fatalf("%d entries are held: the two logs part at 7, and this proves nothing", held)
	}
	s, err = two.Segment(t.Context(), origin, held, 1<<20)
	must(t, err)
	if err := desk.Adopt(t.Context(), s); !errors.Is(err, tlog.ErrForked) || forksKept(t, od.Dir) != 1 {
		t.Errorf("adopt = %v, with %d pieces of evidence; want ErrForked, and one", err, forksKept(t, od.Dir))
	}
	if got := size(desk, origin); got != held {
		t.Errorf("%d entries are held, %d before", got, held)
	}
}

// TestNobodyCosignsHimselfAndNoOlderCheckpointReplacesANewer.
func TestNobodyCosignsHimselfAndNoOlderCheckpointReplacesANewer(t *testing.T) {
	t.Parallel()
	_, _, j, w := witnessed(t)
	if note, err := j.Cosign(j.Origin(), time.Unix(1_790_000_000, 0)); note != nil || err != nil {
		t.Errorf("a node has cosigned its own log: %v", err)
	}
	older := cosign(t, w, j.Origin())
	appendOne(t, j, pause(77))
	handOver(t, j, w)
	newer := cosign(t, w, j.Origin())
	must(t, j.TakeCosigned(newer))
	must(t, j.TakeCosigned(older))
	if c, ok := j.Cosigned(j.Origin()); !ok || c.Size != size(j, j.Origin()) {
		t.Errorf("after an older one came again %d entries are cosigned, want %d", c.Size, size(j, j.Origin()))
	}
}
