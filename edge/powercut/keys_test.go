//go:build !race

package powercut

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"pitlane/edge/tlog"
	"pitlane/edge/vault"
)

// TestKeysAreSyncedBeforeTheyAreUsed looks at the calls that a vault makes: a key is on
// disk when something may be sealed under it, and an erasure is when it is said to be; what
// a start reads is put there again, whatever the syncs before it came to.
func TestKeysAreSyncedBeforeTheyAreUsed(t *testing.T) {
	t.Parallel()
	out := played(t, copyOf(t.Context(), "TestKeysChild", scratch(t)))
	if !strings.Contains(out, "looked at") {
		t.Errorf("the copy has looked at nothing:\n%s", out)
	}
}

// TestKeysChild is the process behind the gate.
func TestKeysChild(t *testing.T) {
	dir, _, ok := part()
	if !ok {
		return // only a part of the test above
	}
	w := &witnessOfCalls{t: t}
	if err := openGate(w.saw(dir)); err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(vault.Options{Dir: dir, Node: bay, Key: key(bay), Roster: options(dir, bay).Roster})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		w.begin()
		if err := v.Ready(fmt.Sprint("job-", i), tlog.Work); err != nil {
			t.Fatal(err)
		}
		if !w.synced(filepath.Join(dir, "keys.db")) {
			t.Errorf("key %d is used, and is not on disk: %v", i, w.names())
		}
	}
	w.begin()
	origin := bay + "/" + strings.Repeat("0", 32)
	if err := v.Erase([]vault.Erasure{{Job: "job-1", Class: tlog.Work, Origin: origin, Seq: 1}}, nil); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"keys.db.tmp", "keys/vault-2.key", "keys/vault-1.key"} {
		if !w.synced(filepath.Join(dir, name)) {
			t.Errorf("an erasure is said to be done, and %s is not on disk: %v", name, w.names())
		}
	}
	named, gone := w.last("rename", "keys.db.tmp"), w.last("unlink", "vault-1.key")
	if named < 0 || gone < named || w.last("sync", "keys.db.tmp") > named || w.last("sync", filepath.Base(dir)) < named {
		t.Errorf("a power cut could leave neither: %v", w.names())
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	w.begin()
	if v, err = vault.Open(vault.Options{Dir: dir, Node: bay, Key: key(bay), Roster: options(dir, bay).Roster}); err != nil {
		t.Fatal(err)
	}
	if !w.synced(filepath.Join(dir, "keys.db")) || w.last("sync", filepath.Base(dir)) < 0 {
		t.Errorf("what an earlier run left may be in the machine's memory alone: %v", w.names())
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	fmt.Println("looked at", w.all)
}

// witnessOfCalls remembers what was asked of the disk since begin.
type witnessOfCalls struct {
	t     testing.TB
	mu    sync.Mutex
	calls []call
	all   int
}

func (w *witnessOfCalls) saw(dir string) func(call) verdict {
	return func(c call) verdict {
		if c.path == dir || strings.HasPrefix(c.path, dir+"/") {
			w.mu.Lock()
			w.calls, w.all = append(w.calls, c), w.all+1
			w.mu.Unlock()
		}
		return verdict{}
	}
}

func (w *witnessOfCalls) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = nil
}

// last is the place of the last call of a name about a file, -1 where there is none.
func (w *witnessOfCalls) last(name, file string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, c := range slices.Backward(w.calls) {
		if c.name == name && filepath.Base(c.path) == file {
			return i
		}
	}
	return -1
}

// synced says whether a file was written, and synced after that.
func (w *witnessOfCalls) synced(path string) bool {
	wrote := w.last("write", filepath.Base(path))
	return wrote >= 0 && w.last("sync", filepath.Base(path)) > wrote
}

func (w *witnessOfCalls) names() (out []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.calls {
		out = append(out, c.name+" "+filepath.Base(c.path))
	}
	return out
}
