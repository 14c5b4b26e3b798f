package sim

import "time"

// The cars of the figures: as many values as a car of today has.

// DemoOne is a car on CAN with 11-bit identifiers and one control unit that has some
// fifty values, as a petrol car of today.
func DemoOne(seed uint64) *Vehicle {
	return &Vehicle{Name: "practice car, one unit", Protocol: "6", ECUs: []*ECU{richEngine("7E8", seed)}}
}

// DemoSix is a car on CAN with 29-bit identifiers and six control units, each with
// codes of its own.
func DemoSix(seed uint64) *Vehicle {
	engine := richEngine("18DAF110", seed)
	speed, volts := engine.PIDs[0x0D], engine.PIDs[0x42]
	unit := func(id, name string, after time.Duration, codes ...string) *ECU {
		return &ECU{
			ID: id, Name: name, After: after, Stored: codes, Monitors: &[3]byte{0x04, 0, 0},
			PIDs:         map[byte]Reading{0x0D: speed, 0x1C: Fixed(0x06), 0x42: volts},
			Calibrations: []string{"CAL-" + id},
		}
	}
	return &Vehicle{Name: "practice car, six units", Protocol: "7", ECUs: []*ECU{
		engine,
		unit("18DAF118", "TCM-Transmission", 16*time.Millisecond, "P0741"),
		unit("18DAF128", "ABS-BrakeControl", 17*time.Millisecond, "C0035", "U0121"),
		unit("18DAF140", "BCM-BodyControl", 18*time.Millisecond, "B1342"),
		unit("18DAF158", "SRS-Restraint", 19*time.Millisecond),
		unit("18DAF1E4", "HVB-Battery", 20*time.Millisecond, "P0A80"),
	}}
}

// richEngine is an engine control with some fifty values and twelve test results.
func richEngine(id string, seed uint64) *ECU {
	e := &ECU{
		ID: id, Name: "ECM-EngineControl", VIN: "LSVAA4182E2XX0004", Calibrations: []string{"PL06A906032XX"},
		PIDs: livePIDs(seed), Stored: []string{"P0133"}, Permanent: []string{"P0133"},
		Monitors: &[3]byte{0x07, 0xE5, 0x04},
		Freeze: &Freeze{Code: "P0133", PIDs: map[byte][]byte{
			0x04: {0x5A}, 0x05: {0x7B}, 0x0C: {0x1A, 0xF8}, 0x0D: {0x32}, 0x0F: {0x40}, 0x11: {0x22},
		}},
	}
	for pid, data := range map[byte][]byte{
		0x08: {0x80}, 0x09: {0x81}, 0x23: {0x0B, 0xB8}, 0x2C: {0x20}, 0x2D: {0x80}, 0x2E: {0x10}, 0x30: {0x21},
		0x32: {0x00, 0x10}, 0x34: {0x80, 0x00, 0x80, 0x00}, 0x3C: {0x11, 0x94}, 0x41: {0x00, 0x07, 0xE5, 0x04},
		0x43: {0x00, 0x40}, 0x44: {0x80, 0x00}, 0x45: {0x20}, 0x47: {0x21}, 0x49: {0x30}, 0x4A: {0x18}, 0x4C: {0x22},
		0x4D: {0x00, 0x05}, 0x4E: {0x01, 0x10}, 0x52: {0x00}, 0x53: {0x10, 0x00}, 0x5A: {0x25}, 0x5C: {0x78}, 0x5E: {0x00, 0x60},
		0x61: {0x8A}, 0x62: {0x8B}, 0x63: {0x01, 0x2C},
	} {
		e.PIDs[pid] = Fixed(data...)
	}
	for i, mid := range []byte{0x01, 0x02, 0x21, 0x31, 0x3A, 0x41, 0x81, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5} {
		e.Tests = append(e.Tests, Test{MID: mid, TID: 0x80 + byte(i), Unit: 0x0B, Value: 0x0190, Min: 0x0064, Max: 0x0384})
	}
	return e
}
