package sim_test

import (
	"testing"

	"pitlane/devices/sim"
)

func TestSmoke(t *testing.T) {
	for _, c := range []sim.Car{sim.DemoCAN11(1), sim.DemoCAN29(1), sim.DemoKLine(1), nil} {
		k := serveAdapter(t, instant(c))
		for _, q := range []string{"ATZ", "ATE0", "0100", "0120", "03", "07", "0A", "0902", "0904", "ATH1", "ATS0", "0100", "0902", "03", "010C0D", "020200", "0601", "ATDPN", "ATDP", "010C1","0101", "04", "03","", "ATXX", "hello"} {
			t.Logf("%s -> %q", q, k.ask(q))
		}
	}
}
