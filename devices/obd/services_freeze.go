package obd

// decodeFreeze reads mode 02: the PID, the frame number, the data, and on CAN up to
// three of them.
func decodeFreeze(r request, m message) ECUAnswer {
	p := m.payload
	if len(r.data) < 2 || len(p) < 3 {
		return ECUAnswer{State: Incomplete}
	}
	if len(r.data) <= 3 {
		return freezeOf(p[1], p[2], p[3:], m.exact)
	}
	out := ECUAnswer{State: OK, Readings: []Reading{}}
	for rest := p[1:]; len(rest) > 0; {
		if out.Frame != nil && !m.exact && padding(rest) {
			break
		}
		n := widthOf(rest[0])
		if n == 0 || len(rest) < 2+n || !askedFreeze(r, rest) {
			return ECUAnswer{State: Incomplete}
		}
		one := freezeOf(rest[0], rest[1], rest[2:2+n], true)
		if one.State != OK || out.Frame != nil && *out.Frame != *one.Frame {
			return ECUAnswer{State: Incomplete} // one answer tells of one frame
		}
		out.Frame, out.Readings = one.Frame, append(out.Readings, one.Readings...)
		out.Codes, out.Supported = append(out.Codes, one.Codes...), append(out.Supported, one.Supported...)
		rest = rest[2+n:]
	}
	return out
}

// askedFreeze reports whether a PID and a frame number are among what was asked.
func askedFreeze(r request, b []byte) bool {
	for q := r.data[1:]; len(q) >= 2; q = q[2:] {
		if q[0] == b[0] && q[1] == b[1] {
			return true
		}
	}
	return false
}

// freezeOf reads one PID of a freeze frame.
func freezeOf(pid, number byte, data []byte, exact bool) ECUAnswer {
	readings, ok := readPID(pid, data, exact)
	if !ok {
		return ECUAnswer{State: Incomplete}
	}
	frame := int(number)
	out := ECUAnswer{State: OK, Frame: &frame, Readings: readings}
	if pid == 0x02 {
		out.Codes = codesOf(data[:2])
	}
	if pid%0x20 == 0 {
		out.Supported = bitmap(pid, data[:4])
	}
	return out
}
