package obd_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pitlane/devices/obd"
	"pitlane/devices/sim"
)

// figureCars are those with many values, so that groups are full.
func figureCars() map[string]func() *sim.Vehicle {
	return map[string]func() *sim.Vehicle{
		"one unit":  func() *sim.Vehicle { return sim.DemoOne(1) },
		"six units": func() *sim.Vehicle { return sim.DemoSix(1) },
	}
}

func TestFullGroupsSayWhatSingleRequestsSay(t *testing.T) {
	every := func(do func(*sim.ECU)) func(*sim.Vehicle) {
		return func(v *sim.Vehicle) {
			for _, e := range v.ECUs {
				do(e)
			}
		}
	}
	last := func(do func(*sim.ECU)) func(*sim.Vehicle) {
		return func(v *sim.Vehicle) { do(v.ECUs[len(v.ECUs)-1]) }
	}
	for trouble, g := range map[string]garage{
		"none":                            {},
		"three of six are answered":       {change: every(func(e *sim.ECU) { e.Most = 3 })},
		"two of six, by one unit":         {change: last(func(e *sim.ECU) { e.Most = 2 })},
		"the first alone":                 {change: every(func(e *sim.ECU) { e.OnePID = true })},
		"several are not answered":        {change: every(func(e *sim.ECU) { e.Strict = true })},
		"the count is not known":          {faults: sim.Faults{OddCount: true}},
		"the count is passed over":        {faults: sim.Faults{AnyCount: true}},
		"the count is one too few":        {faults: sim.Faults{Short: true}},
		"the units in another order":      {faults: sim.Faults{Swap: true}},
		"frames of a second tester":       {faults: sim.Faults{Foreign: true}},
		"a group runs the buffer over":    {faults: sim.Faults{Only: "010304", Error: "BUFFER FULL", After: 1}},
		"a frame of a group is lost":      {faults: sim.Faults{Only: "01030405", HalfLine: true, Times: 2}},
		"a value longer than in any car":  {change: last(func(e *sim.ECU) { e.PIDs[0x1C] = sim.Fixed(6, 6) })},
		"a value shorter than in any car": {change: last(func(e *sim.ECU) { e.PIDs[0x42] = sim.Fixed(6) })},
		"a claim that is not kept":        {change: last(func(e *sim.ECU) { e.PIDs[0x42] = func(time.Duration) []byte { return nil } })},
	} {
		for car, make := range figureCars() {
			g.car = make
			t.Run(trouble+", "+car, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					opts := obd.Options{Port: "bay", Cache: filepath.Join(t.TempDir(), "learned.json")}
					reports, _ := g.scans(t, obd.Options{Plain: true}, opts, opts)
					for i, r := range reports[1:] {
						if facts(t, r) != facts(t, reports[0]) {
							t.Errorf("fast scan %d says something else than a slow one", i+1)
						}
					}
				})
			})
		}
	}
}

// groupsOf are the requests for several values of a scan.
func groupsOf(said []obd.Exchange) (groups []string, requests int) {
	for _, e := range said {
		if strings.HasPrefix(e.Request, "01") && len(e.Request) >= 8 && e.Request[3] != '0' {
			groups = append(groups, e.Request)
		}
		if e.Request[0] == '0' {
			requests++
		}
	}
	return groups, requests
}

func TestAUnitIsAskedForAsManyValuesAsItAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*sim.ECU)
		most   int // PIDs of a request
	}{
		"all six":         {func(*sim.ECU) {}, 6},
		"three":           {func(e *sim.ECU) { e.Most = 3 }, 3},
		"one":             {func(e *sim.ECU) { e.OnePID = true }, 1},
		"an odd value":    {func(e *sim.ECU) { e.PIDs[0x04] = sim.Fixed(1, 2, 3) }, 6},
		"one at a time":   {func(e *sim.ECU) { e.Strict = true }, 1},
		"a value of none": {func(e *sim.ECU) { e.PIDs[0x0D] = func(time.Duration) []byte { return nil } }, 6},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				opts := obd.Options{Port: "bay", Cache: filepath.Join(t.TempDir(), "learned.json")}
				g := garage{car: figureCars()["one unit"], change: func(v *sim.Vehicle) { c.change(v.ECUs[0]) }}
				_, said := g.scans(t, opts, opts)
				most := 1
				groups, _ := groupsOf(said[1])
				for _, request := range groups {
					most = max(most, len(request)/2-1)
				}
				if most != c.most {
					t.Errorf("a learned car is asked for %d values at once, want %d: %q", most, c.most, groups)
				}
			})
		})
	}
}

