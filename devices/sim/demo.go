package sim

import (
	"math"
	"math/rand/v2"
	"time"
)

// The demo cars. Their numbers are made up: serials of X and zeros are given to no
// car.

// DemoCAN11 is a car on CAN with 11-bit identifiers: engine and gearbox, the
// engine with P0133 stored and its freeze frame.
func DemoCAN11(seed uint64) *Vehicle {
	engine := &ECU{
		ID: "7E8", Name: "ECM-EngineControl", VIN: "LSVAA4182E2XX0001", Calibrations: []string{"PL06A906032HN"},
		PIDs:   livePIDs(seed),
		Stored: []string{"P0133"}, Permanent: []string{"P0133"},
		Monitors: &[3]byte{0x07, 0xE5, 0x04},
		Freeze: &Freeze{Code: "P0133", PIDs: map[byte][]byte{
			0x04: {0x5A}, 0x05: {0x7B}, 0x0C: {0x1A, 0xF8}, 0x0D: {0x32},
		}},
		Tests: []Test{
			{MID: 0x01, TID: 0x80, Unit: 0x0B, Value: 0x0190, Min: 0x0064, Max: 0x0384},
			{MID: 0x21, TID: 0x84, Unit: 0x01, Value: 0x0012, Min: 0, Max: 0x0040},
		},
	}
	gearbox := &ECU{
		ID: "7E9", Name: "TCM-Transmission", After: 22 * time.Millisecond,
		PIDs:   map[byte]Reading{0x0C: engine.PIDs[0x0C], 0x0D: engine.PIDs[0x0D], 0x42: Fixed(0x36, 0x87)},
		Silent: map[byte]bool{0x0A: true},
	}
	return &Vehicle{Name: "practice car, CAN 11 bit", Protocol: "6", ECUs: []*ECU{engine, gearbox}}
}

// DemoCAN29 is a car on CAN with 29-bit identifiers: four units with codes of
// their own, stored, pending and permanent; one refuses permanent codes.
func DemoCAN29(seed uint64) *Vehicle {
	engine := &ECU{
		ID: "18DAF110", Name: "ECM-EngineControl", VIN: "1HGXX1234XX000002", Calibrations: []string{"37805-XXX-A010", "37806-XXX-B020"},
		PIDs:   livePIDs(seed),
		Stored: []string{"P0301", "P0420"}, Pending: []string{"P0171"}, Permanent: []string{"P0420"},
		Monitors: &[3]byte{0x07, 0xE5, 0x20},
		Freeze:   &Freeze{Code: "P0301", PIDs: map[byte][]byte{0x05: {0x80}, 0x0C: {0x0C, 0x1C}, 0x0D: {0x00}}},
		Tests:    []Test{{MID: 0xA2, TID: 0x0B, Unit: 0x24, Value: 0x0007, Min: 0, Max: 0x0003}},
	}
	gearbox := &ECU{
		ID: "18DAF11D", Name: "TCM-Transmission", After: 19 * time.Millisecond,
		PIDs:   map[byte]Reading{0x0D: engine.PIDs[0x0D], 0x42: Fixed(0x34, 0xAE)},
		Stored: []string{"P0741"}, Pending: []string{"P0741", "P0776"},
		Monitors: &[3]byte{0x04, 0x00, 0x00},
		Refuse:   map[byte]byte{0x0A: 0x11},
	}
	brakes := &ECU{
		ID: "18DAF128", Name: "ABS-BrakeControl", After: 27 * time.Millisecond,
		PIDs:   map[byte]Reading{0x0D: engine.PIDs[0x0D]},
		Stored: []string{"C0035", "U0121"},
		Silent: map[byte]bool{0x0A: true},
	}
	body := &ECU{
		ID: "18DAF140", After: 31 * time.Millisecond,
		PIDs:    map[byte]Reading{0x42: Fixed(0x35, 0x10)},
		Pending: []string{"B1342"},
		Wait:    map[byte]int{0x07: 1},
	}
	return &Vehicle{Name: "practice car, CAN 29 bit", Protocol: "7", ECUs: []*ECU{engine, gearbox, brakes, body}}
}

