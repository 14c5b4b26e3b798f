package keycab_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"pitlane/devices"
	"pitlane/devices/keycab"
	"pitlane/devices/sim"
)

// The scenes have a line in memory and a clock of their own; the same driver is held to
// ptys by the suite, by TestEveryMakeOnATerminal and by the tests of the bay.
func TestTheCabinetOverTheWire(t *testing.T) {
	t.Parallel()
	together(t, []scene{
		{"the whole state comes first and then changes", calmly(theWholeStateComesFirstAndThenChanges)},
		{"an unlock is done when the hook was seen open", anUnlockIsDoneWhenTheHookWasSeenOpen},
		{"a hook that does not move is a failure after one retry", calmly(aHookThatDoesNotMoveIsAFailureAfterOneRetry)},
		{"two unlocks come one after the other", calmly(twoUnlocksComeOneAfterTheOther)},
		{"an unlock nobody saw is unknown and not tried again", anUnlockNobodySawIsUnknownAndNotTriedAgain},
		{"a hand quicker than the polls is no second frame", calmly(aHandQuickerThanThePollsIsNoSecondFrame)},
		{"what happened while unplugged is in the snapshot and no change", calmly(whatHappenedWhileUnpluggedIsInTheSnapshotAndNoChange)},
		{"a silent cabinet is offline after three polls", calmly(aSilentCabinetIsOfflineAfterThreePolls)},
		{"one silent board of two makes its slots unknown", calmly(oneSilentBoardOfTwoMakesItsSlotsUnknown)},
		{"a disturbed line makes no events", aDisturbedLineMakesNoEvents},
		{"a flapping hook is unknown", calmly(aFlappingHookIsUnknown)},
		{"two boards with one address open nothing", calmly(twoBoardsWithOneAddressOpenNothing)},
		{"bytes without replies are noise", calmly(bytesWithoutRepliesAreNoise)},
		{"without polarity hooks are unknown and nothing opens", calmly(withoutPolarityHooksAreUnknownAndNothingOpens)},
		{"only slots that are there are opened", calmly(onlySlotsThatAreThereAreOpened)},
	})
}

