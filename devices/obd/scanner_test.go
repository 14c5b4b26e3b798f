package obd_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"pitlane/devices"
	"pitlane/devices/obd"
	"pitlane/devices/serialport"
	"pitlane/devices/sim"
)

// rig is a scanner on one end of a pty and a practice adapter on the other.
type rig struct {
	t       *testing.T
	line    *sim.Line
	adapter *sim.Adapter
	scanner *obd.Scanner
	status  chan obd.Status

	stop func() // ends the scanner alone

	mu    sync.Mutex
	trace []obd.Exchange
}

func quick(cfg sim.AdapterConfig) sim.AdapterConfig {
	cfg.Timing = sim.Instant()
	return cfg
}

// newRig starts both; they end with the test.
func newRig(t *testing.T, cfg sim.AdapterConfig, car sim.Car, opts obd.Options) *rig {
	t.Helper()
	line, err := sim.NewLine(t.TempDir(), "obd")
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, line: line, adapter: sim.NewAdapter(cfg), status: make(chan obd.Status, 256)}
	if v, ok := car.(*sim.Vehicle); ok {
		for _, e := range v.ECUs {
			e.After = 0
		}
	}
	r.adapter.Plug(car)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.adapter.Serve(ctx, line) }()
	r.start(opts)
	t.Cleanup(func() {
		r.stop()
		cancel()
		if err := errors.Join(<-ended, line.Close()); err != nil {
			t.Error(err)
		}
	})
	return r
}

// start starts a scanner on the line.
func (r *rig) start(opts obd.Options) {
	opts.Trace = func(e obd.Exchange) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.trace = append(r.trace, e)
	}
	r.scanner = obd.New(serialport.Opener(serialport.Config{Path: r.line.Path(), Quiet: 5 * time.Millisecond}), opts)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- r.scanner.Run(ctx, func(rd devices.Reading) {
			select {
			case r.status <- rd.Value.(obd.Status):
			default:
			}
		})
	}()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			r.t.Errorf("run ended with %v", err)
		}
	})
}

func (r *rig) exchanges() []obd.Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.trace)
}

// scan scans with a limit that only a hang meets.
func (r *rig) scan(tell func(obd.Progress)) (*obd.Report, error) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	report, err := r.scanner.Scan(ctx, tell)
	if report == nil {
		r.t.Fatal("no report")
	}
	if (err == nil) != (report.Error == nil) {
		r.t.Errorf("error %v beside a report that says %v", err, report.Error)
	}
	return report, err
}

// until waits for a status that fits.
func (r *rig) until(what string, fits func(obd.Status) bool) obd.Status {
	r.t.Helper()
	limit := time.After(time.Minute)
	for {
		select {
		case s := <-r.status:
			if fits(s) {
				return s
			}
		case <-limit:
			r.t.Fatalf("the adapter never was %s", what)
		}
	}
}

func codes(c obd.Codes) []string {
	out := []string{string(c.State)}
	for _, x := range c.Codes {
		out = append(out, x.Code)
	}
	return out
}

func ecuOf(t *testing.T, r *obd.Report, id string) obd.ECU {
	t.Helper()
	for _, e := range r.ECUs {
		if e.ID == id {
			return e
		}
	}
	t.Fatalf("no ECU %s in %d", id, len(r.ECUs))
	return obd.ECU{}
}

