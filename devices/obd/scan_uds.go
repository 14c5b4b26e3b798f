package obd

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// The standards a car may speak.
const (
	standardOBD = "SAE J1979"
	standardUDS = "SAE J1979-2"
	standardWWH = "ISO 27145"
)

// emissions is the functional group of emission-related units, and anySeverity asks
// for codes of every severity and class.
const (
	emissions   = "33"
	anySeverity = "FF"
)

// clearRequest is the request that clears codes in a car of a standard.
func clearRequest(standard string) string {
	if standard == standardUDS || standard == standardWWH {
		return "14FFFF" + emissions
	}
	return "04"
}

// A car of SAE J1979-2 or ISO 27145 is scanned by the same steps as any other: each
// request is said in its language, and the answer taken as one to the request.

// wire is a request of SAE J1979 in the language of the car. It is false where that
// is what the request is in already.
func (x *scan) wire(text string) (string, bool) {
	if !x.uds || len(text) < 2 || text[0] != '0' {
		return text, false
	}
	switch text[:2] {
	case "01":
		return "22F4" + strings.Join(pairs(text[2:]), "F4"), true
	case "03":
		return fmt.Sprintf("19%02X%s%02X%s", byMaskRecord, emissions, statusConfirmed, anySeverity), true
	case "06":
		return "22F6" + text[2:], true
	case "07":
		return fmt.Sprintf("19%02X%s%02X%s", byMaskRecord, emissions, statusPending, anySeverity), true
	case "09":
		return "22F8" + text[2:], true
	case "0A":
		return fmt.Sprintf("19%02X%s", wwhPermanent, emissions), true
	}
	return text, false
}

// allClasses is the severity mask of SAE J1979-2 and ISO 27145-3: classes A, B1, B2
// and C.
const allClasses = "1E"

// unheard reports whether a unit did not tell its codes by any severity: it may know no
// other mask than that of the standard, and what it does not know it passes over in
// silence when all are asked.
func (x *scan) unheard(a Answer) bool {
	if a.Kind != "" && stateOfKind(a.Kind) != NoAnswer {
		return false
	}
	return slices.ContainsFunc(x.ids(), func(id string) bool {
		e, said := a.ECUs[id]
		return !said || e.State == NoAnswer && e.NRC == "" || e.State == Refused && (e.NRC == "31" || e.NRC == "12" || e.NRC == "13")
	})
}

// classes asks again by the mask of the standard, and keeps what was told before.
func (x *scan) classes(said string, before Answer, limit time.Duration) (Answer, error) {
	a, err := x.requestOf(strings.TrimSuffix(said, anySeverity)+allClasses, nil, limit)
	if err != nil {
		return before, err
	}
	if worth(a) == 0 {
		return before, nil
	}
	for _, id := range before.Order {
		if e := before.ECUs[id]; e.State == OK {
			a.ECUs[id] = e
		} else if _, again := a.ECUs[id]; !again {
			a.ECUs[id] = e
			a.Order = append(a.Order, id)
		}
	}
	return a, nil
}

// pairs cuts digits into bytes.
func pairs(digits string) []string {
	var out []string
	for ; len(digits) >= 2; digits = digits[2:] {
		out = append(out, digits[:2])
	}
	return out
}

// sent is what went over the wire for a request.
func (x *scan) sent(text string) string {
	text, _ = x.wire(text)
	return text
}

// taken is an answer to what was sent for text, in the form of one to text.
func (x *scan) taken(text string, a Answer) Answer {
	want := byte(0xFF)
	switch text[:2] {
	case "03":
		want = statusConfirmed
	case "07":
		want = statusPending
	}
	for id, e := range a.ECUs {
		for i := range e.Readings {
			e.Readings[i].PID = strings.TrimPrefix(e.Readings[i].PID, "F4")
		}
		for i, s := range e.Supported {
			e.Supported[i] = s[len(s)-2:]
		}
		// A unit that looks at no mask tells all its codes.
		e.UDSCodes = slices.DeleteFunc(e.UDSCodes, func(c UDSCode) bool { return want != 0xFF && statusOf(c)&want == 0 })
		if text[:2] == "01" && e.State == OK && len(e.Readings) == 0 {
			e = ECUAnswer{State: Incomplete}
		}
		a.ECUs[id] = e
	}
	return a
}

func statusOf(c UDSCode) byte {
	if r := parseRequest(c.Status); len(r.data) == 1 {
		return r.data[0]
	}
	return 0
}

// codesIn are the codes of an answer with all that it tells of them.
func codesIn(e ECUAnswer) []Code {
	codes := []Code{}
	for _, c := range e.UDSCodes {
		codes = append(codes, codeOfUDS(c, e.DTCFormat))
	}
	if e.UDSCodes != nil {
		return codes
	}
	for _, c := range e.Codes {
		codes = append(codes, Code{Code: c, Text: Text(c)})
	}
	return codes
}

// codeOfUDS names a code of three bytes: SAE J2012 in the first two and how it failed
// in the third, or SPN and FMI where the format says SAE J1939-73.
func codeOfUDS(c UDSCode, format string) Code {
	out := Code{Status: c.Status, StatusBits: statusBits(statusOf(c))}
	r := parseRequest(c.Code)
	if len(r.data) != 3 {
		return out
	}
	if b := r.data; format == formatJ1939 {
		out.Code = fmt.Sprintf("%d-%d", int(b[0])|int(b[1])<<8|int(b[2]&0xE0)<<11, b[2]&0x1F)
		out.Text = "fault of a heavy vehicle: SPN and FMI of SAE J1939"
	} else {
		out.Code = codeName(b[0], b[1])
		out.Text, out.FailureType = Text(out.Code), upperHex(b[2:])
	}
	if s := parseRequest(c.Severity); c.Severity != "" && len(s.data) == 1 {
		out.Severity, out.Class = severityOf(s.data[0])
	}
	return out
}

// statusBits names the bits of a status byte that are set (ISO 14229-1 annex D.2).
func statusBits(status byte) []string {
	names := [8]string{
		"test_failed", "test_failed_this_cycle", "pending", "confirmed",
		"not_completed_since_clear", "failed_since_clear", "not_completed_this_cycle", "warning_lamp",
	}
	var out []string
	for i, name := range names {
		if status>>i&1 != 0 {
			out = append(out, name)
		}
	}
	return out
}

// severityOf reads the byte of severity and class (ISO 14229-1 annex D.3; the classes
// are those of the global technical regulation on WWH-OBD).
func severityOf(b byte) (severity, class string) {
	for bit, name := range map[byte]string{0x20: "maintenance_only", 0x40: "check_at_next_halt", 0x80: "check_immediately"} {
		if b&0xE0 == bit {
			severity = name
		}
	}
	for bit, name := range map[byte]string{0x01: "none", 0x02: "A", 0x04: "B1", 0x08: "B2", 0x10: "C"} {
		if b&0x1F == bit {
			class = name
		}
	}
	return severity, class
}
