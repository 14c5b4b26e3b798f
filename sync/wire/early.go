package wire

import "pitlane/edge/tlog"

// maxEarly bounds what is held back in memory.
const maxEarly = 32

// Early holds segments back that came before their turn: messages of one
// connection may overtake each other. It belongs to one goroutine.
type Early struct {
	kept map[string]map[uint64]tlog.Segment // by origin and first
	n    int
}

// Keep holds a segment back; when there are too many already, it is let go and
// will be asked for.
func (e *Early) Keep(s tlog.Segment) {
	if e.kept == nil {
		e.kept = map[string]map[uint64]tlog.Segment{}
	}
	if e.kept[s.Origin] == nil {
		e.kept[s.Origin] = map[uint64]tlog.Segment{}
	}
	if _, twice := e.kept[s.Origin][s.First]; !twice {
		if e.n >= maxEarly {
			return
		}
		e.n++
	}
	e.kept[s.Origin][s.First] = s
}

// Next takes out the first segment of an origin that follows what is held now.
func (e *Early) Next(origin string, size uint64) (tlog.Segment, bool) {
	first, found := uint64(0), false
	for f := range e.kept[origin] {
		if f <= size && (!found || f < first) {
			first, found = f, true
		}
	}
	if !found {
		return tlog.Segment{}, false
	}
	s := e.kept[origin][first]
	delete(e.kept[origin], first)
	e.n--
	if len(e.kept[origin]) == 0 {
		delete(e.kept, origin)
	}
	return s, true
}

// Gaps says of each origin up to where something later has come.
func (e *Early) Gaps() map[string]uint64 {
	gaps := map[string]uint64{}
	for origin, segs := range e.kept {
		for first := range segs {
			gaps[origin] = max(gaps[origin], first)
		}
	}
	return gaps
}
