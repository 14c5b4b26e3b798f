package obd_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"pitlane/devices/obd"
	"pitlane/devices/sim"
)

// asked are the requests of a scan to the car, without count digits.
func asked(r *rig) []string {
	var out []string
	for _, e := range r.exchanges() {
		if !strings.HasPrefix(e.Request, "AT") && !strings.HasPrefix(e.Request, "ST") {
			out = append(out, e.Request[:len(e.Request)&^1])
		}
	}
	return out
}

func TestACarOfJ1979_2IsFoundAndReadWhole(t *testing.T) {
	t.Parallel()
	report, r := scanned(t, still(sim.DemoUDS(1)))
	if p := report.Protocol; p.Standard != "SAE J1979-2" || p.Number != "6" || report.VIN.Value != "LSVAA4182E2XX0004" {
		t.Errorf("%+v %s", p, report.VIN.State)
	}
	e := ecuOf(t, report, "7E8")
	for _, l := range []struct {
		name string
		got  obd.Codes
		want []string
	}{{"stored", e.Stored, []string{"ok", "P0133"}}, {"pending", e.Pending, []string{"ok", "P0133", "P0171"}}, {"permanent", e.Permanent, []string{"ok", "P0133"}}} {
		if !slices.Equal(codes(l.got), l.want) {
			t.Errorf("%s: %s %v, want %v", l.name, l.got.State, codes(l.got), l.want)
		}
	}
	want := obd.Code{
		Code: "P0171", Text: obd.Text("P0171"), FailureType: "00", Status: "27", Severity: "maintenance_only", Class: "B1",
		StatusBits: []string{"test_failed", "test_failed_this_cycle", "pending", "failed_since_clear"},
	}
	if !reflect.DeepEqual(e.Pending.Codes[1], want) {
		t.Errorf("got %+v, want %+v", e.Pending.Codes[1], want)
	}
	if !e.Readiness.MIL || e.Readiness.Count != 1 || len(e.Readiness.Monitors) != 11 {
		t.Errorf("readiness %+v", e.Readiness)
	}
	if got, want := e.Readiness.Groups, []obd.Group{{"01", "components", 1, false}, {"02", "", 1, true}, {"03", "", 1, true}}; !slices.Equal(got, want) {
		t.Errorf("groups %v, want %v", got, want)
	}
	if len(e.Freeze) != 1 || e.Freeze[0].Code != "P0133" || e.FreezeState != obd.OK {
		t.Fatalf("%s %+v", e.FreezeState, e.Freeze)
	}
	if got, want := numbers(e.Freeze[0].Readings), (map[string]any{"04": 35.294118, "05": 83.0, "0C": 1726.0, "0D": 50.0}); !reflect.DeepEqual(got, want) {
		t.Errorf("snapshot %v, want %v", got, want)
	}
	if len(e.Tests) != 3 || e.Tests[1].Passed || e.Tests[1].MID != "01" || e.Tests[1].Value != 1.024 || e.Tests[2].TID != "84" {
		t.Errorf("tests %+v", e.Tests)
	}
	info := obd.Info{State: obd.OK, CalibrationIDs: []string{"06L906026XX", "06L907426XX"}, CVNs: []string{"1791BC82"}, Name: "ECM-EngineControl",
		More: []obd.InfoItem{{Kind: "10", Name: "protocol_identification", Value: "SAE J1979-2", Raw: "01"}}}
	if !reflect.DeepEqual(e.Info, info) {
		t.Errorf("info %+v", e.Info)
	}
	// The same engine as a car of SAE J1979 gives the same values.
	old, _ := scanned(t, still(sim.DemoCAN11(1)))
	got, same := numbers(e.Readings), numbers(ecuOf(t, old, "7E8").Readings)
	delete(got, "F501")
	if !reflect.DeepEqual(got, same) {
		t.Errorf("values %v, want %v", got, same)
	}
	if i := slices.Index(asked(r), "22F400"); i < 0 || !slices.Contains(asked(r), "22F40CF40DF40E") {
		t.Errorf("requests %q", asked(r))
	}
}

