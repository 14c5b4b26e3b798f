package desk_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pitlane/edge/desk"
	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/shop"
)

// ended stops everything and writes visits that are closed, as an edge does that is
// killed before it seals them.
func (f *front) ended(n int) (ids []string) {
	f.t.Helper()
	f.stop()
	j := f.alone(f.dir)
	for i := range n {
		id := fmt.Sprintf("j%03d", i)
		f.say(j, id, job.Opened{Ticket: fmt.Sprint("A", i), Owner: "sa"}, job.GatepassIssued{By: "sa"}, job.CarHandedBack{By: "kiosk"})
		ids = append(ids, id)
	}
	if err := j.Close(); err != nil {
		f.t.Fatal(err)
	}
	return ids
}

// alone is a node's journal without anybody who follows it.
func (f *front) alone(dir string) *journal.Journal {
	f.t.Helper()
	m, err := shop.Load(dir)
	if err != nil {
		f.t.Fatal(err)
	}
	j, err := journal.Open(f.t.Context(), journal.Options{Dir: dir, Node: m.Node, Key: m.Key, Roster: m.Roster})
	if err != nil {
		f.t.Fatal(err)
	}
	return j
}

// say writes what happens in a visit.
func (f *front) say(j *journal.Journal, id string, payloads ...job.Payload) {
	f.t.Helper()
	for _, p := range payloads {
		work, err := job.Encode(p)
		if err == nil {
			_, err = j.Append(f.t.Context(), journal.Draft{Kind: p.Kind(), Job: id, Work: work})
		}
		if err != nil {
			f.t.Fatal(err)
		}
	}
}

// seals is how many entries seal or amend a visit, whether the board still knows it or not.
func (f *front) seals(id string) (n int) {
	f.t.Helper()
	entries, err := f.journal.Job(f.t.Context(), id)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, e := range entries {
		if e.Kind == (job.Sealed{}).Kind() || e.Kind == (job.Amended{}).Kind() {
			n++
		}
	}
	return n
}

// allSealed waits until each of the visits has so many seals.
func (f *front) allSealed(n int, ids ...string) {
	f.t.Helper()
	f.untilView("all seals", func() bool {
		for _, id := range ids {
			if f.seals(id) != n {
				return false
			}
		}
		return true
	})
}

// A visit that was closed long ago is forgotten by the board with its seal. Whoever
// waits for the seal to be shown would wait in vain, and a backlog for hours.
func TestABacklogOfOldVisitsIsSealedWithoutWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFront(t)
		ids := f.ended(50)
		f.now.add(7 * 24 * time.Hour)
		begun := time.Now()
		f.open()
		f.allSealed(1, ids...)
		if passed := time.Since(begun); passed > time.Second { // of a clock that stands while somebody works
			t.Errorf("%v were spent waiting for nothing", passed)
		}
		for _, id := range ids {
			f.listed(id)
		}
	})
}

// refusing is a journal that takes no seal of some visits.
type refusing struct {
	desk.Log
	seal func(id string) bool
}

func (r refusing) Append(ctx context.Context, drafts ...journal.Draft) ([]journal.Entry, error) {
	if drafts[0].Kind == (job.Sealed{}).Kind() && r.seal(drafts[0].Job) {
		return nil, errors.New("not this one")
	}
	return r.Log.Append(ctx, drafts...)
}

// refuse has no seals taken of some visits from the next start on.
func (f *front) refuse(seal func(id string) bool) {
	f.alter = func(c *desk.Config) { c.Journal = refusing{c.Journal, seal} }
}

func TestVisitsThatCannotBeSealedKeepNoOtherWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFront(t)
		ids := f.ended(50)
		bad, good := ids[:40], ids[40:]
		var mended atomic.Bool
		f.refuse(func(id string) bool { return !mended.Load() && id < good[0] })
		f.open()
		f.allSealed(1, good...)
		f.allSealed(0, bad...)
		mended.Store(true)
		f.allSealed(1, ids...)
	})
}

// TestKeysComeBeforeSeals: while a backlog is sealed somebody may hang his key.
func TestKeysComeBeforeSeals(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	ids := f.ended(40)
	f.refuse(func(string) bool { return true })
	f.open()
	id := f.keyAsked()
	f.stop()
	j := f.alone(f.dir)
	f.say(j, id, job.KeyHung{Cabinet: "wall", Slot: 3})
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	f.alter = nil
	f.open()
	f.allSealed(1, ids...)
	f.until("the hand-over", id, func(s job.State) bool { return s.HandedOver })
	before := 0
	for e, err := range f.journal.Read(t.Context(), f.journal.Origin(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == (job.HandedOver{}).Kind() {
			break
		}
		if e.Kind == (job.Sealed{}).Kind() {
			before++
		}
	}
	if before > 0 {
		t.Errorf("%d visits were sealed while a key hung", before)
	}
}

// dated is a board that shows the visits as they once were.
type dated struct {
	desk.Board
	jobs []job.State
	off  *atomic.Bool
}

func (d dated) Jobs() []job.State {
	if d.off.Load() {
		return d.Board.Jobs()
	}
	return d.jobs
}

// A seal states what the board shows. What the journal holds beyond that is stated and
// listed by the next.
func TestASealListsWhatItStates(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	f.refuse(func(string) bool { return true })
	f.restart()
	id := f.left()
	f.until("the end", id, job.Ended)
	then := f.board.Jobs()
	f.stop()
	j := f.alone(f.dir)
	f.say(j, id, job.BillSettled{Method: "cash", Paid: 100, By: "sa"})
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	var off atomic.Bool
	f.alter = func(c *desk.Config) { c.Board = dated{Board: c.Board, jobs: then, off: &off} }
	f.open()
	f.allSealed(1, id)
	off.Store(true)
	f.must("checkin/open", opening()) // news: the desk looks again
	f.allSealed(2, id)
	f.listed(id)
	p := f.receiptOf(id)
	var says job.Amended
	if err := json.Unmarshal(p.Payload, &says); err != nil {
		t.Fatal(err)
	}
	if says.Paid != 100 {
		t.Errorf("the newest statement says that %d were paid", says.Paid)
	}
}

// A late word of another edge may say that it ended the visit later. Who sealed it first
// amends it all the same, however long ago that was.
func TestWhoSealedAmendsThoughAnotherEndedItLater(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	f.stop()
	added := f.second()
	id := f.left()
	f.allSealed(1, id)
	f.now.add(7 * 24 * time.Hour)
	f.restart()
	if s := f.state(id); s.Opened {
		t.Fatal("the board has not forgotten it: this test shows nothing")
	}

	second := f.alone(added.Dir)
	defer func() {
		if err := second.Close(); err != nil {
			t.Error(err)
		}
	}()
	f.say(second, id, job.GatepassIssued{By: "sa"})
	theirs, err := second.Segment(t.Context(), second.Origin(), 0, 1<<20)
	if err == nil {
		err = f.journal.Adopt(t.Context(), theirs)
	}
	if err != nil {
		t.Fatal(err)
	}
	f.allSealed(2, id)
	f.listed(id)
}
