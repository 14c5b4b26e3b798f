package sim

// mode05 answers oxygen sensor tests: test and sensor. CAN has none (SAE J1979).
func (e *ECU) mode05(q []byte, can bool) []byte {
	if can || len(q) != 2 {
		return nil
	}
	out := []byte{0x45, q[0], q[1]}
	var tids []byte
	for _, o := range e.Oxygen {
		if o.Sensor != q[1] {
			continue
		}
		if tids = append(tids, o.TID); o.TID == q[0] {
			return append(out, o.Data...)
		}
	}
	if q[0]%0x20 != 0 || tids == nil {
		return nil
	}
	if bits := bitmap(q[0], tids); bits != nil {
		return append(out, bits...)
	}
	return nil
}

// mode06 answers test results: by monitor on CAN, by test on older buses, where FF
// stands before the bitmap.
func (e *ECU) mode06(q []byte, can bool) []byte {
	switch {
	case len(q) == 0 || len(e.Tests) == 0 || len(q) > 1 && (!can || e.Strict || q[0]%0x20 != 0):
		return nil
	case !can:
		return e.legacyTest(q[0])
	case q[0]%0x20 == 0:
		return e.testBitmaps(q[:min(len(q), 6)])
	}
	out := []byte{0x46}
	for _, t := range e.Tests {
		if t.MID == q[0] {
			out = append(out, t.MID, t.TID, t.Unit, byte(t.Value>>8), byte(t.Value), byte(t.Min>>8), byte(t.Min), byte(t.Max>>8), byte(t.Max))
		}
	}
	if len(out) == 1 {
		return nil
	}
	return out
}

// testBitmaps are the bitmaps asked for that there are: up to six in one request (SAE
// J1979, service 06).
func (e *ECU) testBitmaps(q []byte) []byte {
	out := []byte{0x46}
	for _, base := range q {
		if bits := bitmap(base, monitors(e.Tests)); bits != nil {
			out = append(append(out, base), bits...)
		}
		if e.OnePID {
			break
		}
	}
	if len(out) == 1 {
		return nil
	}
	return out
}

// legacyTest is the result of one test: component, value and limit.
func (e *ECU) legacyTest(tid byte) []byte {
	var tids []byte
	for _, t := range e.Tests {
		if tids = append(tids, t.TID); t.TID == tid {
			return []byte{0x46, tid, t.Component, byte(t.Value >> 8), byte(t.Value), byte(t.Max >> 8), byte(t.Max)}
		}
	}
	if tid%0x20 != 0 {
		return nil
	}
	if bits := bitmap(tid, tids); bits != nil {
		return append([]byte{0x46, tid, 0xFF}, bits...)
	}
	return nil
}
