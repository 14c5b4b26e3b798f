package sim

import (
	"fmt"
	"strconv"
	"strings"
)

// unframe makes recorded lines into messages again, the reverse of style.lines.
// ok is false unless every line is part of a whole message: what is noisy or torn
// is played as it is.
func unframe(lines []string, headers bool, proto string) (messages []Message, ok bool) {
	lines = withoutWords(lines)
	switch {
	case headers && isCAN(proto):
		return unframeCAN(lines)
	case headers:
		return unframeLegacy(lines, proto)
	case isCAN(proto):
		return unframePieces(lines, proto)
	}
	for _, l := range lines {
		data, ok := parseHex(normal(l))
		if !ok || len(data) == 0 || len(data) > 7 {
			return nil, false
		}
		messages = append(messages, Message{From: "10", Data: data})
	}
	return messages, len(messages) > 0
}

// withoutWords leaves out what the adapter says of the bus before an answer.
func withoutWords(lines []string) []string {
	for len(lines) > 0 && aboutBus(lines[0]) {
		lines = lines[1:]
	}
	return lines
}

func aboutBus(l string) bool {
	l = normal(l)
	return l == "" || strings.HasPrefix(l, "SEARCHING") || strings.HasPrefix(l, "BUSINIT") && strings.HasSuffix(l, "OK")
}

// pending is a message whose frames are still coming.
type pending struct {
	at   int // its place among the messages
	want int
	next byte
}

func unframeCAN(lines []string) ([]Message, bool) {
	var out []Message
	open := make(map[string]*pending)
	for _, l := range lines {
		from, frame, ok := splitCAN(normal(l))
		if !ok {
			return nil, false
		}
		switch kind, n := frame[0]>>4, int(frame[0]&0x0F); {
		case kind == 0 && n >= 1 && n < len(frame):
			out = append(out, Message{From: from, Data: frame[1 : 1+n]})
		case kind == 1 && len(frame) == 8 && open[from] == nil:
			open[from] = &pending{at: len(out), want: n<<8 | int(frame[1]), next: 1}
			out = append(out, Message{From: from, Data: frame[2:]})
		case kind == 2 && open[from] != nil && byte(n) == open[from].next:
			p := open[from]
			p.next = (p.next + 1) & 0x0F
			m := &out[p.at]
			m.Data = append(m.Data, frame[1:]...)
			if len(m.Data) >= p.want {
				m.Data = m.Data[:p.want]
				delete(open, from)
			}
		default:
			return nil, false
		}
	}
	return out, len(out) > 0 && len(open) == 0
}

// splitCAN cuts a line into identifier and frame.
func splitCAN(line string) (from string, frame []byte, ok bool) {
	digits := 3
	if len(line)%2 == 0 {
		digits = 8
	}
	if len(line) < digits+4 || len(line) > digits+16 {
		return "", nil, false
	}
	frame, ok = parseHex(line[digits:])
	return line[:digits], frame, ok && isHex(line[:digits], digits)
}

func unframeLegacy(lines []string, proto string) ([]Message, bool) {
	var out []Message
	for _, l := range lines {
		frame, ok := parseHex(normal(l))
		if !ok || len(frame) < 5 || len(frame) > 11 {
			return nil, false
		}
		end := len(frame) - 1
		check := sum8(frame[:end])
		if proto == "1" || proto == "2" {
			check = crc8(frame[:end])
		}
		if frame[end] != check {
			return nil, false
		}
		out = append(out, Message{From: fmt.Sprintf("%02X", frame[2]), Data: frame[3:end]})
	}
	return out, len(out) > 0
}

// unframePieces reads the form with headers off: single lines, or a length and
// numbered pieces. The units have no names then; they get those of the first
// engine units, in the order they answered.
func unframePieces(lines []string, proto string) ([]Message, bool) {
	var out []Message
	want, next := 0, 0
	for _, l := range lines {
		l = normal(l)
		n, piece, cut := strings.Cut(l, ":")
		switch {
		case isHex(l, 3) && want == 0:
			size, err := strconv.ParseUint(l, 16, 16)
			if err != nil || size < 8 {
				return nil, false
			}
			want, next = int(size), 0
			out = append(out, Message{From: madeUpID(len(out), proto)})
		case cut && want > 0 && n == fmt.Sprintf("%X", next&0xF):
			data, ok := parseHex(piece)
			if !ok {
				return nil, false
			}
			next++
			m := &out[len(out)-1]
			m.Data = append(m.Data, data...)
			if len(m.Data) >= want {
				m.Data, want = m.Data[:want], 0
			}
		default:
			data, ok := parseHex(l)
			if !ok || cut || want > 0 || len(data) == 0 || len(data) > 7 {
				return nil, false
			}
			out = append(out, Message{From: madeUpID(len(out), proto), Data: unpadded(data)})
		}
	}
	return out, len(out) > 0 && want == 0
}

// lengths of the first PIDs of mode 01, SAE J1979; 0: not known here.
const lengths = "\x04\x04\x02\x02\x01\x01\x01\x01\x01\x01\x01\x01\x02\x01\x01\x01\x02\x01\x01\x01\x02\x02\x02\x02\x02\x02\x02\x02\x01\x01\x01\x02"

// unpadded cuts the padding of a frame whose length byte was not printed.
func unpadded(data []byte) []byte {
	if len(data) < 3 || data[0] != 0x41 {
		return data
	}
	n := 0
	switch pid := int(data[1]); {
	case pid%0x20 == 0:
		n = 4
	case pid < len(lengths):
		n = int(lengths[pid])
	}
	if n == 0 || len(data) < 2+n {
		return data
	}
	return data[:2+n]
}

func madeUpID(n int, proto string) string {
	if is29(proto) {
		return fmt.Sprintf("18DAF1%02X", 0x10+n&0x0F)
	}
	return fmt.Sprintf("%03X", 0x7E8+n%8)
}
