package obd

import (
	"encoding/binary"
	"fmt"
	"math"
	"sync"
)

// pidSpec is how the data of one PID is read: its width, the least width that is
// an answer at all, and the values in it.
type pidSpec struct {
	width, least int
	fields       []field
	forms        func(n int) []field // where the length of the data decides
}

// field is one value of a PID: n bytes at off, scaled, or a text made of them.
// With mask set, the bits of byte 0 say whether this car has the value.
type field struct {
	name, unit string
	off, n     int
	laid       bool // off was given, not counted
	signed     bool
	shift      int  // of a one-byte number: bits to drop at the low end,
	bits       byte // then the bits to keep; 0 keeps all
	mul, add   float64
	mask       byte
	text       func(d []byte) string
	rest       bool                // it may be shorter than n, down to what there is
	most       float64             // the greatest value there is; 0 means no bound
	unused     func(d []byte) bool // bytes that mean "not used"
}

// The units, written once.
const (
	percent = "%"
	celsius = "°C"
	kpa     = "kPa"
	volt    = "V"
	km      = "km"
	gps     = "g/s"
	deg     = "°"
	second  = "s"
	minute  = "min"
	hour    = "h"
)

// num is a number of n bytes, raw*mul+add.
func num(name, unit string, n int, mul, add float64) field {
	return field{name: name, unit: unit, n: n, mul: mul, add: add}
}

// Fields that occur again and again.
func pct(name string) field   { return num(name, percent, 1, 100.0/255, 0) }
func trim(name string) field  { return num(name, percent, 1, 100.0/128, -100) }
func temp(name string) field  { return num(name, celsius, 1, 1, -40) }
func temp2(name string) field { return num(name, celsius, 2, 0.1, -40) }
func torque(name string) field {
	return num(name, percent, 1, 1, -125)
}

// ratio is an equivalence ratio; the published range ends at 1.999.
func ratio(name string) field {
	f := num(name, "", 2, 2.0/65536, 0)
	f.most = 1.999
	return f
}

// word is a text made of n bytes.
func word(name string, n int, text func([]byte) string) field {
	return field{name: name, n: n, text: text}
}

// hexWord is a bit field that is shown as it is.
func hexWord(name string, n int) field { return word(name, n, upperHex) }

func (f field) signedValue() field       { f.signed = true; return f }
func (f field) toEnd() field             { f.rest = true; return f }
func (f field) supportedBy(m byte) field { f.mask = m; return f }
func (f field) at(off int) field         { f.off, f.laid = off, true; return f }

// part keeps some bits of a one-byte number.
func (f field) part(shift int, bits byte) field { f.shift, f.bits = shift, bits; return f }

// spec lays fields one behind the other; all of them must be there.
func spec(fields ...field) pidSpec {
	s := pidSpec{}
	for i := range fields {
		if !fields[i].laid {
			fields[i].off = s.width
		}
		s.width = max(s.width, fields[i].off+fields[i].n)
	}
	s.least, s.fields = s.width, fields
	return s
}

// atLeast lets the fields behind n bytes be missing.
func (s pidSpec) atLeast(n int) pidSpec { s.least = n; return s }

// wide says that the data is longer than what is read of it.
func (s pidSpec) wide(n int) pidSpec { s.width = n; return s }

// masked is a byte of support bits, then the fields, supported by bit 0, 1, 2 …
func masked(fields ...field) pidSpec {
	off := 1
	for i := range fields {
		fields[i] = fields[i].at(off).supportedBy(1 << i)
		off += fields[i].n
	}
	return spec(fields...)
}

// pidTable holds what is known of each PID of mode 01, built once and never changed.
// Formulas and ranges are the published ones of SAE J1979 (ISO 15031-5 annex B) and its
// digital annex SAE J1979-DA; where public tables disagree (32, 54), recorded cars
// decide.
var pidTable = sync.OnceValue(func() [256]pidSpec {
	t := [256]pidSpec{}
	for base := 0; base < 0x100; base += 0x20 {
		t[base] = spec(hexWord(fmt.Sprintf("supported_pids_%02x_%02x", base+1, base+0x20), 4))
	}
	for _, part := range []map[byte]pidSpec{
		pidsEngine(), pidsStatus(), pidsOxygen(), pidsFuel(), pidsPedal(), pidsTorque(), pidsInputs(), pidsAir(), pidsExhaust(), pidsAftertreatment(), pidsHeavy(), pidsLate(),
	} {
		for pid, s := range part {
			t[pid] = s
		}
	}
	return t
})

// widthOf is the number of data bytes of a PID; 0 where it is not known.
func widthOf(pid byte) int { return pidTable()[pid].width }

// readPID reads the data of one PID. It is false when bytes are missing. A PID
// that is not in the table is one reading without a name. Where the bus did not say
// how long the data is, bytes beyond what every car sends may be padding.
func readPID(pid byte, data []byte, exact bool) ([]Reading, bool) {
	s := pidTable()[pid]
	id := fmt.Sprintf("%02X", pid)
	if s.width == 0 {
		return []Reading{{PID: id, Raw: upperHex(data)}}, len(data) > 0
	}
	if len(data) < s.least {
		return nil, false
	}
	if !exact && len(data) > s.width {
		data = data[:s.least]
	}
	var out []Reading
	for _, f := range s.fieldsOf(len(data)) {
		if f.rest && f.off < len(data) {
			f.n = min(f.n, len(data)-f.off)
		}
		if f.off+f.n > len(data) {
			continue
		}
		name := f.name
		r := Reading{PID: id, Name: &name, Unit: f.unit}
		r.Unsupported = f.mask != 0 && data[0]&f.mask == 0 || f.unused != nil && f.unused(data)
		b := data[f.off : f.off+f.n]
		if f.text != nil {
			r.Value, r.Raw = f.text(b), upperHex(b)
		} else {
			r.Value = f.value(b)
		}
		out = append(out, r)
	}
	return out, true
}

// fieldsOf are the fields of data of n bytes.
func (s pidSpec) fieldsOf(n int) []field {
	if s.forms != nil {
		return s.forms(n)
	}
	return s.fields
}

// value scales the bytes; a millionth is finer than any PID.
func (f field) value(b []byte) float64 {
	var wide [8]byte
	copy(wide[8-len(b):], b)
	u := binary.BigEndian.Uint64(wide[:])
	if f.bits != 0 {
		u = u >> f.shift & uint64(f.bits)
	}
	raw := float64(u)
	if f.signed && len(b) > 0 && b[0]&0x80 != 0 {
		raw -= math.Pow(256, float64(len(b)))
	}
	v := math.Round((raw*f.mul+f.add)*1e6) / 1e6
	if f.most > 0 {
		return min(v, f.most)
	}
	return v
}
