package obd

import (
	"bytes"
	"fmt"
	"strings"
)

// decodeCurrent reads mode 01. An ECU that answers twice is believed the first time.
func decodeCurrent(r request, msgs []message) ECUAnswer {
	p := msgs[0].payload
	if len(r.data) == 1 {
		return ECUAnswer{State: OK, Raw: upperHex(p)}
	}
	out := ECUAnswer{State: OK, Readings: []Reading{}}
	if len(r.data) == 2 {
		return out.current(p[1], p[2:], msgs[0].exact)
	}
	parts, ok := splitPIDs(p[1:], r.data[1:], msgs[0].exact)
	if !ok {
		return ECUAnswer{State: Incomplete}
	}
	for _, part := range parts {
		if out = out.current(part[0], part[1:], true); out.State != OK {
			return out
		}
	}
	return out
}

// current adds the readings of one PID.
func (e ECUAnswer) current(pid byte, data []byte, exact bool) ECUAnswer {
	readings, ok := readPID(pid, data, exact)
	if !ok {
		return ECUAnswer{State: Incomplete}
	}
	e.Readings = append(e.Readings, readings...)
	if pid%0x20 == 0 {
		e.Supported = append(orEmpty(e.Supported), bitmap(pid, data[:4])...)
	}
	if pid == 0x01 {
		ready := decodeReadiness(data)
		e.Readiness = &ready
	}
	return e
}

// bitmap lists the PIDs that a support bitmap names.
func bitmap(base byte, data []byte) []string {
	pids := []string{}
	for i := range min(32, 8*len(data)) {
		if data[i/8]&(0x80>>(i%8)) != 0 {
			pids = append(pids, fmt.Sprintf("%02X", int(base)+1+i))
		}
	}
	return pids
}

// decodeReadiness reads PID 01 (SAE J1979 table B-2). Complete is the raw bit: it
// says nothing about a monitor that is not supported.
func decodeReadiness(d []byte) Readiness {
	r := Readiness{State: OK, MIL: d[0]&0x80 != 0, Count: int(d[0] & 0x7F), Compression: d[1]&0x08 != 0}
	for i, name := range [...]string{"misfire", "fuel_system", "components"} {
		r.Monitors = append(r.Monitors, Monitor{
			Name: name, Supported: d[1]>>i&1 != 0, Complete: d[1]>>(i+4)&1 == 0,
		})
	}
	for i, name := range monitorNames(r.Compression) {
		if name == "" {
			continue
		}
		r.Monitors = append(r.Monitors, Monitor{
			Name: name, Supported: d[2]>>i&1 != 0, Complete: d[3]>>i&1 == 0,
		})
	}
	return r
}

// monitorNames are the monitors of bytes C and D, bit 0 first.
func monitorNames(compression bool) [8]string {
	if compression {
		return [8]string{
			"nmhc_catalyst", "nox_scr_aftertreatment", "", "boost_pressure",
			"", "exhaust_gas_sensor", "pm_filter", "egr_system",
		}
	}
	return [8]string{
		"catalyst", "heated_catalyst", "evaporative_system", "secondary_air_system",
		"ac_refrigerant", "oxygen_sensor", "oxygen_sensor_heater", "egr_system",
	}
}

// decodeCodes reads modes 03, 07 and 0A. On CAN a count follows the service; on
// legacy buses every line holds three codes, padded with zeros.
func decodeCodes(msgs []message) ECUAnswer {
	out := ECUAnswer{State: OK, Codes: []string{}}
	seen := map[string]bool{}
	for _, m := range msgs {
		pairs, ok := codePairs(m)
		if !ok {
			return ECUAnswer{State: Incomplete}
		}
		for _, c := range codesOf(pairs) {
			if !seen[c] {
				seen[c] = true
				out.Codes = append(out.Codes, c)
			}
		}
	}
	return out
}

// codePairs is the part of a payload that holds codes.
func codePairs(m message) ([]byte, bool) {
	p := m.payload[1:]
	legacy := m.bus == busLegacy
	if m.bus == busUnknown {
		// Without a header: a line of a legacy bus always has six bytes here.
		legacy = len(p) == legacyLine && !paddedCAN(p)
	}
	if legacy {
		return p, len(p) > 0 && len(p)%2 == 0 && (m.exact || len(p) == legacyLine)
	}
	if len(p) == 0 {
		return nil, false
	}
	n := 1 + 2*int(p[0])
	whole := len(p) == n || len(p) > n && padding(p[n:]) &&
		(m.exact || len(p) >= legacyLine) // what an adapter pads, it pads to the full
	if !whole {
		return nil, false // more than the count says: the unit counts otherwise, or not at all
	}
	return p[1:n], len(codesOf(p[1:n])) == int(p[0])
}

// legacyLine is how many bytes of codes a line of a legacy bus has: three codes.
const legacyLine = 6

