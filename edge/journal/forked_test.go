package journal_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"pitlane/edge/tlog"
)

// An old disk that is put back and learns of it writes a new log, and gets what it had
// lost of the old one from its peers.
func TestAnOldDiskThatIsPutBackGoesOnInANewEpoch(t *testing.T) {
	t.Parallel()
	shop, o := stopped(t, 50)
	old := filepath.Join(t.TempDir(), "old")
	if err := os.CopyFS(old, os.DirFS(o.Dir)); err != nil {
		t.Fatal(err)
	}
	desk := shop.open(t, shop.options(filepath.Join(t.TempDir(), "d"), "demo-desk"))
	j := shop.open(t, o)
	origin := j.Origin()
	appendMany(t, j, 30)
	carry(t, j, desk, origin, 1<<20)
	want := len(readAll(t, j, origin))
	closeOnce(t, j)

	o.Dir = old
	j = shop.open(t, o)
	if err := j.Heard("demo-desk", map[string][2]uint64{origin: {0, uint64(want)}}); !errors.Is(err, tlog.ErrForked) {
		t.Fatalf("heard = %v, want ErrForked", err)
	}
	if j.Origin() == origin || len(j.Mended()) != 1 || readAll(t, j, j.Origin())[0].Kind != "log.opened" {
		t.Fatalf("it writes %s, and says %q", j.Origin(), j.Mended())
	}
	mine := j.Origin()
	appendMany(t, j, 5)
	carry(t, desk, j, origin, 1<<20)
	if got := len(readAll(t, j, origin)); got != want {
		t.Errorf("of its old log %d entries, want %d", got, want)
	}
	carry(t, j, desk, mine, 1<<20)
	mustVerify(t, j)
	mustVerify(t, desk)
	closeOnce(t, j)
	j = shop.open(t, o)
	if j.Origin() != mine || len(j.Mended()) != 0 {
		t.Errorf("the next start writes %s, not %s, and says %q", j.Origin(), mine, j.Mended())
	}
}

// Two copies of a folder that run both: whoever is shown the other's history leaves
// the log; what both have written stays where it is.
func TestAClonedFolderLeavesItsLog(t *testing.T) {
	t.Parallel()
	shop, o := stopped(t, 20)
	twin := o
	twin.Dir = filepath.Join(t.TempDir(), "twin")
	if err := os.CopyFS(twin.Dir, os.DirFS(o.Dir)); err != nil {
		t.Fatal(err)
	}
	desk := shop.open(t, shop.options(filepath.Join(t.TempDir(), "d"), "demo-desk"))
	a, b := shop.open(t, o), shop.open(t, twin)
	origin := a.Origin()
	appendMany(t, a, 3)
	appendMany(t, b, 9)
	carry(t, a, desk, origin, 1<<20)
	s, err := b.Segment(t.Context(), origin, 15, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if err := desk.Adopt(t.Context(), s); !errors.Is(err, tlog.ErrForked) {
		t.Errorf("the desk takes a second history: %v", err)
	}
	held, err := desk.Segment(t.Context(), origin, 15, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Adopt(t.Context(), held); !errors.Is(err, tlog.ErrForked) || b.Origin() == origin {
		t.Errorf("shown another history of its log it answers %v and writes %s", err, b.Origin())
	}
	if err := a.Adopt(t.Context(), held); err != nil || a.Origin() != origin {
		t.Errorf("shown its own history it answers %v and writes %s", err, a.Origin())
	}
	appendMany(t, b, 4)
	carry(t, b, desk, b.Origin(), 1<<20)
	mustVerify(t, b)
	mustVerify(t, desk)
}
