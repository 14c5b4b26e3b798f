package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/creack/pty"

	"pitlane/devices"
	"pitlane/devices/obd"
	"pitlane/devices/serialport"
	"pitlane/devices/sim"
)

func ok(codes ...string) obd.Codes {
	c := obd.Codes{State: obd.OK}
	for _, x := range codes {
		c.Codes = append(c.Codes, obd.Code{Code: x, Text: "what it means"})
	}
	return c
}

func TestTheResultComesFirst(t *testing.T) {
	t.Parallel()
	unit := func(id string, stored, pending, permanent obd.Codes) obd.ECU {
		return obd.ECU{ID: id, Stored: stored, Pending: pending, Permanent: permanent, Readiness: obd.Readiness{State: obd.OK}}
	}
	none := obd.Codes{State: obd.Unsupported}
	for name, c := range map[string]struct {
		ecus  []obd.ECU
		fault *obd.Failure
		want  string
		not   string
	}{
		"nothing is wrong":      {[]obd.ECU{unit("7E8", ok(), ok(), none)}, nil, "Result    no trouble codes: every control unit said so", "could be read"},
		"a unit was silent":     {[]obd.ECU{unit("7E8", ok(), ok(), none), unit("7E9", obd.Codes{State: obd.NoAnswer}, ok(), none)}, nil, "Result    no trouble codes were read, but not everything could be read", "said so"},
		"no unit at all":        {nil, nil, "Result    no trouble codes were read, but not everything could be read", "said so"},
		"it broke off":          {[]obd.ECU{unit("7E8", ok(), ok(), none)}, &obd.Failure{Kind: "interrupted", Message: "m", Hint: "h"}, "The scan did not end well: m (interrupted)", "said so"},
		"one code in two lists": {[]obd.ECU{unit("7E8", ok("P0133"), ok(), ok("P0133"))}, nil, "Result    1 trouble code reported", "no trouble codes"},
	} {
		var out bytes.Buffer
		if err := printReport(&out, &obd.Report{Requests: 3, ECUs: c.ecus, Error: c.fault}); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(out.String(), c.want) || strings.Contains(out.String(), c.not) {
			t.Errorf("%s: it begins with %q", name, out.String()[:min(out.Len(), 200)])
		}
	}
}

// TestAReportIsEightyColumnsWide: also of the car with the longest texts.
func TestAReportIsEightyColumnsWide(t *testing.T) {
	t.Parallel()
	for name, car := range map[string]sim.Car{"CAN 11": sim.DemoCAN11(1), "CAN 29": sim.DemoCAN29(1), "K-line": sim.DemoKLine(1)} {
		_, port := practiceCar(t, car)
		text, _, code := called(scanCommand(), "--port", port, "--cache", "")
		if code != 0 {
			t.Fatalf("%s: exit %d", name, code)
		}
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 || strings.Contains(line, "\x1b") {
				t.Errorf("%s: %d columns or a colour: %q", name, n, line)
			}
		}
	}
}

// TestColoursAreForTerminals: on one there are some, with NO_COLOR there are none,
// in a file never.
func TestColoursAreForTerminals(t *testing.T) {
	t.Parallel()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = master.Close(), slave.Close() }()
	if err := pty.Setsize(slave, &pty.Winsize{Rows: 24, Cols: 132}); err != nil {
		t.Fatal(err)
	}
	env := func(pairs ...string) func(string) string {
		return func(name string) string {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == name {
					return pairs[i+1]
				}
			}
			return ""
		}
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "report"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	for name, c := range map[string]struct {
		out  *os.File
		env  func(string) string
		want look
	}{
		"a terminal":    {slave, env(), look{132, true}},
		"with NO_COLOR": {slave, env("NO_COLOR", "1"), look{132, false}},
		"a dumb one":    {slave, env("TERM", "dumb"), look{132, false}},
		"a file":        {file, env(), look{80, false}},
	} {
		if got := lookOf(c.out, c.env); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	if plain, coloured := (look{}).in(red, "x"), (look{colour: true}).in(red, "x"); plain != "x" || coloured != "\x1b[31mx\x1b[0m" {
		t.Errorf("%q and %q", plain, coloured)
	}
}

// TestTheBarNamesWhatIsRead, and never goes back.
func TestTheBarNamesWhatIsRead(t *testing.T) {
	t.Parallel()
	_, port := practiceCar(t, sim.DemoCAN11(1))
	s := obd.New(serialport.Opener(serialport.Config{Path: port, Quiet: 5 * time.Millisecond}), obd.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = s.Run(ctx, func(devices.Reading) {}) })
	defer running.Wait()
	defer cancel()
	var bar bytes.Buffer
	p := &progress{out: &bar}
	if _, err := s.Scan(ctx, p.show); err != nil {
		t.Fatal(err)
	}
	rest := bar.String()
	for _, step := range []string{"connecting", "finding the car", "VIN", "what is supported", "trouble codes", "readiness", "values", "freeze frames", "on-board tests", "the control units", "done"} {
		_, after, there := strings.Cut(rest, step)
		if !there {
			t.Fatalf("the bar does not say %q next in %q", step, bar.String())
		}
		rest = after
	}
	last := 0
	for line := range strings.SplitSeq(bar.String(), "\r") {
		n := strings.Count(line, "#")
		if line != "" && n < last || utf8.RuneCountInString(line) > 84 {
			t.Errorf("the bar goes back from %d to %d, or is too wide: %q", last, n, line)
		}
		last = max(last, n)
	}
}
