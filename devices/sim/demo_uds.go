package sim

import "time"

// DemoUDS is a car of SAE J1979-2 (OBDonUDS) on CAN with 11-bit identifiers: engine
// and gearbox, silent to every service of SAE J1979.
func DemoUDS(seed uint64) *Vehicle {
	engine := &ECU{
		ID: "7E8", Name: "ECM-EngineControl", VIN: "LSVAA4182E2XX0004", Calibrations: []string{"06L906026XX", "06L907426XX"},
		PIDs: livePIDs(seed), Monitors: &[3]byte{0x07, 0xE5, 0x04},
		Tests: []Test{
			{MID: 0x01, TID: 0x80, Unit: 0x0B, Value: 0x0190, Min: 0x0064, Max: 0x0384},
			{MID: 0x01, TID: 0x81, Unit: 0x0B, Value: 0x0400, Min: 0x0064, Max: 0x0384},
			{MID: 0x21, TID: 0x84, Unit: 0x01, Value: 0x0012, Min: 0, Max: 0x0040},
		},
		UDS: &UDS{
			Only: true, Protocol: 0x01, Format: 0x04,
			DTCs: []DTC{
				{
					Code: "P0133", Failure: 0x00, Status: 0xAF, Severity: 0x22, Permanent: true, Group: 0x03,
					Snapshots: []Snapshot{{
						Record: 0x00, DIDs: []uint16{0xF404, 0xF405, 0xF40C, 0xF40D},
						Data: [][]byte{{0x5A}, {0x7B}, {0x1A, 0xF8}, {0x32}},
					}},
				},
				{Code: "P0171", Failure: 0x00, Status: 0x27, Severity: 0x24, Group: 0x02},
				{Code: "P0420", Failure: 0x00, Status: 0x50, Severity: 0x24, Group: 0x01},
			},
			DIDs: map[uint16][]byte{0xF501: {0x81, 0x07, 0x11, 0x01, 0x05, 0x28}, 0xF806: {0x17, 0x91, 0xBC, 0x82}, 0xF190: []byte("LSVAA4182E2XX0004")},
		},
	}
	gearbox := &ECU{
		ID: "7E9", Name: "TCM-Transmission", After: 22 * time.Millisecond,
		PIDs: map[byte]Reading{0x0C: engine.PIDs[0x0C], 0x0D: engine.PIDs[0x0D], 0x42: Fixed(0x36, 0x87)},
		UDS:  &UDS{Only: true, Protocol: 0x01, Format: 0x04},
	}
	return &Vehicle{Name: "practice car, SAE J1979-2", Protocol: "6", ECUs: []*ECU{engine, gearbox}}
}

// DemoTruck is a heavy vehicle of ISO 27145 (WWH-OBD) on CAN with 29-bit identifiers
// at 250 kbit/s: engine and exhaust aftertreatment, which do not tell F810.
func DemoTruck(seed uint64) *Vehicle {
	all := livePIDs(seed)
	pids := map[byte]Reading{0x1C: Fixed(0x21), 0x90: Fixed(0x05, 0x00, 0x0A), 0x91: Fixed(0x05, 0x00, 0x00, 0x00, 0x0A)}
	for _, pid := range []byte{0x04, 0x05, 0x0C, 0x0D, 0x0F, 0x1F, 0x2F, 0x33, 0x42, 0x46} {
		pids[pid] = all[pid]
	}
	engine := &ECU{
		ID: "18DAF100", Name: "ECM-EngineControl", VIN: "WDB96XXXX1LX00005", Calibrations: []string{"A4710XX0020"},
		PIDs: pids, Monitors: &[3]byte{0x0F, 0x4A, 0x40},
		UDS: &UDS{Only: true, Format: 0x04, Counted: true, DTCs: []DTC{
			{Code: "P0401", Failure: 0x00, Status: 0x8C, Severity: 0x44, Permanent: true, Group: 0x08},
			{Code: "P2463", Failure: 0x1F, Status: 0x04, Severity: 0x30},
		}},
	}
	after := &ECU{
		ID: "18DAF13D", Name: "SCR-NOxControl", After: 21 * time.Millisecond,
		PIDs: map[byte]Reading{0x42: Fixed(0x36, 0x87), 0x90: Fixed(0x05, 0x00, 0x0A)},
		UDS:  &UDS{Only: true, Format: 0x02, DTCs: []DTC{{Code: "9A0C04", Status: 0x08, Severity: 0x48}}},
		Wait: map[byte]int{0x19: 1},
	}
	return &Vehicle{Name: "practice truck, ISO 27145", Protocol: "9", ECUs: []*ECU{engine, after}}
}