// A car of SAE J1979-2 has no F401: its monitors are in F501, and clearing reads them
// from there too.
func TestTheMonitorsOfACarOfUDSAreThoseOfF501(t *testing.T) {
	t.Parallel()
	car := func(f501 ...byte) *sim.Vehicle {
		v := still(sim.DemoUDS(1))
		v.SetEngine(false)
		v.ECUs[0].Monitors = nil
		v.ECUs[0].UDS.DIDs[0xF501] = f501
		return v
	}
	report, r := scanned(t, car(0x82, 0x77, 0x11, 0x01, 0x4C, 0x22))
	got := ecuOf(t, report, "7E8").Readiness
	if got.State != obd.OK || !got.MIL || got.Count != 2 || len(got.Monitors) != 20 || len(got.Groups) != 3 {
		t.Fatalf("%+v", got)
	}
	var there, open []string
	for _, m := range got.Monitors {
		if m.Supported {
			there = append(there, m.Name)
		}
		if m.Supported && !m.Complete {
			open = append(open, m.Name)
		}
	}
	if want := []string{"misfire", "fuel_system", "components", "catalyst", "evaporative_system", "egr_system", "variable_valve_timing", "cold_start_emissions"}; !slices.Equal(there, want) {
		t.Errorf("there are %q, want %q", there, want)
	}
	if want := []string{"misfire", "fuel_system", "components", "catalyst", "egr_system", "cold_start_emissions"}; !slices.Equal(open, want) {
		t.Errorf("not complete are %q, want %q", open, want)
	}
	if slices.ContainsFunc(report.Errors, func(e obd.RequestError) bool { return e.Request == "22F401" && e.ECU == "7E8" }) {
		t.Errorf("what F501 told is an error of F401: %+v", report.Errors)
	}
	if out, err := r.scanner.Clear(t.Context(), obd.ClearOrder{}); err != nil || ecuOf(t, out.After, "7E8").Readiness.State != obd.OK {
		t.Errorf("clearing: %v, the monitors after it %+v", err, out.After)
	}
	for _, other := range [][]byte{nil, {1, 2, 3, 4}, {1, 2, 3, 4, 5, 6, 7}} {
		report, _ := scanned(t, car(other...))
		if got := ecuOf(t, report, "7E8").Readiness; got.State == obd.OK || len(got.Monitors) > 0 {
			t.Errorf("%d bytes are read as %+v", len(other), got)
		}
	}
}

