package sim

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// mode01 answers current data: on CAN up to six PIDs in one request.
func (e *ECU) mode01(pids []byte, since time.Duration, can bool) []byte {
	if len(pids) > 1 && (!can || e.Strict) {
		return nil
	}
	most := 6
	if e.Most > 0 && len(pids) > 1 {
		most = e.Most
	}
	out := []byte{0x41}
	for _, pid := range pids[:min(len(pids), most)] {
		if data := e.reading(pid, since); data != nil {
			out = append(append(out, pid), data...)
			if e.OnePID {
				break
			}
		}
	}
	if len(out) == 1 {
		return nil
	}
	return out
}

func (e *ECU) reading(pid byte, since time.Duration) []byte {
	switch {
	case pid%0x20 == 0:
		return bitmap(pid, e.supported())
	case pid == 0x01 && e.Monitors != nil:
		a := byte(min(e.confirmed(), 127))
		if a > 0 {
			a |= 0x80
		}
		return append([]byte{a}, e.Monitors[:]...)
	case e.PIDs[pid] != nil && e.off && engineOff(pid) != nil:
		return engineOff(pid)
	case e.PIDs[pid] != nil:
		return e.PIDs[pid](since)
	}
	return nil
}

// confirmed is how many codes light the lamp.
func (e *ECU) confirmed() int {
	n := len(e.Stored)
	if e.UDS != nil {
		for _, d := range e.UDS.DTCs {
			n += int(d.Status >> 3 & 1)
		}
	}
	return n
}

// supported lists the PIDs of mode 01 without the bitmaps.
func (e *ECU) supported() []byte {
	list := slices.Collect(maps.Keys(e.PIDs))
	if e.Monitors != nil {
		list = append(list, 0x01)
	}
	return list
}

// bitmap is the four bytes that say which of the 32 numbers after base there are;
// the last bit says that the next bitmap is there. nil when none follows base.
func bitmap(base byte, list []byte) []byte {
	var bits uint32
	for _, n := range list {
		switch d := int(n) - int(base); {
		case d >= 1 && d <= 32:
			bits |= 1 << (32 - d)
		case d > 32:
			bits |= 1
		}
	}
	if bits == 0 && base != 0 {
		return nil
	}
	return []byte{byte(bits >> 24), byte(bits >> 16), byte(bits >> 8), byte(bits)}
}

// mode02 answers freeze frame 0: PID and frame number.
func (e *ECU) mode02(q []byte) []byte {
	if len(q) != 2 || q[1] != 0 {
		return nil
	}
	out := []byte{0x42, q[0], 0}
	switch f := e.Freeze; {
	case q[0] == 0x00:
		list := []byte{0x02}
		if f != nil {
			list = slices.AppendSeq(list, maps.Keys(f.PIDs))
		}
		return append(out, bitmap(0, list)...)
	case q[0] == 0x02 && f == nil:
		return append(out, 0, 0)
	case q[0] == 0x02:
		return append(out, packCode(f.Code)...)
	case f != nil && f.PIDs[q[0]] != nil:
		return append(out, f.PIDs[q[0]]...)
	}
	return nil
}

// codes answers modes 03, 07 and 0A: on CAN one message with a count, on older
// buses messages of three codes each, padded with zeros.
func (e *ECU) codes(sid byte, codes []string, can bool) [][]byte {
	if can {
		out := []byte{sid, byte(len(codes))}
		for _, c := range codes {
			out = append(out, packCode(c)...)
		}
		return [][]byte{out}
	}
	var out [][]byte
	for first := 0; first == 0 || first < len(codes); first += 3 {
		line := make([]byte, 1, 7)
		line[0] = sid
		for _, c := range codes[first:min(first+3, len(codes))] {
			line = append(line, packCode(c)...)
		}
		out = append(out, line[:7])
	}
	return out
}

// packCode packs a trouble code (SAE J2012: P0133) into two bytes; a word that is
// none becomes 0000.
func packCode(code string) []byte {
	if len(code) != 5 {
		return []byte{0, 0}
	}
	system := strings.IndexByte("PCBU", code[0])
	n, err := strconv.ParseUint(code[1:], 16, 16)
	if system < 0 || err != nil || n > 0x3FFF {
		return []byte{0, 0}
	}
	n |= uint64(system) << 14
	return []byte{byte(n >> 8), byte(n)}
}

// mode09 answers vehicle information. On older buses a text goes in messages of
// four characters with a number each.
func (e *ECU) mode09(q []byte, can bool) [][]byte {
	if len(q) != 1 {
		return nil
	}
	texts := e.texts()
	items, ok := texts[q[0]]
	switch {
	case q[0] == 0 && len(texts) == 0:
		return nil
	case q[0] == 0 && can:
		return one(append([]byte{0x49, 0}, bitmap(0, slices.Collect(maps.Keys(texts)))...))
	case q[0] == 0:
		return one(append([]byte{0x49, 0, 1}, bitmap(0, withCounts(texts))...))
	case ok && can:
		return one(append([]byte{0x49, q[0], byte(len(items))}, strings.Join(items, "")...))
	case ok:
		return legacyText(q[0], strings.Join(items, ""))
	case !can && texts[q[0]+1] != nil:
		n := len(legacyText(q[0]+1, strings.Join(texts[q[0]+1], "")))
		return one([]byte{0x49, q[0], byte(n)})
	}
	return nil
}

// texts is what the unit says of itself, by info type: VIN, calibrations, name.
func (e *ECU) texts() map[byte][]string {
	texts := map[byte][]string{}
	if e.VIN != "" {
		texts[0x02] = []string{e.VIN}
	}
	if len(e.Calibrations) > 0 {
		texts[0x04] = padAll(e.Calibrations, 16)
	}
	if e.Name != "" {
		texts[0x0A] = padAll([]string{e.Name}, 20)
	}
	return texts
}

// withCounts adds the message counts of older buses, each one below its text.
func withCounts(texts map[byte][]string) []byte {
	var list []byte
	for n := range texts {
		list = append(list, n, n-1)
	}
	return list
}

// legacyText cuts a text into numbered messages of four characters, padded at the
// front.
func legacyText(info byte, text string) [][]byte {
	pad := (4 - len(text)%4) % 4
	text = strings.Repeat("\x00", pad) + text
	var out [][]byte
	for i := 0; i < len(text); i += 4 {
		out = append(out, append([]byte{0x49, info, byte(i/4 + 1)}, text[i:i+4]...))
	}
	return out
}

// padAll fills texts with zeros to a length, and cuts what is longer.
func padAll(texts []string, length int) []string {
	out := make([]string, 0, len(texts))
	for _, t := range texts {
		t += strings.Repeat("\x00", max(0, length-len(t)))
		out = append(out, t[:length])
	}
	return out
}
