package sim_test

import (
	"strings"
	"testing"
	"time"

	"pitlane/devices/sim"
)

func twoECUs() *sim.Vehicle {
	car := oneECU("6", "7E8")
	car.ECUs = append(car.ECUs, &sim.ECU{ID: "7E9", PIDs: map[byte]sim.Reading{0x0C: sim.Fixed(0x1A, 0xFC)}})
	return car
}

func TestFaultsChangeWhatTheChipSays(t *testing.T) {
	pad := byte(0xAA)
	const good = "7E804410C1AF8\r7E904410C1AFC\r\r>"
	for name, x := range map[string]struct {
		f         sim.Faults
		ask, want string
	}{
		"none":                         {sim.Faults{}, "010C", good},
		"the echo cannot be ended":     {sim.Faults{EchoStuck: true}, "010C", "010C\r" + good},
		"a clone has no count digit":   {sim.Faults{NoCount: true}, "010C2", "NO DATA\r\r>"},
		"without it the clone answers": {sim.Faults{NoCount: true}, "010C", good},
		"a brown-out in mid answer":    {sim.Faults{BrownOut: true}, "010C", "7E804410C1AF8\r7\r\rELM327 v1.5\r\r>"},
		"an error in place of lines":   {sim.Faults{Error: "CAN ERROR"}, "010C", "CAN ERROR\r\r>"},
		"an error after a line":        {sim.Faults{Error: "BUFFER FULL", After: 1}, "010C", "7E804410C1AF8\rBUFFER FULL\r\r>"},
		"a mark on the last line":      {sim.Faults{Mark: "<DATA ERROR"}, "010C", "7E804410C1AF8\r7E904410C1AFC<DATA ERROR\r\r>"},
		"a reset by low voltage":       {sim.Faults{Error: "LV RESET"}, "010C", "LV RESET\r\r>"},
		"half a line":                  {sim.Faults{HalfLine: true}, "010C", "7E804410C1AF8\r7E9044\r\r>"},
		"frames twice":                 {sim.Faults{Duplicate: true}, "010C2", "7E804410C1AF8\r7E804410C1AF8\r\r>"},
		"frames of another tester":     {sim.Faults{Foreign: true}, "010C", "7E804410C1AF8\r7E904410C1AFC\r7E803410D00\r7E803411126\r\r>"},
		"padding":                      {sim.Faults{Pad: &pad}, "010C", "7E804410C1AF8AAAAAA\r7E904410C1AFCAAAAAA\r\r>"},
		"the other unit first":         {sim.Faults{Swap: true}, "010C", "7E904410C1AFC\r7E804410C1AF8\r\r>"},
		"only another request":         {sim.Faults{Only: "03", Error: "CAN ERROR"}, "010C", good},
	} {
		t.Run(name, func(t *testing.T) {
			a := instant(twoECUs())
			k := serveAdapter(t, a)
			k.setUp("ATSP6", "ATH1", "ATS0")
			a.SetFaults(x.f)
			if got := k.ask(x.ask); got != x.want {
				t.Errorf("%s = %q, want %q", x.ask, got, x.want)
			}
		})
	}
}

func TestAFaultCountsDownAndTheChipForgetsAfterABrownOut(t *testing.T) {
	a := instant(twoECUs())
	k := serveAdapter(t, a)
	k.setUp("ATSP6", "ATH1", "ATS0")
	a.SetFaults(sim.Faults{BrownOut: true, StrayFC: true, Times: 1})
	if got := k.ask("010C"); !strings.Contains(got, "ELM327") {
		t.Errorf("010C = %q, want a banner in it", got)
	}
	if got, want := k.ask("010C"), "010C\rSEARCHING...\r41 0C 1A F8 \r41 0C 1A FC \r\r>"; got != want {
		t.Errorf("after the brown-out 010C = %q, want %q", got, want)
	}
	if got, want := k.ask("ATZ"), "ATZ\r\xfc\r\rELM327 v1.5\r\r>"; got != want {
		t.Errorf("ATZ = %q, want %q", got, want)
	}
	if f := a.Faults(); f.BrownOut || !f.StrayFC {
		t.Errorf("faults are %+v, want only the lasting one", f)
	}
}

