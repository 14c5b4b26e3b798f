package obd

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// A vehicle identification number names the maker and the model first; its last
// six places, the serial, tell one car from all others, and place 9 is a check
// digit over the whole (ISO 3779, 49 CFR 565.15).
const (
	vinLength = 17
	vinSerial = 11 // from here on it is the serial
	vinCheck  = 8  // of a number that has one
	// leastPiece is how many characters of a number in a row are taken for it: all
	// ways to send one put that many around every place of the serial.
	leastPiece = 4
)

// MaskVIN replaces the serials of all vehicle identification numbers in what was
// said, in place, and keeps everything else: framing, checksums, times, and which
// numbers are the same. The first number gets the serial 000001, the next 000002;
// a check digit that was right is right again. An answer that carries a part of a
// number that nowhere came whole is emptied, since what is in it is not known.
//
// It gives an error, and what was said must then not be shown, when a serial could
// still be read afterwards.
func MaskVIN(said []Exchange, protocol string) error {
	numbers := numbersIn(said, protocol)
	for i := range said {
		for n, vin := range numbers {
			said[i].Raw = maskRaw(said[i].Raw, piece{vin, serialNo(vin, n+1), carriesVIN(said[i].Request)})
		}
	}
	var changed []string
	for n, vin := range numbers {
		changed = append(changed, serialNo(vin, n+1))
	}
	for i := range said {
		if carriesVIN(said[i].Request) && !onlyKnown(said[i], protocol, changed) {
			said[i].Raw = []byte("\r\r>")
		}
	}
	for _, vin := range numbers {
		for i := range said {
			if serial := vin[vinSerial:]; serial != serialNo(vin, 0)[vinSerial:] && holds(said[i].Raw, serial) {
				return fmt.Errorf("mask the number in the answer to %s: its serial is still there", said[i].Request)
			}
		}
	}
	return nil
}

// carriesVIN: service 09 InfoType 02, the identifiers F190 (ISO 14229-1 annex C) and
// F802 (SAE J1979-2) of service 22, and 90 of service 1A (ISO 14230-3).
func carriesVIN(request string) bool {
	r := compact(request)
	return strings.HasPrefix(r, "0902") || strings.HasPrefix(r, "1A90") || strings.HasPrefix(r, "22") && (strings.Contains(r, "F190") || strings.Contains(r, "F802"))
}

// numbersIn are the whole numbers that were said, each once, in order.
func numbersIn(said []Exchange, protocol string) []string {
	var out []string
	for i := range said {
		for _, vin := range vinsOf(said[i], protocol) {
			if len(vin) == vinLength && !slices.Contains(out, vin) {
				out = append(out, vin)
			}
		}
	}
	return out
}

// vinsOf are the numbers that an answer gives, by the decoder, "" for each unit
// that gives none.
func vinsOf(e Exchange, protocol string) []string {
	if !carriesVIN(e.Request) {
		return nil
	}
	a := Decode(e.Request, SplitResponse(e.Raw), Settings{Headers: e.Headers, Echo: e.Echo, Protocol: protocol})
	var out []string
	for _, id := range a.Order {
		switch u := a.ECUs[id]; u.State {
		case OK:
			out = append(out, vinIn(u))
		case Refused, Unsupported, NoAnswer:
		default:
			out = append(out, "")
		}
	}
	return out
}

// vinIn is the number that a unit gives to any of the requests that carry one.
func vinIn(u ECUAnswer) string {
	if u.VIN != "" {
		return u.VIN
	}
	return identification(u.Raw)
}

// identification finds the number behind its identifier in an answer of service 22.
func identification(raw string) string {
	digits := compact(raw)
	for _, did := range []string{"F190", "F802"} {
		_, rest, there := strings.Cut(digits, did)
		if b, ok := hexBytes(rest[:min(len(rest), 2*vinLength)]); there && ok {
			return string(b)
		}
	}
	return ""
}

func hexBytes(digits string) ([]byte, bool) {
	if len(digits)%2 != 0 || !isHex(digits) {
		return nil, false
	}
	out := make([]byte, len(digits)/2)
	for i := range out {
		out[i] = nibble(digits[2*i])<<4 | nibble(digits[2*i+1])
	}
	return out, true
}

func nibble(c byte) byte {
	return byte(strings.IndexByte("0123456789ABCDEF", c))
}

// onlyKnown: every number in the answer is one of these, and no unit sent a part.
func onlyKnown(e Exchange, protocol string, known []string) bool {
	return !slices.ContainsFunc(vinsOf(e, protocol), func(v string) bool { return !slices.Contains(known, v) })
}

