package keycab

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sealOf counts the check of a frame again, apart from the code under test: it
// returns the whole frame that begins with body.
func sealOf(driver string, body []byte) []byte {
	out := bytes.Clone(body)
	switch driver {
	case DriverCU16:
		return append(out, sumOf(body))
	case Driver8A:
		x := 0
		for _, v := range body {
			x ^= int(v)
		}
		return append(out, byte(x))
	}
	// CRC-16/MODBUS by long division of the reflected polynomial, bit by bit.
	crc := 0xFFFF
	for _, v := range body {
		for bit := range 8 {
			in := int(v) >> bit & 1
			low := crc & 1
			crc >>= 1
			if low^in == 1 {
				crc ^= 0xA001
			}
		}
	}
	return append(out, byte(crc&0xFF), byte(crc>>8))
}

func checkLen(driver string) int {
	if driver == DriverModbus {
		return 2
	}
	return 1
}

// golden are the frames of all makes, as the encoders make them.
func golden(t *testing.T) []string {
	t.Helper()
	timed, err := talkOf(Options{Driver: DriverModbus, Locks: 8})
	host, err2 := talkOf(Options{Driver: DriverModbus, Locks: 8, Pulse: PulseHost})
	keys, err3 := talkOf(Options{Driver: DriverModbus, Locks: 4, KeyInput: 4})
	if err != nil || err2 != nil || err3 != nil {
		t.Fatal(err, err2, err3)
	}
	narrow, wide := lock8A{}, lock8A{wide: true}
	var out []string
	say := func(driver, what string, frame []byte) {
		out = append(out, fmt.Sprintf("%-11s  %-36s  % X", driver, what, frame))
	}
	say(DriverCU16, "state of board 0", cu16{}.Ask(0))
	say(DriverCU16, "state of board 9", cu16{}.Ask(9))
	say(DriverCU16, "open board 0 lock 1", cu16{}.Open(0, 0))
	say(DriverCU16, "open board 1 lock 4", cu16{}.Open(1, 3))
	say(DriverCU16, "open board 9 lock 16", cu16{}.Open(9, 15))
	say(Driver8A, "state of board 1", narrow.Ask(1))
	say(Driver8A, "state of board 32", wide.Ask(32))
	say(Driver8A, "open board 1 lock 1", narrow.Open(1, 0))
	say(Driver8A, "open board 1 lock 2", narrow.Open(1, 1))
	say(Driver8A, "open board 2 lock 24", narrow.Open(2, 23))
	say(Driver8A, "open board 1 lock 48", wide.Open(1, 47))
	say(DriverModbus, "inputs 0-7 of module 1", timed.Ask(1))
	say(DriverModbus, "hooks and keys of module 247", keys.Ask(247))
	say(DriverModbus, "timed pulse module 1 coil 0", timed.Open(1, 0))
	say(DriverModbus, "timed pulse module 2 coil 7", timed.Open(2, 7))
	say(DriverModbus, "host: module 1 coil 0 on", host.Open(1, 0))
	say(DriverModbus, "host: module 1 coil 0 off", host.(holder).Off(1, 0))
	say(DriverModbus, "host: module 1 all coils off", host.(holder).AllOff(1))
	say(DriverModbus, "host: which coils of module 1 are on", host.(holder).AskDriven(1))
	return out
}

// The golden file holds every kind of frame that is ever sent. Its check bytes are
// counted again here, since published frames are often wrong.
func TestTheFramesAreTheGoldenOnes(t *testing.T) {
	t.Parallel()
	const file = "testdata/frames.golden"
	got := strings.Join(golden(t), "\n") + "\n"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	for line := range strings.Lines(string(want)) {
		driver := strings.TrimSpace(line[:11])
		frame := unhex(t, strings.TrimSpace(line[51:]))
		body := frame[:len(frame)-checkLen(driver)]
		if sealed := sealOf(driver, body); !bytes.Equal(sealed, frame) {
			t.Errorf("%s: counted again % X", strings.TrimSpace(line), sealed)
		}
	}
}

