package obd_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pitlane/devices/obd"
)

// vehicleFiles lists the recorded vehicles, or the project's own made-up ones.
func vehicleFiles(t *testing.T) (files []string, dir string) {
	t.Helper()
	dir = os.Getenv("PITLANE_VEHICLES")
	if dir == "" {
		fmt.Println("obd: recorded vehicles were not there (PITLANE_VEHICLES is not set): running on our own made-up ones")
		dir = filepath.Join("testdata", "vehicles")
	}
	files, err := filepath.Glob(filepath.Join(dir, "[a-z]*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no vehicle files in %s: %v", dir, err)
	}
	return files, dir
}

// signal is how another project reads a mode-01 value: for checking ours.
type signal struct {
	Pid string
	Fmt struct {
		Bix, Len int
		Mul, Div *float64
		Add      float64
		Map      map[string]any
		Unit     string
		Nullmin  *float64
	}
}

// lsb is the worth of the least significant bit.
func (s signal) lsb() float64 {
	worth := 1.0
	if s.Fmt.Mul != nil {
		worth *= *s.Fmt.Mul
	}
	if s.Fmt.Div != nil {
		worth /= *s.Fmt.Div
	}
	return worth
}

// near is the rule of the recordings: within 0.5 % or one least significant bit.
func near(got, want, lsb float64) bool {
	return math.Abs(got-want) <= math.Max(math.Abs(want)*0.005, lsb*1.0001)
}

func TestRecordedVehiclesComeOutAsExpected(t *testing.T) {
	files, dir := vehicleFiles(t)
	signals := map[string]signal{}
	if data, err := os.ReadFile(filepath.Join(dir, "_obdb_saej1979_signals.json")); err == nil {
		if err := json.Unmarshal(data, &signals); err != nil {
			t.Fatal(err)
		}
	}
	checked := 0
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			v, err := obd.ParseVehicle(data)
			if err != nil {
				t.Fatal(err)
			}
			for i, line := range obd.Replay(v) {
				c := checker{line: line, exchange: v.Exchanges[i], signals: signals}
				for id, want := range v.Exchanges[i].Expected {
					c.check(id, want)
				}
				checked += c.checked
				for _, w := range c.wrong {
					t.Errorf("exchange %d %s %v: %s", i, v.Exchanges[i].Request, v.Exchanges[i].Lines, w)
				}
			}
		})
	}
	t.Logf("%d expected facts checked", checked)
}

// checker holds one exchange against what is expected of it.
type checker struct {
	line     obd.ReplayLine
	exchange obd.VehicleExchange
	signals  map[string]signal
	wrong    []string
	checked  int
}

func (c *checker) say(ok bool, format string, args ...any) {
	c.checked++
	if !ok {
		got, _ := json.Marshal(c.line)
		c.wrong = append(c.wrong, fmt.Sprintf(format, args...)+" got "+string(got))
	}
}

// ecu finds an ECU by its name or, as recordings write it, by the end of it.
func (c *checker) ecu(id string) (obd.ECUAnswer, bool) {
	for name, a := range c.line.ECUs {
		if name == id || strings.HasSuffix(name, id) {
			return a, true
		}
	}
	return obd.ECUAnswer{}, false
}

// texts is a JSON list of strings.
func texts(v any) []string {
	out := []string{}
	for _, x := range v.([]any) {
		out = append(out, x.(string))
	}
	return out
}

func (c *checker) check(id string, want any) {
	if s, ok := c.signals[id]; ok && strings.HasPrefix(c.exchange.Request, "01") {
		c.signal(id, s, want)
		return
	}
	switch id {
	case "error":
		c.say(c.line.Error != nil && *c.line.Error == want, "error, want %v", want)
	case "connected":
		for _, a := range c.line.ECUs {
			c.say(a.State != obd.OK, "nobody is connected")
		}
	case "vin":
		for _, a := range c.line.ECUs {
			c.say(a.State == obd.OK && a.VIN == want, "VIN differs")
		}
		c.say(len(c.line.ECUs) > 0, "no ECU")
	case "volts":
		if c.line.Volts != nil {
			c.say(*c.line.Volts == want.(float64), "volts, want %v", want)
			return
		}
		c.values(want)
	case "supported":
		a, _ := c.ecu("")
		c.say(len(a.Readings) == 1 && a.Readings[0].Value == want, "supported, want %v", want)
	case "supported_pids":
		a, _ := c.ecu("")
		c.say(slices.Equal(a.Supported, texts(want)) && a.Supported != nil, "supported PIDs, want %v", want)
	case "negative_response":
		w := want.(map[string]any)
		ecu, _ := w["ecu"].(string)
		a, ok := c.ecu(ecu)
		c.say(ok && a.State == obd.Refused && a.NRC == w["nrc"], "refusal, want %v", want)
	case "foreign_frames":
		c.say(len(c.line.Ignored) == int(want.(float64)), "foreign frames, want %v", want)
	case "ecu":
		a, ok := c.ecu(want.(string))
		c.say(ok && a.State == obd.OK && len(c.line.ECUs) == 1, "ECU %v", want)
	default:
		c.more(id, want)
	}
}

