package obd_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"pitlane/devices/obd"
	"pitlane/devices/sim"
)

func TestCodesOfUDSAreClearedByItsOwnService(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change  func(*sim.ECU)
		outcome obd.ClearOutcome
		left    []string
	}{
		"cleared":            {func(*sim.ECU) {}, obd.ClearDone, []string{"ok"}},
		"conditions are not": {func(e *sim.ECU) { e.Refuse = map[byte]byte{0x14: 0x22} }, obd.ClearRefused, []string{"ok", "P0133"}},
		"time is wanted":     {func(e *sim.ECU) { e.Wait = map[byte]int{0x14: 2} }, obd.ClearDone, []string{"ok"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			car := sim.DemoUDS(1)
			car.SetEngine(false)
			c.change(car.ECUs[0])
			r := newRig(t, quick(sim.AdapterConfig{}), car, obd.Options{})
			out, err := r.clear(obd.ClearOrder{})
			if err != nil || out.Outcome != c.outcome || clears(r.adapter) != 1 {
				t.Fatalf("%s, %v, sent %d times", out.Outcome, err, clears(r.adapter))
			}
			if !slices.ContainsFunc(r.adapter.Log(), func(c string) bool { return c == "14FFFF33" }) {
				t.Errorf("log %q", r.adapter.Log())
			}
			if got := codes(ecuOf(t, out.After, "7E8").Stored); !slices.Equal(got, c.left) {
				t.Errorf("after it %v, want %v", got, c.left)
			}
			if got := codes(ecuOf(t, out.After, "7E8").Permanent); !slices.Equal(got, []string{"ok", "P0133"}) {
				t.Errorf("permanent %v", got)
			}
		})
	}
}

func TestLiveValuesOfUDSHaveTheirPIDs(t *testing.T) {
	t.Parallel()
	r := newRig(t, quick(sim.AdapterConfig{}), still(sim.DemoUDS(1)), obd.Options{})
	want := sim.DemoUDS(1).ECUs[0].PIDs[0x0C](0)
	rpm := float64(int(want[0])<<8|int(want[1])) / 4
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	got := map[string]any{}
	err := r.scanner.Live(ctx, obd.LiveOrder{ECU: "7E8", PIDs: []string{"0C", "0D", "05", "42"}}, func(v obd.LiveReading) {
		if got[v.PID] = v.Value; len(got) == 4 {
			stop()
		}
	})
	if err != nil || got["0C"] != rpm || len(got) != 4 {
		t.Errorf("%v %v, want engine speed %v", err, got, rpm)
	}
	for _, command := range r.adapter.Log() {
		if strings.HasPrefix(command, "010C") {
			t.Errorf("a car of UDS was asked %s", command)
		}
	}
}
