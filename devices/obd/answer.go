package obd

import (
	"bytes"
	"slices"
	"strings"
)

// ECUAnswer is what one ECU said to one request.
type ECUAnswer struct {
	State          State      `json:"state"`
	NRC            string     `json:"nrc,omitempty"`
	Readings       []Reading  `json:"readings,omitzero"`
	Supported      []string   `json:"supported,omitzero"`
	Readiness      *Readiness `json:"readiness,omitempty"`
	Codes          []string   `json:"codes,omitzero"`
	Frame          *int       `json:"frame,omitempty"`
	VIN            string     `json:"vin,omitempty"`
	CalibrationIDs []string   `json:"calibration_ids,omitzero"`
	CVNs           []string   `json:"cvns,omitzero"`
	Counters       []Counter  `json:"counters,omitzero"`
	Tests          []Test     `json:"tests,omitzero"`
	Name           string     `json:"name,omitempty"`
	UDSCodes       []UDSCode  `json:"uds_codes,omitzero"`
	Availability   string     `json:"availability_mask,omitempty"`
	DTCFormat      string     `json:"dtc_format,omitempty"` // DTCFormatIdentifier of ISO 14229-1
	Group          string     `json:"group,omitempty"`      // DTCReadinessGroupIdentifier
	Frames         []Freeze   `json:"frames,omitzero"`      // snapshot records
	Raw            string     `json:"raw,omitempty"`
}

// UDSCode is one record of UDS service 19: three bytes of code, one of status, and
// where the form has one (19 42) one of severity and class.
type UDSCode struct {
	Code     string `json:"code"`
	Status   string `json:"status"`
	Severity string `json:"severity,omitempty"`
}

// Answer is a whole reply to an OBD request, decoded per ECU. Kind is empty, or
// why there is no answer at all. Others are lines that answer something else.
type Answer struct {
	Kind   string
	Kinds  []string // every trouble the adapter reported, in order
	Order  []string // ECUs in order of arrival
	ECUs   map[string]ECUAnswer
	Others []string
	Text   []string
	Banner bool
	Echoed bool
	frames int // lines of data
	// damaged: a line could not be read, so that a list without a length may lack
	// something.
	damaged bool
	// torn: a frame could not be read, not even whose it is: a unit that is missing may
	// have sent it.
	torn bool
}

// Decode turns the reply to an OBD request into facts per ECU.
func Decode(req string, lines []string, set Settings) Answer {
	r := parseRequest(req)
	sorted := sortLines(req, cutLines(lines), set)
	a := Answer{
		Kinds: sorted.kinds, Text: sorted.text, Banner: sorted.banner, Echoed: sorted.echoed,
		ECUs: map[string]ECUAnswer{},
	}
	if !r.obd {
		if len(sorted.kinds) > 0 && len(sorted.kinds) == len(sorted.text) {
			a.Kind = sorted.kinds[0] // it said nothing else
		}
		return a
	}
	a.frames = len(sorted.data)
	msgs := a.messages(r, sorted.data, set)
	a.sortByECU(r, msgs)
	if set.Protocol == protocolJ1939 && worth(a) == 0 && len(sorted.data) > 0 {
		a.Kind, a.Order, a.ECUs, a.Others = KindUnsupported, nil, map[string]ECUAnswer{}, sorted.data
		return a
	}
	if len(a.ECUs) == 0 {
		a.Kind = KindNoAnswer
		switch {
		case len(a.Kinds) > 0:
			a.Kind = worst(a.Kinds)
		case a.damaged:
			a.Kind = KindDataError
		}
	}
	return a
}

// cutLines cuts lines that hold line ends or a prompt: recordings are not always cut.
func cutLines(lines []string) []string {
	if !slices.ContainsFunc(lines, func(l string) bool { return strings.ContainsAny(strings.TrimRight(l, "\r\n >"), "\r\n>") }) {
		return lines
	}
	return SplitResponse([]byte(strings.Join(lines, "\r") + "\r>"))
}