func TestABufferThatRunsOverMakesGroupsSmaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := obd.Options{Port: "bay", Cache: filepath.Join(t.TempDir(), "learned.json")}
		g := garage{car: figureCars()["one unit"], adapter: sim.AdapterConfig{Buffer: 45}} // two frames and a half
		reports, said := g.scans(t, obd.Options{Plain: true}, opts, opts, opts)
		for i, r := range reports[1:] {
			if facts(t, r) != facts(t, reports[0]) {
				t.Errorf("fast scan %d says something else than a slow one", i+1)
			}
		}
		full := func(e obd.Exchange) bool {
			return strings.HasPrefix(e.Request, "01") && strings.Contains(string(e.Raw), "BUFFER FULL")
		}
		if !slices.ContainsFunc(said[1], full) || slices.ContainsFunc(said[3], full) {
			t.Error("the buffer runs over again and again, or never")
		}
		if groups, _ := groupsOf(said[3]); len(groups) == 0 {
			t.Error("no groups are left")
		}
	})
}

func TestBitmapsAreAskedAtOnceAndNotBelievedBlindly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := obd.Options{Port: "bay", Cache: filepath.Join(t.TempDir(), "learned.json")}
		car := still(sim.DemoOne(1))
		a := adapterIn(car)
		scanOver(t, a, opts)
		_, said := scanOver(t, a, opts)
		for _, all := range []string{"012040603", "0620406080A04"} {
			whole := func(e obd.Exchange) bool { return e.Request == all && len(e.Raw) > 60 }
			if !slices.ContainsFunc(said, whole) {
				t.Errorf("a car met before does not answer %s with all its bitmaps", all)
			}
		}
		// The same car with other values behind the same first bitmap: a unit was coded anew.
		other := still(sim.DemoOne(1))
		delete(other.ECUs[0].PIDs, 0x61)
		delete(other.ECUs[0].PIDs, 0x62)
		delete(other.ECUs[0].PIDs, 0x63) // no bitmap 60 any more
		other.ECUs[0].PIDs[0x59] = sim.Fixed(0x10, 0x20)
		other.ECUs[0].Tests = other.ECUs[0].Tests[:4]
		a.Plug(other)
		report, _ := scanOver(t, a, opts)
		plain, _ := scanOver(t, a, obd.Options{Plain: true})
		if facts(t, report) != facts(t, plain) {
			t.Error("a car coded anew is read by what was known of it")
		}
	})
}

func TestSTPXCountsWhatADigitCannot(t *testing.T) {
	for name, c := range map[string]struct {
		refuses []string
		uses    bool
	}{
		"an STN chip":       {nil, true},
		"a clone of one":    {[]string{"STPX*"}, false},
		"no count but STPX": {[]string{"STBR*"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				opts := obd.Options{Port: "bay", Cache: filepath.Join(t.TempDir(), "learned.json")}
				g := garage{car: figureCars()["six units"], adapter: sim.AdapterConfig{STN: "STN2120 v5.8.1", Refuses: c.refuses}}
				reports, said := g.scans(t, obd.Options{Plain: true}, opts, opts, opts)
				for i, r := range reports[1:] {
					if facts(t, r) != facts(t, reports[0]) {
						t.Errorf("fast scan %d says something else than a slow one", i+1)
					}
				}
				last := said[len(said)-1]
				used := slices.ContainsFunc(last, func(e obd.Exchange) bool { return strings.HasPrefix(e.Request, "STPX") })
				if used != c.uses {
					t.Errorf("STPX is used: %t", used)
				}
				var took time.Duration
				for _, e := range last {
					took += e.Took
				}
				t.Logf("%s: %v, %.2f times the floor", name, took, float64(took)/float64(wireFloor(last, 38400, sim.Real().P2)))
				data, err := json.Marshal(obd.Record(last, reports[len(reports)-1]))
				if err != nil || strings.Contains(string(data), "STPX") {
					t.Errorf("the recording needs an STN chip to be played: %v", err)
				}
			})
		})
	}
}
