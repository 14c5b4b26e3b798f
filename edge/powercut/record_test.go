//go:build !race

package powercut

import (
	"encoding/gob"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// harm is what happens to a life while it is recorded.
type harm struct {
	Unsynced string // syncs of files of this name do nothing and say that they did
	Fails    int    // the so many-th call fails
	Errno    unix.Errno
	Lasting  bool // and all after it
	Killed   int  // the process is killed before the so many-th call
}

// recorded lives on for two days where a trace ends, on the folder as it is, with some
// harm, and gives the whole trace.
func recorded(t *testing.T, name, dir string, h harm, tr trace) trace {
	t.Helper()
	before := tr
	save(t, filepath.Join(dir, "trace"), trace{Acks: tr.Acks[len(tr.Acks)-1:]})
	save(t, filepath.Join(dir, "harm"), h)
	played(t, copyOf(t.Context(), "TestTraceChild", dir, name))
	tr = load[trace](t, filepath.Join(dir, "trace"))
	words := seek(tr.Acks[len(tr.Acks)-1].Keys.words())
	for _, c := range tr.Calls {
		if err := words.in(c.Path, c.Data); err != nil {
			t.Errorf("a call writes it: %v", err)
		}
	}
	for i := range tr.Acks {
		tr.Acks[i].After += len(before.Calls)
	}
	before.Root = tr.Root
	before.Calls = append(slices.Clip(before.Calls), tr.Calls...)
	before.Acks = append(slices.Clip(before.Acks), tr.Acks...)
	return before
}

// TestTraceChild is the process behind the gate.
func TestTraceChild(t *testing.T) {
	dir, words, ok := part()
	if !ok {
		return // only a part of the tests above
	}
	told := tell(t, words[0], dir)
	h := load[harm](t, filepath.Join(dir, "harm"))
	r := recorder{tr: load[trace](t, filepath.Join(dir, "trace")), harm: h, dead: make(chan struct{})}
	a := r.tr.Acks[0].acked()
	r.tr.Root, r.tr.Acks = filepath.Join(dir, "n"), nil
	if err := openGate(r.ask); err != nil {
		t.Fatal(err)
	}
	a.said = func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if !r.over {
			r.tr.Acks = append(r.tr.Acks, a.noted(len(r.tr.Calls)))
		}
	}
	a.say()
	lived := make(chan struct{})
	go func() {
		told.live(t.Context(), r.tr.Root, a)
		close(lived)
	}()
	select {
	case <-lived:
	case <-r.dead: // what it was about to do is never done: the process ends
	}
	r.mu.Lock()
	r.over = true
	r.mu.Unlock() // the gate asks for it while this writes
	save(t, filepath.Join(dir, "trace"), r.tr)
}

// recorder notes the calls of a life and does it harm.
type recorder struct {
	harm harm
	dead chan struct{}

	mu   sync.Mutex
	tr   trace
	n    int  // calls, failed ones too
	over bool // nothing is noted any more
}

// ask is what the gate asks.
func (r *recorder) ask(c call) verdict {
	if c.path != r.tr.Root && !strings.HasPrefix(c.path, r.tr.Root+"/") {
		return verdict{}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.n++; r.harm.Killed > 0 && r.n >= r.harm.Killed {
		if !r.over {
			r.over = true
			close(r.dead)
		}
		return verdict{hold: true}
	}
	if r.over {
		return verdict{}
	}
	if lie, _ := filepath.Match(r.harm.Unsynced, filepath.Base(c.path)); lie && c.name == "sync" {
		return verdict{swap: true}
	}
	fails := r.n == r.harm.Fails || r.harm.Lasting && r.harm.Fails > 0 && r.n > r.harm.Fails
	if fails && c.name == "sync" {
		c.name = "unsynced"
	}
	if !fails || c.name == "unsynced" {
		r.tr.Calls = append(r.tr.Calls, tracedCall{c.name, c.path, c.to, c.data, c.at, c.flag})
	}
	if fails {
		return verdict{err: r.harm.Errno}
	}
	return verdict{}
}

func save(t *testing.T, path string, what any) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(gob.NewEncoder(f).Encode(what), f.Close()); err != nil {
		t.Fatal(err)
	}
}

func load[T any](t *testing.T, path string) (what T) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	if err := gob.NewDecoder(f).Decode(&what); err != nil {
		t.Fatal(err)
	}
	return what
}
