package job

import (
	"bytes"
	"cmp"
	"container/heap"
	"slices"
	"strings"
)

// Fold is what is true after all of the events, in whichever order they came. An
// event that is there twice, by its hash, counts once.
func Fold(events []Event) State {
	told := Order(events)
	var s State
	for _, e := range told {
		s.step(e)
	}
	for _, word := range concurrent(told) {
		s.contradict(word)
	}
	s.settle()
	return s
}

// Apply is what is true after e, told after everything in s. It takes any event in
// any order, leaves s as it was, and knows no time but what events carry.
//
// Apply tells events one after another; that two were written without knowing of
// each other only Fold can see, which has them all.
func Apply(s State, e Event) State {
	s = s.clone()
	s.step(e)
	s.settle()
	return s
}

// clone copies what step writes in place.
func (s State) clone() State {
	s.Extras = slices.Clone(s.Extras)
	s.Scans = slices.Clone(s.Scans)
	s.Clears = slices.Clone(s.Clears)
	s.Parts = slices.Clone(s.Parts)
	s.Timers = slices.Clone(s.Timers)
	s.seen = slices.Clone(s.seen)
	s.tips = slices.Clone(s.tips)
	s.told = slices.Clone(s.told)
	return s
}

// Order is the one order in which a set of events is told: after their parents and
// after what their own origin wrote before, ties by (origin, seq). A parent that is
// not here is an edge ignored. Wall time has no say. Events that are there twice,
// by their hash, are told once.
//
// Honest events have no cycles, since a parent's hash must exist before its child
// does; forged ones are broken at the lowest (origin, seq), so that every order of
// arrival still gives one order of telling.
func Order(events []Event) []Event {
	list := distinct(events)
	slices.SortStableFunc(list, before)
	after, waits := edges(list)
	ready := &ranks{}
	for i, n := range waits {
		if n == 0 {
			heap.Push(ready, i)
		}
	}
	told := make([]Event, 0, len(list))
	done := make([]bool, len(list))
	lowest := 0
	for len(told) < len(list) {
		i := next(ready, done, &lowest)
		told, done[i] = append(told, list[i]), true
		for _, j := range after[i] {
			if waits[j]--; waits[j] == 0 && !done[j] {
				heap.Push(ready, j)
			}
		}
	}
	return once(told)
}

// KindRepeated is what Order calls an event that a node wrote again in a new log, where
// the first is here too: it is there, and has no effect.
const KindRepeated = "event.repeated"

// once takes the effect from what a node wrote again after it had left a log: the same
// kind for the same wish, in another log of the same node. The first told has it. Seals
// are no such: which of them count is told from what they amend.
func once(told []Event) []Event {
	type wish struct {
		node, kind string
		request    [16]byte
	}
	first := make(map[wish]string, len(told))
	for i, e := range told {
		if e.Request == ([16]byte{}) || IsSeal(e.Kind) {
			continue
		}
		node, _, _ := strings.Cut(e.Origin, "/")
		w := wish{node, e.Kind, e.Request}
		if origin, here := first[w]; here && origin != e.Origin {
			told[i].Kind, told[i].Payload, told[i].Contact = KindRepeated, nil, nil
		} else if !here {
			first[w] = e.Origin
		}
	}
	return told
}

// next is the lowest event that waits for nothing, or where all wait in a circle
// the lowest of all.
func next(ready *ranks, done []bool, lowest *int) int {
	for ready.Len() > 0 {
		if i := heap.Pop(ready).(int); !done[i] {
			return i
		}
	}
	for done[*lowest] {
		*lowest++
	}
	return *lowest
}

