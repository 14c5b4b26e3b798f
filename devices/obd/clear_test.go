package obd_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pitlane/devices"
	"pitlane/devices/obd"
	"pitlane/devices/sim"
)

// parked is a practice car with its engine off.
func parked() *sim.Vehicle {
	car := sim.DemoCAN11(1)
	car.SetEngine(false)
	return car
}

// clears counts the requests to clear that reached the adapter, with any count digit.
func clears(a *sim.Adapter) int {
	n := 0
	for _, command := range a.Log() {
		if strings.HasPrefix(command, "04") || strings.HasPrefix(command, "14") {
			n++
		}
	}
	return n
}

// clear orders with a limit that only a hang meets.
func (r *rig) clear(o obd.ClearOrder) (*obd.Cleared, error) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	out, err := r.scanner.Clear(ctx, o)
	if out == nil {
		r.t.Fatal("nothing came back")
	}
	if err == nil && (!out.Sent || out.Before == nil || out.After == nil) {
		r.t.Errorf("no error, and sent %v, before %v, after %v", out.Sent, out.Before != nil, out.After != nil)
	}
	return out, err
}

func kindOf(err error) string {
	f, ok := errors.AsType[*devices.Fault](err)
	if !ok {
		return ""
	}
	return f.Kind
}

func TestClearingReadsWritesDownSendsOnceAndReadsAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, quick(sim.AdapterConfig{}), parked(), obd.Options{})
	asked := 0
	out, err := r.clear(obd.ClearOrder{VIN: "LSVAA4182E2XX0001", Intend: func(_ context.Context, soFar obd.Cleared) error {
		asked++
		if n := clears(r.adapter); n != 0 {
			t.Errorf("%d requests to clear had left before the intent was written down", n)
		}
		for _, q := range []string{"03", "07", "0A", "020200", "0101", "010C"} {
			if !slices.ContainsFunc(r.adapter.Log(), func(c string) bool { return strings.HasPrefix(c, q) }) {
				t.Errorf("%s was not asked before", q)
			}
		}
		e := ecuOf(t, soFar.Before, "7E8")
		if got := codes(e.Stored); !slices.Equal(got, []string{"ok", "P0133"}) || len(e.Freeze) != 1 || e.Readiness.State != obd.OK {
			t.Errorf("before: stored %v, %d freeze frames, readiness %s", got, len(e.Freeze), e.Readiness.State)
		}
		return nil
	}})
	if err != nil || out.Outcome != obd.ClearDone || out.Engine != "off" || asked != 1 {
		t.Fatalf("got %s, engine %s, asked %d times, %v", out.Outcome, out.Engine, asked, err)
	}
	if n := clears(r.adapter); n != 1 {
		t.Errorf("%d requests to clear, want 1", n)
	}
	e := out.ECUs[0]
	if e.ID != "7E8" || e.Outcome != obd.ClearDone || !slices.Equal(e.Gone, []string{"P0133"}) || len(e.Remain) != 0 ||
		!slices.Equal(e.Permanent, []string{"P0133"}) || e.Incomplete == 0 {
		t.Errorf("7E8: %+v", e)
	}
	if log := r.adapter.Log(); slices.Index(log, "04") > slices.IndexFunc(log[slices.Index(log, "04"):], func(c string) bool { return strings.HasPrefix(c, "03") })+slices.Index(log, "04") {
		t.Error("the codes were not read again after it")
	}
}

