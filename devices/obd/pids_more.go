package obd

import "fmt"

// pidsOxygen are the oxygen sensors: eight of each kind.
func pidsOxygen() map[byte]pidSpec {
	m := map[byte]pidSpec{}
	for i := range byte(8) {
		name := fmt.Sprintf("oxygen_sensor_%d_", i+1)
		used := trim(name + "fuel_trim")
		used.unused = func(d []byte) bool { return d[1] == 0xFF } // the sensor takes no part in the trim
		m[0x14+i] = spec(num(name+"voltage", volt, 1, 0.005, 0), used)
		m[0x24+i] = spec(ratio(name+"lambda"), num(name+"voltage", volt, 2, 8.0/65536, 0))
		m[0x34+i] = spec(ratio(name+"lambda"), num(name+"current", "mA", 2, 1.0/256, -128))
	}
	for i, name := range []string{"short_term", "long_term"} {
		m[0x55+byte(i)] = spec(trim(name+"_secondary_trim_bank_1"), trim(name+"_secondary_trim_bank_3")).atLeast(1)
		m[0x57+byte(i)] = spec(trim(name+"_secondary_trim_bank_2"), trim(name+"_secondary_trim_bank_4")).atLeast(1)
	}
	return m
}

// pidsFuel are tank, rail and vapour. The vapour pressures are given in kPa.
func pidsFuel() map[byte]pidSpec {
	return map[byte]pidSpec{
		0x22: spec(num("fuel_rail_pressure_relative", kpa, 2, 0.079, 0)),
		0x23: spec(num("fuel_rail_gauge_pressure", kpa, 2, 10, 0)),
		0x32: spec(num("evaporative_vapor_pressure", kpa, 2, 0.00025, 0).signedValue()),
		0x52: spec(pct("ethanol_fuel")),
		0x53: spec(num("evaporative_vapor_pressure_absolute", kpa, 2, 0.005, 0)),
		0x54: spec(num("evaporative_vapor_pressure_wide", kpa, 2, 0.001, 0).signedValue()),
		0x59: spec(num("fuel_rail_absolute_pressure", kpa, 2, 10, 0)),
		0x5D: spec(num("fuel_injection_timing", deg, 2, 1.0/128, -210)),
		0x5E: spec(num("engine_fuel_rate", "L/h", 2, 0.05, 0)),
		0x6D: masked(num("fuel_rail_pressure_commanded_a", kpa, 2, 10, 0), num("fuel_rail_pressure_a", kpa, 2, 10, 0),
			temp("fuel_rail_temperature_a"), num("fuel_rail_pressure_commanded_b", kpa, 2, 10, 0),
			num("fuel_rail_pressure_b", kpa, 2, 10, 0), temp("fuel_rail_temperature_b")).atLeast(6),
		0x6E: masked(num("injection_pressure_commanded_a", kpa, 2, 10, 0), num("injection_pressure_a", kpa, 2, 10, 0),
			num("injection_pressure_commanded_b", kpa, 2, 10, 0), num("injection_pressure_b", kpa, 2, 10, 0)).atLeast(5),
		0x9D: spec(num("engine_fuel_rate_mass", gps, 2, 0.02, 0), num("vehicle_fuel_rate_mass", gps, 2, 0.02, 0)),
		0x9F: masked(pct("fuel_system_a_use_bank_1"), pct("fuel_system_b_use_bank_1"), pct("fuel_system_a_use_bank_2"),
			pct("fuel_system_b_use_bank_2"), pct("fuel_system_a_use_bank_3"), pct("fuel_system_b_use_bank_3"),
			pct("fuel_system_a_use_bank_4"), pct("fuel_system_b_use_bank_4")),
		0xA2: spec(num("cylinder_fuel_rate", "mg/stroke", 2, 1.0/32, 0)),
		0xC3: spec(pct("fuel_level_a"), pct("fuel_level_b")),
	}
}

