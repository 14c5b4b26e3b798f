package sim

import (
	"slices"
	"strings"
	"time"
)

// query is a request as typed: bytes, and how many frames the client waits for.
type query struct {
	data  []byte
	count int // 0: until the bus is quiet
}

// parseQuery reads hex digits; an odd last digit is the count of frames.
func parseQuery(text string) (query, bool) {
	var q query
	if len(text)%2 == 1 {
		n := strings.IndexByte("0123456789ABCDEF", text[len(text)-1])
		if n < 0 {
			return q, false
		}
		q.count, text = n, text[:len(text)-1]
	}
	data, ok := parseHex(text)
	q.data = data
	return q, ok && len(data) > 0 && len(data) <= 7
}

// request answers a request to the car.
func (s *session) request(text string, f Faults) []step {
	q, ok := parseQuery(text)
	if !ok {
		return s.reply("?")
	}
	switch {
	case q.count > 0 && f.NoCount:
		return s.quiet("")
	case q.count > 0 && f.OddCount:
		return s.reply("?")
	case q.count > 0 && f.BadCount:
		q.data, q.count = append(q.data, byte(q.count)), 0
	}
	return s.send(q, f)
}

// send puts a request on the bus.
func (s *session) send(q query, f Faults) []step {
	if f.AnyCount {
		q.count = 0
	}
	car, since, plugs := s.a.plugged()
	before, word, ok := s.connect(car, plugs)
	if !ok {
		if word == "NO DATA" {
			return append(before, s.quiet("")...)
		}
		return append(before, s.reply(word)...)
	}
	rep := car.Answer(Request{Data: q.data, Header: s.set.header, Receive: s.set.receive, Proto: s.set.live, Since: since, Headers: s.set.headers, Spaces: s.set.spaces})
	if len(rep.Lines) > 0 {
		before, rep.Lines = once(before, rep.Lines)
	}
	return append(before, s.printed(q, rep, f)...)
}

// once keeps the adapter's words about the bus from being said twice, by the
// recording and by us, or at all when the bus was found before.
func once(before []step, lines []string) ([]step, []string) {
	word := normal(lines[0])
	switch about := strings.HasPrefix(word, "SEARCHING") || strings.HasPrefix(word, "BUSINIT"); {
	case !about:
		return before, lines
	case strings.HasSuffix(word, "ERROR") || len(before) > 0:
		return nil, lines
	}
	return before, lines[1:]
}

// connect finds the protocol and initialises the bus. It returns what is printed
// before the answer, or the word that is the answer.
func (s *session) connect(car Car, plugs int) (before []step, word string, ok bool) {
	t := s.a.timing
	fits := func(p string) bool { return car != nil && slices.Contains(car.Protocols(), p) }
	if s.set.car != plugs {
		s.set.car, s.set.bus = plugs, false
		if !fits(s.set.live) && s.set.auto {
			s.set.live = ""
		}
	}
	want := s.set.live
	if want == "" && s.set.proto != "0" {
		want = s.set.proto
	}
	switch {
	case want != "" && fits(want):
		before = s.initialise(want)
	case s.set.auto:
		search := step{wait: t.Search, text: s.eol()}
		before = []step{{text: "SEARCHING..."}, search}
		if car == nil || len(car.Protocols()) == 0 || silent(car) {
			return before, "UNABLE TO CONNECT", false
		}
		want = car.Protocols()[0]
	case isKLine(want):
		return []step{{text: busInit(want)}, {wait: t.SlowInit}}, "ERROR", false
	case car == nil || !isCAN(want) || slices.ContainsFunc(car.Protocols(), func(p string) bool { return rateOf(p) == rateOf(want) }):
		return nil, "NO DATA", false // the frame went out, and nobody feels meant
	default:
		return nil, "CAN ERROR", false
	}
	s.set.live, s.set.bus = want, true
	return before, "", true
}

// silent reports whether a car does not answer 0100, with which the chip searches
// whatever it was asked.
func silent(car Car) bool {
	c, ok := car.(interface{ Found() bool })
	return ok && !c.Found()
}

