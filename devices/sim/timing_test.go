package sim_test

import (
	"testing"
	"testing/synctest"
	"time"

	"pitlane/devices/sim"
)

// The times are those of the bubble's clock: nothing here waits.
func TestTheTimesAreThoseOfTheRealThing(t *testing.T) {
	wire := func(n int) time.Duration { return time.Duration(n) * 10 * time.Second / 38400 }
	const reply, prompt = len("7E804410C1AF8\r"), len("\r>")
	p2, idle := 15*time.Millisecond, 200*time.Millisecond
	for name, x := range map[string]struct {
		set  []string
		ask  string
		want time.Duration
	}{
		"the chip waits for more":       {nil, "010C", p2 + wire(reply) + idle + wire(prompt)},
		"the count ends the wait":       {nil, "010C1", p2 + wire(reply) + wire(prompt)},
		"a count that is never reached": {nil, "010C2", p2 + wire(reply) + idle + wire(prompt)},
		"a shorter wait":                {[]string{"ATST19"}, "010C", p2 + wire(reply) + 25*4096*time.Microsecond + wire(prompt)},
		"adaptive timing":               {[]string{"ATAT1"}, "010C", p2 + wire(reply) + 4*p2 + wire(prompt)},
		"more adaptive timing":          {[]string{"ATAT2"}, "010C", p2 + wire(reply) + 2*p2 + wire(prompt)},
		"no answer":                     {nil, "015C", idle + wire(len("NO DATA\r\r>"))},
		"a reset":                       {nil, "ATZ", 800*time.Millisecond + wire(len("\r\rELM327 v1.5\r\r>"))},
		"a warm start":                  {nil, "ATWS", 200*time.Millisecond + wire(len("\r\rELM327 v1.5\r\r>"))},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := sim.NewAdapter(sim.AdapterConfig{})
				a.Plug(oneECU("6", "7E8"))
				k := serveAdapter(t, a)
				k.setUp(append([]string{"ATSP6", "ATH1", "ATS0"}, x.set...)...)
				start := time.Now()
				k.ask(x.ask)
				if got := time.Since(start) - wire(len(x.ask)+len("\r")); (got - x.want).Abs() > time.Millisecond {
					t.Errorf("%s took %v, want %v", x.ask, got, x.want)
				}
			})
		})
	}
}

func TestASearchAndAnInitialisationTakeTheirTime(t *testing.T) {
	for _, x := range []struct {
		proto, set string
		least      time.Duration
	}{{"6", "ATSP0", 2500 * time.Millisecond}, {"3", "ATSP3", 2600 * time.Millisecond}, {"5", "ATSP5", 320 * time.Millisecond}} {
		synctest.Test(t, func(t *testing.T) {
			a := sim.NewAdapter(sim.AdapterConfig{})
			a.Plug(oneECU(x.proto, map[bool]string{true: "7E8", false: "10"}[x.proto == "6"]))
			k := serveAdapter(t, a)
			k.setUp(x.set)
			start := time.Now()
			k.ask("0105")
			first := time.Since(start)
			k.ask("0105")
			if again := time.Since(start) - first; first < x.least || again > first-x.least+time.Second {
				t.Errorf("protocol %s: first %v, then %v", x.proto, first, again)
			}
		})
	}
}
