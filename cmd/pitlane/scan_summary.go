package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"pitlane/devices/obd"
)

// look is how a report is set: how wide, and whether in colour.
type look struct {
	width  int
	colour bool
}

// plainWidth is the width where nobody says how wide it is.
const plainWidth = 80

// lookOf is plain and 80 wide but on a terminal; NO_COLOR takes the colours away
// there too (no-color.org), and so does a terminal that has none.
func lookOf(out io.Writer, env func(string) string) look {
	f, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return look{width: plainWidth}
	}
	l := look{width: plainWidth, colour: env("NO_COLOR") == "" && env("TERM") != "dumb"}
	if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns >= 40 {
		l.width = columns
	}
	return l
}

// The colours of a report: what is wrong, what is open, what is well, and titles.
const (
	red    = "31"
	yellow = "33"
	green  = "32"
	bold   = "1"
)

func (l look) in(colour, text string) string {
	if !l.colour || text == "" {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// wrap sets a text behind a head of so many columns: where it is too long it goes
// on below itself.
func (l look) wrap(head int, text string) string {
	room := max(l.width-head, 20)
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > room:
			lines = append(lines, line)
			line = word
		default:
			line += " " + word
		}
	}
	return strings.Join(append(lines, line), "\n"+strings.Repeat(" ", head))
}

// beside sets a text behind a name, or below it where one line does not hold both.
func (l look) beside(head int, name, text string) string {
	if line := name + "  " + text; head+utf8.RuneCountInString(line) <= l.width || text == "" {
		return line
	}
	return l.wrap(head, name) + "\n" + strings.Repeat(" ", head+2) + l.wrap(head+2, text)
}

// found is one code of a report with every list and unit it stands in.
type found struct {
	name, text string
	where      []string // "stored 7E8"
	stored     bool
}

// printSummary says first what the car's owner would ask: is something wrong, is
// that all, and would the lamp be on.
func printSummary(p func(string, ...any), l look, r *obd.Report) {
	codes, silent := codesOf(r)
	verdict, colour := fmt.Sprintf("%s reported", count(len(codes), "trouble code")), red
	switch {
	case len(codes) == 0 && r.CodesKnown():
		verdict, colour = "no trouble codes: every control unit said so", green
	case len(codes) == 0:
		verdict, colour = "no trouble codes were read, but not everything could be read", yellow
	}
	p("Result    %s", l.in(colour, verdict))
	if lampOf(r) != "" {
		p("          warning lamp %s", lampOf(r))
	}
	if failed := failedTests(r); failed > 0 {
		p("          %s", l.in(yellow, count(failed, "on-board test")+" outside its limits"))
	}
	if len(silent) > 0 {
		p("          %s", l.in(yellow, l.wrap(10, "not all codes could be read of "+strings.Join(silent, ", ")+": there may be more")))
	}
	for _, c := range codes {
		colour := yellow
		if c.stored {
			colour = red
		}
		p("  %s  %s", l.in(colour, fmt.Sprintf("%-8s", c.name)), l.wrap(12, c.text))
		p("            %s", l.wrap(12, strings.Join(c.where, ", ")))
	}
	p("")
}

// codesOf are all codes, the stored ones first, and the units that did not answer
// every question for codes.
func codesOf(r *obd.Report) (codes []found, silent []string) {
	for i := range r.ECUs {
		e := &r.ECUs[i]
		lists := []struct {
			name  string
			codes obd.Codes
		}{{"stored", e.Stored}, {"pending", e.Pending}, {"permanent", e.Permanent}}
		if e.Maker != nil {
			lists = append(lists, struct {
				name  string
				codes obd.Codes
			}{"by address", *e.Maker})
		}
		for n, list := range lists {
			if s := list.codes.State; s != obd.OK && (s != obd.Unsupported || n == 0 && e.Maker == nil) && !slices.Contains(silent, e.ID) {
				silent = append(silent, e.ID)
			}
			for _, c := range list.codes.Codes {
				name := c.Code
				if c.FailureType != "" {
					name += "-" + c.FailureType
				}
				i := slices.IndexFunc(codes, func(f found) bool { return f.name == name })
				if i < 0 {
					codes = append(codes, found{name: name, text: c.Text})
					i = len(codes) - 1
				}
				codes[i].where = append(codes[i].where, list.name+" "+e.ID)
				codes[i].stored = codes[i].stored || n == 0
			}
		}
	}
	slices.SortStableFunc(codes, func(a, b found) int {
		switch {
		case a.stored == b.stored:
			return strings.Compare(a.name, b.name)
		case a.stored:
			return -1
		}
		return 1
	})
	return codes, silent
}

// lampOf is the warning lamp as the units say it; "" where none does.
func lampOf(r *obd.Report) string {
	said := ""
	for _, e := range r.ECUs {
		switch {
		case e.Readiness.State != obd.OK:
		case e.Readiness.MIL:
			return "on"
		default:
			said = "off"
		}
	}
	return said
}

func failedTests(r *obd.Report) (n int) {
	for _, e := range r.ECUs {
		for _, t := range e.Tests {
			if !t.Passed && !t.NotRun {
				n++
			}
		}
	}
	return n
}
