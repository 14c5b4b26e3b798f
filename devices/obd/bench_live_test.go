package obd_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"pitlane/devices"
	"pitlane/devices/obd"
	"pitlane/devices/serialport"
	"pitlane/devices/sim"
)

// BenchmarkLive counts the readings a second of one unit (P2 15 ms) over a pty at 38400
// baud, and at the speed to which the line is raised: one value, and six.
func BenchmarkLive(b *testing.B) {
	const baud = 38400
	for _, raise := range []bool{false, true} {
		for name, pids := range map[string][]string{"one": {"0C"}, "six": {"0C", "11", "04", "0D", "05", "0E"}} {
			b.Run(map[bool]string{false: "38400/", true: "raised/"}[raise]+name, func(b *testing.B) {
				line, err := sim.NewLine(b.TempDir(), "obd")
				if err != nil {
					b.Fatal(err)
				}
				adapter := sim.NewAdapter(sim.AdapterConfig{Timing: sim.Real(), Baud: baud})
				car := sim.DemoCAN11(1)
				car.ECUs = car.ECUs[:1]
				adapter.Plug(car)
				ctx, cancel := context.WithCancel(context.Background())
				served := make(chan error, 1)
				go func() { served <- adapter.Serve(ctx, line) }()
				s := obd.New(serialport.Opener(serialport.Config{Path: line.Path(), Baud: baud}), obd.Options{Port: "bench", Baud: baud, NoRaise: !raise})
				ran := make(chan error, 1)
				go func() { ran <- s.Run(ctx, func(devices.Reading) {}) }()
				n := 0
				var took time.Duration
				for b.Loop() {
					looking, enough := context.WithCancel(ctx)
					var begun time.Time
					err := s.Live(looking, obd.LiveOrder{PIDs: pids, Begun: func([]obd.LivePID) {
						begun = time.Now()
						time.AfterFunc(3*time.Second, enough)
					}}, func(obd.LiveReading) { n++ })
					enough()
					if err != nil {
						b.Fatal(err)
					}
					took += time.Since(begun)
				}
				cancel()
				if err := errors.Join(<-ran, <-served, line.Close()); err != nil {
					b.Error(err)
				}
				b.ReportMetric(float64(n)/took.Seconds(), "readings/s")
			})
		}
	}
}
