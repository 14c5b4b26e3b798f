package obd

import "bytes"

// decodeTests reads mode 06. On CAN a message lists the results of one monitor in
// records of nine bytes; on legacy buses each message is one result against one limit.
func decodeTests(r request, msgs []message) ECUAnswer {
	first := msgs[0]
	switch {
	case len(r.data) < 2 || len(first.payload) < 2:
		return ECUAnswer{State: Incomplete}
	case r.data[1]%0x20 == 0:
		return decodeTestList(r, first)
	case first.bus == busLegacy || first.bus == busUnknown && len(first.payload) == legacyTest:
		return decodeLegacyTests(msgs)
	}
	tests, ok := testRecords(r.data[1], first.payload[1:], first.exact)
	if !ok {
		return ECUAnswer{State: Incomplete}
	}
	return ECUAnswer{State: OK, Tests: tests}
}

// decodeTestList reads which monitors (legacy: tests) there are. Legacy buses put a
// byte FF before the bitmap.
func decodeTestList(r request, m message) ECUAnswer {
	p := m.payload
	legacy := m.bus == busLegacy
	if m.bus == busUnknown && len(p) == legacyTest && p[2] == 0xFF {
		if padding(p[6:7]) { // it may be either form, and they say different things
			return ECUAnswer{State: OK, Raw: upperHex(p)}
		}
		legacy = true
	}
	if legacy {
		if len(p) != legacyTest {
			return ECUAnswer{State: Incomplete}
		}
		return ECUAnswer{State: OK, Supported: bitmap(p[1], p[3:])}
	}
	out := ECUAnswer{State: OK, Supported: []string{}}
	rest := p[1:]
	for len(rest) >= 5 && contains(r.data[1:], rest[0]) { // up to six bitmaps may be asked for at once
		out.Supported = append(out.Supported, bitmap(rest[0], rest[1:5])...)
		rest = rest[5:]
	}
	if len(rest) > 0 && (m.exact || len(rest) == len(p)-1 || !padding(rest)) {
		return ECUAnswer{State: Incomplete}
	}
	return out
}

// legacyTest is the length of a legacy message of mode 06.
const legacyTest = 7

// testRecords cuts the results of one monitor: monitor, test, unit and scaling,
// value, least, most. It is false unless every record is whole and of this monitor.
func testRecords(mid byte, b []byte, exact bool) ([]Test, bool) {
	const size = 9
	tests := []Test{}
	for ; len(b) >= size && b[0] == mid; b = b[size:] {
		tests = append(tests, testOf(b[:size]))
	}
	return tests, len(tests) > 0 && (len(b) == 0 || !exact && padding(b))
}

// testOf reads one record. The numbers are compared as they were sent, so that no
// rounding decides whether a test passed.
func testOf(b []byte) Test {
	uas := b[2]
	value, least, most := number(uas, b[3], b[4]), number(uas, b[5], b[6]), number(uas, b[7], b[8])
	s, known := uasTable()[uas]
	if !known {
		s.mul = 1
	}
	t := Test{
		MID: upperHex(b[:1]), TID: upperHex(b[1:2]), UAS: upperHex(b[2:3]), Unit: s.unit,
		Value: s.scale(value), Min: s.scale(least), Max: s.scale(most),
		Passed: least <= value && value <= most,
		NotRun: bytes.Equal(b[3:], make([]byte, 6)),
	}
	if !known {
		t.Raw = upperHex(b[3:])
	}
	return t
}

// decodeLegacyTests reads results of a legacy bus: test, component, value, limit.
// The maker scales them, so that the numbers stay as they are. The top bit of the
// component says that the limit is the least there may be.
func decodeLegacyTests(msgs []message) ECUAnswer {
	out := ECUAnswer{State: OK, Tests: []Test{}}
	for _, m := range msgs {
		p := m.payload
		if len(p) != legacyTest {
			return ECUAnswer{State: Incomplete}
		}
		value, limit := number(0, p[3], p[4]), number(0, p[5], p[6])
		least, most := 0, limit
		if p[2]&0x80 != 0 {
			least, most = limit, 0xFFFF
		}
		out.Tests = append(out.Tests, Test{
			TID: upperHex(p[1:2]), Component: upperHex([]byte{p[2] & 0x7F}), Raw: upperHex(p[3:]),
			Value: float64(value), Min: float64(least), Max: float64(most), Passed: least <= value && value <= most,
		})
	}
	return out
}

// decodeOxygen reads mode 05, which only legacy buses have: a test and a sensor,
// then one byte where the test is a constant, or value, least and most. A constant has
// the whole request as its number: that of the test alone would be taken for a PID.
func decodeOxygen(r request, m message) ECUAnswer {
	p := m.payload
	out := ECUAnswer{State: OK, Raw: upperHex(p)}
	if len(r.data) < 3 || len(p) < 4 || p[2] != r.data[2] || m.bus != busLegacy {
		return out
	}
	tid, data := p[1], p[3:]
	if tid%0x20 == 0 {
		if len(data) == 4 {
			return ECUAnswer{State: OK, Supported: bitmap(tid, data)}
		}
		return ECUAnswer{State: Incomplete}
	}
	s, known := oxygenScaling(tid)
	switch {
	case known && len(data) == 1 && (tid <= 0x04):
		name := oxygenConstants()[tid-1]
		return ECUAnswer{State: OK, Readings: []Reading{{
			PID: upperHex(r.data), Name: &name, Value: s.scale(int(data[0])), Unit: s.unit, Raw: upperHex(data),
		}}}
	case known && len(data) == 3 && tid > 0x04:
		return ECUAnswer{State: OK, Tests: []Test{{
			TID: upperHex(p[1:2]), Component: upperHex(p[2:3]), Unit: s.unit, Raw: upperHex(data),
			Value: s.scale(int(data[0])), Min: s.scale(int(data[1])), Max: s.scale(int(data[2])),
			Passed: data[1] <= data[0] && data[0] <= data[2],
		}}}
	case known:
		return ECUAnswer{State: Incomplete}
	}
	return out
}

// oxygenScaling are the tests of mode 05 that SAE J1979 lays down.
func oxygenScaling(tid byte) (scaling, bool) {
	switch tid {
	case 0x01, 0x02, 0x03, 0x04, 0x07, 0x08:
		return scaling{unit: volt, mul: 0.005}, true
	case 0x05, 0x06:
		return scaling{unit: second, mul: 0.004}, true
	case 0x09, 0x0A:
		return scaling{unit: second, mul: 0.04}, true
	}
	return scaling{}, false
}

func oxygenConstants() [4]string {
	return [4]string{
		"rich_to_lean_threshold_voltage", "lean_to_rich_threshold_voltage",
		"switch_time_low_voltage", "switch_time_high_voltage",
	}
}
