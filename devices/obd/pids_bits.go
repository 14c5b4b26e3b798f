package obd

import "fmt"

// pidsInputs is PID 65: a byte of support bits, then switches and the gear that the
// car recommends.
func pidsInputs() map[byte]pidSpec {
	return map[byte]pidSpec{
		0x65: spec(
			flag("pto_output", 0, "off", "on").at(1).supportedBy(0x01),
			flag("automatic_transmission", 1, "park_or_neutral", "in_gear").at(1).supportedBy(0x02),
			flag("manual_transmission", 2, "neutral_or_clutch", "in_gear").at(1).supportedBy(0x04),
			flag("glow_plug_lamp", 3, "off", "on").at(1).supportedBy(0x08),
			num("recommended_gear", "", 1, 1, 0).at(1).part(4, 0x0F).supportedBy(0x10)),
	}
}

// flag is one bit of a byte, in words.
func flag(name string, bit int, clear, set string) field {
	return word(name, 1, func(d []byte) string {
		if d[0]>>bit&1 != 0 {
			return set
		}
		return clear
	})
}

// choice is some bits of a byte, in words; a value without one stays a number.
func choice(name string, shift int, bits byte, words ...string) field {
	return word(name, 1, func(d []byte) string {
		v := int(d[0] >> shift & bits)
		if v < len(words) && words[v] != "" {
			return words[v]
		}
		return fmt.Sprintf("0x%02X", v)
	})
}

// bits are the bits of a byte that are set, in words, lowest first.
func bits(name string, shift int, words ...string) field {
	return word(name, 1, func(d []byte) string { return bitList(d[0]>>shift, words...) })
}

// pidsAftertreatment are NTE areas, particulate filter and its sensor, and SCR.
func pidsAftertreatment() map[byte]pidSpec {
	area := []string{"inside", "outside", "carve_out", "deficiency"}
	return map[byte]pidSpec{
		0x7D: spec(bits("nox_nte_control_area", 0, area...)),
		0x7E: spec(bits("pm_nte_control_area", 0, area...)),
		0x88: scrInducement(),
		0x8B: spec(
			flag("dpf_regeneration", 0, "off", "on").at(1).supportedBy(0x01),
			flag("dpf_regeneration_type", 1, "passive", "active").at(1).supportedBy(0x02),
			flag("nox_adsorber_regeneration", 2, "off", "on").at(1).supportedBy(0x04),
			flag("nox_adsorber_desulfurization", 3, "off", "on").at(1).supportedBy(0x08),
			pct("dpf_regeneration_trigger").at(2).supportedBy(0x10),
			num("dpf_time_between_regenerations", minute, 2, 1, 0).at(3).supportedBy(0x20),
			num("dpf_distance_between_regenerations", km, 2, 1, 0).at(5).supportedBy(0x40)),
		0x8F: spec(append(particulateSensor("bank_1", 1, 0x01), particulateSensor("bank_2", 4, 0x04)...)...),
		0x94: noxControl(),
	}
}

// scrInducement is PID 88: why the car urges to mend its reagent system, now and in
// the last blocks of 10,000 km, and how far it drove so.
func scrInducement() pidSpec {
	why := []string{"reagent_low", "reagent_incorrect", "reagent_consumption", "nox_high"}
	fields := []field{
		flag("scr_inducement", 7, "off", "on").at(0),
		word("scr_inducement_reason", 1, func(d []byte) string { return bitList(d[0]&0x0F, why...) }).at(0),
	}
	for i := range 4 {
		f := word(fmt.Sprintf("scr_inducement_block_%d", i+1), 1, func(d []byte) string {
			return bitList(d[0]>>(4*(i%2))&0x0F, why...)
		})
		fields = append(fields, f.at(1+i/2))
	}
	for i, name := range []string{
		"scr_inducement_distance_block_1", "scr_distance_block_1", "scr_inducement_distance_block_2",
		"scr_inducement_distance_block_3", "scr_inducement_distance_block_4",
	} {
		fields = append(fields, num(name, km, 2, 1, 0).at(3+2*i))
	}
	return spec(fields...)
}

// particulateSensor is one sensor of PID 8F: its state, then its output.
func particulateSensor(bank string, off int, mask byte) []field {
	return []field{
		flag("particulate_sensor_measuring_"+bank, 0, "off", "on").at(off).supportedBy(mask),
		flag("particulate_sensor_regenerating_"+bank, 1, "off", "on").at(off).supportedBy(mask),
		num("particulate_sensor_output_"+bank, percent, 2, 0.01, 0).signedValue().at(off + 1).supportedBy(mask << 1),
	}
}

