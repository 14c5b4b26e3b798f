package sim_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pitlane/devices/sim"
)

// The golden bytes: what a real chip prints, byte for byte. Checksums and frames
// are computed here again, by other code than the simulator's.

// oneECU is a car with known answers.
func oneECU(proto, id string) *sim.Vehicle {
	return &sim.Vehicle{Name: "golden", Protocol: proto, ECUs: []*sim.ECU{{
		ID: id, VIN: "WXXZZZ00000000001", Stored: []string{"P0133", "U0121"},
		PIDs: map[byte]sim.Reading{0x05: sim.Fixed(0x7B), 0x0C: sim.Fixed(0x1A, 0xF8), 0x42: sim.Fixed(0x36, 0x87)},
	}}}
}

func TestTheAdapterSpeaksAsTheChipDoes(t *testing.T) {
	k := serveAdapter(t, sim.NewAdapter(sim.AdapterConfig{Timing: sim.Instant(), Volts: 12.44, Refuses: []string{"ATSP6"}}))
	for _, x := range []struct{ ask, want string }{
		{"ATZ", "ATZ\r\r\rELM327 v1.5\r\r>"},
		{"at i", "at i\rELM327 v1.5\r\r>"},
		{"ATE0", "ATE0\rOK\r\r>"},
		{"ATI", "ELM327 v1.5\r\r>"},
		{"", "ELM327 v1.5\r\r>"},
		{"AT@1", "OBDII to RS232 Interpreter\r\r>"},
		{"AT RV", "12.4V\r\r>"},
		{"ATL1", "OK\r\n\r\n>"},
		{"ATI", "ELM327 v1.5\r\n\r\n>"},
		{"ATL0", "OK\r\r>"},
		{"STI", "?\r\r>"},
		{"ATSP6", "?\r\r>"},
		{"ATSP3", "OK\r\r>"},
		{"ATDP", "ISO 9141-2\r\r>"},
		{"ATDPN", "3\r\r>"},
		{"ATSPA7", "OK\r\r>"},
		{"ATDPN", "A7\r\r>"},
		{"ATDP", "AUTO, ISO 15765-4 (CAN 29/500)\r\r>"},
		{"ATSPZ", "?\r\r>"},
		{"ATST32", "OK\r\r>"},
		{"ATSTXX", "?\r\r>"},
		{"ATAT2", "OK\r\r>"},
		{"ATCRA7E8", "OK\r\r>"},
		{"ATSH7E0", "OK\r\r>"},
		{"ATSH7E", "?\r\r>"},
		{"ATFCSH7E0", "OK\r\r>"},
		{"ATM0", "OK\r\r>"},
		{"ATAL", "OK\r\r>"},
		{"ATCAF1", "OK\r\r>"},
		{"ATPC", "OK\r\r>"},
		{"ATQQ", "?\r\r>"},
		{"01ZZ", "?\r\r>"},
		{"ATWS", "\r\rELM327 v1.5\r\r>"},
		{"ATD", "ATD\rOK\r\r>"},
	} {
		if got := k.ask(x.ask); got != x.want {
			t.Errorf("%q = %q, want %q", x.ask, got, x.want)
		}
	}
}

func TestAnSTNChipKnowsItsOwnCommands(t *testing.T) {
	k := serveAdapter(t, sim.NewAdapter(sim.AdapterConfig{Timing: sim.Instant(), Identity: "ELM327 v1.4b", STN: "STN1110 v4.2.0", STNDevice: "OBDLink SX r4.2"}))
	k.setUp()
	for ask, want := range map[string]string{"STI": "STN1110 v4.2.0\r\r>", "STDI": "OBDLink SX r4.2\r\r>", "STCSEGT1": "OK\r\r>", "STQQ": "?\r\r>"} {
		if got := k.ask(ask); got != want {
			t.Errorf("%s = %q, want %q", ask, got, want)
		}
	}
}