// pidsPedal are throttle and pedal positions.
func pidsPedal() map[byte]pidSpec {
	return map[byte]pidSpec{
		0x45: spec(pct("relative_throttle_position")),
		0x47: spec(pct("throttle_position_b")),
		0x48: spec(pct("throttle_position_c")),
		0x49: spec(pct("accelerator_pedal_d")),
		0x4A: spec(pct("accelerator_pedal_e")),
		0x4B: spec(pct("accelerator_pedal_f")),
		0x4C: spec(pct("commanded_throttle")),
		0x5A: spec(pct("relative_accelerator_pedal")),
		0x6C: masked(pct("commanded_throttle_a"), pct("relative_throttle_a"), pct("commanded_throttle_b"), pct("relative_throttle_b")),
		0x8D: spec(pct("throttle_position_g")),
	}
}

// pidsTorque are torque, battery and what else describes the engine.
func pidsTorque() map[byte]pidSpec {
	return map[byte]pidSpec{
		0x4F: spec(num("maximum_equivalence_ratio", "", 1, 1, 0), num("maximum_oxygen_sensor_voltage", volt, 1, 1, 0),
			num("maximum_oxygen_sensor_current", "mA", 1, 1, 0), num("maximum_intake_manifold_pressure", kpa, 1, 10, 0)),
		0x50: spec(num("maximum_mass_air_flow", gps, 1, 10, 0)).wide(4),
		0x5B: spec(pct("hybrid_battery_charge")),
		0x61: spec(torque("demanded_engine_torque")),
		0x62: spec(torque("actual_engine_torque")),
		0x63: spec(num("engine_reference_torque", "Nm", 2, 1, 0)),
		0x64: spec(torque("engine_torque_idle"), torque("engine_torque_point_2"), torque("engine_torque_point_3"),
			torque("engine_torque_point_4"), torque("engine_torque_point_5")),
		0x7F: masked(num("engine_run_time_total", second, 4, 1, 0), num("engine_idle_time_total", second, 4, 1, 0),
			num("engine_pto_time_total", second, 4, 1, 0)),
		0x8E: spec(torque("engine_friction_torque")),
		0x9A: spec(
			word("hybrid_charging_state", 1, func(d []byte) string {
				return [...]string{"charge_sustaining", "charge_depleting"}[d[0]&1]
			}).at(1).supportedBy(0x01),
			word("hybrid_charging_mode", 1, func(d []byte) string {
				return [...]string{"charge_sustaining", "charge_depleting", "charge_increasing", "reserved"}[d[0]>>1&3]
			}).at(1).supportedBy(0x08),
			num("hybrid_battery_voltage", volt, 2, 1.0/64, 0).at(2).supportedBy(0x02),
			num("hybrid_battery_current", "A", 2, 0.1, 0).signedValue().at(4).supportedBy(0x04)),
		0xB2: spec(pct("traction_battery_health")),
	}
}

