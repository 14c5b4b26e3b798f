package obd_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"pitlane/devices/obd"
	"pitlane/devices/sim"
)

// scanned is the report on a car, with faults if there are any.
func scanned(t *testing.T, car sim.Car, faults ...sim.Faults) (*obd.Report, *rig) {
	t.Helper()
	r := newRig(t, quick(sim.AdapterConfig{}), car, obd.Options{})
	if len(faults) > 0 {
		r.adapter.SetFaults(faults[0])
	}
	report, err := r.scan(nil)
	if err != nil {
		t.Fatal(err)
	}
	return report, r
}

// numbers are readings by PID.
func numbers(readings []obd.Reading) map[string]any {
	out := map[string]any{}
	for _, r := range readings {
		out[r.PID] = r.Value
	}
	return out
}

// failed lists the requests that an ECU did not answer with data, of one service.
func failed(r *obd.Report, ecu, service string) map[string]obd.State {
	out := map[string]obd.State{}
	for _, e := range r.Errors {
		if e.ECU == ecu && strings.HasPrefix(e.Request, service) {
			out[e.Request] = e.State
		}
	}
	return out
}

func TestAFreezeFrameIsShownWithItsCode(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		car    *sim.Vehicle
		ecu    string
		code   string
		values map[string]any
		others map[string]obd.State
	}{
		"11-bit CAN": {
			sim.DemoCAN11(1), "7E8", "P0133", map[string]any{"04": 35.294118, "05": 83.0, "0C": 1726.0, "0D": 50.0},
			map[string]obd.State{"7E9": obd.OK},
		},
		"29-bit CAN": {
			sim.DemoCAN29(1), "18DAF110", "P0301", map[string]any{"05": 88.0, "0C": 775.0, "0D": 0.0},
			map[string]obd.State{"18DAF11D": obd.OK, "18DAF128": obd.OK, "18DAF140": obd.OK},
		},
		"K-line": {sim.DemoKLine(1), "10", "P0300", map[string]any{"05": 70.0, "0C": 722.5}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report, _ := scanned(t, c.car)
			e := ecuOf(t, report, c.ecu)
			if e.FreezeState != obd.OK || len(e.Freeze) != 1 || e.Freeze[0].Frame != 0 || e.Freeze[0].Code != c.code {
				t.Fatalf("%s: %s %+v", c.ecu, e.FreezeState, e.Freeze)
			}
			if got := numbers(e.Freeze[0].Readings); !reflect.DeepEqual(got, c.values) {
				t.Errorf("got %v, want %v", got, c.values)
			}
			for id, want := range c.others {
				if o := ecuOf(t, report, id); o.FreezeState != want || len(o.Freeze) != 0 {
					t.Errorf("%s: %s with %d frames, want %s without any", id, o.FreezeState, len(o.Freeze), want)
				}
			}
		})
	}
}

func TestNoFreezeFrameWithoutTheCodeThatCausedIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		car   func(*sim.ECU)
		fault []sim.Faults
		state obd.State
		nrc   string
	}{
		"the unit refuses":         {func(e *sim.ECU) { e.Refuse = map[byte]byte{0x02: 0x12} }, nil, obd.Refused, "12"},
		"the unit is silent":       {func(e *sim.ECU) { e.Silent = map[byte]bool{0x02: true} }, nil, obd.NoAnswer, ""},
		"another frame is told of": {func(e *sim.ECU) { e.Extra = map[string]string{"020200": "4202010133"} }, nil, obd.Incomplete, ""},
		"the code is cut off":      {func(e *sim.ECU) { e.Extra = map[string]string{"020200": "42020001"} }, nil, obd.Incomplete, ""},
		"the bus fails":            {nil, []sim.Faults{{Only: "0202", Error: "CAN ERROR"}}, obd.BusFault, ""},
		"the adapter fails":        {nil, []sim.Faults{{Only: "0202", Error: "BUFFER FULL"}}, obd.AdapterFault, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			car := sim.DemoCAN11(1)
			if c.car != nil {
				c.car(car.ECUs[0])
			}
			report, _ := scanned(t, car, c.fault...)
			e := ecuOf(t, report, "7E8")
			if e.FreezeState != c.state || len(e.Freeze) != 0 {
				t.Errorf("%s with %d frames, want %s without any", e.FreezeState, len(e.Freeze), c.state)
			}
			if !slices.ContainsFunc(report.Errors, func(x obd.RequestError) bool {
				return x.Request == "020200" && x.ECU == "7E8" && x.State == c.state && x.NRC == c.nrc
			}) {
				t.Errorf("errors %+v", report.Errors)
			}
		})
	}
}

