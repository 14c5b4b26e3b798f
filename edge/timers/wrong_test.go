package timers_test

import (
	"testing"
	"time"

	"pitlane/edge/job"
)

// comesInFiveHours: two of the ten hours that are promised are over. At seven the
// progress is to be checked, at nine that is late and the customer is to be told.
func (b *bench) comesInFiveHours() {
	b.t.Helper()
	b.pass(5*time.Hour - time.Second)
	b.want()
	b.pass(time.Second)
	b.want("due progress_check")
	b.pass(2 * time.Hour)
	b.want("due progress_check", "due notice", "overdue progress_check")
}

// TestAClockThatIsAheadMakesNothingDue: a battery's clock that is days or decades
// ahead after a power cut moves no limit, and once it is right all come in time.
func TestAClockThatIsAheadMakesNothingDue(t *testing.T) {
	for _, ahead := range []time.Duration{3 * 24 * time.Hour, 56 * 365 * 24 * time.Hour} {
		b := newBench(t)
		b.signed(10 * time.Hour)
		b.write(job.WorkStarted{By: "te"})
		b.cut(time.Hour)
		b.quality = 1
		b.clock.wall = b.clock.wall.Add(ahead)
		b.want()
		b.pass(time.Hour)
		b.want()
		b.clock.wall, b.quality = b.clock.wall.Add(-ahead), 3
		b.write(job.WorkPaused{Reason: "x"}) // the time server was heard
		b.want()                             // two hours have passed
		b.comesInFiveHours()
	}
}

// TestAStepOfTheClockIsNoTime: from 1970 to now and back, with limits under way.
func TestAStepOfTheClockIsNoTime(t *testing.T) {
	b := newBench(t)
	right := b.clock.wall
	b.quality, b.clock.wall = 0, time.UnixMilli(42_000)
	within := 10 * time.Hour
	b.write(job.Opened{Ticket: "A1", Owner: "sa", Purpose: "repair"},
		job.Offered{Lines: []job.Line{{ID: "x", Text: "x"}}, Promised: b.clock.wall.Add(within).UnixMilli(), Within: within.Milliseconds(), TextHash: "h", Text: "t"},
		job.Signed{TextHash: "h"}, job.WorkStarted{By: "te"})
	b.want()
	b.pass(time.Hour)
	b.want()
	b.quality, b.clock.wall = 3, right.Add(time.Hour)
	b.write(job.WorkPaused{Reason: "x"}) // the time server was heard
	b.want()
	b.pass(time.Hour)
	b.quality, b.clock.wall = 0, time.UnixMilli(42_000)
	b.want()
	b.comesInFiveHours()
}

// TestAPromiseOfDecadesIsNotOverdueAtOnce: a clock that was far ahead has promised it.
func TestAPromiseOfDecadesIsNotOverdueAtOnce(t *testing.T) {
	b := newBench(t)
	b.signed(56 * 365 * 24 * time.Hour)
	b.write(job.WorkStarted{By: "te"})
	b.pass(100 * time.Hour)
	b.want()
}
