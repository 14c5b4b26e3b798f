package link

import (
	"time"

	"pitlane/sync/wire"
)

const (
	credit = 16                     // segments asked for at once
	grace  = 100 * time.Millisecond // for what is on its way already
)

// wants decides what to ask of whom. It is pure: time comes in by argument.
type wants struct {
	me       string
	patience time.Duration
	have     map[string]wire.Have // by node, of this connection
	gone     map[string]bool      // nodes known to be offline
	open     map[string]*wish     // by origin
}

// wish is one missing run.
type wish struct {
	mine   uint64    // what was held when it was last looked at
	since  time.Time // when it was first missed, or when there was last progress
	holder string    // whom it was asked of; "" before
	left   int       // credit not used yet
	tried  map[string]bool
}

func newWants(me string, patience time.Duration) *wants {
	return &wants{me: me, patience: patience, have: map[string]wire.Have{}, gone: map[string]bool{}, open: map[string]*wish{}}
}

// got notes that a segment of an origin came.
func (w *wants) got(origin string) {
	if o := w.open[origin]; o != nil && o.left > 0 {
		o.left--
	}
}

// request is a want and whom to send it to.
type request struct {
	holder string
	want   wire.Want
}

// due gives the requests to send now, given what is held. gaps are origins of
// which something later has come, and from where on.
func (w *wants) due(now time.Time, mine map[string]uint64, gaps map[string]uint64) []request {
	missing := map[string]bool{}
	for origin := range gaps {
		missing[origin] = gaps[origin] > mine[origin]
	}
	for node, have := range w.have {
		for origin, r := range have {
			if node != w.me && wire.NodeOf(origin) != w.me && r.Size > mine[origin] && r.Low <= mine[origin] {
				missing[origin] = true
			}
		}
	}
	for origin := range w.open {
		if !missing[origin] {
			delete(w.open, origin)
		}
	}
	var out []request
	for origin, yes := range missing {
		if !yes {
			continue
		}
		if r, ok := w.ask(now, origin, mine[origin]); ok {
			out = append(out, r)
		}
	}
	return out
}

// ask decides about one missing run.
func (w *wants) ask(now time.Time, origin string, mine uint64) (request, bool) {
	o := w.open[origin]
	if o == nil {
		w.open[origin] = &wish{mine: mine, since: now, tried: map[string]bool{}}
		return request{}, false
	}
	if mine > o.mine {
		o.mine, o.since = mine, now
		clear(o.tried)
	}
	waited := now.Sub(o.since)
	switch {
	case o.holder == "" && waited < grace:
		return request{}, false
	case o.holder != "" && o.left > 0 && waited < w.patience:
		return request{}, false
	case o.holder != "" && waited >= w.patience:
		o.tried[o.holder] = true
	}
	holder := w.choose(origin, mine, o.tried)
	if holder == "" {
		o.holder = ""
		o.since = now
		clear(o.tried)
		return request{}, false
	}
	o.holder, o.left, o.since = holder, credit, now
	return request{holder, wire.Want{Origin: origin, From: mine, Credit: credit}}, true
}

// choose picks the holder: the origin's own node, else the largest have, else the
// lowest name; never one that was tried without result or is known to be offline.
func (w *wants) choose(origin string, mine uint64, tried map[string]bool) string {
	best, size := "", uint64(0)
	for node, have := range w.have {
		r, ok := have[origin]
		if !ok || node == w.me || r.Size <= mine || r.Low > mine || tried[node] || w.gone[node] {
			continue
		}
		if node == wire.NodeOf(origin) {
			return node
		}
		if r.Size > size || r.Size == size && node < best {
			best, size = node, r.Size
		}
	}
	return best
}