func TestAFreezeValueThatIsNotToldIsMissing(t *testing.T) {
	t.Parallel()
	car := sim.DemoCAN11(1)
	car.ECUs[0].Extra = map[string]string{"020C00": "420C001A", "020D00": "7F0212", "020500": "42050100"}
	report, _ := scanned(t, car)
	e := ecuOf(t, report, "7E8")
	if got, want := numbers(e.Freeze[0].Readings), (map[string]any{"04": 35.294118}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	want := map[string]obd.State{"020C00": obd.Incomplete, "020D00": obd.Refused, "020500": obd.Incomplete}
	if got := failed(report, "7E8", "02"); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTheResultsOfOnBoardTestsAreRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		car  *sim.Vehicle
		want map[string][]obd.Test
	}{
		"11-bit CAN": {sim.DemoCAN11(1), map[string][]obd.Test{
			"7E8": {
				{MID: "01", TID: "80", UAS: "0B", Unit: "V", Value: 0.4, Min: 0.1, Max: 0.9, Passed: true},
				{MID: "21", TID: "84", UAS: "01", Value: 18, Min: 0, Max: 64, Passed: true},
			},
			"7E9": nil,
		}},
		"29-bit CAN": {sim.DemoCAN29(1), map[string][]obd.Test{
			"18DAF110": {{MID: "A2", TID: "0B", UAS: "24", Unit: "counts", Value: 7, Min: 0, Max: 3}},
			"18DAF11D": nil,
		}},
		"K-line": {sim.DemoKLine(1), map[string][]obd.Test{"10": {
			{TID: "01", Component: "11", Value: 291, Max: 512, Passed: true, Raw: "01230200"},
			{TID: "02", Component: "11", Value: 16, Min: 32, Max: 65535, Raw: "00100020"},
			{TID: "05", Component: "01", Unit: "s", Value: 0.072, Max: 0.1, Passed: true, Raw: "120019"},
			{TID: "07", Component: "02", Unit: "V", Value: 0.25, Max: 0.2, Raw: "320028"},
		}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report, _ := scanned(t, c.car)
			for id, want := range c.want {
				e := ecuOf(t, report, id)
				state := obd.OK
				if want == nil {
					state, want = obd.NoAnswer, []obd.Test{}
				}
				if e.TestsState != state || !reflect.DeepEqual(e.Tests, want) {
					t.Errorf("%s: %s %+v\nwant %s %+v", id, e.TestsState, e.Tests, state, want)
				}
			}
		})
	}
}

func TestATestThatIsNotToldIsMissing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		car   func(*sim.ECU)
		fault []sim.Faults
		all   obd.State
		fails map[string]obd.State
		left  []string
	}{
		"one is refused": {
			func(e *sim.ECU) { e.Extra = map[string]string{"0601": "7F0622"} }, nil, obd.OK,
			map[string]obd.State{"0601": obd.Refused}, []string{"21"},
		},
		"one comes half": {nil, []sim.Faults{{Only: "0621", HalfLine: true}}, obd.OK, map[string]obd.State{"0621": obd.Incomplete}, []string{"01"}},
		"one has a record too short": {
			func(e *sim.ECU) { e.Extra = map[string]string{"0601": "4601800B019000640384018101"} }, nil, obd.OK,
			map[string]obd.State{"0601": obd.Incomplete}, []string{"21"},
		},
		"one holds a record of another": {
			func(e *sim.ECU) { e.Extra = map[string]string{"0601": "4601800B01900064038402800B019000640384"} }, nil, obd.OK,
			map[string]obd.State{"0601": obd.Incomplete}, []string{"21"},
		},
		"all are refused": {
			func(e *sim.ECU) { e.Refuse = map[byte]byte{0x06: 0x11} }, nil, obd.Refused,
			map[string]obd.State{"0600": obd.Refused}, nil,
		},
		"none is told": {
			func(e *sim.ECU) { e.Silent = map[byte]bool{0x06: true} }, nil, obd.NoAnswer,
			map[string]obd.State{"0600": obd.NoAnswer}, nil,
		},
		"the bus fails for one": {nil, []sim.Faults{{Only: "0601", Error: "CAN ERROR"}}, obd.OK, map[string]obd.State{"0601": obd.BusFault}, []string{"21"}},
		"the adapter has no room": {
			nil, []sim.Faults{{Only: "0601", Error: "BUFFER FULL"}}, obd.OK, map[string]obd.State{"0601": obd.AdapterFault}, []string{"21"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			car := sim.DemoCAN11(1)
			if c.car != nil {
				c.car(car.ECUs[0])
			}
			report, _ := scanned(t, car, c.fault...)
			e := ecuOf(t, report, "7E8")
			var left []string
			for _, x := range e.Tests {
				left = append(left, x.MID)
			}
			if e.TestsState != c.all || !slices.Equal(left, c.left) {
				t.Errorf("%s with tests of %q, want %s with %q", e.TestsState, left, c.all, c.left)
			}
			if got := failed(report, "7E8", "06"); !reflect.DeepEqual(got, c.fails) {
				t.Errorf("errors %v, want %v", got, c.fails)
			}
		})
	}
}

