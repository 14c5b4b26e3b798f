package obd_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"pitlane/devices/obd"
	"pitlane/devices/sim"
)

// A unit answers another tester from the address from which it answers us, also between
// the frames of a long answer.
func TestAnAnswerToAnotherTesterDoesNotBreakALongOne(t *testing.T) {
	vin := []string{"7E8 10 14 49 02 01 31 46 54", "7E8 03 41 0D 20", "7E8 21 46 57 31 45 35 30 50", "7E8 03 7F 01 12", "7E8 22 46 41 31 32 30 31 30"}
	if e := obd.Decode("0902", vin, on()).ECUs["7E8"]; e.State != obd.OK || e.VIN != "1FTFW1E50PFA12010" {
		t.Errorf("%s %s", e.State, e.VIN)
	}
	broken := slices.Insert(slices.Clone(vin), 3, "7E8 03 7F 09 22") // a refusal of ours: what comes then belongs to nothing
	if e := obd.Decode("0902", broken, on()).ECUs["7E8"]; e.State == obd.OK {
		t.Errorf("a refused answer is whole: %s", e.VIN)
	}
}

// A list that came whole does not hide that a longer one of the same unit came in half.
func TestHalfOfALongerListIsNotHidden(t *testing.T) {
	half := "7E8 10 08 43 03 01 33 04 20"
	for name, c := range map[string]struct {
		lines []string
		want  obd.State
	}{
		"no codes, and half a list": {[]string{half, "7E8 02 43 00"}, obd.Incomplete},
		"one code, and half a list": {[]string{half, "7E8 04 43 01 12 34", "7E8 21 C1 00"}, obd.Incomplete},
		"half of it, and it whole":  {[]string{half, half[:8] + "08 43 03 01 33 04 20", "7E8 21 C1 00"}, obd.OK},
	} {
		if e := obd.Decode("03", c.lines, on()).ECUs["7E8"]; e.State != c.want {
			t.Errorf("%s: %s %v", name, e.State, e.Codes)
		}
	}
}

// The car's own traffic is no unit that did not answer, and half of an answer to another
// tester is not half of ours.
func TestWhatIsNotOursMakesNoUnit(t *testing.T) {
	a := obd.Decode("03", []string{"123 11 22", "7E8 10 14 49 02 01 57 44 42", "7E8 02 43 00"}, on())
	if e := a.ECUs["7E8"]; len(a.ECUs) != 1 || e.State != obd.OK || len(e.Codes) != 0 || len(a.Others) != 2 {
		t.Errorf("%+v, set aside %q", a.ECUs, a.Others)
	}
	for _, line := range []string{"3D0 11 22 33 44 55 66 77 88", "3D0 10 14 43 02 01 57 44 42", "3D0 43 00 00 00 00 00 00 00"} {
		a := obd.Decode("03", []string{line, "7E8 02 43 00"}, on())
		if e := a.ECUs["7E8"]; len(a.ECUs) != 1 || e.State != obd.OK {
			t.Errorf("beside %s: %+v", line, a.ECUs)
		}
	}
	if e := obd.Decode("0902", []string{"7E8 10 14 49 02 01 57 44 42"}, on()).ECUs["7E8"]; e.State != obd.Incomplete {
		t.Errorf("half of ours is %s", e.State)
	}
}

func TestAnotherTesterIsReported(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		faults sim.Faults
		want   bool
	}{"alone": {sim.Faults{}, false}, "another tester": {sim.Faults{Foreign: true}, true}, "every frame twice": {sim.Faults{Duplicate: true}, false}} {
		report, _ := scanned(t, still(sim.DemoCAN11(1)), c.faults)
		hinted := slices.ContainsFunc(report.Adapter.Hints, func(h string) bool { return strings.Contains(h, "another tester") })
		if report.OtherTester != c.want || hinted != c.want {
			t.Errorf("%s: reported %t, hints %q", name, report.OtherTester, report.Adapter.Hints)
		}
		if report.VIN.State != obd.OK || ecuOf(t, report, "7E8").Stored.State != obd.OK {
			t.Errorf("%s: VIN %s", name, report.VIN.State)
		}
	}
}

