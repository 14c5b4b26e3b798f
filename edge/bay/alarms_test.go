package bay_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pitlane/devices/keycab"
	"pitlane/edge/bay"
	"pitlane/edge/board"
	"pitlane/edge/job"
)

// standing folds the alarms of the notebook: what a screen shows.
func (r *room) standing() []string {
	r.t.Helper()
	synctest.Wait()
	var out []string
	for _, x := range r.alarms() {
		word := x.What
		if x.Over {
			word += " over"
		}
		if x.AckBy != "" {
			word += " seen"
		}
		out = append(out, word)
	}
	return out
}

func (r *room) alarms() []job.Alarm {
	r.n.mu.Lock()
	defer r.n.mu.Unlock()
	var a job.Alarms
	for _, e := range r.n.entries {
		p, err := job.Decode(e.Kind, e.Work.Payload)
		if err != nil {
			r.t.Fatal(err)
		}
		a.Apply(job.Event{Kind: e.Kind, Job: e.Job, WallMS: e.WallMS, Payload: p})
	}
	return a.Standing()
}

func (r *room) stand(want ...string) {
	r.t.Helper()
	if got := r.standing(); !slices.Equal(got, want) {
		r.t.Errorf("what stands is %q, want %q", got, want)
	}
}

func (r *room) staff(id string, slot int, purpose, by string) {
	r.t.Helper()
	outcome, err := r.bay.Unlock(r.t.Context(), bay.UnlockOrder{Job: id, Slot: slot, Purpose: purpose, By: by, Request: request()})
	if outcome != keycab.Opened || err != nil {
		r.t.Fatalf("%s by %s: %s and %v", purpose, by, outcome, err)
	}
}

func (r *room) acknowledge(by string) {
	r.t.Helper()
	for _, x := range r.alarms() {
		if err := r.bay.Acknowledge(r.t.Context(), bay.Ack{Alarm: x.ID, By: by, Request: request()}); err != nil {
			r.t.Errorf("acknowledge %s: %v", x.What, err)
		}
	}
}

func TestAnAlarmIsLatchedUntilAcknowledgedAndOutlivesARestart(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.hangs()
		r.cab.hook(2, keycab.HookOpen)
		r.cab.key(2, keycab.KeyAbsent)
		r.stand("forced", "key_taken")
		r.cab.hook(2, keycab.HookClosed)
		r.stand("forced over", "key_taken")
		from := r.n.size()
		r.stop()
		r = open(t, r.n, r.cab, newAdapter())
		defer r.stop()
		r.wrote(from) // the same state again is not the same thing again
		r.stand("forced over", "key_taken")
		cab := newest(r.wall, func(n board.Now) *board.DeskCabinet { return n.Cabinet })
		if cab.Slots[1].Alarm != "key_taken" {
			t.Errorf("after the restart the board was told %+v", cab.Slots[1])
		}
		r.acknowledge("sa")
		r.stand()
		if got, who := last[job.AlarmAcknowledged](t, r.n); got.By != "sa" || who != "j1" {
			t.Errorf("acknowledged %+v of %q", got, who)
		}
		if err := r.bay.Acknowledge(t.Context(), bay.Ack{Alarm: "0", By: "sa", Request: request()}); kindOf(err) != "moved" {
			t.Errorf("an alarm that does not stand: %v", err)
		}
	})
}

func TestADoorLeftOpenIsAnAlarmAlsoAcrossARestart(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.n.say(t, "j1", signed()...)
		if _, err := r.unlock("j1", 3, "hang", request()); err != nil {
			t.Fatal(err)
		}
		<-time.After(50 * time.Second)
		r.stand()
		r.stop()
		r = open(t, r.n, r.cab, newAdapter())
		defer r.stop()
		<-time.After(59 * time.Second)
		r.stand()
		<-time.After(2 * time.Second)
		r.stand("door_left_open")
		<-time.After(5 * time.Minute)
		if got := r.alarms()[0]; got.Count != 1 || got.Slot != 3 {
			t.Errorf("an open door is one alarm, got %+v", got)
		}
		r.cab.hook(3, keycab.HookClosed)
		r.stand("door_left_open over")
		r.acknowledge("sa")
		r.stand()
	})
}

func TestAKeyTakenForWorkIsKnownToBeWithWhomAndItsSlotIsKept(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.takenForWork()
		if st, _ := r.n.Job("j1"); st.Key.Where != job.WhereTechnician || st.Key.Holder != "te1" {
			t.Errorf("the key is %+v", st.Key)
		}
		r.n.say(t, "j2", signed()...)
		if _, err := r.unlock("j2", 2, "hang", request()); kindOf(err) != "slot_taken" {
			t.Errorf("another key into the slot that is kept: %v", err)
		}
		<-time.After(11 * time.Hour)
		r.stand("overdue")
		r.stop()
		r = open(t, r.n, r.cab, newAdapter())
		defer r.stop()
		r.stand("overdue")
		slot, err := r.bay.ReturnSlot("j1")
		if slot != 2 || err != nil {
			t.Errorf("to be brought back to %d and %v, want 2", slot, err)
		}
		r.staff("j1", slot, "return", "te2")
		r.cab.key(slot, keycab.KeyPresent)
		r.cab.hook(slot, keycab.HookClosed)
		r.stand("returned_by_other")
		if w := r.alarms()[0]; w.By != "te2" || w.Of != "te1" || w.Job != "j1" {
			t.Errorf("got %+v", w)
		}
		if st, _ := r.n.Job("j1"); st.Key.Where != job.WhereSlot || st.Key.Slot != 2 || len(st.Conflicts) > 0 {
			t.Errorf("the key is %+v, conflicts %v", st.Key, st.Conflicts)
		}
	})
}

