package desk_test

import (
	"net/http"
	"testing"

	"pitlane/edge/board"
	"pitlane/edge/job"
)

// scanned writes a whole scan as the bay does.
func (f *front) scanned(id, scan, vin string, other bool, codes ...job.Code) {
	f.t.Helper()
	payloads := []job.Payload{
		job.ScanStarted{Scan: scan, Bay: "1", By: "te"},
		job.ScanCompleted{Scan: scan, Bay: "1", VIN: vin, Adapter: "a", Protocol: "p", Complete: true, Codes: append([]job.Code{}, codes...)},
	}
	if other {
		payloads = append(payloads, job.CarMismatched{Scan: scan})
	}
	for _, p := range payloads {
		if err := f.keys.write(f.t.Context(), id, p, fresh()); err != nil {
			f.t.Fatal(err)
		}
	}
	f.until("the scan", id, func(s job.State) bool {
		last := len(s.Scans) - 1
		return last >= 0 && s.Scans[last].ID == scan && s.Scans[last].State == job.ScanDone && s.Scans[last].Mismatch == other
	})
}

// TestNothingIsDoneToACarThatIsNotTheJobs: work waits until a person at the bay or
// the desk has said whose car it is.
func TestNothingIsDoneToACarThatIsNotTheJobs(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	id, _ := f.checkedIn()
	f.must("desk/assign", staff(id, object{"bay": "1", "lead": "te"}))
	f.must("bay/receive", staff(id, nil))
	decide := func(scan, decision, reason string) object {
		return staff(id, object{"scan": scan, "decision": decision, "reason": reason})
	}
	f.refused("bay/mismatch", decide("s1", job.SameCar, "so it is"), http.StatusConflict, "not_mismatched")
	f.scanned(id, "s1", "LSVAA4182E2XX0001", false, job.Code{ECU: "7E8", Code: "P0133", Status: "stored"})
	f.scanned(id, "s2", "1HGXX1234XX000002", true)
	f.refused("bay/start", staff(id, nil), http.StatusConflict, "mismatch")
	f.refused("bay/mismatch", decide("s2", job.SameCar, ""), http.StatusConflict, "no_reason")
	f.refused("bay/mismatch", decide("s2", "maybe", "x"), http.StatusBadRequest, "not_one_of")
	f.refused("bay/mismatch", object{"job": id, "by": "nobody", "scan": "s2", "decision": job.WrongCar}, http.StatusForbidden, "unknown_person")
	f.must("bay/mismatch", decide("s2", job.WrongCar, ""))
	f.refused("desk/mismatch", decide("s2", job.SameCar, "no"), http.StatusConflict, "already")
	f.refused("bay/start", staff(id, nil), http.StatusConflict, "not_received")
	f.must("bay/receive", staff(id, nil))
	f.scanned(id, "s3", "LSVAA4182E2XX0009", true)
	f.must("desk/mismatch", decide("s3", job.SameCar, "the control unit was exchanged"))
	f.must("bay/start", staff(id, nil))
	if s := f.state(id); s.VIN != "LSVAA4182E2XX0009" || s.Scans[2].DecidedBy != "sa" {
		t.Error("the number of the exchanged unit is not the job's now")
	}
}

// TestThePickUpTellsNothingOfAnotherCar: what the customer is shown before and after
// is of his own car.
func TestThePickUpTellsNothingOfAnotherCar(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	id, code := f.checkedIn()
	f.scanned(id, "s1", "LSVAA4182E2XX0001", false, job.Code{ECU: "7E8", Code: "P0133", Status: "stored"})
	f.scanned(id, "s2", "1HGXX1234XX000002", true, job.Code{ECU: "7E8", Code: "P0700", Status: "stored"})
	v := f.must("pickup/open", object{"code": code})
	if v["codes_after"] != nil || v["changes"] != nil || len(v["codes_before"].([]any)) != 1 {
		t.Errorf("before %v, after %v, changes %v", v["codes_before"], v["codes_after"], v["changes"])
	}
	f.scanned(id, "s3", "LSVAA4182E2XX0001", false)
	v = f.must("pickup/open", object{"code": code})
	changes, _ := v["changes"].(object)
	if changes == nil || changes["clear"] != true || changes["complete"] != true || len(changes["codes"].([]any)) != 1 {
		t.Errorf("changes %v, want those of s1 and s3", changes)
	}
}

// held puts two scans side by side as the board's users do here.
func held(before, after job.Scan) board.Comparison {
	c := board.Comparison{Before: board.Side{Complete: before.Complete}, After: board.Side{Complete: after.Complete}, Clear: len(after.Codes) == 0}
	for _, x := range before.Codes {
		c.Codes = append(c.Codes, board.CodeChange{ECU: x.ECU, Code: x.Code, Change: "gone"})
	}
	return c
}
