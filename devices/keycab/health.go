package keycab

import (
	"math/bits"
	"time"
)

// gauge says whether something odd shows in many of the last polls. It is pure.
type gauge struct {
	polls uint16 // bit 0 is the newest poll
	on    bool
}

// How many of gaugePolls polls must show it.
const (
	gaugePolls = 10
	garbledOn  = 5
	doubledOn  = 3 // before the first snapshot is out
	echoOn     = 3
	muteOn     = 2 // polls in a row without a byte: a board that was away
)

// next begins a poll. The gauge goes off after gaugePolls polls without a mark.
func (g *gauge) next() {
	g.polls = g.polls << 1 & (1<<gaugePolls - 1)
	g.on = g.on && g.polls != 0
}

// mark notes that the newest poll showed it, and says that the gauge has just come
// on with the need-th mark.
func (g *gauge) mark(need int) bool {
	g.polls |= 1
	rise := !g.on && bits.OnesCount16(g.polls) >= need
	g.on = g.on || rise
	return rise
}

// health is how one board answers.
type health struct {
	tick      time.Duration // the next poll of those that come every pollEvery
	doubt     time.Duration // a poll that would settle a doubt; 0: none would
	missed    int           // polls in a row without an answer
	mute      int           // of them, those without a single byte
	silent    bool          // missedPolls were missed: nothing is known of the board
	returning bool          // it was silent, and its state is not settled yet
	since     time.Duration
	heard     bool // the last poll was answered
	calm      bool // none of its locks is left driven
	hasKeys   bool
	asked     time.Duration
	refused   error // why it did not say at the last poll
	doubled   gauge // a second reply to one request: two boards have one address
	garbled   gauge // bytes, but no reply among them
}

// next is when the board is to be polled: a tick that comes just before the poll of a
// doubt waits for it.
func (h *health) next() time.Duration {
	if h.doubt > 0 && h.doubt-h.tick <= pollJitter {
		return h.doubt
	}
	return h.tick
}

// answered notes a good reply, and says that the board has been away: silent, or
// without a byte right after a solenoid pulse.
func (h *health) answered(at time.Duration, hasKeys, excused bool) (away bool) {
	away = h.silent || excused && h.mute >= muteOn
	if h.silent {
		h.returning, h.since = true, at
	}
	h.missed, h.mute, h.silent, h.heard, h.hasKeys, h.refused = 0, 0, false, true, hasKeys, nil
	return away
}

// miss notes a poll without a reply and says that the board has just gone silent.
// A board that may have browned out on a solenoid pulse is excused.
func (h *health) miss(bytes, excused bool) bool {
	h.heard = false
	if bytes {
		h.mute = 0
	} else {
		h.mute++
	}
	if excused || h.silent {
		return false
	}
	h.missed++
	h.silent = h.missed >= missedPolls
	return h.silent
}

// conflict says that two boards seem to answer to this address: one more reply
// than requests, or replies that garble each other while the rest of the bus is clean.
func (h *health) conflict(othersClean bool) bool {
	return h.doubled.on || h.garbled.on && othersClean
}
