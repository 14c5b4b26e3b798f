package obd_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pitlane/devices/obd"
	"pitlane/devices/sim"
)

// again packs a session as the journal keeps it, takes it out, and scans the car
// that its vehicle file is.
func again(t *testing.T, s *obd.Session) (*obd.Report, error) {
	t.Helper()
	packed, err := obd.PackSession(s)
	if err != nil {
		t.Fatal(err)
	}
	back, err := obd.UnpackSession(packed)
	if err != nil {
		t.Fatal(err)
	}
	car, _ := playedBack(t, back.Vehicle())
	report, _, err := tryOver(t, adapterIn(car), obd.Options{})
	return report, err
}

// playedBack is the car in a vehicle file, and that file's text.
func playedBack(t *testing.T, v *obd.Vehicle) (car sim.Car, text []byte) {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "session.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return recorded(t, file), text
}

// recorded is the car in a vehicle file.
func recorded(t *testing.T, file string) sim.Car {
	t.Helper()
	car, err := sim.VehicleFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return car
}

func TestEverySimulatedCarReplaysFromItsRecord(t *testing.T) {
	for name, car := range demoCars() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				opts := obd.Options{Port: "bay", Cache: filepath.Join(t.TempDir(), "learned.json")}
				reports, _ := garage{car: car}.scans(t, opts, opts)
				for i, first := range reports {
					second, err := again(t, first.Session)
					if err != nil || facts(t, second) != facts(t, first) {
						t.Errorf("scan %d: played back (%v) it says %s, it said %s", i, err, facts(t, second), facts(t, first))
					}
				}
			})
		})
	}
}

func TestEveryRecordedCarReplaysFromItsRecord(t *testing.T) {
	files, _ := vehicleFiles(t)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := adapterIn(recorded(t, file))
				first, _, failed := tryOver(t, a, obd.Options{})
				if first.Session == nil || len(first.Session.Exchanges) == 0 {
					t.Fatal("the scan left no record")
				}
				second, err := again(t, first.Session)
				if (err == nil) != (failed == nil) || facts(t, second) != facts(t, first) {
					t.Errorf("played back (%v) it says %s, it said (%v) %s", err, facts(t, second), failed, facts(t, first))
				}
			})
		})
	}
}

// TestAScanThatBrokeOffKeepsItsRecord: also of a scan that failed it is known what
// was sent and what came back.
func TestAScanThatBrokeOffKeepsItsRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := adapterIn(sim.DemoCAN11(1))
		a.SetFaults(sim.Faults{Error: "CAN ERROR"})
		report, said, err := tryOver(t, a, obd.Options{})
		if err == nil || report.Session == nil {
			t.Fatalf("got %v and a record %v, want a failure with its record", err, report.Session != nil)
		}
		var last obd.Exchange
		for _, e := range report.Session.Exchanges {
			if len(e.Raw) > 0 {
				last = e
			}
		}
		if end := said[len(said)-1]; last.Request != end.Request || !bytes.Equal(last.Raw, end.Raw) {
			t.Errorf("the record ends with %s, the talk with %s", last.Request, end.Request)
		}
	})
}

// TestTheRecordIsOfOneScan: the second scan of a run has the greeting and its own
// exchanges, and none of the first one's or of the time between.
func TestTheRecordIsOfOneScan(t *testing.T) {
	r := newRig(t, quick(sim.AdapterConfig{}), sim.DemoCAN11(1), obd.Options{Idle: time.Millisecond})
	var sessions [2]*obd.Session
	for i := range sessions {
		report, err := r.scan(nil)
		if err != nil {
			t.Fatal(err)
		}
		sessions[i] = report.Session
	}
	for i, s := range sessions {
		vins, before := 0, 0
		for _, e := range s.Exchanges {
			if strings.HasPrefix(e.Request, "0902") {
				vins++
			}
			if e.At < 0 {
				before++
			}
		}
		if vins != 1 || before == 0 {
			t.Errorf("record %d asks for the VIN %d times and has %d exchanges of the greeting", i, vins, before)
		}
	}
}

// wild is a session with everything that a packed form may lose.
func wild() *obd.Session {
	volts := 12.5
	return &obd.Session{
		Adapter:  obd.Adapter{Identity: "ELM327 v1.5", Volts: &volts, Hints: []string{"clone: x"}},
		Protocol: obd.Protocol{Number: "6", Name: "CAN"}, StartedMS: 1_700_000_000_000, EndedMS: 1_700_000_001_480, Dropped: 3,
		Exchanges: []obd.Exchange{
			{At: -time.Second, Took: 20 * time.Millisecond, Request: "ATE0", Raw: []byte("ATE0\rOK\r\r>"), Echo: true},
			{Took: 30 * time.Millisecond, Request: "03", Raw: []byte("7E8 04 43 01 01 33\r\r>"), Headers: true},
			{At: time.Second, Request: "07", Raw: []byte{0, 0xFF, '<', '\r', 0x80}, Headers: true, Broken: true},
			{At: 2 * time.Second, Request: "0A", Raw: []byte{}, Broken: true},
		},
	}
}

func TestTheRecordKeepsTheExactBytes(t *testing.T) {
	packed, err := obd.PackSession(wild())
	if err != nil {
		t.Fatal(err)
	}
	got, err := obd.UnpackSession(packed)
	if err != nil || !reflect.DeepEqual(got, wild()) {
		t.Errorf("it came back as %+v, %v", got, err)
	}
}

// TestTheRecordsFormIsTheGoldenOne: what was kept years ago is read for ever. The
// packed bytes may change with the packer; what they say may not.
func TestTheRecordsFormIsTheGoldenOne(t *testing.T) {
	const file = "testdata/session-v1.zst"
	if *update {
		packed, err := obd.PackSession(wild())
		if err == nil {
			err = os.WriteFile(file, packed, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := obd.UnpackSession(golden); err != nil || !reflect.DeepEqual(got, wild()) {
		t.Errorf("%s says %+v, %v", file, got, err)
	}
}

func FuzzUnpackSession(f *testing.F) {
	packed, err := obd.PackSession(wild())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(packed)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := obd.UnpackSession(data)
		if err != nil {
			if !errors.Is(err, obd.ErrSession) {
				t.Errorf("%v is not ErrSession", err)
			}
			return
		}
		if _, err := json.Marshal(s.Vehicle()); err != nil {
			t.Errorf("its vehicle file cannot be written: %v", err)
		}
	})
}
