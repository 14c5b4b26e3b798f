package bay_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"

	"pitlane/devices"
	"pitlane/devices/keycab"
	"pitlane/edge/bay"
	"pitlane/edge/board"
	"pitlane/edge/job"
)

// unfeltRoom is a room whose cabinet has no key sensors, as lock boards without
// infrared are.
func unfeltRoom(t *testing.T, play func(t *testing.T, r *room)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cab := newCupboard()
		for i := range cab.slots {
			cab.slots[i].Key, cab.slots[i].Unfelt = keycab.KeyUnknown, true
		}
		r := open(t, newNotebook(), cab, newAdapter())
		defer r.stop()
		r.n.say(t, "j1", signed()...)
		play(t, r)
	})
}

func TestWithoutAKeySensorTheDoorEndsWhatTheSlotWasOpenedFor(t *testing.T) {
	t.Parallel()
	unfeltRoom(t, func(t *testing.T, r *room) {
		if slot, err := r.bay.FreeSlot(); slot != 1 || err != nil {
			t.Fatalf("free is %d and %v, want 1", slot, err)
		}
		from := r.n.size()
		if _, err := r.unlock("j1", 1, "hang", request()); err != nil {
			t.Fatal(err)
		}
		r.wrote(from, "slot.unlock_intended", "slot.opened") // an open door says nothing yet
		r.cab.hook(1, keycab.HookClosed)
		r.wrote(from, "slot.unlock_intended", "slot.opened", "slot.closed", "key.hung", "job.handed_over")
		if got, who := last[job.KeyHung](t, r.n); !got.Unfelt || who != "j1" {
			t.Errorf("got %+v of %s, want it said that nobody felt the key", got, who)
		}
		if slot, err := r.bay.FreeSlot(); slot != 2 || err != nil {
			t.Errorf("free is %d and %v, want 2: slot 1 is j1's", slot, err)
		}
		r.staff("j1", 1, "work", "te1")
		r.cab.hook(1, keycab.HookClosed)
		synctest.Wait()
		if st, _ := r.n.Job("j1"); st.Key.Where != job.WhereTechnician || st.Key.Holder != "te1" {
			t.Errorf("taken for work: the key is %+v", st.Key)
		}
		if slot, err := r.bay.ReturnSlot("j1"); slot != 1 || err != nil {
			t.Errorf("it goes back to %d and %v, want 1", slot, err)
		}
		r.staff("j1", 1, "return", "te1")
		r.cab.hook(1, keycab.HookClosed)
		synctest.Wait()
		if _, err := r.unlock("j1", 1, "release", request()); err != nil {
			t.Fatal(err)
		}
		r.cab.hook(1, keycab.HookClosed)
		synctest.Wait()
		if got, who := last[job.KeyTaken](t, r.n); !got.Authorised || !got.Unfelt || who != "j1" {
			t.Errorf("got %+v of %s", got, who)
		}
		if slot, err := r.bay.FreeSlot(); slot != 1 || err != nil {
			t.Errorf("free is %d and %v, want 1 again", slot, err)
		}
		if got := r.standing(); len(got) > 0 {
			t.Errorf("what stands is %q, want nothing", got)
		}
	})
}

func TestACabinetOfUnknownPolaritySaysWhyNoSlotIsFree(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cab := newCupboard()
		for i := range cab.slots {
			cab.slots[i].Hook = keycab.HookUnknown
		}
		r := open(t, newNotebook(), cab, newAdapter())
		defer r.stop()
		r.cab.warn(keycab.Warning{Kind: keycab.WarnNotCommissioned})
		synctest.Wait()
		if slot, err := r.bay.FreeSlot(); kindOf(err) != "not_commissioned" {
			t.Errorf("free is %d and %v, want it said that the cabinet is not commissioned", slot, err)
		}
	})
}

// mute is a cabinet that is still being read.
type mute struct{ *cupboard }

func (mute) Run(ctx context.Context, _ func(devices.Reading)) error {
	<-ctx.Done()
	return nil
}

// Between the start and the cabinet's first word nobody knows that it is gone: a wish
// of another edge is then not refused for good.
func TestACabinetThatHasSaidNothingYetIsStarting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := openWith(t, newNotebook(), newCupboard(), newAdapter(), func(c *bay.Config) { c.Cabinet = mute{newCupboard()} })
		defer r.stop()
		if _, err := r.bay.FreeSlot(); kindOf(err) != "starting" {
			t.Errorf("a free slot: %v, want to be asked again", err)
		}
		if outcome, err := r.unlock("j1", 1, "hang", request()); outcome != keycab.Failed || kindOf(err) != "starting" {
			t.Errorf("an unlock: %s and %v, want to be asked again", outcome, err)
		}
	})
}

func TestWithoutAKeySensorAJammedOrForcedDoorMovesNoKey(t *testing.T) {
	t.Parallel()
	unfeltRoom(t, func(t *testing.T, r *room) {
		r.cab.unlock = func(int) (keycab.Outcome, error) { return keycab.Failed, nil }
		if outcome, err := r.unlock("j1", 1, "hang", request()); outcome != keycab.Failed || err != nil {
			t.Fatalf("got %s and %v", outcome, err)
		}
		r.cab.hook(3, keycab.HookOpen) // by hand
		r.cab.hook(3, keycab.HookClosed)
		synctest.Wait()
		for _, kind := range []string{"key.hung", "key.taken", "job.handed_over"} {
			if slices.Contains(r.n.kinds(0), kind) {
				t.Errorf("%s is written", kind)
			}
		}
		if st, _ := r.n.Job("j1"); st.Key.In {
			t.Errorf("the key is %+v", st.Key)
		}
	})
}

func TestWithoutAKeySensorADoorShutWhileNobodyLookedEndsItToo(t *testing.T) {
	t.Parallel()
	unfeltRoom(t, func(t *testing.T, r *room) {
		if _, err := r.unlock("j1", 1, "hang", request()); err != nil {
			t.Fatal(err)
		}
		r.cab.gone()
		synctest.Wait()
		from := r.n.size()
		r.cab.back(func(s []keycab.Slot) { s[0].Hook = keycab.HookClosed })
		r.wrote(from, "cabinet.online", "key.hung", "job.handed_over")
		r.cab.gone()
		synctest.Wait()
		from = r.n.size()
		r.cab.back(func([]keycab.Slot) {})
		synctest.Wait()
		if slices.Contains(r.n.kinds(from), "key.hung") {
			t.Error("hung once more by another break")
		}
	})
}

// A lock that does not move is no disturbed line: it stands in the list, and no fault of
// the whole cabinet is said that nothing would end.
func TestAWarningOfOneSlotIsNoFaultOfTheCabinet(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		for _, kind := range []string{keycab.WarnStuck, keycab.WarnRebooted, keycab.WarnNoise} {
			r.cab.warn(keycab.Warning{Slot: 2, Kind: kind})
		}
		synctest.Wait()
		if got := newest(r.wall, func(n board.Now) *board.Fault { return n.Fault }); got != nil {
			t.Errorf("the screens say %+v", got)
		}
		if got := r.standing(); len(got) != 3 {
			t.Errorf("what stands is %q, want three warnings", got)
		}
		r.cab.warn(keycab.Warning{Slot: 1, Kind: keycab.WarnAddressConflict})
		synctest.Wait()
		if got := newest(r.wall, func(n board.Now) *board.Fault { return n.Fault }); got == nil {
			t.Error("nothing is said of two boards with one address")
		}
	})
}
