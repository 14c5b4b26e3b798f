package obd_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"pitlane/devices/obd"
	"pitlane/devices/sim"
)

// A unit that was silent to a request in two scans is not waited for in the next, all
// are waited for again in every eighth, and nothing else is said of the car than a slow
// scan says.
func TestWhoIsAlwaysSilentIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		car := still(sim.DemoCAN11(1))
		a := sim.NewAdapter(sim.AdapterConfig{Timing: sim.Real()})
		a.Plug(car)
		file := filepath.Join(t.TempDir(), "learned.json")
		scan := func() (*obd.Report, []string) {
			report, said := scanOver(t, a, obd.Options{Port: "bay", Cache: file})
			var asked []string
			for _, e := range said {
				asked = append(asked, e.Request)
			}
			return report, asked
		}
		slow, _ := scanOver(t, a, obd.Options{Plain: true})
		counted := []string{"09023", "06001", "0A1"}
		for n := 1; n <= 9; n++ {
			report, asked := scan()
			if facts(t, report) != facts(t, slow) {
				t.Errorf("scan %d says something else than a slow one", n)
			}
			for _, request := range counted {
				if slices.Contains(asked, request) != (n > 2 && n != 9) {
					t.Errorf("scan %d: is %s asked? %q", n, request, asked)
				}
			}
			for _, request := range asked {
				if strings.HasPrefix(request, "03") && request != "032" && n > 1 {
					t.Errorf("scan %d does not wait for all codes: %s", n, request)
				}
			}
		}
		car.ECUs[1].Silent, car.ECUs[1].Permanent = nil, []string{"P0741"} // it has learned to speak
		heard := 0
		for n := 1; n <= 8; n++ {
			report, _ := scan()
			if p := ecuOf(t, report, "7E9").Permanent; p.State == obd.OK && slices.Equal(codes(p), []string{"ok", "P0741"}) {
				heard++
			} else if p.State != obd.NoAnswer {
				t.Errorf("a unit that was not waited for is %s", p.State)
			}
		}
		if heard == 0 {
			t.Error("it was never heard")
		}
	})
}
