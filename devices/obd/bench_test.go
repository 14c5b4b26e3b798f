package obd_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitlane/devices"
	"pitlane/devices/obd"
	"pitlane/devices/serialport"
	"pitlane/devices/sim"
)

// BenchmarkScan is a full scan of the practice car on CAN, from opening the port to
// the report, through an adapter at 38400 baud with real timing: cold (the protocol
// is searched) and warm (it is remembered). Beside it the floor: what the bytes of
// these same exchanges and the answering of the car need at least.
func BenchmarkScan(b *testing.B) {
	const baud = 38400
	line, err := sim.NewLine(b.TempDir(), "obd")
	if err != nil {
		b.Fatal(err)
	}
	adapter := sim.NewAdapter(sim.AdapterConfig{Timing: sim.Real(), Baud: baud})
	adapter.Plug(sim.DemoCAN11(1))
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- adapter.Serve(ctx, line) }()
	b.Cleanup(func() {
		cancel()
		if err := errors.Join(<-served, line.Close()); err != nil {
			b.Error(err)
		}
	})
	opts := obd.Options{Port: "bench", Cache: filepath.Join(b.TempDir(), "protocols.json")}
	open := serialport.Opener(serialport.Config{Path: line.Path(), Baud: baud})
	for _, cold := range []bool{true, false} {
		name := map[bool]string{true: "cold", false: "warm"}[cold]
		opts.Cold = cold
		b.Run(name, func(b *testing.B) {
			var took, floor time.Duration
			requests := 0
			for b.Loop() {
				start := time.Now()
				report, said := benchScan(b, open, opts)
				took += time.Since(start)
				requests += report.Requests
				floor += wireFloor(said, baud, sim.Real().P2)
			}
			n := float64(b.N)
			b.ReportMetric(took.Seconds()*1000/n, "ms/scan")
			b.ReportMetric(float64(requests)/n, "requests/scan")
			b.ReportMetric(floor.Seconds()*1000/n, "ms-floor/scan")
			b.ReportMetric(float64(took)/float64(floor), "times-floor")
		})
	}
}

// wireFloor is the time that the bytes of a talk need on the line, and the car to
// begin each answer.
func wireFloor(said []obd.Exchange, baud int, p2 time.Duration) time.Duration {
	var floor time.Duration
	for _, e := range said {
		n := len(e.Request) + len("\r") + len(e.Raw)
		floor += time.Duration(n) * 10 * time.Second / time.Duration(baud)
		if !strings.HasPrefix(e.Request, "AT") && !strings.HasPrefix(e.Request, "ST") {
			floor += p2
		}
	}
	return floor
}

// benchScan runs a scanner for one scan.
func benchScan(b *testing.B, open devices.Opener, opts obd.Options) (*obd.Report, []obd.Exchange) {
	b.Helper()
	var said []obd.Exchange // written by the scanner's goroutine, read after its end
	opts.Trace = func(e obd.Exchange) { said = append(said, e) }
	s := obd.New(open, opts)
	ctx, stop := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- s.Run(ctx, func(devices.Reading) {}) }()
	report, err := s.Scan(ctx, nil)
	stop()
	if err := errors.Join(err, <-ran); err != nil {
		b.Fatal(err)
	}
	return report, said
}
