package keycab

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// talk is what one make of lock board understands: bytes in, bytes out, no I/O and
// no memory. A new make is one file with a talk and a line in talkOf.
type talk interface {
	// Limits are the highest bus address and the most locks of one board.
	Limits() (addr, locks int)
	// Ask is the request for the state of the board at addr.
	Ask(addr int) []byte
	// Answer looks for the reply to Ask(addr) in all that came in since.
	Answer(addr int, in []byte) answer
	// Open is the request that opens one lock, 0-based, and no other. An answer to
	// it is never relied on: the hook is looked at instead.
	Open(addr, lock int) []byte
}

// answer is what was found among the bytes that came in.
type answer struct {
	OK     bool // exactly what was asked for is there
	Sample sample
	Strays []int // addresses of other boards' replies, and of second replies of this one
}

// sample is the state of one board in one frame: bit n is lock n.
type sample struct {
	Hooks uint32
	Keys  uint32
	// HasKeys: the board has key sensors.
	HasKeys bool
}

// The drivers by name.
const (
	DriverCU16 = "kerong-cu16"
)

// Drivers are the names that Options.Driver takes.
func Drivers() []string { return []string{DriverCU16} }

// Baud is the factory speed of a driver's boards.
func Baud(string) int { return 19200 }

func talkOf(driver string) (talk, error) {
	switch driver {
	case "", DriverCU16:
		return cu16{}, nil
	}
	return nil, fmt.Errorf("no driver %q: this build has %s", driver, strings.Join(Drivers(), ", "))
}

func checkBoards(boards []int, t talk) ([]int, error) {
	if len(boards) == 0 {
		return []int{0}, nil
	}
	most, _ := t.Limits()
	boards = slices.Sorted(slices.Values(boards))
	for i, b := range boards {
		if b < 0 || b > most {
			return nil, fmt.Errorf("board %d: bus addresses are 0 to %d", b, most)
		}
		if i > 0 && boards[i-1] == b {
			return nil, fmt.Errorf("board %d is named twice", b)
		}
	}
	return boards, nil
}

// Times of a bus (key-cabinet practice; each bounded from both sides).
const (
	pollEvery   = 100 * time.Millisecond
	replyWindow = 100 * time.Millisecond // and once more after a timeout: there is no sequence number
	settleTime  = 50 * time.Millisecond  // of silence after opening the line
	snapWait    = 1500 * time.Millisecond
	missedPolls = 3
	quietTime   = time.Second            // a board may be silent after a solenoid pulse
	pulseTime   = 600 * time.Millisecond // one solenoid at a time
	unlockWait  = 2 * time.Second
	unlockPolls = 5 // at least, however slow this machine is just now
	unlockTries = 2
)
