package main

import (
	"cmp"
	"fmt"
	"strings"

	"pitlane/devices/obd"
)

func printReading(p func(string, ...any), indent string, r obd.Reading) {
	if r.Name == nil {
		p("%s%-4s %-42s %s", indent, r.PID, "(not in the table)", r.Raw)
		return
	}
	p("%s%-4s %-42s %s %s", indent, r.PID, words(*r.Name), amount(r.Value), r.Unit)
}

// printInfo says what a unit is. Counters are for the JSON form alone.
func printInfo(p func(string, ...any), i *obd.Info) {
	if i.Name != "" {
		p("  %-10s %s", "Name", i.Name)
	}
	if len(i.CalibrationIDs) > 0 {
		p("  %-10s %s", "Software", strings.Join(i.CalibrationIDs, ", "))
	}
	if len(i.CVNs) > 0 {
		p("  %-10s %s", "Check no.", strings.Join(i.CVNs, ", "))
	}
	for _, m := range i.More {
		p("  %-10s %s %s", "Info "+m.Kind, words(m.Name), cmp.Or(m.Value, m.Raw))
	}
}

// printFreeze says what was when a code was stored, and nothing where none was.
func printFreeze(p func(string, ...any), e *obd.ECU) {
	if s := e.FreezeState; s != "" && s != obd.OK && len(e.Stored.Codes) > 0 {
		p("  %-10s %s", "Freeze", saying(s))
	}
	for _, f := range e.Freeze {
		p("  %-10s frame %d, stored with %s", "Freeze", f.Frame, f.Code)
		for _, r := range f.Readings {
			printReading(p, "    ", r)
		}
	}
}

// printTests says what the on-board tests found, what did not pass first.
func printTests(p func(string, ...any), e *obd.ECU) {
	if s := e.TestsState; s != "" && s != obd.OK && s != obd.NoAnswer {
		p("  %-10s %s", "Tests", saying(s))
	}
	if len(e.Tests) == 0 {
		return
	}
	var passed, waiting int
	for _, t := range e.Tests {
		switch {
		case t.NotRun:
			waiting++
		case t.Passed:
			passed++
		}
	}
	p("  %-10s %d passed, %d failed, %d not run yet", "Tests", passed, len(e.Tests)-passed-waiting, waiting)
	for _, want := range []string{"failed", "passed", "not run yet"} {
		for _, t := range e.Tests {
			if verdict(t) == want {
				p("    %-9s %-11s %s (%s to %s) %s", testName(t), want, amount(t.Value), amount(t.Min), amount(t.Max), t.Unit)
			}
		}
	}
}

func verdict(t obd.Test) string {
	switch {
	case t.NotRun:
		return "not run yet"
	case t.Passed:
		return "passed"
	}
	return "failed"
}

// testName is how the tables of makers name a test: monitor and test, or on older
// buses test and component.
func testName(t obd.Test) string {
	if t.MID == "" {
		return fmt.Sprintf("%s/%s", t.TID, t.Component)
	}
	return t.MID + "/" + t.TID
}
