package devicetest_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"pitlane/devices"
	"pitlane/devices/devicetest"
)

// lamp is the smallest driver: it asks ? and gets on or off.
type lamp struct{ open devices.Opener }

var _ devices.Device = (*lamp)(nil)

// light is its reading; gone is a lamp that is not there.
type light string

const gone light = "gone"

func (l *lamp) Name() string { return "lamp" }

func (l *lamp) Run(ctx context.Context, emit func(devices.Reading)) error {
	start := time.Now()
	say := func(x light) { emit(devices.Reading{Device: "lamp", At: time.Since(start), Value: x}) }
	var wait devices.Backoff
	for ctx.Err() == nil {
		err := l.watch(ctx, func(x light) { wait.Reset(); say(x) })
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			say(gone)
		}
		_ = wait.Wait(ctx) // its only error is the context's, seen above
	}
	return nil
}

func (l *lamp) watch(ctx context.Context, say func(light)) (err error) {
	p, err := l.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	if err := p.SetReadTimeout(5 * time.Millisecond); err != nil {
		return err
	}
	last, got, buf := light(""), "", make([]byte, 64)
	for ctx.Err() == nil {
		if _, err := p.Write([]byte("?")); err != nil {
			return err
		}
		n, err := p.Read(buf)
		if err != nil {
			return err
		}
		got += string(buf[:n])
		line, rest, whole := strings.Cut(got, "\n")
		if !whole {
			continue
		}
		got = rest
		if now := light(line); now != last && (now == "on" || now == "off") {
			last = now
			say(now)
		}
	}
	return nil
}

// shine is the lamp itself.
func shine(rw io.ReadWriter) {
	for buf := make([]byte, 16); ; {
		n, err := rw.Read(buf)
		if err != nil {
			return
		}
		for range n {
			_, _ = io.WriteString(rw, "on\n") // a line in memory takes everything
		}
	}
}

func TestTheSuitePassesADriverThatKeepsItsPromises(t *testing.T) {
	devicetest.Run(t, func(t *testing.T) devicetest.Setup {
		w := devicetest.NewWire()
		ended := make(chan struct{})
		go func() { defer close(ended); shine(w) }()
		t.Cleanup(func() {
			if err := w.Close(); err != nil {
				t.Error(err)
			}
			<-ended
		})
		return devicetest.Setup{
			Device: &lamp{open: w.Opener()},
			Unplug: w.Unplug,
			Replug: w.Replug,
			Noise:  func(b []byte) error { _, err := w.Write(b); return err },
			Whole:  func(r devices.Reading) bool { return r.Value == light("on") },
			Lost:   func(r devices.Reading) bool { return r.Value == gone },
		}
	})
}

func TestAWireIsBusyMissingAndUnplugged(t *testing.T) {
	w := devicetest.NewWire()
	p, err := w.Opener()(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Opener()(t.Context()); !errors.Is(err, devices.ErrBusy) {
		t.Errorf("second open = %v", err)
	}
	if err := p.SetReadTimeout(time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if n, err := p.Read(make([]byte, 1)); n != 0 || err != nil {
		t.Errorf("read = %d, %v, want a tick", n, err)
	}
	if err := w.Unplug(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Read(make([]byte, 1)); !errors.Is(err, devices.ErrUnplugged) {
		t.Errorf("read = %v", err)
	}
	if _, err := w.Opener()(t.Context()); !errors.Is(err, devices.ErrMissing) {
		t.Errorf("open = %v", err)
	}
	if err := w.Replug(); err != nil {
		t.Fatal(err)
	}
	if p, err = w.Opener()(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Write([]byte("x")); !errors.Is(err, devices.ErrClosed) {
		t.Errorf("write = %v", err)
	}
}
