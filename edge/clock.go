package edge

import (
	"context"
	"time"

	"golang.org/x/sys/unix"

	"pitlane/edge/board"
)

// watchClock says on the screens when times cannot be trusted, and when they can
// again.
func (h *house) watchClock(ctx context.Context) {
	tick := time.NewTicker(30 * time.Second)
	defer tick.Stop()
	for told := false; ; {
		if bad := ClockQuality() == 0; bad != told {
			told = bad
			h.board.Tell(clockNews(bad))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func clockNews(bad bool) board.Now {
	if !bad {
		return board.Now{ClearFault: &board.ClearFault{Kind: "clock"}}
	}
	return board.Now{Fault: &board.Fault{Kind: "clock", Message: "the clock of this edge cannot be right: times are uncertain",
		Hint: "set the clock, or let the machine reach a time server"}}
}

// ClockQuality says how far the wall clock can be trusted: 3 synchronised now, 1
// kept by a battery, 0 not at all (a clock that stands before this program's
// time).
func ClockQuality() uint8 {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	switch {
	case time.Now().Year() < 2026:
		return 0
	case err == nil && state != unix.TIME_ERROR && t.Status&unix.STA_UNSYNC == 0:
		return 3
	default:
		return 1
	}
}