// listed reports whether a message is a list of codes that can be read.
func listed(m message) bool {
	_, ok := codePairs(m)
	return ok
}

// worst picks the kind to report when a reply holds no data: the cause before
// what follows from it.
func worst(kinds []string) string {
	for _, k := range kinds {
		if k != KindNoData && k != KindActAlert && k != KindLPAlert {
			return k
		}
	}
	return kinds[0]
}

// messages joins the data lines and sets aside what does not answer r.
func (a *Answer) messages(r request, data []string, set Settings) []message {
	var msgs []message
	hint := busOf(set.Protocol)
	if set.Headers && !bareAnswers(r, data) || !set.Headers && headedAnswers(data, set) {
		msgs = a.headed(r, data, set)
	} else {
		msgs = assembleBare(data, hint)
	}
	a.damaged = a.damaged || len(a.Text) > 0 || slices.ContainsFunc(a.Kinds, func(k string) bool { return k != KindActAlert && k != KindLPAlert })
	msgs = slices.DeleteFunc(msgs, func(m message) bool {
		if !m.whole {
			a.damaged = a.damaged || m.ecu == ""
			if m.ecu == "" && len(m.lines) == 1 || m.strange(r, set) {
				a.Others = append(a.Others, m.lines...)
				return true
			}
			return false
		}
		_, refused := r.refusedBy(m)
		if refused || r.answeredBy(m.payload) {
			a.damaged = a.damaged || m.ecu == "" && !refused && r.lists() && !listed(m)
			return false
		}
		// Without a header it may be half of ours; and no answer begins below 0x40.
		a.damaged = a.damaged || m.ecu == "" || len(m.payload) == 0 || m.payload[0] < 0x40
		a.Others = append(a.Others, m.lines...)
		return true
	})
	return nameBare(r, msgs, set.Receive)
}

// headed joins lines with headers, and sets foreign frames aside.
func (a *Answer) headed(r request, data []string, set Settings) []message {
	var frames []frame
	hint := busOf(set.Protocol)
	for _, line := range data {
		f := parseFrame(line, hint, set.Check)
		if f.why != "" && f.bus == busCAN11 && !f.addressed(set.Receive) {
			f.ecu = "" // the digit that is missing may be one of the address
		}
		a.torn = a.torn || f.why != "" && f.ecu == ""
		if f.ecu != "" && f.foreign(set.Receive) {
			a.Others = append(a.Others, line)
			continue
		}
		frames = append(frames, f)
	}
	msgs, stray := assemble(frames, r)
	a.Others = append(a.Others, stray...)
	return msgs
}

// goesOn reports whether a bare legacy line may be followed by another one of the
// same ECU: a list of codes whose three places are taken, or a numbered line.
func goesOn(r request, m *message) bool {
	if m.bus == busCAN11 || m.bus == busCAN29 || !m.whole {
		return false
	}
	switch r.sid() {
	case 0x03, 0x07, 0x0A:
		return len(m.payload) == 7 && !bytes.Equal(m.payload[5:7], []byte{0, 0})
	case 0x09:
		return numberedInfo(m)
	}
	return false
}

func continues(r request, m *message) bool {
	return r.sid() != 0x09 || numberedInfo(m) && m.payload[2] > 1
}

// numberedInfo is one of several lines of a legacy mode-09 answer.
func numberedInfo(m *message) bool { return m.whole && len(m.payload) == 7 && m.payload[1]%2 == 0 }

// sortByECU decodes what each ECU said.
func (a *Answer) sortByECU(r request, msgs []message) {
	by := map[string][]message{}
	for _, m := range msgs {
		if _, seen := by[m.ecu]; !seen {
			a.Order = append(a.Order, m.ecu)
		}
		bare := strings.HasPrefix(m.ecu, "#")
		same := func(o message) bool { return m.whole && o.whole && bytes.Equal(o.payload, m.payload) }
		if !bare && slices.ContainsFunc(by[m.ecu], same) {
			continue // frames arrive twice
		}
		by[m.ecu] = append(by[m.ecu], m)
	}
	for _, ecu := range a.Order {
		a.ECUs[ecu] = a.settle(r, by[ecu])
	}
}