// hindered is a car that gives another answer the first time it is asked for some
// services.
type hindered struct {
	*sim.Vehicle
	services []byte
	instead  func(service byte) sim.Reply
}

func (h *hindered) Answer(r sim.Request) sim.Reply {
	if i := slices.Index(h.services, r.Data[0]); i >= 0 {
		h.services = slices.Delete(h.services, i, i+1)
		return h.instead(r.Data[0])
	}
	return h.Vehicle.Answer(r)
}

// asleep is silent the first time.
func asleep(services ...byte) *hindered {
	return &hindered{still(sim.DemoCAN11(1)), services, func(byte) sim.Reply { return sim.Reply{} }}
}

// sameCodes holds the lists of codes of one report against another's.
func sameCodes(t *testing.T, got, want *obd.Report) {
	t.Helper()
	for i, e := range got.ECUs {
		w := want.ECUs[i]
		if !reflect.DeepEqual(e.Stored, w.Stored) || !reflect.DeepEqual(e.Pending, w.Pending) || !reflect.DeepEqual(e.Permanent, w.Permanent) {
			t.Errorf("%s: %+v %+v %+v", e.ID, e.Stored, e.Pending, e.Permanent)
		}
	}
}

func TestWhatACarThatWasAwayForAMomentDidNotSayIsAskedAgain(t *testing.T) {
	t.Parallel()
	want, _ := scanned(t, still(sim.DemoCAN11(1)))
	got, _ := scanned(t, asleep(0x03, 0x07, 0x0A))
	sameCodes(t, got, want)
	if len(got.Errors) != len(want.Errors) {
		t.Errorf("what was read in the end is still an error: %+v", got.Errors)
	}
	for _, e := range got.ECUs {
		if !slices.IsSortedFunc(e.Readings, func(a, b obd.Reading) int { return strings.Compare(a.PID, b.PID) }) {
			t.Errorf("%s: values out of order", e.ID)
		}
	}
	report, _ := scanned(t, asleep(0x0A))
	if e := ecuOf(t, report, "7E8"); e.Permanent.State != obd.NoAnswer {
		t.Errorf("a car without 0A is asked twice: %s", e.Permanent.State)
	}
}

// A unit that tells a value twice means the second one: it has gone on.
func TestTheNewerOfTwoValuesCounts(t *testing.T) {
	for name, c := range map[string]struct {
		request string
		lines   []string
		want    float64
	}{
		"CAN 29":          {"0106", []string{"18DAF110 03 41 06 82", "18DAF118 03 41 06 80", "18DAF110 03 41 06 83"}, 2.34375},
		"CAN 11":          {"010C", []string{"7E8 04 41 0C 1A F8", "7E8 04 41 0C 0F A0"}, 1000},
		"half one":        {"010C", []string{"7E8 04 41 0C 1A F8", "7E8 04 41 0C 0F"}, 1726},
		"a second tester": {"010C", []string{"7E8 04 41 0C 1A F8", "7E8 03 41 11 26", "7E8 04 41 0C 00 00"}, 1726},
		"another":         {"010C", []string{"7E8 04 41 0C 1A F8", "7E8 03 41 0D 32"}, 1726},
		"K-line":          {"010D", []string{"48 6B 10 41 0D 32 43", "48 6B 10 41 0D 33 44"}, 51},
	} {
		for id, e := range obd.Decode(c.request, c.lines, on()).ECUs {
			if id != "18DAF118" && (e.State != obd.OK || len(e.Readings) != 1 || e.Readings[0].Value != c.want) {
				t.Errorf("%s: %s %+v, want %v", name, id, e.Readings, c.want)
			}
		}
	}
}

