package keycab

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// talk is what one make of lock board understands: bytes in, bytes out, no I/O and
// no memory. A new make is one file with a talk and a line in talkOf.
type talk interface {
	// Limits are the bus addresses and the locks of one board.
	Limits() limits
	// Ask is the request for the state of the board at addr. It is one, since replies
	// to two could be taken for one another: no make numbers its replies.
	Ask(addr int) []byte
	// Answer looks for the reply to Ask(addr) in all that came in since. With addr -1
	// it looks for replies of any board that nobody waits for.
	Answer(addr int, in []byte) answer
	// Open is the request that opens one lock, 0-based, and no other; nil where there
	// is no such lock. An answer to it is never relied on: the hook is looked at.
	Open(addr, lock int) []byte
}

// refuser is a talk whose boards say when they will not open a lock. Opened looks
// for the answer to Open(addr, lock): done ends the waiting for it.
type refuser interface {
	Opened(addr, lock int, in []byte) (done bool, refused error)
}

// holder is a talk whose Open leaves the solenoid driven until it is switched off.
type holder interface {
	Off(addr, lock int) []byte
	AllOff(addr int) []byte
	AskDriven(addr int) []byte
	// Driven looks for the answer to AskDriven: bit n is lock n.
	Driven(addr int, in []byte) (driven uint64, ok bool)
}

// limits are what a make can have.
type limits struct {
	First, Last int           // bus addresses
	Locks       int           // the most of one board
	Usual       int           // of one board where nothing is said
	Gap         time.Duration // of silence before a request
	Again       int           // how often a poll that nobody answered is repeated at once
	Rest        time.Duration // of silence after the first poll in a row that was not answered
}

// answer is what was found among the bytes that came in.
type answer struct {
	OK      bool // exactly what was asked for is there
	Sample  sample
	Strays  []int // addresses of other boards' replies, and of second replies of this one
	Refused error // the board will not say: a *Exception
}

// sample is the state of one board in one frame: bit n is lock n.
type sample struct {
	Hooks uint64
	Keys  uint64
	// HasKeys: the board has key sensors.
	HasKeys bool
}

// The drivers by name.
const (
	DriverCU16    = "kerong-cu16"
	Driver8A      = "lock-8a"
	DriverModbus  = "modbus"
	DriverRDM6300 = "rdm6300"
	DriverID12LA  = "id-12la"
)

// Drivers are the names that Options.Driver takes, lock boards first.
func Drivers() []string {
	return []string{DriverCU16, Driver8A, DriverModbus, DriverRDM6300, DriverID12LA}
}

// IsReader says that a driver reads tags and has no locks: NewReader takes it, New
// does not.
func IsReader(driver string) bool { return driver == DriverRDM6300 || driver == DriverID12LA }

// Baud is the factory speed of a driver's boards.
func Baud(driver string) int {
	if driver == "" || driver == DriverCU16 {
		return 19200
	}
	return 9600
}

// talkOf is the talk that the options ask for.
func talkOf(o Options) (talk, error) {
	if o.Driver != DriverModbus && (o.KeyInput != 0 || o.Pulse != "") {
		return nil, fmt.Errorf("driver %s: a key input or a pulse can be set for %s only", o.Driver, DriverModbus)
	}
	switch o.Driver {
	case "", DriverCU16:
		return cu16{}, nil
	case Driver8A:
		return lock8A{wide: o.Locks > narrow8A}, nil
	case DriverModbus:
		return newModbus(o)
	case DriverRDM6300, DriverID12LA:
		return nil, fmt.Errorf("driver %s reads tags and has no locks", o.Driver)
	}
	return nil, fmt.Errorf("no driver %q: this build has %s", o.Driver, strings.Join(Drivers(), ", "))
}

func checkBoards(boards []int, l limits) ([]int, error) {
	if len(boards) == 0 {
		return []int{l.First}, nil
	}
	boards = slices.Sorted(slices.Values(boards))
	for i, b := range boards {
		if b < l.First || b > l.Last {
			return nil, fmt.Errorf("board %d: bus addresses are %d to %d", b, l.First, l.Last)
		}
		if i > 0 && boards[i-1] == b {
			return nil, fmt.Errorf("board %d is named twice", b)
		}
	}
	return boards, nil
}

// ErrRefused says that the cabinet is there, and will not open this slot: two boards share an
// address, or the module refuses. Nothing has opened.
var ErrRefused = errors.New("the cabinet will not open it")

// errNoLock is a lock that a board does not have.
var errNoLock = errors.New("there is no such lock")

// Times of a bus (key-cabinet practice; each bounded from both sides).
const (
	pollEvery   = 100 * time.Millisecond
	pollJitter  = 15 * time.Millisecond // by which a poll may wait to settle a doubt
	replyWindow = 200 * time.Millisecond
	lateWindow  = 50 * time.Millisecond // of silence after a timeout: there is no sequence number
	settleTime  = 50 * time.Millisecond // of silence after opening the line
	snapWait    = 1500 * time.Millisecond
	missedPolls = 3
	quietTime   = time.Second            // a board may be silent after a solenoid pulse
	pulseTime   = 700 * time.Millisecond // one solenoid at a time
	drivenTime  = 500 * time.Millisecond // how long a lock is driven where we say it
	unlockWait  = 2 * time.Second
	unlockPolls = 5 // at least, however slow this machine is just now
	unlockTries = 2
	offTries    = 5
)
