package desk_test

import (
	"net/http"
	"testing"

	"pitlane/edge/job"
)

// TestAKeyHandedOutAtTheDeskEndsTheVisitOnceItIsSignedFor: in either order, and
// never without the signature (K-209).
func TestAKeyHandedOutAtTheDeskEndsTheVisitOnceItIsSignedFor(t *testing.T) {
	t.Parallel()
	for name, signFirst := range map[string]bool{"signed first": true, "key first": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFront(t)
			id, _ := f.checkedIn()
			f.refused("desk/handback", staff(id, object{"strokes": strokes()}), http.StatusConflict, "no_gatepass")
			f.repaired(id)
			sign := func() { f.must("desk/handback", staff(id, object{"strokes": strokes()})) }
			release := func() {
				f.must("desk/release", staff(id, object{"slot": f.state(id).Key.Slot, "reason": "code lost"}))
				f.until("the key out", id, func(s job.State) bool { return s.Key.Taken })
			}
			f.refused("desk/handback", staff(id, nil), http.StatusBadRequest, "no_signature")
			if signFirst {
				sign()
				sign() // a second tap changes nothing
				release()
			} else {
				release()
				if p := f.state(id).Phase; p != job.PhaseKeyOut {
					t.Fatalf("unsigned, the visit is %s, want key_out", p)
				}
				sign()
			}
			f.until("the end of the visit", id, func(s job.State) bool { return s.Phase == job.PhaseLeft })
		})
	}
}

// TestNoFaultIsOnlyToldWhenEveryUnitSaidSo: what was not read, or not wholly, is
// unknown to the customer too.
func TestNoFaultIsOnlyToldWhenEveryUnitSaidSo(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	id, code := f.checkedIn()
	look := func() (before, after any) {
		v := f.must("pickup/open", object{"code": code})
		return v["codes_before"], v["codes_after"]
	}
	scan := func(n string, complete bool, codes ...job.Code) {
		for _, p := range []job.Payload{job.ScanStarted{Scan: n, Bay: "1", By: "te"},
			job.ScanCompleted{Scan: n, Bay: "1", Adapter: "a", Protocol: "p", Complete: complete, Codes: append([]job.Code{}, codes...)}} {
			if err := f.keys.write(t.Context(), id, p, fresh()); err != nil {
				t.Fatal(err)
			}
		}
		f.until("the scan", id, func(s job.State) bool {
			return len(s.Scans) > 0 && s.Scans[len(s.Scans)-1].ID == n && s.Scans[len(s.Scans)-1].State == "completed"
		})
	}
	if before, after := look(); before != nil || after != nil {
		t.Errorf("never scanned: got %v and %v, want nothing known", before, after)
	}
	scan("s1", false, job.Code{ECU: "7E8", Code: "P0133", Status: "stored"})
	if before, _ := look(); before == nil {
		t.Error("a code that was read is not told")
	}
	scan("s2", false)
	if _, after := look(); after != nil {
		t.Errorf("half read: got %v, want nothing known", after)
	}
	scan("s3", true)
	if _, after := look(); after == nil || len(after.([]any)) != 0 {
		t.Errorf("wholly read: got %v, want no codes", after)
	}
}
