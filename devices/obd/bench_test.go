package obd_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitlane/devices"
	"pitlane/devices/obd"
	"pitlane/devices/serialport"
	"pitlane/devices/sim"
)

// BenchmarkScan is a full scan of practice cars on CAN, from opening the port to the
// report, over a pseudo terminal, through an adapter at 38400 baud with real timing:
// cold (nothing is known) and warm (adapter and car were met before), with and without
// raising the line. Beside it the floor: what the bytes of these same exchanges and the
// answering of the car need at least.
func BenchmarkScan(b *testing.B) {
	for name, car := range map[string]sim.Car{"one unit": sim.DemoOne(1), "two units": sim.DemoCAN11(1), "six units": sim.DemoSix(1)} {
		for _, raise := range []bool{false, true} {
			for _, cold := range []bool{true, false} {
				line := map[bool]string{true: "raised", false: "38400"}[raise]
				met := map[bool]string{true: "cold", false: "warm"}[cold]
				b.Run(fmt.Sprintf("%s/%s/%s", name, line, met), func(b *testing.B) {
					opts := obd.Options{
						Port: "bench", Cache: filepath.Join(b.TempDir(), "learned.json"), Baud: benchBaud, NoRaise: !raise, Cold: cold,
					}
					benchCar(b, car, opts)
				})
			}
		}
	}
}

const benchBaud = 38400

// bench is an adapter at a speed behind a pseudo terminal, which a port at 38400 baud
// opens.
func bench(b *testing.B, car sim.Car, baud int) devices.Opener {
	b.Helper()
	line, err := sim.NewLine(b.TempDir(), "obd")
	if err != nil {
		b.Fatal(err)
	}
	adapter := sim.NewAdapter(sim.AdapterConfig{Timing: at(baud), Baud: baud})
	adapter.Plug(car)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- adapter.Serve(ctx, line) }()
	b.Cleanup(func() {
		cancel()
		if err := errors.Join(<-served, line.Close()); err != nil {
			b.Error(err)
		}
	})
	return serialport.Opener(serialport.Config{Path: line.Path(), Baud: benchBaud, Quiet: obd.Quiet})
}

// benchCar scans one car again and again. A warm scan is at least the second.
func benchCar(b *testing.B, car sim.Car, opts obd.Options) {
	open := bench(b, car, benchBaud)
	if !opts.Cold {
		benchScan(b, open, opts)
	}
	var took, floor time.Duration
	requests := 0
	for b.Loop() {
		report, said, lasted := benchScan(b, open, opts)
		took += lasted
		requests += report.Requests
		floor += wireFloor(said, benchBaud, sim.Real().P2)
	}
	n := float64(b.N)
	b.ReportMetric(took.Seconds()*1000/n, "ms/scan")
	b.ReportMetric(float64(requests)/n, "requests/scan")
	b.ReportMetric(floor.Seconds()*1000/n, "ms-floor/scan")
	b.ReportMetric(float64(took)/float64(floor), "times-floor")
}

// BenchmarkFind is from opening the port at 38400 baud to an adapter that is ready, for
// adapters at the speeds they are found at.
func BenchmarkFind(b *testing.B) {
	for _, baud := range speedsOfAdapters() {
		b.Run(fmt.Sprint(baud), func(b *testing.B) {
			open := bench(b, nil, baud)
			var took time.Duration
			for b.Loop() {
				took += benchFind(b, open)
			}
			b.ReportMetric(took.Seconds()*1000/float64(b.N), "ms/find")
		})
	}
}

// benchFind runs a scanner that knows nothing until the adapter is online.
func benchFind(b *testing.B, open devices.Opener) time.Duration {
	b.Helper()
	s := obd.New(open, obd.Options{Baud: benchBaud, NoRaise: true})
	ctx, stop := context.WithCancel(context.Background())
	online := make(chan time.Time, 1)
	start := time.Now()
	ran := make(chan error, 1)
	go func() {
		ran <- s.Run(ctx, func(r devices.Reading) {
			if r.Value.(obd.Status).Online && len(online) == 0 {
				online <- time.Now()
			}
		})
	}()
	met := <-online
	stop()
	if err := <-ran; err != nil {
		b.Fatal(err)
	}
	return met.Sub(start)
}

// wireFloor is the time that the bytes of a talk need on the line, and the car to
// begin each answer. The line has the speed of each exchange where it is known.
func wireFloor(said []obd.Exchange, baud int, p2 time.Duration) time.Duration {
	var floor time.Duration
	for _, e := range said {
		at := baud
		if e.Baud > 0 {
			at = e.Baud
		}
		n := len(e.Request) + len("\r") + len(e.Raw)
		floor += time.Duration(n) * 10 * time.Second / time.Duration(at)
		if !strings.HasPrefix(e.Request, "AT") && !strings.HasPrefix(e.Request, "ST") || strings.HasPrefix(e.Request, "STPX") {
			floor += p2
		}
	}
	return floor
}

// benchScan runs a scanner for one scan, and says how long that took: from opening the
// port to the report. Putting the line back comes after it.
func benchScan(b *testing.B, open devices.Opener, opts obd.Options) (*obd.Report, []obd.Exchange, time.Duration) {
	b.Helper()
	var said []obd.Exchange // written by the scanner's goroutine, read after its end
	opts.Trace = func(e obd.Exchange) { said = append(said, e) }
	s := obd.New(open, opts)
	ctx, stop := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	start := time.Now()
	go func() { ran <- s.Run(ctx, func(devices.Reading) {}) }()
	report, err := s.Scan(ctx, nil)
	took := time.Since(start)
	stop()
	if err := errors.Join(err, <-ran); err != nil {
		b.Fatal(err)
	}
	return report, said, took
}
