package journal_test

import (
	"os"
	"path/filepath"
	"testing"
)

// TestWhatIsKeptBesideTheIndexGoesWithIt: it outlives a restart, and is gone with
// meta.db, which nobody misses.
func TestWhatIsKeptBesideTheIndexGoesWithIt(t *testing.T) {
	t.Parallel()
	shop, o := stopped(t, 20)
	j := shop.open(t, o)
	if got := j.Kept("board"); got != nil {
		t.Errorf("something is kept at first: %q", got)
	}
	j.Keep("board", []byte("first"))
	j.Keep("board", []byte("second"))
	if got := string(j.Kept("board")); got != "second" {
		t.Errorf("at once %q is kept", got)
	}
	closeOnce(t, j)
	j = shop.open(t, o)
	if got := string(j.Kept("board")); got != "second" {
		t.Errorf("after a restart %q is kept", got)
	}
	closeOnce(t, j)
	if err := os.Remove(filepath.Join(o.Dir, "meta.db")); err != nil {
		t.Fatal(err)
	}
	j = shop.open(t, o)
	if got := j.Kept("board"); got != nil {
		t.Errorf("with a new index %q is kept", got)
	}
	mustVerify(t, j)
}
