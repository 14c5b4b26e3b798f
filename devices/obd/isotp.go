package obd

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strconv"
)

// message is one whole answer of one ECU, or what is left of one.
type message struct {
	ecu     string
	bus     bus
	payload []byte
	whole   bool // false: parts are missing, and the payload is not to be read
	exact   bool // the bus said how long it is; without, padding may follow
	long    bool // without a header, of several lines
	unsized bool // and the line with its length is missing
	lines   []string
	head    []byte // the beginning of one of several frames that is not whole
}

// assemble joins frames to messages, per ECU and in order of arrival
// (ISO 15765-2). Stray are frames that belong to nothing.
//
// What answers another request in one frame does not end a message that is coming:
// a unit may answer a second tester meanwhile, from the same address.
func assemble(frames []frame, r request) (msgs []message, stray []string) {
	open := map[string]*segmented{}
	var all []*segmented
	begin := func(s *segmented) {
		all = append(all, s)
		open[s.ecu] = s
	}
	for i := range frames {
		f := &frames[i]
		if f.why != "" || f.bus == busLegacy {
			all = append(all, single(f))
			continue
		}
		switch f.data[0] >> 4 {
		case 0:
			s := single(f)
			if !s.answersOther(r) {
				delete(open, f.ecu)
			}
			all = append(all, s)
		case 1:
			if s := open[f.ecu]; s != nil && len(s.parts) == 0 && bytes.Equal(s.first, f.data) {
				continue // the same first frame twice
			}
			begin(&segmented{frame: *f, first: f.data})
		case 2:
			if s := open[f.ecu]; s == nil || !s.add(f) {
				stray = append(stray, f.line)
			}
		default:
			stray = append(stray, f.line)
		}
	}
	for _, s := range all {
		msgs = append(msgs, s.message())
	}
	return msgs, stray
}

// segmented is a message while its frames come in.
type segmented struct {
	frame
	first []byte   // the first frame's bytes; nil for a message of one frame
	parts [][]byte // consecutive frames as they came, repeats dropped
	lines []string
}

// single is a message of one frame: an ISO-TP single frame, a legacy line, or a
// line that cannot be read.
func single(f *frame) *segmented { return &segmented{frame: *f} }

// answersOther reports whether a message of one frame is whole and answers, or refuses,
// another request.
func (s *segmented) answersOther(r request) bool {
	m := s.message()
	_, refused := r.refusedBy(m)
	return m.whole && m.payload[0] > 0x40 && !refused && !r.answeredBy(m.payload) && m.payload[0] != r.sid()|0x40
}

// strange reports whether a message that is not whole cannot be one of ours: its head
// answers something else, or it comes from an identifier of the car's own traffic
// (below 600 no unit answers a tester) where no address was asked for.
func (m *message) strange(r request, set Settings) bool {
	switch {
	case m.bus != busCAN11 && m.bus != busCAN29:
		return false
	case m.bus == busCAN11 && len(m.ecu) == 3 && m.ecu[0] < '6' && set.Receive == "":
		return true
	}
	return len(m.head) > 0 && m.head[0] > 0x40 && m.head[0] != 0x7F && !r.answeredBy(m.head)
}

// add takes a consecutive frame. It is false for one that belongs to nothing.
func (s *segmented) add(f *frame) bool {
	if n := len(s.parts); n > 0 && bytes.Equal(s.parts[n-1], f.data) {
		return true // the same frame twice: the next one has another number
	}
	if len(s.parts) >= s.wanted() {
		return false
	}
	s.parts = append(s.parts, f.data)
	s.lines = append(s.lines, f.line)
	return true
}

// length is the number of payload bytes that the first frame announces.
func (s *segmented) length() int {
	if len(s.first) < 2 {
		return 0
	}
	return int(s.first[0]&0x0F)<<8 | int(s.first[1])
}

// wanted is how many consecutive frames follow.
func (s *segmented) wanted() int { return max(0, (s.length()-6+6)/7) }

func (s *segmented) message() message {
	m := message{ecu: s.ecu, bus: s.bus, exact: true, lines: append([]string{s.line}, s.lines...)}
	switch {
	case s.why != "":
	case s.first == nil && s.bus == busLegacy:
		m.payload, m.whole = s.data, true
	case s.first == nil:
		// The length nibble rules; what follows is padding.
		if n := int(s.data[0] & 0x0F); n > 0 && n < len(s.data) && n <= 7 {
			m.payload, m.whole = s.data[1:1+n], true
		}
	default:
		if m.payload, m.whole = s.join(); !m.whole && len(s.first) > 2 {
			m.head = s.first[2:]
		}
	}
	return m
}