func TestAScanReadsEveryECU(t *testing.T) {
	t.Parallel()
	type want struct {
		id                         string
		stored, pending, permanent []string
		ready                      obd.State
		readings                   int
	}
	for name, c := range map[string]struct {
		car      sim.Car
		vin      string
		protocol string
		ecus     []want
	}{
		"11-bit CAN": {sim.DemoCAN11(1), "LSVAA4182E2XX0001", "6", []want{
			{"7E8", []string{"ok", "P0133"}, []string{"ok"}, []string{"ok", "P0133"}, obd.OK, 20},
			{"7E9", []string{"ok"}, []string{"ok"}, []string{"no_answer"}, "", 3},
		}},
		"29-bit CAN": {sim.DemoCAN29(1), "1HGXX1234XX000002", "7", []want{
			{"18DAF110", []string{"ok", "P0301", "P0420"}, []string{"ok", "P0171"}, []string{"ok", "P0420"}, obd.OK, 20},
			{"18DAF11D", []string{"ok", "P0741"}, []string{"ok", "P0741", "P0776"}, []string{"refused"}, obd.OK, 2},
			{"18DAF128", []string{"ok", "C0035", "U0121"}, []string{"ok"}, []string{"no_answer"}, "", 1},
			{"18DAF140", []string{"ok"}, []string{"ok", "B1342"}, []string{"ok"}, "", 1},
		}},
		"K-line": {sim.DemoKLine(1), "JT2XX22W1X0000003", "3", []want{
			{"10", []string{"ok", "P0300", "P0302", "P0303", "P0304"}, []string{"ok", "P0302"}, []string{"no_answer"}, obd.OK, 12},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, quick(sim.AdapterConfig{}), c.car, obd.Options{})
			report, err := r.scan(nil)
			if err != nil {
				t.Fatal(err)
			}
			if report.VIN != (obd.VIN{State: obd.OK, Value: c.vin}) {
				t.Errorf("the VIN is not the car's: %s", report.VIN.State)
			}
			if report.Protocol.Number != c.protocol || len(report.ECUs) != len(c.ecus) {
				t.Errorf("protocol %q and %d ECUs, want %q and %d", report.Protocol.Number, len(report.ECUs), c.protocol, len(c.ecus))
			}
			for _, w := range c.ecus {
				e := ecuOf(t, report, w.id)
				for what, pair := range map[string][2][]string{
					"stored": {codes(e.Stored), w.stored}, "pending": {codes(e.Pending), w.pending}, "permanent": {codes(e.Permanent), w.permanent},
				} {
					if !slices.Equal(pair[0], pair[1]) {
						t.Errorf("%s %s: got %q, want %q", w.id, what, pair[0], pair[1])
					}
				}
				if w.ready != "" && e.Readiness.State != w.ready {
					t.Errorf("%s readiness: got %s, want %s", w.id, e.Readiness.State, w.ready)
				}
				if len(e.Readings) < w.readings {
					t.Errorf("%s: %d readings, want at least %d", w.id, len(e.Readings), w.readings)
				}
			}
		})
	}
}

func TestTheCodesAreKnownBeforeTheScanEnds(t *testing.T) {
	t.Parallel()
	r := newRig(t, quick(sim.AdapterConfig{}), sim.DemoCAN11(1), obd.Options{})
	var steps []string
	early := false
	report, err := r.scan(func(p obd.Progress) {
		if len(steps) == 0 || steps[len(steps)-1] != p.Step {
			steps = append(steps, p.Step)
		}
		if p.Done > p.Total || p.Report == nil {
			t.Errorf("%s: %d of %d", p.Step, p.Done, p.Total)
		}
		if p.Step == obd.StepReadings && len(p.Report.ECUs) > 0 && slices.Contains(codes(p.Report.ECUs[0].Stored), "P0133") {
			early = true
		}
	})
	if err != nil || !early {
		t.Errorf("codes before the readings: %t, %v", early, err)
	}
	want := []string{"connect", "protocol", "vin", "supported", "codes", "readiness", "readings", "freeze", "tests", "info", "done"}
	if !slices.Equal(steps, want) {
		t.Errorf("steps %q, want %q", steps, want)
	}
	if report.Requests < 10 {
		t.Errorf("%d requests", report.Requests)
	}
}

