// Package devices says what anything plugged into an edge must answer to.
//
// It promises that a driver knows bytes, never jobs: it opens its line through an
// Opener, reports what it sees as Readings, and ends when its context does.
//
// It does not contain a driver; each technology has a folder of its own below.
package devices

import (
	"context"
	"errors"
	"io"
	"time"
)

// Port is one open serial line. One goroutine owns it; nobody else may call it,
// except Close, which may come from anywhere and unblocks the owner.
//
// Read returns 0, nil when the read timeout passes without a byte: a tick, not an
// error. Any error means that the line is gone (errors.Is ErrUnplugged) or that
// the port was closed (errors.Is ErrClosed); the port is then of no further use.
type Port interface {
	io.ReadWriteCloser
	// SetReadTimeout bounds the next Reads. It is never zero or negative.
	SetReadTimeout(time.Duration) error
}

// BaudSetter is implemented by ports that can change their speed while open.
type BaudSetter interface{ SetBaud(baud int) error }

// Opener opens the line by its configured name, anew after each break. It is
// called from the owner goroutine only; a cancelled ctx ends it early.
type Opener func(ctx context.Context) (Port, error)

// Device is anything that can be watched. Run blocks until ctx ends or the device
// cannot go on; emit is called from Run's goroutine only and does not block long.
type Device interface {
	Name() string
	Run(ctx context.Context, emit func(Reading)) error
}

// Reading is one thing a device noticed. At is the time since the process started
// on the monotonic clock; Value is a type of the driver's package.
type Reading struct {
	Device string
	At     time.Duration
	Value  any
}

// What a caller does differently about a line.
var (
	// ErrUnplugged: the other end is gone; close at once and open again later.
	ErrUnplugged = errors.New("the device is unplugged")
	// ErrClosed: this end closed the port.
	ErrClosed = errors.New("the port is closed")
	// ErrBusy: another process holds the port.
	ErrBusy = errors.New("the port is in use by another process")
	// ErrMissing: no such port.
	ErrMissing = errors.New("there is no such port")
)

// Fault is an error with a next step for the person at the screen.
type Fault struct {
	Kind    string // one of the kinds of interfaces.md: port, not_an_adapter, …
	Message string
	Hint    string
	Err     error
}

func (f *Fault) Error() string { return f.Message }
func (f *Fault) Unwrap() error { return f.Err }
