package obd

import (
	"encoding/hex"
	"strings"
)

// request is what was asked, taken apart.
type request struct {
	text string // compact, as sent
	obd  bool   // false: AT, ST or another word to the adapter
	data []byte // without the response-count digit
}

// parseRequest takes a request apart. An odd number of hex digits ends with the
// response-count digit of the ELM327.
func parseRequest(s string) request {
	r := request{text: compact(s)}
	if data, ok := transmitted(r.text); ok {
		r.text = data
	}
	if !isHex(r.text) || len(r.text) < 2 {
		return r
	}
	digits := r.text
	if len(digits)%2 == 1 {
		digits = digits[:len(digits)-1]
	}
	data, err := hex.DecodeString(digits)
	r.obd, r.data = err == nil, data
	return r
}

// transmitted is the request within STPX, the word of STN chips for one with
// parameters (OBDLink Family Reference and Programming Manual, section 8.6).
func transmitted(text string) (data string, ok bool) {
	params, ok := strings.CutPrefix(text, "STPX")
	if !ok {
		return "", false
	}
	for _, param := range strings.Split(params, ",") {
		if data, found := strings.CutPrefix(param, "D:"); found {
			return data, true
		}
	}
	return "", false
}

func (r request) sid() byte { return r.data[0] }

// lists reports whether the answer is a list of codes.
func (r request) lists() bool { return r.sid() == 0x03 || r.sid() == 0x07 || r.sid() == 0x0A }

// echoes is how many bytes of the request an answer repeats behind its service.
func (r request) echoes() int {
	switch r.sid() {
	case 0x02, 0x05, 0x06, 0x08, 0x09, 0x1A, 0x21, 0x31:
		return min(1, len(r.data)-1)
	case 0x19:
		return min(r.repeats19(), len(r.data)-1)
	case 0x22:
		return min(2, len(r.data)-1)
	}
	return 0
}

// answeredBy reports whether a payload answers this request.
func (r request) answeredBy(p []byte) bool {
	if len(p) == 0 || p[0] != r.sid()|0x40 {
		return false
	}
	if r.sid() == 0x01 {
		return len(r.data) == 1 || len(p) > 1 && contains(r.data[1:], p[1])
	}
	if r.sid() == 0x22 && len(r.data) > 3 {
		return len(p) > 3 && r.asksDID(p[1], p[2])
	}
	n := r.echoes()
	return len(p) > n && string(p[1:1+n]) == string(r.data[1:1+n])
}

// refusedBy reports whether a payload refuses this request, and with which code.
// On J1850 the request is repeated before the code (SAE J2178).
func (r request) refusedBy(m message) (nrc byte, ok bool) {
	p := m.payload
	if len(p) < 3 || p[0] != 0x7F || p[1] != r.sid() {
		return 0, false
	}
	if m.bus == busLegacy && m.exact && len(p) > 3 {
		return p[len(p)-1], true
	}
	return p[2], true
}

func contains(b []byte, x byte) bool {
	for _, y := range b {
		if x == y {
			return true
		}
	}
	return false
}

func upperHex(b []byte) string { return compact(hex.EncodeToString(b)) }
