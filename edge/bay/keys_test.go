package bay_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pitlane/devices"
	"pitlane/devices/keycab"
	"pitlane/edge/board"
	"pitlane/edge/job"
)

func TestAKeyHungOnItsHookHandsTheCarOver(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.n.say(t, "j1", signed()...)
		from := r.n.size()
		open := r.cab.unlock
		r.cab.unlock = func(slot int) (keycab.Outcome, error) {
			if got := r.n.kinds(from); !slices.Equal(got, []string{"slot.unlock_intended"}) {
				t.Errorf("before the frame leaves the journal has %v, want the intent", got)
			}
			return open(slot)
		}
		if outcome, err := r.unlock("j1", 3, "hang", request()); outcome != keycab.Opened || err != nil {
			t.Fatalf("got %s and %v, want opened", outcome, err)
		}
		r.cab.key(3, keycab.KeyPresent)
		r.wrote(from, "slot.unlock_intended", "slot.opened", "key.hung", "job.handed_over")
		if got := r.n.calls[len(r.n.calls)-1]; len(got) != 2 {
			t.Errorf("the last transaction wrote %v, want both", got)
		}
		r.cab.hook(3, keycab.HookClosed)
		r.wrote(from, "slot.unlock_intended", "slot.opened", "key.hung", "job.handed_over", "slot.closed")
		if st, _ := r.n.Job("j1"); !st.Key.In || st.Key.Slot != 3 || !st.HandedOver {
			t.Errorf("the job has key %+v, handed over %v", st.Key, st.HandedOver)
		}
		cab := newest(r.wall, func(n board.Now) *board.DeskCabinet { return n.Cabinet })
		if got := cab.Slots[2]; got.Ticket != "A1" || got.Key != "present" || got.Stale {
			t.Errorf("the board was told %+v", got)
		}
	})
}

func TestAKeyHungBeforeTheSignatureHandsNothingOver(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.n.say(t, "j1", signed()[:5]...)
		from := r.n.size()
		if _, err := r.unlock("j1", 1, "hang", request()); err != nil {
			t.Fatal(err)
		}
		r.cab.key(1, keycab.KeyPresent)
		r.wrote(from, "slot.unlock_intended", "slot.opened", "key.hung")
	})
}

// hangs brings the key of j1 into slot 2.
func (r *room) hangs() {
	r.t.Helper()
	r.n.say(r.t, "j1", signed()...)
	if _, err := r.unlock("j1", 2, "hang", request()); err != nil {
		r.t.Fatal(err)
	}
	r.cab.key(2, keycab.KeyPresent)
	r.cab.hook(2, keycab.HookClosed)
	synctest.Wait()
}

// takenForWork brings the key of j1 into slot 2, and te1 takes it out to work.
func (r *room) takenForWork() {
	r.t.Helper()
	r.hangs()
	r.staff("j1", 2, "work", "te1")
	r.cab.key(2, keycab.KeyAbsent)
	r.cab.hook(2, keycab.HookClosed)
	r.stand()
}

func TestAKeyGivenBackIsTakenWithLeave(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.hangs()
		from := r.n.size()
		if _, err := r.unlock("j1", 2, "release", request()); err != nil {
			t.Fatal(err)
		}
		r.cab.key(2, keycab.KeyAbsent)
		r.cab.hook(2, keycab.HookClosed)
		r.wrote(from, "slot.unlock_intended", "slot.opened", "key.taken", "slot.closed")
		if got, who := last[job.KeyTaken](t, r.n); !got.Authorised || who != "j1" {
			t.Errorf("got %+v of %s", got, who)
		}
		if slot, err := r.bay.FreeSlot(); slot != 1 || err != nil {
			t.Errorf("free is %d and %v, want 1", slot, err)
		}
	})
}

func TestTheHookMayBeSeenClosedBeforeTheKeyIsSeenGone(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.hangs()
		if _, err := r.unlock("j1", 2, "release", request()); err != nil {
			t.Fatal(err)
		}
		r.cab.hook(2, keycab.HookClosed)
		r.cab.key(2, keycab.KeyAbsent)
		synctest.Wait()
		if got, _ := last[job.KeyTaken](t, r.n); !got.Authorised {
			t.Error("taken without leave, want with")
		}
	})
}