// Frames that public sources print, each recomputed: those whose check is wrong
// there are not here.
func TestFramesOfPublicSourcesAreOurs(t *testing.T) {
	t.Parallel()
	timed, _ := talkOf(Options{Driver: DriverModbus, Locks: 8})
	host, _ := talkOf(Options{Driver: DriverModbus, Locks: 8, Pulse: PulseHost})
	for _, c := range []struct {
		driver string
		got    []byte
		want   string
	}{
		{DriverCU16, cu16{}.Ask(0), "02 00 30 03 35"},
		{DriverCU16, cu16{}.Open(0, 15), "02 0F 31 03 45"},
		{Driver8A, lock8A{}.Ask(1), "80 01 00 33 B2"},
		{Driver8A, lock8A{}.Open(1, 0), "8A 01 01 11 9B"},
		{Driver8A, lock8A{}.Open(1, 1), "8A 01 02 11 98"},
		{DriverModbus, timed.Ask(1), "01 02 00 00 00 08 79 CC"},
		{DriverModbus, mbRead(1, fcInputs, 0, 16), "01 02 00 00 00 10 79 C6"},
		{DriverModbus, mbRead(1, fcCoils, 0, 8), "01 01 00 00 00 08 3D CC"},
		{DriverModbus, host.Open(1, 0), "01 05 00 00 FF 00 8C 3A"},
		{DriverModbus, host.(holder).Off(1, 0), "01 05 00 00 00 00 CD CA"},
		{DriverModbus, mbWrite(1, mbPulse, 7), "01 05 02 00 00 07 8D B0"},
		{DriverModbus, mbWrite(1, mbPulse, 5), "01 05 02 00 00 05 0C 71"},
	} {
		want := unhex(t, c.want)
		if sealed := sealOf(c.driver, want[:len(want)-checkLen(c.driver)]); !bytes.Equal(sealed, want) {
			t.Errorf("% X is wrong itself: counted again % X", want, sealed)
		}
		if !bytes.Equal(c.got, want) {
			t.Errorf("got % X, want % X", c.got, want)
		}
	}
	if got := mbCRC([]byte("123456789")); got != 0x4B37 {
		t.Errorf("CRC of 123456789 is %04X, want 4B37", got)
	}
}

// No call of an encoder, with any numbers at all, makes a frame that opens more than
// the one lock it was asked for: the boards' own "all" are out of reach.
func TestNoFrameMeansAllLocks(t *testing.T) {
	t.Parallel()
	timed, _ := talkOf(Options{Driver: DriverModbus, Locks: mbLocks})
	host, _ := talkOf(Options{Driver: DriverModbus, Locks: mbLocks, Pulse: PulseHost})
	talks := map[string]talk{"CU16": cu16{}, "8A": lock8A{}, "8A wide": lock8A{wide: true}, "timed": timed, "host": host}
	for name, k := range talks {
		l := k.Limits()
		for addr := -300; addr <= 300; addr++ {
			for lock := -300; lock <= 1100; lock++ {
				f := k.Open(addr, lock)
				may := addr >= l.First && addr <= l.Last && lock >= 0 && lock < l.Locks && (name != "8A" || lock < 24)
				if (f != nil) != may {
					t.Fatalf("%s board %d lock %d: % X", name, addr, lock, f)
				}
				if f != nil && !opensOne(name, f, addr, lock) {
					t.Fatalf("%s board %d lock %d sends % X", name, addr, lock, f)
				}
			}
		}
	}
	for i := range 256 {
		if (lockNumber{uint8(i)}).wire() == 0 {
			t.Errorf("lock number %d is 0 on the wire: it opens every door", i)
		}
	}
}

// opensOne reads a frame as the board's manual does.
func opensOne(name string, f []byte, addr, lock int) bool {
	switch name {
	case "CU16":
		return f[2] == 0x31 && int(f[1]>>4) == addr && addr != 0xF && int(f[1]&0xF) == lock
	case "8A", "8A wide":
		return f[0] == 0x8A && int(f[1]) == addr && f[2] != 0 && int(f[2]) == lock+1
	}
	coil := int(f[2])<<8 | int(f[3])
	if name == "timed" {
		coil -= 0x200
	}
	return int(f[0]) == addr && addr != 0 && f[1] == 5 && coil == lock && coil != 0xFF
}

