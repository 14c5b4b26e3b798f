package wire

import "time"

const (
	credit = 16                     // segments asked for at once
	grace  = 100 * time.Millisecond // for what is on its way already
)

// Wants decides what to ask of whom. It is pure: time comes in by argument. It
// belongs to one goroutine.
type Wants struct {
	me       string
	patience time.Duration
	have     map[string]Have  // by node, of this connection
	gone     map[string]bool  // nodes known to be offline
	open     map[string]*wish // by origin
	late     bool
	own      string // the log that this node writes
}

// wish is one missing run.
type wish struct {
	mine   uint64    // what was held when it was last looked at
	from   uint64    // where the newest want began
	since  time.Time // when it was first missed, or when there was last progress
	holder string    // whom it was asked of; "" before
	left   int       // credit not used yet
	tried  map[string]bool
}

// NewWants begins anew, as with each connection: nothing is known of anybody. A
// holder that gives nothing for patience is passed over for another.
func NewWants(me string, patience time.Duration) *Wants {
	return &Wants{me: me, patience: patience, have: map[string]Have{}, gone: map[string]bool{}, open: map[string]*wish{}}
}

// Own says which log this node writes: it is never asked for. Its older epochs are,
// like any other log; until Own is called, none of the node's is.
func (w *Wants) Own(origin string) { w.own = origin }

func (w *Wants) mine(origin string) bool {
	return origin == w.own || w.own == "" && NodeOf(origin) == w.me
}

// Late lets the asker go on with an origin where the others begin, when nobody who is
// there holds any more what follows on what it holds. Where that is something, it waits
// for its patience first: who holds it may not have said so yet.
func (w *Wants) Late() { w.late = true }

// Began says whether an origin was asked for from a number on.
func (w *Wants) Began(origin string, from uint64) bool {
	o := w.open[origin]
	return o != nil && o.holder != "" && o.from == from
}

// reachable says whether a run of a holder can be joined to what is held, or begun
// behind it because nobody holds what lies between.
func (w *Wants) reachable(origin string, r Range, mine uint64) bool {
	return r.Size > mine && (r.Low <= mine || w.late && (mine == 0 || w.Trimmed(origin, mine)))
}

// Trimmed says whether some node that is there holds an origin, but everybody who does
// begins behind a number: what follows on that is held by nobody any more. One that is
// away for long keeps nobody waiting.
func (w *Wants) Trimmed(origin string, from uint64) bool {
	some := false
	for node, have := range w.have {
		if r, ok := have[origin]; ok && node != w.me && !w.gone[node] && r.Size > 0 {
			if some = true; r.Low <= from {
				return false
			}
		}
	}
	return some
}

// Holds notes what a node says it has on disk.
func (w *Wants) Holds(node string, h Have) { w.have[node] = h }

// Gone notes that a node is offline; Back, that it is not. What was asked of it is
// asked again: it will not know of it when it is back.
func (w *Wants) Gone(node string) {
	w.gone[node] = true
	for _, o := range w.open {
		if o.holder == node {
			o.left = 0
		}
	}
}

// Back notes that something came from a node just now.
func (w *Wants) Back(node string) { delete(w.gone, node) }

// Got notes that a segment of an origin came.
func (w *Wants) Got(origin string) {
	if o := w.open[origin]; o != nil && o.left > 0 {
		o.left--
	}
}

// Request is a want and whom to send it to.
type Request struct {
	Holder string
	Want   Want
}

// Due gives the requests to send now, given what is held. gaps are origins of
// which something later has come, and from where on.
func (w *Wants) Due(now time.Time, mine map[string]uint64, gaps map[string]uint64) []Request {
	missing := map[string]bool{}
	for origin := range gaps {
		missing[origin] = gaps[origin] > mine[origin]
	}
	for node, have := range w.have {
		for origin, r := range have {
			if node != w.me && !w.mine(origin) && w.reachable(origin, r, mine[origin]) {
				missing[origin] = true
			}
		}
	}
	for origin := range w.open {
		if !missing[origin] {
			delete(w.open, origin)
		}
	}
	var out []Request
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

// Anew forgets what was asked of an origin: it is asked from another place.
func (w *Wants) Anew(origin string) { delete(w.open, origin) }

// ask decides about one missing run.
func (w *Wants) ask(now time.Time, origin string, mine uint64) (Request, bool) {
	o := w.open[origin]
	if o == nil {
		w.open[origin] = &wish{mine: mine, since: now, tried: map[string]bool{}}
		return Request{}, false
	}
	if mine > o.mine {
		o.mine, o.since = mine, now
		clear(o.tried)
	}
	waited := now.Sub(o.since)
	switch {
	case o.holder == "" && waited < grace:
		return Request{}, false
	case o.holder != "" && o.left > 0 && waited < w.patience:
		return Request{}, false
	case o.holder != "" && waited >= w.patience:
		o.tried[o.holder] = true
	}
	holder, from := w.choose(origin, mine, o.tried)
	if holder == "" {
		o.holder = ""
		o.since = now
		clear(o.tried)
		return Request{}, false
	}
	if o.holder == "" && from > mine && mine > 0 && waited < w.patience {
		return Request{}, false
	}
	o.holder, o.from, o.left, o.since = holder, from, credit, now
	return Request{holder, Want{Origin: origin, From: from, Credit: credit}}, true
}

// choose picks the holder and where to begin: who reaches back furthest, and of those
// the origin's own node, else the largest have, else the lowest name; never one that
// was tried without result or is known to be offline.
func (w *Wants) choose(origin string, mine uint64, tried map[string]bool) (best string, from uint64) {
	var of Range
	for node, have := range w.have {
		r, ok := have[origin]
		if !ok || node == w.me || !w.reachable(origin, r, mine) || tried[node] || w.gone[node] {
			continue
		}
		r.Low = max(r.Low, mine)
		if best == "" || better(origin, node, r, best, of) {
			best, of = node, r
		}
	}
	return best, of.Low
}

// better holds a holder a against b.
func better(origin, a string, ar Range, b string, br Range) bool {
	switch own := NodeOf(origin); {
	case ar.Low != br.Low:
		return ar.Low < br.Low
	case a == own || b == own:
		return a == own
	case ar.Size != br.Size:
		return ar.Size > br.Size
	default:
		return a < b
	}
}
