package obd

import "slices"

// Requests to all that some units never answer: who has no VIN, no tests or no permanent
// codes is silent, and an adapter that waits for one more frame waits in vain. A unit is
// taken for silent when it was so in two scans in a row, and all are waited for again in
// every eighth.
const (
	leastSilent = 2
	everySilent = 8
)

// some is who answers such a request, in how many frames together, and in how many scans
// in a row it was so.
type some struct {
	IDs    []string `json:"ids"`
	Frames int      `json:"frames"`
	Scans  int      `json:"scans"`
}

// mayBeSilent reports whether a unit that does not answer a request may simply have
// nothing to say to it. Stored and pending codes every unit is waited for.
func mayBeSilent(text string) bool {
	return slices.Contains([]string{"0902", "0900", "0600", "0A"}, text)
}

// someAnswer is what is known of a request that not all units answer.
func (x *scan) someAnswer(text string) (expectation, bool) {
	s, known := x.fast.car.Some[text]
	if !known || !mayBeSilent(text) || s.Scans < leastSilent || s.Scans%everySilent == 0 {
		return expectation{}, false
	}
	for _, id := range s.IDs {
		if x.ecus[id] == nil {
			return expectation{}, false
		}
	}
	return expectation{ids: s.IDs, frames: s.Frames, guess: true}, true
}

// learnSome notes who answered a request to all, where not all did.
func (x *scan) learnSome(text string, a Answer) {
	ids := slices.Sorted(slices.Values(a.Order))
	was := x.fast.car.Some[text]
	delete(x.fast.car.Some, text)
	e := expectation{ids: ids, frames: a.frames}
	if !mayBeSilent(text) || a.torn || len(ids) == 0 || len(ids) == len(x.ecus) || a.frames > maxTransmitFast || !x.exactly(a, e) {
		return
	}
	if x.fast.car.Some == nil {
		x.fast.car.Some = map[string]some{}
	}
	now := some{IDs: ids, Frames: a.frames, Scans: 1}
	if slices.Equal(was.IDs, ids) && was.Frames == a.frames {
		now.Scans = was.Scans + 1
	}
	x.fast.car.Some[text] = now
}
