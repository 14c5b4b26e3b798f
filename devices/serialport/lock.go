package serialport

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"pitlane/devices"
)

// lockFile is a descriptor of our own on the line, beside the one of the back-end
// that we cannot reach. It carries the flock: TIOCEXCL does not bind root and the
// second back-end does not set it.
type lockFile struct {
	f    *os.File
	bell *bell
}

// takeLock opens the line and locks it, or says that another holds it.
func takeLock(path string) (*lockFile, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode()&fs.ModeCharDevice == 0 {
		return nil, fmt.Errorf("%w: it is not a serial line", errConfig)
	}
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.EBUSY) {
		return nil, fmt.Errorf("%w: %w", devices.ErrBusy, err)
	}
	if err != nil {
		return nil, err
	}
	err = unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = devices.ErrBusy
	}
	if err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	return unwatched(fd, path)
}

// unwatched is a file that the runtime does not watch, though its calls do not block:
// else every byte that leaves the line would wake this process.
func unwatched(fd int, path string) (*lockFile, error) {
	if err := unix.SetNonblock(fd, false); err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	l := &lockFile{f: os.NewFile(uintptr(fd), path)}
	err := unix.SetNonblock(fd, true)
	if err == nil {
		l.bell, err = newBell(fd)
	}
	if err != nil {
		return nil, errors.Join(err, l.f.Close())
	}
	return l, nil
}

// control runs fn on the descriptor, which stays open meanwhile.
func (l *lockFile) control(fn func(fd int) error) error {
	raw, err := l.f.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := raw.Control(func(fd uintptr) { inner = fn(int(fd)) }); err != nil {
		return err
	}
	return inner
}

// alive asks the kernel whether the line is still there.
func (l *lockFile) alive() bool {
	return l.control(func(fd int) error {
		_, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		return err
	}) == nil
}

// read takes what is there, and waits for it no longer than timeout: 0, nil when
// nothing came, or when interrupt ended the wait.
func (l *lockFile) read(b []byte, timeout time.Duration) (n int, err error) {
	for {
		err = l.control(func(fd int) (err error) { n, err = ignoringEINTR(unix.Read, fd, b); return err })
		switch {
		case err == nil && n == 0:
			return 0, io.EOF // the line hung up
		case err == nil || !errors.Is(err, unix.EAGAIN):
			return max(n, 0), err
		case timeout <= 0:
			return 0, nil
		}
		rings := false
		if err := l.control(func(fd int) (err error) { rings, err = l.bell.wait(fd, timeout); return err }); err != nil || !rings {
			return 0, err
		}
		timeout = 0
	}
}

// interrupt ends a wait for bytes that is under way.
func (l *lockFile) interrupt() { l.bell.interrupt() }

// write hands over as many bytes as there is room for, and never waits.
func (l *lockFile) write(b []byte) (n int, err error) {
	err = l.control(func(fd int) (err error) { n, err = ignoringEINTR(unix.Write, fd, b); return err })
	if errors.Is(err, unix.EAGAIN) {
		err = nil
	}
	return max(n, 0), err
}

func ignoringEINTR(call func(int, []byte) (int, error), fd int, b []byte) (int, error) {
	for {
		n, err := call(fd, b)
		if !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}

// writable waits until the line takes bytes, or is gone, which the write then
// says; false when there is no room for so long, or when stop says so.
func (l *lockFile) writable(bound time.Duration, stop func() bool) bool {
	for end := time.Now().Add(bound); time.Now().Before(end) && !stop(); {
		if l.ready(unix.POLLOUT, slice) {
			return true
		}
	}
	return false
}

// readable waits until there are bytes, or the line is gone.
func (l *lockFile) readable(timeout time.Duration) bool { return l.ready(unix.POLLIN, timeout) }

func (l *lockFile) ready(events int16, timeout time.Duration) bool {
	ready := false
	wait := unix.NsecToTimespec(int64(timeout))
	err := l.control(func(fd int) error {
		n, err := unix.Ppoll([]unix.PollFd{{Fd: int32(fd), Events: events}}, &wait, nil)
		ready = n > 0
		return err
	})
	return ready || (err != nil && !errors.Is(err, unix.EINTR))
}

// flushInput drops what was received and not read. Best effort: a line that is
// gone says so at the next read.
func (l *lockFile) flushInput() { l.flush(unix.TCIFLUSH) }

// flushOutput drops what was written and not sent, best effort likewise.
func (l *lockFile) flushOutput() { l.flush(unix.TCOFLUSH) }

func (l *lockFile) flush(queue int) {
	_ = l.control(func(fd int) error { return unix.IoctlSetInt(fd, unix.TCFLSH, queue) })
}

// Close gives the line free. The lock goes first: a process that is just being
// started elsewhere in this one holds a copy of the descriptor, and the lock with it.
func (l *lockFile) Close() error {
	_ = l.control(func(fd int) error { return unix.Flock(fd, unix.LOCK_UN) }) // a line that is gone has no lock
	return errors.Join(l.bell.close(), l.f.Close())
}
