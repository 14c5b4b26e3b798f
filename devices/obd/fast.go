package obd

import (
	"math"
	"slices"
	"strings"
	"time"
)

// A scan is fast where that can lose nothing: a request ends with the number of
// frames to wait for where it is known who answers it in one frame each, and several
// PIDs go in one request where their answers fit one frame. What does not come back
// exactly as expected is asked for again the plain way.

// Whether an adapter knows the response count.
const (
	countsYes = "yes"
	countsNo  = "no"
)

// Bounds of what is tried.
const (
	maxCount   = 9 // more is a letter, and not every adapter reads one
	maxData    = 5 // bytes of one PID in one frame on any bus: service and number before them
	maxStrikes = 3 // counted requests that failed where the plain ones did not
)

// fast is what a scan knows of how its car and adapter may be asked.
type fast struct {
	off     bool // for the rest of the scan
	counts  string
	car     habits
	strikes int
	noSTPX  bool // it says that it is an STN chip, and does not know STPX
}

// recall takes up what is remembered, once it is known which units answer: another
// car is asked like a new one.
func (x *scan) recall(first Answer, m *memory) {
	mark := "p" + x.c.number
	for _, id := range x.ids() {
		mark += " " + id
		for _, r := range first.ECUs[id].Readings {
			mark += ":" + r.Raw
		}
	}
	x.fast = fast{off: x.opts.Plain || !x.c.headers, counts: m.Counts, noSTPX: m.NoSTPX, car: habits{Mark: mark}}
	if m.Identity != x.c.adapter.Identity {
		x.fast.counts = ""
	}
	if m.Car.Mark == mark {
		x.fast.car = m.known.clone().Car
	}
}

// learned is what is remembered after a scan.
func (x *scan) learned(m *memory) {
	if x.opts.Plain || x.fast.car.Mark == "" {
		return
	}
	k := m.known
	k.Identity, k.Description = x.c.adapter.Identity, x.c.adapter.Description
	k.STN, k.Raised, k.NoRaise = x.c.stn, x.c.raised, x.c.noRaise
	k.Counts, k.Car, k.NoSTPX = x.fast.counts, x.fast.car, x.fast.noSTPX
	m.keep(k)
}

// expectation is who answers a request, and in how many frames together. It is empty
// where that is not known.
type expectation struct {
	ids    []string
	frames int
	guess  bool // of a car met for the first time: more frames may come
}

// expected is what a request should bring. Of has the units that say they answer it;
// without any, all must. Values of unknown or changing width are left out the first
// time: an adapter that reads the count as something else could not be told from a
// longer answer.
func (x *scan) expected(text string, of []string) expectation {
	r := parseRequest(text)
	if x.fast.off || x.fast.counts == countsNo || !r.obd || len(text)%2 != 0 {
		return expectation{}
	}
	e := expectation{ids: of}
	if len(of) == 0 {
		e.ids = x.ids()
	}
	switch {
	case r.sid() == 0x01 && len(r.data) == 2:
		e.ids = x.claiming(text[2:])
		if r.data[1] != 0x00 && fixedWidth(r.data[1]) <= maxData {
			e.frames = len(e.ids)
		}
	case x.uds && r.sid() == 0x22 && len(r.data) == 3 && r.data[1] == 0xF4 && r.data[2] != 0:
		e.ids = x.claiming(text[4:])
		if fixedWidth(r.data[2]) < maxData { // the identifier has two bytes
			e.frames = len(e.ids)
		}
	case r.sid() == 0x02 && len(r.data) == 3 && len(of) > 0 && fixedWidth(r.data[1]) < maxData:
		e.frames = len(e.ids) // the number of the frame stands before the data
	case x.isCAN() && x.fast.counts == countsYes:
		e.frames = x.fast.car.Frames[text]
		if s, known := x.someAnswer(text); known && e.frames == 0 && len(of) == 0 {
			e = s
		}
		if e.frames == 0 && len(e.ids) == 1 {
			e.frames, e.guess = framesUsual(r)*len(e.ids), true
		}
	}
	if e.frames < len(e.ids) || e.frames > x.maxCount() || len(e.ids) == 0 {
		return expectation{}
	}
	return e
}

// framesUsual is how many frames most units need for an answer, 0 where nothing is usual. It
// is a guess: with fewer frames the adapter waits as long as without a count, and an
// answer with more is not whole and asked for again.
func framesUsual(r request) int {
	if len(r.data) != 2 {
		return 0
	}
	switch {
	case (r.sid() == 0x06 || r.sid() == 0x09) && r.data[1]%0x20 == 0:
		return 1
	case r.sid() == 0x06:
		return 2 // one result
	case r.sid() == 0x09:
		return map[byte]int{0x02: 3, 0x04: 3, 0x06: 1, 0x08: 7, 0x0A: 4, 0x0B: 7}[r.data[1]]
	}
	return 0
}

