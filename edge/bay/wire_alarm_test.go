package bay_test

import (
	"slices"
	"testing"
	"time"

	"pitlane/edge/bay"
	"pitlane/edge/board"
	"pitlane/edge/job"
)

// shows waits until the desk's view shows exactly these alarms and warnings.
func (e *edge) shows(want ...string) []board.DeskAlarm {
	e.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(patience)
	for {
		v, _ := e.board.View(board.Desk).Body.(board.DeskView)
		var got []string
		for _, a := range v.Alarms {
			word := a.What
			if a.Over {
				word += " over"
			}
			got = append(got, word)
		}
		slices.Sort(got)
		if slices.Equal(got, want) {
			return v.Alarms
		}
		select {
		case <-tick.C:
		case <-limit:
			e.t.Fatalf("the desk shows %q, want %q: %v", got, want, e.kinds())
		}
	}
}

// TestAlarmsFromTheSerialBytes: a theft seen through the real driver, an edge that
// dies while the alarm stands, a key put back while it is dead, and a named person.
func TestAlarmsFromTheSerialBytes(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	e := y.start(t)
	e.signs()
	if outcome, err := e.unlock(4, "hang", request()); outcome != "opened" || err != nil {
		t.Fatalf("got %s and %v", outcome, err)
	}
	e.until("handed over", func(s job.State) bool { return s.HandedOver })
	y.closed(t, 4)
	e.cabinetSays("closed", func(s board.DeskSlot) bool { return s.Slot == 4 && s.Hook == "closed" })
	y.cab.SetHook(4, false) // with its mechanical key
	e.shows("forced")
	y.cab.SetKey(4, false)
	e.shows("forced", "key_taken")
	e.until("unknown", func(s job.State) bool { return s.Key.Where == job.WhereUnknown })
	e.kill()

	e = y.start(t)
	e.online()
	e.shows("forced", "key_taken")
	before := len(e.kinds())
	e.kill()
	y.cab.SetHook(4, true)
	y.cab.SetKey(4, true)

	e = y.start(t)
	defer func() { e.kill() }()
	e.online()
	standing := e.shows("forced over", "key_taken over")
	for _, k := range []string{"cabinet.forced", "key.taken", "slot.closed"} {
		if got, want := count(e.kinds(), k), 1; got != want {
			t.Errorf("%s is there %d times, want %d: what nobody saw is not told as seen", k, got, want)
		}
	}
	if after := e.kinds()[before:]; !slices.Contains(after, "cabinet.online") || !slices.Contains(after, "key.hung") {
		t.Errorf("after the restart the journal says %v", after)
	}
	for _, a := range standing {
		if err := e.bay.Acknowledge(t.Context(), bay.Ack{Alarm: a.ID, By: "sa", Request: request()}); err != nil {
			t.Fatal(err)
		}
	}
	e.shows()
}

func (e *edge) cabinetSays(what string, ok func(board.DeskSlot) bool) {
	e.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(patience)
	for {
		v, _ := e.board.View(board.Desk).Body.(board.DeskView)
		if slices.ContainsFunc(v.Cabinet.Slots, ok) {
			return
		}
		select {
		case <-tick.C:
		case <-limit:
			e.t.Fatalf("the cabinet never said %s", what)
		}
	}
}
