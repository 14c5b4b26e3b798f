package timers_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"pitlane/edge/board"
	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/timers"
)

// TestAStepOfTheClockFiresNothing: within a boot time is what the computer has run.
func TestAStepOfTheClockFiresNothing(t *testing.T) {
	for name, step := range map[string]time.Duration{"ahead": 1000 * time.Hour, "back": -1000 * time.Hour} {
		b := newBench(t)
		b.write(job.Opened{Ticket: "A1", Owner: "sa", Purpose: "repair"})
		b.clock.wall = b.clock.wall.Add(step)
		b.quality = 1
		b.pass(48*time.Hour - time.Second)
		b.want()
		b.pass(time.Second)
		b.want("due request_answer")
		if t.Failed() {
			t.Fatalf("the clock was set %s", name)
		}
	}
}

// TestAWallTimeIsSureOnlyWhereAClockVouchesForIt: a battery's clock fires a notice and
// says that it is not sure; one that cannot be right fires none; one that was set back
// after it had been right is known to be.
func TestAWallTimeIsSureOnlyWhereAClockVouchesForIt(t *testing.T) {
	for name, c := range map[string]struct {
		first, then uint8
		step        time.Duration
		want        []string
	}{
		"synchronised":               {3, 3, 0, []string{"due notice"}},
		"a battery's":                {1, 1, 0, []string{"due notice at least"}},
		"cannot be right":            {0, 0, 0, nil},
		"set back after it was sure": {3, 0, -20 * 365 * 24 * time.Hour, []string{"due notice"}},
		"set ahead, still early":     {3, 1, 2 * time.Hour, []string{"due notice"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.quality = c.first
			b.cut(time.Minute) // into a boot of which nothing is known yet
			b.signed(4 * time.Hour)
			b.quality = c.then
			b.clock.wall = b.clock.wall.Add(c.step)
			b.pass(3*time.Hour - time.Second)
			b.want()
			b.pass(time.Second)
			b.want(c.want...)
		})
	}
}

// TestTheTimeBetweenTwoBootsCounts: what the computer ran in a boot between is counted
// where no clock says more.
func TestTheTimeBetweenTwoBootsCounts(t *testing.T) {
	b := newBench(t)
	b.quality = 0
	b.clock.wall = time.UnixMilli(60_000)
	b.write(job.Opened{Ticket: "A1", Owner: "sa", Purpose: "repair"})
	b.cut(time.Hour)
	b.pass(47*time.Hour - time.Second)
	b.write(job.WorkPaused{Reason: "x"}) // by then this boot has run 47 h
	b.cut(time.Hour)
	b.pass(time.Hour - 2*time.Second)
	b.want()
	b.pass(time.Second)
	b.want("due request_answer at least")
}

// broken is a journal that cannot read one visit.
type broken struct {
	*journal.Journal
	visit string
}

func (j broken) Job(ctx context.Context, id string) ([]journal.Entry, error) {
	if id == j.visit {
		return nil, errors.New("a damaged file")
	}
	return j.Journal.Job(ctx, id)
}

func TestWhatIsWrongWithOneVisitKeepsNoOtherWaiting(t *testing.T) {
	b := newBench(t)
	work, err := job.Encode(job.Opened{Ticket: "A0", Owner: "sa", Purpose: "repair"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.journal.Append(t.Context(), journal.Draft{Kind: "job.opened", Job: "j0", Work: work}); err != nil {
		t.Fatal(err)
	}
	b.write(job.Opened{Ticket: "A1", Owner: "sa", Purpose: "repair"}) // told behind j0
	x := timers.New(timers.Config{Node: b.node, Journal: broken{b.journal, "j0"}, Jobs: b.jobs, Decode: board.Event, Clocks: b.clocks,
		Clock: b.clock, Quality: func() uint8 { return 3 }})
	b.pass(48 * time.Hour)
	if _, err := x.Step(t.Context()); err == nil {
		t.Error("nothing is said of the visit that cannot be read")
	}
	if got := b.fired(); len(got) != 1 {
		t.Errorf("fired %q, want the other visit's", got)
	}
}
