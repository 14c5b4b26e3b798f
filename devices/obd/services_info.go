package obd

import (
	"bytes"
	"fmt"
	"slices"
)

// infoItems cuts a mode-09 answer into items of one size. On CAN a count says how
// many there are; on legacy buses the lines together are the items.
func infoItems(msgs []message, size int) ([][]byte, bool) {
	p := msgs[0].payload
	if msgs[0].bus == busLegacy || len(p) == 7 && len(msgs) > 1 {
		data, ok := infoData(msgs)
		return slices.Collect(slices.Chunk(data, size)), ok && len(data) > 0 && len(data)%size == 0
	}
	if len(p) < 3 {
		return nil, false
	}
	n, rest := int(p[2])*size, p[3:]
	if n == 0 || len(rest) < n || len(rest) > n && (msgs[0].exact || !padding(rest[n:])) {
		return nil, false
	}
	return slices.Collect(slices.Chunk(rest[:n], size)), true
}

// decodeCalibrations reads the calibration identifications: 16 characters each, padded
// with zeros; a unit that has one alone may send it without the padding.
func decodeCalibrations(msgs []message) ECUAnswer {
	const size = 16
	items, ok := infoItems(msgs, size)
	if p := msgs[0].payload; !ok && msgs[0].bus != busLegacy && msgs[0].exact && len(p) > 3 && len(p) < 3+size && p[2] == 1 {
		items, ok = [][]byte{p[3:]}, true
	}
	if !ok {
		return ECUAnswer{State: Incomplete}
	}
	out := ECUAnswer{State: OK, CalibrationIDs: []string{}}
	for _, item := range items {
		if id := asciiOf(item); id != "" {
			out.CalibrationIDs = append(out.CalibrationIDs, id)
		}
	}
	return out
}

// decodeVerification reads the calibration verification numbers.
func decodeVerification(msgs []message) ECUAnswer {
	items, ok := infoItems(msgs, 4)
	if !ok {
		return ECUAnswer{State: Incomplete}
	}
	out := ECUAnswer{State: OK, CVNs: []string{}}
	for _, item := range items {
		out.CVNs = append(out.CVNs, upperHex(item))
	}
	return out
}

// decodeCounters reads the in-use performance counters.
func decodeCounters(kind byte, msgs []message) ECUAnswer {
	items, ok := infoItems(msgs, 2)
	// There are never fewer than these (SAE J1979 annex G): a line at the end of a
	// legacy answer can be missing unseen.
	if !ok || len(items) < 16 {
		return ECUAnswer{State: Incomplete}
	}
	names := counterNames(kind)
	out := ECUAnswer{State: OK, Counters: []Counter{}}
	for i, item := range items {
		name := fmt.Sprintf("counter_%d", i+1)
		if i < len(names) {
			name = names[i]
		}
		out.Counters = append(out.Counters, Counter{Name: name, Value: number(0, item[0], item[1])})
	}
	return out
}

// counterNames are the counters in the order they are sent: the two of the whole
// car, then for each monitor how often it ran and how often it could have run.
func counterNames(kind byte) []string {
	monitors := []string{
		"catalyst_bank_1", "catalyst_bank_2", "oxygen_sensor_bank_1", "oxygen_sensor_bank_2", "egr_vvt", "secondary_air",
		"evaporative_system", "secondary_oxygen_sensor_bank_1", "secondary_oxygen_sensor_bank_2",
		"air_fuel_imbalance_bank_1", "air_fuel_imbalance_bank_2", "pm_filter_bank_1", "pm_filter_bank_2",
	}
	if kind == 0x0B {
		monitors = []string{
			"nmhc_catalyst", "nox_scr_catalyst", "nox_adsorber", "pm_filter", "exhaust_gas_sensor", "egr_vvt",
			"boost_pressure", "fuel_system",
		}
	}
	names := []string{"monitoring_conditions", "ignition_cycles"}
	for _, m := range monitors {
		names = append(names, m+"_completions", m+"_conditions")
	}
	return names
}

// listsItems reports whether the answers of a kind are lists whose end cannot be
// seen on a legacy bus.
func listsItems(r request) bool {
	return len(r.data) > 1 && bytes.IndexByte([]byte{0x04, 0x06, 0x08, 0x0B}, r.data[1]) >= 0
}
