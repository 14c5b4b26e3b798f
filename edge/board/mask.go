package board

import (
	"strings"
	"unicode"
)

// provinces are the first characters of a mainland plate.
const provinces = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

// Mask is a plate as the public may see it: province and letter, dots, and at most
// the last three characters (粤B·**345). It always hides at least two places
// behind the region, three of a plate without one, and says nothing at all of a
// plate of fewer than five places. How many it hides it does not tell.
func Mask(plate string) string {
	places := placesOf(plate)
	if len(places) < 5 {
		return ""
	}
	region, rest := "", places
	hidden := 3
	if strings.ContainsRune(provinces, places[0]) && places[1] >= 'A' && places[1] <= 'Z' {
		region, rest, hidden = string(places[:2])+"·", places[2:], 2
	}
	last := rest[len(rest)-min(3, len(rest)-hidden):]
	return region + "**" + string(last)
}

// placesOf are the letters and digits of a plate in upper case: what people write
// between them, and marks that hide in text, do not count.
func placesOf(plate string) []rune {
	var places []rune
	for _, r := range plate {
		if r != unicode.ReplacementChar && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			places = append(places, unicode.ToUpper(r))
		}
	}
	return places
}
