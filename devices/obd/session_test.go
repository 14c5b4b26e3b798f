package obd_test

import (
	"context"
	"errors"
	"net"
	"os"
	"reflect"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pitlane/devices"
	"pitlane/devices/obd"
	"pitlane/devices/sim"
)

// pipe is a port over an in-memory line, so that time can be that of the test.
type pipe struct {
	net.Conn
	timeout time.Duration
}

func (p *pipe) SetReadTimeout(d time.Duration) error { p.timeout = d; return nil }

func (p *pipe) Read(b []byte) (int, error) {
	if err := p.SetReadDeadline(time.Now().Add(p.timeout)); err != nil {
		return 0, err
	}
	n, err := p.Conn.Read(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return n, nil
	}
	return n, err
}

// virtual scans a practice car in the test's own time and says how long it took.
func virtual(t *testing.T, timing *sim.Timing, car sim.Car, opts obd.Options) (*obd.Report, []obd.Exchange) {
	t.Helper()
	near, far := net.Pipe()
	a := sim.NewAdapter(sim.AdapterConfig{Timing: timing})
	a.Plug(car)
	var said []obd.Exchange
	opts.Trace = func(e obd.Exchange) { said = append(said, e) }
	s := obd.New(func(context.Context) (devices.Port, error) { return &pipe{Conn: near}, nil }, opts)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = a.Serve(ctx, far) })
	wg.Go(func() { _ = s.Run(ctx, func(devices.Reading) {}) })
	report, err := s.Scan(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	wg.Wait()
	return report, said
}

func TestRowPollingTooFastIsCapped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		report, _ := virtual(t, sim.Instant(), sim.DemoKLine(1), obd.Options{Rate: 10})
		if least := int64(report.Requests-1) * 100; report.DurationMS < least {
			t.Errorf("%d requests in %d ms, want at least %d ms", report.Requests, report.DurationMS, least)
		}
	})
}

func TestRowNothingWaitsButForTheCar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		report, said := virtual(t, sim.Real(), sim.DemoCAN11(1), obd.Options{})
		var answering time.Duration
		for _, e := range said {
			answering += e.Took
		}
		if scan := time.Duration(report.DurationMS) * time.Millisecond; scan > answering {
			t.Errorf("the scan took %s, the adapter needed %s of it", scan, answering)
		}
	})
}

func TestARecordedSessionPlaysBackToTheSameReport(t *testing.T) {
	for name, car := range map[string]sim.Car{"CAN 11": sim.DemoCAN11(1), "CAN 29": sim.DemoCAN29(1), "K-line": sim.DemoKLine(1), "UDS": sim.DemoUDS(1), "truck": sim.DemoTruck(1)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, quick(sim.AdapterConfig{}), car, obd.Options{})
			first, err := r.scan(nil)
			if err != nil {
				t.Fatal(err)
			}
			played, data := playedBack(t, obd.Record(r.exchanges(), first))
			again := newRig(t, quick(sim.AdapterConfig{}), played, obd.Options{})
			second, err := again.scan(nil)
			if err != nil {
				t.Fatal(err)
			}
			first.DurationMS, second.DurationMS = 0, 0
			first.Session, second.Session = nil, nil
			if !reflect.DeepEqual(first, second) {
				t.Errorf("the reports differ: %d and %d ECUs, %d and %d requests, errors %v and %v",
					len(first.ECUs), len(second.ECUs), first.Requests, second.Requests, first.Errors, second.Errors)
			}
			replayed(t, data, first)
		})
	}
}

// asJ1979 is the request of SAE J1979 that asks for the same as one of SAE J1979-2.
func asJ1979(request string) string {
	switch request {
	case "19423308FF":
		return "03"
	case "19423304FF":
		return "07"
	case "195533":
		return "0A"
	}
	return request
}

// replayed holds a recording, decoded without an adapter, against the report.
func replayed(t *testing.T, data []byte, report *obd.Report) {
	t.Helper()
	v, err := obd.ParseVehicle(data)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	vin := false
	for _, line := range obd.Replay(v) {
		for id, e := range line.ECUs {
			for _, c := range e.Codes {
				found[asJ1979(line.Request[:len(line.Request)&^1])+id+c] = true // without a count
			}
			vin = vin || e.VIN == report.VIN.Value
		}
	}
	for _, e := range report.ECUs {
		for request, codes := range map[string]obd.Codes{"03": e.Stored, "07": e.Pending, "0A": e.Permanent} {
			for _, c := range codes.Codes {
				if !found[request+e.ID+c.Code] {
					t.Errorf("%s of %s is not in the recording", c.Code, e.ID)
				}
			}
		}
	}
	if !vin {
		t.Error("the VIN is not in the recording")
	}
}
