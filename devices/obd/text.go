package obd

import (
	"fmt"
	"maps"
	"strconv"
	"sync"
)

// Text is the short technical text of a trouble code, in English: of the code
// itself where we have one, else of the system that its digits name (SAE J2012).
// It says what is reported, never what to replace.
func Text(code string) string {
	if t, ok := codeTexts()[code]; ok {
		return t
	}
	n, ok := codeNumber(code)
	if !ok {
		return "not a trouble code of the known form"
	}
	if code[0] == 'P' && code[1] == '0' {
		if t := familyText(n & 0xFFF); t != "" {
			return t
		}
	}
	text := systemText(code)
	if own := makersOwn(code); own {
		return text + ", the maker's own code"
	}
	return text
}

// codeNumber is the number in a code: P0133 gives 0x0133.
func codeNumber(code string) (int, bool) {
	if len(code) != 5 || code[0] != 'P' && code[0] != 'C' && code[0] != 'B' && code[0] != 'U' || !isHex(code[1:]) || code[1] > '3' {
		return 0, false
	}
	n, err := strconv.ParseInt(code[1:], 16, 32)
	return int(n), err == nil
}

// makersOwn reports whether a code's number was given out by the car's maker.
func makersOwn(code string) bool {
	switch code[1] {
	case '1':
		return true
	case '2':
		return code[0] != 'P' && code[0] != 'U'
	case '3':
		return code[0] == 'P' && code[2] < '4'
	}
	return false
}

// familyText words the families of P0 codes whose numbers count sensors and
// cylinders; n is the number without its first digit, in hex digits.
func familyText(n int) string {
	if n > 0x0FFF {
		return ""
	}
	at := decimal(n)
	switch {
	case at >= 130 && at <= 167:
		return oxygenText(at)
	case at >= 201 && at <= 212:
		return fmt.Sprintf("Injector circuit, cylinder %d", at-200)
	case at >= 261 && at <= 296:
		what := [...]string{"circuit low", "circuit high", "contribution or balance"}[(at-261)%3]
		return fmt.Sprintf("Injector %s, cylinder %d", what, (at-261)/3+1)
	case at >= 301 && at <= 312:
		return fmt.Sprintf("Misfire detected, cylinder %d", at-300)
	case at >= 351 && at <= 362:
		return fmt.Sprintf("Ignition coil %c circuit, primary or secondary", 'A'+at-351)
	}
	return ""
}

// decimal reads hex digits as decimal ones; -1 where there is a letter.
func decimal(n int) int {
	d, err := strconv.Atoi(strconv.FormatInt(int64(n), 16))
	if err != nil {
		return -1
	}
	return d
}

// oxygenText words P0130 to P0167: six codes for each of six sensors.
func oxygenText(at int) string {
	sensors := [...]string{"bank 1 sensor 1", "bank 1 sensor 2", "bank 1 sensor 3", "", "bank 2 sensor 1", "bank 2 sensor 2", "bank 2 sensor 3"}
	i := at - 130
	if at >= 150 {
		i = at - 150 + 24
	}
	if i/6 >= len(sensors) || sensors[i/6] == "" {
		return ""
	}
	what := [...]string{"circuit", "low voltage", "high voltage", "slow response", "no activity", "heater circuit"}[i%6]
	return "Oxygen sensor " + what + ", " + sensors[i/6]
}

// systemText names the system and the part of it that a code's digits stand for.
func systemText(code string) string {
	switch code[0] {
	case 'P':
		return "Powertrain: " + powertrainPart(code)
	case 'C':
		return "Chassis: brakes, steering or suspension"
	case 'B':
		return "Body: restraints, climate, doors or lights"
	}
	if code[1] != '0' {
		return "Network between control units"
	}
	switch code[2] {
	case '0':
		return "Network: a data bus between control units"
	case '1', '2':
		return "Network: no communication with a control unit"
	case '3':
		return "Network: software of two control units does not match"
	case '4', '5':
		return "Network: invalid data received from a control unit"
	}
	return "Network between control units"
}

func powertrainPart(code string) string {
	switch code[:3] {
	case "P00", "P01", "P20", "P21", "P22", "P10", "P11", "P29":
		return "fuel and air metering, emission control"
	case "P02", "P12":
		return "fuel injection"
	case "P03", "P13", "P23":
		return "ignition or misfire"
	case "P04", "P14", "P24":
		return "auxiliary emission control"
	case "P05", "P15", "P25":
		return "speed, idle and auxiliary inputs"
	case "P06", "P16", "P26":
		return "control unit and its outputs"
	case "P07", "P08", "P09", "P17", "P18", "P19", "P27", "P28":
		return "transmission"
	case "P0A", "P0B", "P0C", "P0D", "P0E", "P0F", "P1A", "P1B", "P3A":
		return "hybrid or electric drive"
	case "P34":
		return "cylinder deactivation"
	}
	return "engine or transmission"
}

// codeTexts are our own words for the codes a shop meets most.
var codeTexts = sync.OnceValue(func() map[string]string {
	all := airTexts()
	maps.Copy(all, engineTexts())
	maps.Copy(all, otherTexts())
	return all
})

