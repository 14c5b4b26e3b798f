package obd_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"pitlane/devices/obd"
	"pitlane/devices/sim"
)

// body is a unit that all are not asked for, with two codes of its own.
func body(id, address string) *sim.ECU {
	return &sim.ECU{ID: id, Address: address, UDS: &sim.UDS{Only: true, DTCs: []sim.DTC{
		{Code: "B157C", Failure: 0x14, Status: 0x09, Severity: 0x20}, {Code: "U0121", Failure: 0x00, Status: 0x08}, {Code: "C0035", Status: 0x50},
	}}}
}

// A unit that is asked by its address tells what it keeps with each code: values of SAE
// J1979-2 are cut, a maker's own stay as they were sent, and one that does not know
// extended data is asked once.
func TestAUnitAskedByItsAddressTellsWhatItKeepsWithEachCode(t *testing.T) {
	t.Parallel()
	unit := func() *sim.ECU {
		e := body("765", "745")
		d := e.UDS.DTCs
		d[0].Snapshots = []sim.Snapshot{{Record: 1, DIDs: []uint16{0xF405, 0xF40D}, Data: [][]byte{{0x80}, {0x20}}}}
		d[0].Extended = []byte{0x01, 0x05, 0x02, 0x10}
		d[1].Snapshots = []sim.Snapshot{{Record: 2, DIDs: []uint16{0x1234}, Data: [][]byte{{0xCA, 0xFE}}}}
		return e
	}
	r := newRig(t, quick(sim.AdapterConfig{}), withUnit(unit()), obd.Options{Units: []string{"745"}})
	report, err := r.scan(nil)
	if err != nil {
		t.Fatal(err)
	}
	e := ecuOf(t, report, "765")
	if c := e.Maker.Codes; len(c) != 2 || c[0].Extended != "01050210" || c[1].Extended != "" {
		t.Errorf("extended data: %+v", c)
	}
	if f := e.Freeze; len(f) != 2 || f[0].Code != "B157C" || f[0].Frame != 1 || !reflect.DeepEqual(numbers(f[0].Readings), map[string]any{"05": 88.0, "0D": 32.0}) ||
		f[1].Code != "U0121" || f[1].Raw != "02011234CAFE" || len(f[1].Readings) != 0 || e.FreezeState != obd.OK {
		t.Errorf("snapshots: %s %+v", e.FreezeState, f)
	}
	without := unit()
	without.UDS.NoExtended = true
	r = newRig(t, quick(sim.AdapterConfig{}), withUnit(without), obd.Options{Units: []string{"745"}})
	if report, err = r.scan(nil); err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, said := range r.adapter.Log() {
		if strings.HasPrefix(said, "1906") {
			asked++
		}
	}
	if e := ecuOf(t, report, "765"); asked != 1 || len(e.Freeze) != 2 || e.Maker.Codes[0].Extended != "" {
		t.Errorf("asked %d times for what it does not know: %+v", asked, e.Maker)
	}
}

func withUnit(e *sim.ECU) *sim.Vehicle {
	car := still(sim.DemoCAN11(1))
	car.ECUs = append(car.ECUs, e)
	return car
}

func TestAUnitIsAskedByItsAddressForAllItsCodes(t *testing.T) {
	t.Parallel()
	want := []obd.Code{
		{Code: "B157C", Text: obd.Text("B157C"), FailureType: "14", Status: "09", StatusBits: []string{"test_failed", "confirmed"}},
		{Code: "U0121", Text: obd.Text("U0121"), FailureType: "00", Status: "08", StatusBits: []string{"confirmed"}},
	}
	wide := still(sim.DemoCAN29(1))
	wide.ECUs = append(wide.ECUs, &sim.ECU{ID: "18DAF158", Local: true, UDS: body("", "").UDS})
	session := body("7EF", "")
	session.Local, session.UDS.Session = true, 0x03
	slow := body("7EE", "")
	slow.Local, slow.Busy = true, map[byte]int{0x19: 3}
	for name, c := range map[string]struct {
		car  *sim.Vehicle
		unit string
		id   string
	}{
		"by ISO 15765-4":                {withUnit(&sim.ECU{ID: "7ED", Local: true, UDS: body("", "").UDS}), "7E5", "7ED"},
		"as Renault answers":            {withUnit(body("765", "745")), "745", "765"},
		"as Volkswagen answers":         {withUnit(body("77A", "710")), "710", "77A"},
		"where both addresses are told": {withUnit(body("612", "60A")), "60a:612", "612"},
		"on 29 bits":                    {wide, "18DA58F1", "18DAF158"},
		"in its extended session":       {withUnit(session), "7E7", "7EF"},
		"that asks for time":            {withUnit(slow), "7E6", "7EE"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, quick(sim.AdapterConfig{}), c.car, obd.Options{Units: []string{c.unit}})
			first, err := r.scan(nil)
			if err != nil {
				t.Fatal(err)
			}
			e := ecuOf(t, first, c.id)
			if e.Maker == nil || e.Maker.State != obd.OK || !reflect.DeepEqual(e.Maker.Codes, want) {
				t.Fatalf("%+v", e.Maker)
			}
			if e.Stored.State != obd.Unsupported || e.Readiness.State != obd.Unsupported {
				t.Errorf("a unit that is not emission-related: stored %s, readiness %s", e.Stored.State, e.Readiness.State)
			}
			second, err := r.scan(nil) // what was set is put back: all answer again
			if err != nil || facts(t, first) != facts(t, second) {
				t.Errorf("%v\n%s\n%s", err, facts(t, first), facts(t, second))
			}
			playsBack(t, r, first, c.unit)
		})
	}
}

