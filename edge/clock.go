package edge

import (
	"time"

	"golang.org/x/sys/unix"
)

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
