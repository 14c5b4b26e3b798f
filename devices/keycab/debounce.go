package keycab

import "time"

// rule is when a new value of an input is believed: enough equal polls, over a
// long enough time.
type rule struct {
	polls int
	hold  time.Duration
}

// A switch bounces for milliseconds; a hand crosses an infrared beam for longer.
func switchRule() rule { return rule{polls: 2, hold: 50 * time.Millisecond} }
func beamRule() rule   { return rule{polls: 3, hold: 300 * time.Millisecond} }

const (
	flapTurns  = 6
	flapWindow = 10 * time.Second
	// calmTime ends flapping; an input that rests this long between its turns
	// cannot make flapTurns of them in flapWindow.
	calmTime = 3 * time.Second
)

// input debounces one two-valued input. It is pure: the time of each poll comes in
// as an argument. The zero input but for its rule knows nothing.
type input struct {
	rule rule

	known, value bool // what is believed

	seen  bool // cand, count and since are set
	cand  bool // what the last poll showed
	count int  // polls in a row that showed it
	since time.Duration

	turns    []time.Duration // when the raw value changed, within flapWindow
	flapping bool
}

// see takes one poll. changed says that what is believed is another now; flaps
// says that the input has just been found to be flapping (and is unknown).
func (in *input) see(at time.Duration, raw bool) (changed, flaps bool) {
	if in.seen && raw == in.cand {
		in.count++
	} else {
		in.turn(at)
		in.seen, in.cand, in.count, in.since = true, raw, 1, at
	}
	if in.flapping {
		if at-in.since < calmTime {
			return false, false
		}
		in.flapping, in.turns = false, nil
	}
	if len(in.turns) >= flapTurns {
		changed = in.known
		in.known, in.flapping = false, true
		return changed, true
	}
	if in.count < in.rule.polls || at-in.since < in.rule.hold {
		return false, false
	}
	changed = !in.known || in.value != in.cand
	in.known, in.value = true, in.cand
	return changed, false
}

// due is when the next poll would be enough to believe what the last ones showed;
// false when nothing is in doubt.
func (in *input) due() (time.Duration, bool) {
	doubt := in.seen && !in.flapping && (!in.known || in.value != in.cand)
	return in.since + in.rule.hold, doubt && in.count+1 >= in.rule.polls
}

// turn notes a change of the raw value and forgets those that are too old.
func (in *input) turn(at time.Duration) {
	if !in.seen {
		return
	}
	old := 0
	for old < len(in.turns) && at-in.turns[old] >= flapWindow {
		old++
	}
	in.turns = append(in.turns[old:], at)
}

// forget makes the input unknown: the line to it was lost.
func (in *input) forget() { *in = input{rule: in.rule} }

// settled says that see cannot tell more for now.
func (in *input) settled() bool { return in.known || in.flapping }