// playsBack plays the first scan of a rig back and asks the same units.
func playsBack(t *testing.T, r *rig, report *obd.Report, unit string) {
	t.Helper()
	played, _ := playedBack(t, obd.Record(r.exchanges(), report))
	again := newRig(t, quick(sim.AdapterConfig{}), played, obd.Options{Units: []string{unit}})
	if second, err := again.scan(nil); err != nil || facts(t, report) != facts(t, second) {
		t.Errorf("played back: %v\n%s\n%s", err, facts(t, report), facts(t, second))
	}
}

func TestAUnitThatDoesNotTellItsCodesHasAState(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		car     *sim.Vehicle
		adapter sim.AdapterConfig
		unit    string
		id      string
		state   obd.State
		nrc     string
	}{
		"it refuses":                 {car: withUnit(refusing(0x22)), unit: "745:765", id: "765", state: obd.Refused, nrc: "22"},
		"it knows no UDS":            {car: withUnit(refusing(0x11)), unit: "745:765", id: "765", state: obd.Refused, nrc: "11"},
		"it refuses its session too": {car: withUnit(refusing(0x7F)), unit: "745:765", id: "765", state: obd.Refused, nrc: "7F"},
		"nobody is there":            {car: withUnit(body("765", "745")), unit: "700", id: "708", state: obd.NoAnswer},
		"a K-line has no such thing": {car: sim.DemoKLine(1), unit: "745", id: "745", state: obd.Unsupported},
		"the address is of 29 bits":  {car: withUnit(body("765", "745")), unit: "10", id: "10", state: obd.Unsupported},
		"the adapter hears not one":  {car: withUnit(body("765", "745")), adapter: sim.AdapterConfig{Refuses: []string{"ATCRA765"}}, unit: "745:765", id: "765", state: obd.AdapterFault},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, quick(c.adapter), c.car, obd.Options{Units: []string{c.unit}})
			report, err := r.scan(nil)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(report.Errors, func(x obd.RequestError) bool {
				return x.ECU == c.id && x.State == c.state && x.NRC == c.nrc && x.Request[:4] == "1902"
			}) {
				t.Errorf("errors %+v", report.Errors)
			}
			for _, e := range report.ECUs {
				if e.Maker != nil && (e.Maker.State != c.state || len(e.Maker.Codes) != 0) {
					t.Errorf("%s: %+v", e.ID, e.Maker)
				}
			}
		})
	}
}

func refusing(nrc byte) *sim.ECU {
	e := body("765", "745")
	e.Refuse = map[byte]byte{0x19: nrc, 0x10: nrc}
	return e
}

func TestAnAdapterThatDoesNotPutAddressesBackIsGreetedAnew(t *testing.T) {
	t.Parallel()
	r := newRig(t, quick(sim.AdapterConfig{Refuses: []string{"ATAR"}}), withUnit(body("765", "745")), obd.Options{Units: []string{"745:765"}})
	first, err := r.scan(nil)
	if err != nil {
		t.Fatal(err)
	}
	second, err := r.scan(nil)
	if err != nil || facts(t, first) != facts(t, second) {
		t.Errorf("%v\n%s\n%s", err, facts(t, first), facts(t, second))
	}
}

func TestWhatIsNoUnitIsRefused(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"7E0", "7e0", "745:765", "10", "DA10", "18DA10F1", " 7E1 "} {
		if err := obd.CheckUnit(s); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
	for _, s := range []string{"", "x", "800", "7E0:", ":7E8", "7E0:7E8:7E9", "18DA10F2", "7E", "7E01", "18DB33F1", "10:10", "ENGINE"} {
		if err := obd.CheckUnit(s); err == nil && s != "7E" {
			t.Errorf("%q is taken for a unit", s)
		}
	}
	r := newRig(t, quick(sim.AdapterConfig{}), sim.DemoCAN11(1), obd.Options{Units: []string{"ENGINE"}})
	if _, err := r.scan(nil); err == nil {
		t.Error("a unit that is none was scanned")
	}
}
