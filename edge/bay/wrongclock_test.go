package bay_test

import (
	"testing"
	"time"

	"pitlane/edge/bay"
	"pitlane/edge/clocks"
)

// TestAStepOfTheClockMakesNoKeyOverdue: after a restart the time for which a key may be
// away goes on by what has passed, whatever the wall clock shows by then.
func TestAStepOfTheClockMakesNoKeyOverdue(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.takenForWork()
		r.stop()
		<-time.After(11 * time.Hour) // by the wall clock, which was set
		r = built(t, r.n, r.cab, newAdapter(), func(c *bay.Config) {
			c.Ago = func(clocks.Reading) time.Duration { return time.Hour }
		})
		r.run()
		defer r.stop()
		r.stand()
		<-time.After(9*time.Hour - time.Minute)
		r.stand()
		<-time.After(2 * time.Minute)
		r.stand("overdue")
	})
}
