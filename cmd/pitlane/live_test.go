package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitlane/devices/obd"
	"pitlane/devices/sim"
)

func TestLivePrintsALineAReading(t *testing.T) {
	t.Parallel()
	_, port := practiceCar(t, sim.DemoCAN11(1))
	seen := map[string]int{}
	watched(t, func(line string) bool {
		var r struct {
			ECU, PID, Name, Unit, Time string
			Value                      float64
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil || r.Time == "" {
			t.Errorf("%v in %s", err, line)
		}
		seen[r.ECU+" "+r.PID+" "+r.Name+" "+r.Unit]++
		return len(seen) > 1 && seen["7E8 0C engine_rpm rpm"] > 2 && seen["7E8 0D vehicle_speed km/h"] > 2
	}, "--port", port, "--cache", "", "--pid", "0C,0d", "--ecu", "7e8", "--format", "json")
	if len(seen) != 2 {
		t.Errorf("readings %v", seen)
	}
	watched(t, func(line string) bool { return strings.Contains(line, "engine rpm") }, "--port", port, "--cache", "")
	if _, complaints, code := called(liveCommand(), "--port", port, "--cache", "", "--for", "100ms"); code != 0 || complaints != "" {
		t.Errorf("for a time: code %d, %s", code, complaints)
	}
}

// watched runs `pitlane live` until enough says so of a line.
func watched(t *testing.T, enough func(line string) bool, args ...string) {
	t.Helper()
	ctx, end := context.WithTimeout(t.Context(), time.Minute)
	defer end()
	near, far := io.Pipe()
	var complaints bytes.Buffer
	cmd := liveCommand()
	cmd.SetOut(far)
	cmd.SetErr(&complaints)
	cmd.SetArgs(args)
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	ended := make(chan error, 1)
	go func() { ended <- errors.Join(cmd.ExecuteContext(ctx), far.Close()) }()
	is := false
	for lines := bufio.NewScanner(near); lines.Scan(); {
		if is = is || enough(lines.Text()); is {
			end()
		}
	}
	if err := <-ended; err != nil || !is || complaints.Len() > 0 {
		t.Errorf("enough was said: %v; %v, %s", is, err, complaints.String())
	}
}

func TestLiveSaysWhatWentWrong(t *testing.T) {
	t.Parallel()
	_, port := practiceCar(t, sim.DemoCAN11(1))
	for name, c := range map[string]struct {
		args []string
		code int
		kind string
	}{
		"no port":        {[]string{"--port", filepath.Join(t.TempDir(), "none")}, 3, "port"},
		"no name":        {nil, 2, "wrong_usage"},
		"no such value":  {[]string{"--port", port, "--pid", "00"}, 2, "wrong_usage"},
		"not in the car": {[]string{"--port", port, "--pid", "9F"}, 1, "unsupported"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, _, code := called(liveCommand(), append([]string{"--format", "json", "--cache", ""}, c.args...)...)
			var last struct{ Error obd.Failure }
			if err := json.Unmarshal([]byte(out), &last); err != nil || code != c.code || last.Error.Kind != c.kind || last.Error.Hint == "" {
				t.Errorf("code %d and %s, want %d and %s", code, out, c.code, c.kind)
			}
		})
	}
}
