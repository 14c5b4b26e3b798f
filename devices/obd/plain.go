package obd

import (
	"strconv"
	"strings"
)

// Plain says a trouble code to a customer, by language (zh-Hans, zh-Hant, en):
// what the car reports, in everyday words and without a verdict. Where brakes,
// steering, airbags, oil, heat or an uneven engine are concerned it adds the
// advice to ask before driving on. It knows every code: of an unfamiliar one it
// names the part of the car.
func Plain(code string) map[string]string {
	s := saidBy(tidyCode(code))
	w := wording{"The car reports " + s.en + ".", "车辆报告" + s.hans + "。", "車輛回報" + s.hant + "。"}
	if s.ask {
		w.en += " Please ask us before you drive on."
		w.hans += "继续行驶前，请先咨询我们。"
		w.hant += "繼續上路前，請先問問我們。"
	}
	return byLanguage(w)
}

// saidBy finds what a code reports.
func saidBy(code string) saying {
	t := codeTexts()
	if _, ok := codeNumber(code); !ok {
		return t.says["unknown"]
	}
	e, ok := t.entries[code]
	if !ok {
		if !Generic(code) {
			return t.says["maker"+code[:1]]
		}
		return t.says[t.systemOf(code).say]
	}
	key := e.part.say
	if e.mode.say != "" {
		key = e.mode.say
	}
	if e.place.cylinder == 0 {
		return t.says[key]
	}
	s, ok := t.says[key+"cyl"]
	if !ok {
		return t.says[key]
	}
	n := strconv.Itoa(e.place.cylinder)
	s.en, s.hans, s.hant = strings.ReplaceAll(s.en, "{n}", n), strings.ReplaceAll(s.hans, "{n}", n), strings.ReplaceAll(s.hant, "{n}", n)
	return s
}