func TestNothingIsSentWhereAGuardSaysNo(t *testing.T) {
	t.Parallel()
	broken := errors.New("no room on the disk")
	for _, c := range []struct {
		name    string
		car     func() *sim.Vehicle
		order   obd.ClearOrder
		kind    string
		outcome obd.ClearOutcome
	}{
		{"the engine runs", func() *sim.Vehicle { return sim.DemoCAN11(1) }, obd.ClearOrder{}, "engine_running", obd.ClearRefused},
		{"another car", parked, obd.ClearOrder{VIN: "LSVAA4182E2XX0009"}, "wrong_car", obd.ClearRefused},
		{"the intent cannot be written down", parked, obd.ClearOrder{Intend: func(context.Context, obd.Cleared) error { return broken }}, "interrupted", obd.ClearFailed},
		{"nobody tells codes", func() *sim.Vehicle {
			car := parked()
			for _, e := range car.ECUs {
				e.Refuse = map[byte]byte{0x03: 0x11}
			}
			return car
		}, obd.ClearOrder{}, "not_read", obd.ClearRefused},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, quick(sim.AdapterConfig{}), c.car(), obd.Options{})
			out, err := r.clear(c.order)
			if out.Outcome != c.outcome || out.Sent || kindOf(err) != c.kind && !errors.Is(err, broken) {
				t.Errorf("got %s, sent %v, %v, want %s and %s", out.Outcome, out.Sent, err, c.outcome, c.kind)
			}
			if n := clears(r.adapter); n != 0 {
				t.Errorf("%d requests to clear, want none", n)
			}
			if _, err := r.scan(nil); err != nil {
				t.Errorf("the next scan: %v", err)
			}
		})
	}
}

func TestEachUnitHasItsOwnOutcome(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(engine, gearbox *sim.ECU)
		whole  obd.ClearOutcome
		engine string
		gear   string
	}{
		{"both say so", func(_, _ *sim.ECU) {}, obd.ClearDone, "cleared ", "cleared "},
		{"one clears and does not say so", func(e, _ *sim.ECU) { e.HushHush = true }, obd.ClearDone, "cleared seen", "cleared "},
		{"one has nothing and says nothing", func(_, g *sim.ECU) { g.HushHush = true }, obd.ClearDone, "cleared ", "nothing "},
		{"conditions are not correct", func(e, _ *sim.ECU) { e.Refuse = map[byte]byte{0x04: 0x22} }, obd.ClearRefused, "refused conditions_not_correct", "cleared "},
		{"one does not know the service", func(_, g *sim.ECU) { g.Refuse = map[byte]byte{0x04: 0x11} }, obd.ClearRefused, "cleared ", "refused refused"},
		{"one does nothing", func(e, _ *sim.ECU) { e.Silent = map[byte]bool{0x04: true} }, obd.ClearFailed, "failed codes_remain", "cleared "},
		{"one asks for time first", func(e, _ *sim.ECU) { e.Wait = map[byte]int{0x04: 2} }, obd.ClearDone, "cleared ", "cleared "},
		{"one says so and keeps its code", func(e, _ *sim.ECU) { e.Extra = map[string]string{"04": "44"} }, obd.ClearFailed, "failed codes_remain", "cleared "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			car := parked()
			c.change(car.ECUs[0], car.ECUs[1])
			r := newRig(t, quick(sim.AdapterConfig{}), car, obd.Options{})
			out, err := r.clear(obd.ClearOrder{})
			if err != nil {
				t.Fatal(err)
			}
			got := []string{}
			for _, e := range out.ECUs {
				got = append(got, string(e.Outcome)+" "+e.Why)
			}
			if out.Outcome != c.whole || !slices.Equal(got, []string{c.engine, c.gear}) {
				t.Errorf("got %s of %q, want %s of %q", out.Outcome, got, c.whole, []string{c.engine, c.gear})
			}
			if n := clears(r.adapter); n != 1 {
				t.Errorf("%d requests to clear, want 1", n)
			}
		})
	}
}

