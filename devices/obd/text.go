package obd

import (
	"fmt"
	"strconv"
	"strings"
)

// Text is the short technical text of a trouble code, in English: of the code
// itself where we have one, else of the system that its digits name (SAE J2012).
// It says what is reported, never what to replace.
func Text(code string) string { return textOf(code).en }

// Texts is the technician's text of a trouble code by language (zh-Hans, zh-Hant,
// en). It knows every code: of one without words of its own it names the system.
func Texts(code string) map[string]string { return byLanguage(textOf(code)) }

// Generic reports whether the standard gives the code its meaning, the same in
// all cars. It is false of a maker's own code and of what is no code.
func Generic(code string) bool {
	code = tidyCode(code)
	if _, ok := codeNumber(code); !ok {
		return false
	}
	if code[0] == 'P' {
		return code[1] == '0' || code[1] == '2' || code[1] == '3' && code[2] >= '4'
	}
	return code[1] == '0' || code[1] == '3'
}

func tidyCode(code string) string { return strings.ToUpper(strings.TrimSpace(code)) }

func byLanguage(w wording) map[string]string {
	return map[string]string{"zh-Hans": w.hans, "zh-Hant": w.hant, "en": w.en}
}

// codeNumber is the number in a code: P0133 gives 0x0133.
func codeNumber(code string) (int, bool) {
	if len(code) != 5 || !strings.ContainsRune("PCBU", rune(code[0])) || !isHex(code[1:]) || code[1] > '3' {
		return 0, false
	}
	n, err := strconv.ParseInt(code[1:], 16, 32)
	return int(n), err == nil
}

func textOf(code string) wording {
	code = tidyCode(code)
	if _, ok := codeNumber(code); !ok {
		return wording{"not a trouble code of the known form", "不是已知格式的故障码", "不是已知格式的故障碼"}
	}
	t := codeTexts()
	if e, ok := t.entries[code]; ok {
		return e.text()
	}
	if Generic(code) {
		return t.systemOf(code).wording
	}
	w := t.systemOf(standardLike(code)).wording
	return wording{w.en + ", the maker's own code", w.hans + "（厂家自定义码）", w.hant + "（原廠自訂碼）"}
}

// standardLike is the beginning of the standard's codes for the system that a
// maker's own code names: P1 follows P0; the others name no more than the letter.
func standardLike(code string) string {
	if code[:2] == "P1" {
		return "P0" + code[2:3]
	}
	return code[:1]
}

// systemOf finds what a code's first characters name; the longest beginning that
// is known wins.
func (t *codeTables) systemOf(code string) codeSystem {
	for n := len(code); n > 1; n-- {
		if s, ok := t.systems[code[:n]]; ok {
			return s
		}
	}
	return t.systems[code[:1]]
}

// text puts part, mark, mode and place together in every language.
func (e codeEntry) text() wording {
	words := strings.Fields(e.part.en + " " + e.place.mark + " " + e.mode.en)
	en := strings.Join(words, " ")
	if en != "" {
		en = strings.ToUpper(en[:1]) + en[1:]
	}
	w := wording{en, e.part.hans + e.place.mark + e.mode.hans, e.part.hant + e.place.mark + e.mode.hant}
	at := e.place.words()
	if at.en == "" {
		return w
	}
	return wording{w.en + ", " + at.en, w.hans + "（" + at.hans + "）", w.hant + "（" + at.hant + "）"}
}

// words says where: "bank 1 sensor 2".
func (p codePlace) words() wording {
	var en, hans, hant []string
	say := func(n int, inEn, inHans, inHant string) {
		if n == 0 {
			return
		}
		en, hans, hant = append(en, fmt.Sprintf(inEn, n)), append(hans, fmt.Sprintf(inHans, n)), append(hant, fmt.Sprintf(inHant, n))
	}
	say(p.bank, "bank %d", "缸组%d", "汽缸列%d")
	say(p.sensor, "sensor %d", "传感器%d", "感測器%d")
	say(p.cylinder, "cylinder %d", "第%d缸", "第%d缸")
	say(p.unit, "unit %d", "单元%d", "單元%d")
	return wording{strings.Join(en, " "), strings.Join(hans, " "), strings.Join(hant, " ")}
}
