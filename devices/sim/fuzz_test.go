package sim

import (
	"bytes"
	"context"
	"math/rand/v2"
	"strings"
	"testing"
)

// sink is a line that keeps what is written.
type sink struct{ bytes.Buffer }

func FuzzAdapterCommands(f *testing.F) {
	for _, seed := range []string{"ATZ\r", "ate0\r010C1\r\r", "0902\r", "ATSPA3\r03\r", "AT ST\rAT\rATSH\rATCRA\r", "0\r", "ST\rSTI\r", "02\r0200\r06\r09\r", "\x00\xff\r", "01000C0D05040F0B\r"} {
		f.Add(seed, byte(0))
		f.Add(seed, byte(1))
		f.Add(seed, byte(2))
	}
	f.Fuzz(func(t *testing.T, input string, which byte) {
		cars := []Car{DemoCAN11(1), DemoCAN29(1), DemoKLine(1), nil}
		a := NewAdapter(AdapterConfig{Timing: Instant()})
		a.Plug(cars[int(which)%len(cars)])
		var out sink
		s := &session{a: a, rw: &out, set: fresh(), rng: rand.New(rand.NewPCG(1, 1))}
		s.feed(context.Background(), []byte(input))
		if got, most := strings.Count(out.String(), ">"), strings.Count(input, ">")+strings.Count(input, "\r"); got > most {
			t.Errorf("%d prompts for %q", got, input)
		}
		if !strings.HasSuffix(out.String(), ">") && strings.HasSuffix(input, "\r") {
			t.Errorf("no prompt at the end of %q", out.String())
		}
	})
}

func FuzzBoardRequests(f *testing.F) {
	f.Add(uint8(0), []byte{0x02, 0x00, 0x30, 0x03, 0x35}, true)
	f.Add(uint8(0), []byte{0x02, 0x02, 0x00, 0x31, 0x03, 0x36, 0x02, 0xF0, 0x32, 0x03, 0x27}, false)
	f.Add(uint8(1), []byte{0x8A, 0x01, 0x00, 0x11, 0x9A, 0x80, 0x01, 0x00, 0x33, 0xB2}, true)
	f.Add(uint8(2), []byte{0x01, 0x05, 0x02, 0x00, 0x00, 0x07, 0x8D, 0xB0}, false)
	f.Add(uint8(2), []byte{0x01, 0x0F, 0x00, 0x00, 0x00, 0x08, 0x01, 0x0F, 0xBE, 0x91}, true)
	f.Fuzz(func(t *testing.T, which uint8, input []byte, conflict bool) {
		name := []string{CU16, Lock8A, Modbus}[which%3]
		b := NewBoard(BoardConfig{Make: name, Addresses: []int{1, 3}, HookClosed: 1})
		b.SetFaults(BoardFaults{Noise: conflict, Conflict: conflict, Stale: conflict, Half: conflict})
		frames, rest := b.talks.parse(input)
		if len(frames)*requestLen+len(rest) > len(input) {
			t.Fatalf("%d frames and %d bytes out of %d", len(frames), len(rest), len(input))
		}
		for _, fr := range frames {
			if !bytes.Contains(input, fr) {
				t.Fatalf("frame % X is not among the bytes", fr)
			}
			b.handle(fr, rand.New(rand.NewPCG(1, 1)))
		}
		for _, fr := range b.Log() {
			for _, slot := range fr.Opens {
				if slot < 1 || slot > b.Slots() {
					t.Fatalf("% X opens slot %d of %d", fr.Bytes, slot, b.Slots())
				}
			}
		}
	})
}

func FuzzVehicleFile(f *testing.F) {
	f.Add([]byte(`{"schema":"pitlane-transcript/1","protocol":["6"],"adapter_settings":{"headers":true},"exchanges":[{"request":"0100","lines":["7E8064100BE3FA813"]},{"request":"0902","lines":["014","0:490201","1:"]}]}`), true)
	f.Add([]byte(`{"schema":"pitlane-transcript/1","exchanges":[{"request":"03","lines":["48 6B 10 43 00 00 00 00 00 00 06",""],"headers":true},{"request":"ATZ","echo":true,"lines":["ATZ"]}]}`), false)
	f.Fuzz(func(t *testing.T, data []byte, headers bool) {
		car, err := parseVehicle("fuzz", data)
		if err != nil {
			return
		}
		a := NewAdapter(AdapterConfig{Timing: Instant()})
		a.Plug(car)
		var out sink
		s := &session{a: a, rw: &out, set: fresh(), rng: rand.New(rand.NewPCG(1, 1))}
		s.set.echo, s.set.headers = false, headers
		for key := range car.by {
			s.feed(context.Background(), []byte(key+"\r"))
		}
		s.feed(context.Background(), []byte("0100\r0120\r03\r0902\r010C1\rATZ\r"))
	})
}

func TestUnframeIsTheReverseOfPrinting(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for range 300 {
		proto := []string{"1", "3", "5", "6", "7"}[rng.IntN(5)]
		m := Message{From: map[bool]string{true: "7E9", false: "1A"}[isCAN(proto)], Data: make([]byte, 1+rng.IntN(7))}
		if proto == "7" {
			m.From = "18DAF128"
		}
		if isCAN(proto) && rng.IntN(2) == 0 {
			m.Data = make([]byte, 8+rng.IntN(300))
		}
		for i := range m.Data {
			m.Data[i] = byte(rng.Uint32())
		}
		st := style{headers: true, spaces: rng.IntN(2) == 0}
		back, ok := unframe(st.message(proto, m), true, proto)
		if !ok || len(back) != 1 || back[0].From != m.From || !bytes.Equal(back[0].Data, m.Data) {
			t.Fatalf("protocol %s: %v came back as %v, %v", proto, m, back, ok)
		}
	}
}
