package edge

import (
	"encoding/json"
	"testing"

	"pitlane/devices/obd"
	"pitlane/edge/job"
)

// TestScansAreComparedByTheirReports: whole ones by what each unit said, and one
// whose report is not held by its codes, never by guessing.
func TestScansAreComparedByTheirReports(t *testing.T) {
	report := func(codes ...obd.Code) []byte {
		none := obd.Codes{State: obd.OK, Codes: []obd.Code{}}
		body, err := json.Marshal(obd.Report{ECUs: []obd.ECU{{ID: "7E8", Stored: obd.Codes{State: obd.OK, Codes: codes}, Pending: none, Permanent: none}}})
		if err != nil {
			t.Fatal(err)
		}
		packed, err := job.PackReport(body)
		if err != nil {
			t.Fatal(err)
		}
		return packed
	}
	code := []job.Code{{ECU: "7E8", Code: "P0133", Status: "stored"}}
	whole := job.Scan{ID: "s1", Complete: true, Codes: code, Report: report(obd.Code{Code: "P0133"})}
	clear := job.Scan{ID: "s2", Complete: true, Report: report()}
	for name, c := range map[string]struct {
		before, after job.Scan
		change        string
		clear         bool
	}{
		"both reports are held":       {whole, clear, "gone", true},
		"the second is not held":      {whole, job.Scan{ID: "s2", Complete: true}, "unknown", false},
		"the first is not held":       {job.Scan{ID: "s1", Complete: true, Codes: code}, clear, "gone", true},
		"the first was not whole":     {job.Scan{ID: "s1", Codes: code}, clear, "gone", true},
		"the second has it, not held": {whole, job.Scan{ID: "s2", Codes: code}, "still", false},
		"a report that is no report":  {whole, job.Scan{ID: "s2", Complete: true, Report: []byte("x")}, "unknown", false},
	} {
		got := compareScans(c.before, c.after)
		if len(got.Codes) != 1 || got.Codes[0].Change != c.change || got.Clear != c.clear {
			t.Errorf("%s: %+v clear %v, want %s %v", name, got.Codes, got.Clear, c.change, c.clear)
		}
	}
}
