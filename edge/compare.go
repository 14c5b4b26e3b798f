package edge

import (
	"encoding/json"

	"pitlane/devices/obd"
	"pitlane/edge/board"
	"pitlane/edge/job"
)

// compareScans is obd.Compare for the board, which knows no device.
func compareScans(before, after job.Scan) board.Comparison {
	var c board.Comparison
	b, err := json.Marshal(obd.Compare(reportOf(before), reportOf(after)))
	if err != nil || json.Unmarshal(b, &c) != nil {
		return board.Comparison{} // a value that JSON does not hold: nothing is said
	}
	return c
}

// reportOf is the report of a scan. Where it is not held whole, its codes are what
// is known, and only what a complete scan did not find is not there.
func reportOf(x job.Scan) *obd.Report {
	var r obd.Report
	if body, err := job.UnpackReport(x.Report); err == nil && json.Unmarshal(body, &r) == nil {
		return &r
	}
	state := obd.Incomplete
	if x.Complete {
		state = obd.OK
	}
	r = obd.Report{}
	at := map[string]int{}
	for _, c := range x.Codes {
		if _, there := at[c.ECU]; !there {
			at[c.ECU] = len(r.ECUs)
			r.ECUs = append(r.ECUs, obd.ECU{ID: c.ECU, Stored: obd.Codes{State: state}, Pending: obd.Codes{State: state}, Permanent: obd.Codes{State: state}})
		}
		e := &r.ECUs[at[c.ECU]]
		list := map[string]*obd.Codes{"stored": &e.Stored, "pending": &e.Pending, "permanent": &e.Permanent}[c.Status]
		if list != nil {
			list.Codes = append(list.Codes, obd.Code{Code: c.Code})
		}
	}
	return &r
}
