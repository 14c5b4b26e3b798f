package journal_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"

	"pitlane/edge/journal"
)

// A program that is just being started has a copy of every descriptor for a moment,
// the lock's too.
func TestAClosedJournalIsFreeWhileItsDescriptorLivesElsewhere(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1")
	o := shop.options(filepath.Join(t.TempDir(), "n"), "demo-bay-1")
	j := shop.open(t, o)
	open := descriptors(t, filepath.Join(o.Dir, "lock"))
	if len(open) != 1 {
		t.Fatalf("the lock has %d descriptors", len(open))
	}
	twin, err := syscall.Dup(open[0])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Close(twin) }() // nothing was written
	closeOnce(t, j)
	shop.open(t, o)
}

// A tool that looks is waited for; another node is not.
func TestAToolThatLooksDoesNotKeepTheNodeFromStarting(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1")
	o := shop.options(filepath.Join(t.TempDir(), "n"), "demo-bay-1")
	closeOnce(t, shop.open(t, o))
	looking, err := journal.OpenReadOnly(t.Context(), o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	opened := make(chan error, 1)
	go func() {
		j, err := journal.Open(t.Context(), o)
		if err == nil {
			_, again := journal.Open(t.Context(), o)
			if !errors.Is(again, journal.ErrLocked) {
				t.Errorf("a second node on the folder: %v", again)
			}
			err = j.Close()
		}
		opened <- err
	}()
	for len(descriptors(t, filepath.Join(o.Dir, "lock"))) < 2 {
		runtime.Gosched() // until the node waits
	}
	if err := looking.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-opened; err != nil {
		t.Errorf("the node: %v", err)
	}
}

// descriptors are those of this process on a file.
func descriptors(t *testing.T, path string) (out []int) {
	t.Helper()
	open, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range open {
		to, err := os.Readlink(name)
		if err != nil || to != path {
			continue // another's, or gone meanwhile
		}
		fd, err := strconv.Atoi(filepath.Base(name))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fd)
	}
	return out
}
