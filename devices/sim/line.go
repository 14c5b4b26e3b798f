package sim

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// Line is a serial cable: a pseudo terminal whose other end lies behind a stable
// name, as under /dev/serial/by-id. Read and Write are the device's side: they go
// on over an unplugging (Read waits, Write loses the bytes), as a chip on another
// power supply does. One goroutine may read and one write.
type Line struct {
	path string

	mu       sync.Mutex
	master   *os.File // nil while unplugged
	slave    *os.File // held, so that the line lives while nobody has it open
	plugs    int
	closed   bool
	deadline time.Time
	changed  chan struct{} // closed and made anew at every change
}

// lostAfter is how long a byte waits for room: a wire has no flow control.
const lostAfter = 250 * time.Millisecond

// NewLine plugs a line in at dir/name.
func NewLine(dir, name string) (*Line, error) {
	l := &Line{path: filepath.Join(dir, name), changed: make(chan struct{})}
	if err := l.Replug(); err != nil {
		return nil, err
	}
	return l, nil
}

// Path is the stable name a driver opens.
func (l *Line) Path() string { return l.path }

// Plugs counts how often the line was plugged in. A simulator that is powered by
// the line starts anew when it changes.
func (l *Line) Plugs() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.plugs
}

// Baud is the speed the other side has set, 0 while unplugged.
func (l *Line) Baud() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.slave == nil {
		return 0
	}
	t, err := unix.IoctlGetTermios(int(l.slave.Fd()), unix.TCGETS2)
	if err != nil {
		return 0
	}
	return int(t.Ospeed)
}

// Unplug pulls the line out: whoever has it open notices, and the name is gone.
func (l *Line) Unplug() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.master == nil {
		return nil
	}
	defer l.tell()
	err := os.Remove(l.path)
	err = errors.Join(err, l.master.Close(), l.slave.Close())
	l.master, l.slave = nil, nil
	if err != nil {
		return fmt.Errorf("unplug %s: %w", l.path, err)
	}
	return nil
}

// Replug plugs the line in again: another terminal, the same name.
func (l *Line) Replug() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return fmt.Errorf("plug %s in: %w", l.path, os.ErrClosed)
	}
	if l.master != nil {
		return nil
	}
	master, slave, err := openPair()
	if err != nil {
		return fmt.Errorf("plug %s in: %w", l.path, err)
	}
	next := l.path + ".next"
	_ = os.Remove(next) // left by a crash
	err = os.Symlink(slave.Name(), next)
	if err == nil {
		err = os.Rename(next, l.path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("plug %s in: %w", l.path, err), master.Close(), slave.Close())
	}
	l.master, l.slave = master, slave
	_ = master.SetReadDeadline(l.deadline) // always possible on a new descriptor of ours
	l.plugs++
	l.tell()
	return nil
}

// openPair opens a raw pseudo terminal whose master keeps deadlines.
func openPair() (master, slave *os.File, err error) {
	m, s, err := pty.Open()
	if err != nil {
		return nil, nil, err
	}
	// The package leaves the master blocking; a descriptor of our own is not.
	fd, err := unix.FcntlInt(m.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err == nil {
		err = makeRaw(s)
	}
	if err != nil {
		return nil, nil, errors.Join(err, m.Close(), s.Close())
	}
	return os.NewFile(uintptr(fd), m.Name()), s, m.Close()
}

// makeRaw makes the terminal hand bytes through untouched, before the first
// opener has set it.
func makeRaw(f *os.File) error {
	t, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	if err != nil {
		return err
	}
	t.Iflag, t.Oflag, t.Lflag = unix.IGNPAR, 0, 0
	t.Cflag = unix.CS8 | unix.CREAD | unix.CLOCAL | unix.B38400
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	return unix.IoctlSetTermios(int(f.Fd()), unix.TCSETS, t)
}

// tell wakes a waiting Read; the lock is held.
func (l *Line) tell() {
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *Line) now() (master *os.File, deadline time.Time, changed <-chan struct{}, closed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.master, l.deadline, l.changed, l.closed
}

// Read waits for bytes, also while unplugged. After Close it returns io.EOF, after
// the deadline an error that is os.ErrDeadlineExceeded.
func (l *Line) Read(b []byte) (int, error) {
	for {
		master, deadline, changed, closed := l.now()
		if closed {
			return 0, io.EOF
		}
		if master == nil {
			if err := await(changed, deadline); err != nil {
				return 0, err
			}
			continue
		}
		n, err := master.Read(b)
		if n > 0 || err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
		if now, _, _, _ := l.now(); now == master {
			return 0, fmt.Errorf("read %s: %w", l.path, err)
		}
	}
}

// await waits for a change or the deadline.
func await(changed <-chan struct{}, deadline time.Time) error {
	if deadline.IsZero() {
		<-changed
		return nil
	}
	t := time.NewTimer(time.Until(deadline))
	defer t.Stop()
	select {
	case <-changed:
		return nil
	case <-t.C:
		return os.ErrDeadlineExceeded
	}
}

// Write sends bytes; while unplugged, and while nobody takes them, they are lost.
func (l *Line) Write(b []byte) (int, error) {
	master, _, _, closed := l.now()
	if closed {
		return 0, os.ErrClosed
	}
	if master == nil {
		return len(b), nil
	}
	if err := master.SetWriteDeadline(time.Now().Add(lostAfter)); err != nil {
		return len(b), nil // unplugged this moment
	}
	_, err := master.Write(b)
	if now, _, _, _ := l.now(); err == nil || now != master || errors.Is(err, os.ErrDeadlineExceeded) {
		return len(b), nil
	}
	return 0, fmt.Errorf("write %s: %w", l.path, err)
}

// SetReadDeadline bounds Reads, the waiting one too; the zero time lifts it.
func (l *Line) SetReadDeadline(t time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deadline = t
	l.tell()
	if l.master == nil {
		return nil
	}
	return l.master.SetReadDeadline(t)
}

// Close unplugs the line for good.
func (l *Line) Close() error {
	err := l.Unplug()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.closed = true
		l.tell()
	}
	return err
}
