package obd_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pitlane/devices/obd"
)

// published are the PIDs of mode 01 up to C4 that public tables list; the others are
// reserved, or have no name that is public.
func published() []byte {
	var out []byte
	for pid := 0x01; pid <= 0xC4; pid++ {
		switch {
		case pid >= 0x95 && pid <= 0x97, pid >= 0xAB && pid <= 0xBF && pid != 0xB2, pid == 0xC1, pid == 0xC2:
		default:
			out = append(out, byte(pid))
		}
	}
	return out
}

func TestEveryPublishedPIDHasANameAndAUnit(t *testing.T) {
	units := []string{
		"", "%", "°C", "kPa", "V", "km", "km/h", "g/s", "°", "s", "min", "h", "rpm", "mA", "A", "L/h", "kg/h", "Nm", "ppm", "mg/stroke", "mg/m³", "L",
	}
	for _, pid := range published() {
		if pid == 0x02 {
			continue // the code of a freeze frame: mode 02 alone
		}
		readings := readPID(t, pid, strings.Repeat("FF", 41))
		if len(readings) == 0 {
			t.Errorf("PID %02X is not read", pid)
		}
		for _, r := range readings {
			if r.Name == nil || *r.Name == "" || !slices.Contains(units, r.Unit) {
				t.Errorf("PID %02X: name %v, unit %q", pid, r.Name, r.Unit)
			}
			if _, number := r.Value.(float64); !number && r.Raw == "" {
				t.Errorf("PID %02X %s: neither a number nor its bytes", pid, *r.Name)
			}
		}
	}
	for _, pid := range []byte{0x95, 0xB0, 0xC1, 0xF3} {
		if r := readPID(t, pid, "1234"); len(r) != 1 || r[0].Name != nil || r[0].Raw != "1234" {
			t.Errorf("PID %02X, which is not in the table: %+v", pid, r)
		}
	}
}

// public is a signal of another project's table.
type public struct {
	PID  string `json:"pid"`
	Name string `json:"name"`
	Fmt  struct {
		Bix, Len int
		Mul, Div *float64
		Add      float64
		Sign     bool
		Max, Min *float64
		Map      map[string]any
	} `json:"fmt"`
}

// value reads a signal as that project says it. Its table means the offset after the
// scaling, and for the trims and PID 5D before it: there its own least value tells.
func (p public) value(b []byte, before bool) float64 {
	var raw uint64
	for bit := range p.Fmt.Len {
		at := p.Fmt.Bix + bit
		raw = raw<<1 | uint64(b[at/8]>>(7-at%8)&1)
	}
	v := float64(raw)
	if p.Fmt.Sign && raw>>(p.Fmt.Len-1) != 0 {
		v -= math.Pow(2, float64(p.Fmt.Len))
	}
	if before {
		v += p.Fmt.Add
	}
	if p.Fmt.Mul != nil {
		v *= *p.Fmt.Mul
	}
	if p.Fmt.Div != nil {
		v /= *p.Fmt.Div
	}
	if before {
		return v
	}
	return v + p.Fmt.Add
}

// addsBefore reports whether the offset must come before the scaling for the signal to
// begin at the least value that its table gives it.
func (p public) addsBefore() bool {
	zero := make([]byte, 41)
	return p.Fmt.Min != nil && !p.Fmt.Sign && math.Abs(p.value(zero, true)-*p.Fmt.Min) < math.Abs(p.value(zero, false)-*p.Fmt.Min)
}

// TestOurTableAgreesWithAPublicOne reads bytes by both tables. It needs the folder of
// the recorded vehicles.
func TestOurTableAgreesWithAPublicOne(t *testing.T) {
	_, dir := vehicleFiles(t)
	data, err := os.ReadFile(filepath.Join(dir, "_obdb_saej1979_signals.json"))
	if err != nil {
		t.Logf("the public table is not there: %v", err)
		return
	}
	signals := map[string]public{}
	if err := json.Unmarshal(data, &signals); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	checked, before := 0, []string{}
	for _, id := range slices.Sorted(maps.Keys(signals)) {
		s := signals[id]
		if s.Fmt.Len < 8 || s.Fmt.Map != nil {
			continue // bits and words: the recorded vehicles check them
		}
		if s.addsBefore() {
			before = append(before, id)
		}
		for range 32 {
			b := make([]byte, 41)
			for i := range b {
				b[i] = byte(rng.IntN(256))
			}
			var pid byte
			if _, err := fmt.Sscanf(s.PID, "%X", &pid); err != nil {
				t.Fatal(err)
			}
			checked++
			if id == "FUEL_TIMING" {
				continue // its offset gives -302 °, below its own least value of -210 °, which is ours
			}
			if differs := disagrees(s, readPID(t, pid, hexOf(b)), s.value(b, s.addsBefore())); differs != "" {
				t.Errorf("%s (%s, PID %s): %s", id, s.Name, s.PID, differs)
				break
			}
		}
	}
	slices.Sort(before)
	t.Logf("%d values agree; its offset is meant before the scaling in %v", checked, before)
	if checked < 1000 {
		t.Errorf("only %d values compared", checked)
	}
}

// disagrees says how the readings of a PID differ from what a signal says.
func disagrees(s public, readings []obd.Reading, want float64) string {
	if s.Fmt.Max != nil {
		want = min(want, *s.Fmt.Max)
	}
	lsb := 1.0
	if s.Fmt.Mul != nil {
		lsb *= *s.Fmt.Mul
	}
	if s.Fmt.Div != nil {
		lsb /= *s.Fmt.Div
	}
	raw := false
	for _, r := range readings {
		got, ok := r.Value.(float64)
		if s.Fmt.Max != nil {
			got = min(got, *s.Fmt.Max) // which of the two says that a sensor is out of range
		}
		if ok && near(got, want, lsb) {
			return ""
		}
		raw = raw || !ok && r.Raw != ""
	}
	if raw {
		return "" // shown as it is, not as another number
	}
	var got []any
	for _, r := range readings {
		got = append(got, r.Value)
	}
	return fmt.Sprintf("%v, it says %v", got, want)
}
