package obd

import "fmt"

// pidsEngine are the values that every car since 1996 has most of.
func pidsEngine() map[byte]pidSpec {
	m := map[byte]pidSpec{
		0x04: spec(pct("engine_load")),
		0x05: spec(temp("engine_coolant_temperature")),
		0x06: spec(trim("short_term_fuel_trim_bank_1"), trim("short_term_fuel_trim_bank_3")).atLeast(1),
		0x07: spec(trim("long_term_fuel_trim_bank_1"), trim("long_term_fuel_trim_bank_3")).atLeast(1),
		0x08: spec(trim("short_term_fuel_trim_bank_2"), trim("short_term_fuel_trim_bank_4")).atLeast(1),
		0x09: spec(trim("long_term_fuel_trim_bank_2"), trim("long_term_fuel_trim_bank_4")).atLeast(1),
		0x0A: spec(num("fuel_pressure", kpa, 1, 3, 0)),
		0x0B: spec(num("intake_manifold_pressure", kpa, 1, 1, 0)),
		0x0C: spec(num("engine_rpm", "rpm", 2, 0.25, 0)),
		0x0D: spec(num("vehicle_speed", "km/h", 1, 1, 0)),
		0x0E: spec(num("timing_advance", deg, 1, 0.5, -64)),
		0x0F: spec(temp("intake_air_temperature")),
		0x10: spec(num("mass_air_flow", gps, 2, 0.01, 0)),
		0x11: spec(pct("throttle_position")),
		0x1F: spec(num("run_time", second, 2, 1, 0)),
		0x21: spec(num("distance_with_mil", km, 2, 1, 0)),
		0x2C: spec(pct("commanded_egr")),
		0x2D: spec(trim("egr_error")),
		0x2E: spec(pct("commanded_evaporative_purge")),
		0x2F: spec(pct("fuel_level")),
		0x30: spec(num("warm_ups_since_clear", "", 1, 1, 0)),
		0x31: spec(num("distance_since_clear", km, 2, 1, 0)),
		0x33: spec(num("barometric_pressure", kpa, 1, 1, 0)),
		0x42: spec(num("control_module_voltage", volt, 2, 0.001, 0)),
		0x43: spec(num("absolute_load", percent, 2, 100.0/255, 0)),
		0x44: spec(ratio("commanded_equivalence_ratio")),
		0x46: spec(temp("ambient_air_temperature")),
		0x4D: spec(num("time_with_mil", minute, 2, 1, 0)),
		0x4E: spec(num("time_since_clear", minute, 2, 1, 0)),
		0x5C: spec(temp("engine_oil_temperature")),
	}
	for i, name := range []string{"b1s1", "b2s1", "b1s2", "b2s2"} {
		m[0x3C+byte(i)] = spec(temp2("catalyst_temperature_" + name))
	}
	return m
}