// What a unit tells beside calibrations, numbers and name is kept as it came, by mode 09
// and by F8xx.
func TestWhatAUnitSaysOfItselfIsKeptWhole(t *testing.T) {
	t.Parallel()
	v := still(sim.DemoUDS(1))
	v.ECUs[0].UDS.DIDs[0xF80D] = []byte("ENGINE0000000017X")
	v.ECUs[0].UDS.DIDs[0xF811] = []byte{0x00, 0x05}
	v.ECUs[0].UDS.DIDs[0xF81E] = []byte("A1")
	report, _ := scanned(t, v)
	want := []obd.InfoItem{
		{Kind: "0D", Name: "engine_serial_number", Value: "ENGINE0000000017X", Raw: "454E47494E4530303030303030303137" + "58"},
		{Kind: "10", Name: "protocol_identification", Value: "SAE J1979-2", Raw: "01"},
		{Kind: "11", Name: "gtr_number", Raw: "0005"},
		{Kind: "1E", Raw: "4131"},
	}
	if got := ecuOf(t, report, "7E8").Info.More; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestATruckOfISO27145IsFoundAndReadWhole(t *testing.T) {
	t.Parallel()
	report, _ := scanned(t, still(sim.DemoTruck(1)))
	if p := report.Protocol; p.Standard != "ISO 27145" || p.Number != "9" || report.VIN.State != obd.OK {
		t.Errorf("%+v %s", p, report.VIN.State)
	}
	engine, after := ecuOf(t, report, "18DAF100"), ecuOf(t, report, "18DAF13D")
	if c := engine.Stored.Codes; len(c) != 1 || c[0].Code != "P0401" || c[0].Severity != "check_at_next_halt" || c[0].Class != "B1" {
		t.Errorf("stored %+v", c)
	}
	if c := engine.Pending.Codes; len(c) != 2 || c[1].Code != "P2463" || c[1].FailureType != "1F" || c[1].Class != "C" {
		t.Errorf("pending %+v", c)
	}
	if c := after.Stored.Codes; len(c) != 1 || c[0].Code != "3226-4" || c[0].Class != "B2" || after.Pending.State != obd.OK {
		t.Errorf("codes of SAE J1939-73: %+v", after.Stored)
	}
	if got := engine.Info.CalibrationIDs; !slices.Equal(got, []string{"A4710XX0020"}) {
		t.Errorf("calibrations %q", got)
	}
}

func TestTheStandardIsThatOfTheCar(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		car  *sim.Vehicle
		want string
	}{
		"a car of SAE J1979":          {sim.DemoCAN11(1), "SAE J1979"},
		"a K-line":                    {sim.DemoKLine(1), "SAE J1979"},
		"a car of UDS":                {sim.DemoUDS(1), "SAE J1979-2"},
		"heavy by its kind of OBD":    {heavy(func(e *sim.ECU) { e.PIDs[0x1C] = sim.Fixed(0x15) }), "ISO 27145"},
		"heavy by its own values":     {heavy(func(e *sim.ECU) { e.PIDs[0x91] = sim.Fixed(0, 0, 0, 0, 0) }), "ISO 27145"},
		"heavy by the form of a code": {heavy(func(e *sim.ECU) { e.UDS.Format = 0x02 }), "ISO 27145"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if report, _ := scanned(t, c.car); report.Protocol.Standard != c.want {
				t.Errorf("%q, want %q", report.Protocol.Standard, c.want)
			}
		})
	}
}

func heavy(change func(*sim.ECU)) *sim.Vehicle {
	car := sim.DemoUDS(1)
	change(car.ECUs[0])
	return car
}

func TestACarThatRefusesTheFirstRequestMaySpeakUDS(t *testing.T) {
	t.Parallel()
	car := sim.DemoUDS(1)
	for _, e := range car.ECUs {
		e.Refuse = map[byte]byte{0x01: 0x11}
	}
	report, _ := scanned(t, car)
	if report.Protocol.Standard != "SAE J1979-2" || len(report.ECUs) != 2 {
		t.Errorf("%+v, %d units", report.Protocol, len(report.ECUs))
	}
}

func TestASilentCarIsNotTakenForOneOfUDS(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]sim.Faults{
		"nothing is told":      {Error: "NO DATA"},
		"the bus fails":        {Error: "CAN ERROR"},
		"no protocol is heard": {Error: "UNABLE TO CONNECT"},
		"the supply is low":    {Error: "LV RESET"},
		"the buffer is full":   {Error: "BUFFER FULL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, quick(sim.AdapterConfig{}), sim.DemoUDS(1), obd.Options{})
			r.adapter.SetFaults(fault)
			report, err := r.scan(nil)
			if err == nil || len(report.ECUs) != 0 || report.Protocol.Standard != "" {
				t.Errorf("%v, %d units, %+v", err, len(report.ECUs), report.Protocol)
			}
		})
	}
}

