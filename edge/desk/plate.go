package desk

import (
	"net/http"
	"regexp"
	"strings"
	"unicode"

	"pitlane/edge/web"
)

const (
	provinces = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
	serial    = "A-HJ-NP-Z0-9" // neither I nor O
)

// platePatterns are the forms of a plate of the mainland, and last any foreign one.
func platePatterns() []string {
	head := "[" + provinces + "][A-HJ-Z]"
	return []string{
		head + "[" + serial + "]{5}",                // 7 places
		head + "[A-HJK][" + serial + "][0-9]{4}",    // 8 places, small new-energy car
		head + "[0-9]{5}[A-HJK]",                    // 8 places, large new-energy car
		head + "[" + serial + "]{4}[警学挂港澳试超临领]",     // a letter of use at the end
		head + "[" + serial + "]{3,4}应急",            // rescue
		"[0-9]{6}使|使[0-9]{6}|[0-9]{6}领",             // embassies and consulates
		"WJ[" + provinces + "]?[" + serial + "]{5}", // armed police
		"[A-Z0-9]{2,10}",                            // foreign, military
	}
}

// cleanPlate brings a plate to the form in which it is stored: upper case, without
// spaces and dots. "" stays "": no plate yet.
func cleanPlate(plate string) (string, error) {
	plate = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || strings.ContainsRune("·.-•‧・", r) {
			return -1
		}
		return unicode.ToUpper(r)
	}, plate)
	if plate == "" || regexp.MustCompile("^(?:"+strings.Join(platePatterns(), "|")+")$").MatchString(plate) {
		return plate, nil
	}
	return "", web.Fail(http.StatusBadRequest, "plate", "this is not the form of a plate", "check each place, or choose “no plate yet”")
}

// cleanPhone is optional but sane: 5 to 15 digits, a leading plus allowed.
func cleanPhone(phone string) (string, error) {
	phone = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || strings.ContainsRune("-()./", r) {
			return -1
		}
		return r
	}, phone)
	if phone == "" || regexp.MustCompile(`^\+?[0-9]{5,15}$`).MatchString(phone) {
		return phone, nil
	}
	return "", web.Fail(http.StatusBadRequest, "phone", "this is not the form of a phone number", "check the digits, or leave it empty")
}
