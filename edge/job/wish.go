package job

import (
	"slices"
	"time"
)

// WishGood is how old the heartbeat of a cabinet's edge may be that a wish names. What
// was wished before an outage is not done after it.
const WishGood = 30 * time.Second

// SlotWished is what a person at one edge wants of the edge that minds the cabinet:
// that the slot with the job's key is opened. There are no commands: that edge decides,
// by the same rules as for its own people, and answers with slot.unlock_intended or
// wish.refused. Purpose: release, work.
type SlotWished struct {
	Wish string `json:"wish"` // its id
	To   string `json:"to"`   // the node that minds the cabinet
	// Boot and MS are the newest heartbeat of that node that the asker had heard.
	Boot    string `json:"boot"`
	MS      int64  `json:"ms"`
	Cabinet string `json:"cabinet"`
	Slot    int    `json:"slot"`
	Purpose string `json:"purpose"`
	By      string `json:"by"`
	Reason  string `json:"reason,omitempty"`
}

// WishRefused is the answer of the node that was asked: it has opened nothing. Why is a
// Reason, a kind of the cabinet's faults, or one of the words below.
type WishRefused struct {
	Wish string `json:"wish"`
	Slot int    `json:"slot"`
	Why  string `json:"why"`
}

// Why a wish is refused that the visit would allow.
const (
	WishStale    = "wish_stale"     // it names a heartbeat that is too old
	WishReboot   = "wish_reboot"    // it names another boot of the node
	WishMoved    = "other_slot"     // the key is not there any more
	WishNobody   = "unknown_person" // who wishes is not known to the node
	WishNoReason = "no_reason"
)

// Kind implements Payload.
func (SlotWished) Kind() string { return "slot.wished" }

// Kind implements Payload.
func (WishRefused) Kind() string { return "wish.refused" }

// Late says why a wish comes too late, by the clock of the node that is asked: its boot
// id, and the time since that boot began. "" when it does not. A heartbeat that is yet
// to come is nobody's.
func (w SlotWished) Late(boot string, since time.Duration) string {
	age := since - time.Duration(w.MS)*time.Millisecond
	switch {
	case boot == "" || w.Boot != boot:
		return WishReboot
	case age > WishGood || age < 0:
		return WishStale
	}
	return ""
}

// Wish is a SlotWished and what came of it.
type Wish struct {
	SlotWished
	AtMS  int64  // wall time of the asker
	State string // one of the words below
	Why   string // of a refused one
}

// The states of a wish.
const (
	WishWaits   = "waiting"
	WishGranted = "opening" // the intent is on disk
	WishOpened  = "opened"
	WishNot     = "refused"
	WishFailed  = "failed"
	WishUnknown = "unknown"
)

// maxWishes bounds what a visit keeps of them.
const maxWishes = 16

// stepWish follows what people at other edges want of the job's slot. An answer to a
// wish that has one changes nothing.
func (s *State) stepWish(e Event) {
	answer := func(is func(Wish) bool, state, why string) {
		if i := slices.IndexFunc(s.Wishes, is); i >= 0 {
			s.Wishes = slices.Clone(s.Wishes)
			s.Wishes[i].State, s.Wishes[i].Why = state, why
		}
	}
	open := func(slot int) func(Wish) bool {
		return func(w Wish) bool { return w.State == WishGranted && w.Slot == slot }
	}
	waits := func(id string) func(Wish) bool {
		return func(w Wish) bool { return w.State == WishWaits && w.Wish == id && id != "" }
	}
	switch p := e.Payload.(type) {
	case SlotWished:
		if slices.ContainsFunc(s.Wishes, func(w Wish) bool { return w.Wish == p.Wish }) {
			return
		}
		s.Wishes = append(slices.Clone(s.Wishes), Wish{SlotWished: p, AtMS: e.WallMS, State: WishWaits})
		s.Wishes = s.Wishes[max(0, len(s.Wishes)-maxWishes):]
	case WishRefused:
		answer(waits(p.Wish), WishNot, p.Why)
	case UnlockIntended:
		answer(waits(p.Wish), WishGranted, "")
	case SlotOpened:
		answer(open(p.Slot), WishOpened, "")
	case UnlockFailed:
		answer(open(p.Slot), WishFailed, p.Why)
	case OutcomeUnknown:
		answer(open(p.Slot), WishUnknown, "")
	}
}

// CanGrant says whether the node that minds the cabinet may open the slot for a wish:
// as for its own people, the key goes out with the gate pass or for work.
func CanGrant(s State, w SlotWished) Reason {
	switch w.Purpose {
	case PurposeRelease:
		return CanRelease(s)
	case PurposeWork:
		return CanTakeKey(s)
	}
	return Unknown
}

func checkWish(c *checker, p Payload) {
	switch p := p.(type) {
	case SlotWished:
		c.need("wish", p.Wish)
		c.need("to", p.To)
		c.word("boot", p.Boot)
		c.time("ms", p.MS)
		c.slot(p.Cabinet, p.Slot)
		c.need("purpose", p.Purpose)
		c.need("by", p.By)
		c.line("reason", p.Reason)
	case WishRefused:
		c.need("wish", p.Wish)
		c.slot("", p.Slot)
		c.need("why", p.Why)
	}
}