// settle makes one ECU's messages one answer: data before refusal before half.
func (a *Answer) settle(r request, msgs []message) ECUAnswer {
	var good []message
	var refused, pending []byte
	var heads [][]byte
	broken := false
	for _, m := range msgs {
		nrc, no := r.refusedBy(m)
		switch {
		case !m.whole:
			broken = true
			heads = append(heads, m.head)
		case no && nrc == nrcPending:
			pending = append(pending, nrc)
		case no:
			refused = append(refused, nrc)
		default:
			good = append(good, m)
		}
	}
	switch {
	case len(good) > 0 && r.lists() && !sameHead(good, heads):
		return ECUAnswer{State: Incomplete} // half of another list: nobody knows which is ours
	case len(good) > 0:
		return a.decode(r, good, broken)
	case len(refused) > 0:
		return ECUAnswer{State: Refused, NRC: upperHex(refused[:1])}
	case broken:
		return ECUAnswer{State: Incomplete}
	case len(pending) > 0:
		return ECUAnswer{State: NoAnswer, NRC: upperHex(pending[:1])}
	}
	return ECUAnswer{State: NoAnswer}
}

// sameHead reports whether every half message may be half of a whole one.
func sameHead(whole []message, heads [][]byte) bool {
	for _, head := range heads {
		if !slices.ContainsFunc(whole, func(m message) bool { return bytes.HasPrefix(m.payload, head) }) {
			return false
		}
	}
	return true
}

// Negative response codes that mean wait or ask again (ISO 14229-1 annex A).
const (
	nrcBusy    = 0x21
	nrcPending = 0x78
)

// tellsItsLength reports whether an answer holds its own length: a list of codes its
// count, a VIN its seventeen characters.
func tellsItsLength(r request) bool {
	return r.lists() || r.sid() == 0x09 && len(r.data) > 1 && r.data[1] == 0x02
}

// newestCounts reports whether an answer is a value as it stands: an ECU that tells it
// twice means the second one. Where a reply holds answers to other requests too, a second
// tester is at work, and the first one is ours.
func newestCounts(r request) bool {
	return r.sid() == 0x01 || r.sid() == 0x02 || r.sid() == 0x22
}

// decode reads the messages of one ECU that answer r.
func (a *Answer) decode(r request, msgs []message, broken bool) ECUAnswer {
	if newestCounts(r) && len(a.Others) == 0 {
		msgs = msgs[len(msgs)-1:]
	}
	first := msgs[0]
	// A list on a legacy bus has no length: when a line was lost, it is not whole.
	if first.unsized && !tellsItsLength(r) {
		return ECUAnswer{State: Incomplete}
	}
	lost := (first.bus == busLegacy || first.bus == busUnknown) && (broken || a.damaged)
	switch r.sid() {
	case 0x01:
		return decodeCurrent(r, msgs)
	case 0x02:
		return decodeFreeze(r, first)
	case 0x03, 0x07, 0x0A:
		if lost {
			return ECUAnswer{State: Incomplete}
		}
		return decodeCodes(msgs)
	case 0x05:
		return decodeOxygen(r, first)
	case 0x06:
		if lost {
			return ECUAnswer{State: Incomplete}
		}
		return decodeTests(r, msgs)
	case 0x09:
		if lost && listsItems(r) {
			return ECUAnswer{State: Incomplete}
		}
		return decodeInfo(r, msgs)
	case 0x19:
		return decodeReport(r, first)
	case 0x1A:
		return decodeIdentification(r, first)
	case 0x22:
		return decodeData(r, first)
	}
	return ECUAnswer{State: OK, Raw: upperHex(first.payload)}
}
