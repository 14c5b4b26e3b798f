package desk_test

import (
	"net/http"
	"testing"

	"pitlane/edge/job"
)

func TestOnlyAVisitThatIsOverIsErased(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	id, code := f.checkedIn()
	f.refused("desk/erase", staff(id, object{"reason": "asked for it"}), http.StatusConflict, "open")
	f.refused("desk/erase", object{"job": id, "by": "te", "reason": "asked for it"}, http.StatusForbidden, "not_your_role")
	f.refused("desk/erase", staff("nosuchjob", object{"reason": "asked for it"}), http.StatusNotFound, "unknown_job")
	f.repaired(id)
	f.must("pickup/key", object{"code": code, "strokes": strokes()})
	f.until("the car is handed back", id, func(s job.State) bool { return s.Back })
	f.must("desk/erase", staff(id, object{"reason": "asked for it", "contact_only": true}))
	f.until("contact is erased", id, func(s job.State) bool { return s.ContactErased && s.Name == "" && s.Plate != "" })
	f.must("desk/erase", staff(id, object{"reason": "asked for it"}))
	f.until("everything is erased", id, func(s job.State) bool { return s.Erased && s.Plate == "" && s.Phase == job.PhaseLeft })
}
