package job

// Bound gives events whose own time is not known (quality 0) the time of the first
// known one that came after them, by their author's log or by what its author had
// seen: they happened before it. What nothing bounds keeps quality 0. events need no
// payloads; they come back with parents before children.
func Bound(events []Event) []Event {
	out := Order(events)
	seen, later := map[Hash]int64{}, map[string]int64{} // the first known time after an event, after all of an origin
	for i := len(out) - 1; i >= 0; i-- {
		e := &out[i]
		if ms := earlier(seen[e.Hash], later[e.Origin]); e.Quality == 0 && ms > 0 {
			e.WallMS, e.Quality = ms, 1
		}
		if e.Quality == 0 {
			continue
		}
		later[e.Origin] = earlier(later[e.Origin], e.WallMS)
		for _, p := range e.Parents {
			seen[p] = earlier(seen[p], e.WallMS)
		}
	}
	return out
}

// earlier is the earlier of two moments; 0 is none.
func earlier(a, b int64) int64 {
	if a == 0 || b == 0 {
		return a + b
	}
	return min(a, b)
}

// newestOf is when something last moved, by events that are Bound; false where one of
// them may have happened at any time.
func newestOf(events []Event, moves func(Event) bool) (ms int64, known bool) {
	for _, e := range events {
		if !moves(e) {
			continue
		}
		if e.Quality == 0 {
			return 0, false
		}
		ms = max(ms, e.WallMS)
	}
	return ms, ms > 0
}
