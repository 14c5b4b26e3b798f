package obd_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"path/filepath"
	"reflect"
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

// garage is a practice car whose values stand still, behind an adapter, in the time
// of the test.
type garage struct {
	car     func() *sim.Vehicle
	adapter sim.AdapterConfig
	faults  sim.Faults
	change  func(*sim.Vehicle)
}

// still makes every value of a car what it is at the start.
func still(car *sim.Vehicle) *sim.Vehicle {
	for _, e := range car.ECUs {
		for pid, value := range e.PIDs {
			e.PIDs[pid] = sim.Fixed(value(0)...)
		}
	}
	return car
}

// scans scans once for each of some options, each with a new scanner.
func (g garage) scans(t *testing.T, all ...obd.Options) (reports []*obd.Report, said [][]obd.Exchange) {
	t.Helper()
	car := still(g.car())
	if g.change != nil {
		g.change(car)
	}
	if g.adapter.Timing == nil {
		g.adapter.Timing = sim.Real()
	}
	a := sim.NewAdapter(g.adapter)
	a.SetFaults(g.faults)
	a.Plug(car)
	for _, opts := range all {
		report, exchanges := scanOver(t, a, opts)
		reports, said = append(reports, report), append(said, exchanges)
	}
	return reports, said
}

// scanOver scans through an adapter over a line in memory.
func scanOver(t *testing.T, a *sim.Adapter, opts obd.Options) (*obd.Report, []obd.Exchange) {
	t.Helper()
	report, said, err := tryOver(t, a, opts)
	if err != nil {
		t.Fatal(err)
	}
	return report, said
}

// tryOver is scanOver where the scan may fail.
func tryOver(t *testing.T, a *sim.Adapter, opts obd.Options) (*obd.Report, []obd.Exchange, error) {
	t.Helper()
	near, far := net.Pipe()
	var said []obd.Exchange
	opts.Trace = func(e obd.Exchange) { said = append(said, e) }
	s := obd.New(func(context.Context) (devices.Port, error) { return &pipe{Conn: near}, nil }, opts)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = a.Serve(ctx, far) })
	wg.Go(func() { _ = s.Run(ctx, func(devices.Reading) {}) })
	report, err := s.Scan(ctx, nil)
	cancel()
	wg.Wait()
	if err := errors.Join(near.Close(), far.Close()); err != nil {
		t.Fatal(err)
	}
	return report, said, err
}

// facts are what a report says of the car.
func facts(t *testing.T, r *obd.Report) string {
	t.Helper()
	slices.SortStableFunc(r.Errors, func(a, b obd.RequestError) int { return strings.Compare(a.Request+a.ECU, b.Request+b.ECU) })
	data, err := json.Marshal(struct {
		Protocol obd.Protocol
		VIN      obd.VIN
		ECUs     []obd.ECU
		Errors   []obd.RequestError
	}{r.Protocol, r.VIN, r.ECUs, r.Errors})
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func demoCars() map[string]func() *sim.Vehicle {
	return map[string]func() *sim.Vehicle{
		"CAN 11": func() *sim.Vehicle { return sim.DemoCAN11(1) },
		"CAN 29": func() *sim.Vehicle { return sim.DemoCAN29(1) },
		"K-line": func() *sim.Vehicle { return sim.DemoKLine(1) },
		"UDS":    func() *sim.Vehicle { return sim.DemoUDS(1) },
		"truck":  func() *sim.Vehicle { return sim.DemoTruck(1) },
	}
}

func TestAFastScanSaysWhatASlowOneSays(t *testing.T) {
	pad := byte(0x55)
	each := func(do func(*sim.ECU)) func(*sim.Vehicle) {
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
		"none":                                 {},
		"the count is answered with no data":   {faults: sim.Faults{NoCount: true}},
		"the count is not known":               {faults: sim.Faults{OddCount: true}},
		"the count is passed over":             {faults: sim.Faults{AnyCount: true}},
		"the count goes to the car":            {faults: sim.Faults{BadCount: true}},
		"the count is one too few":             {faults: sim.Faults{Short: true}},
		"the count is one too few, at times":   {faults: sim.Faults{Short: true, Times: 2}},
		"frames of a second tester":            {faults: sim.Faults{Foreign: true}},
		"frames twice":                         {faults: sim.Faults{Duplicate: true}},
		"frames padded":                        {faults: sim.Faults{Pad: &pad}},
		"the units in another order":           {faults: sim.Faults{Swap: true}},
		"the echo stays on":                    {faults: sim.Faults{EchoStuck: true}},
		"the first group is disturbed":         {faults: sim.Faults{Only: "01030C", Error: "DATA ERROR", Times: 2}},
		"the first PID of several is answered": {change: each(func(e *sim.ECU) { e.OnePID = true })},
		"several PIDs are not answered":        {change: each(func(e *sim.ECU) { e.Strict = true })},
		"one unit answers the first PID only":  {change: last(func(e *sim.ECU) { e.OnePID = true })},
		"one unit answers late":                {change: last(func(e *sim.ECU) { e.After = 50 * time.Millisecond })},
		"a value of two widths":                {change: each(func(e *sim.ECU) { e.PIDs[0x06] = sim.Fixed(0x80, 0x07) })},
		"a value shorter than it should be":    {change: each(func(e *sim.ECU) { e.PIDs[0x0C] = sim.Fixed(0x1A) })},
		"a value longer than it should be":     {change: each(func(e *sim.ECU) { e.PIDs[0x0D] = sim.Fixed(0x1A, 0x0F) })},
		"a value that is claimed and not given": {change: each(func(e *sim.ECU) {
			e.PIDs[0x0E] = func(time.Duration) []byte { return nil }
		})},
		"a value that is not known": {change: each(func(e *sim.ECU) { e.PIDs[0x1B] = sim.Fixed(1, 2) })},
	} {
		for car, make := range demoCars() {
			g.car = make
			t.Run(trouble+", "+car, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					opts := obd.Options{Port: "bay", Cache: filepath.Join(t.TempDir(), "learned.json")}
					plain := obd.Options{Plain: true}
					reports, _ := g.scans(t, plain, opts, opts)
					want := facts(t, reports[0])
					for i, r := range reports[1:] {
						if got := facts(t, r); got != want {
							t.Errorf("fast scan %d says %s, a slow one %s", i+1, got, want)
						}
					}
				})
			})
		}
	}
}