func TestAReleaseThatWasNotUsedIsNoLeaveForLater(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.hangs()
		if _, err := r.unlock("j1", 2, "release", request()); err != nil {
			t.Fatal(err)
		}
		r.cab.hook(2, keycab.HookClosed)
		<-time.After(time.Minute)
		r.cab.key(2, keycab.KeyAbsent)
		synctest.Wait()
		if got, _ := last[job.KeyTaken](t, r.n); got.Authorised {
			t.Error("taken with leave, want without")
		}
	})
}

func TestAKeyTakenUnaskedIsSaidAndTakenBack(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.hangs()
		from := r.n.size()
		r.cab.hook(2, keycab.HookOpen)
		r.cab.key(2, keycab.KeyAbsent)
		r.wrote(from, "cabinet.forced", "alarm.raised", "key.taken", "alarm.raised")
		if got, who := last[job.KeyTaken](t, r.n); got.Authorised || who != "j1" {
			t.Errorf("got %+v of %s, want unasked, of j1", got, who)
		}
		cab := newest(r.wall, func(n board.Now) *board.DeskCabinet { return n.Cabinet })
		if cab.Slots[1].Alarm != "key_taken" {
			t.Errorf("the board was told %+v, want an alarm", cab.Slots[1])
		}
		r.cab.key(2, keycab.KeyPresent)
		r.wrote(from, "cabinet.forced", "alarm.raised", "key.taken", "alarm.raised", "key.hung", "alarm.cleared")
		if _, who := last[job.KeyHung](t, r.n); who != "j1" {
			t.Errorf("the key that came back is %q's, want j1's", who)
		}
	})
}

func TestAnUnlockSaysWhatCameOfIt(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		outcome keycab.Outcome
		err     error
		kind    string
		wrote   []string
	}{
		{"the hook did not move", keycab.Failed, nil, "", []string{"slot.unlock_failed", "alarm.raised"}},
		{"nothing was sent", keycab.Failed, &devices.Fault{Kind: "not_commissioned", Hint: "set it"}, "not_commissioned", []string{"slot.unlock_failed"}},
		{"nobody saw", keycab.OutcomeUnknown, nil, "", []string{"slot.outcome_unknown", "alarm.raised"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			inRoom(t, func(t *testing.T, r *room) {
				r.n.say(t, "j1", signed()...)
				r.cab.unlock = func(int) (keycab.Outcome, error) { return c.outcome, c.err }
				from, req := r.n.size(), request()
				for range 2 { // the same request does it once
					outcome, err := r.unlock("j1", 1, "hang", req)
					if outcome != c.outcome || kindOf(err) != c.kind {
						t.Errorf("got %s and %v, want %s and %q", outcome, err, c.outcome, c.kind)
					}
					c.kind = "" // by heart it is the outcome alone
				}
				r.wrote(from, append([]string{"slot.unlock_intended"}, c.wrote...)...)
				if got := len(r.cab.sent); got != 1 {
					t.Errorf("the cabinet was asked %d times, want once", got)
				}
			})
		})
	}
}

func TestAnUnlockThatCannotBeMeantIsRefused(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.hangs()
		r.n.say(t, "j2", signed()...)
		from := r.n.size()
		for _, c := range []struct {
			name, id, purpose string
			slot              int
			kind              string
		}{
			{"another car's key", "j2", "release", 2, "wrong_slot"},
			{"a slot with a key in it", "j2", "hang", 2, "slot_taken"},
			{"a slot that is not there", "j2", "hang", 5, "wrong_slot"},
			{"slot 0", "j2", "hang", 0, "wrong_slot"},
			{"no purpose", "j2", "", 1, "wrong_usage"},
		} {
			if outcome, err := r.unlock(c.id, c.slot, c.purpose, request()); outcome != keycab.Failed || kindOf(err) != c.kind {
				t.Errorf("%s: got %s and %v, want failed, %s", c.name, outcome, err, c.kind)
			}
		}
		r.cab.gone()
		synctest.Wait()
		if _, err := r.unlock("j2", 1, "hang", request()); kindOf(err) != "cabinet_offline" {
			t.Errorf("offline: got %v", err)
		}
		if _, err := r.bay.FreeSlot(); kindOf(err) != "cabinet_offline" {
			t.Errorf("offline: free slot gives %v", err)
		}
		r.wrote(from, "cabinet.offline")
	})
}