// A list of codes whose count contradicts its length, or its codes, is no list: the unit
// counts otherwise or not at all, and what would be read of it are other codes or none.
func TestACountThatContradictsTheListIsNoList(t *testing.T) {
	for line, want := range map[string]obd.State{
		"7E8 04 43 01 01 33":          obd.OK,
		"7E8 07 43 01 01 33 00 00 00": obd.OK, // padded within the length
		"7E8 02 43 00":                obd.OK,
		"7E8 06 43 00 00 00 00 00":    obd.OK,
		"7E8 05 43 01 33 04 20":       obd.Incomplete, // no count: P0133 P0420
		"7E8 06 43 01 01 33 04 20":    obd.Incomplete,
		"7E8 04 43 00 01 33":          obd.Incomplete, // none, and one
		"7E8 06 43 02 00 00 00 00":    obd.Incomplete, // two, and none
		"7E8 06 43 02 01 33 00 00":    obd.Incomplete,
		"7E8 01 43":                   obd.Incomplete,
	} {
		if e := obd.Decode("03", []string{line}, on()).ECUs["7E8"]; e.State != want {
			t.Errorf("%s: %s %v, want %s", line, e.State, e.Codes, want)
		}
	}
}

// A line that lost a digit of its address makes no unit, and a unit that is missing
// beside such a line may have sent it: it did not fall silent.
func TestALineWithoutASenderIsAskedForAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		request, line string
		set           obd.Settings
	}{
		"CAN, the address is short": {"0100", "7E0641 00 BE 3E B8 13 AA", on()}, // of 7E8
		"CAN, another digit":        {"0902", "7E22 31 46 54 46 57 31 45", on()},
	} {
		if a := obd.Decode(c.request, []string{c.line}, c.set); len(a.ECUs) != 0 {
			t.Errorf("%s: %+v", name, a.ECUs)
		}
	}
	want, _ := scanned(t, still(sim.DemoCAN11(1)))
	got, _ := scanned(t, &mumbling{Vehicle: still(sim.DemoCAN11(1)), left: 1})
	for i, e := range got.ECUs {
		if !reflect.DeepEqual(e.Stored, want.ECUs[i].Stored) {
			t.Errorf("%s: %+v", e.ID, e.Stored)
		}
	}
	got, _ = scanned(t, &mumbling{Vehicle: still(sim.DemoCAN11(1)), left: 100})
	if s := ecuOf(t, got, "7E9").Stored.State; s != obd.Incomplete {
		t.Errorf("a unit whose line is torn each time is %s", s)
	}
}

// mumbling is a car of whose second unit's first answers to 03 the adapter drops the
// third digit.
type mumbling struct {
	*sim.Vehicle
	left int
}

func (m *mumbling) Answer(r sim.Request) sim.Reply {
	reply := m.Vehicle.Answer(r)
	if r.Data[0] != 0x03 || m.left == 0 {
		return reply
	}
	m.left--
	reply.Messages = slices.DeleteFunc(reply.Messages, func(m sim.Message) bool { return m.From == "7E9" })
	reply.Lines = append(reply.Lines, "7E0443010133AAAAAA")
	return reply
}

// A unit that is busy has answered: it is asked again at once, and the adapter is not
// made to wait for it, as it is for one that asks for time.
func TestABusyUnitIsAskedAgainAtOnce(t *testing.T) {
	t.Parallel()
	want, _ := scanned(t, still(sim.DemoCAN11(1)))
	got, adapter := scanned(t, &hindered{still(sim.DemoCAN11(1)), []byte{0x03, 0x07, 0x0A}, func(service byte) sim.Reply {
		return sim.Reply{Messages: []sim.Message{{From: "7E8", Data: []byte{0x7F, service, 0x21}}}}
	}})
	sameCodes(t, got, want)
	if log := adapter.adapter.Log(); slices.Contains(log, "ATSTFF") {
		t.Errorf("the adapter was made to wait: %q", log)
	}
}

func TestAUnitThatAFullBufferCutOffIsNotSilent(t *testing.T) {
	t.Parallel()
	got, _ := scanned(t, still(sim.DemoCAN11(1)), sim.Faults{Only: "07", Error: "BUFFER FULL", After: 1})
	states := map[obd.State]int{}
	for _, e := range got.ECUs {
		states[e.Pending.State]++
	}
	if states[obd.AdapterFault] == 0 || states[obd.NoAnswer] > 0 {
		t.Errorf("pending codes: %v", states)
	}
}
