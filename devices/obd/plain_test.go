package obd_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	"pitlane/devices/obd"
)

// everyCode calls f with all codes that two bytes can hold.
func everyCode(f func(code string)) {
	for n := range 0x10000 {
		f(fmt.Sprintf("%c%d%03X", "PCBU"[n>>14], n>>12&3, n&0xFFF))
	}
}

// everyWord calls f with every different text of every code.
func everyWord(f func(code, register, lang, text string)) {
	seen := map[string]bool{}
	tell := func(code, register string, texts map[string]string) {
		for _, lang := range []string{"zh-Hans", "zh-Hant", "en"} {
			if key := register + lang + texts[lang]; !seen[key] {
				seen[key] = true
				f(code, register, lang, texts[lang])
			}
		}
	}
	everyCode(func(code string) {
		tell(code, "technician", obd.Texts(code))
		tell(code, "customer", obd.Plain(code))
	})
	tell("rust", "technician", obd.Texts("rust"))
	tell("rust", "customer", obd.Plain("rust"))
}

func TestEveryCodeHasTextsInEveryLanguageAndBothRegisters(t *testing.T) {
	begins := map[string]string{"zh-Hans": "车辆报告", "zh-Hant": "車輛回報", "en": "The car reports "}
	everyCode(func(code string) {
		plain, texts := obd.Plain(code), obd.Texts(code)
		if len(plain) != 3 || len(texts) != 3 {
			t.Fatalf("%s: %v %v", code, plain, texts)
		}
		for lang, begin := range begins {
			if s := plain[lang]; !strings.HasPrefix(s, begin) || len(s) < len(begin)+8 {
				t.Fatalf("%s %s: %q", code, lang, s)
			}
			if s := texts[lang]; len(s) < 4 || s != strings.TrimSpace(s) || strings.Contains(s, "  ") {
				t.Fatalf("%s %s: %q", code, lang, s)
			}
		}
		if text := obd.Text(code); text != texts["en"] || strings.Contains(text, "not a trouble code") {
			t.Fatalf("%s: %q", code, text)
		}
	})
}

func TestNoTextIsAVerdictOrAnAbsolute(t *testing.T) {
	banned := []string{
		"broken", "defective", "faulty", "must ", "definitely", "certainly", "always", "never", "needs to be replaced",
		"坏", "壞", "必须", "必須", "一定", "绝对", "絕對", "肯定", "损坏", "損壞", "更换", "更換", "毫无疑问", "毫無疑問",
	}
	everyWord(func(code, register, lang, text string) {
		for _, b := range banned {
			if strings.Contains(strings.ToLower(text), b) {
				t.Errorf("%s %s %s says %q: %q", code, register, lang, b, text)
			}
		}
	})
}

func TestPlainSentencesHaveNoTradeTerms(t *testing.T) {
	terms := map[string][]string{
		"en": {
			"ECU", "ECM", "PCM", "TCM", "DTC", "OBD", "CAN ", "MAF", "MAP ", "EGR", "EVAP", "SCR", "DPF", "NOx", "ABS", "sensor", "solenoid",
			"actuator", "circuit", "camshaft", "crankshaft", "misfire", "catalyst", "catalytic", "lambda", "manifold", "converter", "control unit",
			"module", " bus", "injector", "fuel trim", "throttle", " bank", "plausib", "wastegate", "purge", "particulate", "reductant", "restraint", "inverter",
		},
		"zh-Hans": {
			"传感器", "电磁阀", "执行器", "电路", "总线", "控制单元", "控制模块", "节气门", "凸轮轴", "曲轴", "正时", "缺火", "失火", "催化", "氧传感", "歧管",
			"变矩", "爆震", "喷油", "缸组", "再循环", "怠速", "预紧", "逆变", "绝缘", "尿素",
		},
		"zh-Hant": {
			"感測器", "感知器", "電磁閥", "作動器", "電路", "匯流排", "控制單元", "控制模組", "節氣門", "凸輪軸", "曲軸", "正時", "失火", "觸媒", "含氧", "歧管",
			"扭力", "爆震", "噴油", "汽缸列", "再循環", "怠速", "預縮", "逆變", "絕緣", "尿素",
		},
	}
	everyWord(func(code, register, lang, text string) {
		if register != "customer" {
			return
		}
		for _, term := range terms[lang] {
			if strings.Contains(text, term) {
				t.Errorf("%s %s says %q: %q", code, lang, term, text)
			}
		}
		for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if len(word) == 5 && strings.ContainsRune("PCBU", rune(word[0])) && unicode.IsDigit(rune(word[1])) {
				t.Errorf("%s %s holds a code: %q", code, lang, text)
			}
		}
	})
}

func TestGenericCodesAreThoseTheStandardNames(t *testing.T) {
	for code, want := range map[string]bool{
		"P0133": true, "p0a80": true, "P2463": true, "P3400": true, "P3FFF": true, "B0001": true, "C0035": true, "U0100": true, "U3000": true,
		"P1234": false, "P3000": false, "P33FF": false, "B1342": false, "B2000": false, "C1200": false, "U1000": false, "U2100": false,
		"": false, "P013": false, "P01333": false, "X0133": false, "P4133": false, "P01G3": false,
	} {
		if got := obd.Generic(code); got != want {
			t.Errorf("%q: generic %v, want %v", code, got, want)
		}
	}
}

func TestMakersOwnCodesSaySo(t *testing.T) {
	everyCode(func(code string) {
		own := strings.Contains(obd.Text(code), "maker's own") && strings.Contains(obd.Texts(code)["zh-Hans"], "厂家自定义") &&
			strings.Contains(obd.Texts(code)["zh-Hant"], "原廠自訂") && strings.Contains(obd.Plain(code)["en"], "its maker's own terms")
		if own == obd.Generic(code) {
			t.Fatalf("%s: says its own %v, generic %v", code, own, obd.Generic(code))
		}
	})
}

func TestWhatIsNoCodeIsSaidSafely(t *testing.T) {
	for _, code := range []string{"", "rust", "P", "P01333", "Q0133", "P9000", "P01Z3", "\x00\xff", "P0１33"} {
		if text := obd.Text(code); text != "not a trouble code of the known form" {
			t.Errorf("%q: %q", code, text)
		}
		if plain := obd.Plain(code)["en"]; plain != "The car reports an entry that a technician has to look at." {
			t.Errorf("%q: %q", code, plain)
		}
	}
}

// FuzzCodeText: whatever is asked for, there is a text in every language, and it
// never repeats what was asked.
func FuzzCodeText(f *testing.F) {
	for _, seed := range []string{"P0133", "p0171", "U0100", "B1342", "C0035", "P3400", "", "rust", "P0", "\xffP0133", "P01333", "５０１３３"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, code string) {
		for _, texts := range []map[string]string{obd.Texts(code), obd.Plain(code)} {
			for _, lang := range []string{"zh-Hans", "zh-Hant", "en"} {
				if texts[lang] == "" || len(code) > 4 && strings.Contains(texts[lang], code) && obd.Generic(code) {
					t.Errorf("%q %s: %q", code, lang, texts[lang])
				}
			}
		}
	})
}
