//go:build !race

// Package powercut is where the journal is treated badly: every write, sync,
// truncation, open and rename fails once; the power is cut at random points of
// real file systems; and what a disk may hold after a power cut is enumerated.
//
// It holds tests only. Each harm runs in a copy of the test binary, because the
// kernel's filter that gives a hand on every system call cannot be taken off again.
package powercut

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// call is one system call that changes files, held before it is made.
type call struct {
	name string // write, sync, truncate, open, rename, unlink, mkdir, allocate
	path string // what it is about; of a rename the old name
	to   string // of a rename
	fd   int
	data []byte // of a write
	at   int64  // where; of a write without a place -1; of a truncation or allocation the size
	flag int    // of an open or an allocation
}

// verdict says what becomes of a call.
type verdict struct {
	err  unix.Errno // it fails with this
	swap bool       // it is not made, and says that it was
	hold bool       // it is not made, and whoever asked waits for ever: the process ends
}

// gate holds every call below a folder and asks what shall become of it. It lasts
// as long as the process.
type gate struct {
	fd  int
	mem *os.File
	ask func(call) verdict
}

const (
	seccompUserNotif = 0x7fc00000
	seccompAllow     = 0x7fff0000
	flagTsync        = 1
	flagNewListener  = 8
	flagTsyncEsrch   = 16
	flagWaitKillable = 32
	ioctlRecv        = 0xc0502100
	ioctlSend        = 0xc0182101
	flagContinue     = 1
)

// notice is struct seccomp_notif, answer struct seccomp_notif_resp (seccomp_unotify(2)).
type notice struct {
	id    uint64
	pid   uint32
	flags uint32
	nr    int32
	arch  uint32
	ip    uint64
	args  [6]uint64
}

type answer struct {
	id    uint64
	val   int64
	err   int32
	flags uint32
}

// openGate puts the whole process behind the gate. ask is called from one
// goroutine.
func openGate(ask func(call) verdict) error {
	mem, err := os.Open("/proc/self/mem")
	if err != nil {
		return fmt.Errorf("open the gate: %w", err)
	}
	g := &gate{mem: mem, ask: ask}
	ready := make(chan error)
	go func() {
		runtime.LockOSThread()
		g.fd, err = g.install()
		ready <- err
		if err == nil {
			g.serve()
		}
	}()
	return <-ready
}

// install gives every thread the filter. A write of 8 bytes passes: that is the
// runtime waking itself, which may not wait for anybody.
func (g *gate) install() (int, error) {
	const (
		load = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		same = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		ret  = unix.BPF_RET | unix.BPF_K
		nr   = 0
		arg2 = 16 + 2*8
	)
	prog := []unix.SockFilter{
		{Code: load, K: nr},
		{Code: same, K: unix.SYS_WRITE, Jf: 3},
		{Code: load, K: arg2},
		{Code: same, K: 8, Jf: 1},
		{Code: ret, K: seccompAllow},
		{Code: load, K: nr},
	}
	for n := range syscalls() {
		prog = append(prog, unix.SockFilter{Code: same, K: uint32(n), Jf: 1}, unix.SockFilter{Code: ret, K: seccompUserNotif})
	}
	prog = append(prog, unix.SockFilter{Code: ret, K: seccompAllow})
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return 0, fmt.Errorf("give up privileges: %w", err)
	}
	p := unix.SockFprog{Len: uint16(len(prog)), Filter: &prog[0]}
	fd, _, errno := unix.Syscall(unix.SYS_SECCOMP, 1, flagTsync|flagTsyncEsrch|flagNewListener|flagWaitKillable, uintptr(unsafe.Pointer(&p)))
	if errno != 0 {
		return 0, fmt.Errorf("set the filter (it needs Linux 5.19): %w", errno)
	}
	return int(fd), nil
}

// serve answers calls until the process ends.
func (g *gate) serve() {
	for {
		var n notice
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(g.fd), ioctlRecv, uintptr(unsafe.Pointer(&n))); errno != 0 {
			if errno == unix.EINTR || errno == unix.ENOENT {
				continue
			}
			panic(errno)
		}
		a := answer{id: n.id, flags: flagContinue}
		if c, ok := g.read(&n); ok {
			switch v := g.ask(c); {
			case v.err != 0:
				a.err, a.flags = -int32(v.err), 0
			case v.swap:
				a.flags = 0
			case v.hold:
				continue
			}
		}
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(g.fd), ioctlSend, uintptr(unsafe.Pointer(&a)))
		if errno != 0 && errno != unix.ENOENT {
			panic(errno)
		}
	}
}

// read makes a call of a notice; false for what is about no file.
func (g *gate) read(n *notice) (call, bool) {
	c := call{name: syscalls()[int(n.nr)], fd: int(int32(n.args[0])), at: -1}
	switch int(n.nr) {
	case unix.SYS_OPENAT:
		c.fd, c.path, c.flag = -1, g.text(n.args[1]), int(n.args[2])
		return c, true
	case unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2:
		c.path, c.to = g.text(n.args[1]), g.text(n.args[3])
		return c, true
	case unix.SYS_UNLINKAT, unix.SYS_MKDIRAT:
		c.path = g.text(n.args[1])
		return c, true
	case unix.SYS_PWRITE64:
		c.at = int64(n.args[3])
	case unix.SYS_FTRUNCATE:
		c.at = int64(n.args[1])
	case unix.SYS_FALLOCATE:
		c.at, c.flag = int64(n.args[2]+n.args[3]), int(n.args[1])
	}
	if more(&c, n, g) {
		return c, true
	}
	path, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", c.fd))
	if err != nil || !strings.HasPrefix(path, "/") {
		return c, false
	}
	if c.path = path; c.name == "write" {
		c.data = g.bytes(n.args[1], int(n.args[2]))
	}
	return c, true
}

func (g *gate) bytes(at uint64, n int) []byte {
	b := make([]byte, n)
	if _, err := g.mem.ReadAt(b, int64(at)); err != nil {
		panic(err)
	}
	return b
}

// text reads a C string of the process: a path, made absolute. It reads to the end of a
// page at most, since the next may not be there.
func (g *gate) text(at uint64) string {
	var out []byte
	for {
		b := g.bytes(at, min(128, int(page-at%page)))
		if end := bytes.IndexByte(b, 0); end >= 0 {
			out = append(out, b[:end]...)
			break
		}
		out, at = append(out, b...), at+uint64(len(b))
	}
	abs, err := filepath.Abs(string(out))
	if err != nil {
		panic(err)
	}
	return abs
}
