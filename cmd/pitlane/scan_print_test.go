package main

import (
	"bytes"
	"strings"
	"testing"

	"pitlane/devices/obd"
)

func TestWhatDidNotPassComesFirst(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := printReport(&out, &obd.Report{Requests: 1, ECUs: []obd.ECU{{
		ID: "7E8", Stored: obd.Codes{State: obd.OK, Codes: []obd.Code{{Code: "P0301"}}}, FreezeState: obd.Refused, TestsState: obd.OK,
		Tests: []obd.Test{
			{MID: "21", TID: "84", Value: 18, Max: 64, Passed: true},
			{MID: "35", TID: "81", Passed: true, NotRun: true},
			{MID: "A2", TID: "0B", Unit: "counts", Value: 7, Max: 3},
			{TID: "02", Component: "05", Value: 16, Max: 32, Passed: true},
		},
		Info: obd.Info{CVNs: []string{"1791BC82"}},
	}, {ID: "7E9", TestsState: obd.Incomplete}}})
	if err != nil {
		t.Fatal(err)
	}
	rest := out.String()
	for _, want := range []string{
		"Check no.  1791BC82", "Freeze     refused", "2 passed, 1 failed, 1 not run yet", "A2/0B     failed      7 (0 to 3) counts",
		"21/84     passed", "02/05     passed", "35/81     not run yet", "7E9", "Tests      not known: the answer was incomplete",
	} {
		_, after, ok := strings.Cut(rest, want)
		if !ok {
			t.Fatalf("%q does not come next in:\n%s", want, out.String())
		}
		rest = after
	}
}
