package obd_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pitlane/devices/obd"
)

// listed is a list of codes that was read.
func listed(codes ...string) obd.Codes {
	c := obd.Codes{State: obd.OK}
	for _, x := range codes {
		c.Codes = append(c.Codes, obd.Code{Code: x})
	}
	return c
}

// unit is an ECU that answered everything and has these stored codes.
func unit(codes ...string) obd.ECU {
	return obd.ECU{
		ID: "7E8", Stored: listed(codes...), Pending: listed(), Permanent: obd.Codes{State: obd.Unsupported},
		Readiness: obd.Readiness{State: obd.OK, MIL: len(codes) > 0, Monitors: []obd.Monitor{{Name: "catalyst", Supported: true, Complete: true}, {Name: "evap"}}},
	}
}

func changed(e obd.ECU, f func(*obd.ECU)) obd.ECU { f(&e); return e }

func TestCompare(t *testing.T) {
	refused := func(e *obd.ECU) { e.Pending = obd.Codes{State: obd.Refused} }
	cleared := func(e *obd.ECU) { e.Readiness.Monitors = []obd.Monitor{{Name: "catalyst", Supported: true}} }
	permanent := func(e *obd.ECU) { e.Permanent = listed("P0133") }
	for name, c := range map[string]struct {
		before, after []obd.ECU
		codes         string // code change was/is before-lists>after-lists
		clear         bool
	}{
		"gone":                                 {[]obd.ECU{unit("P0133")}, []obd.ECU{unit()}, "P0133 gone yes/no stored>", true},
		"gone, but nothing has run since":      {[]obd.ECU{unit("P0133")}, []obd.ECU{changed(unit(), cleared)}, "P0133 gone yes/no stored> untested", true},
		"still":                                {[]obd.ECU{unit("P0133")}, []obd.ECU{unit("P0133")}, "P0133 still yes/yes stored>stored", false},
		"new":                                  {[]obd.ECU{unit()}, []obd.ECU{unit("P0133")}, "P0133 new no/yes >stored", false},
		"one list was refused afterwards":      {[]obd.ECU{unit("P0133")}, []obd.ECU{changed(unit(), refused)}, "P0133 unknown yes/unknown stored>", false},
		"one list was refused before":          {[]obd.ECU{changed(unit(), refused)}, []obd.ECU{unit("P0133")}, "P0133 unknown unknown/yes >stored", false},
		"a unit that did not speak again":      {[]obd.ECU{unit("P0133")}, nil, "P0133 unknown yes/unknown stored>", false},
		"a unit that spoke for the first time": {nil, []obd.ECU{unit("P0133")}, "P0133 unknown unknown/yes >stored", false},
		"only permanent any more":              {[]obd.ECU{changed(unit("P0133"), permanent)}, []obd.ECU{changed(unit(), permanent)}, "P0133 still yes/yes stored,permanent>permanent", false},
		"a list that is not known any more":    {[]obd.ECU{changed(unit(), permanent)}, []obd.ECU{unit()}, "P0133 unknown yes/unknown permanent>", false},
		"no codes":                             {[]obd.ECU{unit()}, []obd.ECU{unit()}, "", true},
		"no unit at all":                       {nil, nil, "", false},
		"what is to be looked at is first":     {[]obd.ECU{unit("P0001", "P0002")}, []obd.ECU{unit("P0002", "P0003")}, "P0003 new no/yes >stored; P0002 still yes/yes stored>stored; P0001 gone yes/no stored>", false},
	} {
		got := obd.Compare(&obd.Report{ECUs: c.before}, &obd.Report{ECUs: c.after})
		var said []string
		for _, x := range got.Codes {
			s := x.Code + " " + x.Change + " " + x.Was + "/" + x.Is + " " + strings.Join(x.Before, ",") + ">" + strings.Join(x.After, ",")
			if x.Untested {
				s += " untested"
			}
			said = append(said, s)
		}
		if s := strings.Join(said, "; "); s != c.codes || got.Clear != c.clear {
			t.Errorf("%s: %q clear %v, want %q %v", name, s, got.Clear, c.codes, c.clear)
		}
	}
}

// TestNothingIsClearAfterAScanThatFailed: the units that had answered by then had
// no codes, but nobody knows of the others.
func TestNothingIsClearAfterAScanThatFailed(t *testing.T) {
	got := obd.Compare(&obd.Report{ECUs: []obd.ECU{unit()}}, &obd.Report{ECUs: []obd.ECU{unit()}, Error: &obd.Failure{Kind: "interrupted"}})
	if got.Clear || got.After.Complete || !got.Before.Complete {
		t.Errorf("clear %v, before %+v, after %+v", got.Clear, got.Before, got.After)
	}
}

func TestCompareReadinessAndReadings(t *testing.T) {
	rpm, temp := "engine_rpm", "coolant"
	before, after := unit("P0133"), unit()
	before.Readings = []obd.Reading{{PID: "0C", Name: &rpm, Value: 900.0, Unit: "rpm"}, {PID: "05", Name: &temp, Value: 20.0, Unit: "°C"}}
	after.Readings = []obd.Reading{{PID: "0C", Name: &rpm, Value: 760.0, Unit: "rpm"}, {PID: "FE", Raw: "0102"}}
	after.Readiness.Monitors = []obd.Monitor{{Name: "catalyst", Supported: true}, {Name: "evap"}, {Name: "egr", Supported: true}}
	got := obd.Compare(&obd.Report{ECUs: []obd.ECU{before}}, &obd.Report{ECUs: []obd.ECU{after}})
	if want := []obd.MonitorChange{{"7E8", "catalyst", "complete", "incomplete"}, {"7E8", "egr", "unknown", "incomplete"}}; !slices.Equal(got.Readiness, want) {
		t.Errorf("readiness %v, want %v", got.Readiness, want)
	}
	want := []obd.ReadingChange{
		{ECU: "7E8", PID: "05", Name: temp, Unit: "°C", Before: 20.0}, {ECU: "7E8", PID: "0C", Name: rpm, Unit: "rpm", Before: 900.0, After: 760.0},
		{ECU: "7E8", PID: "FE", After: "0102"},
	}
	if !reflect.DeepEqual(got.Readings, want) {
		t.Errorf("readings %v, want %v", got.Readings, want)
	}
	if got.Before.MIL != "on" || got.After.MIL != "off" {
		t.Errorf("the lamp was %s and is %s", got.Before.MIL, got.After.MIL)
	}
	if mute := obd.Compare(nil, nil); mute.Before.MIL != "unknown" || mute.Clear {
		t.Errorf("of nothing it says %+v", mute)
	}
	if b, err := json.Marshal(obd.Compare(nil, nil)); err != nil || strings.Contains(string(b), "null") {
		t.Errorf("%s %v", b, err)
	}
}
