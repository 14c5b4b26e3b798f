package obd_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pitlane/devices"
	"pitlane/devices/obd"
	"pitlane/devices/sim"
)

// watch reads live values of a practice car for a time of the test's own and returns
// them with what the adapter heard meanwhile.
func watch(t *testing.T, timing *sim.Timing, car sim.Car, opts obd.Options, order obd.LiveOrder, long time.Duration) ([]obd.LiveReading, *sim.Adapter) {
	t.Helper()
	near, far := net.Pipe()
	a := sim.NewAdapter(sim.AdapterConfig{Timing: timing})
	a.Plug(car)
	s := obd.New(func(context.Context) (devices.Port, error) { return &pipe{Conn: near}, nil }, opts)
	ctx, cancel := context.WithCancel(t.Context())
	stop := both(ctx, cancel, a, far, s)
	var got []obd.LiveReading
	looking, enough := context.WithCancel(t.Context())
	order.Begun = func([]obd.LivePID) { time.AfterFunc(long, enough) }
	if err := s.Live(looking, order, func(r obd.LiveReading) { got = append(got, r) }); err != nil {
		t.Errorf("live values ended with %v", err)
	}
	enough()
	stop()
	return got, a
}

// both runs a scanner and an adapter; stop ends the scanner first, since nobody takes
// what is written into a pipe without a reader.
func both(ctx context.Context, cancel context.CancelFunc, a *sim.Adapter, far net.Conn, s *obd.Scanner) (stop func()) {
	serving, silence := context.WithCancel(context.WithoutCancel(ctx))
	var scanner, adapter sync.WaitGroup
	adapter.Go(func() { _ = a.Serve(serving, far) })
	scanner.Go(func() { _ = s.Run(ctx, func(devices.Reading) {}) })
	return func() {
		cancel()
		scanner.Wait()
		silence()
		adapter.Wait()
	}
}

// askedFor counts the requests to the car after the first of a kind.
func askedFor(a *sim.Adapter, from string) int {
	log := a.Log()
	at := slices.IndexFunc(log, func(c string) bool { return strings.HasPrefix(c, from) })
	n := 0
	for _, c := range log[max(at, 0):] {
		if !strings.HasPrefix(c, "AT") && !strings.HasPrefix(c, "ST") {
			n++
		}
	}
	return n
}

// One value of one unit on CAN at 38400 baud, P2 15 ms: a request of 6 bytes, an
// answer of 17, 15 ms for the car. Two units share the bus in the practice car, so one
// is taken out.
func TestLiveValuesComeFortyTimesASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		car := sim.DemoCAN11(1)
		car.ECUs = car.ECUs[:1]
		got, _ := watch(t, sim.Real(), car, obd.Options{}, obd.LiveOrder{PIDs: []string{"0C"}}, 10*time.Second)
		if len(got) < 400 {
			t.Errorf("%d readings in 10 s, want 400 and more", len(got))
		}
		distinct := map[any]bool{}
		for _, r := range got {
			distinct[r.Value] = true
			if r.ECU != "7E8" || r.PID != "0C" {
				t.Fatalf("got %s of %s", r.PID, r.ECU)
			}
		}
		if len(distinct) < 20 {
			t.Errorf("%d different engine speeds in 10 s", len(distinct))
		}
	})
}

func TestSeveralValuesGoInOneRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fast := sim.Real()
		fast.Baud = 115200
		car := sim.DemoCAN11(1)
		car.ECUs = car.ECUs[:1]
		got, a := watch(t, fast, car, obd.Options{}, obd.LiveOrder{ECU: "7E8", PIDs: []string{"0C", "11", "04", "0D", "05", "0E"}}, 10*time.Second)
		if len(got) < 1000 {
			t.Errorf("%d readings in 10 s at 115200, want 1000 and more", len(got))
		}
		if n := askedFor(a, "010C"); n > len(got)/2 {
			t.Errorf("%d requests for %d readings", n, len(got))
		}
	})
}

func TestEveryUnitThatHasAValueTellsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got, _ := watch(t, sim.Real(), sim.DemoCAN11(1), obd.Options{}, obd.LiveOrder{PIDs: []string{"0D", "05"}}, 2*time.Second)
		from := map[string]int{}
		for _, r := range got {
			from[r.ECU+" "+r.PID]++
		}
		if from["7E8 0D"] < 10 || from["7E8 0D"] != from["7E9 0D"] || from["7E9 05"] != 0 {
			t.Errorf("readings %v", from)
		}
	})
}

