package obd_test

import (
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"pitlane/devices/obd"
)

// readPID decodes the data of one PID as an ECU sends it.
func readPID(t *testing.T, pid byte, data string) []obd.Reading {
	t.Helper()
	raw, err := hex.DecodeString(strings.ReplaceAll(data, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	payload := append([]byte{0x41, pid}, raw...)
	e, ok := obd.Decode(fmt.Sprintf("01%02X", pid), segments(payload, 0xAA), on()).ECUs["7E8"]
	if !ok || e.State != obd.OK {
		t.Fatalf("01%02X %s gives %+v", pid, data, e)
	}
	return e.Readings
}

func TestPIDsWithSeveralFieldsAreReadByTheirPlaces(t *testing.T) {
	for name, c := range map[string]struct {
		pid  byte
		data string
		want map[string]any
	}{
		"hybrid battery and its modes": {0x9A, "0F 04 43 40 04 44", map[string]any{
			"hybrid_charging_state": "charge_sustaining", "hybrid_charging_mode": "charge_increasing",
			"hybrid_battery_voltage": 269.0, "hybrid_battery_current": 109.2}},
		"wide-range oxygen sensors": {0x8C, "11 80 00 00 00 00 00 00 00 20 00 00 00 00 00 00 00", map[string]any{
			"oxygen_concentration_b1s1": 50.000763, "oxygen_lambda_b1s1": 1.0}},
		"the second pair of each bank": {0x9C, "11 80 00 00 00 00 00 00 00 20 00 00 00 00 00 00 00", map[string]any{
			"oxygen_concentration_b1s3": 50.000763, "oxygen_lambda_b1s3": 1.0}},
		"nitrogen oxides, sensors 3 and 4": {0xA7, "01 00 64 00 00 00 00 00 00", map[string]any{"nox_b1s3": 100.0}},
		"nitrogen oxides, sensors 1 and 2": {0x83, "03 00 64 00 C8 00 00 00 00", map[string]any{"nox_b1s1": 100.0, "nox_b1s2": 200.0}},
		"a turbocharger turns fast":        {0x74, "01 3A 98 00 00", map[string]any{"turbocharger_rpm_a": 150000.0}},
		"a wide-range inlet pressure":      {0x6F, "04 19 00", map[string]any{"compressor_inlet_pressure_a_wide": 200.0}},
		"boost of two chargers": {0x70, "3F 0C 80 0C 40 06 40 06 20 06", map[string]any{
			"commanded_boost_pressure_a": 100.0, "boost_pressure_a": 98.0, "commanded_boost_pressure_b": 50.0, "boost_pressure_b": 49.0,
			"boost_control_a": "closed_loop", "boost_control_b": "open_loop"}},
		"geometry of two chargers": {0x71, "38 00 00 FF 33 04", map[string]any{
			"commanded_vgt_a": nil, "commanded_vgt_b": 100.0, "vgt_position_b": 20.0, "vgt_control_b": "open_loop"}},
		"regeneration of the filter": {0x8B, "70 00 FF 00 3C 01 00", map[string]any{
			"dpf_regeneration_trigger": 100.0, "dpf_time_between_regenerations": 60.0, "dpf_distance_between_regenerations": 256.0}},
		"the particulate sensor":          {0x8F, "02 00 FF 9C 00 00 00", map[string]any{"particulate_sensor_output_bank_1": -1.0}},
		"distance since the last reflash": {0xC7, "01 00", map[string]any{"distance_since_reflash": 256.0}},
		"run times in the short form": {0x81, "01 00 00 0E 10" + strings.Repeat("00", 16), map[string]any{
			"aecd_1_run_time": 3600.0, "aecd_2_run_time": nil}},
		"run times in the long form": {0x89, "03 00 00 00 3C FF FF FF FF 00 00 00 01 00 00 00 02" + strings.Repeat("00", 24), map[string]any{
			"aecd_11_run_time_1": 60.0, "aecd_11_run_time_2": nil, "aecd_12_run_time_1": 1.0, "aecd_12_run_time_2": 2.0, "aecd_13_run_time_1": nil}},
		"run times of no known length": {0x8A, "01 00 00", map[string]any{"aecd_run_time_16_20": "010000"}},
		"switches and the recommended gear": {0x65, "1B 4A", map[string]any{
			"pto_output": "off", "automatic_transmission": "in_gear", "manual_transmission": nil, "glow_plug_lamp": "on", "recommended_gear": 4.0}},
		"control areas": {0x7D, "05", map[string]any{"nox_nte_control_area": "inside carve_out"}},
		"no reagent": {0x88, "81 21 80 00 10 00 64 00 02 00 03 00 04", map[string]any{
			"scr_inducement": "on", "scr_inducement_reason": "reagent_low", "scr_inducement_block_1": "reagent_low",
			"scr_inducement_block_2": "reagent_incorrect", "scr_inducement_block_3": "none", "scr_inducement_block_4": "nox_high",
			"scr_inducement_distance_block_1": 16.0, "scr_distance_block_1": 100.0, "scr_inducement_distance_block_4": 4.0}},
		"the state of the filter": {0x8B, "0B 03 00 00 00 00 00", map[string]any{
			"dpf_regeneration": "on", "dpf_regeneration_type": "active", "nox_adsorber_regeneration": nil,
			"nox_adsorber_desulfurization": "off", "dpf_regeneration_trigger": nil}},
		"the state of the particulate sensor": {0x8F, "05 02 00 00 01 00 00", map[string]any{
			"particulate_sensor_measuring_bank_1": "off", "particulate_sensor_regenerating_bank_1": "on",
			"particulate_sensor_measuring_bank_2": "on", "particulate_sensor_output_bank_1": nil}},
		"the lamp of a heavy vehicle": {0x90, "4D 00 05", map[string]any{
			"wwh_vehicle_display_strategy": "discriminatory", "wwh_vehicle_indicator": "continuous",
			"wwh_vehicle_monitors": "incomplete", "wwh_vehicle_continuous_indicator_time": 5.0}},
		"the lamp of a unit": {0x91, "01 00 05 01 00", map[string]any{
			"wwh_unit_indicator": "on_demand", "wwh_unit_continuous_indicator_time": 5.0, "wwh_unit_class_b1_time": 256.0}},
		"a lamp of a number without a word": {0x91, "09 00 00 00 00", map[string]any{"wwh_unit_indicator": "0x09"}},
		"closed loops of the fuel system": {0x92, "11 10", map[string]any{
			"fuel_pressure_control_1": "open_loop", "fuel_pressure_control_2": "closed_loop", "fuel_quantity_control_1": nil}},
		"warning and inducement": {0x94, "03 15 00 07 00 08 00 00 00 00 00 00", map[string]any{
			"nox_warning": "on", "nox_inducement_level_1": "active", "nox_inducement_level_2": "active",
			"nox_inducement_level_3": "inactive", "reagent_quality_time": 7.0, "reagent_consumption_time": nil}},
		"requirements that part from the standards": {0x5F, "11", map[string]any{"emission_requirements": "Euro VI"}},
		"a standard of motorcycles":                 {0x1C, "24", map[string]any{"obd_standard": "MC EOBD-I"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := map[string]any{}
			for _, r := range readPID(t, c.pid, c.data) {
				if r.Name != nil && !r.Unsupported {
					got[*r.Name] = r.Value
				}
			}
			for name, want := range c.want {
				if got[name] != want {
					t.Errorf("%s is %v, want %v (all: %v)", name, got[name], want, got)
				}
			}
		})
	}
}

// What tells the values of one PID apart is their name, so that no two share it.
func TestEveryReadingHasItsOwnName(t *testing.T) {
	form := regexp.MustCompile(`^[a-z][a-z0-9_]*[a-z0-9]$`)
	for pid := 1; pid < 0x100; pid++ {
		inPID := map[string]bool{}
		for _, r := range readPID(t, byte(pid), strings.Repeat("FF", 41)) {
			if r.PID != fmt.Sprintf("%02X", pid) {
				t.Errorf("01%02X gives a reading of %s", pid, r.PID)
			}
			if r.Name == nil {
				continue
			}
			name := *r.Name
			if inPID[name] {
				t.Errorf("01%02X: two values are called %s", pid, name)
			}
			inPID[name] = true
			if !form.MatchString(name) || r.Value == nil {
				t.Errorf("01%02X: %q with %v is no name of a value", pid, name, r.Value)
			}
		}
	}
}
