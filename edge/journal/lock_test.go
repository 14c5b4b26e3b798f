package journal_test

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// A program that is just being started has a copy of every descriptor for a moment,
// the lock's too.
func TestAClosedJournalIsFreeWhileItsDescriptorLivesElsewhere(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1")
	o := shop.options(filepath.Join(t.TempDir(), "n"), "demo-bay-1")
	j := shop.open(t, o)
	open, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	copies := 0
	for _, name := range open {
		to, err := os.Readlink(name)
		if err != nil || to != filepath.Join(o.Dir, "lock") {
			continue // another's, or gone meanwhile
		}
		fd, err := strconv.Atoi(filepath.Base(name))
		if err != nil {
			t.Fatal(err)
		}
		twin, err := syscall.Dup(fd)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = syscall.Close(twin) }() // nothing was written
		copies++
		break // the copy may have a number that is still to come
	}
	if copies != 1 {
		t.Fatal("the lock has no descriptor")
	}
	closeOnce(t, j)
	shop.open(t, o)
}
