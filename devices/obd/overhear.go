package obd

import (
	"encoding/hex"
	"slices"
)

// mostLate is how many of the last requests an answer may be late for.
const mostLate = 3

// hintTester says that somebody else speaks on the bus.
const hintTester = "another tester speaks on the car's bus: pull it, it can disturb and slow down this scan"

// overhear takes note of another tester: of its requests, and of answers to what was
// not asked. An answer to one of the last requests is only late, and half a message
// tells nothing.
func (x *scan) overhear(text string, a Answer) {
	x.asked = append(x.asked, parseRequest(text))
	x.asked = x.asked[max(0, len(x.asked)-mostLate):]
	if x.report.OtherTester || len(a.Others) == 0 {
		return
	}
	set := x.c.settings()
	for _, line := range a.Others {
		if request, answer := x.foreign(line, set); request || answer {
			x.strange++
			x.report.OtherTester = request || x.strange > 1 // one alone may be a slip of the line
		}
	}
	if x.report.OtherTester {
		x.c.hint(hintTester)
	}
}

// foreign says whether a line is a request of another tester, or a whole answer to one.
func (x *scan) foreign(line string, set Settings) (request, answer bool) {
	if !set.Headers {
		payload, err := hex.DecodeString(line)
		return false, err == nil && x.unasked(payload, busUnknown)
	}
	f := parseFrame(line, busOf(set.Protocol), set.Check)
	if f.why != "" || len(f.data) == 0 {
		return false, false
	}
	payload, whole := f.data, true
	if f.bus != busLegacy { // ISO 15765-2: what goes on and flow control begin nothing
		switch f.data[0] >> 4 {
		case 0:
			m := single(&f).message()
			payload, whole = m.payload, m.whole
		case 1:
			payload = f.data[min(2, len(f.data)):]
		default:
			return false, false
		}
	}
	if f.foreign("") {
		return true, false
	}
	return false, whole && x.unasked(payload, f.bus)
}

// unasked reports whether a payload answers, or refuses, none of the last requests.
func (x *scan) unasked(payload []byte, b bus) bool {
	if len(payload) < 2 || payload[0] < 0x40 || payload[0] > 0x7F {
		return false
	}
	m := message{payload: payload, bus: b, whole: true, exact: true}
	return !slices.ContainsFunc(x.asked, func(r request) bool {
		if !r.obd {
			return false
		}
		_, refused := r.refusedBy(m)
		return refused || payload[0] == r.sid()|0x40 && (r.sid() != 0x01 || r.answeredBy(payload))
	})
}