// initialise wakes a K-line, once.
func (s *session) initialise(proto string) []step {
	if !isKLine(proto) || s.set.bus {
		return nil
	}
	wait := s.a.timing.SlowInit
	if proto == "5" {
		wait = s.a.timing.FastInit
	}
	return []step{{text: busInit(proto)}, {wait: wait, text: "OK" + s.eol()}}
}

// busInit is printed while the bus is woken; the dots come with the slow way.
func busInit(proto string) string {
	if proto == "5" {
		return "BUS INIT: "
	}
	return "BUS INIT: ..."
}

// printed makes an answer into steps.
func (s *session) printed(q query, rep Reply, f Faults) []step {
	p2 := s.a.timing.P2
	if !isCAN(s.set.live) {
		p2 = s.a.timing.P2Slow
	}
	st := style{headers: s.set.headers, spaces: s.set.spaces, segments: s.set.segments, pad: f.Pad}
	lines := st.lines(s.set.live, f.messages(s.set.live, rep.Messages), p2)
	for _, text := range rep.Lines {
		lines = append(lines, line{after: p2, text: text})
	}
	if !s.set.answers {
		return []step{{text: s.prompt()}}
	}
	lines = f.lines(lines, s.rng)
	if len(lines) == 0 {
		return s.quiet("")
	}
	full := false
	switch {
	case q.count > 0 && f.Short && min(len(lines), q.count) == 1:
		return s.quiet("")
	case q.count > 0 && f.Short:
		lines, full = lines[:min(len(lines), q.count)-1], true
	case q.count > 0:
		lines, full = first(lines, q.count)
	}
	out, over := s.paced(s.inTime(lines))
	if over {
		return append(out, s.reply("BUFFER FULL")...)
	}
	if full || f.Error != "" {
		return append(out, step{text: s.prompt()})
	}
	return append(out, step{wait: s.idle(), text: s.prompt()})
}

// paced prints lines as their frames come in: what comes while the line is busy
// waits in the chip, and over is true when that has no room for more.
func (s *session) paced(lines []line) (out []step, over bool) {
	var done time.Duration // when the line falls idle
	for _, l := range lines {
		text := l.text + s.eol()
		if whole := s.wire(1000); whole > 0 && done > l.after {
			waiting := int((done - l.after) * 1000 / whole)
			if waiting+len(text) > s.a.cfg.Buffer {
				return out, true
			}
		}
		wait := max(0, l.after-done)
		done += wait + s.wire(len(text))
		out = append(out, step{wait: wait, text: text})
	}
	return out, false
}

// first keeps the lines of n frames and reports whether there were so many. The
// length that stands before a segmented answer is no frame.
func first(lines []line, n int) ([]line, bool) {
	for i, l := range lines {
		if len(strings.TrimSpace(l.text)) != 3 {
			n--
		}
		if n == 0 {
			return lines[:i+1], true
		}
	}
	return lines, false
}

// quiet is an answer that did not come.
func (s *session) quiet(before string) []step {
	steps := s.reply(before + "NO DATA")
	steps[0].wait = s.waitFor()
	return steps
}

// waitFor is the wait set by ATST: 4 ms a step.
func (s *session) waitFor() time.Duration {
	switch {
	case s.a.timing.Idle == 0:
		return 0
	case s.set.timeout > 0:
		return s.set.timeout
	case s.set.st == 0:
		return s.a.timing.Idle
	}
	return time.Duration(s.set.st) * 4096 * time.Microsecond
}

// idle is how long the chip waits for another frame. Adaptive timing learns from
// the answers seen; cheap chips do so only when told to, and wait the whole time
// otherwise.
func (s *session) idle() time.Duration {
	p2 := s.a.timing.P2
	if !isCAN(s.set.live) {
		p2 = s.a.timing.P2Slow
	}
	switch s.set.adaptive {
	case 1:
		return min(s.waitFor(), 4*p2)
	case 2:
		return min(s.waitFor(), 2*p2)
	}
	return s.waitFor()
}
