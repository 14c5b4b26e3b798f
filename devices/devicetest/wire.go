package devicetest

import (
	"context"
	"io"
	"os"
	"sync"
	"time"

	"pitlane/devices"
)

// Wire is a serial line in memory, for tests of a driver under testing/synctest.
// The driver opens it through Opener; the test, or a simulator, has the other end
// as an io.ReadWriter with SetReadDeadline.
type Wire struct {
	mu       sync.Mutex
	toDriver []byte
	toDevice []byte
	out      bool // unplugged
	held     *wirePort
	closed   bool
	deadline time.Time
	changed  chan struct{}
}

// NewWire makes a line that is plugged in.
func NewWire() *Wire { return &Wire{changed: make(chan struct{})} }

// tell wakes all that wait; the lock is held.
func (w *Wire) tell() {
	close(w.changed)
	w.changed = make(chan struct{})
}

// Unplug takes the line away from whoever has it open.
func (w *Wire) Unplug() error { return w.plug(true) }

// Replug brings it back, for the next open.
func (w *Wire) Replug() error { return w.plug(false) }

func (w *Wire) plug(out bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.out = out
	w.toDriver, w.toDevice = nil, nil
	if out && w.held != nil {
		w.held.gone, w.held = true, nil
	}
	w.tell()
	return nil
}

// Close ends the Reads of the device's side with io.EOF.
func (w *Wire) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.tell()
	return nil
}

// SetReadDeadline bounds Reads of the device's side.
func (w *Wire) SetReadDeadline(t time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deadline = t
	w.tell()
	return nil
}

// Read is the device's side: it waits for bytes of the driver.
func (w *Wire) Read(b []byte) (int, error) {
	for {
		w.mu.Lock()
		n := copy(b, w.toDevice)
		w.toDevice = w.toDevice[n:]
		deadline, changed, closed := w.deadline, w.changed, w.closed
		w.mu.Unlock()
		switch {
		case n > 0:
			return n, nil
		case closed:
			return 0, io.EOF
		case !await(changed, deadline):
			return 0, os.ErrDeadlineExceeded
		}
	}
}

// Write is the device's side: while nobody has the line open the bytes are lost.
func (w *Wire) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held != nil {
		w.toDriver = append(w.toDriver, b...)
		w.tell()
	}
	return len(b), nil
}

// await waits for a change; false when the deadline came first. The zero time is
// no deadline.
func await(changed <-chan struct{}, deadline time.Time) bool {
	if deadline.IsZero() {
		<-changed
		return true
	}
	t := time.NewTimer(time.Until(deadline))
	defer t.Stop()
	select {
	case <-changed:
		return true
	case <-t.C:
		return false
	}
}

// Opener opens the driver's side: missing while unplugged, busy while open.
func (w *Wire) Opener() devices.Opener {
	return func(ctx context.Context) (devices.Port, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case w.out:
			return nil, &devices.Fault{Kind: "port", Message: "there is no such line", Hint: "plug it in", Err: devices.ErrMissing}
		case w.held != nil:
			return nil, &devices.Fault{Kind: "port", Message: "the line is open", Hint: "close it", Err: devices.ErrBusy}
		}
		w.held = &wirePort{w: w, timeout: 100 * time.Millisecond}
		w.toDriver = nil
		return w.held, nil
	}
}

// wirePort is the driver's side; its fields are guarded by the lock of the wire.
type wirePort struct {
	w       *Wire
	timeout time.Duration
	gone    bool
	closed  bool
}

var _ devices.Port = (*wirePort)(nil)

func (p *wirePort) usable() error {
	switch {
	case p.gone:
		return devices.ErrUnplugged
	case p.closed:
		return devices.ErrClosed
	}
	return nil
}

// SetReadTimeout implements devices.Port.
func (p *wirePort) SetReadTimeout(d time.Duration) error {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	p.timeout = d
	return nil
}

// Read implements devices.Port.
func (p *wirePort) Read(b []byte) (int, error) {
	var deadline time.Time
	for {
		p.w.mu.Lock()
		if deadline.IsZero() {
			deadline = time.Now().Add(p.timeout)
		}
		err := p.usable()
		n := 0
		if err == nil {
			n = copy(b, p.w.toDriver)
			p.w.toDriver = p.w.toDriver[n:]
		}
		changed := p.w.changed
		p.w.mu.Unlock()
		if n > 0 || err != nil || !await(changed, deadline) {
			return n, err
		}
	}
}

// Write implements devices.Port.
func (p *wirePort) Write(b []byte) (int, error) {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	if err := p.usable(); err != nil {
		return 0, err
	}
	p.w.toDevice = append(p.w.toDevice, b...)
	p.w.tell()
	return len(b), nil
}

// Close implements devices.Port.
func (p *wirePort) Close() error {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	p.closed = true
	if p.w.held == p {
		p.w.held = nil
	}
	p.w.tell()
	return nil
}