func TestAUnitThatAnswersNowAndThenGivesNoWrongValue(t *testing.T) {
	for misses := 2; misses < 9; misses++ {
		synctest.Test(t, func(t *testing.T) {
			opts := obd.Options{Port: "bay", Cache: filepath.Join(t.TempDir(), "learned.json")}
			g := garage{car: func() *sim.Vehicle { return sim.DemoCAN11(1) }}
			sound, _ := g.scans(t, obd.Options{Plain: true})
			g.change = func(v *sim.Vehicle) { v.ECUs[1].Misses = misses }
			for range 3 {
				reports, _ := g.scans(t, opts)
				r := reports[0]
				if len(r.ECUs) != 2 || !reflect.DeepEqual(r.ECUs[0].Readings, sound[0].ECUs[0].Readings) {
					t.Errorf("misses %d: the engine says %+v", misses, r.ECUs[0])
				}
				for _, v := range sound[0].ECUs[1].Readings {
					same := func(o obd.Reading) bool { return reflect.DeepEqual(o, v) }
					noted := func(e obd.RequestError) bool { return e.Request == "01"+v.PID && e.State == obd.NoAnswer }
					if slices.ContainsFunc(r.ECUs[1].Readings, same) == slices.ContainsFunc(r.Errors, noted) {
						t.Errorf("misses %d: PID %s is lost or wrong: %+v %+v", misses, v.PID, r.ECUs[1].Readings, r.Errors)
					}
				}
			}
		})
	}
}

func TestANewUnitIsSeenThoughTheCarWasLearned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := obd.Options{Port: "bay", Cache: filepath.Join(t.TempDir(), "learned.json")}
		car := sim.DemoCAN11(1)
		a := adapterIn(car)
		for range 2 {
			scanOver(t, a, opts)
		}
		more := sim.DemoCAN11(1)
		more.ECUs = append(more.ECUs, &sim.ECU{ID: "7EA", PIDs: map[byte]sim.Reading{0x0D: sim.Fixed(1)}, Stored: []string{"P0700"}})
		more.SetCodes("7E8", []string{"P0100", "P0101", "P0102", "P0103"}, nil, nil)
		a.Plug(more)
		report, _ := scanOver(t, a, opts)
		if got := codes(ecuOf(t, report, "7EA").Stored); !slices.Equal(got, []string{"ok", "P0700"}) {
			t.Errorf("codes of the new unit: %q", got)
		}
		if got := codes(ecuOf(t, report, "7E8").Stored); len(got) != 5 {
			t.Errorf("codes of the engine, now more than a frame holds: %q", got)
		}
	})
}

