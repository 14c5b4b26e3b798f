package main

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"

	"pitlane/devices/obd"
)

// printReport says a report to a technician.
func printReport(out io.Writer, r *obd.Report) error {
	w := bufio.NewWriter(out)
	p := func(format string, args ...any) {
		_, _ = fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf(format, args...), " ")) // Flush gives its error
	}
	l := lookOf(out, os.Getenv)
	if r.Error != nil { // with no request made there is nothing else to say
		printFailure(p, l, r.Error)
		if r.Requests == 0 {
			return w.Flush()
		}
		p("")
	}
	printSummary(p, l, r)
	if r.Adapter.Identity != "" {
		p("Adapter   %s %s", r.Adapter.Identity, r.Adapter.Description)
	}
	if r.Adapter.Volts != nil {
		p("Voltage   %.1f V", *r.Adapter.Volts)
	}
	for _, h := range r.Adapter.Hints {
		p("Note      %s", l.wrap(10, h))
	}
	if r.Protocol.Name != "" {
		p("Protocol  %s (%s) %s", r.Protocol.Name, r.Protocol.Number, r.Protocol.Standard)
	}
	if r.VIN.State == obd.OK {
		p("VIN       %s", r.VIN.Value)
	} else {
		p("VIN       %s", saying(r.VIN.State))
	}
	for i := range r.ECUs {
		printECU(p, l, &r.ECUs[i])
	}
	if len(r.Errors) > 0 {
		p("\nNot answered with data:")
	}
	for _, e := range r.Errors {
		p("  %-6s %-9s %s %s %s", e.Request, e.ECU, saying(e.State), e.NRC, e.Message)
	}
	p("\n%s in %.1f s", count(r.Requests, "request"), float64(r.DurationMS)/1000)
	return w.Flush()
}

func printFailure(p func(string, ...any), l look, f *obd.Failure) {
	p("%s", l.in(red, l.wrap(2, fmt.Sprintf("The scan did not end well: %s (%s)", f.Message, f.Kind))))
	p("  %s", l.wrap(2, f.Hint))
}

// count is a number of things in words.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func printECU(p func(string, ...any), l look, e *obd.ECU) {
	p("\n%s", l.in(bold, "Control unit "+e.ID))
	lists := []struct {
		name  string
		codes obd.Codes
	}{{"Stored", e.Stored}, {"Pending", e.Pending}, {"Permanent", e.Permanent}}
	if e.Maker != nil {
		lists = append(lists, struct {
			name  string
			codes obd.Codes
		}{"By address", *e.Maker})
	}
	for _, list := range lists {
		switch {
		case list.codes.State != obd.OK:
			p("  %-10s %s %s", list.name, saying(list.codes.State), list.codes.NRC)
		case len(list.codes.Codes) == 0:
			p("  %-10s no codes", list.name)
		}
		for _, c := range list.codes.Codes {
			p("  %-10s %s", list.name, l.beside(13, codeName(c), c.Text))
			if c.Extended != "" {
				p("  %-10s extended data %s", "", c.Extended)
			}
		}
	}
	printReadiness(p, e)
	printInfo(p, &e.Info)
	printFreeze(p, e)
	printTests(p, e)
	for _, r := range e.Readings {
		printReading(p, "  ", r)
	}
}

// codeName is a code and, where the car tells it, how it failed and how it stands.
func codeName(c obd.Code) string {
	name := c.Code
	if c.FailureType != "" {
		name += "-" + c.FailureType
	}
	if len(c.StatusBits) > 0 {
		name += " (" + words(strings.Join(c.StatusBits, ", ")) + ")"
	}
	return name
}

func printReadiness(p func(string, ...any), e *obd.ECU) {
	if e.Readiness.State != obd.OK {
		p("  %-10s %s", "Readiness", saying(e.Readiness.State))
	} else {
		var open []string
		for _, m := range e.Readiness.Monitors {
			if m.Supported && !m.Complete {
				open = append(open, words(m.Name))
			}
		}
		p("  %-10s lamp %s, %s, not complete: %s", "Readiness", lamp(e.Readiness.MIL), count(e.Readiness.Count, "code"),
			orNone(strings.Join(open, ", ")))
	}
	for _, g := range e.Readiness.Groups {
		if !g.Complete {
			p("  %-10s group %s not complete (%s)", "", strings.TrimSpace(g.Group+" "+words(g.Name)), count(g.Codes, "code"))
		}
	}
}

// words is a name of the JSON form as one reads it.
func words(name string) string { return strings.ReplaceAll(name, "_", " ") }

// amount is a value with as many digits as help.
func amount(v any) string {
	switch v := v.(type) {
	case float64:
		return strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64)
	case string:
		return words(v)
	}
	return fmt.Sprint(v)
}

func lamp(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// saying is a state in words.
func saying(s obd.State) string {
	switch s {
	case obd.Unsupported:
		return "not supported"
	case obd.NoAnswer:
		return "no answer"
	case obd.Refused:
		return "refused"
	case obd.AdapterFault:
		return "not known: adapter fault"
	case obd.BusFault:
		return "not known: bus fault"
	case obd.Incomplete:
		return "not known: the answer was incomplete"
	}
	return string(s)
}

// progress is a bar on a terminal, and nothing elsewhere.
type progress struct {
	out  io.Writer // nil: nobody watches
	full int       // how far the bar has come: more work may turn up, it does not go back
}

func newProgress(errs io.Writer, quiet bool) *progress {
	f, ok := errs.(*os.File)
	if quiet || !ok || !term.IsTerminal(int(f.Fd())) {
		return &progress{}
	}
	return &progress{out: errs}
}

const barWidth = 30

// stepWords says what a step is about; a step that is new here is said as it came.
func stepWords(step string) string {
	switch step {
	case obd.StepConnect:
		return "connecting"
	case obd.StepProtocol:
		return "finding the car"
	case obd.StepVIN:
		return "VIN"
	case obd.StepSupported:
		return "what is supported"
	case obd.StepCodes:
		return "trouble codes"
	case obd.StepReadings:
		return "values"
	case obd.StepFreeze:
		return "freeze frames"
	case obd.StepTests:
		return "on-board tests"
	case obd.StepInfo:
		return "the control units"
	}
	return step
}

func (p *progress) show(at obd.Progress) {
	if p.out == nil {
		return
	}
	p.full = max(p.full, barWidth*at.Done/max(at.Total, 1))
	codes, _ := codesOf(at.Report)
	_, _ = fmt.Fprintf(p.out, "\r\x1b[K[%s%s] %3d/%d %-19s %s", // a bar nobody can see harms nobody
		strings.Repeat("#", p.full), strings.Repeat(".", barWidth-p.full), at.Done, at.Total, stepWords(at.Step), count(len(codes), "code"))
}

func (p *progress) end() {
	if p.out != nil {
		_, _ = fmt.Fprint(p.out, "\r\x1b[K") // as above
	}
}