// Whatever goes wrong with the adapter or the bus: one request leaves, and what is
// not known is not called cleared.
func TestNoFaultMakesClearingLeaveTwice(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault   sim.Faults
		outcome obd.ClearOutcome
	}{
		"brown-out":     {sim.Faults{BrownOut: true}, obd.ClearUnknown},
		"low voltage":   {sim.Faults{Error: "LV RESET"}, obd.ClearUnknown},
		"CAN ERROR":     {sim.Faults{Error: "CAN ERROR"}, obd.ClearDone}, // the car had heard it: seen when read again
		"BUFFER FULL":   {sim.Faults{Error: "BUFFER FULL"}, obd.ClearDone},
		"half a line":   {sim.Faults{HalfLine: true}, obd.ClearUnknown}, // of a unit that had nothing to clear
		"garbage":       {sim.Faults{Garbage: true}, obd.ClearDone},
		"twice":         {sim.Faults{Duplicate: true}, obd.ClearDone},
		"foreign":       {sim.Faults{Foreign: true}, obd.ClearDone},
		"a data error":  {sim.Faults{Mark: "<DATA ERROR"}, obd.ClearDone},
		"turned around": {sim.Faults{Swap: true}, obd.ClearDone},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, quick(sim.AdapterConfig{}), parked(), obd.Options{})
			if _, err := r.scan(nil); err != nil { // it knows how to ask fast
				t.Fatal(err)
			}
			c.fault.Only = "04"
			out, err := r.clear(obd.ClearOrder{Intend: func(context.Context, obd.Cleared) error {
				r.adapter.SetFaults(c.fault)
				return nil
			}})
			r.adapter.SetFaults(sim.Faults{})
			if out.Outcome != c.outcome || !out.Sent || (err != nil) != (c.fault.BrownOut || c.fault.Error == "LV RESET") {
				t.Errorf("got %s, sent %v, %v, want %s", out.Outcome, out.Sent, err, c.outcome)
			}
			if _, err := r.scan(nil); err != nil {
				t.Errorf("the next scan: %v", err)
			}
			if n := clears(r.adapter); n != 1 {
				t.Errorf("%d requests to clear, want 1", n)
			}
		})
	}
}

func TestAnUnplugWhileClearingIsUnknownAndNotRepeated(t *testing.T) {
	t.Parallel()
	r := newRig(t, quick(sim.AdapterConfig{}), parked(), obd.Options{})
	r.until("online", func(s obd.Status) bool { return s.Online })
	out, err := r.clear(obd.ClearOrder{Intend: func(context.Context, obd.Cleared) error {
		r.adapter.SetFaults(sim.Faults{Only: "04", Silent: true})
		time.AfterFunc(100*time.Millisecond, func() { _ = r.line.Unplug() })
		return nil
	}})
	if out.Outcome != obd.ClearUnknown || !out.Sent || kindOf(err) != "interrupted" {
		t.Errorf("got %s, sent %v, %v, want unknown", out.Outcome, out.Sent, err)
	}
	r.adapter.SetFaults(sim.Faults{})
	if err := r.line.Replug(); err != nil {
		t.Fatal(err)
	}
	r.until("back", func(s obd.Status) bool { return s.Online })
	if _, err := r.scan(nil); err != nil {
		t.Fatal(err)
	}
	if n := clears(r.adapter); n != 1 {
		t.Errorf("%d requests to clear, want 1", n)
	}
}

// A unit that asks for time is given it: by an adapter that waits up to a second for
// the next frame, and beyond that by reading again.
func TestAUnitThatAsksForTimeIsWaitedFor(t *testing.T) {
	for _, c := range []struct {
		name string
		late time.Duration
		why  string
	}{{"within the adapter's wait", 700 * time.Millisecond, ""}, {"later than the adapter waits", 3 * time.Second, "seen"}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				car := parked()
				car.ECUs[0].Wait, car.ECUs[0].Late = map[byte]int{0x04: 1}, c.late
				out, a, err := virtualClear(t, car, obd.ClearOrder{})
				if err != nil || out.Outcome != obd.ClearDone || out.ECUs[0].Why != c.why {
					t.Errorf("got %s of %+v, %v, want cleared %q", out.Outcome, out.ECUs, err, c.why)
				}
				if n := clears(a); n != 1 {
					t.Errorf("%d requests to clear, want 1", n)
				}
			})
		})
	}
}