func TestAnErrorAnswerIsNeverAConnection(t *testing.T) {
	t.Parallel()
	for answer, kind := range map[string]string{
		"BUS INIT: ...ERROR": "bus_init", "BUS INIT: ERROR": "bus_init", "UNABLE TO CONNECT": "unable_to_connect",
		"CAN ERROR": "can_error", "NO DATA": "no_data", "BUS BUSY": "can_error", "BUS ERROR": "can_error",
		"FB ERROR": "can_error", "DATA ERROR": "can_error", "BUFFER FULL": "adapter_fault", "STOPPED": "adapter_fault",
		"LV RESET": "low_voltage", "ERR94": "adapter_fault", "?": "adapter_fault",
	} {
		t.Run(answer, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, quick(sim.AdapterConfig{}), sim.DemoCAN11(1), obd.Options{})
			r.adapter.SetFaults(sim.Faults{Error: answer})
			report, err := r.scan(nil)
			f, ok := errors.AsType[*devices.Fault](err)
			if !ok || f.Kind != kind || f.Hint == "" {
				t.Fatalf("got %v (%+v), want %s with a hint", err, report.Error, kind)
			}
			if len(report.ECUs) != 0 || report.Protocol.Number != "" || report.VIN.State == obd.OK {
				t.Errorf("something was found: %d ECUs, protocol %q", len(report.ECUs), report.Protocol.Number)
			}
		})
	}
}

func TestARefusalIsNotAConnection(t *testing.T) {
	t.Parallel()
	car := &sim.Vehicle{Name: "refuses", Protocol: "6", ECUs: []*sim.ECU{{ID: "7EC", Refuse: map[byte]byte{0x01: 0x7F}}}}
	r := newRig(t, quick(sim.AdapterConfig{}), car, obd.Options{})
	report, err := r.scan(nil)
	if f, ok := errors.AsType[*devices.Fault](err); !ok || f.Kind != "no_data" {
		t.Fatalf("got %v, want no_data", err)
	}
	if len(report.Errors) != 1 || report.Errors[0].State != obd.Refused || report.Errors[0].NRC != "7F" || report.Errors[0].ECU != "7EC" {
		t.Errorf("errors %+v", report.Errors)
	}
}

func TestAFaultOnOneRequestIsAStateOfThatFact(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault  sim.Faults
		stored obd.State
	}{
		"a bus fault":            {sim.Faults{Only: "03", Error: "CAN ERROR"}, obd.BusFault},
		"no data":                {sim.Faults{Only: "03", Error: "NO DATA"}, obd.NoAnswer},
		"an adapter fault":       {sim.Faults{Only: "03", Error: "BUFFER FULL"}, obd.AdapterFault},
		"a word it should know":  {sim.Faults{Only: "03", Error: "?"}, obd.AdapterFault},
		"half a line for good":   {sim.Faults{Only: "03", HalfLine: true}, obd.Incomplete},
		"a fault that passes":    {sim.Faults{Only: "03", Error: "DATA ERROR", Times: 1}, obd.OK},
		"half a line, once":      {sim.Faults{Only: "03", HalfLine: true, Times: 1}, obd.OK},
		"every frame twice":      {sim.Faults{Duplicate: true}, obd.OK},
		"a second tester":        {sim.Faults{Foreign: true}, obd.OK},
		"units in another order": {sim.Faults{Swap: true}, obd.OK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, quick(sim.AdapterConfig{}), sim.DemoCAN11(1), obd.Options{})
			r.adapter.SetFaults(c.fault)
			report, err := r.scan(nil)
			if err != nil {
				t.Fatal(err)
			}
			want := []string{string(c.stored)}
			if c.stored == obd.OK {
				want = append(want, "P0133")
			}
			var states []obd.State
			for _, e := range report.ECUs {
				states = append(states, e.Stored.State)
			}
			if c.stored == obd.Incomplete { // the last unit's line is the one that is cut
				if states[len(states)-1] != obd.Incomplete {
					t.Errorf("states %q", states)
				}
				return
			}
			if got := codes(ecuOf(t, report, "7E8").Stored); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			if c.stored != obd.OK && slices.Contains(states, obd.OK) {
				t.Errorf("an ECU is without codes though the request failed: %q", states)
			}
		})
	}
}

func TestAWaitingECUIsWaitedFor(t *testing.T) {
	t.Parallel()
	car := sim.DemoCAN11(1)
	car.ECUs[0].Wait = map[byte]int{0x03: 1}
	r := newRig(t, quick(sim.AdapterConfig{}), car, obd.Options{})
	report, err := r.scan(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := codes(ecuOf(t, report, "7E8").Stored), []string{"ok", "P0133"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
