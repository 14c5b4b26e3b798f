package board_test

import (
	"encoding/json"
	"testing"

	"pitlane/edge/board"
	"pitlane/edge/job"
)

// TestTwoScansAreShownSideBySide: at the bay with the values, at the desk without,
// and nowhere else; what they are made of is asked once.
func TestTwoScansAreShownSideBySide(t *testing.T) {
	m := newMemory()
	checkIn(t, m, "j1", "A001", 4)
	scan := func(id string) []job.Payload {
		return []job.Payload{job.ScanStarted{Scan: id, Bay: "1"}, job.ScanCompleted{Scan: id, Bay: "1", VIN: "LSVAA4182E2XX0001", Complete: true, Codes: []job.Code{}}}
	}
	m.tell(t, reception, "j1", job.BayAssigned{Bay: "1", Lead: "te1"}, job.CarReceived{Bay: "1", By: "te1"})
	m.tell(t, bay1, "j1", append(scan("s1"), scan("s2")...)...)
	m.tell(t, bay1, "j1", append(scan("s3"), job.CarMismatched{Scan: "s3"})...)
	cfg := config(m)
	asked := 0
	cfg.Compare = func(before, after job.Scan) board.Comparison {
		asked++
		if before.ID != "s1" || after.ID != "s2" {
			t.Errorf("%s is held against %s, want s1 and s2: s3 is another car's", before.ID, after.ID)
		}
		return board.Comparison{Clear: true, Codes: []board.CodeChange{{ECU: "7E8", Code: "P0133", Change: "gone"}},
			Readings: []board.ReadingPair{{PID: "0C", Before: json.RawMessage("1"), After: json.RawMessage("2")}}}
	}
	b := running(t, cfg)
	bay := body(t, b, board.Bay, func(v board.BayView) bool { return v.Job != nil && len(v.Job.Scans) == 3 })
	if c := bay.Job.Compare; c == nil || c.Before.ID != "s1" || c.After.ID != "s2" || c.After.At.IsZero() || len(c.Readings) != 1 || c.Codes[0].Plain == nil {
		t.Errorf("the bay sees %+v", bay.Job.Compare)
	}
	if w := bay.Job.Wrong; w == nil || w.Scan != "s3" || w.Expected != "LSV…0001" || w.Found != "LSV…0001" {
		t.Errorf("the bay is told of the other car: %+v", w)
	}
	if !bay.Job.Scans[2].OtherCar || bay.Job.Scans[0].OtherCar || bay.Job.Locked != string(job.Mismatched) && bay.Job.Locked != string(job.NoOrder) {
		t.Errorf("scans %+v, locked %q", bay.Job.Scans, bay.Job.Locked)
	}
	desk := body(t, b, board.Desk, func(v board.DeskView) bool { return len(v.Jobs) == 1 && len(v.Jobs[0].Scans) == 3 })
	if c := desk.Jobs[0].Compare; c == nil || len(c.Codes) != 1 || c.Readings != nil || desk.Jobs[0].Wrong == nil {
		t.Errorf("the desk sees %+v", c)
	}
	if asked != 1 {
		t.Errorf("the reports were unpacked %d times, want once", asked)
	}
}

func TestMaskVIN(t *testing.T) {
	for vin, want := range map[string]string{"LSVAA4182E2XX0001": "LSV…0001", "": "", "SHORT": "", "12345678901": "123…8901"} {
		if got := board.MaskVIN(vin); got != want {
			t.Errorf("%d characters: %q, want %q", len(vin), got, want)
		}
	}
}