func TestAFactOfUDSThatIsNotToldHasItsState(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*sim.ECU)
		fault  sim.Faults
		state  obd.State
		nrc    string
	}{
		"the service is refused":          {change: func(e *sim.ECU) { e.Refuse = map[byte]byte{0x19: 0x22} }, state: obd.Refused, nrc: "22"},
		"it is for another session":       {change: func(e *sim.ECU) { e.Refuse = map[byte]byte{0x19: 0x7F} }, state: obd.Refused, nrc: "7F"},
		"the unit is silent":              {change: func(e *sim.ECU) { e.Silent = map[byte]bool{0x19: true} }, state: obd.NoAnswer},
		"the unit asks for time for ever": {change: func(e *sim.ECU) { e.Busy = map[byte]int{0x19: 1000} }, state: obd.NoAnswer, nrc: "78"},
		"half a record comes":             {change: func(e *sim.ECU) { e.Extra = map[string]string{"19423308FF": "594233FFFF0422013300"} }, state: obd.Incomplete},
		"another group is told of": {change: func(e *sim.ECU) {
			e.Extra = map[string]string{"19423308FF": "594234FFFF04", "194233081E": "594234FFFF04"}
		}, state: obd.NoAnswer},
		"the bus fails":     {fault: sim.Faults{Only: "1942", Error: "CAN ERROR"}, state: obd.BusFault},
		"the adapter fails": {fault: sim.Faults{Only: "1942", Error: "BUFFER FULL"}, state: obd.AdapterFault},
		"a frame is lost":   {fault: sim.Faults{Only: "1942", HalfLine: true}, state: obd.Incomplete},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			car := sim.DemoUDS(1)
			if c.change != nil {
				c.change(car.ECUs[0])
			}
			report, _ := scanned(t, car, c.fault)
			e := ecuOf(t, report, "7E8")
			if e.Stored.State != c.state || e.Stored.NRC != c.nrc || len(e.Stored.Codes) != 0 {
				t.Errorf("%+v, want %s %s", e.Stored, c.state, c.nrc)
			}
			if !slices.ContainsFunc(report.Errors, func(x obd.RequestError) bool {
				return x.Request == "19423308FF" && x.ECU == "7E8" && x.State == c.state && (c.nrc == "" || x.Message != "")
			}) {
				t.Errorf("errors %+v", report.Errors)
			}
		})
	}
}

func TestAUnitThatKnowsTheStandardsClassesAloneIsAskedForThem(t *testing.T) {
	t.Parallel()
	for units := 1; units <= 2; units++ { // one of them, and both
		car := sim.DemoUDS(1)
		for _, e := range car.ECUs[:units] {
			e.UDS.Classes = true
		}
		car.ECUs[1].UDS.DTCs = []sim.DTC{{Code: "P0741", Status: 0x08, Severity: 0x02}}
		if units == 1 {
			car.ECUs[1].UDS.DTCs[0].Severity = 0x01 // of no class: only FF finds it
		}
		report, _ := scanned(t, car)
		for id, want := range map[string][]string{"7E8": {"ok", "P0133"}, "7E9": {"ok", "P0741"}} {
			if got := codes(ecuOf(t, report, id).Stored); !slices.Equal(got, want) {
				t.Errorf("%d units: %s %v, want %v", units, id, got, want)
			}
		}
	}
}

// P2* is five seconds, and a unit may ask for it again and again (ISO 14229-2 §7.2).
func TestAUnitOfUDSIsWaitedForWhileItAsksForTime(t *testing.T) {
	for n := range 6 {
		synctest.Test(t, func(t *testing.T) {
			car := still(sim.DemoUDS(1))
			car.ECUs[0].Busy = map[byte]int{0x19: n}
			report, _ := virtual(t, sim.Real(), car, obd.Options{})
			if e := ecuOf(t, report, "7E8"); e.Stored.State != obd.OK || !slices.Equal(codes(e.Stored), []string{"ok", "P0133"}) {
				t.Errorf("asked for time %d times: %+v", n, e.Stored)
			}
		})
	}
}

func TestACarOfUDSIsKnownTheNextTime(t *testing.T) {
	t.Parallel()
	cache := t.TempDir() + "/learned.json"
	r := newRig(t, quick(sim.AdapterConfig{}), sim.DemoUDS(1), obd.Options{Port: "bay", Cache: cache})
	if _, err := r.scan(nil); err != nil {
		t.Fatal(err)
	}
	before := len(asked(r))
	if _, err := r.scan(nil); err != nil {
		t.Fatal(err)
	}
	if again := asked(r)[before:]; again[0] != "22F400" || slices.Contains(again, "0100") {
		t.Errorf("asked again with %q", again[:4])
	}
	r.adapter.Plug(sim.DemoCAN29(1)) // another car in the bay
	report, err := r.scan(nil)
	if err != nil || report.Protocol.Standard != "SAE J1979" || len(report.ECUs) != 4 {
		t.Errorf("%v %+v, %d units", err, report.Protocol, len(report.ECUs))
	}
}