// pidsAir are intake, boost and exhaust gas recirculation.
func pidsAir() map[byte]pidSpec {
	return map[byte]pidSpec{
		0x66: masked(num("mass_air_flow_a", gps, 2, 1.0/32, 0), num("mass_air_flow_b", gps, 2, 1.0/32, 0)),
		0x67: masked(temp("engine_coolant_temperature_1"), temp("engine_coolant_temperature_2")),
		0x68: masked(temp("intake_air_temperature_b1s1"), temp("intake_air_temperature_b1s2"),
			temp("intake_air_temperature_b1s3"), temp("intake_air_temperature_b2s1"),
			temp("intake_air_temperature_b2s2"), temp("intake_air_temperature_b2s3")).atLeast(2),
		0x69: masked(pct("commanded_egr_a"), pct("actual_egr_a"), trim("egr_error_a"),
			pct("commanded_egr_b"), pct("actual_egr_b"), trim("egr_error_b")),
		0x6A: masked(pct("commanded_intake_air_flow_a"), pct("relative_intake_air_flow_a"),
			pct("commanded_intake_air_flow_b"), pct("relative_intake_air_flow_b")),
		0x6B: egrTemperatures(),
		0x6F: spec(num("compressor_inlet_pressure_a", kpa, 1, 1, 0).at(1).supportedBy(0x01),
			num("compressor_inlet_pressure_b", kpa, 1, 1, 0).at(2).supportedBy(0x02),
			num("compressor_inlet_pressure_a_wide", kpa, 1, 8, 0).at(1).supportedBy(0x04),
			num("compressor_inlet_pressure_b_wide", kpa, 1, 8, 0).at(2).supportedBy(0x08)),
		0x70: controlled("boost_control", num("commanded_boost_pressure_a", kpa, 2, 1.0/32, 0), num("boost_pressure_a", kpa, 2, 1.0/32, 0),
			num("commanded_boost_pressure_b", kpa, 2, 1.0/32, 0), num("boost_pressure_b", kpa, 2, 1.0/32, 0)),
		0x71: controlled("vgt_control", pct("commanded_vgt_a"), pct("vgt_position_a"), pct("commanded_vgt_b"), pct("vgt_position_b")),
		0x72: masked(pct("commanded_wastegate_a"), pct("wastegate_position_a"), pct("commanded_wastegate_b"), pct("wastegate_position_b")),
		0x74: masked(num("turbocharger_rpm_a", "rpm", 2, 10, 0), num("turbocharger_rpm_b", "rpm", 2, 10, 0)),
		0x75: turboTemperatures("a"),
		0x76: turboTemperatures("b"),
		0x77: masked(temp("charge_air_temperature_b1s1"), temp("charge_air_temperature_b1s2"),
			temp("charge_air_temperature_b2s1"), temp("charge_air_temperature_b2s2")),
		0x84: spec(temp("manifold_surface_temperature")),
		0x87: masked(num("intake_manifold_pressure_a", kpa, 2, 1.0/32, 0), num("intake_manifold_pressure_b", kpa, 2, 1.0/32, 0)),
	}
}

// egrTemperatures: four sensors; bits 4 to 7 say that a sensor reads in its wide
// range of 4 °C a bit.
func egrTemperatures() pidSpec {
	var fields []field
	for i, name := range []string{"b1s1", "b1s2", "b2s1", "b2s2"} {
		narrow := temp("egr_temperature_" + name).at(1 + i).supportedBy(1 << i)
		wide := num("egr_temperature_"+name+"_wide", celsius, 1, 4, -40).at(1 + i).supportedBy(0x10 << i)
		fields = append(fields, narrow, wide)
	}
	return spec(fields...)
}

// controlled: commanded and actual value of two chargers, then the state of both
// controls in one byte. Its support bits are in the order value, value, state.
func controlled(control string, commandedA, actualA, commandedB, actualB field) pidSpec {
	n := commandedA.n
	return spec(commandedA.at(1).supportedBy(0x01), actualA.at(1+n).supportedBy(0x02),
		commandedB.at(1+2*n).supportedBy(0x08), actualB.at(1+3*n).supportedBy(0x10),
		word(control+"_a", 1, func(d []byte) string { return chargerControl(d[0]) }).at(1+4*n).supportedBy(0x04),
		word(control+"_b", 1, func(d []byte) string { return chargerControl(d[0] >> 2) }).at(1+4*n).supportedBy(0x20))
}

func chargerControl(b byte) string {
	return [...]string{"none", "open_loop", "closed_loop", "fault"}[b&3]
}

func turboTemperatures(which string) pidSpec {
	return masked(temp("compressor_inlet_temperature_"+which), temp("compressor_outlet_temperature_"+which),
		temp2("turbine_inlet_temperature_"+which), temp2("turbine_outlet_temperature_"+which))
}