// DemoKLine is an older car on a K-line (ISO 9141-2): one engine control with
// four codes, which need two lines.
func DemoKLine(seed uint64) *Vehicle {
	all := livePIDs(seed)
	pids := make(map[byte]Reading)
	for _, pid := range []byte{0x03, 0x04, 0x05, 0x06, 0x07, 0x0C, 0x0D, 0x0E, 0x0F, 0x10, 0x11, 0x13, 0x1C} {
		pids[pid] = all[pid]
	}
	engine := &ECU{
		ID: "10", VIN: "JT2XX22W1X0000003", Calibrations: []string{"89661-XX010"},
		PIDs:   pids,
		Stored: []string{"P0300", "P0302", "P0303", "P0304"}, Pending: []string{"P0302"},
		Monitors: &[3]byte{0x07, 0x65, 0x24},
		Freeze:   &Freeze{Code: "P0300", PIDs: map[byte][]byte{0x05: {0x6E}, 0x0C: {0x0B, 0x4A}}},
		Tests: []Test{
			{TID: 0x01, Component: 0x11, Value: 0x0123, Max: 0x0200}, {TID: 0x02, Component: 0x91, Value: 0x0010, Max: 0x0020},
		},
		Oxygen: []Oxygen{
			{TID: 0x01, Sensor: 0x01, Data: []byte{0x5A}}, {TID: 0x05, Sensor: 0x01, Data: []byte{0x12, 0x00, 0x19}},
			{TID: 0x07, Sensor: 0x02, Data: []byte{0x32, 0x00, 0x28}},
		},
	}
	return &Vehicle{Name: "practice car, ISO 9141-2", Protocol: "3", ECUs: []*ECU{engine}}
}

// livePIDs are readings of an engine that idles, warms up and is now and then
// given some gas: functions of the time and the seed.
func livePIDs(seed uint64) map[byte]Reading {
	rng := rand.New(rand.NewPCG(seed, 7))
	phase, period := rng.Float64()*2*math.Pi, 20+10*rng.Float64()
	wave := func(t time.Duration) float64 { return math.Sin(phase + 2*math.Pi*t.Seconds()/period) }
	gas := func(t time.Duration) float64 { return max(0, wave(t)-0.6) / 0.4 }
	coolant := func(t time.Duration) float64 { return 90 - 60*math.Exp(-t.Seconds()/180) }
	rpm := func(t time.Duration) float64 { return 760 + 15*math.Sin(3*t.Seconds()+phase) + 1900*gas(t) }
	return map[byte]Reading{
		0x03: Fixed(0x02, 0x00),
		0x04: func(t time.Duration) []byte { return []byte{percent(18 + 45*gas(t))} },
		0x05: func(t time.Duration) []byte { return []byte{byte(coolant(t) + 40)} },
		0x06: func(t time.Duration) []byte { return []byte{byte(128 + 4*wave(t))} },
		0x07: Fixed(0x83),
		0x0B: func(t time.Duration) []byte { return []byte{byte(33 + 40*gas(t))} },
		0x0C: func(t time.Duration) []byte { return word(4 * rpm(t)) },
		0x0D: func(t time.Duration) []byte { return []byte{byte(35 * gas(t))} },
		0x0E: func(t time.Duration) []byte { return []byte{byte(2 * (74 + 6*wave(t)))} },
		0x0F: Fixed(0x42),
		0x10: func(t time.Duration) []byte { return word(100 * (2.9 + 18*gas(t))) },
		0x11: func(t time.Duration) []byte { return []byte{percent(14 + 30*gas(t))} },
		0x13: Fixed(0x03),
		0x15: func(t time.Duration) []byte { return []byte{byte(200 * (0.45 + 0.3*math.Sin(4*t.Seconds()))), 0x80} },
		0x1C: Fixed(0x06),
		0x1F: func(t time.Duration) []byte { return word(t.Seconds()) },
		0x21: Fixed(0x00, 0x4E),
		0x2F: Fixed(0x9C),
		0x31: Fixed(0x0B, 0x5A),
		0x33: Fixed(0x64),
		0x42: func(t time.Duration) []byte { return word(1000 * (14.1 + 0.1*wave(t))) },
		0x46: Fixed(0x3E),
		0x51: Fixed(0x01),
	}
}

func percent(p float64) byte { return byte(min(255, p*255/100)) }

func word(v float64) []byte {
	n := uint16(max(0, min(65535, v)))
	return []byte{byte(n >> 8), byte(n)}
}
