package obd

import "fmt"

// didMonitors tells, in a car of SAE J1979-2, what PID 01 tells in one of SAE J1979:
// the lamp, the number of confirmed codes, and which monitors there are and have run.
const didMonitors = "22F501"

// monitorsUDS are the monitors of bytes B to F of F501, bit 0 first. Bits 0 to 3 say
// that a monitor is there, bits 4 to 7 that it has not run to its end.
func monitorsUDS() [5][4]string {
	return [5][4]string{
		{"misfire", "fuel_system", "components", "engine_cooling_system"},
		{"catalyst", "nmhc_catalyst", "heated_catalyst", "nox_scr_aftertreatment"},
		{"evaporative_system", "secondary_air_system", "boost_pressure", "pm_filter"},
		{"exhaust_gas_sensor", "crankcase_ventilation", "egr_system", "variable_valve_timing"},
		{"direct_ozone_reduction", "cold_start_emissions", "nox_adsorber", "other_monitors"},
	}
}

// decodeMonitors reads the six bytes of F501. It is false for an answer of another
// length: whoever sends it means something else.
func decodeMonitors(d []byte) (Readiness, bool) {
	names := monitorsUDS()
	if len(d) != 1+len(names) {
		return Readiness{}, false
	}
	r := Readiness{State: OK, MIL: d[0]&0x80 != 0, Count: int(d[0] & 0x7F)}
	for i, four := range names {
		for bit, name := range four {
			r.Monitors = append(r.Monitors, Monitor{Name: name, Supported: d[1+i]>>bit&1 != 0, Complete: d[1+i]>>(4+bit)&1 == 0})
		}
	}
	return r, true
}

// groupName is the name of a readiness group. SAE J1979-DA numbers them; the one that
// ISO 14229-1 itself names is known here, the others keep their number.
func groupName(number string) string {
	if number == "01" {
		return "components"
	}
	return ""
}

// moreInfo are the kinds of mode 09 (F8xx) that are told as they are: the numbers that
// an engine and its approval have, and the language a unit says it speaks.
func moreInfo(kind string) string {
	return map[string]string{
		"0D": "engine_serial_number", "0F": "type_approval_number",
		"10": "protocol_identification", "11": "gtr_number",
	}[kind]
}

// protocolUDS is a value of F810.
func protocolUDS(b byte) string {
	if b == 0x01 {
		return standardUDS
	}
	return fmt.Sprintf("%02X", b)
}

// infoItem is what a unit said to one kind of mode 09 that has no place of its own: text
// where it is one, else as it came.
func infoItem(kind, raw string, service int) (InfoItem, bool) {
	r := parseRequest(raw)
	if !r.obd || len(r.data) <= service {
		return InfoItem{}, false
	}
	data := r.data[service:]
	item := InfoItem{Kind: kind, Name: moreInfo(kind), Raw: upperHex(data)}
	switch text := asciiOf(data); {
	case kind == "10" && len(data) == 1:
		item.Value = protocolUDS(data[0])
	case item.Name != "" && text != "" && printableBytes([]byte(text)):
		item.Value = text
	}
	return item, true
}