func TestTheRateOfLiveValuesIsCapped(t *testing.T) {
	for _, c := range []struct {
		name string
		opts obd.Options
		most int // requests in 10 s
	}{
		{"as asked", obd.Options{Rate: 5}, 51},
		{"by itself", obd.Options{}, 10*obd.LiveRate + 1},
		{"quiet", obd.Options{Quiet: true}, 10*obd.QuietRate + 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				car := sim.DemoCAN11(1)
				car.ECUs = car.ECUs[:1]
				got, a := watch(t, sim.Instant(), car, c.opts, obd.LiveOrder{PIDs: []string{"0C"}}, 10*time.Second)
				if n := askedFor(a, "010C"); n > c.most || n < c.most*9/10 || len(got) == 0 {
					t.Errorf("%d requests in 10 s, want at most %d and about as many", n, c.most)
				}
			})
		})
	}
}

func TestAQuietScannerAsksNothingBetweenWishes(t *testing.T) {
	for quiet, want := range map[bool]bool{true: false, false: true} {
		synctest.Test(t, func(t *testing.T) {
			near, far := net.Pipe()
			a := sim.NewAdapter(sim.AdapterConfig{Timing: sim.Instant()})
			a.Plug(sim.DemoCAN11(1))
			s := obd.New(func(context.Context) (devices.Port, error) { return &pipe{Conn: near}, nil }, obd.Options{Quiet: quiet})
			ctx, cancel := context.WithCancel(t.Context())
			stop := both(ctx, cancel, a, far, s)
			if _, err := s.Scan(ctx, nil); err != nil {
				t.Error(err)
			}
			said := len(a.Log())
			<-time.After(time.Minute) // of the bubble
			if grew := len(a.Log()) > said; grew != want {
				t.Errorf("quiet %v: the adapter was asked between wishes: %v", quiet, grew)
			}
			stop()
		})
	}
}

// A scan goes before live values, which go on after it; a second reader is refused.
func TestAScanGoesBeforeLiveValues(t *testing.T) {
	t.Parallel()
	r := newRig(t, quick(sim.AdapterConfig{}), sim.DemoCAN11(1), obd.Options{})
	looking, enough := context.WithCancel(t.Context())
	seen, begun, ended := make(chan obd.LiveReading, 1), make(chan []obd.LivePID, 1), make(chan error, 1)
	tell := func(x obd.LiveReading) {
		select {
		case seen <- x:
		default:
		}
	}
	go func() {
		ended <- r.scanner.Live(looking, obd.LiveOrder{Begun: func(p []obd.LivePID) { begun <- p }}, tell)
	}()
	if p := <-begun; !slices.ContainsFunc(p, func(p obd.LivePID) bool {
		return p.ECU == "7E8" && p.PID == "0C" && p.Read && p.Unit == "rpm" && slices.Equal(p.Names, []string{"engine_rpm"})
	}) {
		t.Errorf("offered %+v", p)
	}
	<-seen
	if err := r.scanner.Live(t.Context(), obd.LiveOrder{}, func(obd.LiveReading) {}); !errors.Is(err, obd.ErrLive) {
		t.Errorf("a second reader: %v, want ErrLive", err)
	}
	report, err := r.scan(nil)
	if err != nil || len(report.ECUs) != 2 {
		t.Errorf("the scan: %v, %d units", err, len(report.ECUs))
	}
	if out, err := r.clear(obd.ClearOrder{}); out.Error == nil && err != nil {
		t.Errorf("clearing: %v", err)
	}
	for range 3 {
		<-seen // one may be from before
	}
	enough()
	if err := <-ended; err != nil {
		t.Errorf("live values ended with %v", err)
	}
	if _, err := r.scan(nil); err != nil {
		t.Errorf("the scan after: %v", err)
	}
}

func TestLiveValuesEndWithTheirReason(t *testing.T) {
	t.Parallel()
	r := newRig(t, quick(sim.AdapterConfig{}), sim.DemoCAN11(1), obd.Options{})
	if err := r.scanner.Live(t.Context(), obd.LiveOrder{PIDs: []string{"9F", "zz", "00"}}, nil); kindOf(err) != "unsupported" {
		t.Errorf("got %v, want unsupported", err)
	}
	err := r.scanner.Live(t.Context(), obd.LiveOrder{}, func(obd.LiveReading) { _ = r.line.Unplug() })
	if kindOf(err) == "" {
		t.Errorf("an unplug: got %v, want its reason", err)
	}
	if err := r.line.Replug(); err != nil {
		t.Fatal(err)
	}
	looking, enough := context.WithCancel(t.Context())
	brown := sync.OnceFunc(func() { r.adapter.SetFaults(sim.Faults{BrownOut: true, Times: 1}) })
	n := 0
	err = r.scanner.Live(looking, obd.LiveOrder{}, func(obd.LiveReading) {
		brown()
		if n++; n > 40 {
			enough()
		}
	})
	if err != nil {
		t.Errorf("after a brown-out: %v, want it to go on", err)
	}
}
