//go:build real

package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// machine is what a program believes of the computer it runs on: its clock, whether a
// time server keeps it, and which boot it is. The program is the real one, unchanged,
// and the clock of everything else stays as it is. A Go program asks the time without
// the kernel, through a page that the kernel lends it (vdso(7)); so the entry that
// names that page is struck out of the program's start-up data, and its questions then
// are system calls, which seccomp hands to us to answer (seccomp_unotify(2)). Timers
// run on the monotonic clock, which is left alone.
//
// Several programs may run on one machine, one after the other and side by side.
type machine struct {
	shift  atomic.Int64 // of the wall clock, ns
	synced atomic.Bool  // a time server keeps the clock
	boot   string       // its boot id; "": the real one
	up     int64        // shift of the time since the boot, ns
	asked  atomic.Int64 // how often a program asked for the wall clock
}

// set puts the wall clock of the machine; it goes on from there.
func (m *machine) set(wall time.Time, synced bool) {
	m.shift.Store(int64(time.Until(wall)))
	m.synced.Store(synced)
}

// now is the time as programs on the machine see it.
func (m *machine) now() time.Time { return time.Now().Add(time.Duration(m.shift.Load())) }

// start starts a program on the machine, as cmd.Start does.
func (m *machine) start(cmd *exec.Cmd) error {
	ready := make(chan error, 1)
	go func() {
		// Never unlocked: the thread has the filter, which only its children shall
		// have, and it ends with this function.
		runtime.LockOSThread()
		ready <- m.startHere(cmd)
	}()
	return <-ready
}

const ptraceHint = "this test starts programs stopped and answers their system calls: it needs ptrace and seccomp's notifications, " +
	"Linux 5.19 or newer, and in a container --cap-add SYS_PTRACE or a profile that allows them"

func (m *machine) startHere(cmd *exec.Cmd) error {
	fd, err := notifyClocks()
	if err != nil {
		return fmt.Errorf("set the filter of clock calls (%s): %w", ptraceHint, err)
	}
	k := &kernel{m: m, fd: fd}
	go k.serve()
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the program stopped (%s): %w", ptraceHint, err)
	}
	pid := cmd.Process.Pid
	if err := k.adopt(pid); err != nil {
		_ = cmd.Process.Kill() // the first error is the one that matters
		return err
	}
	return nil
}

// adopt waits until the program stands before its first instruction, takes its page
// of clocks away and lets it go.
func (k *kernel) adopt(pid int) error {
	var state unix.WaitStatus
	if _, err := unix.Wait4(pid, &state, 0, nil); err != nil || !state.Stopped() {
		return fmt.Errorf("wait for the program (it is in state %#x): %w", state, err)
	}
	mem, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", pid), os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("open the program's memory (%s): %w", ptraceHint, err)
	}
	if err := strikeOut(pid, mem); err != nil {
		return err
	}
	k.mem.Store(mem)
	if err := unix.PtraceDetach(pid); err != nil {
		return fmt.Errorf("let the program go: %w", err)
	}
	return nil
}

// Entries of the auxiliary vector (getauxval(3)).
const (
	auxIgnore = 1
	auxVDSO   = 33 // AT_SYSINFO_EHDR
)

// strikeOut takes the page of clocks out of a stopped program's auxiliary vector,
// which lies on its stack as the kernel has put it there.
func strikeOut(pid int, mem io.WriterAt) error {
	aux, err := os.ReadFile(fmt.Sprintf("/proc/%d/auxv", pid))
	if err != nil {
		return fmt.Errorf("read the auxiliary vector: %w", err)
	}
	entry := -1
	for i := 0; i+16 <= len(aux) && entry < 0; i += 16 {
		if binary.NativeEndian.Uint64(aux[i:]) == auxVDSO {
			entry = i
		}
	}
	if entry < 0 {
		return errors.New("the kernel lends the program no page of clocks")
	}
	from, stack, err := stackOf(pid)
	if err != nil {
		return err
	}
	at := bytes.Index(stack, aux)
	if at < 0 {
		return errors.New("the auxiliary vector is not on the stack")
	}
	ignore := binary.NativeEndian.AppendUint64(nil, auxIgnore)
	if _, err := mem.WriteAt(ignore, from+int64(at+entry)); err != nil {
		return fmt.Errorf("strike the page of clocks out: %w", err)
	}
	return nil
}

