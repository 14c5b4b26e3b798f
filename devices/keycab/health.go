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

const (
	gaugePolls = 10
	gaugeOn    = 5
)

// next begins a poll. The gauge goes off after gaugePolls polls without a mark.
func (g *gauge) next() {
	g.polls = g.polls << 1 & (1<<gaugePolls - 1)
	g.on = g.on && g.polls != 0
}

// mark notes that the newest poll showed it, and says that the gauge has just come on.
func (g *gauge) mark() bool {
	g.polls |= 1
	rise := !g.on && bits.OnesCount16(g.polls) >= gaugeOn
	g.on = g.on || rise
	return rise
}

// health is how one board answers.
type health struct {
	missed  int  // polls in a row without an answer
	silent  bool // missedPolls were missed: nothing is known of the board
	heard   bool // the last poll was answered
	hasKeys bool
	asked   time.Duration
	doubled gauge // a second reply to one request: two boards have one address
	garbled gauge // bytes, but no reply among them
}

// answered notes a good reply.
func (h *health) answered(hasKeys bool) {
	h.missed, h.silent, h.heard, h.hasKeys = 0, false, true, hasKeys
}

// miss notes a poll without a reply and says that the board has just gone silent.
// A board that may have browned out on a solenoid pulse is excused.
func (h *health) miss(excused bool) bool {
	h.heard = false
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