// serialNo is a number with the serial n in six digits.
func serialNo(vin string, n int) string {
	out := []byte(vin[:vinSerial] + fmt.Sprintf("%06d", n%1_000_000))
	if right, ok := checkDigit(vin); ok && right == vin[vinCheck] {
		out[vinCheck], _ = checkDigit(string(out))
	}
	return string(out)
}

// checkDigit is place 9 as 49 CFR 565.15 has it: each character has a value and
// each place a weight; the rest of the sum by 11, X for 10.
func checkDigit(vin string) (byte, bool) {
	const letters, values = "ABCDEFGHJKLMNPRSTUVWXYZ", "12345678123457923456789"
	weights := [vinLength]int{8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2}
	sum := 0
	for i := range vinLength {
		switch c := vin[i]; {
		case c >= '0' && c <= '9':
			sum += int(c-'0') * weights[i]
		case strings.IndexByte(letters, c) >= 0:
			sum += int(values[strings.IndexByte(letters, c)]-'0') * weights[i]
		default:
			return 0, false
		}
	}
	return "0123456789X"[sum%11], true
}

// piece is a number to be replaced. In an answer that carries a number any piece of
// it is taken for it, elsewhere only one with the whole serial: the characters of a
// short piece may stand there for something else.
type piece struct {
	from, to string
	carries  bool
}

// maskRaw replaces the pieces of a number in an answer, line by line: a number is
// spread over lines and frames, but never in pieces shorter than leastPiece around
// a place that changes.
func maskRaw(raw []byte, p piece) []byte {
	lines := bytes.SplitAfter(raw, []byte("\r"))
	next := 0
	for i, line := range lines {
		lines[i], next = p.maskLine(bytes.Clone(line), next)
	}
	return bytes.Join(lines, nil)
}

// maskLine changes the hex digits of a line that are a piece of the number, and the
// checksum at its end when there was one that was right. Next is the place of the
// number that goes on where the last piece ended.
func (p piece) maskLine(line []byte, next int) ([]byte, int) {
	var at []int // where in line each hex digit stands
	var digits []byte
	for i, c := range bytes.ToUpper(line) {
		if strings.IndexByte("0123456789ABCDEF", c) >= 0 {
			at, digits = append(at, i), append(digits, c)
		}
	}
	was := string(digits)
	for i := 0; i+2*leastPiece <= len(digits); i++ {
		start, n := p.at(was[i:], next)
		if n == 0 {
			continue
		}
		copy(digits[i:], fmt.Appendf(nil, "%X", p.to[start:start+n]))
		next = (start + n) % vinLength
		i += 2*n - 1
	}
	if string(digits) == was {
		return line, next
	}
	mend(was, digits)
	for k, i := range at {
		line[i] = digits[k]
	}
	return line, next
}

// at is the piece of the number that the digits begin with: the one that goes on
// from next, or the longest; n is 0 where there is none to be taken.
func (p piece) at(digits string, next int) (start, n int) {
	for s := 0; s+leastPiece <= vinLength; s++ {
		m := 0
		for s+m < vinLength && len(digits) >= 2*m+2 && digits[2*m:2*m+2] == fmt.Sprintf("%02X", p.from[s+m]) {
			m++
		}
		whole := s <= vinSerial && s+m == vinLength
		if m < leastPiece || !p.carries && !whole {
			continue
		}
		if s == next {
			return s, m
		}
		if m > n {
			start, n = s, m
		}
	}
	return start, n
}

// mend makes the last byte the checksum of the others again, where it was.
func mend(was string, digits []byte) {
	before, ok := hexBytes(was)
	if !ok || len(before) < 5 {
		return
	}
	after, _ := hexBytes(string(digits))
	last := len(after) - 1
	switch {
	case sumOK(before):
		after[last] = 0
		for _, b := range after[:last] {
			after[last] += b
		}
	case crcJ1850(before[:last]) == before[last]:
		after[last] = crcJ1850(after[:last])
	}
	copy(digits, fmt.Appendf(nil, "%X", after))
}

// holds: the text is in the bytes as characters, or as hex digits in one line with
// whatever stands between them.
func holds(raw []byte, text string) bool {
	if bytes.Contains(raw, []byte(text)) {
		return true
	}
	want := fmt.Sprintf("%X", text)
	for line := range bytes.SplitSeq(bytes.ToUpper(raw), []byte("\r")) {
		if strings.Contains(compact(string(line)), want) {
			return true
		}
	}
	return false
}
