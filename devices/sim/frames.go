package sim

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// style is how the adapter prints.
type style struct {
	headers bool
	spaces  bool
	// segments: the chip puts frames together itself (STCSEGR1)
	segments bool
	pad      *byte // fills CAN frames to eight bytes
}

// line is one printed line and when its frame came, counted from the request.
type line struct {
	after time.Duration
	text  string
	late  bool // it is missed where the adapter has stopped waiting before it
}

// gap is the time between two frames of one message.
const gap = time.Millisecond

// lines makes messages into what the adapter prints. Messages of several units
// are mixed in the order their frames arrive.
func (st style) lines(proto string, messages []Message, p2 time.Duration) []line {
	var out []line
	last := make(map[string]time.Duration)
	for _, m := range messages {
		at := m.After
		if at == 0 {
			at = p2
		}
		if t, again := last[m.From]; again {
			at = max(at, t+gap)
		}
		printed := st.message(proto, m)
		for _, text := range printed {
			out = append(out, line{after: at, text: text, late: m.Late})
			last[m.From] = at
			at += gap
		}
	}
	sortByTime(out)
	return out
}

// sortByTime is stable: equal times keep the order of the units.
func sortByTime(lines []line) {
	for i := 1; i < len(lines); i++ {
		for k := i; k > 0 && lines[k].after < lines[k-1].after; k-- {
			lines[k], lines[k-1] = lines[k-1], lines[k]
		}
	}
}

func (st style) message(proto string, m Message) []string {
	switch {
	case !isCAN(proto):
		return []string{st.legacy(proto, m)}
	case st.headers && st.segments:
		return []string{st.canHeader(m.From) + st.hex(m.Data)}
	case st.headers:
		var out []string
		for _, f := range st.isoTP(m.Data) {
			out = append(out, st.canHeader(m.From)+st.hex(f))
		}
		return out
	case len(m.Data) <= 7:
		data := m.Data
		if st.pad != nil && len(data) < 7 {
			data = append(data[:len(data):len(data)], *st.pad)
		}
		return []string{st.hex(data)}
	}
	return st.segmented(m.Data)
}

// isoTP cuts a message into CAN frames (ISO 15765-2): one single frame, or a first
// frame and consecutive ones whose number goes from F to 0.
func (st style) isoTP(data []byte) [][]byte {
	if len(data) <= 7 {
		return [][]byte{st.padded(append([]byte{byte(len(data))}, data...))}
	}
	out := [][]byte{append([]byte{0x10 | byte(len(data)>>8), byte(len(data))}, data[:6]...)}
	n := byte(1)
	for rest := data[6:]; len(rest) > 0; rest = rest[min(7, len(rest)):] {
		out = append(out, st.padded(append([]byte{0x20 | n}, rest[:min(7, len(rest))]...)))
		n = (n + 1) & 0x0F
	}
	return out
}

// padded fills a frame to eight bytes where the car does so. A consecutive frame
// is always whole in the recorded traffic, a single one is cut by the adapter.
func (st style) padded(frame []byte) []byte {
	if st.pad == nil {
		if frame[0]&0xF0 == 0x20 {
			return append(frame, make([]byte, 8-len(frame))...)
		}
		return frame
	}
	for len(frame) < 8 {
		frame = append(frame, *st.pad)
	}
	return frame
}

// segmented is the form with headers off: the length, then numbered pieces, the
// number one digit that goes from F to 0.
func (st style) segmented(data []byte) []string {
	out := []string{fmt.Sprintf("%03X", len(data))}
	if st.spaces {
		out[0] += " "
	}
	out = append(out, st.piece(0, data[:6]))
	n := 1
	for rest := data[6:]; len(rest) > 0; rest = rest[min(7, len(rest)):] {
		part := append([]byte(nil), rest[:min(7, len(rest))]...)
		fill := byte(0)
		if st.pad != nil {
			fill = *st.pad
		}
		for len(part) < 7 {
			part = append(part, fill)
		}
		out = append(out, st.piece(n, part))
		n++
	}
	return out
}

func (st style) piece(n int, data []byte) string {
	if st.spaces {
		return fmt.Sprintf("%X: %s", n&0xF, st.hex(data))
	}
	return fmt.Sprintf("%X:%s", n&0xF, st.hex(data))
}

// legacy is one message on an older bus: three header bytes, data, checksum.
func (st style) legacy(proto string, m Message) string {
	if !st.headers {
		return st.hex(m.Data)
	}
	from, _ := parseHex(m.From) // a name that is not hex prints as 00
	if len(from) != 1 {
		from = []byte{0}
	}
	var frame []byte
	switch proto {
	case "1":
		frame = []byte{0x41, 0x6B, from[0]}
	case "4", "5":
		frame = []byte{0x80 | byte(len(m.Data)), 0xF1, from[0]}
	default:
		frame = []byte{0x48, 0x6B, from[0]}
	}
	frame = append(frame, m.Data...)
	if proto == "1" || proto == "2" {
		return st.hex(append(frame, crc8(frame)))
	}
	return st.hex(append(frame, sum8(frame)))
}

// crc8 is the check byte of SAE J1850.
func crc8(data []byte) byte {
	crc := byte(0xFF)
	for _, b := range data {
		crc ^= b
		for range 8 {
			if crc&0x80 != 0 {
				crc = crc<<1 ^ 0x1D
			} else {
				crc <<= 1
			}
		}
	}
	return ^crc
}

// sum8 is the check byte of ISO 9141-2, ISO 14230 and the CU16 board.
func sum8(data []byte) byte {
	var sum byte
	for _, b := range data {
		sum += b
	}
	return sum
}

func (st style) canHeader(from string) string {
	if !st.spaces {
		return from
	}
	if len(from) != 8 {
		return from + " "
	}
	return from[:2] + " " + from[2:4] + " " + from[4:6] + " " + from[6:] + " "
}

// hex prints bytes; with spaces there is one after each, the last too, as the
// chip does.
func (st style) hex(data []byte) string {
	var b strings.Builder
	for _, x := range data {
		fmt.Fprintf(&b, "%02X", x)
		if st.spaces {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// parseHex reads an even number of hex digits.
func parseHex(s string) ([]byte, bool) {
	data, err := hex.DecodeString(s)
	return data, err == nil
}
