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
