package obd_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pitlane/devices/obd"
	"pitlane/devices/sim"
)

// sulking is a car that falls silent for good once it has refused a request.
type sulking struct {
	*sim.Vehicle
	refused bool
}

func (s *sulking) Answer(r sim.Request) sim.Reply {
	if s.refused {
		return sim.Reply{}
	}
	reply := s.Vehicle.Answer(r)
	for _, m := range reply.Messages {
		s.refused = s.refused || m.Data[0] == 0x7F
	}
	return reply
}

func TestRowAfterOneRefusalEverythingIsAskedAllTheSame(t *testing.T) {
	t.Parallel()
	t.Run("and answered", func(t *testing.T) {
		t.Parallel()
		for service := range byte(0x0B) {
			if service < 0x02 || service == 0x04 || service == 0x08 {
				continue
			}
			car := still(sim.DemoCAN11(1))
			car.ECUs[0].Refuse = map[byte]byte{service: 0x12}
			report, _ := scanned(t, car)
			e := ecuOf(t, report, "7E8")
			for s, state := range map[byte]obd.State{0x03: e.Stored.State, 0x07: e.Pending.State, 0x0A: e.Permanent.State, 0x06: e.TestsState} {
				want := obd.OK
				if s == service {
					want = obd.Refused
				}
				if state != want {
					t.Errorf("%02X is refused, and %02X is %s", service, s, state)
				}
			}
			if len(e.Readings) < 20 {
				t.Errorf("%02X is refused: %d values", service, len(e.Readings))
			}
		}
	})
	t.Run("and a car that is silent from then on has told nothing", func(t *testing.T) {
		t.Parallel()
		car := still(sim.DemoCAN11(1))
		car.ECUs = car.ECUs[:1]
		car.ECUs[0].Refuse = map[byte]byte{0x07: 0x22}
		r := newRig(t, quick(sim.AdapterConfig{}), &sulking{Vehicle: car}, obd.Options{})
		report, err := r.scan(nil)
		if err == nil || report.Error.Kind != obd.KindNoData {
			t.Errorf("the scan ends with %v", err)
		}
		e := ecuOf(t, report, "7E8")
		if e.Stored.State != obd.OK || e.Pending.State != obd.Refused || e.Permanent.State != obd.NoAnswer || e.Readiness.State != obd.NoAnswer {
			t.Errorf("stored %s, pending %s, permanent %s, readiness %s", e.Stored.State, e.Pending.State, e.Permanent.State, e.Readiness.State)
		}
		if len(e.Readings) != 0 || len(e.Permanent.Codes) != 0 || e.TestsState != obd.NoAnswer {
			t.Errorf("%d values, tests %s", len(e.Readings), e.TestsState)
		}
	})
}

func TestTrafficOf34FramesWrapsItsNumbers(t *testing.T) {
	payload := append([]byte{0x62, 0x20, 0x28}, make([]byte, 235)...)
	for i := range payload[3:] {
		payload[3+i] = byte(i)
	}
	want := hexOf(payload)
	on11 := segments(payload, 0xAA)
	if len(on11) < 34 {
		t.Fatalf("%d frames", len(on11))
	}
	bare := []string{fmt.Sprintf("%03X", len(payload)), "0: " + hexOf(payload[:6])}
	for n, rest := 1, payload[6:]; len(rest) > 0; n++ {
		part := rest[:min(7, len(rest))]
		rest = rest[len(part):]
		bare = append(bare, fmt.Sprintf("%X: %s%s", n%16, hexOf(part), strings.Repeat("AA", 7-len(part))))
	}
	for name, c := range map[string]struct {
		lines []string
		set   obd.Settings
		id    string
	}{"headers on": {on11, on(), "7E8"}, "headers off": {bare, off(), "#1"}} {
		if e := obd.Decode("222028", c.lines, c.set).ECUs[c.id]; e.State != obd.OK || e.Raw != want {
			t.Errorf("%s: %s %s", name, e.State, e.Raw)
		}
		short := slices.Delete(slices.Clone(c.lines), 17, 18)
		if e := obd.Decode("222028", short, c.set).ECUs[c.id]; e.State != obd.Incomplete {
			t.Errorf("%s, a line is lost: %s", name, e.State)
		}
	}
}

func TestTrafficOfSixUnitsComesInAnyOrder(t *testing.T) {
	lines := []string{}
	want := map[string]float64{}
	for i := range 6 {
		id := fmt.Sprintf("18DAF1%02X", 0x10+i)
		lines = append(lines, id+fmt.Sprintf("03410D%02X", 10+i))
		want[id] = float64(10 + i)
	}
	for turn := range lines {
		mixed := append(slices.Clone(lines[turn:]), lines[:turn]...)
		mixed = append(mixed, mixed[0], "18DAF1100341", "", "18DB33F102010D") // one twice, a half line, an empty one, a request
		a := obd.Decode("010D", mixed, on())
		for id, speed := range want {
			if e := a.ECUs[id]; e.State != obd.OK || len(e.Readings) != 1 || e.Readings[0].Value != speed {
				t.Errorf("%s: %+v, want %v", id, e, speed)
			}
		}
		if len(a.ECUs) != 6 {
			t.Errorf("%d units", len(a.ECUs))
		}
	}
}

func TestTrafficPaddingIsCutByTheLength(t *testing.T) {
	for _, pad := range []string{"55", "AA", "00", "FF"} {
		full := strings.Repeat(pad, 3)
		reply{request: "010C", set: on(), lines: []string{"7E804410C1AF8" + full}, ecus: map[string]want{"7E8": {State: obd.OK, Value: 1726.0}}}.check(t)
		reply{request: "03", set: on(), lines: []string{"7E802" + "4300" + full + pad + pad}, ecus: map[string]want{"7E8": withCodes()}}.check(t)
		reply{request: "0902", set: on(), lines: []string{"7E81014490201314654", "7E82146573145353050", "7E82246413132303130" + pad},
			ecus: map[string]want{"7E8": {State: obd.Incomplete}}}.check(t) // nine bytes are no CAN frame
	}
}

func TestTrafficWithABannerInItIsABrownOut(t *testing.T) {
	a := obd.Decode("010C", []string{"7E804410C1A", "ELM327 v1.5"}, on())
	if !a.Banner || a.ECUs["7E8"].State == obd.OK {
		t.Errorf("%+v", a)
	}
}