// join puts a segmented message together, or says that frames are missing.
func (s *segmented) join() ([]byte, bool) {
	n := s.length()
	if n < 8 || len(s.first) != 8 || len(s.parts) != s.wanted() {
		return nil, false
	}
	parts := slices.Clone(s.parts)
	if !numbered(parts) {
		// Some adapters hand frames on out of order. Up to fifteen the numbers are
		// unique, so that sorting cannot join what does not belong together.
		if len(parts) > 15 {
			return nil, false
		}
		slices.SortStableFunc(parts, func(a, b []byte) int { return int(a[0]) - int(b[0]) })
		if !numbered(parts) {
			return nil, false
		}
	}
	payload := slices.Clone(s.first[2:])
	for _, p := range parts {
		payload = append(payload, p[1:]...)
	}
	if len(payload) < n {
		return nil, false
	}
	return payload[:n], true
}

// numbered reports whether consecutive frames count 1, 2 … F, 0, 1 …, all but the
// last of them full.
func numbered(parts [][]byte) bool {
	for i, p := range parts {
		if int(p[0]&0x0F) != (i+1)&0x0F || i < len(parts)-1 && len(p) != 8 {
			return false
		}
	}
	return true
}

// assembleBare joins lines without headers: a line is a message, or `014` says
// the length and `0:`, `1:` … carry the parts. Two ECUs whose parts are mixed
// cannot be told apart: their messages are not whole.
func assembleBare(lines []string, hint bus) []message {
	var all []*bare
	var long *bare // the one whose lines are coming; a whole answer of another ECU may lie between them
	begin := func(b *bare) *bare {
		all = append(all, b)
		return b
	}
	for _, line := range lines {
		switch {
		case len(line) == 3 && line[1] != ':':
			n, _ := strconv.ParseInt(line, 16, 32)
			mixed := long != nil && long.count == 0 // two lengths in a row: two ECUs at once
			if mixed {
				long.mixed = true
			}
			long = begin(&bare{length: int(n), mixed: mixed, lines: []string{line}})
		case len(line) >= 2 && line[1] == ':':
			if long == nil || line[0] == '0' && long.count > 0 && !long.wraps() {
				long = begin(&bare{})
			}
			long.add(line)
		default:
			data, err := hex.DecodeString(line)
			begin(&bare{lines: []string{line}, single: append([]byte{}, data...), mixed: err != nil})
		}
	}
	msgs := make([]message, 0, len(all))
	for _, b := range all {
		msgs = append(msgs, b.message(hint))
	}
	return unmix(msgs)
}

// bare is a long message with headers off while its lines come in.
type bare struct {
	single []byte // of a message of one line
	length int
	parts  []byte
	count  int
	last   int // bytes of the part that came last
	mixed  bool
	lines  []string
}

// wraps reports whether the next number is 0 because the last one was F: the length
// says that more is to come.
func (b *bare) wraps() bool { return b.count%16 == 0 && len(b.parts) < b.length }

func (b *bare) add(line string) {
	b.lines = append(b.lines, line)
	part, err := hex.DecodeString(line[2:])
	want := strconv.FormatInt(int64(b.count&0x0F), 16)
	if err != nil || compact(want) != line[:1] {
		b.mixed = true
	}
	// Every part but the last is full: six bytes in the first, seven in the others.
	if b.count > 0 && b.last != b.full() {
		b.mixed = true
	}
	b.last = len(part)
	if b.parts == nil {
		b.parts = []byte{}
	}
	b.count++
	b.parts = append(b.parts, part...)
}

// full is how many bytes the part that came last has when another follows.
func (b *bare) full() int {
	if b.count == 1 {
		return 6
	}
	return 7
}

func (b *bare) message(hint bus) message {
	m := message{bus: hint, lines: b.lines}
	if b.single != nil {
		if !b.mixed { // a digit is missing or too many
			m.payload, m.whole = b.single, true
		}
		return m
	}
	m.long, m.unsized = true, b.length == 0
	if hint == busUnknown {
		m.bus = busCAN11 // only CAN has messages of this form
	}
	if b.mixed || len(b.parts) < b.length || b.length == 0 && b.count < 2 {
		return m
	}
	m.whole, m.payload = true, b.parts
	if b.length > 0 {
		m.exact, m.payload = true, b.parts[:b.length]
	}
	return m
}

// unmix marks every long message as broken when one of them is: their parts went
// into each other.
func unmix(msgs []message) []message {
	broken := slices.ContainsFunc(msgs, func(m message) bool { return !m.whole && m.long })
	for i := range msgs {
		if broken && msgs[i].long {
			msgs[i].whole, msgs[i].payload = false, nil
		}
	}
	return msgs
}
