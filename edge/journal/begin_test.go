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

// behind is a desk that holds the first entries of a bay's log, which the bay has trimmed
// since; late is what it is given then. Twin is the bay's folder as it began.
func behind(t *testing.T, first, more int) (shop testShop, o journal.Options, bay *journal.Journal, late journal.Segment, twin string) {
	t.Helper()
	shop = newTestShop("demo-bay-1", "demo-desk")
	bo := shop.options(filepath.Join(t.TempDir(), "b"), "demo-bay-1")
	bo.SegmentLeaves = 100
	closeOnce(t, shop.open(t, bo))
	twin = filepath.Join(t.TempDir(), "twin")
	must(t, os.CopyFS(twin, os.DirFS(bo.Dir)))
	bay = shop.open(t, bo)
	o = shop.options(filepath.Join(t.TempDir(), "d"), "demo-desk")
	o.SegmentLeaves = 100
	desk := shop.open(t, o)
	appendMany(t, desk, 20)
	appendMany(t, bay, first-1)
	carry(t, bay, desk, bay.Origin(), 1<<20)
	closeOnce(t, desk)
	appendMany(t, bay, more)
	_, err := bay.Trim(t.Context(), anything(uint64(first+more)))
	must(t, err)
	at := low(bay, bay.Origin())
	if at <= uint64(first) {
		t.Fatalf("the bay begins at %d: this test shows nothing", at)
	}
	late, err = bay.Segment(t.Context(), bay.Origin(), at, 1<<20)
	must(t, err)
	return shop, o, bay, late, twin
}

// What lies behind what is held goes on where the others begin: appends, reads, trims,
// a restart and a mending go on too, and it verifies after each.
func TestALogGoesOnWhereTheOthersBegin(t *testing.T) {
	t.Parallel()
	for _, first := range []int{30, 300} { // 300: with a checkpoint kept at 256
		shop, o, bay, late, _ := behind(t, first, 300)
		origin := bay.Origin()
		desk := shop.open(t, o)
		unasked := late
		unasked.Frontier = nil
		if err := desk.Adopt(t.Context(), unasked); !errors.Is(err, tlog.ErrGap) {
			t.Errorf("without a beginning: %v", err)
		}
		must(t, desk.Adopt(t.Context(), late))
		if low(desk, origin) != late.First || size(desk, origin) != size(bay, origin) {
			t.Fatalf("it holds %d to %d", low(desk, origin), size(desk, origin))
		}
		mustVerify(t, desk)
		appendMany(t, bay, 200)
		appendMany(t, desk, 150)
		carry(t, bay, desk, origin, 1<<20)
		mustVerify(t, desk)
		closeOnce(t, desk)
		desk = shop.open(t, o)
		mustVerify(t, desk)
		n := late.First
		for e, err := range desk.Read(t.Context(), origin, n) {
			if must(t, err); e.Seq != n {
				t.Fatalf("seq %d follows on %d", e.Seq, n)
			}
			n++
		}
		if n != size(bay, origin) {
			t.Errorf("it is read up to %d, want %d", n, size(bay, origin))
		}
		if _, err := desk.Trim(t.Context(), anything(1<<40)); err != nil {
			t.Error(err)
		}
		mustVerify(t, desk)
		if low(desk, origin) < late.First {
			t.Errorf("trimmed, it begins at %d", low(desk, origin))
		}
		closeOnce(t, desk)
		files, err := filepath.Glob(filepath.Join(o.Dir, "segments", "*.db"))
		must(t, err)
		must(t, os.Truncate(files[0], 9000))
		desk = shop.open(t, o)
		if s, err := bay.Segment(t.Context(), origin, max(size(desk, origin), low(bay, origin)), 1<<20); err != nil || desk.Adopt(t.Context(), s) != nil {
			t.Errorf("after a mending it holds %d to %d and takes nothing more: %v", low(desk, origin), size(desk, origin), err)
		}
		mustVerify(t, desk)
	}
}

// Where a log goes on is no way to give it another beginning: what was held, and what its
// origin had signed of it, is held against what comes.
func TestAnotherBeginningIsAForkWhereItShows(t *testing.T) {
	t.Parallel()
	shop, o, bay, late, twin := behind(t, 600, 300)
	to := shop.options(twin, "demo-bay-1")
	to.SegmentLeaves = 100
	other := shop.open(t, to)
	appendMany(t, other, 899)
	_, err := other.Trim(t.Context(), anything(900))
	must(t, err)
	forged, err := other.Segment(t.Context(), bay.Origin(), low(other, bay.Origin()), 1<<20)
	must(t, err)
	if other.Origin() != bay.Origin() || len(forged.Frontier) == 0 {
		t.Fatal("it is another log: this test shows nothing")
	}
	desk := shop.open(t, o)
	if err := desk.Adopt(t.Context(), forged); !errors.Is(err, tlog.ErrForked) {
		t.Errorf("another history behind what is held: %v", err)
	}
	if size(desk, bay.Origin()) != 600 || low(desk, bay.Origin()) != 0 {
		t.Errorf("it holds %d to %d", low(desk, bay.Origin()), size(desk, bay.Origin()))
	}
	mustVerify(t, desk)
	must(t, desk.Adopt(t.Context(), late))
	mustVerify(t, desk)
}

// An earlier log of the node itself goes on so only when all of it that is here has been
// seen by others: what this disk alone may have is not passed over.
func TestWhatOnlyThisDiskMayHaveIsNotPassedOver(t *testing.T) {
	t.Parallel()
	for _, seen := range []bool{false, true} {
		shop := newTestShop("demo-bay-1", "demo-desk")
		o := shop.options(filepath.Join(t.TempDir(), "b"), "demo-bay-1")
		j := shop.open(t, o)
		origin := j.Origin()
		appendMany(t, j, 29)
		do := shop.options(filepath.Join(t.TempDir(), "d"), "demo-desk")
		do.SegmentLeaves = 100
		desk := shop.open(t, do)
		carry(t, j, desk, origin, 1<<20)
		if seen {
			note, err := desk.Cosign(origin, time.Unix(1790000000, 0))
			must(t, err)
			must(t, j.TakeCosigned(note))
		}
		closeOnce(t, j)
		old := filepath.Join(t.TempDir(), "old")
		must(t, os.CopyFS(old, os.DirFS(o.Dir)))
		j = shop.open(t, o)
		for range 5 {
			appendMany(t, j, 50)
			carry(t, j, desk, origin, 1<<20)
		}
		_, err := desk.Trim(t.Context(), anything(200))
		must(t, err)
		late, err := desk.Segment(t.Context(), origin, low(desk, origin), 1<<20)
		must(t, err)
		o.Dir = old
		must(t, os.WriteFile(filepath.Join(old, "identity"), nil, 0o600)) // so that a new epoch begins
		j = shop.open(t, o)
		err = j.Adopt(t.Context(), late)
		if want := map[bool]uint64{false: 30, true: 280}[seen]; size(j, origin) != want || (err == nil) != seen {
			t.Errorf("cosigned %t: %d entries are held, want %d: %v", seen, size(j, origin), want, err)
		}
		mustVerify(t, j)
	}
}