// airTexts: fuel, air and exhaust: P00 to P02.
func airTexts() map[string]string {
	return map[string]string{
		"P0010": "Camshaft position actuator circuit, bank 1 intake",
		"P0011": "Camshaft timing over-advanced, bank 1 intake",
		"P0012": "Camshaft timing over-retarded, bank 1 intake",
		"P0014": "Camshaft timing over-advanced, bank 1 exhaust",
		"P0016": "Crankshaft and camshaft positions do not match, bank 1 sensor A",
		"P0030": "Oxygen sensor heater control, bank 1 sensor 1",
		"P0087": "Fuel rail pressure too low",
		"P0088": "Fuel rail pressure too high",
		"P0100": "Air flow sensor circuit",
		"P0101": "Air flow sensor signal out of range or implausible",
		"P0102": "Air flow sensor signal low",
		"P0103": "Air flow sensor signal high",
		"P0106": "Manifold pressure sensor signal implausible",
		"P0107": "Manifold pressure sensor signal low",
		"P0108": "Manifold pressure sensor signal high",
		"P0110": "Intake air temperature sensor circuit",
		"P0111": "Intake air temperature signal implausible",
		"P0112": "Intake air temperature signal low",
		"P0113": "Intake air temperature signal high",
		"P0115": "Coolant temperature sensor circuit",
		"P0116": "Coolant temperature signal implausible",
		"P0117": "Coolant temperature signal low",
		"P0118": "Coolant temperature signal high",
		"P0121": "Throttle or pedal position sensor A implausible",
		"P0122": "Throttle or pedal position sensor A signal low",
		"P0123": "Throttle or pedal position sensor A signal high",
		"P0125": "Coolant too cold for closed-loop fuel control",
		"P0128": "Coolant stays below thermostat regulating temperature",
		"P0171": "Mixture too lean, bank 1",
		"P0172": "Mixture too rich, bank 1",
		"P0174": "Mixture too lean, bank 2",
		"P0175": "Mixture too rich, bank 2",
		"P0191": "Fuel rail pressure sensor signal implausible",
		"P0200": "Injector circuit",
		"P0217": "Engine over temperature",
		"P0230": "Fuel pump primary circuit",
		"P0234": "Turbocharger overboost",
		"P0299": "Turbocharger underboost",
	}
}

// engineTexts: ignition, emissions, speed and control units: P03 to P06.
func engineTexts() map[string]string {
	return map[string]string{
		"P0300": "Misfire detected, several or changing cylinders",
		"P0325": "Knock sensor circuit, bank 1",
		"P0327": "Knock sensor signal low, bank 1",
		"P0335": "Crankshaft position sensor circuit",
		"P0336": "Crankshaft position sensor signal implausible",
		"P0340": "Camshaft position sensor circuit, bank 1",
		"P0341": "Camshaft position sensor signal implausible, bank 1",
		"P0400": "Exhaust gas recirculation flow",
		"P0401": "Exhaust gas recirculation flow too low",
		"P0402": "Exhaust gas recirculation flow too high",
		"P0403": "Exhaust gas recirculation control circuit",
		"P0411": "Secondary air injection: wrong flow",
		"P0420": "Catalyst efficiency below threshold, bank 1",
		"P0430": "Catalyst efficiency below threshold, bank 2",
		"P0440": "Evaporative emission system",
		"P0441": "Evaporative emission system: wrong purge flow",
		"P0442": "Evaporative emission system: small leak",
		"P0443": "Evaporative purge valve circuit",
		"P0446": "Evaporative vent control circuit",
		"P0449": "Evaporative vent valve circuit",
		"P0451": "Evaporative pressure sensor signal implausible",
		"P0455": "Evaporative emission system: large leak",
		"P0456": "Evaporative emission system: very small leak",
		"P0457": "Evaporative emission system: leak, fuel cap loose or off",
		"P0463": "Fuel level sensor signal high",
		"P0480": "Cooling fan 1 control circuit",
		"P0500": "Vehicle speed sensor A",
		"P0505": "Idle control system",
		"P0506": "Idle speed lower than expected",
		"P0507": "Idle speed higher than expected",
		"P0520": "Oil pressure sensor or switch circuit",
		"P0560": "System voltage",
		"P0562": "System voltage low",
		"P0563": "System voltage high",
		"P0571": "Brake switch circuit",
		"P0600": "Serial communication link of the control unit",
		"P0601": "Control unit memory checksum",
		"P0605": "Control unit read-only memory",
		"P0606": "Control unit processor",
	}
}

// otherTexts: everything else.
func otherTexts() map[string]string {
	return map[string]string{
		"P0700": "Transmission control reports a fault of its own",
		"P0705": "Transmission range sensor circuit",
		"P0715": "Transmission input speed sensor circuit",
		"P0720": "Transmission output speed sensor circuit",
		"P0730": "Wrong gear ratio",
		"P0740": "Torque converter clutch circuit",
		"P0741": "Torque converter clutch stuck off or weak",
		"P0776": "Pressure control solenoid B stuck off or weak",
		"P0A80": "Hybrid battery pack at the end of its life",
		"P2096": "Fuel trim behind the catalyst too lean, bank 1",
		"P2187": "Mixture too lean at idle, bank 1",
		"P2195": "Oxygen sensor signal biased lean, bank 1 sensor 1",
		"P2463": "Particulate filter: too much soot",
		"B1342": "Body: a control unit reports a fault of its own, the maker's own code",
		"C0035": "Wheel speed sensor, left front",
		"C0040": "Wheel speed sensor, right front",
		"C0045": "Wheel speed sensor, left rear",
		"C0050": "Wheel speed sensor, right rear",
		"U0001": "High-speed CAN data bus",
		"U0073": "Data bus A off",
		"U0100": "No communication with the engine control unit A",
		"U0101": "No communication with the transmission control unit",
		"U0121": "No communication with the brake control unit",
		"U0140": "No communication with the body control unit",
		"U0151": "No communication with the restraint control unit",
		"U0155": "No communication with the instrument cluster",
	}
}