func TestEachUnitSaysWhatItIs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		car  *sim.Vehicle
		want map[string]obd.Info
	}{
		"11-bit CAN": {sim.DemoCAN11(1), map[string]obd.Info{
			"7E8": {State: obd.OK, CalibrationIDs: []string{"PL06A906032HN"}, Name: "ECM-EngineControl"},
			"7E9": {State: obd.OK, Name: "TCM-Transmission"},
		}},
		"29-bit CAN": {sim.DemoCAN29(1), map[string]obd.Info{
			"18DAF110": {State: obd.OK, CalibrationIDs: []string{"37805-XXX-A010", "37806-XXX-B020"}, Name: "ECM-EngineControl"},
			"18DAF128": {State: obd.OK, Name: "ABS-BrakeControl"},
			"18DAF140": {State: obd.NoAnswer},
		}},
		"K-line": {sim.DemoKLine(1), map[string]obd.Info{"10": {State: obd.OK, CalibrationIDs: []string{"89661-XX010"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report, _ := scanned(t, c.car)
			for id, want := range c.want {
				if e := ecuOf(t, report, id); !reflect.DeepEqual(e.Info, want) {
					t.Errorf("%s: got %+v, want %+v", id, e.Info, want)
				}
			}
		})
	}
}

func TestCheckNumbersAndCountersAreRead(t *testing.T) {
	t.Parallel()
	counters := strings.Repeat("0001", 15)
	car := sim.DemoCAN11(1)
	car.ECUs[0].Extra = map[string]string{
		"0900": "490054400000" /* 02 04 06 0A */, "0906": "4906021791BC8216E062BE",
	}
	car.ECUs[1].Extra = map[string]string{"0900": "490001000000" /* 08 */, "0908": "490810" + "0102" + counters}
	report, _ := scanned(t, car)
	if got, want := ecuOf(t, report, "7E8").Info.CVNs, []string{"1791BC82", "16E062BE"}; !slices.Equal(got, want) {
		t.Errorf("check numbers %q, want %q", got, want)
	}
	info := ecuOf(t, report, "7E9").Info
	if len(info.Counters) != 16 || info.Counters[0] != (obd.Counter{Name: "monitoring_conditions", Value: 0x0102}) ||
		info.Counters[15] != (obd.Counter{Name: "evaporative_system_conditions", Value: 1}) {
		t.Errorf("counters %+v", info.Counters)
	}
	if info.Name != "" { // its bitmap does not list a name
		t.Errorf("it was asked for what it does not have: %q", info.Name)
	}
}

func TestNothingIsAskedTwiceNorWhatIsNotThere(t *testing.T) {
	t.Parallel()
	clean := sim.DemoCAN11(1)
	clean.ECUs[0].Stored, clean.ECUs[0].Permanent, clean.ECUs[0].Freeze = nil, nil, nil
	nameless := sim.DemoCAN11(1)
	nameless.ECUs[0].VIN = ""
	for name, c := range map[string]struct {
		car   *sim.Vehicle
		never []string
	}{
		"a car with codes":    {sim.DemoCAN11(1), []string{"0640", "0906"}},
		"a car without codes": {clean, []string{"02", "0906"}},
		"a car without a VIN": {nameless, nil},
		"several units":       {sim.DemoCAN29(1), []string{"0906", "0908"}},
		"a K-line":            {sim.DemoKLine(1), []string{"0620", "06A0"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, r := scanned(t, c.car)
			asked := map[string]int{}
			for _, e := range r.exchanges() {
				if !strings.HasPrefix(e.Request, "0") || len(e.Request) < 4 {
					continue
				}
				request := e.Request[:len(e.Request)&^1] // without the count of answers
				if service := request[:2]; service == "02" || service == "06" || service == "09" {
					asked[e.Request]++ // a guess of the count may be wrong once
				}
				for _, n := range c.never {
					if strings.HasPrefix(request, n) {
						t.Errorf("%s was asked", request)
					}
				}
			}
			for request, n := range asked {
				if n > 1 {
					t.Errorf("%s was asked %d times", request, n)
				}
			}
			if asked["0600"] != 1 || asked["0900"] != 1 {
				t.Errorf("asked %v", asked)
			}
		})
	}
}

func TestAUnitThatFloodsWithResultsDoesNotFillTheReport(t *testing.T) {
	t.Parallel()
	car := sim.DemoCAN11(1)
	many := map[string]string{"0600": "4600F8000000"}
	for _, mid := range []string{"01", "02", "03", "04", "05"} {
		many["06"+mid] = "46" + strings.Repeat(mid+"800B019000640384", 454)
	}
	car.ECUs[0].Extra = many
	report, _ := scanned(t, car)
	if got, want := len(ecuOf(t, report, "7E8").Tests), 4*454; got != want {
		t.Errorf("%d results, want %d", got, want)
	}
	if got := failed(report, "7E8", "06"); !reflect.DeepEqual(got, map[string]obd.State{"0605": obd.Incomplete}) {
		t.Errorf("errors %v", got)
	}
}
