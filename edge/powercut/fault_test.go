//go:build !race

package powercut

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"pitlane/edge/journal"
	"pitlane/housetest"
)

// TestEveryCallFailsOnce lets the n-th write, sync, truncation, open, rename,
// removal and allocation of a journal's life fail, for every n, once and from then
// on, as a broken disk and as a full one.
func TestEveryCallFailsOnce(t *testing.T) {
	t.Parallel()
	everyCallFails(t, "clear", "29")
}

// TestEveryCallFailsOnceWithKeys is the same of a journal with keys: none is lost, no
// erased one comes back, and nothing lies in clear.
func TestEveryCallFailsOnceWithKeys(t *testing.T) {
	t.Parallel()
	everyCallFails(t, "keys", "53")
}

func everyCallFails(t *testing.T, name, step string) {
	t.Helper()
	if housetest.Soak(t) > 0 {
		step = "1"
	}
	out := played(t, copyOf(t.Context(), "TestFaultChild", scratch(t), step, name))
	m := regexp.MustCompile(`(\d+) faults`).FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("the child says nothing of its faults:\n%s", out)
	}
	if n, err := strconv.Atoi(m[1]); err != nil || n < 50 {
		t.Errorf("only %s faults happened", m[1])
	}
	t.Log(strings.TrimSpace(out))
}

// fault is one disk that fails.
type fault struct {
	dir     string // only below it
	of      string // only files that end so
	name    string // only these calls
	n       int64  // the n-th of them
	lasting bool   // and all after it
	errno   unix.Errno
}

func (f fault) String() string {
	often := "once"
	if f.lasting {
		often = "from then on"
	}
	return fmt.Sprintf("%s %d%s fails with %s %s", f.name, f.n, f.of, unix.ErrnoName(f.errno), often)
}

// TestFaultChild is the process behind the gate.
func TestFaultChild(t *testing.T) {
	dir, words, ok := part()
	if !ok {
		return // only a part of the test above
	}
	step, err := strconv.Atoi(words[0])
	if err != nil {
		t.Fatal(err)
	}
	told := tell(t, words[1], dir)
	var now atomic.Pointer[fault]
	var count atomic.Int64
	err = openGate(func(c call) verdict {
		f := now.Load()
		if f == nil || c.name != f.name || !strings.HasPrefix(c.path, f.dir) || !strings.HasSuffix(c.path, f.of) {
			return verdict{}
		}
		if n := count.Add(1); n == f.n || f.lasting && n > f.n {
			return verdict{err: f.errno}
		}
		return verdict{}
	})
	if err != nil {
		t.Fatal(err)
	}
	a := newAcked()
	if told.live(t.Context(), filepath.Join(dir, "n"), a); a.trimmed < 2 || len(a.own) < 24 {
		t.Fatalf("a life without faults: %d files trimmed, %d events", a.trimmed, len(a.own))
	}
	if err := os.RemoveAll(filepath.Join(dir, "n")); err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, f := range faults() {
		for n := 1; ; n += step {
			f.dir, f.n = filepath.Join(dir, "n"), int64(n)
			count.Store(0)
			now.Store(&f)
			a := newAcked()
			told.live(t.Context(), f.dir, a)
			now.Store(nil)
			if err := told.hold(t.Context(), f.dir, a); err != nil {
				t.Errorf("%s: %v", f, err)
			}
			if err := os.RemoveAll(f.dir); err != nil {
				t.Fatal(err)
			}
			if count.Load() < f.n {
				break // so many calls are not made
			}
			total++
		}
	}
	fmt.Printf("%d faults\n", total)
}

func faults() []fault {
	var all []fault
	for _, name := range []string{"write", "sync", "truncate", "open", "rename", "unlink", "mkdir", "allocate"} {
		for _, errno := range []unix.Errno{unix.EIO, unix.ENOSPC} {
			for _, lasting := range []bool{false, true} {
				all = append(all, fault{name: name, errno: errno, lasting: lasting})
			}
		}
	}
	// A file that is full beside a redo log that has room.
	return append(all, fault{name: "write", of: ".db", errno: unix.ENOSPC, lasting: true})
}

// life is what an edge does with its journal in a day, in short: it begins, appends,
// adopts, rolls over into new files, trims, stops and starts again. What fails is left, the
// next thing is tried. What is acknowledged is noted at once.
func life(ctx context.Context, dir string, pieces []journal.Segment, a *acked) {
	next := slices.IndexFunc(pieces, func(s journal.Segment) bool { return s.First >= a.peer })
	if next < 0 {
		next = len(pieces) // it has all
	}
	for range 2 {
		day := a.begin()
		j, err := journal.Open(ctx, options(dir, bay))
		if err != nil {
			continue
		}
		for i := range 12 {
			n := day*100 + i
			es, err := j.Append(ctx, wish(0, n))
			if err == nil {
				a.ack(request(0, n), es[0].Seq)
			}
			if errors.Is(err, journal.ErrFull) {
				a.refused[request(0, n)] = true
			}
			if i%3 == 2 && next < len(pieces) {
				if err := j.Adopt(ctx, pieces[next]); err == nil {
					a.took(pieces[next])
					next++
				}
			}
		}
		a.gone = uint64(11 + 11*day)
		a.say()
		trim(ctx, j, a)
		_ = j.Close() // what it could not write it says; the next start looks
	}
}

// trim drops the files of what may go.
func trim(ctx context.Context, j *journal.Journal, a *acked) {
	done, _ := j.Trim(ctx, journal.TrimPolicy{ // what could not be trimmed stays
		Done: func(string) bool { return true },
		Safe: func(origin string) uint64 {
			if origin == j.Origin() {
				return a.gone
			}
			return 1 << 40
		},
	})
	a.trimmed += done.Files
}
