package obd_test

import (
	"fmt"
	"strings"
	"testing"

	"pitlane/devices/obd"
)

// everyCode calls f with all codes that two bytes can hold.
func everyCode(f func(code string)) {
	for n := range 0x10000 {
		f(fmt.Sprintf("%c%d%03X", "PCBU"[n>>14], n>>12&3, n&0xFFF))
	}
}

func TestEveryCodeHasASentenceInEveryLanguage(t *testing.T) {
	begins := map[string]string{"zh-Hans": "车辆报告", "zh-Hant": "車輛回報", "en": "The car reports "}
	verdicts := []string{"broken", "defective", "must be replaced", "failed", "坏", "壞", "必须更换", "必須更換", "损坏", "損壞"}
	everyCode(func(code string) {
		plain := obd.Plain(code)
		for lang, begin := range begins {
			if s := plain[lang]; !strings.HasPrefix(s, begin) || len(s) < len(begin)+8 || strings.Contains(s, code) {
				t.Fatalf("%s %s: %q", code, lang, s)
			}
			for _, v := range verdicts {
				if strings.Contains(plain[lang], v) {
					t.Fatalf("%s %s is a verdict: %q", code, lang, plain[lang])
				}
			}
		}
		if text := obd.Text(code); len(text) < 10 || strings.Contains(text, "not a trouble code") {
			t.Fatalf("%s: %q", code, text)
		}
	})
}

func TestCodesAreSaidByWhatTheyMean(t *testing.T) {
	for code, want := range map[string][2]string{
		"P0133": {"Oxygen sensor slow response, bank 1 sensor 1", "The car reports a reading of the exhaust gas sensor that it did not expect."},
		"P0141": {"Oxygen sensor heater circuit, bank 1 sensor 2", "exhaust gas sensor"},
		"P0155": {"Oxygen sensor heater circuit, bank 2 sensor 1", "exhaust gas sensor"},
		"P0304": {"Misfire detected, cylinder 4", "cylinder 4"},
		"P0353": {"Ignition coil C circuit, primary or secondary", "ignition"},
		"P0264": {"Injector circuit low, cylinder 2", "injection"},
		"P0455": {"Evaporative emission system: large leak", "fuel cap"},
		"P0562": {"System voltage low", "voltage"},
		"P0A80": {"Hybrid battery pack at the end of its life", "hybrid"},
		"P1234": {"Powertrain: fuel injection, the maker's own code", "maker's own"},
		"U0100": {"No communication with the engine control unit A", "did not answer"},
		"C0035": {"Wheel speed sensor, left front", "wheel speed"},
		"B0010": {"Body: restraints, climate, doors or lights", "airbags"},
		"rust":  {"not a trouble code of the known form", "technician"},
	} {
		if got := obd.Text(code); got != want[0] {
			t.Errorf("%s: text %q, want %q", code, got, want[0])
		}
		if got := obd.Plain(code)["en"]; !strings.Contains(got, want[1]) {
			t.Errorf("%s: %q does not say %q", code, got, want[1])
		}
	}
}
