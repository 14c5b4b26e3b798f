package obd_test

import (
	"slices"
	"strings"
	"testing"

	"pitlane/devices/obd"
	"pitlane/devices/sim"
)

// onProtocol is a practice car on one of the buses there are: an engine with more
// codes than fit one frame or line, and beside it a second unit.
func onProtocol(number string) *sim.Vehicle {
	car := still(sim.DemoKLine(1))
	second := &sim.ECU{ID: "18", PIDs: map[byte]sim.Reading{0x0D: sim.Fixed(0)}, Stored: []string{"P0700"}}
	switch number {
	case "6", "8":
		car = still(sim.DemoCAN11(1))
		second = nil
	case "7", "9":
		car = still(sim.DemoCAN29(1))
		second = nil
	}
	if second != nil {
		car.ECUs = append(car.ECUs, second)
	}
	car.Protocol = number
	car.ECUs[0].Stored = []string{"P0300", "P0302", "P0303", "P0304", "C0300", "U0100"}
	return car
}

// TestEveryBusIsReadWithHeadersAndWithout scans the same facts from each protocol of
// the ELM327 that is a bus of SAE J1979.
func TestEveryBusIsReadWithHeadersAndWithout(t *testing.T) {
	t.Parallel()
	for _, number := range strings.Split("1 2 3 4 5 6 7 8 9", " ") {
		for form, cfg := range map[string]sim.AdapterConfig{
			"headers on": {}, "headers off": {Refuses: []string{"ATH1"}}, "spaces stay on": {Refuses: []string{"ATS0"}},
			"the protocol is given": {},
		} {
			t.Run("protocol "+number+", "+form, func(t *testing.T) {
				t.Parallel()
				opts := obd.Options{}
				if form == "the protocol is given" {
					opts.Protocol = number
				}
				car := onProtocol(number)
				if form == "headers off" {
					car.ECUs = car.ECUs[:1] // two cannot be told apart without
				}
				r := newRig(t, quick(cfg), car, opts)
				report, err := r.scan(nil)
				if err != nil {
					t.Fatal(err)
				}
				id := car.ECUs[0].ID
				if form == "headers off" {
					id = "#1"
				}
				holdsTo(t, report, ecuOf(t, report, id), car)
			})
		}
	}
}

// holdsTo compares a report with the car.
func holdsTo(t *testing.T, report *obd.Report, e obd.ECU, car *sim.Vehicle) {
	t.Helper()
	engine := car.ECUs[0]
	if report.Protocol.Number != car.Protocol || report.Protocol.Standard != "SAE J1979" || len(report.ECUs) != len(car.ECUs) {
		t.Errorf("%+v, %d units of %d", report.Protocol, len(report.ECUs), len(car.ECUs))
	}
	if report.VIN.Value != engine.VIN {
		t.Errorf("VIN %s", report.VIN.State)
	}
	if got := codes(e.Stored); !slices.Equal(got, append([]string{"ok"}, engine.Stored...)) {
		t.Errorf("stored %v", got)
	}
	if got := codes(e.Pending); !slices.Equal(got, append([]string{"ok"}, engine.Pending...)) {
		t.Errorf("pending %v", got)
	}
	if e.Readiness.State != obd.OK || e.Readiness.Count != len(engine.Stored) || !e.Readiness.MIL {
		t.Errorf("readiness %+v", e.Readiness)
	}
	if len(e.Freeze) != 1 || e.Freeze[0].Code != engine.Freeze.Code || len(e.Freeze[0].Readings) < len(engine.Freeze.PIDs) {
		t.Errorf("freeze %s %+v", e.FreezeState, e.Freeze)
	}
	if len(e.Tests) < len(engine.Tests) || !slices.Equal(e.Info.CalibrationIDs, engine.Calibrations) {
		t.Errorf("%s, %d tests; calibrations %q", e.TestsState, len(e.Tests), e.Info.CalibrationIDs)
	}
	got := numbers(e.Readings)
	for pid := range engine.PIDs {
		if want := readPID(t, pid, hexOf(engine.PIDs[pid](0)))[0]; got[want.PID] == nil {
			t.Errorf("PID %s is missing", want.PID)
		}
	}
	if rpm := engine.PIDs[0x0C](0); got["0C"] != float64(int(rpm[0])<<8|int(rpm[1]))/4 {
		t.Errorf("engine speed %v", got["0C"])
	}
	can := car.Protocol >= "6"
	if _, constant := got["050101"]; constant == can {
		t.Errorf("oxygen sensor constants: %v", constant)
	}
	services := []string{"08"}
	if can {
		services = append(services, "05")
	}
	for _, s := range services {
		if !slices.ContainsFunc(report.NotAsked, func(n obd.NotAsked) bool { return n.Service == s && n.State == obd.Unsupported && n.Message != "" }) {
			t.Errorf("%s is not said to be left out: %+v", s, report.NotAsked)
		}
	}
}

func hexOf(b []byte) string {
	const digits = "0123456789ABCDEF"
	var out strings.Builder
	for _, x := range b {
		out.WriteByte(digits[x>>4])
		out.WriteByte(digits[x&15])
	}
	return out.String()
}

func TestMode08IsNeverSentAnd05OnlyWhereItIs(t *testing.T) {
	t.Parallel()
	for _, number := range []string{"3", "6"} {
		_, r := scanned(t, onProtocol(number))
		for _, request := range asked(r) {
			if strings.HasPrefix(request, "08") || number == "6" && strings.HasPrefix(request, "05") {
				t.Errorf("protocol %s was asked %s", number, request)
			}
		}
	}
}

func TestABusOfJ1939IsSaidNotToBeRead(t *testing.T) {
	t.Parallel()
	car := sim.DemoTruck(1)
	car.Protocol = "A"
	r := newRig(t, quick(sim.AdapterConfig{}), car, obd.Options{Protocol: "A"})
	report, err := r.scan(nil)
	if err == nil || report.Error.Kind != "wrong_usage" || !strings.Contains(report.Error.Message, "J1939") {
		t.Errorf("%v %+v", err, report.Error)
	}
	v := &obd.Vehicle{Protocol: []string{"A"}, Settings: obd.VehicleSettings{Headers: true}, Exchanges: []obd.VehicleExchange{
		{Request: "FECA", Lines: []string{"18FECA00 00FF00000000FFFF", "6 0FECA 00 00 FF 9A 0C 04 01 FF FF"}},
	}}
	if line := obd.Replay(v)[0]; line.Error == nil || *line.Error != "unsupported" || len(line.ECUs) != 0 {
		t.Errorf("%+v", line)
	}
}

// A K-line is silent between the tests: the sensor that has none, and one that refuses.
func TestAnOxygenSensorThatIsNotToldIsMissing(t *testing.T) {
	t.Parallel()
	car := sim.DemoKLine(1)
	car.ECUs[0].Extra = map[string]string{"050501": "7F050511", "050702": "45070232"}
	report, _ := scanned(t, car)
	got := failed(report, "10", "05")
	want := map[string]obd.State{"050501": obd.Refused, "050702": obd.Incomplete}
	if len(got) != len(want) || got["050501"] != obd.Refused || got["050702"] != obd.Incomplete {
		t.Errorf("got %v, want %v", got, want)
	}
}
