//go:build real && !race

package powercut

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"pitlane/edge/journal"
	"pitlane/housetest"
)

// The shutdown call of ext4 and xfs (FS_IOC_SHUTDOWN, XFS_IOC_GOINGDOWN): the file
// system stops at once, as if the power had gone. What is in memory is lost; of its
// own log it writes everything, only the log, or nothing more.
const (
	ioctlShutdown = 0x8004587d
	flushAll      = 0
	flushLog      = 1
	flushNothing  = 2
)

// kinds are the file systems that edges are installed on.
func kinds() map[string][]string {
	return map[string][]string{
		"ext4": {"mkfs.ext4", "-q", "-F"},
		"xfs":  {"mkfs.xfs", "-q", "-f"},
	}
}

// TestThePowerFailsOnARealFileSystem cuts the power of a writing journal at random
// points. It needs root, for loop devices.
func TestThePowerFailsOnARealFileSystem(t *testing.T) {
	needRoot(t)
	for name, mkfs := range kinds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLoop(t, mkfs)
			cuts, lost := 0, 0
			rnd := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
			for range housetest.Rounds(t, 100) {
				if cuts%40 == 0 {
					l.format(t)
				}
				if err := l.cut(t, rnd, "honest"); err != nil {
					t.Errorf("cut %d: %v", cuts, err)
					lost++
					l.format(t)
				}
				cuts++
			}
			t.Logf("%s: %d cuts, %d with a fault, %d acknowledged events", name, cuts, lost, l.total)
		})
	}
}

// TestWithoutSyncsAPowerCutLoses is the control: when syncs do nothing, the same
// harness must find lost events.
func TestWithoutSyncsAPowerCutLoses(t *testing.T) {
	needRoot(t)
	for name, mkfs := range kinds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLoop(t, mkfs)
			l.format(t)
			rnd := rand.New(rand.NewPCG(1, 1))
			for range 5 {
				if err := l.cut(t, rnd, "lying"); err != nil {
					t.Logf("as it must be: %v", err)
					return
				}
			}
			t.Error("syncs did nothing, five power cuts lost nothing: the harness does not bite")
		})
	}
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("power cuts need root (loop devices, mount, FS_IOC_SHUTDOWN): run as root, or leave this test to a machine where you are root")
	}
}

// loop is a file system in a file.
type loop struct {
	image, at string
	peer      string // a file with a peer's log in pieces
	mkfs      []string
	mounted   bool
	pieces    []journal.Segment
	acked     *acked
	next      int // number of the next wish
	total     int
}

func newLoop(t *testing.T, mkfs []string) *loop {
	t.Helper()
	dir := scratch(t)
	l := &loop{image: filepath.Join(dir, "image"), at: filepath.Join(dir, "mount"), mkfs: mkfs}
	if err := os.Mkdir(l.at, 0o700); err != nil {
		t.Fatal(err)
	}
	pieces, err := peerLog(t.Context(), dir, 60)
	if err != nil {
		t.Fatal(err)
	}
	l.pieces, l.peer = pieces, filepath.Join(dir, "pieces")
	save(t, l.peer, pieces)
	t.Cleanup(func() { l.unmount(t) })
	return l
}

func (l *loop) format(t *testing.T) {
	t.Helper()
	l.unmount(t)
	if err := os.RemoveAll(l.image); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(l.image)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Truncate(320<<20), f.Close()); err != nil {
		t.Fatal(err)
	}
	run(t, append(l.mkfs[1:len(l.mkfs):len(l.mkfs)], l.image), l.mkfs[0])
	l.mount(t)
	l.acked = newAcked()
}

func run(t *testing.T, args []string, name string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

func (l *loop) mount(t *testing.T) {
	t.Helper()
	run(t, []string{"-o", "loop", l.image, l.at}, "mount")
	l.mounted = true
}

func (l *loop) unmount(t *testing.T) {
	t.Helper()
	if l.mounted {
		// A program that another test is just starting has a copy of every
		// descriptor for a moment, and keeps the file system busy.
		for end := time.Now().Add(time.Minute); ; {
			err := unix.Unmount(l.at, 0)
			if err == nil {
				break
			}
			if !errors.Is(err, unix.EBUSY) || time.Now().After(end) {
				t.Fatalf("unmount: %v", err)
			}
			<-time.After(20 * time.Millisecond)
		}
	}
	l.mounted = false
}

// cut lets a writer run, cuts the power and looks.
func (l *loop) cut(t *testing.T, rnd *rand.Rand, how string) error {
	t.Helper()
	after, flags := 1+rnd.IntN(60), []uint32{flushNothing, flushNothing, flushLog, flushAll}[rnd.IntN(4)]
	if how == "lying" {
		flags = flushNothing
	}
	dir := filepath.Join(l.at, "n")
	c := copyOf(t.Context(), "TestWritingChild", dir, how, fmt.Sprint(l.next), fmt.Sprint(l.acked.peer), l.peer)
	l.next += 1000
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	c.Stderr = &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewScanner(out)
	for n := 0; in.Scan(); {
		if l.acked.heard(in.Text()) {
			l.total++
			if n++; n == after {
				l.powerOff(t, rnd, flags)
			}
		} else if strings.HasPrefix(in.Text(), "    ") {
			said.WriteString(in.Text() + "\n")
		}
	}
	_ = c.Wait() // it ends when nothing can be written any more
	l.unmount(t)
	l.mount(t)
	before := len(l.acked.own)
	if err := clean(t.Context(), dir, l.acked, l.pieces[0].Origin); err != nil {
		return fmt.Errorf("shutdown %d after %d acknowledgements: %w\n%s", flags, before, err, said.String())
	}
	return nil
}

// powerOff stops the file system, now or a moment later.
func (l *loop) powerOff(t *testing.T, rnd *rand.Rand, flags uint32) {
	t.Helper()
	d, err := os.Open(l.at)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }() // it was only to find the file system
	for range rnd.IntN(50_000) {
		// a moment of no fixed length
	}
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, d.Fd(), ioctlShutdown, uintptr(unsafe.Pointer(&flags))); errno != 0 {
		t.Fatalf("shut the file system down: %v", errno)
	}
}