func TestGarbageIsTheSameWithTheSameSeed(t *testing.T) {
	said := func(seed uint64) string {
		a := sim.NewAdapter(sim.AdapterConfig{Timing: sim.Instant(), Seed: seed})
		a.Plug(twoECUs())
		k := serveAdapter(t, a)
		k.setUp("ATSP6")
		a.SetFaults(sim.Faults{Garbage: true})
		return k.ask("010C")
	}
	first := said(1)
	if first == "41 0C 1A F8 \r41 0C 1A FC \r\r>" {
		t.Error("there is no garbage")
	}
	if again := said(1); again != first {
		t.Errorf("the same seed gave %q, then %q", first, again)
	}
}

func TestASilentAdapterAnswersAgainAfterwards(t *testing.T) {
	a := instant(twoECUs())
	k := serveAdapter(t, a)
	k.setUp("ATSP6")
	a.SetFaults(sim.Faults{Silent: true, Times: 1})
	k.send("010C\r")
	waitFor(t, func() bool { return a.Faults() == sim.Faults{} })
	if got, want := k.ask("0105"), "41 05 7B \r\r>"; got != want {
		t.Errorf("0105 = %q, want %q", got, want)
	}
}

// waitFor polls a condition; the test's own deadline ends it.
func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("it did not come about")
		}
	}
}

func TestAByteInterrupts(t *testing.T) {
	slow := *sim.Instant()
	slow.Search = time.Hour
	a := sim.NewAdapter(sim.AdapterConfig{Timing: &slow})
	a.Plug(twoECUs())
	k := serveAdapter(t, a)
	k.setUp("ATSP0")
	k.send("0100\r")
	searching := make([]byte, len("SEARCHING..."))
	for i := range searching {
		b, err := k.in.ReadByte()
		if err != nil {
			t.Fatal(err)
		}
		searching[i] = b
	}
	k.send("xATI\r") // what follows the byte is heard
	if got := string(searching) + k.answer(); got != "SEARCHING...\rSTOPPED\r\r>" {
		t.Errorf("interrupted = %q", got)
	}
	if got := k.answer(); got != "ELM327 v1.5\r\r>" {
		t.Errorf("ATI after it = %q", got)
	}
}

func TestUnitsRefuseWaitAndKeepSilent(t *testing.T) {
	k := serveAdapter(t, instant(sim.DemoCAN29(1)))
	k.setUp("ATSP7", "ATH1", "ATS0")
	for ask, want := range map[string]string{
		"0A": "18DAF110044A010420\r18DAF11D037F0A11\r18DAF140024A00\r\r>",
		"07": "18DAF1100447010171\r18DAF11D06470207410776\r18DAF128024700\r18DAF140037F0778\r18DAF1400447019342\r\r>",
	} {
		if got := k.ask(ask); got != want {
			t.Errorf("%s = %q, want %q", ask, got, want)
		}
	}
}

func TestClearingCodesAndRepairing(t *testing.T) {
	car := sim.DemoCAN11(1)
	k := serveAdapter(t, instant(car))
	k.setUp("ATSP6", "ATH1", "ATS0")
	steps := []struct{ ask, want string }{
		{"03", "7E80443010133\r7E9024300\r\r>"},
		{"0101", "7E80641018107E504\r\r>"},
		{"020200", "7E8054202000133\r7E9054202000000\r\r>"},
		{"04", "7E80144\r7E90144\r\r>"},
		{"03", "7E8024300\r7E9024300\r\r>"},
		{"0101", "7E80641010077E5E5\r\r>"},
		{"0A", "7E8044A010133\r\r>"},
	}
	for _, x := range steps {
		if got := k.ask(x.ask); got != x.want {
			t.Errorf("%s = %q, want %q", x.ask, got, x.want)
		}
	}
	if !car.SetCodes("7E9", []string{"P0700"}, nil, nil) || car.SetCodes("7EA", nil, nil, nil) {
		t.Error("SetCodes found the wrong units")
	}
	if got, want := k.ask("03"), "7E8024300\r7E90443010700\r\r>"; got != want {
		t.Errorf("03 = %q, want %q", got, want)
	}
}
