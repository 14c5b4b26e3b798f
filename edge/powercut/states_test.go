//go:build !race

package powercut

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"pitlane/edge/journal"
	"pitlane/housetest"
)

// trace is what a journal's life did to its folder: calls in their order, and after
// which of them what was acknowledged.
type trace struct {
	Root  string
	Found lying // what lay on the disk before
	Calls []tracedCall
	Acks  []tracedAck
	told  story
}

type tracedCall struct {
	Name, Path, To string
	Data           []byte
	At             int64
	Flag           int
}

type tracedAck struct {
	After int // so many calls were made before
	Own   map[journal.RequestID]uint64
	Peer  uint64
	Gone  uint64
	Days  int
	Keys  told
}

func (a *acked) noted(after int) tracedAck {
	return tracedAck{after, maps.Clone(a.own), a.peer, a.gone, a.days, a.keys.clone()}
}

func (t tracedAck) acked() *acked {
	return &acked{own: maps.Clone(t.Own), peer: t.Peer, gone: t.Gone, days: t.Days, keys: t.Keys.clone()}
}

// TestEveryStateOfACutDiskOpens replays what was synced and a random part of the
// rest: each such state opens, verifies, holds what was acknowledged and goes on.
func TestEveryStateOfACutDiskOpens(t *testing.T) {
	t.Parallel()
	everyStateOpens(t, "clear")
}

// TestEveryStateOfACutDiskWithKeysOpens is the same of a journal with keys. In each state
// what was acknowledged opens with its key; what was erased opens with nothing that lies
// on the disk, and its key is not taken again; nothing lies in clear.
func TestEveryStateOfACutDiskWithKeysOpens(t *testing.T) {
	t.Parallel()
	everyStateOpens(t, "keys")
}

func everyStateOpens(t *testing.T, name string) {
	t.Helper()
	tr := traced(t, name, "honest")
	bad, n := manyStates(t, tr, 200)
	for _, err := range bad {
		t.Error(err)
	}
	t.Logf("%d states of %d calls and %d acknowledgements", n, len(tr.Calls), len(tr.Acks))
}

// TestALyingDiskIsFound is the control: on a disk that syncs nothing, or not the keys, not
// what opens them, or not the names of the node's folder, the same search must find lost
// events, lost keys, or erased ones.
func TestALyingDiskIsFound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, unsynced string }{
		{"clear", "*"}, {"keys", "*"}, {"keys", "keys.db"}, {"keys", "vault-*.key"}, {"keys", "n"},
	} {
		tr := traced(t, c.name, c.unsynced)
		if bad, n := manyStates(t, tr, 100); len(bad) == 0 {
			t.Errorf("%s: %s was not synced, and in %d states nothing is wrong: the search does not bite", c.name, c.unsynced, n)
		}
	}
}

// manyStates looks at ci states, or at as many as the soak's time gives, with two
// hands. It stops at the tenth fault.
func manyStates(t *testing.T, tr trace, ci int) (bad []error, n int64) {
	t.Helper()
	root := scratch(t)
	var mu sync.Mutex
	var count atomic.Int64
	var hands sync.WaitGroup
	for hand := range 2 {
		hands.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(hand), uint64(ci)))
			dir := filepath.Join(root, fmt.Sprint(hand))
			for range housetest.Rounds(t, ci/2) {
				err := oneState(t, tr, rnd, dir)
				count.Add(1)
				mu.Lock()
				if err != nil {
					bad = append(bad, err)
				}
				end := len(bad) >= 10
				mu.Unlock()
				if end {
					return
				}
			}
		})
	}
	hands.Wait()
	return bad, count.Load()
}

// oneState cuts the power after a random call.
func oneState(t *testing.T, tr trace, rnd *rand.Rand, dir string) error {
	k := rnd.IntN(len(tr.Calls) + 1)
	s, a := tr.cut(k, rnd)
	err := error(nil)
	if tr.told.look != nil {
		err = tr.told.look(s, a)
	}
	if err == nil {
		err = os.RemoveAll(dir)
	}
	if err == nil {
		err = lay(s.Files, tr.Root, dir)
	}
	if err == nil {
		err = tr.told.hold(t.Context(), dir, a)
	}
	if err != nil {
		return fmt.Errorf("power cut after call %d of %d: %w", k, len(tr.Calls), err)
	}
	return nil
}

// cut is what may lie on the disk when the power fails after so many calls, and what was
// acknowledged by then.
func (tr trace) cut(calls int, rnd *rand.Rand) (lying, *acked) {
	d := newDisk(tr.Found)
	for _, c := range tr.Calls[:calls] {
		d.make(call{name: c.Name, path: c.Path, to: c.To, data: c.Data, at: c.At, flag: c.Flag}, rnd)
	}
	a := newAcked()
	for _, ack := range tr.Acks {
		if ack.After <= calls {
			a = ack.acked()
		}
	}
	return d.cut(rnd), a
}

// traced runs a life behind the gate and reads what was recorded.
func traced(t *testing.T, name, unsynced string) trace {
	t.Helper()
	dir := scratch(t)
	tr := recorded(t, name, dir, harm{Unsynced: unsynced}, trace{Acks: []tracedAck{newAcked().noted(0)}})
	if len(tr.Calls) < 100 || len(tr.Acks) < 20 {
		t.Fatalf("only %d calls and %d acknowledgements", len(tr.Calls), len(tr.Acks))
	}
	tr.told = tell(t, name, dir)
	return tr
}
