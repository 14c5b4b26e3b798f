package serialport

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// bell rings when bytes have come, once for each wait. The runtime waits for it with
// all it waits for anyway: neither a thread nor a look at the clock is spent meanwhile.
// It is an epoll set of its own with the line in it; with the line itself the runtime
// would be woken by every byte that leaves it, too.
type bell struct{ f *os.File }

func newBell(fd int) (*bell, error) {
	set, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make an epoll set: %w", err)
	}
	err = unix.EpollCtl(set, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLONESHOT, Fd: int32(fd)})
	if errors.Is(err, unix.EPERM) {
		err = fmt.Errorf("%w: it is not a serial line", errConfig)
	}
	if err == nil {
		err = unix.SetNonblock(set, true)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("watch the line: %w", err), unix.Close(set))
	}
	return &bell{os.NewFile(uintptr(set), "epoll")}, nil
}

// wait waits until there are bytes, or the line is gone; false when timeout or
// interrupt came first.
func (b *bell) wait(fd int, timeout time.Duration) (rings bool, err error) {
	if err := b.f.SetReadDeadline(time.Now().Add(timeout)); err != nil {
		return false, fmt.Errorf("wait for bytes: %w", err)
	}
	raw, err := b.f.SyscallConn()
	if err != nil {
		return false, fmt.Errorf("wait for bytes: %w", err)
	}
	armed, again := false, unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLONESHOT, Fd: int32(fd)}
	var inner error
	err = raw.Read(func(set uintptr) bool {
		if armed {
			return true
		}
		armed = true
		inner = unix.EpollCtl(int(set), unix.EPOLL_CTL_MOD, fd, &again) // it rings at once where bytes are there
		return inner != nil
	})
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return false, nil
	}
	return true, errors.Join(err, inner)
}

// interrupt ends the wait that is under way, if one is.
func (b *bell) interrupt() { _ = b.f.SetReadDeadline(time.Unix(1, 0)) } // refused when it is closed

func (b *bell) close() error { return b.f.Close() }
