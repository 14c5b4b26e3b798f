package obd

import (
	"embed"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// The texts of the codes stand in tables: parts, the ways a part is reported,
// and rows that put both together for a run of codes. A code's text is composed
// when it is asked for, so that a part is worded once for all its codes.
//
//go:embed codes_*.tsv
var codeFiles embed.FS

// wording is one text in the languages of the screens.
type wording struct{ en, hans, hant string }

// saying is what a customer is told, to follow "The car reports"; ask adds the
// advice to ask before driving on.
type saying struct {
	wording
	ask bool
}

// codePart is what a code is about; codeMode is how it is reported.
type (
	codePart struct {
		wording
		say string
	}
	codeMode struct {
		wording
		say string
	}
)

// codePlace is where in the car: the mark of a part (A, B, 1, 2), and numbers
// that are 0 where the code names none.
type codePlace struct {
	mark                         string
	bank, sensor, cylinder, unit int
}

// codeEntry is one code with a text of its own.
type codeEntry struct {
	part  codePart
	mode  codeMode
	place codePlace
}

// codeSystem is what the beginning of a code names.
type codeSystem struct {
	wording
	say string
}

// codeTables are all tables, read. complaints lists the rows that make no sense;
// a test holds them to none.
type codeTables struct {
	says       map[string]saying
	parts      map[string]codePart
	modes      map[string]codeMode
	systems    map[string]codeSystem
	entries    map[string]codeEntry
	complaints []string
}

// codeTexts are the tables, read at the first code that is asked for.
var codeTexts = sync.OnceValue(readCodeTables)

func readCodeTables() *codeTables {
	t := &codeTables{
		says: map[string]saying{}, parts: map[string]codePart{}, modes: map[string]codeMode{},
		systems: map[string]codeSystem{}, entries: map[string]codeEntry{},
	}
	t.rows("codes_says.tsv", 5, func(c []string) string {
		t.says[c[0]] = saying{wording{hans: c[1], hant: c[2], en: c[3]}, c[4] == "ask"}
		return ""
	})
	t.rows("codes_parts.tsv", 5, func(c []string) string {
		if _, twice := t.parts[c[0]]; twice {
			return "a part said twice"
		}
		t.parts[c[0]] = codePart{wording{c[1], c[2], c[3]}, c[4]}
		return t.unsaid(c[4])
	})
	t.rows("codes_modes.tsv", 5, func(c []string) string {
		if _, twice := t.modes[c[0]]; twice {
			return "a mode said twice"
		}
		t.modes[c[0]] = codeMode{wording{c[1], c[2], c[3]}, c[4]}
		if c[4] == "" {
			return ""
		}
		return t.unsaid(c[4])
	})
	t.rows("codes_systems.tsv", 5, func(c []string) string {
		t.systems[c[0]] = codeSystem{wording{c[1], c[2], c[3]}, c[4]}
		return t.unsaid(c[4])
	})
	for _, file := range []string{"codes_p0.tsv", "codes_p2.tsv", "codes_bcu.tsv"} {
		t.rows(file, 5, t.run)
	}
	t.rows("codes_units.tsv", 7, t.unit)
	return t
}

// rows hands every row of a file, filled up to a number of columns, to f and
// keeps what f complains about.
func (t *codeTables) rows(file string, columns int, f func(columns []string) string) {
	b, err := codeFiles.ReadFile(file)
	if err != nil {
		t.complaints = append(t.complaints, err.Error())
		return
	}
	for line := range strings.Lines(string(b)) {
		line = strings.TrimRight(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		c := strings.Split(line, "\t")
		if len(c) > columns {
			t.complaints = append(t.complaints, file+": too many columns: "+line)
			continue
		}
		c = append(c, make([]string, columns-len(c))...)
		if complaint := f(c); complaint != "" {
			t.complaints = append(t.complaints, file+": "+complaint+": "+line)
		}
	}
}

func (t *codeTables) unsaid(key string) string {
	if _, ok := t.says[key]; !ok {
		return "nothing is said to the customer"
	}
	return ""
}

// run enters a run of codes: first code, part, place, modes, repeats.
func (t *codeTables) run(c []string) string {
	first, inDecimal := strings.CutSuffix(c[0], "d")
	part, ok := t.parts[c[1]]
	if !ok {
		return "no such part"
	}
	repeats := 1
	if c[4] != "" {
		n, err := strconv.Atoi(c[4])
		if err != nil {
			return "repeats are no number"
		}
		repeats = n
	}
	modes := strings.Fields(c[3])
	for i := range repeats * len(modes) {
		code, ok := codeAfter(first, i, inDecimal)
		if !ok {
			return "no such code"
		}
		mode, known := t.modes[modes[i%len(modes)]]
		place, placed := placeAt(c[2], i)
		if _, twice := t.entries[code]; twice || !known || !placed {
			return "a code said twice, or an unknown mode or place: " + code
		}
		t.entries[code] = codeEntry{part, mode, place}
	}
	return ""
}

// unit enters the codes of one control module on the network.
func (t *codeTables) unit(c []string) string {
	says := [...]string{"lost", "data", "soft"}
	if c[6] == "safety" {
		says[0] = "lostsafe"
	}
	for i, mode := range [...]string{"nocomm", "bad", "incompat"} {
		if c[i] == "-" {
			continue
		}
		if _, twice := t.entries[c[i]]; twice || !Generic(c[i]) {
			return "a code said twice, or no code"
		}
		t.entries[c[i]] = codeEntry{part: codePart{wording{c[3], c[4], c[5]}, says[i]}, mode: t.modes[mode]}
	}
	return ""
}

// codeAfter is the nth code after one. Older runs count in decimal digits: after
// P0309 comes P0310.
func codeAfter(code string, n int, inDecimal bool) (string, bool) {
	if _, ok := codeNumber(code); !ok {
		return "", false
	}
	base, format := 16, "%c%04X"
	if inDecimal {
		base, format = 10, "%c%04d"
	}
	at, err := strconv.ParseInt(code[1:], base, 32)
	next := fmt.Sprintf(format, code[0], at+int64(n))
	_, ok := codeNumber(next)
	return next, err == nil && ok
}

// placeAt reads a place ("A b1", "cyl1+", "cyl1+3") for the nth code of a run: a
// plus counts on with every code, plus and a number with every so many codes.
func placeAt(place string, n int) (codePlace, bool) {
	var p codePlace
	for word := range strings.FieldsSeq(place) {
		word, every, counts := strings.Cut(word, "+")
		step := 0
		if counts {
			size, err := strconv.Atoi(every)
			if err != nil || size < 1 {
				size = 1
			}
			step = n / size
		}
		name := strings.TrimRight(word, "0123456789")
		number, err := strconv.Atoi(word[len(name):])
		switch {
		case name == "" && err == nil:
			p.mark = strconv.Itoa(number + step)
		case err != nil && word != "":
			p.mark = markAfter(word, step)
		case name == "b":
			p.bank = number + step
		case name == "s":
			p.sensor = number + step
		case name == "cyl":
			p.cylinder = number + step
		case name == "u":
			p.unit = number + step
		default:
			return p, false
		}
	}
	return p, true
}

// markAfter counts a letter on: two after A is C.
func markAfter(mark string, step int) string {
	if len(mark) != 1 {
		return mark
	}
	return string(rune(mark[0]) + rune(step))
}