// pidsStatus are the bit-encoded ones.
func pidsStatus() map[byte]pidSpec {
	return map[byte]pidSpec{
		0x01: spec(word("mil", 1, func(d []byte) string { return onOff(d[0]&0x80 != 0) }),
			num("dtc_count", "", 1, 1, 0).at(0).part(0, 0x7F)).wide(4).atLeast(4),
		0x02: spec(word("freeze_frame_code", 2, func(d []byte) string {
			if c := codesOf(d); len(c) == 1 {
				return c[0]
			}
			return "none"
		})),
		0x03: spec(word("fuel_system_1_status", 1, fuelSystem), word("fuel_system_2_status", 1, fuelSystem)).atLeast(1),
		0x12: spec(word("secondary_air_status", 1, func(d []byte) string {
			return bitWord(d[0], "upstream", "downstream", "off", "diagnostic")
		})),
		0x13: spec(word("oxygen_sensors_present", 1, sensorsTwoBanks)),
		0x1C: spec(word("obd_standard", 1, func(d []byte) string { return obdStandard(d[0]) })),
		0x1D: spec(word("oxygen_sensors_present", 1, sensorsFourBanks)),
		0x1E: spec(word("power_take_off", 1, func(d []byte) string { return onOff(d[0]&1 != 0) })),
		0x41: spec(word("monitors_this_cycle", 4, monitorsThisCycle)),
		0x51: spec(word("fuel_type", 1, func(d []byte) string { return fuelType(d[0]) })),
		0x5F: spec(choice("emission_requirements", 0, 0xFF, emissionRequirements()...)),
	}
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// bitWord is the word of the one bit that is set, or the byte itself.
func bitWord(b byte, words ...string) string {
	for i, w := range words {
		if b == 1<<i {
			return w
		}
	}
	if b == 0 {
		return "none"
	}
	return fmt.Sprintf("0x%02X", b)
}

func fuelSystem(d []byte) string {
	return bitWord(d[0], "open_loop", "closed_loop", "open_loop_driving", "open_loop_fault", "closed_loop_fault",
		"open_loop_bank_2", "open_loop_driving_bank_2", "open_loop_fault_bank_2")
}

func sensorsTwoBanks(d []byte) string {
	return bitList(d[0], "b1s1", "b1s2", "b1s3", "b1s4", "b2s1", "b2s2", "b2s3", "b2s4")
}

func sensorsFourBanks(d []byte) string {
	return bitList(d[0], "b1s1", "b1s2", "b2s1", "b2s2", "b3s1", "b3s2", "b4s1", "b4s2")
}

// bitList joins the words of the bits that are set, lowest bit first.
func bitList(b byte, words ...string) string {
	out := ""
	for i, w := range words {
		if b>>i&1 == 0 {
			continue
		}
		if out != "" {
			out += " "
		}
		out += w
	}
	if out == "" {
		return "none"
	}
	return out
}

// monitorsThisCycle words PID 41: the monitors enabled in this driving cycle.
func monitorsThisCycle(d []byte) string {
	out := ""
	for _, m := range decodeReadiness(d).Monitors {
		if !m.Supported {
			continue
		}
		state := "incomplete"
		if m.Complete {
			state = "complete"
		}
		out += " " + m.Name + ":" + state
	}
	if out == "" {
		return "none"
	}
	return out[1:]
}

// obdStandard words PID 1C by the published list; a number that is not in it
// stays a number.
func obdStandard(b byte) string {
	names := [...]string{
		1: "OBD-II (CARB)", 2: "OBD (EPA)", 3: "OBD and OBD-II", 4: "OBD-I", 5: "not OBD", 6: "EOBD",
		7: "EOBD and OBD-II", 8: "EOBD and OBD", 9: "EOBD, OBD and OBD-II", 10: "JOBD", 11: "JOBD and OBD-II",
		12: "JOBD and EOBD", 13: "JOBD, EOBD and OBD-II", 14: "Euro IV B1", 15: "Euro V B2", 16: "Euro EEC",
		17: "EMD", 18: "EMD+", 19: "HD OBD-C", 20: "HD OBD", 21: "WWH OBD", 23: "HD EOBD-I", 24: "HD EOBD-I N",
		25: "HD EOBD-II", 26: "HD EOBD-II N", 28: "OBDBr-1", 29: "OBDBr-2", 30: "KOBD", 31: "IOBD I",
		27: "HD ZEV", 32: "IOBD II", 33: "HD EOBD-VI", 34: "OBD, OBD-II and HD OBD", 35: "OBDBr-3", 36: "MC EOBD-I",
		37: "MC EOBD-II", 38: "MC COBD-I", 39: "MC TOBD-I", 40: "MC JOBD-I", 41: "CN-OBD-6", 42: "OBDBr-P7",
		43: "CN-HDOBD-VI", 44: "IOBD-I-BS6", 45: "IOBD-II-BS6", 46: "IHDOBD-BSVI", 47: "OBDBr-P8", 48: "HD-JOBD-II",
		49: "HD-KOBD-II", 50: "CN-OROBD-IV", 51: "CARB ACC-II", 52: "MC JOBD-II", 53: "MC CARB OBD", 54: "MC EPA OBD",
		55: "MC CARB and EPA OBD", 56: "HD ZEV CARB ZEP", 57: "CARB ACC-II and EPA Tier 4", 58: "EPA Tier 4", 59: "EPA HD",
	}
	if int(b) < len(names) && names[b] != "" {
		return names[b]
	}
	return fmt.Sprintf("standard %d", b)
}

// emissionRequirements are the words of PID 5F. Its numbers are those of PID 1C as far as
// both go, and part at 17.
func emissionRequirements() []string {
	return []string{14: "Euro IV B1", 15: "Euro V B2", 16: "Euro EEC", 17: "Euro VI"}
}

// fuelType words PID 51.
func fuelType(b byte) string {
	names := [...]string{
		"none", "gasoline", "methanol", "ethanol", "diesel", "lpg", "cng", "propane", "electric",
		"bifuel_gasoline", "bifuel_methanol", "bifuel_ethanol", "bifuel_lpg", "bifuel_cng", "bifuel_propane",
		"bifuel_electric", "bifuel_electric_combustion", "hybrid_gasoline", "hybrid_ethanol", "hybrid_diesel",
		"hybrid_electric", "hybrid_mixed", "hybrid_regenerative", "bifuel_diesel", "bifuel_natural_gas",
		"bifuel_diesel_2", "natural_gas", "dual_diesel_cng", "dual_diesel_lng", "fuel_cell_hydrogen",
		"hydrogen_combustion", "kerosene", "heavy_fuel_oil",
	}
	if int(b) < len(names) {
		return names[b]
	}
	return fmt.Sprintf("fuel %d", b)
}