func theWholeStateComesFirstAndThenChanges(t *testing.T) {
	r := newRig(t, sim.BoardConfig{HookClosed: 1}, keycab.Options{HookClosed: closedIs(1)})
	r.board.SetKey(3, true)
	s := r.snapshot(true)
	if len(r.all) != 1 {
		t.Errorf("before the snapshot came %v", r.all[:len(r.all)-1])
	}
	if len(s.Slots) != 16 {
		t.Fatalf("%d slots, want 16", len(s.Slots))
	}
	for i, got := range s.Slots {
		want := keycab.Slot{Number: i + 1, Hook: keycab.HookClosed, Key: keycab.KeyAbsent}
		if i == 2 {
			want.Key = keycab.KeyPresent
		}
		if got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	r.board.SetKey(5, true)
	if got, want := r.change(5), (keycab.Slot{Number: 5, Hook: keycab.HookClosed, Key: keycab.KeyPresent}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	r.board.SetHook(5, false)
	if got := r.change(5); got.Hook != keycab.HookOpen {
		t.Errorf("got %v, want an open hook", got)
	}
}

func anUnlockIsDoneWhenTheHookWasSeenOpen(t *testing.T) {
	var scenes []scene
	for _, bit := range []int{0, 1} {
		scenes = append(scenes, scene{string(rune('0'+bit)) + " is closed", calmly(func(t *testing.T) {
			r := newRig(t, sim.BoardConfig{Addresses: []int{0, 2}, HookClosed: bit}, keycab.Options{HookClosed: closedIs(bit)})
			r.snapshot(true)
			outcome, err := r.unlock(20)
			if outcome != keycab.Opened || err != nil {
				t.Fatalf("got %s and %v, want opened", outcome, err)
			}
			if closed, _ := r.board.Slot(20); closed {
				t.Error("said opened, but the hook is closed")
			}
			want := []byte{0x02, 0x23, 0x31, 0x03, 0x59}
			if got := r.unlocks(); len(got) != 1 || !bytes.Equal(got[0], want) {
				t.Errorf("sent % X, want once % X", got, want)
			}
			if got := r.change(20); got.Hook != keycab.HookOpen {
				t.Errorf("the change says %v", got)
			}
		})})
	}
	together(t, scenes)
}

func aHookThatDoesNotMoveIsAFailureAfterOneRetry(t *testing.T) {
	r := newRig(t, sim.BoardConfig{HookClosed: 1}, keycab.Options{HookClosed: closedIs(1)})
	r.board.SetFaults(sim.BoardFaults{Stuck: []int{4}})
	r.snapshot(true)
	if outcome, err := r.unlock(4); outcome != keycab.Failed || err != nil {
		t.Errorf("got %s and %v, want failed", outcome, err)
	}
	if got := len(r.unlocks()); got != 2 {
		t.Errorf("sent %d unlock frames, want 2", got)
	}
}

func twoUnlocksComeOneAfterTheOther(t *testing.T) {
	r := newRig(t, sim.BoardConfig{HookClosed: 1}, keycab.Options{HookClosed: closedIs(1)})
	r.snapshot(true)
	done := make(chan keycab.Outcome, 2)
	for _, slot := range []int{7, 8} {
		r.ask(slot)
		go func() {
			o, _ := r.cab.Unlock(t.Context(), slot)
			done <- o
		}()
	}
	for range 2 {
		if o := <-done; o != keycab.Opened {
			t.Errorf("got %s, want opened", o)
		}
	}
	if got := len(r.unlocks()); got != 2 {
		t.Errorf("sent %d unlock frames, want 2", got)
	}
}

func anUnlockNobodySawIsUnknownAndNotTriedAgain(t *testing.T) {
	cases := []struct {
		name string
		harm func(*rig)
	}{
		{"the board falls silent", func(r *rig) { r.board.SetFaults(sim.BoardFaults{Silent: true}) }},
		{"the line is pulled out", func(r *rig) {
			if err := r.line.Unplug(); err != nil {
				r.t.Error(err)
			}
		}},
	}
	var scenes []scene
	for _, c := range cases {
		scenes = append(scenes, scene{c.name, calmly(func(t *testing.T) {
			r := newRig(t, sim.BoardConfig{HookClosed: 1}, keycab.Options{HookClosed: closedIs(1)})
			r.snapshot(true)
			broke := make(chan struct{})
			go func() {
				defer close(broke)
				<-r.board.Opened()
				c.harm(r)
			}()
			outcome, err := r.unlock(2)
			<-broke
			if outcome != keycab.OutcomeUnknown || err != nil {
				t.Errorf("got %s and %v, want unknown", outcome, err)
			}
			r.snapshot(false)
			if err := r.line.Replug(); err != nil {
				t.Fatal(err)
			}
			r.board.SetFaults(sim.BoardFaults{})
			r.snapshot(true)
			if got := len(r.unlocks()); got != 1 {
				t.Errorf("sent %d unlock frames, want 1", got)
			}
		})})
	}
	together(t, scenes)
}

func aHandQuickerThanThePollsIsNoSecondFrame(t *testing.T) {
	r := newRig(t, sim.BoardConfig{HookClosed: 1}, keycab.Options{HookClosed: closedIs(1)})
	r.board.SetKey(6, true)
	r.snapshot(true)
	done := make(chan struct{})
	go func() {
		defer close(done)
		slot := <-r.board.Opened()
		r.board.SetKey(slot, false)
		r.board.SetHook(slot, true)
	}()
	if outcome, err := r.unlock(6); outcome != keycab.OutcomeUnknown || err != nil {
		t.Errorf("got %s and %v, want unknown: the key is gone, and nobody saw the hook move", outcome, err)
	}
	<-done
	if got := len(r.unlocks()); got != 1 {
		t.Errorf("sent %d unlock frames, want 1", got)
	}
}

func whatHappenedWhileUnpluggedIsInTheSnapshotAndNoChange(t *testing.T) {
	r := newRig(t, sim.BoardConfig{HookClosed: 1}, keycab.Options{HookClosed: closedIs(1)})
	r.board.SetKey(1, true)
	r.snapshot(true)
	for round := range 3 {
		if err := r.line.Unplug(); err != nil {
			t.Fatal(err)
		}
		gone := r.snapshot(false)
		if gone.Why != keycab.WhyUnplugged && gone.Why != keycab.WhyMissing || gone.Fault == nil || gone.Fault.Hint == "" {
			t.Errorf("gone because %q with fault %v, want unplugged or missing with a hint", gone.Why, gone.Fault)
		}
		if got, want := gone.Slots[0].Key == keycab.KeyPresent, round%2 == 0; got != want {
			t.Errorf("last known: key in slot 1 %v, want %v", got, want)
		}
		if outcome, err := r.unlock(1); outcome != keycab.Failed || faultKind(err) == "" {
			t.Errorf("unlock while unplugged: %s and %v, want failed with a fault", outcome, err)
		}
		r.board.SetKey(1, round%2 == 1)
		if err := r.line.Replug(); err != nil {
			t.Fatal(err)
		}
		back := r.snapshot(true)
		if got, want := back.Slots[0].Key == keycab.KeyPresent, round%2 == 1; got != want {
			t.Errorf("after the replug: key in slot 1 %v, want %v", got, want)
		}
	}
	r.polls(5)
	if got := r.changes(); len(got) > 0 {
		t.Errorf("invented %v", got)
	}
	if got := r.unlocks(); len(got) > 0 {
		t.Errorf("sent % X", got)
	}
}

func aSilentCabinetIsOfflineAfterThreePolls(t *testing.T) {
	r := newRig(t, sim.BoardConfig{HookClosed: 1}, keycab.Options{HookClosed: closedIs(1)})
	r.board.SetKey(9, true)
	r.snapshot(true)
	r.board.SetFaults(sim.BoardFaults{Silent: true})
	gone := r.snapshot(false)
	if gone.Why != keycab.WhySilent || gone.Slots[8].Key != keycab.KeyPresent {
		t.Errorf("got %+v, want silent with the last known state", gone)
	}
	r.board.SetFaults(sim.BoardFaults{})
	r.snapshot(true)
	if got := r.changes(); len(got) > 0 {
		t.Errorf("invented %v", got)
	}
}

func oneSilentBoardOfTwoMakesItsSlotsUnknown(t *testing.T) {
	r := newRig(t, sim.BoardConfig{Addresses: []int{0, 1}, HookClosed: 1}, keycab.Options{HookClosed: closedIs(1)})
	r.snapshot(true)
	r.board.SetFaults(sim.BoardFaults{SilentFor: []int{1}})
	r.warning(keycab.WarnBoardSilent)
	for _, c := range r.changes() {
		if c.Slot.Number <= 16 || c.Slot.Key != keycab.KeyUnknown || c.Slot.Hook != keycab.HookUnknown {
			t.Errorf("got %v, want unknown slots of the second board only", c.Slot)
		}
	}
	if outcome, err := r.unlock(17); outcome != keycab.Failed || faultKind(err) != "cabinet" {
		t.Errorf("got %s and %v, want failed with a fault", outcome, err)
	}
	r.board.SetKey(2, true)
	if got := r.change(2); got.Key != keycab.KeyPresent {
		t.Errorf("the board that answers says %v", got)
	}
	r.board.SetFaults(sim.BoardFaults{})
	back := r.snapshot(true) // what moved meanwhile nobody saw: no changes
	if got := back.Slots[31]; got.Hook != keycab.HookClosed || got.Key != keycab.KeyAbsent {
		t.Errorf("back, but %v", got)
	}
}

func aDisturbedLineMakesNoEvents(t *testing.T) {
	cases := []struct {
		name   string
		faults sim.BoardFaults
	}{
		{"noise before each reply", sim.BoardFaults{Noise: true}},
		{"our own bytes come back", sim.BoardFaults{Echo: true}},
		{"both", sim.BoardFaults{Noise: true, Echo: true}},
	}
	var scenes []scene
	for _, c := range cases {
		scenes = append(scenes, scene{c.name, calmly(func(t *testing.T) {
			r := newRig(t, sim.BoardConfig{HookClosed: 1, Seed: 5}, keycab.Options{HookClosed: closedIs(1)})
			r.board.SetFaults(c.faults)
			r.snapshot(true)
			r.polls(20)
			if got := r.heard(); len(got) != 1 {
				t.Errorf("heard %v, want the snapshot alone", got)
			}
			r.board.SetKey(6, true)
			if got := r.change(6); got.Key != keycab.KeyPresent {
				t.Errorf("got %v, want the key", got)
			}
			if outcome, err := r.unlock(6); outcome != keycab.Opened || err != nil {
				t.Errorf("got %s and %v, want opened", outcome, err)
			}
		})})
	}
	together(t, scenes)
}

func aFlappingHookIsUnknown(t *testing.T) {
	r := newRig(t, sim.BoardConfig{HookClosed: 1}, keycab.Options{HookClosed: closedIs(1)})
	r.snapshot(true)
	r.board.SetFaults(sim.BoardFaults{Flapping: []int{11}})
	if w := r.warning(keycab.WarnFlapping); w.Slot != 11 {
		t.Errorf("got %+v, want slot 11", w)
	}
	for _, c := range r.changes() {
		if c.Slot.Number != 11 || c.Slot.Hook == keycab.HookOpen {
			t.Errorf("got %v, want slot 11 unknown and nothing else", c.Slot)
		}
	}
	r.board.SetFaults(sim.BoardFaults{})
	if got := r.change(11); got.Hook != keycab.HookClosed {
		t.Errorf("at rest again: %v, want closed", got)
	}
}

func twoBoardsWithOneAddressOpenNothing(t *testing.T) {
	r := newRig(t, sim.BoardConfig{HookClosed: 1}, keycab.Options{HookClosed: closedIs(1)})
	r.board.SetFaults(sim.BoardFaults{Conflict: true})
	r.warning(keycab.WarnAddressConflict)
	outcome, err := r.unlock(1)
	if outcome != keycab.Failed || faultKind(err) != "cabinet" {
		t.Errorf("got %s and %v, want failed with a fault", outcome, err)
	}
	if got := r.unlocks(); len(got) > 0 {
		t.Errorf("sent % X", got)
	}
}

func bytesWithoutRepliesAreNoise(t *testing.T) {
	r := newRig(t, sim.BoardConfig{HookClosed: 1}, keycab.Options{HookClosed: closedIs(1)})
	r.board.SetFaults(sim.BoardFaults{WrongSum: true})
	gone := r.snapshot(false)
	if gone.Fault == nil || gone.Fault.Hint == "" || !slices.Contains([]string{keycab.WhyNoise, keycab.WhySilent}, gone.Why) {
		t.Errorf("got %+v, want noise with a hint", gone)
	}
	r.board.SetFaults(sim.BoardFaults{})
	r.snapshot(true)
}

func withoutPolarityHooksAreUnknownAndNothingOpens(t *testing.T) {
	r := newRig(t, sim.BoardConfig{HookClosed: 1}, keycab.Options{})
	r.board.SetKey(1, true)
	s := r.snapshot(true)
	for _, x := range s.Slots {
		if x.Hook != keycab.HookUnknown {
			t.Errorf("got %v, want an unknown hook", x)
		}
	}
	if s.Slots[0].Key != keycab.KeyPresent || s.Slots[1].Key != keycab.KeyAbsent {
		t.Errorf("keys are %v and %v, want present and absent", s.Slots[0].Key, s.Slots[1].Key)
	}
	r.warning(keycab.WarnNotCommissioned)
	if outcome, err := r.unlock(1); outcome != keycab.Failed || faultKind(err) != "not_commissioned" {
		t.Errorf("got %s and %v, want failed, not_commissioned", outcome, err)
	}
	if got := r.unlocks(); len(got) > 0 {
		t.Errorf("sent % X", got)
	}
}

func onlySlotsThatAreThereAreOpened(t *testing.T) {
	r := newRig(t, sim.BoardConfig{HookClosed: 1}, keycab.Options{HookClosed: closedIs(1), Locks: 12})
	if s := r.snapshot(true); len(s.Slots) != 12 {
		t.Errorf("%d slots, want 12", len(s.Slots))
	}
	for _, slot := range []int{-1, 0, 13, 16, 1 << 20} {
		if outcome, err := r.unlock(slot); outcome != keycab.Failed || faultKind(err) != "wrong_usage" {
			t.Errorf("slot %d: got %s and %v, want failed, wrong_usage", slot, outcome, err)
		}
	}
	if got := r.unlocks(); len(got) > 0 {
		t.Errorf("sent % X", got)
	}
}

func faultKind(err error) string {
	f, ok := errors.AsType[*devices.Fault](err)
	if !ok {
		return ""
	}
	return f.Kind
}
