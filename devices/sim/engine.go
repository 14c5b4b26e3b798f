package sim

import (
	"slices"
	"time"
)

// A person at the wheel of a parked car starts the engine when its speed has been
// asked for watched times in a row, and stops it when nobody has asked for unwatched.
const (
	watched   = 5
	unwatched = 3 * time.Second
)

// driver is that person.
type driver struct {
	asked int
	last  time.Duration
}

// drive lets the person at the wheel of a parked car act. The lock is held.
func (v *Vehicle) drive(r Request) {
	if !v.Parked {
		return
	}
	d := &v.driver
	if r.Since-d.last > unwatched || r.Since < d.last {
		d.asked = 0
	}
	if r.Data[0] == 0x01 && slices.Contains(r.Data[1:], 0x0C) {
		d.asked, d.last = d.asked+1, r.Since
	}
	v.engine(d.asked >= watched)
}

// SetEngine starts or stops the engine: stopped, its speed, its load, the air it
// takes and the car's speed are nothing, whatever PIDs say. It may be called at any time.
func (v *Vehicle) SetEngine(running bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.Parked = false
	v.engine(running)
}

func (v *Vehicle) engine(running bool) {
	for _, e := range v.ECUs {
		e.off = !running
	}
}

// engineOff is what a PID reads while the engine stands; nil where it makes no
// difference.
func engineOff(pid byte) []byte {
	switch pid {
	case 0x04, 0x0D:
		return []byte{0}
	case 0x0C, 0x10:
		return []byte{0, 0}
	case 0x0B:
		return []byte{100} // the pressure outside, in kPa
	}
	return nil
}

// clear forgets trouble codes (mode 04): the stored and pending ones with their
// freeze frame, and that the monitors have run. Permanent codes stay (SAE J1979).
func (e *ECU) clear(since time.Duration) []byte {
	if rpm := e.PIDs[0x0C]; e.Careful && rpm != nil && !e.off && slices.ContainsFunc(rpm(since), func(b byte) bool { return b != 0 }) {
		return []byte{0x7F, 0x04, 0x22}
	}
	e.Stored, e.Pending, e.Freeze = nil, nil, nil
	if e.Monitors != nil {
		m := *e.Monitors
		m[0] |= m[0] & 0x07 << 4
		m[2] = m[1]
		e.Monitors = &m
	}
	if e.HushHush {
		return nil
	}
	return []byte{0x44}
}

// inTime are the lines up to the first that comes when the adapter no longer listens.
func (s *session) inTime(lines []line) []line {
	var before time.Duration
	for i, l := range lines {
		if wait := l.after - before; l.late && s.idle() > 0 && wait > s.idle() {
			return lines[:i]
		}
		before = l.after
	}
	return lines
}
