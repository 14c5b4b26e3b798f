package obd_test

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pitlane/devices"
	"pitlane/devices/obd"
	"pitlane/devices/sim"
)

// cable is a line in memory between a port and an adapter. It knows the port's speed
// and how often the adapter was cut from its supply.
type cable struct {
	near, far net.Conn
	baud      atomic.Int64
	cuts      atomic.Int64
}

// plugged is the port's end of a cable. Closing it leaves the cable.
type plugged struct {
	pipe
	c *cable
}

func (p *plugged) SetBaud(baud int) error { p.c.baud.Store(int64(baud)); return nil }
func (p *plugged) Close() error           { return nil }

// device is the adapter's end.
type device struct {
	net.Conn
	c *cable
}

func (d device) Baud() int  { return int(d.c.baud.Load()) }
func (d device) Plugs() int { return int(d.c.cuts.Load()) }

// workshop is an adapter on a cable and a scanner that runs, in the time of the test.
type workshop struct {
	t       *testing.T
	cable   *cable
	scanner *obd.Scanner
	leave   func() // ends the scanner
	mu      sync.Mutex
	said    []obd.Exchange
	states  []obd.Status
}

// opened connects an adapter, and runs a scanner whose port opens at 38400 baud.
func opened(t *testing.T, a *sim.Adapter, opts obd.Options) *workshop {
	t.Helper()
	c := &cable{}
	c.near, c.far = net.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Serve(ctx, device{c.far, c}) }()
	w := &workshop{t: t, cable: c}
	w.run(opts)
	t.Cleanup(func() {
		w.leave()
		cancel()
		if err := c.near.SetReadDeadline(time.Time{}); err != nil {
			t.Error(err)
		}
		drained := make(chan struct{})
		go func() { // what the adapter still says
			defer close(drained)
			_, _ = io.Copy(io.Discard, c.near)
		}()
		if err := errors.Join(<-ended, c.near.Close(), c.far.Close()); err != nil {
			t.Error(err)
		}
		<-drained
	})
	return w
}

// run starts a scanner on the cable.
func (w *workshop) run(opts obd.Options) {
	opts.Baud = 38400
	opts.Trace = func(e obd.Exchange) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.said = append(w.said, e)
	}
	w.scanner = obd.New(func(context.Context) (devices.Port, error) {
		w.cable.baud.Store(38400)
		return &plugged{pipe{Conn: w.cable.near}, w.cable}, nil
	}, opts)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- w.scanner.Run(ctx, func(r devices.Reading) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.states = append(w.states, r.Value.(obd.Status))
		})
	}()
	w.leave = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Errorf("run ended with %v", err)
		}
	})
}

// online waits for the adapter and says how long it took.
func (w *workshop) online(within time.Duration) (time.Duration, bool) {
	start := time.Now()
	for ; time.Since(start) < within; <-time.After(time.Millisecond) { // the time of the bubble
		w.mu.Lock()
		met := len(w.states) > 0 && w.states[len(w.states)-1].Online
		w.mu.Unlock()
		if met {
			return time.Since(start), true
		}
	}
	return time.Since(start), false
}

func (w *workshop) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said, w.states = nil, nil
}

func (w *workshop) sent(word string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.said, func(e obd.Exchange) bool { return strings.HasPrefix(e.Request, word) })
}

// at is the timing of an adapter at a speed.
func at(baud int) *sim.Timing {
	t := sim.Real()
	t.Baud = baud
	return t
}

// fresh is an adapter in a practice car that stands still.
func fresh(cfg sim.AdapterConfig) *sim.Adapter {
	a := sim.NewAdapter(cfg)
	a.Plug(still(sim.DemoCAN11(1)))
	return a
}

// adapterIn is an adapter in a car.
func adapterIn(car sim.Car) *sim.Adapter {
	a := sim.NewAdapter(sim.AdapterConfig{})
	a.Plug(car)
	return a
}