// pidsExhaust are what lies behind the engine.
func pidsExhaust() map[byte]pidSpec {
	m := map[byte]pidSpec{
		0x73: masked(num("exhaust_pressure_bank_1", kpa, 2, 0.01, 0), num("exhaust_pressure_bank_2", kpa, 2, 0.01, 0)),
		0x7C: masked(temp2("dpf_inlet_temperature_bank_1"), temp2("dpf_outlet_temperature_bank_1"),
			temp2("dpf_inlet_temperature_bank_2"), temp2("dpf_outlet_temperature_bank_2")),
		0x83: nox("nox", "b1s1", "b1s2", "b2s1", "b2s2").atLeast(5),
		0x86: masked(num("particulate_mass_bank_1", "mg/m³", 2, 0.0125, 0), num("particulate_mass_bank_2", "mg/m³", 2, 0.0125, 0)),
		0x9E: spec(num("exhaust_flow_rate", "kg/h", 2, 0.2, 0)),
		0xA1: nox("nox_corrected", "b1s1", "b1s2", "b2s1", "b2s2").atLeast(5),
		0xA7: nox("nox", "b1s3", "b1s4", "b2s3", "b2s4"),
		0xA8: nox("nox_corrected", "b1s3", "b1s4", "b2s3", "b2s4"),
	}
	m[0x8C], m[0x9C] = oxygenWide("s1", "s2"), oxygenWide("s3", "s4")
	for i := range byte(2) {
		bank := fmt.Sprintf("bank_%d", i+1)
		m[0x7A+i] = masked(num("dpf_differential_pressure_"+bank, kpa, 2, 0.01, 0).signedValue(),
			num("dpf_inlet_pressure_"+bank, kpa, 2, 0.01, 0), num("dpf_outlet_pressure_"+bank, kpa, 2, 0.01, 0))
		for pid, first := range map[byte]int{0x78: 1, 0x98: 5} {
			var fields []field
			for n := range 4 {
				fields = append(fields, temp2(fmt.Sprintf("exhaust_gas_temperature_b%ds%d", i+1, first+n)))
			}
			m[pid+i] = masked(fields...)
		}
	}
	return m
}

// oxygenWide: the oxygen content that two sensors of each bank measure, then the
// equivalence ratio that follows from it.
func oxygenWide(near, far string) pidSpec {
	var contents, ratios []field
	for _, s := range []string{"b1" + near, "b1" + far, "b2" + near, "b2" + far} {
		contents = append(contents, num("oxygen_concentration_"+s, percent, 2, 100.0/65535, 0))
		ratios = append(ratios, num("oxygen_lambda_"+s, "", 2, 8.0/65536, 0))
	}
	return masked(append(contents, ratios...)...)
}

// nox: four sensors in parts per million.
func nox(name string, sensors ...string) pidSpec {
	var fields []field
	for _, s := range sensors {
		fields = append(fields, num(name+"_"+s, "ppm", 2, 1, 0))
	}
	return masked(fields...)
}

// pidsLate are reagent, gears, odometer and fields that are shown as they are.
func pidsLate() map[byte]pidSpec {
	return map[byte]pidSpec{
		0x81: aecd(1),
		0x82: aecd(6),
		0x89: aecd(11),
		0x8A: aecd(16),
		0x85: masked(num("reagent_consumption", "L/h", 2, 0.005, 0), num("reagent_consumption_demanded", "L/h", 2, 0.005, 0),
			pct("reagent_level"), num("reagent_warning_run_time", second, 4, 1, 0)),
		0x9B: masked(num("reagent_concentration", percent, 1, 0.25, 0), temp("reagent_temperature"), pct("reagent_tank_level")),
		0xA4: spec(num("transmission_gear", "", 1, 1, 0).at(1).supportedBy(0x01).part(4, 0x0F),
			num("transmission_gear_ratio", "", 2, 0.001, 0).at(2).supportedBy(0x02)),
		0xA5: spec(num("reagent_dosing_commanded", percent, 1, 0.5, 0).at(1).supportedBy(0x01),
			num("reagent_usage", "L", 2, 0.0005, 0).at(2).supportedBy(0x02)),
		0xA6: spec(num("odometer", km, 4, 0.1, 0)),
		0xA9: spec(hexWord("motorcycle_abs_switch", 1)),
		0xAA: spec(num("speed_limit_set", "km/h", 1, 1, 0)),
		0xC7: spec(num("distance_since_reflash", km, 2, 1, 0)),
		0xD2: masked(pct("certified_energy_state"), pct("certified_range_state")),
		0xD3: spec(num("engine_odometer", km, 4, 0.1, 0)),
	}
}