func TestCANAnswersInEachForm(t *testing.T) {
	for _, x := range []struct {
		proto, id string
		set       []string
		ask, want string
	}{
		{"6", "7E8", nil, "010C", "41 0C 1A F8 \r\r>"},
		{"6", "7E8", []string{"ATS0"}, "010C", "410C1AF8\r\r>"},
		{"6", "7E8", []string{"ATH1"}, "010C", "7E8 04 41 0C 1A F8 \r\r>"},
		{"6", "7E8", []string{"ATH1", "ATS0"}, "010C1", "7E804410C1AF8\r\r>"},
		{"7", "18DAF110", []string{"ATH1"}, "010C", "18 DA F1 10 04 41 0C 1A F8 \r\r>"},
		{"7", "18DAF110", []string{"ATH1", "ATS0", "ATSHDA10F1"}, "010C", "18DAF11004410C1AF8\r\r>"},
		{"7", "18DAF110", []string{"ATSHDA11F1"}, "010C", "NO DATA\r\r>"},
		{"6", "7E8", []string{"ATSH7E0"}, "0105", "41 05 7B \r\r>"},
		{"6", "7E8", []string{"ATSH7E1"}, "0105", "NO DATA\r\r>"},
		{"6", "7E8", []string{"ATCRA7E9"}, "0105", "NO DATA\r\r>"},
		{"6", "7E8", []string{"ATR0"}, "0105", "\r>"},
		{"6", "7E8", nil, "0100", "41 00 08 10 00 01 \r\r>"}, // 05 is bit 27, 0C bit 20, more follow
		{"6", "7E8", nil, "0120", "41 20 00 00 00 01 \r\r>"},
		{"6", "7E8", nil, "0140", "41 40 40 00 00 00 \r\r>"}, // 42 is bit 30
		{"6", "7E8", nil, "0160", "NO DATA\r\r>"},
		{"6", "7E8", nil, "010C05", "41 0C 1A F8 05 7B \r\r>"},
		{"6", "7E8", nil, "03", "43 02 01 33 C1 21 \r\r>"},
		{"6", "7E8", nil, "0902", "014 \r0: 49 02 01 57 58 58 \r1: 5A 5A 5A 30 30 30 30 \r2: 30 30 30 30 30 30 31 \r\r>"},
		{"6", "7E8", []string{"ATS0"}, "0902", "014\r0:490201575858\r1:5A5A5A30303030\r2:30303030303031\r\r>"},
		{"6", "7E8", []string{"ATH1", "ATS0"}, "0902", "7E81014490201575858\r7E8215A5A5A30303030\r7E82230303030303031\r\r>"},
	} {
		t.Run(fmt.Sprint(x.proto, x.set, x.ask), func(t *testing.T) {
			k := serveAdapter(t, instant(oneECU(x.proto, x.id)))
			k.setUp(slices.Concat([]string{"ATSP" + x.proto}, x.set)...)
			if got := k.ask(x.ask); got != x.want {
				t.Errorf("%s = %q, want %q", x.ask, got, x.want)
			}
		})
	}
}

func TestConsecutiveFramesGoFromFTo0(t *testing.T) {
	car := oneECU("6", "7E8")
	car.ECUs[0].Extra = map[string]string{"22F190": strings.Repeat("5A", 243)}
	k := serveAdapter(t, instant(car))
	k.setUp("ATSP6", "ATH1", "ATS0")
	lines := strings.Split(strings.TrimSuffix(k.ask("22F190"), "\r\r>"), "\r")
	if len(lines) != 1+34 || !strings.HasPrefix(lines[0], "7E810F3") {
		t.Fatalf("%d lines, the first %q; want 35 for 243 bytes", len(lines), lines[0])
	}
	for i, l := range lines[1:] {
		if want := fmt.Sprintf("7E82%X", (i+1)%16); !strings.HasPrefix(l, want) {
			t.Errorf("frame %d is %q, want %s…", i+1, l, want)
		}
	}
}