func TestThe8AStateIsRead(t *testing.T) {
	t.Parallel()
	frame := func(addr byte, s ...byte) []byte {
		return sealOf(Driver8A, append(append([]byte{0x80, addr}, s...), 0x33))
	}
	good := frame(1, 0x80, 0x02, 0x01)
	request := lock8A{}.Ask(1)
	failed := sealOf(Driver8A, []byte{0x8A, 1, 1, 0x11})
	one := sealOf(Driver8A, []byte{0x80, 1, 1, 0x11})
	for _, c := range []struct {
		name   string
		talk   lock8A
		in     []byte
		ok     bool
		hooks  uint64
		strays int
	}{
		{"24 locks, the highest first", lock8A{}, good, true, 0x800201, 0},
		{"48 locks", lock8A{wide: true}, frame(1, 0x80, 0, 0, 0, 0, 1), true, 0x800000000001, 0},
		{"behind our own request", lock8A{}, append(bytes.Clone(request), good...), true, 0x800201, 0},
		{"behind a failed open", lock8A{}, append(bytes.Clone(failed), good...), true, 0x800201, 0},
		{"behind the state of one lock", lock8A{}, append(bytes.Clone(one), good...), true, 0x800201, 0},
		{"our own request alone", lock8A{}, request, false, 0, 0},
		{"a failed open alone", lock8A{}, failed, false, 0, 0},
		{"another board's", lock8A{}, frame(2, 0, 0, 0), false, 0, 1},
		{"twice", lock8A{}, append(bytes.Clone(good), good...), true, 0x800201, 1},
		{"half", lock8A{}, good[:4], false, 0, 0},
		{"a bit turned", lock8A{}, append([]byte{0x80, 1, 0x81}, good[3:]...), false, 0, 0},
		{"no board has address 0", lock8A{}, frame(0, 1, 1, 1), false, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := c.talk.Answer(1, c.in)
			if a.OK != c.ok || a.Sample.Hooks != c.hooks || a.Sample.HasKeys || len(a.Strays) != c.strays {
				t.Errorf("got %+v of % X", a, c.in)
			}
		})
	}
}

func TestTheModuleIsRead(t *testing.T) {
	t.Parallel()
	hooks, _ := talkOf(Options{Driver: DriverModbus, Locks: 8})
	keys, _ := talkOf(Options{Driver: DriverModbus, Locks: 4, KeyInput: 4})
	far, _ := talkOf(Options{Driver: DriverModbus, Locks: 8, KeyInput: 100})
	seal := func(b ...byte) []byte { return sealOf(DriverModbus, b) }
	good := seal(1, 2, 1, 0x20)
	for _, c := range []struct {
		name    string
		talk    talk
		in      []byte
		ok      bool
		sample  sample
		strays  int
		refused byte
	}{
		{"a real capture", hooks, good, true, sample{Hooks: 0x20}, 0, 0},
		{"hooks and keys in one", keys, seal(1, 2, 1, 0x2F), true, sample{Hooks: 0xF, Keys: 2, HasKeys: true}, 0, 0},
		{"keys apart", far, seal(1, 2, 14, 0x0F, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0x08), true, sample{Hooks: 0xF, Keys: 0x81, HasKeys: true}, 0, 0},
		{"behind noise and our own request", hooks, append(append([]byte{1, 2, 1, 0xFF}, hooks.Ask(1)...), good...), true, sample{Hooks: 0x20}, 0, 0},
		{"our own request alone", hooks, hooks.Ask(1), false, sample{}, 0, 0},
		{"another module's", hooks, seal(2, 2, 1, 0), false, sample{}, 1, 0},
		{"twice", hooks, append(bytes.Clone(good), good...), true, sample{Hooks: 0x20}, 1, 0},
		{"more inputs than were asked for", hooks, seal(1, 2, 2, 0x20, 0), false, sample{}, 0, 0},
		{"coils instead of inputs", hooks, seal(1, 1, 1, 0x20), false, sample{}, 0, 0},
		{"it has no such input", hooks, unhex(t, "01 82 02 C1 61"), false, sample{}, 0, 2},
		{"a bit turned", hooks, append([]byte{1, 2, 1, 0x21}, good[4:]...), false, sample{}, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := c.talk.Answer(1, c.in)
			if a.OK != c.ok || a.Sample != c.sample || len(a.Strays) != c.strays {
				t.Errorf("got %+v of % X", a, c.in)
			}
			e, _ := errors.AsType[*Exception](a.Refused)
			if (e != nil) != (c.refused != 0) || e != nil && e.Code != c.refused {
				t.Errorf("refused %v, want exception %d", a.Refused, c.refused)
			}
		})
	}
}

