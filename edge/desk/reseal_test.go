package desk_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/receipt"
)

// peer adds a node to the shop and opens its journal; the front knows the new roster.
func (f *front) peer() *journal.Journal {
	f.t.Helper()
	f.stop()
	added := f.second()
	j := f.alone(added.Dir)
	f.t.Cleanup(func() {
		if err := j.Close(); err != nil {
			f.t.Error(err)
		}
	})
	return j
}

// carry gives all of a log that another does not hold yet, up to an end.
func (f *front) carry(from, to *journal.Journal, origin string, end uint64) {
	f.t.Helper()
	for {
		at := uint64(0)
		for _, tip := range to.Tips() {
			if tip.Origin == origin {
				at = tip.Size
			}
		}
		if at >= end {
			return
		}
		s, err := from.Segment(f.t.Context(), origin, at, 1<<20)
		if err == nil {
			err = to.Adopt(f.t.Context(), s)
		}
		if err != nil {
			f.t.Fatal(err)
		}
	}
}

func (f *front) size(j *journal.Journal, origin string) uint64 {
	for _, tip := range j.Tips() {
		if tip.Origin == origin {
			return tip.Size
		}
	}
	return 0
}

// blank takes the front's disk away; the node begins anew under its old name.
func (f *front) blank() {
	f.t.Helper()
	f.stop()
	for _, name := range []string{"segments", "meta.db", "redo", "identity", "upper", "cosigned.json"} {
		if err := os.RemoveAll(filepath.Join(f.dir, name)); err != nil {
			f.t.Fatal(err)
		}
	}
	f.open()
}

// A node that lost its disk before anybody had its seal seals the visit in its new log,
// and amends there what it had sealed in the old one. What it had sealed in both counts
// once, whoever brings it back and however late.
func TestANodeThatLostItsLogSealsInItsNewOne(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	second := f.peer()
	old := f.journal.Origin()
	declined := func() string {
		id := f.left()
		f.allSealed(1, id)
		return id
	}
	held := declined()
	f.carry(f.journal, second, old, f.size(f.journal, old))
	f.refuse(func(string) bool { return true })
	f.restart()
	lost := f.left()
	f.until("the end", lost, job.Ended)
	f.carry(f.journal, second, old, f.size(f.journal, old))
	f.alter = nil
	f.restart()
	f.allSealed(1, lost) // and nobody has it
	kept := filepath.Join(t.TempDir(), "kept")
	f.stop()
	err := os.CopyFS(kept, os.DirFS(f.dir))
	secrets, _ := filepath.Glob(filepath.Join(kept, "keys", "*")) // the pattern is one
	for _, name := range secrets {
		err = errors.Join(err, os.Chmod(name, 0o600))
	}
	if err != nil {
		t.Fatal(err)
	}
	whole := f.alone(kept)
	defer func() {
		if err := whole.Close(); err != nil {
			t.Error(err)
		}
	}()

	f.blank()
	if f.journal.Origin() == old {
		t.Fatal("it writes on in its old log: this test shows nothing")
	}
	f.carry(second, f.journal, old, f.size(second, old))
	f.allSealed(1, lost, held)

	f.say(second, held, job.Rated{Stars: 5})
	f.carry(second, f.journal, second.Origin(), f.size(second, second.Origin()))
	f.allSealed(2, held)
	f.until("the amendment", held, func(s job.State) bool { return s.Sealing.Seals == 2 && job.Unsealed(s) == 0 })
	f.listed(held)
	if kind := f.receiptOf(held).Entry.Kind; kind != receipt.Amended {
		t.Errorf("the receipt is of a %s", kind)
	}

	f.carry(whole, f.journal, old, f.size(whole, old))
	f.until("both seals", lost, func(s job.State) bool { return s.Sealing.Seals == 1 && s.Sealing.Void == 1 })
	if s := f.state(lost); job.Unsealed(s) != 0 || len(s.Conflicts) != 0 {
		t.Errorf("%d entries are unsealed, conflicts %v", job.Unsealed(s), s.Conflicts)
	}
	f.say(second, lost, job.Rated{Stars: 4})
	f.carry(second, f.journal, second.Origin(), f.size(second, second.Origin()))
	f.allSealed(3, lost)
	f.until("its amendment", lost, func(s job.State) bool { return s.Sealing.Seals == 2 && job.Unsealed(s) == 0 })
	if kind := f.receiptOf(lost).Entry.Kind; kind != receipt.Amended {
		t.Errorf("the receipt is of a %s", kind)
	}
	f.now.add(7 * 24 * time.Hour)
	f.restart()
	if s := f.state(lost); s.Opened {
		t.Error("the board never forgets a visit that is sealed twice")
	}
}