func TestOlderBusesCarryHeaderAndChecksum(t *testing.T) {
	for _, x := range []struct{ proto, init, header string }{
		{"1", "", "416B10"}, {"2", "", "486B10"},
		{"3", "BUS INIT: ...OK\r", "486B10"}, {"4", "BUS INIT: ...OK\r", "8%dF110"}, {"5", "BUS INIT: OK\r", "8%dF110"},
	} {
		t.Run(x.proto, func(t *testing.T) {
			k := serveAdapter(t, instant(oneECU(x.proto, "10")))
			k.setUp("ATSP"+x.proto, "ATH1", "ATS0")
			want := x.init + checked(x.proto, x.header, "410C1AF8") + "\r\r>"
			if got := k.ask("010C"); got != want {
				t.Errorf("010C = %q, want %q", got, want)
			}
			var vin []string
			for i, part := range []string{"00000057", "58585A5A", "5A303030", "30303030", "30303031"} {
				vin = append(vin, checked(x.proto, x.header, fmt.Sprintf("4902%02d", i+1)+part))
			}
			if got, want := k.ask("0902"), strings.Join(vin, "\r")+"\r\r>"; got != want {
				t.Errorf("0902 = %q, want %q", got, want)
			}
			if got, want := k.ask("03"), checked(x.proto, x.header, "430133C1210000")+"\r\r>"; got != want {
				t.Errorf("03 = %q, want %q", got, want)
			}
		})
	}
}

// checked adds header and checksum by the books: a sum, or the polynomial division
// of J1850, here bit by bit over the whole message.
func checked(proto, header, data string) string {
	if strings.Contains(header, "%d") {
		header = fmt.Sprintf(header, len(data)/2)
	}
	var frame []byte
	if _, err := fmt.Sscanf(header+data, "%X", &frame); err != nil {
		return err.Error()
	}
	if proto != "1" && proto != "2" {
		sum := 0
		for _, b := range frame {
			sum += int(b)
		}
		return fmt.Sprintf("%X%02X", frame, sum%256)
	}
	crc := 0xFF
	for bit := range 8 * len(frame) {
		in := int(frame[bit/8]>>(7-bit%8)) & 1
		top := crc >> 7 & 1
		crc = crc << 1 & 0xFF
		if top != in {
			crc ^= 0x1D
		}
	}
	return fmt.Sprintf("%X%02X", frame, crc^0xFF)
}

func TestTheProtocolIsSearchedOnce(t *testing.T) {
	a := instant(oneECU("7", "18DAF110"))
	k := serveAdapter(t, a)
	k.setUp("ATSP0")
	for _, x := range []struct{ ask, want string }{
		{"ATDPN", "A0\r\r>"},
		{"0105", "SEARCHING...\r41 05 7B \r\r>"},
		{"0105", "41 05 7B \r\r>"},
		{"ATDPN", "A7\r\r>"},
	} {
		if got := k.ask(x.ask); got != x.want {
			t.Errorf("%s = %q, want %q", x.ask, got, x.want)
		}
	}
	a.Plug(oneECU("3", "10"))
	if got, want := k.ask("0105"), "SEARCHING...\r41 05 7B \r\r>"; got != want {
		t.Errorf("with the next car 0105 = %q, want %q", got, want)
	}
	a.Plug(nil)
	if got, want := k.ask("0105"), "SEARCHING...\rUNABLE TO CONNECT\r\r>"; got != want {
		t.Errorf("without a car 0105 = %q, want %q", got, want)
	}
}

func TestAProtocolThatIsNotTheCarsFails(t *testing.T) {
	for _, x := range []struct {
		car       sim.Car
		set, want string
	}{
		{nil, "ATSP6", "NO DATA\r\r>"},
		{nil, "ATSP3", "BUS INIT: ...ERROR\r\r>"},
		{oneECU("6", "7E8"), "ATSP7", "NO DATA\r\r>"},
		{oneECU("6", "7E8"), "ATSP8", "CAN ERROR\r\r>"},
		{oneECU("6", "7E8"), "ATSP2", "NO DATA\r\r>"},
		{oneECU("3", "10"), "ATSP5", "BUS INIT: ERROR\r\r>"},
		{oneECU("6", "7E8"), "ATSPA3", "SEARCHING...\r41 05 7B \r\r>"},
		{oneECU("6", "7E8"), "ATSPA6", "41 05 7B \r\r>"},
	} {
		t.Run(x.set, func(t *testing.T) {
			k := serveAdapter(t, instant(x.car))
			k.setUp(x.set)
			if got := k.ask("0105"); got != x.want {
				t.Errorf("0105 = %q, want %q", got, x.want)
			}
		})
	}
}
