package obd

import "testing"

// Without headers "#1" of the first reading need not be "#1" of the second: no unit is
// cleared while any of them has the code.
func TestClearingWithoutHeadersIsJudgedAsAWhole(t *testing.T) {
	t.Parallel()
	scan := func(stored ...string) *Report {
		r := &Report{}
		for i, code := range stored {
			e := ECU{ID: "#" + string(rune('1'+i)), Stored: Codes{State: OK}, Pending: Codes{State: OK}, Permanent: Codes{State: OK}}
			if code != "" {
				e.Stored.Codes = []Code{{Code: code}}
			}
			r.ECUs = append(r.ECUs, e)
		}
		return r
	}
	ok, refused := ECUAnswer{State: OK}, ECUAnswer{State: Refused, NRC: "22"}
	for name, c := range map[string]struct {
		before, after *Report
		one, two      ECUAnswer
		want          ClearOutcome
	}{
		"the other one spoke first": {scan("P0133", ""), scan("", "P0133"), ok, ok, ClearFailed},
		"both are empty":            {scan("P0133", ""), scan("", ""), ok, ok, ClearDone},
		"one of them refused":       {scan("P0133", ""), scan("", ""), ok, refused, ClearRefused},
		"one is not heard again":    {scan("P0133", ""), scan(""), ok, ok, ClearUnknown},
	} {
		out := Cleared{Before: c.before, After: c.after}
		out.judge(Answer{Order: []string{"#1", "#2"}, ECUs: map[string]ECUAnswer{"#1": c.one, "#2": c.two}})
		if out.Outcome != c.want {
			t.Errorf("%s: %s %+v, want %s", name, out.Outcome, out.ECUs, c.want)
		}
	}
}