// stackOf reads the stack of a stopped program, with the address it begins at.
func stackOf(pid int) (from int64, stack []byte, err error) {
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return 0, nil, fmt.Errorf("read where the stack is: %w", err)
	}
	for line := range strings.Lines(string(maps)) {
		if !strings.Contains(line, "[stack]") {
			continue
		}
		var to int64
		if _, err := fmt.Sscanf(line, "%x-%x", &from, &to); err != nil {
			return 0, nil, fmt.Errorf("read where the stack is: %w", err)
		}
		f, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
		if err != nil {
			return 0, nil, fmt.Errorf("read the stack: %w", err)
		}
		defer func() { _ = f.Close() }() // only read
		stack = make([]byte, to-from)
		if _, err := f.ReadAt(stack, from); err != nil {
			return 0, nil, fmt.Errorf("read the stack: %w", err)
		}
		return from, stack, nil
	}
	return 0, nil, errors.New("the program has no stack")
}

// kernel answers the clock calls of one program.
type kernel struct {
	m   *machine
	fd  int
	mem atomic.Pointer[os.File] // nil until the program is let go
}

// notice is struct seccomp_notif, answer struct seccomp_notif_resp.
type notice struct {
	id       uint64
	pid      uint32
	flags    uint32
	nr       int32
	arch     uint32
	ip       uint64
	argument [6]uint64
}

type answer struct {
	id    uint64
	val   int64
	err   int32
	flags uint32
}

// given is struct seccomp_notif_addfd.
type given struct {
	id       uint64
	flags    uint32
	fd       uint32
	newFD    uint32
	newFlags uint32
}

const (
	seccompNotify   = 0x7fc00000
	seccompAllow    = 0x7fff0000
	seccompListener = 8
	seccompKillable = 32 // signals do not interrupt a call that is being answered
	notifyReceive   = 0xc0502100
	notifySend      = 0xc0182101
	notifyGive      = 0x40182103
	notifyContinue  = 1
	giveAndSend     = 2
	clockBoot       = 7
	clockCoarse     = 5
	clockTAI        = 11
)

// notifyClocks gives this thread, and whoever it starts, the filter that hands us the
// calls which ask a wall clock or the time since the boot. The monotonic clock, asked
// many times more often, passes.
func notifyClocks() (fd int, err error) {
	const (
		load = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		same = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		ret  = unix.BPF_RET | unix.BPF_K
		nr   = 0
		arg0 = 16 // its low half: the order of bytes is that of amd64 and arm64
	)
	prog := []unix.SockFilter{{Code: load, K: nr}}
	for _, n := range clockCalls() {
		prog = append(prog, unix.SockFilter{Code: same, K: n, Jf: 1}, unix.SockFilter{Code: ret, K: seccompNotify})
	}
	prog = append(prog, unix.SockFilter{Code: same, K: unix.SYS_CLOCK_GETTIME, Jt: 1}, unix.SockFilter{Code: ret, K: seccompAllow},
		unix.SockFilter{Code: load, K: arg0})
	for _, clock := range []uint32{unix.CLOCK_REALTIME, clockCoarse, clockTAI, clockBoot} {
		prog = append(prog, unix.SockFilter{Code: same, K: clock, Jf: 1}, unix.SockFilter{Code: ret, K: seccompNotify})
	}
	prog = append(prog, unix.SockFilter{Code: ret, K: seccompAllow})
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return 0, err
	}
	p := unix.SockFprog{Len: uint16(len(prog)), Filter: &prog[0]}
	r, _, errno := unix.Syscall(unix.SYS_SECCOMP, 1, seccompListener|seccompKillable, uintptr(unsafe.Pointer(&p)))
	if errno != 0 {
		return 0, errno
	}
	return int(r), nil
}

