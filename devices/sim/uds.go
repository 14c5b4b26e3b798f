package sim

import (
	"maps"
	"slices"
	"strings"
)

// UDS makes a control unit speak ISO 14229: service 22 with the identifiers of
// SAE J1979-2 and ISO 27145 (F4xx are the unit's PIDs, F6xx its tests, F8xx what it
// says of itself), 19, 14, 10 and 3E.
type UDS struct {
	Only     bool // it is silent to the services of SAE J1979
	Protocol byte // F810; 0: not told
	Format   byte // DTCFormatIdentifier: 04 SAE J2012-DA, 02 SAE J1939-73
	DTCs     []DTC
	DIDs     map[uint16][]byte // any other identifier
	Classes  bool              // it knows no severity mask but 1E
	Counted  bool              // the number of items stands before those of F8xx, as in mode 09
	Session  byte              // 19 needs this session; 0: none

	NoExtended bool // it does not know 19 06

	session byte
}

// DTC is one trouble code of three bytes, as service 19 tells it.
type DTC struct {
	Code      string // SAE J2012: P0133; or six hex digits
	Failure   byte   // the third byte
	Status    byte   // ISO 14229-1 annex D.2
	Severity  byte   // and class, annex D.3
	Permanent bool
	Group     byte // readiness group; 0: none
	Snapshots []Snapshot
	Extended  []byte // what 19 06 tells of it: records, each with its number
}

// Snapshot is one record of 19 04.
type Snapshot struct {
	Record byte
	DIDs   []uint16
	Data   [][]byte
}

// bytes are the three bytes of the code.
func (d DTC) bytes() []byte {
	if b, ok := parseHex(d.Code); ok && len(b) == 3 {
		return b
	}
	return append(packCode(d.Code), d.Failure)
}

// Negative response codes of ISO 14229-1 annex A.
const (
	nrcService    = 0x11
	nrcSub        = 0x12
	nrcLength     = 0x13
	nrcRange      = 0x31
	nrcNotSession = 0x7F
)

// unheard are the refusals that a unit keeps to itself when all were asked
// (ISO 14229-1 §7.5.3.2).
func unheard(nrc byte) bool {
	return nrc == nrcService || nrc == nrcSub || nrc == nrcRange || nrc == 0x7E || nrc == nrcNotSession
}

// uds answers a request to a unit that speaks UDS. It is false where the request is
// none of UDS.
func (e *ECU) uds(r Request) ([][]byte, bool) {
	var out []byte
	nrc := byte(0)
	switch q := r.Data[1:]; r.Data[0] {
	case 0x10:
		if len(q) != 1 {
			nrc = nrcLength
			break
		}
		e.UDS.session = q[0]
		out = []byte{0x50, q[0], 0x00, 0x32, 0x01, 0xF4}
	case 0x14:
		out, nrc = e.udsClear(q)
	case 0x19:
		out, nrc = e.udsReport(q)
	case 0x22:
		out, nrc = e.udsData(q, r)
	case 0x3E:
		out = []byte{0x7E, 0}
	default:
		if r.Data[0] < 0x10 && !e.UDS.Only {
			return nil, false
		}
		nrc = nrcService
	}
	if nrc == 0 {
		return one(out), true
	}
	if unheard(nrc) && (r.Header == "" || functional(r.Header, r.Proto)) {
		return nil, true
	}
	return [][]byte{{0x7F, r.Data[0], nrc}}, true
}

func (e *ECU) udsClear(q []byte) ([]byte, byte) {
	if len(q) != 3 {
		return nil, nrcLength
	}
	if group := [3]byte(q); group != [3]byte{0xFF, 0xFF, 0x33} && group != [3]byte{0xFF, 0xFF, 0xFF} {
		return nil, nrcRange
	}
	for i := range e.UDS.DTCs {
		d := &e.UDS.DTCs[i]
		d.Status, d.Snapshots = 0x50, nil // no test has run
	}
	e.Stored, e.Pending, e.Freeze = nil, nil, nil
	return []byte{0x54}, 0
}

// udsReport answers service 19.
func (e *ECU) udsReport(q []byte) ([]byte, byte) {
	u := e.UDS
	need := map[byte]int{0x02: 2, 0x04: 5, 0x06: 5, 0x0A: 1, 0x42: 4, 0x55: 2, 0x56: 3}
	switch {
	case u.Session != 0 && u.session != u.Session:
		return nil, nrcNotSession
	case len(q) == 0:
		return nil, nrcLength
	case need[q[0]] == 0:
		return nil, nrcSub
	case len(q) != need[q[0]]:
		return nil, nrcLength
	case q[0] >= 0x42 && q[1] != 0x33, q[0] == 0x42 && u.Classes && q[3] != 0x1E:
		return nil, nrcRange
	}
	out := []byte{0x59, q[0]}
	switch q[0] {
	case 0x02:
		return append(append(out, 0xFF), u.list(func(d DTC) bool { return d.Status&q[1] != 0 }, false)...), 0
	case 0x0A:
		return append(append(out, 0xFF), u.list(func(DTC) bool { return true }, false)...), 0
	case 0x42:
		list := u.list(func(d DTC) bool { return d.Status&q[2] != 0 && d.Severity&q[3] != 0 }, true)
		return append(append(out, 0x33, 0xFF, 0xFF, u.Format), list...), 0
	case 0x55:
		return append(append(out, 0x33, 0xFF, u.Format), u.list(func(d DTC) bool { return d.Permanent }, false)...), 0
	case 0x56:
		if !slices.ContainsFunc(u.DTCs, func(d DTC) bool { return d.Group == q[2] && q[2] != 0 }) {
			return nil, nrcRange
		}
		list := u.list(func(d DTC) bool { return d.Group == q[2] }, false)
		return append(append(out, 0x33, 0xFF, u.Format, q[2]), list...), 0
	case 0x04:
		return u.snapshots(q[1:4], q[4])
	case 0x06:
		return u.extended(q[1:4])
	}
	return nil, nrcSub
}

