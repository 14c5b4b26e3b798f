package keycab

import "time"

// rack is what is believed of all slots: one pair of inputs a slot. It is pure.
type rack struct {
	hookClosed *int
	keyPresent uint64 // 1: the bit of a key that is there; 0: of one that is not
	locks      int
	places     []place
}

type place struct {
	hook, key input
	unfelt    bool // its board has no key sensors
}

func newRack(boards, locks int, hookClosed *int) *rack {
	r := &rack{hookClosed: hookClosed, keyPresent: 1, locks: locks, places: make([]place, boards*locks)}
	for i := range r.places {
		r.places[i] = place{hook: input{rule: switchRule()}, key: input{rule: beamRule()}}
	}
	return r
}

// presentIs sets the bit that means a key; nil leaves it at 1.
func (r *rack) presentIs(bit *int) *rack {
	if bit != nil {
		r.keyPresent = uint64(*bit)
	}
	return r
}

// see takes the state of one board (counted from 0) and returns what that changes:
// Change and Warning values.
func (r *rack) see(at time.Duration, board int, s sample) []any {
	var out []any
	for lock := range r.locks {
		i := board*r.locks + lock
		p := &r.places[i]
		changed, flaps := false, false
		p.unfelt = !s.HasKeys
		if r.hookClosed != nil {
			changed, flaps = p.hook.see(at, r.closed(s, lock))
		}
		if s.HasKeys {
			c, f := p.key.see(at, s.Keys>>lock&1 == r.keyPresent)
			changed, flaps = changed || c, flaps || f
		}
		if changed {
			out = append(out, Change{Slot: r.slot(i)})
		}
		if flaps {
			out = append(out, Warning{Slot: i + 1, Kind: WarnFlapping})
		}
	}
	return out
}

func (r *rack) closed(s sample, lock int) bool {
	return int(s.Hooks>>lock&1) == *r.hookClosed
}

// forget makes the slots of one board unknown and returns what that changes.
func (r *rack) forget(board int) []any {
	var out []any
	for i := board * r.locks; i < (board+1)*r.locks; i++ {
		p := &r.places[i]
		known := p.hook.known || p.key.known
		p.hook.forget()
		p.key.forget()
		if known {
			out = append(out, Change{Slot: r.slot(i)})
		}
	}
	return out
}

// due is when after at a poll of a board would first settle a doubt; false when none
// would.
func (r *rack) due(at time.Duration, board int) (soon time.Duration, ok bool) {
	for i := board * r.locks; i < (board+1)*r.locks; i++ {
		for _, in := range []*input{&r.places[i].hook, &r.places[i].key} {
			if d, doubt := in.due(); doubt && d > at && (!ok || d < soon) {
				soon, ok = d, true
			}
		}
	}
	return soon, ok
}

// settled says that everything that can be known of a board is known.
func (r *rack) settled(board int, hasKeys bool) bool {
	for _, p := range r.places[board*r.locks : (board+1)*r.locks] {
		if r.hookClosed != nil && !p.hook.settled() || hasKeys && !p.key.settled() {
			return false
		}
	}
	return true
}

func (r *rack) slots() []Slot {
	out := make([]Slot, len(r.places))
	for i := range out {
		out[i] = r.slot(i)
	}
	return out
}

func (r *rack) slot(i int) Slot {
	p := &r.places[i]
	s := Slot{Number: i + 1, Hook: HookUnknown, Key: KeyUnknown, Unfelt: p.unfelt}
	if p.hook.known {
		s.Hook = HookOpen
		if p.hook.value {
			s.Hook = HookClosed
		}
	}
	if p.key.known {
		s.Key = KeyAbsent
		if p.key.value {
			s.Key = KeyPresent
		}
	}
	return s
}