// serve answers until the program and the thread that started it are gone.
func (k *kernel) serve() {
	defer func() {
		_ = unix.Close(k.fd)
		if f := k.mem.Load(); f != nil {
			_ = f.Close()
		}
	}()
	for {
		wait := []unix.PollFd{{Fd: int32(k.fd), Events: unix.POLLIN}}
		if _, err := unix.Poll(wait, -1); err != nil && !errors.Is(err, unix.EINTR) {
			return
		}
		if wait[0].Revents&unix.POLLIN == 0 {
			if wait[0].Revents != 0 {
				return
			}
			continue
		}
		var n notice
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(k.fd), notifyReceive, uintptr(unsafe.Pointer(&n))); errno != 0 {
			continue // whoever asked is gone
		}
		a := answer{id: n.id, flags: notifyContinue}
		if mem := k.mem.Load(); mem != nil {
			given, err := k.answer(mem, &n, &a)
			if given {
				continue
			}
			if err != nil {
				a = answer{id: n.id, err: -int32(unix.EFAULT)}
			}
		}
		_, _, _ = unix.Syscall(unix.SYS_IOCTL, uintptr(k.fd), notifySend, uintptr(unsafe.Pointer(&a))) // or it is gone
	}
}

// answer says what a call answers; given, when it has done so itself.
func (k *kernel) answer(mem *os.File, n *notice, a *answer) (given bool, err error) {
	arg := n.argument
	switch uint32(n.nr) {
	case unix.SYS_OPENAT:
		return k.m.boot != "" && pathAt(mem, arg[1]) == "/proc/sys/kernel/random/boot_id" && k.giveBoot(n), nil
	case unix.SYS_CLOCK_GETTIME:
		var ts unix.Timespec
		if err := unix.ClockGettime(int32(arg[0]), &ts); err != nil {
			return false, err
		}
		by := k.m.up
		if int32(arg[0]) != clockBoot {
			by = k.m.shift.Load()
			k.m.asked.Add(1)
		}
		err = put(mem, arg[1], unix.NsecToTimespec(ts.Nano()+by))
	case unix.SYS_GETTIMEOFDAY:
		k.m.asked.Add(1)
		err = put(mem, arg[0], unix.NsecToTimeval(k.m.now().UnixNano()))
	case unix.SYS_ADJTIMEX, unix.SYS_CLOCK_ADJTIME:
		x := unix.Timex{Time: unix.NsecToTimeval(k.m.now().UnixNano())}
		if !k.m.synced.Load() {
			a.val, x.Status = unix.TIME_ERROR, unix.STA_UNSYNC
		}
		at := arg[0]
		if uint32(n.nr) == unix.SYS_CLOCK_ADJTIME {
			at = arg[1]
		}
		err = put(mem, at, x)
	default: // time(2)
		k.m.asked.Add(1)
		if a.val = k.m.now().Unix(); arg[0] != 0 {
			err = put(mem, arg[0], a.val)
		}
	}
	a.flags = 0
	return false, err
}

// giveBoot hands the program a file with the machine's boot id in place of the real
// one.
func (k *kernel) giveBoot(n *notice) bool {
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
		return false
	}
	_, err := unix.Write(ends[1], []byte(k.m.boot+"\n"))
	_ = unix.Close(ends[1])
	defer func() { _ = unix.Close(ends[0]) }()
	if err != nil {
		return false
	}
	g := given{id: n.id, flags: giveAndSend, fd: uint32(ends[0]), newFlags: unix.O_CLOEXEC}
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(k.fd), notifyGive, uintptr(unsafe.Pointer(&g)))
	return errno == 0
}

func put[T any](mem io.WriterAt, at uint64, v T) error {
	_, err := mem.WriteAt(unsafe.Slice((*byte)(unsafe.Pointer(&v)), unsafe.Sizeof(v)), int64(at))
	return err
}

// pathAt reads a C string of the program: as much of it as is compared.
func pathAt(mem io.ReaderAt, at uint64) string {
	var b [64]byte
	n, _ := mem.ReadAt(b[:], int64(at)) // at the end of a page there is less
	if i := bytes.IndexByte(b[:n], 0); i >= 0 {
		return string(b[:i])
	}
	return ""
}