func TestASlotOfferedAndNotUsedComesLast(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.hangs() // slot 2
		for _, slot := range []int{3, 1, 4} {
			if _, err := r.unlock("j9", slot, "hang", request()); err != nil {
				t.Fatal(err)
			}
			r.cab.hook(slot, keycab.HookClosed)
			synctest.Wait()
		}
		if slot, err := r.bay.FreeSlot(); slot != 3 || err != nil {
			t.Errorf("free is %d and %v, want 3: offered longest ago", slot, err)
		}
		for slot := range 4 {
			r.cab.key(slot+1, keycab.KeyPresent)
		}
		synctest.Wait()
		if slot, err := r.bay.FreeSlot(); kindOf(err) != "cabinet_full" {
			t.Errorf("free is %d and %v, want none", slot, err)
		}
		r.cab.key(4, keycab.KeyUnknown) // what cannot be read is neither free nor taken
		synctest.Wait()
		if slot, err := r.bay.FreeSlot(); kindOf(err) != "starting" {
			t.Errorf("free is %d and %v, want to be asked again", slot, err)
		}
	})
}

func TestAfterABreakTheStateIsWrittenAndNothingIsInvented(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.hangs()
		from := r.n.size()
		r.cab.gone()
		r.cab.gone()
		r.cab.back(func([]keycab.Slot) {})
		r.wrote(from, "cabinet.offline", "cabinet.online")

		r.cab.gone()
		r.cab.back(func(s []keycab.Slot) {
			s[1].Key, s[3].Key, s[0].Hook = keycab.KeyAbsent, keycab.KeyPresent, keycab.HookOpen
		})
		r.wrote(from, "cabinet.offline", "cabinet.online", "cabinet.offline", "cabinet.online", "alarm.raised", "alarm.raised")
		got, _ := last[job.CabinetOnline](t, r.n)
		if want := (job.SlotState{Slot: 2, Hook: "closed", Key: "absent"}); got.Slots[1] != want {
			t.Errorf("got %+v, want %+v", got.Slots[1], want)
		}
		cab := newest(r.wall, func(n board.Now) *board.DeskCabinet { return n.Cabinet })
		if cab.Slots[1].Alarm != "key_missing" {
			t.Errorf("a key of a job is gone, but the board was told %+v", cab.Slots[1])
		}
	})
}

func TestAKeySomebodyWasAskedToHangIsSeenAfterABreak(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.n.say(t, "j1", signed()...)
		if _, err := r.unlock("j1", 4, "hang", request()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		from := r.n.size()
		r.cab.gone()
		r.cab.back(func(s []keycab.Slot) { s[3].Key, s[3].Hook = keycab.KeyPresent, keycab.HookClosed })
		r.wrote(from, "cabinet.offline", "cabinet.online", "key.hung", "job.handed_over")
	})
}

func TestARestartWithNothingNewWritesNothing(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.hangs()
		from := r.n.size()
		for range 3 {
			r.stop()
			r = open(t, r.n, r.cab, newAdapter())
		}
		defer r.stop()
		r.wrote(from)
		r.stop()
		r.cab.slots[3].Key = keycab.KeyPresent
		r = open(t, r.n, r.cab, newAdapter())
		defer r.stop()
		r.wrote(from, "cabinet.online", "alarm.raised")
	})
}

func TestAFlappingSensorIsAnAlarm(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		from := r.n.size()
		r.cab.see(2, func(s *keycab.Slot) { s.Key = keycab.KeyUnknown })
		r.cab.warn(keycab.Warning{Slot: 2, Kind: keycab.WarnFlapping})
		r.wrote(from, "cabinet.flapping", "warning.raised")
		cab := newest(r.wall, func(n board.Now) *board.DeskCabinet { return n.Cabinet })
		if got := cab.Slots[1]; got.Alarm != "flapping" || got.Key != "unknown" {
			t.Errorf("the board was told %+v", got)
		}
		r.cab.key(2, keycab.KeyAbsent)
		r.wrote(from, "cabinet.flapping", "warning.raised", "warning.cleared")
	})
}
