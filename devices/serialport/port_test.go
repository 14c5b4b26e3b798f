package serialport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pitlane/devices"
	"pitlane/devices/serialport"
	"pitlane/devices/sim"
)

// both runs a test on both back-ends.
func both(t *testing.T, run func(t *testing.T, cfg serialport.Config)) {
	for _, backend := range []string{serialport.Bugst, serialport.Tarm} {
		t.Run(backend, func(t *testing.T) {
			run(t, serialport.Config{Backend: backend, ReadTimeout: 20 * time.Millisecond, Quiet: time.Millisecond})
		})
	}
}

func newLine(t *testing.T) *sim.Line {
	t.Helper()
	l, err := sim.NewLine(t.TempDir(), "usb-Practice_0001-if00")
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

func open(t *testing.T, cfg serialport.Config) devices.Port {
	t.Helper()
	p, err := serialport.Opener(cfg)(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// readAll reads until n bytes have come; ticks do not count.
func readAll(t *testing.T, p devices.Port, n int) string {
	t.Helper()
	var got []byte
	for buf := make([]byte, 64); len(got) < n; {
		k, err := p.Read(buf)
		if err != nil {
			t.Fatalf("read after %q: %v", got, err)
		}
		got = append(got, buf[:k]...)
	}
	return string(got)
}

// readError reads until an error comes.
func readError(p devices.Port) error {
	for buf := make([]byte, 64); ; {
		if _, err := p.Read(buf); err != nil {
			return err
		}
	}
}

func TestBytesGoBothWaysUntouched(t *testing.T) {
	both(t, func(t *testing.T, cfg serialport.Config) {
		l := newLine(t)
		cfg.Path = l.Path()
		p := open(t, cfg)
		want := "\x00\x02\x03\r\n\x11\x13\x7f\xff>"
		if _, err := l.Write([]byte(want)); err != nil {
			t.Fatal(err)
		}
		if got := readAll(t, p, len(want)); got != want {
			t.Errorf("read %q, want %q", got, want)
		}
		if _, err := p.Write([]byte(want)); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(want))
		if _, err := io.ReadFull(l, got); err != nil || string(got) != want {
			t.Errorf("the device read %q, %v, want %q", got, err, want)
		}
	})
}

func TestASilentLineIsATick(t *testing.T) {
	both(t, func(t *testing.T, cfg serialport.Config) {
		l := newLine(t)
		cfg.Path = l.Path()
		p := open(t, cfg)
		for range 3 {
			if n, err := p.Read(make([]byte, 8)); n != 0 || err != nil {
				t.Fatalf("read = %d, %v, want 0, nil", n, err)
			}
		}
		if err := p.SetReadTimeout(0); err == nil {
			t.Error("a read timeout of zero was taken")
		}
		if err := p.SetReadTimeout(time.Millisecond); err != nil {
			t.Error(err)
		}
	})
}

func TestUnplugIsAnErrorForEver(t *testing.T) {
	both(t, func(t *testing.T, cfg serialport.Config) {
		l := newLine(t)
		cfg.Path = l.Path()
		p := open(t, cfg)
		got := make(chan error, 1)
		go func() { got <- readError(p) }()
		if err := l.Unplug(); err != nil {
			t.Fatal(err)
		}
		first := <-got
		if !errors.Is(first, devices.ErrUnplugged) {
			t.Fatalf("read = %v, want unplugged", first)
		}
		for range 3 {
			if _, err := p.Read(make([]byte, 8)); !errors.Is(err, devices.ErrUnplugged) {
				t.Errorf("read again = %v, want unplugged", err)
			}
			if _, err := p.Write([]byte("x")); !errors.Is(err, devices.ErrUnplugged) {
				t.Errorf("write = %v, want unplugged", err)
			}
		}
		wantFault(t, first, "plug it in")
	})
}

func TestTheSameNameIsFoundAgainOnAnotherTerminal(t *testing.T) {
	both(t, func(t *testing.T, cfg serialport.Config) {
		l := newLine(t)
		cfg.Path = l.Path()
		opener := serialport.Opener(cfg)
		p := open(t, cfg)
		before, err := os.Readlink(l.Path())
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Unplug(); err != nil {
			t.Fatal(err)
		}
		if err := readError(p); !errors.Is(err, devices.ErrUnplugged) {
			t.Fatalf("read = %v, want unplugged", err)
		}
		if _, err := opener(t.Context()); !errors.Is(err, devices.ErrMissing) {
			t.Fatalf("open while unplugged = %v, want missing", err)
		}
		// The old port still holds its terminal, so that the number is not free.
		if err := l.Replug(); err != nil {
			t.Fatal(err)
		}
		after, err := os.Readlink(l.Path())
		if err != nil || after == before {
			t.Fatalf("the line came back as %q, %v, as before", after, err)
		}
		again := open(t, cfg)
		if _, err := l.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		if got := readAll(t, again, 5); got != "hello" {
			t.Errorf("read %q after replugging", got)
		}
	})
}

func TestASecondOpenerGetsBusy(t *testing.T) {
	both(t, func(t *testing.T, cfg serialport.Config) {
		l := newLine(t)
		cfg.Path = l.Path()
		p := open(t, cfg)
		for _, backend := range []string{serialport.Bugst, serialport.Tarm} {
			second := cfg
			second.Backend = backend
			_, err := serialport.Opener(second)(t.Context())
			if !errors.Is(err, devices.ErrBusy) {
				t.Fatalf("second open by %s = %v, want busy", backend, err)
			}
			wantFault(t, err, fmt.Sprintf("(%d)", os.Getpid()))
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		open(t, cfg)
	})
}

func TestWhatCannotBeOpenedSaysWhatToDo(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	dangling := filepath.Join(dir, "dangling")
	if err := os.Symlink(filepath.Join(dir, "pts"), dangling); err != nil {
		t.Fatal(err)
	}
	l := newLine(t)
	for name, c := range map[string]struct {
		cfg     serialport.Config
		missing bool
		hint    string
	}{
		"a name that is not there":         {serialport.Config{Path: filepath.Join(dir, "nothing")}, true, "plug the device in"},
		"a link to nothing":                {serialport.Config{Path: dangling}, true, "plug the device in"},
		"a plain file":                     {serialport.Config{Path: file}, false, "check path"},
		"a character device, but no line":  {serialport.Config{Path: "/dev/null"}, false, "check"},
		"a back-end that there is not":     {serialport.Config{Path: l.Path(), Backend: "other"}, false, "backend"},
		"a speed the second does not know": {serialport.Config{Path: l.Path(), Backend: serialport.Tarm, Baud: 12345}, false, "check"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := serialport.Opener(c.cfg)(t.Context())
			if errors.Is(err, devices.ErrMissing) != c.missing {
				t.Errorf("open = %v; missing is %v, want %v", err, !c.missing, c.missing)
			}
			wantFault(t, err, c.hint)
		})
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := serialport.Opener(serialport.Config{Path: l.Path()})(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("open with an ended context = %v", err)
	}
}

func wantFault(t *testing.T, err error, hint string) {
	t.Helper()
	f, ok := errors.AsType[*devices.Fault](err)
	if !ok || f.Kind != "port" || f.Message == "" || !strings.Contains(f.Hint, hint) {
		t.Errorf("error = %#v, want a fault of kind port whose hint has %q", err, hint)
	}
}

func TestCloseEndsAReadAndNothingIsWrittenAfterIt(t *testing.T) {
	both(t, func(t *testing.T, cfg serialport.Config) {
		l := newLine(t)
		cfg.Path, cfg.ReadTimeout = l.Path(), time.Hour
		p := open(t, cfg)
		got := make(chan error, 1)
		go func() { got <- readError(p) }()
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-got; !errors.Is(err, devices.ErrClosed) {
			t.Errorf("read = %v, want closed", err)
		}
		// Files opened now get the numbers of the port.
		for i := range 8 {
			f, err := os.Create(filepath.Join(t.TempDir(), fmt.Sprint(i)))
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if info, err := f.Stat(); err != nil || info.Size() != 0 {
					t.Errorf("a file got %d bytes of the port, %v", info.Size(), err)
				}
				if err := f.Close(); err != nil {
					t.Error(err)
				}
			}()
		}
		if _, err := p.Write([]byte("unlock")); !errors.Is(err, devices.ErrClosed) {
			t.Errorf("write after close = %v, want closed", err)
		}
		if err := p.Close(); err != nil {
			t.Errorf("second close = %v", err)
		}
	})
}

func TestAWriteNobodyTakesEnds(t *testing.T) {
	both(t, func(t *testing.T, cfg serialport.Config) {
		t.Parallel()
		l := newLine(t)
		var stuck atomic.Int64
		cfg.Path, cfg.Stuck = l.Path(), &stuck
		p := open(t, cfg)
		_, err := p.Write(make([]byte, 1<<20)) // far more than the kernel keeps
		if !errors.Is(err, devices.ErrUnplugged) {
			t.Errorf("write = %v, want unplugged", err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if n := stuck.Load(); n > 1 {
			t.Errorf("%d closes were stuck", n)
		}
	})
}

func TestStaleInputIsThrownAwayAtOpen(t *testing.T) {
	both(t, func(t *testing.T, cfg serialport.Config) {
		l := newLine(t)
		if _, err := l.Write([]byte("stale\r>")); err != nil {
			t.Fatal(err)
		}
		cfg.Path = l.Path()
		p := open(t, cfg)
		if n, err := p.Read(make([]byte, 16)); n != 0 || err != nil {
			t.Errorf("read = %d, %v, want nothing", n, err)
		}
	})
}

func TestTheSpeedIsChangedWhereTheBackEndCan(t *testing.T) {
	both(t, func(t *testing.T, cfg serialport.Config) {
		l := newLine(t)
		cfg.Path, cfg.Baud = l.Path(), 9600
		p := open(t, cfg)
		if got := l.Baud(); got != 9600 {
			t.Errorf("opened at %d baud, want 9600", got)
		}
		err := p.(devices.BaudSetter).SetBaud(115200)
		if cfg.Backend == serialport.Tarm {
			wantFault(t, err, "keep")
			return
		}
		if got := l.Baud(); err != nil || got != 115200 {
			t.Errorf("set to %d baud, %v, want 115200", got, err)
		}
	})
}

func TestNoDescriptorIsLostOver200Breaks(t *testing.T) {
	both(t, func(t *testing.T, cfg serialport.Config) {
		l := newLine(t)
		cfg.Path = l.Path()
		before := descriptors(t)
		cycles := 200
		for range cycles {
			p, err := serialport.Opener(cfg)(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := l.Unplug(); err != nil {
				t.Fatal(err)
			}
			if err := readError(p); !errors.Is(err, devices.ErrUnplugged) {
				t.Fatal(err)
			}
			if err := p.Close(); err != nil {
				t.Fatal(err)
			}
			if err := l.Replug(); err != nil {
				t.Fatal(err)
			}
		}
		if after := descriptors(t); after > before {
			t.Errorf("%d descriptors are open after %d breaks, %d before", after, cycles, before)
		}
	})
}

func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}