// edges are, for each event, those told after it, and how many it waits for.
func edges(list []Event) (after [][]int, waits []int) {
	after, waits = make([][]int, len(list)), make([]int, len(list))
	at := make(map[Hash]int, len(list))
	for i, e := range list {
		if e.Hash != (Hash{}) {
			at[e.Hash] = i
		}
	}
	for i, e := range list {
		if i > 0 && list[i-1].Origin == e.Origin {
			after[i-1] = append(after[i-1], i)
			waits[i]++
		}
		for _, h := range e.Parents {
			if p, here := at[h]; here && p != i {
				after[p] = append(after[p], i)
				waits[i]++
			}
		}
	}
	return after, waits
}

func before(a, b Event) int {
	return cmp.Or(cmp.Compare(a.Origin, b.Origin), cmp.Compare(a.Seq, b.Seq), bytes.Compare(a.Hash[:], b.Hash[:]))
}

// distinct keeps one of each hash: the one that says more, since an opening may
// come after its leaf.
func distinct(events []Event) []Event {
	list := make([]Event, 0, len(events))
	at := make(map[Hash]int, len(events))
	for _, e := range events {
		i, twice := at[e.Hash]
		switch {
		case e.Hash == (Hash{}):
			list = append(list, e)
		case !twice:
			at[e.Hash] = len(list)
			list = append(list, e)
		default:
			list[i] = fuller(list[i], e)
		}
	}
	return list
}

// fuller is one event made of what two copies of it hold.
func fuller(a, b Event) Event {
	if a.Payload == nil {
		a.Payload = b.Payload
	}
	if a.Contact == nil {
		a.Contact = b.Contact
	}
	return a
}

// Tips are the hashes that no other of the events names as a parent or follows in
// its origin, sorted.
func Tips(events []Event) []Hash {
	named := make(map[Hash]bool, len(events))
	last := make(map[string]uint64)
	for _, e := range events {
		for _, p := range e.Parents {
			if p != e.Hash {
				named[p] = true
			}
		}
		last[e.Origin] = max(last[e.Origin], e.Seq)
	}
	var tips []Hash
	for _, e := range events {
		if e.Hash != (Hash{}) && !named[e.Hash] && e.Seq == last[e.Origin] {
			tips = append(tips, e.Hash)
		}
	}
	slices.SortFunc(tips, compareHash)
	return slices.Compact(tips)
}

func compareHash(a, b Hash) int { return bytes.Compare(a[:], b[:]) }

// tip is a tip with what tells whether another event follows it in its origin.
type tip struct {
	origin string
	seq    uint64
	hash   Hash
}

// Knows says whether an event of an origin is folded into the state.
func (s State) Knows(origin string, seq uint64) bool {
	return slices.ContainsFunc(s.told, func(t tip) bool { return t.origin == origin && t.seq >= seq })
}

// follow moves the tips on by one event.
func (s *State) follow(e Event) {
	if i := slices.IndexFunc(s.told, func(t tip) bool { return t.origin == e.Origin }); i < 0 {
		s.told = append(s.told, tip{origin: e.Origin, seq: e.Seq})
	} else {
		s.told[i].seq = max(s.told[i].seq, e.Seq)
	}
	if e.Hash == (Hash{}) {
		return
	}
	overtaken := false
	s.tips = slices.DeleteFunc(s.tips, func(t tip) bool {
		if t.origin == e.Origin && t.seq > e.Seq {
			overtaken = true
		}
		return t.hash == e.Hash || slices.Contains(e.Parents, t.hash) || (t.origin == e.Origin && t.seq < e.Seq)
	})
	if !overtaken {
		s.tips = append(s.tips, tip{e.Origin, e.Seq, e.Hash})
	}
}

// ranks is a heap of indexes.
type ranks []int

func (r ranks) Len() int           { return len(r) }
func (r ranks) Less(i, j int) bool { return r[i] < r[j] }
func (r ranks) Swap(i, j int)      { r[i], r[j] = r[j], r[i] }

// Push implements heap.Interface.
func (r *ranks) Push(x any) { *r = append(*r, x.(int)) }

// Pop implements heap.Interface.
func (r *ranks) Pop() any {
	old := *r
	x := old[len(old)-1]
	*r = old[:len(old)-1]
	return x
}