func (u *UDS) list(fits func(DTC) bool, severity bool) []byte {
	var out []byte
	for _, d := range u.DTCs {
		if !fits(d) {
			continue
		}
		if severity {
			out = append(out, d.Severity)
		}
		out = append(append(out, d.bytes()...), d.Status)
	}
	return out
}

// extended answers 19 06 for all records of a code.
func (u *UDS) extended(code []byte) ([]byte, byte) {
	if u.NoExtended {
		return nil, nrcSub
	}
	for _, d := range u.DTCs {
		if string(d.bytes()) == string(code) {
			return append(append(append([]byte{0x59, 0x06}, code...), d.Status), d.Extended...), 0
		}
	}
	return nil, nrcRange
}

// snapshots answers 19 04: the records of one code, FF for all.
func (u *UDS) snapshots(code []byte, record byte) ([]byte, byte) {
	for _, d := range u.DTCs {
		if string(d.bytes()) != string(code) {
			continue
		}
		out := append(append([]byte{0x59, 0x04}, code...), d.Status)
		for _, s := range d.Snapshots {
			if record != 0xFF && record != s.Record {
				continue
			}
			out = append(out, s.Record, byte(len(s.DIDs)))
			for i, did := range s.DIDs {
				out = append(append(out, byte(did>>8), byte(did)), s.Data[i]...)
			}
		}
		return out, 0
	}
	return nil, nrcRange
}

// udsData answers service 22: up to three identifiers in one request. What the unit
// does not have is left out.
func (e *ECU) udsData(q []byte, r Request) ([]byte, byte) {
	if len(q) == 0 || len(q)%2 != 0 || e.Strict && len(q) > 2 {
		return nil, nrcLength
	}
	out := []byte{0x62}
	for ; len(q) > 0; q = q[2:] {
		if data := e.did(uint16(q[0])<<8|uint16(q[1]), r); data != nil {
			out = append(append(out, q[0], q[1]), data...)
			if e.OnePID {
				break
			}
		}
	}
	if len(out) == 1 {
		return nil, nrcRange
	}
	return out, 0
}

// did is the data of one identifier, nil where the unit has none.
func (e *ECU) did(did uint16, r Request) []byte {
	low := byte(did)
	if data, ok := e.UDS.DIDs[did]; ok {
		return data
	}
	switch did >> 8 {
	case 0xF4:
		return e.reading(low, r.Since)
	case 0xF5, 0xF7:
		return e.page(byte(did>>8), low)
	case 0xF6:
		return e.udsTests(low)
	case 0xF8:
		return e.udsInfo(low)
	}
	return nil
}

// page is the support bitmap of identifiers that are given one by one.
func (e *ECU) page(page, base byte) []byte {
	var list []byte
	for did := range e.UDS.DIDs {
		if byte(did>>8) == page {
			list = append(list, byte(did))
		}
	}
	if base%0x20 != 0 || len(list) == 0 {
		return nil
	}
	return bitmap(base, list)
}

func (e *ECU) udsTests(mid byte) []byte {
	if len(e.Tests) == 0 {
		return nil
	}
	if mid%0x20 == 0 {
		return bitmap(mid, monitors(e.Tests))
	}
	var out []byte
	for _, t := range e.Tests {
		if t.MID == mid {
			out = append(out, t.TID, t.Unit, byte(t.Value>>8), byte(t.Value), byte(t.Min>>8), byte(t.Min), byte(t.Max>>8), byte(t.Max))
		}
	}
	return out
}

func monitors(tests []Test) []byte {
	var list []byte
	for _, t := range tests {
		list = append(list, t.MID)
	}
	return list
}

func (e *ECU) udsInfo(kind byte) []byte {
	texts := e.texts()
	if e.UDS.Protocol != 0 {
		texts[0x10] = []string{string([]byte{e.UDS.Protocol})}
	}
	if kind == 0 {
		list := slices.Collect(maps.Keys(texts))
		for did := range e.UDS.DIDs {
			if did>>8 == 0xF8 {
				list = append(list, byte(did))
			}
		}
		return bitmap(0, list)
	}
	items := texts[kind]
	if items == nil {
		return nil
	}
	out := strings.Join(items, "")
	if e.UDS.Counted && kind != 0x02 && kind != 0x10 {
		out = string([]byte{byte(len(items))}) + out
	}
	return []byte(out)
}
