package sim_test

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"pitlane/devices"
	"pitlane/devices/serialport"
	"pitlane/devices/sim"
)

func newLine(t *testing.T) *sim.Line {
	t.Helper()
	l, err := sim.NewLine(t.TempDir(), "usb-Practice_ELM327-if00")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func TestAnAdapterIsReachedThroughTheSerialPort(t *testing.T) {
	for _, backend := range []string{serialport.Bugst, serialport.Tarm} {
		t.Run(backend, func(t *testing.T) {
			l := newLine(t)
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- instant(sim.DemoKLine(1)).Serve(ctx, l) }()
			opener := serialport.Opener(serialport.Config{Path: l.Path(), Backend: backend, Quiet: time.Millisecond})
			for range 2 { // again after a break: the adapter has forgotten its settings
				p, err := opener(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for _, x := range []struct{ ask, want string }{
					{"ATE0", "ATE0\rOK\r\r>"},
					{"ATSP3", "OK\r\r>"},
					{"03", "BUS INIT: ...OK\r43 03 00 03 02 03 03 \r43 03 04 00 00 00 00 \r\r>"},
				} {
					if got := askPort(t, p, x.ask); got != x.want {
						t.Errorf("%s = %q, want %q", x.ask, got, x.want)
					}
				}
				if err := errors.Join(l.Unplug(), p.Close(), l.Replug()); err != nil {
					t.Fatal(err)
				}
			}
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("serve ended with %v", err)
			}
		})
	}
}

func askPort(t *testing.T, p devices.Port, command string) string {
	t.Helper()
	if _, err := io.WriteString(p, command+"\r"); err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for buf := make([]byte, 64); !strings.HasSuffix(got.String(), ">"); {
		n, err := p.Read(buf)
		if err != nil {
			t.Fatalf("read after %q: %v", got.String(), err)
		}
		got.Write(buf[:n])
	}
	return got.String()
}

func TestServingEndsWithItsContextAlsoWhileUnplugged(t *testing.T) {
	l := newLine(t)
	for _, unplugged := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- sim.NewBoard(sim.BoardConfig{}).Serve(ctx, l) }()
		if unplugged {
			if err := l.Unplug(); err != nil {
				t.Fatal(err)
			}
			if _, err := l.Write([]byte("lost")); err != nil {
				t.Errorf("write while unplugged = %v", err)
			}
		}
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("serve ended with %v", err)
		}
	}
}

func TestTheNameIsThereOnlyWhilePluggedIn(t *testing.T) {
	l := newLine(t)
	first, err := os.Readlink(l.Path())
	if err != nil {
		t.Fatal(err)
	}
	held, err := os.OpenFile(first, os.O_RDWR|unix.O_NOCTTY, 0) // or its number is another line's the next moment
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Close() }()
	if err := errors.Join(l.Unplug(), l.Unplug()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(l.Path()); !os.IsNotExist(err) {
		t.Errorf("the name is still there: %v", err)
	}
	if _, err := os.Stat(first); !os.IsNotExist(err) {
		t.Errorf("the terminal is still there: %v", err)
	}
	if err := errors.Join(l.Replug(), l.Replug()); err != nil || l.Plugs() != 2 {
		t.Errorf("plugged in %d times, %v", l.Plugs(), err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := l.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("read after close = %d, %v", n, err)
	}
	if err := l.Replug(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("replug after close = %v", err)
	}
}

func TestAReaderThatDoesNotReadLosesBytesNotTheSimulator(t *testing.T) {
	l := newLine(t)
	for range 4 {
		if n, err := l.Write(make([]byte, 1<<16)); n != 1<<16 || err != nil {
			t.Fatalf("write = %d, %v", n, err)
		}
	}
}

// watched is a line that says at which speed something was heard.
type watched struct {
	*sim.Line
	heard chan int
}

func (w watched) Baud() int {
	b := w.Line.Baud()
	select {
	case w.heard <- b:
	default: // the test has seen enough
	}
	return b
}

func TestAtAnotherSpeedBothSidesReadGarbage(t *testing.T) {
	l := watched{newLine(t), make(chan int, 1)}
	a := sim.NewAdapter(sim.AdapterConfig{Timing: sim.Instant(), Baud: 38400})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Serve(ctx, l) }()
	p, err := serialport.Opener(serialport.Config{Path: l.Path(), Baud: 9600, ReadTimeout: 100 * time.Millisecond, Quiet: time.Millisecond})(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Write([]byte("ATI\r")); err != nil {
		t.Fatal(err)
	}
	if got := <-l.heard; got != 9600 { // what was sent has got there before the speed is changed
		t.Fatalf("heard at %d baud, want 9600", got)
	}
	buf := make([]byte, 64)
	n, err := p.Read(buf)
	if err != nil || strings.Contains(string(buf[:n]), "ELM") || len(a.Log()) > 0 {
		t.Errorf("at 9600 baud it said %q, %v, and took %q", buf[:n], err, a.Log())
	}
	for n > 0 { // the rest of the garbage
		if n, err = p.Read(buf); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.(devices.BaudSetter).SetBaud(38400); err != nil {
		t.Fatal(err)
	}
	if got := askPort(t, p, "ATE0"); !strings.HasSuffix(got, "?\r\r>") {
		t.Errorf("behind garbage ATE0 = %q, want a question mark", got)
	}
	if got, want := askPort(t, p, "ATE0"), "ATE0\rOK\r\r>"; got != want {
		t.Errorf("at 38400 baud ATE0 = %q, want %q", got, want)
	}
	cancel()
	if err := errors.Join(<-ended, p.Close()); err != nil {
		t.Error(err)
	}
}
