package desk_test

import (
	"net/http"
	"testing"

	"pitlane/edge/board"
	"pitlane/edge/job"
)

func TestStaffTakesAKeyForWorkByNameAndBringsItBack(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	id, _ := f.checkedIn()
	f.refused("keys/return", staff(id, nil), http.StatusConflict, "already")
	f.refused("keys/take", object{"job": id, "by": "nobody"}, http.StatusForbidden, "unknown_person")
	f.must("keys/take", object{"job": id, "by": "te", "reason": "test drive"})
	if err := f.keys.write(t.Context(), id, job.KeyTaken{Cabinet: "wall", Slot: 3, Authorised: true}, fresh()); err != nil {
		t.Fatal(err)
	}
	f.until("with the technician", id, func(s job.State) bool { return s.Key.Where == job.WhereTechnician && s.Key.Holder == "te" })
	f.refused("keys/take", staff(id, nil), http.StatusConflict, "key_not_in")
	if back := f.state(id); back.Back || back.Key.Taken {
		t.Error("a key taken for work counts as given back")
	}
	wish := object{"job": id, "by": "sa", "request": "2123456789abcdef0123456789abcdef"}
	f.must("keys/return", wish)
	f.until("on its hook", id, func(s job.State) bool { return s.Key.Where == job.WhereSlot })
	f.must("keys/return", wish) // the same wish again, though the key is in by now
	f.untilView("the desk shows the history", func() bool {
		v, _ := f.board.View(board.Desk).Body.(board.DeskView)
		return len(v.Jobs) == 1 && v.Jobs[0].Key.Where == "slot" && len(v.Jobs[0].Key.Moves) >= 6
	})
	v, _ := f.board.View(board.Desk).Body.(board.DeskView)
	found := false
	for _, m := range v.Jobs[0].Key.Moves {
		found = found || m.What == "key.taken" && m.Word == "work" && m.By == "te" && m.Leave
	}
	if !found {
		t.Errorf("the history does not say who took the key: %+v", v.Jobs[0].Key.Moves)
	}
}

func TestAnAlarmIsAcknowledgedByANamedPerson(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	alarms := func() []board.DeskAlarm {
		v, _ := f.board.View(board.Desk).Body.(board.DeskView)
		return v.Alarms
	}
	if err := f.keys.write(t.Context(), "", job.AlarmRaised{Alarm: "a1", What: job.AlarmUnlock, Cabinet: "wall", Slot: 3}, fresh()); err != nil {
		t.Fatal(err)
	}
	f.untilView("it stands", func() bool { return len(alarms()) == 1 })
	f.restart()
	f.untilView("it stands after a restart", func() bool { return len(alarms()) == 1 })
	f.refused("keys/acknowledge", object{"by": "nobody", "alarm": "a1"}, http.StatusForbidden, "unknown_person")
	f.refused("keys/acknowledge", object{"by": "sa", "alarm": "gone"}, http.StatusConflict, "moved")
	wish := object{"by": "sa", "alarm": "a1", "note": "looked at", "request": "3123456789abcdef0123456789abcdef"}
	f.must("keys/acknowledge", wish)
	f.must("keys/acknowledge", wish)
	f.untilView("it is gone", func() bool { return len(alarms()) == 0 })
}