func TestAKeyInTheWrongSlotIsSaidAndMayBeTakenOutAgain(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.n.say(t, "j1", signed()...)
		if _, err := r.unlock("j1", 3, "hang", request()); err != nil {
			t.Fatal(err)
		}
		r.cab.key(4, keycab.KeyPresent)
		r.stand("wrong_slot")
		if w := r.alarms()[0]; w.Slot != 4 || w.Want != 3 || w.Job != "j1" {
			t.Errorf("got %+v", w)
		}
		if st, _ := r.n.Job("j1"); st.Key.In {
			t.Error("the key counts as hung though it is in another slot than asked")
		}
		r.cab.key(4, keycab.KeyAbsent)
		r.stand()
		r.cab.key(3, keycab.KeyPresent)
		synctest.Wait()
		if st, _ := r.n.Job("j1"); !st.Key.In || st.Key.Slot != 3 {
			t.Errorf("the key is %+v", st.Key)
		}
	})
}

func TestAKeyTakenBackOutBeforeTheSlotIsShutIsNoTheft(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.n.say(t, "j1", signed()...)
		if _, err := r.unlock("j1", 3, "hang", request()); err != nil {
			t.Fatal(err)
		}
		r.cab.key(3, keycab.KeyPresent)
		synctest.Wait()
		r.cab.key(3, keycab.KeyAbsent)
		r.stand()
		if st, _ := r.n.Job("j1"); st.Key.In || st.Key.Where != job.WhereCustomer {
			t.Errorf("the key is %+v", st.Key)
		}
		r.cab.key(3, keycab.KeyPresent)
		r.cab.hook(3, keycab.HookClosed)
		synctest.Wait()
		if st, _ := r.n.Job("j1"); !st.Key.In || !st.HandedOver {
			t.Errorf("hung again: %+v", st.Key)
		}
		r.cab.hook(3, keycab.HookOpen)
		r.cab.key(3, keycab.KeyAbsent)
		r.stand("forced", "key_taken")
	})
}

func TestAKeyThatNobodyWasAskedToHangIsAnAlarm(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.cab.key(1, keycab.KeyPresent)
		r.stand("key_unasked")
		r.acknowledge("sa")
		r.stand("key_unasked seen")
	})
}

func TestASensorThatNeverChangesIsDoubted(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.n.say(t, "j1", signed()...)
		for n := range 3 {
			r.stand()
			if _, err := r.unlock("j1", 3, "hang", request()); err != nil {
				t.Fatal(n, err)
			}
			r.cab.hook(3, keycab.HookClosed)
		}
		r.stand("sensor_stuck")
		r.cab.hook(3, keycab.HookOpen)
		r.cab.key(3, keycab.KeyPresent)
		r.stand()
	})
}

func TestASlotThatDidNotOpenIsAnAlarmAndNotOfferedNext(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.n.say(t, "j1", signed()...)
		works := r.cab.unlock
		r.cab.unlock = func(int) (keycab.Outcome, error) { return keycab.Failed, nil }
		if outcome, err := r.unlock("j1", 1, "hang", request()); outcome != keycab.Failed || err != nil {
			t.Fatal(outcome, err)
		}
		r.stand("unlock_failed")
		if slot, err := r.bay.FreeSlot(); slot != 2 || err != nil {
			t.Errorf("offered %d and %v, want 2: slot 1 did not open", slot, err)
		}
		r.cab.unlock = works
		if outcome, err := r.unlock("j1", 1, "hang", request()); outcome != keycab.Opened || err != nil {
			t.Fatal(outcome, err)
		}
		r.stand("unlock_failed over")
	})
}

func TestASlotWhoseKeyIsNotSeenIsNotOpenedToGiveItOut(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.hangs()
		r.cab.gone()
		r.cab.back(func(s []keycab.Slot) { s[1].Key = keycab.KeyAbsent })
		r.stand("key_missing")
		if st, _ := r.n.Job("j1"); st.Key.Where != job.WhereUnknown {
			t.Errorf("the key is %+v, want unknown", st.Key)
		}
		if _, err := r.unlock("j1", 2, "release", request()); kindOf(err) != "key_not_in" {
			t.Errorf("got %v", err)
		}
		r.cab.gone()
		r.cab.back(func(s []keycab.Slot) { s[1].Key = keycab.KeyPresent })
		r.stand("key_missing over")
	})
}

func TestWhatTheBusSaysIsAWarningUntilTheCabinetIsReadAnew(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.cab.warn(keycab.Warning{Slot: 1, Kind: keycab.WarnAddressConflict})
		r.cab.warn(keycab.Warning{Slot: 1, Kind: keycab.WarnAddressConflict})
		r.stand("address_conflict")
		r.cab.gone()
		r.cab.back(func([]keycab.Slot) {})
		r.stand()
	})
}