// noxControl is PID 94: warning and inducement, then the hours of each cause.
func noxControl() pidSpec {
	fields := []field{flag("nox_warning", 0, "off", "on").at(1).supportedBy(0x01)}
	for i := range 3 {
		f := choice(fmt.Sprintf("nox_inducement_level_%d", i+1), 1+2*i, 3, "inactive", "enabled", "active", "unsupported")
		fields = append(fields, f.at(1).supportedBy(0x01))
	}
	for i, name := range []string{
		"reagent_quality_time", "reagent_consumption_time", "dosing_interruption_time", "egr_valve_time", "nox_monitoring_time",
	} {
		fields = append(fields, num(name, hour, 2, 1, 0).at(2+2*i).supportedBy(0x02<<i))
	}
	return spec(fields...)
}

// pidsHeavy are what heavy vehicles of WWH-OBD tell: how the malfunction indicator is
// shown, and for how many hours of engine run it was, without a break (PIDs 90, 91, 93),
// and which loops of the fuel system are closed (92). Of A3, A9, C4, C5, C6 and C8 no
// layout was at hand: they are shown as they are.
func pidsHeavy() map[byte]pidSpec {
	lamp := []string{0: "off", 1: "on_demand", 2: "short", 3: "continuous", 14: "error", 15: "unavailable"}
	return map[byte]pidSpec{
		0x90: spec(
			choice("wwh_vehicle_display_strategy", 0, 3, "non_discriminatory", "discriminatory", "", "unavailable"),
			choice("wwh_vehicle_indicator", 2, 0x0F, lamp...).at(0),
			flag("wwh_vehicle_monitors", 6, "complete", "incomplete").at(0),
			num("wwh_vehicle_continuous_indicator_time", hour, 2, 1, 0)),
		0x91: spec(choice("wwh_unit_indicator", 0, 0x0F, lamp...),
			num("wwh_unit_continuous_indicator_time", hour, 2, 1, 0),
			num("wwh_unit_class_b1_time", hour, 2, 1, 0)),
		0x92: closedLoops(),
		0x93: masked(num("wwh_cumulative_continuous_indicator_time", hour, 2, 1, 0)),
		0xA3: spec(hexWord("evaporative_vapor_pressures", 9)),
		0xC4: spec(hexWord("exhaust_particulate_control", 8)),
		0xC5: spec(hexWord("fuel_pressures_a_b", 4)),
		0xC6: spec(hexWord("particulate_inducement", 7)),
		0xC8: spec(hexWord("warning_lamps", 1)),
	}
}

// closedLoops is PID 92: a byte of support bits, then a bit for each control.
func closedLoops() pidSpec {
	var fields []field
	for i := range 8 {
		name := [...]string{"fuel_pressure_control", "fuel_quantity_control", "fuel_timing_control", "idle_balance_control"}[i%4]
		f := flag(fmt.Sprintf("%s_%d", name, 1+i/4), i, "open_loop", "closed_loop")
		fields = append(fields, f.at(1).supportedBy(1<<i))
	}
	return spec(fields...)
}

// Lengths of the run times of emission-increasing devices: with one timer for each of
// five, and with two since SAE J1979-DA of 2011.
const (
	aecdShort = 1 + 5*4
	aecdLong  = 1 + 5*2*4
)

// aecd is how long five emission-increasing devices were active, counted from first.
// An answer of neither length is shown as it is.
func aecd(first int) pidSpec {
	s := spec(hexWord(fmt.Sprintf("aecd_run_time_%d_%d", first, first+4), aecdLong).toEnd()).atLeast(1)
	raw, short, long := s.fields, aecdTimers(first, 1), aecdTimers(first, 2)
	s.forms = func(n int) []field {
		switch n {
		case aecdShort:
			return short
		case aecdLong:
			return long
		}
		return raw
	}
	return s
}

// aecdTimers are the timers of five devices; one that is all ones is not used.
func aecdTimers(first, each int) []field {
	var fields []field
	for i := range 5 * each {
		name := fmt.Sprintf("aecd_%d_run_time", first+i/each)
		if each > 1 {
			name = fmt.Sprintf("%s_%d", name, 1+i%each)
		}
		off := 1 + 4*i
		f := num(name, second, 4, 1, 0).at(off).supportedBy(1 << (i / each))
		f.unused = func(d []byte) bool { return string(d[off:off+4]) == "\xff\xff\xff\xff" }
		fields = append(fields, f)
	}
	return fields
}
