package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"pitlane/devices/obd"
	"pitlane/devices/sim"
)

func TestLivePrintsALineAReading(t *testing.T) {
	t.Parallel()
	_, port := practiceCar(t, sim.DemoCAN11(1))
	out, complaints, code := called(liveCommand(), "--port", port, "--cache", "", "--pid", "0C,0d", "--ecu", "7e8", "--for", "300ms", "--format", "json")
	if code != 0 || complaints != "" {
		t.Fatalf("code %d, %s", code, complaints)
	}
	seen := map[string]int{}
	for line := range strings.Lines(out) {
		var r struct {
			ECU, PID, Name, Unit, Time string
			Value                      float64
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil || r.Time == "" {
			t.Fatalf("%v in %s", err, line)
		}
		seen[r.ECU+" "+r.PID+" "+r.Name+" "+r.Unit]++
	}
	if len(seen) != 2 || seen["7E8 0C engine_rpm rpm"] < 3 || seen["7E8 0D vehicle_speed km/h"] < 3 {
		t.Errorf("readings %v", seen)
	}
	text, _, code := called(liveCommand(), "--port", port, "--cache", "", "--for", "100ms")
	if code != 0 || !strings.Contains(text, "engine rpm") {
		t.Errorf("code %d: %s", code, text)
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
