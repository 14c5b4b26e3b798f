package sim_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"pitlane/devices/sim"
)

var update = flag.Bool("update", false, "write the made-up vehicle files anew")

// The made-up vehicle files lie where the decoder's tests look for vehicles. They
// are recorded from the practice cars, at the moment these are plugged in; what is
// expected is written here by hand, from what the cars were made of.

type file struct {
	Schema    string            `json:"schema"`
	Source    map[string]string `json:"source"`
	Vehicle   map[string]any    `json:"vehicle"`
	Kind      string            `json:"kind"`
	Protocol  []string          `json:"protocol"`
	Adapter   string            `json:"adapter"`
	Settings  map[string]bool   `json:"adapter_settings"`
	Note      string            `json:"note"`
	Exchanges []fileExchange    `json:"exchanges"`
}

type fileExchange struct {
	Request  string         `json:"request"`
	Lines    []string       `json:"lines"`
	Expected map[string]any `json:"expected"`
}

func expect(request string, facts ...any) fileExchange {
	e := fileExchange{Request: request, Expected: map[string]any{}}
	for i := 0; i < len(facts); i += 2 {
		e.Expected[facts[i].(string)] = facts[i+1]
	}
	return e
}

// codesOf is a shorthand for codes by unit.
type codesOf map[string][]string

func madeUp() map[string]struct {
	car  *sim.Vehicle
	asks []fileExchange
} {
	type entry = struct {
		car  *sim.Vehicle
		asks []fileExchange
	}
	return map[string]entry{
		"sim_can11.json": {sim.DemoCAN11(1), []fileExchange{
			expect("ATRV", "volts", 12.6),
			expect("0100", "ecus", []string{"7E8", "7E9"}),
			expect("ATDPN", "protocol", "6", "auto", true),
			expect("0120"), expect("0140"),
			expect("0101", "mil", true, "dtc_count", 1),
			expect("03", "stored_dtcs", codesOf{"7E8": {"P0133"}, "7E9": {}}),
			expect("07", "pending_dtcs", codesOf{"7E8": {}, "7E9": {}}),
			expect("0A", "permanent_dtcs", codesOf{"7E8": {"P0133"}}),
			expect("0902", "vin", "LSVAA4182E2XX0001"),
			expect("0105", "coolant_c", 30), expect("0133"), expect("012F"),
		}},
		"sim_can29.json": {sim.DemoCAN29(1), []fileExchange{
			expect("0100", "ecus", []string{"10", "1D", "28", "40"}),
			expect("ATDPN", "protocol", "7", "auto", true),
			expect("03", "stored_dtcs", codesOf{"10": {"P0301", "P0420"}, "1D": {"P0741"}, "28": {"C0035", "U0121"}, "40": {}}),
			expect("07", "pending_dtcs", codesOf{"10": {"P0171"}, "1D": {"P0741", "P0776"}, "28": {}, "40": {"B1342"}}),
			expect("0A", "negative_response", map[string]any{"ecu": "1D", "sid": "0A", "nrc": "11"}),
			expect("0902", "vin", "1HGXX1234XX000002"),
			expect("0904"),
			expect("0105", "coolant_c", 30),
		}},
		"sim_iso9141.json": {sim.DemoKLine(1), []fileExchange{
			expect("0100", "ecus", []string{"10"}),
			expect("ATDPN", "protocol", "3", "auto", true),
			expect("0101", "mil", true, "dtc_count", 4),
			expect("03", "stored_dtcs", codesOf{"10": {"P0300", "P0302", "P0303", "P0304"}}),
			expect("07", "pending_dtcs", codesOf{"10": {"P0302"}}),
			expect("0902", "vin", "JT2XX22W1X0000003"),
			expect("0105", "coolant_c", 30),
			expect("0140", "error", "no_data"),
			expect("0600"), expect("0601"), expect("0602"), expect("050001"), expect("050101"), expect("050501"),
		}},
		"sim_uds.json": {sim.DemoUDS(1), []fileExchange{
			expect("ATSP6"), expect("0100", "error", "no_data"),
			expect("22F400", "ecus", []string{"7E8", "7E9"}),
			expect("22F802", "vin", "LSVAA4182E2XX0004"),
			expect("22F190"), expect("22F804"), expect("22F806"), expect("22F80A"),
			expect("22F405F40CF40D"), expect("22F401"), expect("22F600"), expect("22F601"),
			expect("19423308FF"), expect("19423304FF"), expect("195533"), expect("19563301"),
			expect("1904013300FF"), expect("1902FF"), expect("190A"),
		}},
		"sim_truck.json": {sim.DemoTruck(1), []fileExchange{
			expect("ATSP9"), expect("22F400", "ecus", []string{"00", "3D"}),
			expect("22F802", "vin", "WDB96XXXX1LX00005"),
			expect("22F490F491"), expect("19423308FF"), expect("19423304FF"), expect("195533"),
		}},
	}
}

// TestTheMadeUpVehicleFilesAreThoseOfTheSimulator records the practice cars again
// and compares; -update writes the files.
func TestTheMadeUpVehicleFilesAreThoseOfTheSimulator(t *testing.T) {
	dir := filepath.Join("..", "obd", "testdata", "vehicles")
	for name, x := range madeUp() {
		got := recordFile(t, x.car, x.asks)
		path := filepath.Join(dir, name)
		if *update {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the simulator says (%v); -update writes it anew", path, err)
		}
		if _, err := sim.VehicleFile(path); err != nil {
			t.Error(err)
		}
	}
}

// recordFile asks a car inside a bubble, where no time passes.
func recordFile(t *testing.T, car *sim.Vehicle, asks []fileExchange) []byte {
	t.Helper()
	f := file{
		Schema:  "pitlane-transcript/1",
		Source:  map[string]string{"repo": "pitlane", "path": "devices/sim", "licence": "that of pitlane; made up, no real car"},
		Vehicle: map[string]any{"make": "practice", "model": car.Name}, Kind: "simulator",
		Protocol: car.Protocols(), Adapter: "ELM327 v1.5",
		Settings: map[string]bool{"headers": true, "spaces": false, "echo": false},
		Note:     "recorded from devices/sim, with its -update flag",
	}
	synctest.Test(t, func(t *testing.T) {
		k := serveAdapter(t, instant(car))
		k.setUp("ATSP0", "ATH1", "ATS0")
		for _, e := range slices.Clone(asks) {
			e.Lines = strings.Split(strings.TrimSuffix(k.ask(e.Request), "\r\r>"), "\r")
			f.Exchanges = append(f.Exchanges, e)
		}
	})
	data, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return append(data, '\n')
}
