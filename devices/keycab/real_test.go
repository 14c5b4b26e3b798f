//go:build real

package keycab_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pitlane/devices"
	"pitlane/devices/keycab"
	"pitlane/devices/serialport"
)

// realSlave is a Modbus slave that we did not write, at the other end of two pseudo
// terminals that socat joins.
type realSlave struct {
	*rig
	near string // our end
	mu   sync.Mutex
	told []string // writes of coils
}

const realBaud = 19200

// startSlave joins two terminals and starts a slave on the far one.
func startSlave(t *testing.T, command func(line string) *exec.Cmd) *realSlave {
	t.Helper()
	dir := t.TempDir()
	near, far := filepath.Join(dir, "near"), filepath.Join(dir, "far")
	start(t, exec.Command("socat", "pty,raw,echo=0,link="+near, "pty,raw,echo=0,link="+far))
	for _, end := range []string{near, far} {
		waitFor(t, end, func() bool { _, err := os.Stat(end); return err == nil })
	}
	s := &realSlave{rig: &rig{t: t, says: make(chan any, 1024)}, near: near}
	cmd := command(far)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	start(t, cmd)
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "ready" {
		t.Fatalf("the slave says %q", lines.Text())
	}
	go func() { // ends with the slave
		for lines.Scan() {
			s.mu.Lock()
			s.told = append(s.told, lines.Text())
			s.mu.Unlock()
		}
	}()
	return s
}

func start(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v (deploy/tools.sh installs what is missing)", cmd.Path, err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()         // killed
	})
}

func waitFor(t *testing.T, what string, there func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(patience)
	for !there() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("no %s", what)
		}
	}
}

// drive runs our master on the near end.
func (s *realSlave) drive(opts keycab.Options) {
	t := s.t
	opts.Name, opts.Driver, opts.Baud = "cabinet", keycab.DriverModbus, realBaud
	opts.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	var err error
	s.cab, err = keycab.New(serialport.Opener(serialport.Config{Path: s.near, Baud: realBaud}), opts)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- s.cab.Run(ctx, func(x devices.Reading) { s.says <- x.Value }) }()
	t.Cleanup(func() {
		stop()
		if err := <-ran; err != nil {
			t.Errorf("run: %v", err)
		}
	})
}

// wrote waits until the slave has told of a write.
func (s *realSlave) wrote(want string) {
	s.t.Helper()
	waitFor(s.t, want, func() bool { return slices.Contains(s.writes(), want) })
}

func (s *realSlave) writes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.told)
}

// disturb puts bytes on the line that the slave hears and we do not.
func (s *realSlave) disturb(b []byte) {
	s.t.Helper()
	f, err := os.OpenFile(s.near, os.O_WRONLY, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := f.Write(b); err != nil {
		s.t.Error(err)
	}
	if err := f.Close(); err != nil {
		s.t.Error(err)
	}
}

func pymodbus(line string) *exec.Cmd {
	return exec.Command("/usr/bin/python3", "testdata/real/slave.py", line, fmt.Sprint(realBaud))
}

func libmodbus(t *testing.T) func(line string) *exec.Cmd {
	t.Helper()
	program := filepath.Join(t.TempDir(), "slave")
	cc := exec.Command("gcc", "-O1", "-Wall", "-o", program, "testdata/real/slave.c", "-I/usr/include/modbus", "-lmodbus")
	if out, err := cc.CombinedOutput(); err != nil {
		t.Fatalf("compile the slave: %v\n%s(deploy/tools.sh installs libmodbus-dev)", err, out)
	}
	return func(line string) *exec.Cmd { return exec.Command(program, line, fmt.Sprint(realBaud)) }
}

func TestAgainstSlavesWeDidNotWrite(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		command func(line string) *exec.Cmd
		boards  []int
	}{
		"pymodbus":  {pymodbus, []int{1, 2}},
		"libmodbus": {libmodbus(t), []int{1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startSlave(t, c.command)
			s.drive(keycab.Options{Boards: c.boards, Locks: 8, KeyInput: 8, HookClosed: closedIs(1), Pulse: keycab.PulseHost})
			hold(t, s, len(c.boards))
		})
		t.Run(name+" refuses a timed pulse", func(t *testing.T) {
			t.Parallel()
			s := startSlave(t, c.command)
			s.drive(keycab.Options{Boards: c.boards, Locks: 8, KeyInput: 8, HookClosed: closedIs(1)})
			s.snapshot(true)
			if o, err := s.cab.Unlock(t.Context(), 1); o != keycab.Failed || !strings.Contains(err.Error(), "exception 02") {
				t.Errorf("got %s and %v, want failed with exception 02", o, err)
			}
		})
		t.Run(name+" has fewer inputs", func(t *testing.T) {
			t.Parallel()
			s := startSlave(t, c.command)
			s.drive(keycab.Options{Boards: c.boards, Locks: 40, HookClosed: closedIs(1)})
			if got := s.snapshot(false); got.Why != keycab.WhyRefused {
				t.Errorf("got %+v, want refused", got)
			}
		})
	}
}

// hold reads and opens, and disturbs the slave.
func hold(t *testing.T, s *realSlave, boards int) {
	s.wrote("coil 1 4 0") // FC15 at the start: left driven, found by FC01
	whole := s.snapshot(true)
	if len(whole.Slots) != 8*boards {
		t.Fatalf("%d slots", len(whole.Slots))
	}
	for i, got := range whole.Slots {
		want := keycab.Slot{Number: i + 1, Hook: keycab.HookClosed, Key: keycab.KeyAbsent}
		if i%2 == 1 {
			want.Key = keycab.KeyPresent
		}
		if got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	last := 8 * boards
	if o, err := s.cab.Unlock(t.Context(), last); o != keycab.Opened || err != nil {
		t.Errorf("got %s and %v, want opened", o, err)
	}
	s.wrote(fmt.Sprintf("coil %d 7 1", boards))
	s.wrote(fmt.Sprintf("coil %d 7 0", boards))
	for _, w := range s.writes() {
		if strings.HasSuffix(w, " 1") && w != fmt.Sprintf("coil %d 7 1", boards) {
			t.Errorf("the slave was told %s", w)
		}
	}
	if got := s.change(last); got.Hook != keycab.HookOpen {
		t.Errorf("the change says %v", got)
	}
	heard := len(s.heard())
	for range 5 { // both drop the good request that follows noise
		s.disturb([]byte{0x01, 0x02, 0xFB})
		waitPolls(t)
	}
	if got := s.heard()[heard:]; len(got) > 0 {
		t.Errorf("a disturbed slave made %v", got)
	}
}

// waitPolls lets the master go round a few times.
func waitPolls(t *testing.T) {
	t.Helper()
	tick := time.NewTimer(400 * time.Millisecond)
	defer tick.Stop()
	<-tick.C
}