func (c *checker) more(id string, want any) {
	switch id {
	case "ecus":
		if n, ok := want.(float64); ok {
			c.say(len(c.line.ECUs) == int(n), "%v ECUs", want)
			return
		}
		c.say(len(c.line.ECUs) == len(want.([]any)), "ECUs, want %v", want)
		for _, id := range texts(want) {
			a, ok := c.ecu(id)
			c.say(ok && a.State == obd.OK, "ECU %s", id)
		}
	case "stored_dtcs", "pending_dtcs", "permanent_dtcs":
		c.codes(want)
	case "uds_dtcs":
		a, _ := c.ecu("")
		c.say(a.State == obd.OK && len(a.UDSCodes) == len(want.([]any)), "UDS codes, want %v", want)
		for i, w := range want.([]any) {
			m := w.(map[string]any)
			c.say(i < len(a.UDSCodes) && a.UDSCodes[i].Code == m["dtc"] && a.UDSCodes[i].Status == m["status"], "UDS code %v", w)
		}
	case "mil":
		a, _ := c.ecu("")
		c.say(a.Readiness != nil && a.Readiness.MIL == want, "MIL, want %v", want)
	case "dtc_count":
		a, _ := c.ecu("")
		c.say(a.Readiness != nil && a.Readiness.Count == int(want.(float64)), "count, want %v", want)
	case "protocol":
		c.say(c.line.Protocol != nil && c.line.Protocol.Number == want, "protocol, want %v", want)
	case "availability_mask":
		a, _ := c.ecu("")
		c.say(a.Availability == want, "availability, want %v", want)
	case "auto":
		c.say(c.line.Protocol != nil && c.line.Protocol.Auto == want, "auto, want %v", want)
	default:
		c.perECU(id, want)
	}
}

// codes compares per ECU, or all ECUs together where the source did not say.
func (c *checker) codes(want any) {
	if by, ok := want.(map[string]any); ok {
		for id, w := range by {
			a, ok := c.ecu(id)
			c.say(ok && a.State == obd.OK && slices.Equal(a.Codes, texts(w)), "codes of %s, want %v", id, w)
		}
		return
	}
	got := []string{}
	for _, a := range c.line.ECUs {
		c.say(a.State == obd.OK && a.Codes != nil, "an answer without codes")
		got = append(got, a.Codes...)
	}
	slices.Sort(got)
	c.say(len(c.line.ECUs) > 0 && slices.Equal(got, texts(want)), "codes, want %v", want)
}

// perECU takes `{"7E8":{…}}` and named values such as rpm.
func (c *checker) perECU(id string, want any) {
	if by, ok := want.(map[string]any); ok {
		_, found := c.ecu(id)
		c.say(found, "ECU %s", id)
		for _, w := range by {
			c.values(w)
		}
		return
	}
	if strings.HasPrefix(c.exchange.Request, "01") {
		if _, known := want.(string); !known {
			c.values(want)
		}
		return
	}
	// A value of UDS 22 that only its maker can scale: the bytes must be there.
	for _, a := range c.line.ECUs {
		c.say(a.State == obd.OK && a.Raw != "", "no bytes for %s", id)
	}
	c.say(len(c.line.ECUs) > 0, "no ECU for %s", id)
}

// values compares one number, or one number for each ECU in order of arrival.
func (c *checker) values(want any) {
	list, many := want.([]any)
	if !many {
		list = []any{want}
	}
	for i, w := range list {
		id := ""
		if many {
			id = "#" + strconv.Itoa(i+1)
		}
		a, _ := c.ecu(id)
		c.say(len(a.Readings) > 0 && hasValue(a.Readings, w.(float64), 0.005), "value, want %v", w)
	}
}

func hasValue(readings []obd.Reading, want, lsb float64) bool {
	return slices.ContainsFunc(readings, func(r obd.Reading) bool {
		got, ok := r.Value.(float64)
		return ok && near(got, want, lsb)
	})
}

// signal compares a value of the other project's decoder.
func (c *checker) signal(id string, s signal, want any) {
	w, isNumber := want.(float64)
	if !isNumber || s.Fmt.Len == 1 {
		c.bit(id, s, want)
		return
	}
	if strings.HasPrefix(id, "SHRTFT") && s.Fmt.Bix == 8 && len(id) == 8 {
		// That decoder takes 128 from the scaled trim beside a sensor voltage, and 100
		// from every other trim of the same scaling. The published formula is 100.
		w += 28
	}
	found := false
	for _, a := range c.line.ECUs {
		found = found || hasValue(a.Readings, w, s.lsb())
	}
	c.say(found, "%s, want %v", id, want)
}

// bit compares what the other project gives as a word or a single bit: readiness
// where it is readiness, and that there is a reading otherwise.
func (c *checker) bit(id string, s signal, want any) {
	monitors := map[string]string{
		"CCM": "components", "FUEL": "fuel_system", "MIS": "misfire", "EGR": "egr_system", "HTR": "oxygen_sensor_heater",
		"O2S": "oxygen_sensor", "ACRF": "ac_refrigerant", "AIR": "secondary_air_system", "EVAP": "evaporative_system",
		"HCAT": "heated_catalyst", "CAT": "catalyst",
	}
	found := false
	for _, a := range c.line.ECUs {
		if s.Pid != "01" {
			found = found || len(a.Readings) > 0
			continue
		}
		r := a.Readiness
		if r == nil {
			continue
		}
		what, which, _ := strings.Cut(id, "_")
		switch {
		case id == "MIL":
			found = found || r.MIL == (want == 1.0)
		case id == "CIM_SUP":
			found = found || r.Compression == (want == "COMPRESSION")
		case r.Compression:
			found = true
		default:
			found = found || slices.ContainsFunc(r.Monitors, func(m obd.Monitor) bool {
				return m.Name == monitors[what] && (which == "SUP" && m.Supported == (want == 1.0) || which == "RDY" && m.Complete == (want == 0.0))
			})
		}
	}
	c.say(found, "%s, want %v", id, want)
}
