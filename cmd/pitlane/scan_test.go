package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"pitlane/devices/obd"
	"pitlane/devices/sim"
)

// called runs one command of the tool and returns what it put out, what it
// complained of, and its exit code.
func called(cmd *cobra.Command, args ...string) (out, complaints string, code int) {
	var o, e bytes.Buffer
	cmd.SetOut(&o)
	cmd.SetErr(&e)
	cmd.SetArgs(append([]string{}, args...)) // nil would be the test program's own
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	err := cmd.ExecuteContext(context.Background())
	if err == nil {
		return o.String(), e.String(), 0
	}
	x := &exit{code: exitUsage, err: err}
	errors.As(err, &x)
	return o.String(), e.String() + err.Error(), x.code
}

// practiceCar is a practice adapter in a car, on a pty.
func practiceCar(t *testing.T, car sim.Car) (*sim.Adapter, string) {
	t.Helper()
	a := sim.NewAdapter(sim.AdapterConfig{Timing: sim.Instant()})
	a.Plug(car)
	line, err := sim.NewLine(t.TempDir(), "obd")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Serve(ctx, line) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, line.Close()); err != nil {
			t.Error(err)
		}
	})
	return a, line.Path()
}

// nulls lists the arrays of a report that are null; only error, volts and a
// reading's name may be.
func nulls(path string, v any) []string {
	var found []string
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if x == nil && k != "error" && k != "volts" && k != "name" {
				found = append(found, path+"."+k)
			}
			found = append(found, nulls(path+"."+k, x)...)
		}
	case []any:
		for _, x := range v {
			found = append(found, nulls(path+"[]", x)...)
		}
	}
	return found
}

func TestScanSaysWhatTheCarSays(t *testing.T) {
	t.Parallel()
	_, port := practiceCar(t, sim.DemoCAN11(1))
	record := filepath.Join(t.TempDir(), "car.json")
	out, complaints, code := called(scanCommand(), "--port", port, "--format", "json", "--cache", "", "--record", record)
	if code != 0 || complaints != "" {
		t.Fatalf("code %d, %s", code, complaints)
	}
	var report obd.Report
	var tree any
	if err := errors.Join(json.Unmarshal([]byte(out), &report), json.Unmarshal([]byte(out), &tree)); err != nil {
		t.Fatal(err)
	}
	if n := nulls("", tree); len(n) != 0 {
		t.Errorf("null: %q", n)
	}
	if len(report.ECUs) != 2 || report.ECUs[0].Stored.Codes[0].Code != "P0133" || report.ECUs[0].Stored.Codes[0].Text == "" {
		t.Errorf("%d ECUs", len(report.ECUs))
	}
	info, err := os.Stat(record)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the recording holds a VIN: %v %v", info.Mode(), err)
	}
	replayed, complaints, code := called(replayCommand(), record)
	if code != 0 || !strings.Contains(replayed, `"codes":["P0133"]`) || !strings.Contains(replayed, report.VIN.Value) {
		t.Errorf("the recording does not play: %d %s", code, complaints)
	}
	text, _, code := called(scanCommand(), "--port", port, "--cache", "")
	for _, want := range []string{"P0133", "Oxygen sensor slow response", "ISO 15765-4 CAN 11/500", "engine rpm", "no answer",
		"frame 0, stored with P0133", "2 passed, 0 failed, 0 not run yet", "01/80     passed      0.4 (0.1 to 0.9) V", "PL06A906032HN"} {
		if code != 0 || !strings.Contains(text, want) {
			t.Errorf("code %d: the text does not say %q:\n%s", code, want, text)
		}
	}
}

func TestScanSaysWhatWentWrong(t *testing.T) {
	t.Parallel()
	a, port := practiceCar(t, sim.DemoCAN11(1))
	a.SetFaults(sim.Faults{Error: "UNABLE TO CONNECT"})
	missing := filepath.Join(t.TempDir(), "none")
	for name, c := range map[string]struct {
		args []string
		code int
		kind string
	}{
		"no car":           {[]string{"--port", port}, 1, "unable_to_connect"},
		"too little time":  {[]string{"--port", port, "--timeout", "1ns"}, 1, "interrupted"},
		"no port":          {[]string{"--port", missing}, 3, "port"},
		"no adapter":       {[]string{"--port", deafLine(t)}, 3, "not_an_adapter"},
		"a mask, no file":  {[]string{"--port", port, "--mask"}, 2, "wrong_usage"},
		"no name":          {nil, 2, "wrong_usage"},
		"no such protocol": {[]string{"--port", port, "--protocol", "D"}, 2, "wrong_usage"},
		"no such speed":    {[]string{"--port", port, "--baud", "-1"}, 2, "wrong_usage"},
		"no number":        {[]string{"--format", "json", "--port", port, "--baud", "fast"}, 2, "wrong_usage"},
		"no such flag":     {[]string{"--format", "json", "--port", port, "--fast"}, 2, "wrong_usage"},
		"a word too many":  {[]string{"--port", port, "now"}, 2, "wrong_usage"},
	} {
		t.Run(name, func(t *testing.T) {
			out, _, code := called(scanCommand(), append(c.args, "--format", "json", "--cache", "")...)
			var report obd.Report
			var tree any
			if err := errors.Join(json.Unmarshal([]byte(out), &report), json.Unmarshal([]byte(out), &tree)); err != nil {
				t.Fatalf("%v: %q", err, out)
			}
			if code != c.code || report.Error == nil || report.Error.Kind != c.kind || report.Error.Hint == "" {
				t.Errorf("code %d and %+v, want %d and %s", code, report.Error, c.code, c.kind)
			}
			if n := nulls("", tree); len(n) != 0 {
				t.Errorf("null: %q", n)
			}
		})
	}
	text, _, code := called(scanCommand(), "--port", missing, "--cache", "")
	if code != exitUnreachable || !strings.Contains(text, "there is no port") || strings.Contains(text, "VIN") {
		t.Errorf("a port that is missing, as text: %d %q", code, text)
	}
	if _, complaints, code := called(scanCommand()); code != exitUsage || !strings.Contains(complaints, "--port") {
		t.Errorf("as text: %d %q", code, complaints)
	}
}

func TestReplayRefusesWhatIsNoVehicle(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "x.json")
	if err := os.WriteFile(file, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{nil, {file}, {file + "none"}, {file, file}} {
		if out, complaints, code := called(replayCommand(), args...); code != exitUsage || complaints == "" || out != "" {
			t.Errorf("%q: code %d, %q", args, code, complaints)
		}
	}
}

// deafLine is a line that is there, with nobody at its other end.
func deafLine(t *testing.T) string {
	t.Helper()
	line, err := sim.NewLine(t.TempDir(), "deaf")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := line.Close(); err != nil {
			t.Error(err)
		}
	})
	return line.Path()
}
