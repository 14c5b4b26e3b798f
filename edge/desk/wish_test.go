package desk_test

import (
	"encoding/hex"
	"testing"
	"time"

	"pitlane/edge/job"
)

// wished writes the wish of a person at another edge, as its log would bring it.
func (f *front) wished(id string, change func(*job.SlotWished)) string {
	f.t.Helper()
	request := fresh()
	k := f.state(id).Key
	w := job.SlotWished{Wish: hex.EncodeToString(request[:]), To: k.Node, Boot: "b1", MS: f.since.Load(), Cabinet: k.Cabinet, Slot: k.Slot,
		Purpose: job.PurposeRelease, By: "sa", Reason: "code lost"}
	change(&w)
	if err := f.keys.write(f.t.Context(), id, w, request); err != nil {
		f.t.Fatal(err)
	}
	return w.Wish
}

func (f *front) wishEnds(id, wish string) job.Wish {
	f.t.Helper()
	var got job.Wish
	f.until("the wish is answered", id, func(s job.State) bool {
		for _, w := range s.Wishes {
			if w.Wish == wish && w.State != job.WishWaits && w.State != job.WishGranted {
				got = w
				return true
			}
		}
		return false
	})
	return got
}

// unlocked is how many unlocks the cabinet was asked for.
func (c *cabinet) unlocked() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.given)
}

// TestAWishIsHeldAgainstTheRulesOfTheCabinetsEdge: what is late, what names somebody
// nobody knows, or a slot that is another's, opens nothing, and each is answered.
func TestAWishIsHeldAgainstTheRulesOfTheCabinetsEdge(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	f.since.Store(100_000)
	id, _ := f.checkedIn()
	before := f.keys.unlocked()
	refused := func(name, why string, change func(*job.SlotWished)) {
		t.Helper()
		if w := f.wishEnds(id, f.wished(id, change)); w.State != job.WishNot || w.Why != why {
			t.Errorf("%s: the wish is %s (%s), want refused (%s)", name, w.State, w.Why, why)
		}
	}
	refused("no gate pass", string(job.NoGatepass), func(*job.SlotWished) {})
	f.repaired(id)
	refused("a heartbeat of 31 s ago", job.WishStale, func(w *job.SlotWished) { w.MS -= 31_000 })
	refused("a heartbeat of tomorrow", job.WishStale, func(w *job.SlotWished) { w.MS += 1 })
	refused("another boot", job.WishReboot, func(w *job.SlotWished) { w.Boot = "b0" })
	refused("no boot", job.WishReboot, func(w *job.SlotWished) { w.Boot = "" })
	refused("somebody unknown", job.WishNobody, func(w *job.SlotWished) { w.By = "nobody" })
	refused("no reason", job.WishNoReason, func(w *job.SlotWished) { w.Reason = "" })
	refused("another slot", job.WishMoved, func(w *job.SlotWished) { w.Slot++ })
	refused("what nobody may wish", string(job.Unknown), func(w *job.SlotWished) { w.Purpose = "hang" })
	if n := f.keys.unlocked(); n != before {
		t.Fatalf("refused wishes opened %d slots", n-before)
	}
	f.wished(id, func(w *job.SlotWished) { w.To = "demo-another" })
	again := ""
	if w := f.wishEnds(id, f.wished(id, func(w *job.SlotWished) { w.MS -= 29_000; again = w.Wish })); w.State != job.WishOpened {
		t.Errorf("a good wish is %s (%s), want opened", w.State, w.Why)
	}
	f.until("the key is out", id, func(s job.State) bool { return s.Key.Taken })
	f.wished(id, func(w *job.SlotWished) { w.Wish = again }) // delivered once more
	f.restart()
	f.until("the visit is known again", id, func(s job.State) bool { return s.Key.Taken })
	if n := f.keys.unlocked(); n != 0 { // the new cabinet of the restart
		t.Errorf("a wish that was granted is granted again after a restart")
	}
}

// TestAWishNamesItsHeartbeatsAge: the age is counted on the owner's clock alone.
func TestAWishNamesItsHeartbeatsAge(t *testing.T) {
	t.Parallel()
	w := job.SlotWished{Boot: "b", MS: 5000}
	for _, c := range []struct {
		boot  string
		since time.Duration
		want  string
	}{
		{"b", 5 * time.Second, ""}, {"b", 35 * time.Second, ""}, {"b", 35*time.Second + time.Millisecond, job.WishStale},
		{"b", 4 * time.Second, job.WishStale}, {"c", 6 * time.Second, job.WishReboot}, {"", 6 * time.Second, job.WishReboot},
	} {
		if got := w.Late(c.boot, c.since); got != c.want {
			t.Errorf("in boot %q after %v: %q, want %q", c.boot, c.since, got, c.want)
		}
	}
}
