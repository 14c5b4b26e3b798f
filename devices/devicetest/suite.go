package devicetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"pitlane/devices"
)

// Setup is a device and the hands of the suite on its line. The other end, most
// often a simulator, runs already and is ended by t.Cleanup.
type Setup struct {
	Device devices.Device
	// Unplug and Replug act on the line the device opens.
	Unplug, Replug func() error
	// Noise sends bytes to the device as if they came from the line; nil where
	// nothing can come unasked.
	Noise func([]byte) error
	// Whole reports whether a reading is the whole state of a device that is there.
	Whole func(devices.Reading) bool
	// Lost reports whether a reading says that the device is gone.
	Lost func(devices.Reading) bool
	// Harmless reports whether a reading may come while nothing happens but
	// noise: a warning, a repeated status. nil: none may, but whole states.
	Harmless func(devices.Reading) bool
	// Patience is how long the suite waits for anything; 0: a minute.
	Patience time.Duration
}

// Run runs the suite; it calls newSetup for each of its tests.
func Run(t *testing.T, newSetup func(t *testing.T) Setup) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, *run){
		"it ends when its context does":            endsWithContext,
		"it does not start with an ended context":  endsAtOnce,
		"it waits for a line that is not there":    waitsForLine,
		"it comes back with its whole state first": comesBack,
		"it lives through noise":                   livesThroughNoise,
	} {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t)
			if s.Patience == 0 {
				s.Patience = time.Minute
			}
			test(t, &run{t: t, Setup: s})
		})
	}
}

// run is one Run of the device under test.
type run struct {
	Setup
	t        *testing.T
	cancel   context.CancelFunc
	readings chan devices.Reading
	ended    chan error
	label    string // of every goroutine the device starts
	last     time.Duration
}

func (r *run) start() {
	r.t.Helper()
	if r.Device.Name() == "" {
		r.t.Error("the device has no name")
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	r.readings, r.ended = make(chan devices.Reading, 4096), make(chan error, 1)
	r.label = r.t.Name()
	go pprof.Do(ctx, pprof.Labels(labelKey, r.label), func(ctx context.Context) {
		emitted := 0 // written without a lock: the race detector sees a second goroutine
		r.ended <- r.Device.Run(ctx, func(x devices.Reading) {
			emitted++
			select {
			case r.readings <- x:
			case <-ctx.Done():
			}
		})
	})
	r.t.Cleanup(cancel)
}

// next is the next reading.
func (r *run) next(what string) devices.Reading {
	r.t.Helper()
	patience := time.NewTimer(r.Patience)
	defer patience.Stop()
	select {
	case x := <-r.readings:
		if x.Device != r.Device.Name() {
			r.t.Errorf("a reading is of %q, the device is %q", x.Device, r.Device.Name())
		}
		if x.At < r.last {
			r.t.Errorf("a reading of %v came after one of %v", x.At, r.last)
		}
		r.last = x.At
		return x
	case err := <-r.ended:
		r.t.Fatalf("the device ended with %v while waiting for %s", err, what)
	case <-patience.C:
		r.t.Fatalf("nothing came in %v while waiting for %s", r.Patience, what)
	}
	return devices.Reading{}
}

// until skips readings until one is as wanted.
func (r *run) until(what string, want func(devices.Reading) bool) {
	r.t.Helper()
	for end := time.Now().Add(r.Patience); ; {
		if want(r.next(what)) {
			return
		}
		if time.Now().After(end) {
			r.t.Fatalf("other readings came for %v while waiting for %s", r.Patience, what)
		}
	}
}

// stop ends the device and sees that nothing is left of it.
func (r *run) stop() {
	r.t.Helper()
	r.cancel()
	patience := time.NewTimer(r.Patience)
	defer patience.Stop()
	select {
	case err := <-r.ended:
		if err != nil && !errors.Is(err, context.Canceled) {
			r.t.Errorf("the device ended with %v", err)
		}
	case <-patience.C:
		r.t.Fatalf("the device did not end in %v", r.Patience)
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for left := r.left(); left != ""; left = r.left() {
		select {
		case <-tick.C:
		case <-patience.C:
			r.t.Fatalf("goroutines of the device are left:\n%s", left)
		}
	}
}

// labelKey marks the goroutines of a device: a goroutine inherits the labels of
// the one that starts it, so those of simulators and other tests do not count.
const labelKey = "devicetest"

// left is the stacks of the goroutines the device has not ended, "" for none.
func (r *run) left() string {
	r.t.Helper()
	var profile strings.Builder
	r.must(pprof.Lookup("goroutine").WriteTo(&profile, 1))
	var out []string
	for _, stack := range strings.Split(profile.String(), "\n\n") {
		if strings.Contains(stack, fmt.Sprintf("%q:%q", labelKey, r.label)) {
			out = append(out, stack)
		}
	}
	return strings.Join(out, "\n\n")
}

func (r *run) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func endsWithContext(_ *testing.T, r *run) {
	r.start()
	r.until("the whole state", r.Whole)
	r.stop()
}

func endsAtOnce(_ *testing.T, r *run) {
	r.start()
	r.cancel()
	r.stop()
}

func waitsForLine(_ *testing.T, r *run) {
	r.must(r.Unplug())
	r.start()
	r.until("word that the device is missing", r.Lost)
	r.must(r.Replug())
	r.until("the whole state", r.Whole)
	r.stop()
}

func comesBack(t *testing.T, r *run) {
	r.start()
	r.until("the whole state", r.Whole)
	for range 3 {
		r.must(r.Unplug())
		r.until("word that the device is gone", r.Lost)
		r.must(r.Replug())
		for x := r.next("the whole state after the break"); !r.Whole(x); x = r.next("the whole state after the break") {
			if !r.Lost(x) {
				t.Errorf("%#v came before the whole state", x.Value)
			}
		}
	}
	r.stop()
}

func livesThroughNoise(t *testing.T, r *run) {
	if r.Noise == nil {
		t.Log("nothing comes unasked from this device")
		return
	}
	r.start()
	r.until("the whole state", r.Whole)
	rng := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		noise := make([]byte, 1+rng.IntN(12))
		for i := range noise {
			noise[i] = byte(rng.Uint32())
		}
		r.must(r.Noise(noise))
	}
	for len(r.readings) > 0 {
		x := r.next("what the noise did")
		if !r.Whole(x) && !r.Lost(x) && (r.Harmless == nil || !r.Harmless(x)) {
			t.Errorf("noise made a reading: %#v", x.Value)
		}
	}
	r.must(r.Unplug())
	r.until("word that the device is gone", r.Lost)
	r.must(r.Replug())
	r.until("the whole state", r.Whole)
	r.stop()
}