// virtualClear clears a practice car's codes in the test's own time.
func virtualClear(t *testing.T, car sim.Car, order obd.ClearOrder) (*obd.Cleared, *sim.Adapter, error) {
	t.Helper()
	near, far := net.Pipe()
	a := sim.NewAdapter(sim.AdapterConfig{Timing: sim.Real()})
	a.Plug(car)
	s := obd.New(func(context.Context) (devices.Port, error) { return &pipe{Conn: near}, nil }, obd.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	stop := both(ctx, cancel, a, far, s)
	if order.Intend == nil {
		order.Intend = func(context.Context, obd.Cleared) error { return nil }
	}
	intend := order.Intend
	order.Intend = func(ctx context.Context, r obd.Cleared) error {
		if v, ok := car.(*silentAtClear); ok {
			a.SetFaults(v.fault)
		}
		return intend(ctx, r)
	}
	out, err := s.Clear(ctx, order)
	stop()
	return out, a, err
}

// silentAtClear is a car whose adapter has a fault when codes are to be cleared.
type silentAtClear struct {
	*sim.Vehicle
	fault sim.Faults
}

func TestAnAdapterThatFallsSilentWhileClearingIsUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out, a, err := virtualClear(t, &silentAtClear{parked(), sim.Faults{Only: "04", Silent: true}}, obd.ClearOrder{})
		if out.Outcome != obd.ClearUnknown || !out.Sent || kindOf(err) != "adapter_fault" {
			t.Errorf("got %s, sent %v, %v, want unknown", out.Outcome, out.Sent, err)
		}
		if n := clears(a); n != 1 {
			t.Errorf("%d requests to clear, want 1", n)
		}
	})
}

func TestACarOfUDSIsClearedInItsOwnLanguage(t *testing.T) {
	t.Parallel()
	car := sim.DemoUDS(1)
	car.SetEngine(false)
	r := newRig(t, quick(sim.AdapterConfig{}), car, obd.Options{})
	out, err := r.clear(obd.ClearOrder{})
	if err != nil || out.Outcome != obd.ClearDone || out.Engine != "off" {
		t.Fatalf("got %s, engine %s, units %+v, %v", out.Outcome, out.Engine, out.ECUs, err)
	}
	if n := clears(r.adapter); n != 1 || !slices.Contains(r.adapter.Log(), "14FFFF33") {
		t.Errorf("%d requests to clear, want one 14FFFF33", n)
	}
}

// overheard is a port that keeps what goes through it, and its closing.
type overheard struct {
	devices.Port
	said *[]string
}

func (o overheard) Write(b []byte) (int, error) {
	*o.said = append(*o.said, strings.TrimSpace(string(b)))
	return o.Port.Write(b)
}

func (o overheard) Close() error {
	*o.said = append(*o.said, "closed")
	return o.Port.Close()
}

// A lone CR makes an adapter repeat its last word: that must not be the request to
// clear when the line is left, whoever opens it next.
func TestTheRequestToClearIsNeverTheLastWord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := plainQuirk()
		q.says["010C"] = "7E804410C0000"
		for _, word := range []string{"ATAT0", "ATSTFF", "ATST32"} {
			q.says[word] = "OK"
		}
		q.mute = "04"
		var said []string
		s := obd.New(func(context.Context) (devices.Port, error) { return overheard{q, &said}, nil }, obd.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx, func(devices.Reading) {}) }()
		out, err := s.Clear(ctx, obd.ClearOrder{})
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if out.Outcome != obd.ClearUnknown || err == nil {
			t.Fatalf("got %s, %v, want unknown", out.Outcome, err)
		}
		at := slices.Index(said, "04")
		if at < 0 || slices.Contains(said[at+1:], "04") || said[at+1] != "ATI" {
			t.Errorf("on the line: %q", said[max(at, 0):min(len(said), at+4)])
		}
	})
}
