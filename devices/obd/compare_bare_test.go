package obd_test

import (
	"testing"

	"pitlane/devices/obd"
)

// bareScan is a scan without headers: a list of stored codes a unit, in order of arrival.
func bareScan(stored ...[]string) *obd.Report {
	r := &obd.Report{}
	for i, codes := range stored {
		e := obd.ECU{ID: "#" + string(rune('1'+i)), Stored: obd.Codes{State: obd.OK}, Pending: obd.Codes{State: obd.OK}, Permanent: obd.Codes{State: obd.Unsupported}}
		if codes == nil {
			e.Stored.State = obd.Incomplete
		}
		for _, c := range codes {
			e.Stored.Codes = append(e.Stored.Codes, obd.Code{Code: c})
		}
		r.ECUs = append(r.ECUs, e)
	}
	return r
}

// Without headers a number is an order of arrival, which varies.
func TestUnitsWithoutHeadersAreNotComparedByTheirNumber(t *testing.T) {
	none := []string{}
	for name, c := range map[string]struct {
		before, after *obd.Report
		want          string
	}{
		"the other one spoke first":  {bareScan([]string{"P0133"}, none), bareScan(none, []string{"P0133"}), obd.CodeStill},
		"none of them has it":        {bareScan([]string{"P0133"}, none), bareScan(none, none), obd.CodeGone},
		"one of them was not read":   {bareScan([]string{"P0133"}, none), bareScan(none, nil), obd.CodeUnknown},
		"nor this one":               {bareScan([]string{"P0133"}, none), bareScan(nil, none), obd.CodeUnknown},
		"it came":                    {bareScan(none, none), bareScan(none, []string{"P0133"}), obd.CodeNew},
		"one unit, then another too": {bareScan([]string{"P0133"}), bareScan(none, []string{"P0133"}), obd.CodeStill},
		"one unit says nothing now":  {bareScan([]string{"P0133"}, none), bareScan(none), obd.CodeUnknown},
	} {
		got := obd.Compare(c.before, c.after)
		if len(got.Codes) != 1 || got.Codes[0].Change != c.want {
			t.Errorf("%s: %+v, want %s", name, got.Codes, c.want)
		}
	}
	if got := obd.Compare(bareScan([]string{"P0133"}), bareScan(none)); len(got.Codes) != 1 || got.Codes[0].ECU != "#1" {
		t.Errorf("one unit has lost its name: %+v", got.Codes)
	}
}
