package obd_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"pitlane/devices/obd"
)

func TestARecordingOfAFastScanHoldsAllItsFacts(t *testing.T) {
	for name, car := range demoCars() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := t.TempDir()
				opts := obd.Options{Port: "bay", Cache: filepath.Join(dir, "learned.json")}
				reports, said := garage{car: car}.scans(t, opts, opts)
				data, err := json.Marshal(obd.Record(said[1], reports[1]))
				if err != nil {
					t.Fatal(err)
				}
				replayed(t, data, reports[1])
				v, err := obd.ParseVehicle(data)
				if err != nil {
					t.Fatal(err)
				}
				values := map[string]bool{}
				for _, line := range obd.Replay(v) {
					for id, e := range line.ECUs {
						for _, r := range e.Readings {
							r.PID = strings.TrimPrefix(r.PID, "F4")
							value, _ := json.Marshal(r)
							values[id+string(value)] = true
						}
						if strings.HasPrefix(line.Request, "22F5") && len(e.Raw) > 6 {
							value, _ := json.Marshal(obd.Reading{PID: line.Request[2:6], Raw: e.Raw[6:]})
							values[id+string(value)] = true
						}
					}
				}
				for _, e := range reports[1].ECUs {
					for _, r := range e.Readings {
						if value, _ := json.Marshal(r); !values[e.ID+string(value)] {
							t.Errorf("%s of %s is not in the recording", value, e.ID)
						}
					}
				}
				file := filepath.Join(dir, "session.json")
				if err := os.WriteFile(file, data, 0o600); err != nil {
					t.Fatal(err)
				}
				again, _ := scanOver(t, adapterIn(recorded(t, file)), obd.Options{})
				if facts(t, again) != facts(t, reports[1]) {
					t.Errorf("played back it says %s, it said %s", facts(t, again), facts(t, reports[1]))
				}
			})
		})
	}
}

func TestRecordedVehiclesSayTheSameFastAndSlow(t *testing.T) {
	files, _ := vehicleFiles(t)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				opts := obd.Options{Port: "bay", Cache: filepath.Join(t.TempDir(), "learned.json")}
				want := ""
				once := onceEach(t, file)
				for i, o := range []obd.Options{{Plain: true}, opts, opts} {
					report, _, err := tryOver(t, adapterIn(recorded(t, once)), o)
					got := facts(t, report)
					if i == 0 {
						want = got
					}
					if got != want {
						at := 0
						for at < min(len(got), len(want)) && got[at] == want[at] {
							at++
						}
						at = max(0, at-60)
						t.Errorf("scan %d says %v\n   …%.200s, a slow one\n   …%.200s", i, err, got[at:], want[at:])
					}
				}
			})
		})
	}
}

// onceEach is a copy of a vehicle file with one answer a request: of several the
// practice adapter plays one after the other.
func onceEach(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	v, err := obd.ParseVehicle(data)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	v.Exchanges = slices.DeleteFunc(v.Exchanges, func(e obd.VehicleExchange) bool {
		key := strings.ToUpper(strings.ReplaceAll(e.Request, " ", ""))
		key = key[:len(key)&^1] + " " + e.Header // without a count
		again := seen[key]
		seen[key] = true
		return again
	})
	if data, err = json.Marshal(v); err != nil {
		t.Fatal(err)
	}
	once := filepath.Join(t.TempDir(), "once.json")
	if err := os.WriteFile(once, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return once
}
