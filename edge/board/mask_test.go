package board_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pitlane/edge/board"
)

func TestMask(t *testing.T) {
	for plate, want := range map[string]string{
		"粤B12345":     "粤B·**345",
		"粤B·12345":    "粤B·**345",
		"粤b 12-345":   "粤B·**345",
		"粤BD12345":    "粤B·**345", // a new-energy plate looks no longer
		"粤Z1234港":     "粤Z·**34港",
		"京A1234警":     "京A·**34警",
		"粤B123":       "粤B·**3",
		"粤B12":        "",
		"粤B1":         "",
		"粤B":          "",
		"":            "",
		"使014578":     "**578",
		"WJ粤1234X":    "**34X",
		"AB12CDE":     "**CDE",
		"AB123":       "**23",
		"AB12":        "",
		"粤12345":      "**345", // a province without its letter is no region
		"·········":   "",
		"KA😀BC\x0012": "**C12",
		"ａｂ１２３４":      "**２３４",
	} {
		if got := board.Mask(plate); got != want {
			t.Errorf("Mask(%q) = %q, want %q", plate, got, want)
		}
	}
}

// FuzzMask: never more than the region and three characters, nothing of a plate of
// fewer than five, and at least two places hidden.
func FuzzMask(f *testing.F) {
	for _, p := range []string{"粤B12345", "粤BD12345", "AB12CDE", "使014578", "AB12", "粤B12", "\xff\xfe", "e\u0301e\u0301e\u0301e\u0301e\u0301"} {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, plate string) {
		got := board.Mask(plate)
		if got == "" {
			return
		}
		region, last, dotted := strings.Cut(got, "**")
		if !dotted || utf8.RuneCountInString(last) > 3 {
			t.Fatalf("it shows %d characters at the end", utf8.RuneCountInString(last))
		}
		if region != "" {
			r := []rune(region)
			if len(r) != 3 || !strings.ContainsRune("京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼", r[0]) || r[1] < 'A' || r[1] > 'Z' || r[2] != '·' {
				t.Fatalf("what it shows in front is no region")
			}
		}
		shown := utf8.RuneCountInString(last)
		if region != "" {
			shown += 2
		}
		if n := utf8.RuneCountInString(plate); n < 5 || n-shown < 2 {
			t.Fatalf("of %d characters it shows %d", n, shown)
		}
	})
}