// paddedCAN reports whether six bytes behind 43 are a count, its codes and bytes
// that only ever pad.
func paddedCAN(p []byte) bool {
	n := 1 + 2*int(p[0])
	if n >= len(p) {
		return false
	}
	pad := p[n]
	for _, x := range p[n:] {
		if x != pad {
			return false
		}
	}
	return pad == 0xAA || pad == 0x55 || pad == 0xFF
}

// codesOf names pairs of bytes as codes; zeros are padding.
func codesOf(b []byte) []string {
	codes := []string{}
	for ; len(b) >= 2; b = b[2:] {
		if b[0] != 0 || b[1] != 0 {
			codes = append(codes, codeName(b[0], b[1]))
		}
	}
	return codes
}

// codeName is a code in the form of SAE J2012.
func codeName(high, low byte) string {
	return fmt.Sprintf("%c%d%X%02X", "PCBU"[high>>6], high>>4&3, high&0x0F, low)
}

// decodeInfo reads mode 09: the VIN, calibration identifications, the ECU's name.
func decodeInfo(r request, msgs []message) ECUAnswer {
	if len(r.data) < 2 {
		return ECUAnswer{State: OK, Raw: upperHex(msgs[0].payload)}
	}
	switch kind := r.data[1]; kind {
	case 0x04:
		return decodeCalibrations(msgs)
	case 0x06:
		return decodeVerification(msgs)
	case 0x08, 0x0B:
		return decodeCounters(kind, msgs)
	}
	data, ok := infoData(msgs)
	if !ok {
		return ECUAnswer{State: Incomplete}
	}
	out := ECUAnswer{State: OK}
	switch r.data[1] {
	case 0x00, 0x20:
		if len(data) < 4 {
			return ECUAnswer{State: Incomplete}
		}
		name := fmt.Sprintf("supported_infotypes_%02x", r.data[1])
		hex := upperHex(data[:4])
		out.Readings = []Reading{{PID: upperHex(r.data[1:2]), Name: &name, Value: hex, Raw: hex}}
		out.Supported = bitmap(r.data[1], data[:4])
	case 0x02:
		vin, ok := vinOf(data)
		if !ok {
			return ECUAnswer{State: Incomplete}
		}
		out.VIN = vin
	case 0x0A:
		out.Name = asciiOf(bytes.ReplaceAll(data, []byte{0}, nil)) // zeros part the short name from the long one
	default:
		out.Raw = upperHex(msgs[0].payload)
		if len(msgs) > 1 {
			out.Raw = upperHex(msgs[0].payload[:2]) + upperHex(data)
		}
	}
	return out
}

// infoData is the data of a mode-09 answer. On CAN a count of items precedes it
// in one message; on legacy buses each line carries its own number and 4 bytes.
func infoData(msgs []message) ([]byte, bool) {
	p := msgs[0].payload
	kind := p[1]
	if kind%0x20 == 0 { // a bitmap; its number of lines is 1 on legacy buses
		if msgs[0].bus == busLegacy && len(p) == 7 {
			return p[3:], true
		}
		return p[2:], true
	}
	if msgs[0].bus != busLegacy && (len(p) != 7 || len(msgs) < 2) {
		if len(p) < 3 {
			return nil, false
		}
		if kind == 0x02 {
			return p[2:], true // whether a count is there, the VIN's length says
		}
		return p[3:], true
	}
	lines := map[byte][]byte{}
	for _, m := range msgs {
		if len(m.payload) != 7 {
			return nil, false
		}
		lines[m.payload[2]] = m.payload[3:]
	}
	var data []byte
	for i := range len(lines) {
		line, ok := lines[byte(i+1)]
		if !ok {
			return nil, false
		}
		data = append(data, line...)
	}
	want := map[byte]int{0x02: 5, 0x0A: 5}[kind]
	return data, want == 0 || len(lines) == want
}

// vinOf finds the 17 characters of a VIN among count and padding.
func vinOf(data []byte) (string, bool) {
	if len(data) >= 18 && data[0] == 1 {
		data = data[1:]
	}
	data = bytes.TrimLeft(data, "\x00")
	if len(data) > 17 && !printableBytes(data[17:]) {
		data = data[:17] // padding behind it, with headers off
	}
	if len(data) != 17 || !printableBytes(data) {
		return "", false
	}
	return string(data), true
}

func printableBytes(b []byte) bool {
	for _, c := range b {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return len(b) > 0
}

// asciiOf is the text in a field that is padded with zeros or blanks.
func asciiOf(b []byte) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == 0:
			return ' '
		case r < ' ' || r > '~':
			return -1
		}
		return r
	}, string(b)))
}

func padding(b []byte) bool {
	for _, x := range b {
		if x != b[0] {
			return false
		}
	}
	return len(b) == 0 || b[0] == 0 || b[0] == 0xFF || b[0] == 0xAA || b[0] == 0x55
}

func orEmpty(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
