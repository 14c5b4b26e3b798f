package obd

import (
	"math"
	"sync"
)

// scaling is how the numbers of one unit-and-scaling id are read: raw*mul+add.
type scaling struct {
	unit     string
	mul, add float64
}

// uasTable are the unit-and-scaling ids of mode 06 (SAE J1979-DA). An id that is
// not in it is reserved; from 0x80 on the numbers are signed, known or not.
var uasTable = sync.OnceValue(func() map[byte]scaling {
	t := map[byte]scaling{}
	for _, part := range []map[byte]scaling{uasElectric(), uasPhysical(), uasSigned()} {
		for id, s := range part {
			t[id] = s
		}
	}
	return t
})

// uasElectric are plain numbers, speeds, and what is electric.
func uasElectric() map[byte]scaling {
	return map[byte]scaling{
		0x01: {"", 1, 0}, 0x02: {"", 0.1, 0}, 0x03: {"", 0.01, 0}, 0x04: {"", 0.001, 0},
		0x05: {"", 0.0000305, 0}, 0x06: {"", 0.000305, 0},
		0x07: {"rpm", 0.25, 0}, 0x08: {"km/h", 0.01, 0}, 0x09: {"km/h", 1, 0},
		0x0A: {"mV", 0.122, 0}, 0x0B: {volt, 0.001, 0}, 0x0C: {volt, 0.01, 0},
		0x0D: {"mA", 1.0 / 256, 0}, 0x0E: {"A", 0.001, 0}, 0x0F: {"A", 0.01, 0},
		0x10: {"ms", 1, 0}, 0x11: {"ms", 100, 0}, 0x12: {second, 1, 0},
		0x13: {"mΩ", 1, 0}, 0x14: {"Ω", 1, 0}, 0x15: {"kΩ", 1, 0},
		0x21: {"mHz", 1, 0}, 0x22: {"Hz", 1, 0}, 0x23: {"kHz", 1, 0}, 0x24: {"counts", 1, 0},
		0x26: {"mV/ms", 0.1, 0}, 0x2B: {"switches", 1, 0}, 0x2E: {"", 1, 0}, // 2E: 0 is no, 1 is yes
		0x3C: {"µs", 0.1, 0}, 0x3D: {"mA", 0.01, 0}, 0x41: {"µA", 0.01, 0},
	}
}

// uasPhysical are temperatures, pressures, angles, masses and shares.
func uasPhysical() map[byte]scaling {
	return map[byte]scaling{
		0x16: {celsius, 0.1, -40},
		0x17: {kpa, 0.01, 0}, 0x18: {kpa, 0.0117, 0}, 0x19: {kpa, 0.079, 0}, 0x1A: {kpa, 1, 0}, 0x1B: {kpa, 10, 0},
		0x1C: {deg, 0.01, 0}, 0x1D: {deg, 0.5, 0},
		0x1E: {"", 0.0000305, 0}, 0x1F: {"", 0.05, 0}, 0x20: {"", 1.0 / 256, 0}, 0x33: {"", 1.0 / 4096, 0},
		0x25: {km, 1, 0}, 0x27: {gps, 0.01, 0}, 0x28: {gps, 1, 0}, 0x29: {"Pa/s", 0.25, 0}, 0x2A: {"kg/h", 0.001, 0},
		0x2C: {"g/cyl", 0.01, 0}, 0x2D: {"mg/stroke", 0.01, 0},
		0x2F: {percent, 0.01, 0}, 0x30: {percent, 0.001526, 0}, 0x39: {percent, 0.01, -327.68},
		0x31: {"L", 0.001, 0}, 0x3F: {"L", 0.01, 0}, 0x32: {"in", 0.0000305, 0}, 0x3E: {"mm²", 1.0 / 16384, 0},
		0x34: {minute, 1, 0}, 0x35: {"ms", 10, 0},
		0x36: {"g", 0.01, 0}, 0x37: {"g", 0.1, 0}, 0x38: {"g", 1, 0}, 0x3A: {"g", 0.001, 0}, 0x3B: {"g", 0.0001, 0},
		0x40: {"ppm", 1, 0}, 0x42: {"kJ", 0.1, 0}, 0x43: {"g/kWh", 1.0 / 4096, 0},
	}
}

// uasSigned are the ids whose numbers may be below zero.
func uasSigned() map[byte]scaling {
	return map[byte]scaling{
		0x81: {"", 1, 0}, 0x82: {"", 0.1, 0}, 0x83: {"", 0.01, 0}, 0x84: {"", 0.001, 0},
		0x85: {"", 0.0000305, 0}, 0x86: {"", 0.000305, 0}, 0x87: {"ppm", 1, 0},
		0x8A: {"mV", 0.122, 0}, 0x8B: {volt, 0.001, 0}, 0x8C: {volt, 0.01, 0}, 0x8D: {"mA", 1.0 / 256, 0}, 0x8E: {"A", 0.001, 0},
		0x8F: {"µs", 1, 0}, 0x90: {"ms", 1, 0}, 0x91: {"ms", 100, 0}, 0x92: {"Nm", 0.1, 0},
		0x96: {celsius, 0.1, 0}, 0x97: {celsius, 0.01, 0}, 0x98: {"mg/stroke", 1, 0}, 0x99: {kpa, 0.1, 0},
		0x9C: {deg, 0.01, 0}, 0x9D: {deg, 0.5, 0}, 0xA8: {gps, 1, 0}, 0xA9: {"Pa/s", 0.25, 0},
		0xAD: {"mg/stroke", 0.01, 0}, 0xAE: {"mg/stroke", 0.1, 0}, 0xAF: {percent, 0.01, 0}, 0xB0: {percent, 0.003052, 0},
		0xB1: {"mV/s", 2, 0}, 0xFB: {kpa, 10, 0}, 0xFC: {kpa, 0.01, 0}, 0xFD: {kpa, 0.001, 0}, 0xFE: {"Pa", 0.25, 0},
	}
}

// number is a two-byte number of a unit-and-scaling id, as it stands.
func number(uas, high, low byte) int {
	n := int(high)<<8 | int(low)
	if uas >= 0x80 && n >= 0x8000 {
		n -= 0x10000
	}
	return n
}

// scale scales a number; a thousand-millionth is finer than any id.
func (s scaling) scale(n int) float64 { return math.Round((float64(n)*s.mul+s.add)*1e9) / 1e9 }