// fixedWidth is the width of a value that every car sends with as many bytes; more
// than any other where that is not so.
func fixedWidth(pid byte) int {
	if s := pidTable()[pid]; s.width > 0 && s.least == s.width {
		return s.width
	}
	return math.MaxInt
}

// claiming are the units that say they have a PID.
func (x *scan) claiming(pid string) []string {
	var ids []string
	for _, id := range x.ids() {
		if x.ecus[id].supported[pid] {
			ids = append(ids, id)
		}
	}
	return ids
}

func (x *scan) isCAN() bool {
	b := busOf(x.c.number)
	return b == busCAN11 || b == busCAN29
}

// request sends one OBD request, with the number of frames to wait for where that is
// known, and in full where it is not or something else came.
func (x *scan) request(text string, limit time.Duration) (Answer, error) {
	return x.requestOf(text, nil, limit)
}

// requestOf is request where it is known which units say that they answer it; what
// others say is of no use.
func (x *scan) requestOf(text string, of []string, limit time.Duration) (Answer, error) {
	if said, other := x.wire(text); other {
		a, err := x.requestOf(said, of, limit)
		if err == nil && strings.HasSuffix(said, anySeverity) && x.unheard(a) {
			a, err = x.classes(said, a, limit)
		}
		return x.taken(text, a), err
	}
	e := x.expected(text, of)
	var a Answer
	if e.frames > 0 {
		var err error
		a, err = x.onceCounted(text, e.frames, limit)
		if err != nil || x.exactly(a, e) {
			x.proved(err)
			if err == nil && e.guess {
				x.learn(text, a, of)
			}
			return a, err
		}
	}
	full, err := x.full(text, limit)
	if err == nil && e.frames > 0 && e.frames <= maxCount && !e.guess && (worth(full) > worth(a) || x.exactly(full, e)) {
		x.strike(slices.Contains(a.Kinds, KindUnknown)) // it was not the car's doing
	}
	if err == nil {
		x.learn(text, full, of)
		full.adopt(a)
		err = x.stillThere(e, full)
	}
	return full, err
}

// adopt takes what units said in an earlier answer and did not say again.
func (a *Answer) adopt(earlier Answer) {
	for _, id := range earlier.Order {
		now, said := a.ECUs[id]
		if earlier.ECUs[id].State != OK || now.State == OK {
			continue
		}
		if !said {
			a.Order = append(a.Order, id)
		}
		a.ECUs[id], a.Kind = earlier.ECUs[id], ""
	}
}

// exactly reports whether an answer is data of each of these units, in no more frames
// than were waited for, and nothing else.
func (x *scan) exactly(a Answer, e expectation) bool {
	if a.frames > e.frames || len(a.Order) != len(e.ids) || len(a.Kinds)+len(a.Others)+len(a.Text) > 0 {
		return false
	}
	for _, id := range e.ids {
		if a.ECUs[id].State != OK {
			return false
		}
	}
	return true
}

// proved notes that the adapter knows the count.
func (x *scan) proved(err error) {
	if err == nil {
		x.fast.counts = countsYes
	}
}

// strike notes a counted request that failed. An adapter that never took one, or
// says that it does not know it, is not asked so again; neither is a car that answers
// now so, now so, in this scan.
func (x *scan) strike(unknown bool) {
	x.fast.strikes++
	proven := x.fast.counts == countsYes
	switch {
	case !proven && (unknown || x.fast.strikes > 1):
		x.fast.counts = countsNo
	case unknown || x.fast.strikes >= maxStrikes:
		x.fast.counts, x.fast.off = "", true
	}
}

// learn notes in how many frames all units that should answer a request did. Only on
// CAN: on older buses a list has no length, so that a frame more would not be missed.
func (x *scan) learn(text string, a Answer, of []string) {
	if x.fast.car.Mark == "" || !x.isCAN() || strings.HasPrefix(text, "01") && len(text) < 6 {
		return
	}
	e := expectation{ids: of, frames: a.frames}
	if len(of) == 0 {
		e.ids = x.ids()
		x.learnSome(text, a)
	}
	delete(x.fast.car.Frames, text)
	if len(e.ids) == 0 || a.frames > maxTransmitFast || !x.exactly(a, e) {
		return
	}
	if x.fast.car.Frames == nil {
		x.fast.car.Frames = map[string]int{}
	}
	x.fast.car.Frames[text] = a.frames
}