func TestModbusOptionsThatCannotBeMeant(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		opts Options
		ok   bool
	}{
		{"hooks alone", Options{Driver: DriverModbus}, true},
		{"keys right behind the hooks", Options{Driver: DriverModbus, KeyInput: 4}, true},
		{"keys among the hooks", Options{Driver: DriverModbus, Locks: 8, KeyInput: 4}, false},
		{"a pulse nobody knows", Options{Driver: DriverModbus, Pulse: "long"}, false},
		{"the broadcast address", Options{Driver: DriverModbus, Boards: []int{0}}, false},
		{"an address above the last", Options{Driver: DriverModbus, Boards: []int{248}}, false},
		{"too many locks", Options{Driver: DriverModbus, Locks: 65}, false},
		{"a key input of a make without", Options{KeyInput: 4}, false},
		{"a pulse of a make without", Options{Driver: Driver8A, Pulse: PulseHost}, false},
		{"8A board 0", Options{Driver: Driver8A, Boards: []int{0}}, false},
		{"8A with 49 locks", Options{Driver: Driver8A, Locks: 49}, false},
		{"a reader has no locks", Options{Driver: DriverRDM6300}, false},
		{"keys too far away", Options{Driver: DriverModbus, KeyInput: 250}, false},
		{"an echo nobody knows", Options{Echo: "maybe"}, false},
	} {
		if _, err := New(noLine, c.opts); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// With any bytes around it a good reply is found, and no wrong one is made up.
func TestGoodFramesAreKeptAmongNoise(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	module, _ := talkOf(Options{Driver: DriverModbus, Locks: 8})
	for name, c := range map[string]struct {
		talk  talk
		frame func(hooks byte) []byte
	}{
		"8A":     {lock8A{}, func(h byte) []byte { return sealOf(Driver8A, []byte{0x80, 3, 0, 0, h, 0x33}) }},
		"modbus": {module, func(h byte) []byte { return sealOf(DriverModbus, []byte{3, 2, 1, h}) }},
	} {
		kept, wrong := 0, 0
		const frames = 5000
		for range frames {
			hooks := byte(r.Uint32())
			in := make([]byte, r.IntN(12))
			for i := range in {
				in[i] = byte(r.Uint32())
			}
			a := c.talk.Answer(3, append(in, c.frame(hooks)...))
			switch {
			case a.OK && a.Sample.Hooks == uint64(hooks):
				kept++
			case a.OK:
				wrong++
			}
		}
		if kept < frames*999/1000 || wrong > 0 {
			t.Errorf("%s: kept %d of %d and took %d wrong ones, want at least 99.9 %% and none", name, kept, frames, wrong)
		}
	}
}

func Fuzz8A(f *testing.F) {
	f.Add(1, false, []byte{0x80, 1, 1, 1, 1, 0x33, 0xB3})
	f.Add(2, true, []byte{0x80, 2, 0, 0, 0, 0, 0, 1, 0x33, 0xB0})
	f.Fuzz(func(t *testing.T, addr int, wide bool, in []byte) {
		addr = addr&31 + 1
		k := lock8A{wide: wide}
		a := k.Answer(addr, in)
		body := []byte{0x80, byte(addr)}
		for n := k.locks() - 8; n >= 0; n -= 8 {
			body = append(body, byte(a.Sample.Hooks>>n))
		}
		if a.OK && !bytes.Contains(in, sealOf(Driver8A, append(body, 0x33))) {
			t.Errorf("%+v is not among % X", a.Sample, in)
		}
	})
}

func FuzzModbus(f *testing.F) {
	f.Add(1, uint8(8), []byte{1, 2, 1, 0x20, 0xA0, 0x50})
	f.Add(1, uint8(8), []byte{1, 0x82, 2, 0xC1, 0x61})
	f.Add(1, uint8(8), []byte{1, 5, 2, 0, 0, 5, 0x0C, 0x71})
	f.Fuzz(func(t *testing.T, addr int, locks uint8, in []byte) {
		addr, n := addr&31+1, int(locks)%mbLocks+1
		k, err := talkOf(Options{Driver: DriverModbus, Locks: n, KeyInput: n})
		host, err2 := talkOf(Options{Driver: DriverModbus, Locks: n, Pulse: PulseHost})
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		a := k.Answer(addr, in)
		if a.OK && a.Sample.Hooks>>(n-1)>>1 != 0 {
			t.Errorf("%d locks, but hooks are %x", n, a.Sample.Hooks)
		}
		if a.OK && a.Refused != nil {
			t.Errorf("answered and refused: % X", in)
		}
		if d, ok := host.(holder).Driven(addr, in); ok && d>>(n-1)>>1 != 0 {
			t.Errorf("%d locks, but driven are %x", n, d)
		}
		if done, refused := k.(refuser).Opened(addr, 0, in); done && refused == nil && !bytes.Contains(in, k.Open(addr, 0)) {
			t.Errorf("done, but the reply is not among % X", in)
		}
	})
}