func TestACarLearnedIsAskedWithCountsAndInGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := obd.Options{Port: "bay", Cache: filepath.Join(t.TempDir(), "learned.json")}
		g := garage{car: func() *sim.Vehicle { return sim.DemoCAN11(1) }}
		reports, said := g.scans(t, opts, opts, obd.Options{Plain: true})
		sent := func(i int, words ...string) bool {
			return slices.ContainsFunc(said[i], func(e obd.Exchange) bool { return slices.Contains(words, e.Request) })
		}
		if !sent(0, "03") || sent(1, "03") || !sent(1, "032") || !sent(1, "0A") || !sent(1, "0100") {
			t.Error("codes are asked for in full once, then with a count; what not every unit answers always in full")
		}
		for _, e := range said[2] {
			if r := e.Request; strings.HasPrefix(r, "01") && len(r) > 4 {
				t.Errorf("a plain scan asks %s", r)
			}
		}
		var floor time.Duration
		for i, r := range reports {
			took := time.Duration(0)
			for _, e := range said[i] {
				took += e.Took
			}
			floor = wireFloor(said[i], sim.Real().Baud, sim.Real().P2)
			t.Logf("scan %d: %d requests, %s, floor %s", i, r.Requests, took, floor)
		}
	})
}

func TestAnAdapterMetBeforeIsNotRestarted(t *testing.T) {
	pad := byte(0xAA)
	for name, c := range map[string]struct {
		before, after sim.AdapterConfig
		faults        sim.Faults
		restarts      bool
	}{
		"the same":                     {},
		"the same, an STN":             {before: sim.AdapterConfig{STN: "STN2120 v5.8.1"}, after: sim.AdapterConfig{STN: "STN2120 v5.8.1"}},
		"its echo stays on":            {faults: sim.Faults{EchoStuck: true, Pad: &pad}},
		"another one":                  {after: sim.AdapterConfig{Identity: "ELM327 v2.1"}},
		"one that does not know ATD":   {after: sim.AdapterConfig{Refuses: []string{"ATD"}}, restarts: true},
		"one that is silent to it":     {faults: sim.Faults{Only: "ATD", Silent: true, Times: 1}, restarts: true},
		"one that restarts of it":      {faults: sim.Faults{Only: "ATD", BrownOut: true, Times: 1}, restarts: true},
		"one that restarts soon after": {faults: sim.Faults{Only: "ATS0", BrownOut: true, Times: 1}, restarts: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				opts := obd.Options{Port: "bay", Cache: filepath.Join(t.TempDir(), "learned.json")}
				car := func() *sim.Vehicle { return sim.DemoCAN11(1) }
				garage{car: car, adapter: c.before}.scans(t, opts)
				g := garage{car: car, adapter: c.after, faults: c.faults}
				reports, said := g.scans(t, opts)
				restarted := slices.ContainsFunc(said[0], func(e obd.Exchange) bool { return e.Request == "ATWS" })
				if restarted != c.restarts {
					t.Errorf("restarted: %t", restarted)
				}
				g.faults.Only = "none"
				plain, _ := g.scans(t, obd.Options{Plain: true})
				if !reflect.DeepEqual(reports[0].Adapter, plain[0].Adapter) || facts(t, reports[0]) != facts(t, plain[0]) {
					t.Errorf("says %+v, a slow scan %+v", reports[0].Adapter, plain[0].Adapter)
				}
			})
		})
	}
}

func TestALearnedCarIsReadNearTheSpeedOfTheWire(t *testing.T) {
	cars := demoCars()
	cars["one unit"] = func() *sim.Vehicle { return sim.DemoOne(1) }
	cars["six units"] = func() *sim.Vehicle { return sim.DemoSix(1) }
	for name, most := range map[string]float64{"one unit": 1.15, "six units": 1.2, "CAN 11": 1.5, "CAN 29": 1.6} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				opts := obd.Options{Port: "bay", Cache: filepath.Join(t.TempDir(), "learned.json")}
				timing := sim.Real()
				_, said := garage{car: cars[name]}.scans(t, opts, opts, obd.Options{Plain: true})
				var took, slow time.Duration
				for _, e := range said[1] {
					took += e.Took
				}
				for _, e := range said[2] {
					slow += e.Took
				}
				floor := wireFloor(said[1], timing.Baud, timing.P2)
				t.Logf("%s, plain %s, floor %s, %.2f times", took, slow, floor, float64(took)/float64(floor))
				if float64(took) > most*float64(floor) {
					t.Errorf("a learned car takes %s, %.2f times the floor", took, float64(took)/float64(floor))
				}
			})
		})
	}
}
