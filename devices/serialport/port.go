package serialport

import (
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"pitlane/devices"
)

const (
	// slice is the longest a Read stays inside the back-end should Close not end it:
	// Close waits for it instead of closing the descriptor under it, since the number
	// could be handed to another file before the reader notices.
	slice = 250 * time.Millisecond
	// closeBound is how long Close waits for a Read or Write that is stuck.
	closeBound = time.Second
	// writeBound is how long a Write may take: frames are short, so a longer one
	// means that the other end takes no bytes.
	writeBound = time.Second
)

var errNoRoom = errors.New("the other end takes no bytes")

// backend is what the two libraries have in common. read returns 0, nil when
// nothing came in time.
type backend interface {
	io.Closer
	read(b []byte, timeout time.Duration) (int, error)
	setBaud(int) error // nil error only where the back-end can
}

// port is a devices.Port. In calls the back-end only between enter and leave, so
// that after the last leave nobody can use the descriptor.
type port struct {
	path    string
	line    backend
	lock    *lockFile // our own descriptor: the flock, the flushes, the probe and all writes
	log     *slog.Logger
	stuck   *atomic.Int64
	timeout atomic.Int64 // of Read, in nanoseconds

	mu     sync.Mutex
	users  int
	closed bool          // by Close
	gone   error         // the first error that meant unplugged
	idle   chan struct{} // closed when closed and users is 0
	once   sync.Once
}

var (
	_ devices.Port       = (*port)(nil)
	_ devices.BaudSetter = (*port)(nil)
)

// SetReadTimeout implements devices.Port.
func (p *port) SetReadTimeout(d time.Duration) error {
	if d <= 0 {
		return &devices.Fault{Kind: "port", Message: "the read timeout of a port must be positive", Hint: "set a read timeout above zero"}
	}
	p.timeout.Store(int64(d))
	return nil
}

// Read implements devices.Port.
func (p *port) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	deadline := time.Now().Add(time.Duration(p.timeout.Load()))
	for {
		n, err := p.readSlice(b, min(slice, max(0, time.Until(deadline))))
		if n > 0 || err != nil {
			return n, err
		}
		if !time.Now().Before(deadline) {
			return 0, nil
		}
	}
}

// readSlice reads for at most a slice.
func (p *port) readSlice(b []byte, timeout time.Duration) (int, error) {
	if err := p.enter(); err != nil {
		return 0, err
	}
	defer p.leave()
	n, err := p.line.read(b, timeout)
	if n > 0 {
		return n, nil
	}
	if err != nil {
		return 0, p.lost(err)
	}
	return 0, nil
}

// Write implements devices.Port. A line that takes no bytes for a second counts as
// gone.
func (p *port) Write(b []byte) (int, error) {
	done, heard := 0, time.Now()
	for done < len(b) {
		n, err := p.writeSome(b[done:])
		done += n
		switch {
		case err != nil:
			return done, err
		case n > 0:
			heard = time.Now()
		case time.Since(heard) > 2*writeBound: // room is said to be there, and is not
			return done, p.lost(errNoRoom)
		}
	}
	return done, nil
}

// writeSome writes what there is room for, or waits until there is some. Through the
// back-ends, which write blocking, a write could not be ended.
func (p *port) writeSome(b []byte) (int, error) {
	if err := p.enter(); err != nil {
		return 0, err
	}
	defer p.leave()
	n, err := p.lock.write(b)
	if err != nil {
		return n, p.lost(err)
	}
	if n == 0 && !p.lock.writable(writeBound, p.isClosed) {
		return 0, p.lost(errNoRoom)
	}
	return n, nil
}

// SetBaud implements devices.BaudSetter.
func (p *port) SetBaud(baud int) error {
	if err := p.enter(); err != nil {
		return err
	}
	defer p.leave()
	if err := p.line.setBaud(baud); err != nil {
		return baudFault(p.path, baud, err)
	}
	return nil
}

// enter lets one call use the back-end, unless the port is closed or gone.
func (p *port) enter() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone != nil {
		return p.gone
	}
	if p.closed {
		return devices.ErrClosed
	}
	p.users++
	return nil
}

func (p *port) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.users--
	if p.closed && p.users == 0 {
		p.once.Do(func() { close(p.idle) })
	}
}

// lost keeps the first error that means the line is gone; every later call gets
// the same one. An error that Close caused is devices.ErrClosed.
func (p *port) lost(err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone == nil && p.closed && !isGone(err) {
		return devices.ErrClosed
	}
	if p.gone == nil {
		p.gone = unpluggedFault(p.path, err)
	}
	return p.gone
}

// Close implements devices.Port: it ends within a second. A call that is stuck in
// the kernel longer is left behind, counted, and its descriptor closed when it
// comes back.
func (p *port) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	if p.users == 0 {
		p.once.Do(func() { close(p.idle) })
	}
	p.mu.Unlock()

	done := make(chan error, 1)
	go func() { done <- p.release() }()
	bound := time.NewTimer(closeBound)
	defer bound.Stop()
	select {
	case err := <-done:
		return err
	case <-bound.C:
		if p.stuck != nil {
			p.stuck.Add(1)
		}
		p.log.Warn("port is stuck in close", "port", p.path)
		return nil
	}
}

// release waits until nobody uses the back-end and closes it. What is still to be
// sent is thrown away, so that the kernel does not wait for a slow line to drain.
func (p *port) release() error {
	p.lock.flushOutput()
	p.lock.interrupt()
	<-p.idle
	return errors.Join(p.line.Close(), p.lock.Close())
}

func (p *port) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}
