package keycab_test

import (
	"slices"
	"testing"
	"time"

	"pitlane/devices"
	"pitlane/devices/devicetest"
	"pitlane/devices/keycab"
	"pitlane/devices/sim"
)

// aMake is one make of board as the scenes wire it up.
type aMake struct {
	name  string
	board sim.BoardConfig
	opts  keycab.Options
	key   keycab.Key // of an empty slot
}

func makes() []aMake {
	bit := closedIs
	return []aMake{
		{"CU16", sim.BoardConfig{HookClosed: 1}, keycab.Options{Driver: keycab.DriverCU16, HookClosed: bit(1)}, keycab.KeyAbsent},
		{"8A with 24 locks", sim.BoardConfig{HookClosed: 0}, keycab.Options{Driver: keycab.Driver8A, HookClosed: bit(0)}, keycab.KeyUnknown},
		{"8A with 48 locks", sim.BoardConfig{HookClosed: 1, Locks: 48, Addresses: []int{2, 32}},
			keycab.Options{Driver: keycab.Driver8A, Locks: 48, HookClosed: bit(1)}, keycab.KeyUnknown},
		{"a module with hooks", sim.BoardConfig{HookClosed: 1}, keycab.Options{Driver: keycab.DriverModbus, HookClosed: bit(1)}, keycab.KeyUnknown},
		{"two modules with hooks and keys", sim.BoardConfig{HookClosed: 0, Locks: 4, KeyInput: 4, Addresses: []int{1, 17}},
			keycab.Options{Driver: keycab.DriverModbus, Locks: 4, KeyInput: 4, HookClosed: bit(0)}, keycab.KeyAbsent},
		{"a module with its keys far away", sim.BoardConfig{HookClosed: 1, Locks: 8, KeyInput: 40},
			keycab.Options{Driver: keycab.DriverModbus, Locks: 8, KeyInput: 40, HookClosed: bit(1)}, keycab.KeyAbsent},
		{"a module without a timed pulse", sim.BoardConfig{HookClosed: 1, NoPulse: true},
			keycab.Options{Driver: keycab.DriverModbus, Pulse: keycab.PulseHost, HookClosed: bit(1)}, keycab.KeyUnknown},
	}
}

// Every make tells its state, opens exactly one slot, says that a stuck one has not
// opened, and invents nothing over a break.
func TestEveryMakeOverTheWire(t *testing.T) {
	t.Parallel()
	var scenes []scene
	for _, m := range makes() {
		scenes = append(scenes,
			scene{m.name + " opens and closes", calmly(func(t *testing.T) { opensAndCloses(t, m, newRig(t, m.board, m.opts)) })},
			scene{m.name + " under faults", calmly(func(t *testing.T) { livesWithFaults(t, m) })},
			scene{m.name + " over a break", calmly(func(t *testing.T) { comesBackWhole(t, m) })},
		)
	}
	together(t, scenes)
}

// The same over a terminal, with the real port under the driver.
func TestEveryMakeOnATerminal(t *testing.T) {
	t.Parallel()
	var scenes []scene
	for _, m := range makes() {
		scenes = append(scenes, scene{m.name, func(t *testing.T) {
			r := wire(t, m.board, m.opts)
			r.run()
			opensAndCloses(t, m, r)
		}})
	}
	together(t, scenes)
}

func opensAndCloses(t *testing.T, m aMake, r *rig) {
	s := r.snapshot(true)
	last := r.board.Slots()
	if len(s.Slots) != last {
		t.Fatalf("%d slots, want %d", len(s.Slots), last)
	}
	for i, got := range s.Slots {
		if want := (keycab.Slot{Number: i + 1, Hook: keycab.HookClosed, Key: m.key, Unfelt: m.key == keycab.KeyUnknown}); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	for _, slot := range []int{1, last} {
		if o, err := r.unlock(slot); o != keycab.Opened || err != nil {
			t.Errorf("slot %d: %s and %v, want opened", slot, o, err)
		}
	}
	if got := len(r.unlocks()); got != 2 {
		t.Errorf("%d frames that open, want 2", got)
	}
	if m.key != keycab.KeyUnknown {
		r.board.SetKey(last, true)
		for s := r.change(last); s.Key != keycab.KeyPresent; s = r.change(last) {
		}
	}
	if got := r.board.Driven(); len(got) > 0 {
		t.Errorf("slots %v are left driven", got)
	}
	r.board.SetFaults(sim.BoardFaults{Stuck: []int{2}})
	if o, err := r.unlock(2); o != keycab.Failed || err != nil {
		t.Errorf("a stuck slot: %s and %v, want failed", o, err)
	}
	if w := r.warning(keycab.WarnStuck); w.Slot != 2 {
		t.Errorf("got %+v, want slot 2", w)
	}
	if got := r.board.Driven(); len(got) > 0 {
		t.Errorf("slots %v are left driven", got)
	}
}

func livesWithFaults(t *testing.T, m aMake) {
	m.board.Seed, m.board.Reply = 3, 20*time.Millisecond
	r := newRig(t, m.board, m.opts)
	r.board.SetFaults(sim.BoardFaults{Noise: true, Echo: true, Bursts: true})
	r.snapshot(true)
	r.polls(12)
	if got := r.heard(); len(got) != 1 {
		t.Errorf("heard %v, want the snapshot alone", got)
	}
	if o, err := r.unlock(3); o != keycab.Opened || err != nil {
		t.Errorf("%s and %v, want opened", o, err)
	}
	r.board.SetFaults(sim.BoardFaults{Reboot: 900 * time.Millisecond})
	if o, err := r.unlock(4); o != keycab.Opened || err != nil {
		t.Errorf("with a board that starts anew: %s and %v, want opened", o, err)
	}
	if got := len(r.unlocks()); got != 2 {
		t.Errorf("%d frames that open, want 2", got)
	}
	for _, c := range r.changes() {
		if c.Slot.Number != 3 && c.Slot.Number != 4 || c.Slot.Hook != keycab.HookOpen {
			t.Errorf("invented %v", c)
		}
	}
	r.board.SetFaults(sim.BoardFaults{Conflict: true})
	r.warning(keycab.WarnAddressConflict)
	if o, err := r.unlock(1); o != keycab.Failed || faultKind(err) != "cabinet" {
		t.Errorf("with two boards at one address: %s and %v, want failed with a fault", o, err)
	}
}

func comesBackWhole(t *testing.T, m aMake) {
	r := newRig(t, m.board, m.opts)
	r.snapshot(true)
	if err := r.line.Unplug(); err != nil {
		t.Fatal(err)
	}
	r.snapshot(false)
	r.board.SetHook(2, false)
	if err := r.line.Replug(); err != nil {
		t.Fatal(err)
	}
	if got := r.snapshot(true).Slots[1].Hook; got != keycab.HookOpen {
		t.Errorf("slot 2 is %s, want open", got)
	}
	r.board.SetFaults(sim.BoardFaults{Silent: true})
	r.snapshot(false)
	r.board.SetFaults(sim.BoardFaults{})
	r.snapshot(true)
	for _, c := range r.changes() { // with several boards one is silent before the other
		if c.Slot.Hook != keycab.HookUnknown || c.Slot.Key != keycab.KeyUnknown {
			t.Errorf("invented %v", c)
		}
	}
}

func TestAModuleThatRefusesSaysWhy(t *testing.T) {
	t.Parallel()
	together(t, []scene{
		{"it has fewer inputs", calmly(func(t *testing.T) {
			r := newRig(t, sim.BoardConfig{Locks: 4}, keycab.Options{Driver: keycab.DriverModbus, Locks: 8, HookClosed: closedIs(1)})
			if s := r.snapshot(false); s.Why != keycab.WhyRefused || s.Fault == nil || s.Fault.Hint == "" {
				t.Errorf("got %+v, want refused with a hint", s)
			}
		})},
		{"it knows no timed pulse", calmly(func(t *testing.T) {
			r := newRig(t, sim.BoardConfig{HookClosed: 1, NoPulse: true}, keycab.Options{Driver: keycab.DriverModbus, HookClosed: closedIs(1)})
			r.snapshot(true)
			if o, err := r.unlock(3); o != keycab.Failed || faultKind(err) != "cabinet" {
				t.Errorf("got %s and %v, want failed with a fault", o, err)
			}
			if closed, _ := r.board.Slot(3); !closed {
				t.Error("slot 3 opened")
			}
		})},
	})
}

// A run that died while it drove a lock leaves the coil on; the next one switches it
// off before anything else.
func TestALockLeftDrivenIsSwitchedOffAtTheStart(t *testing.T) {
	t.Parallel()
	m := makes()[6]
	r := wire(t, m.board, m.opts)
	r.ask(5)
	r.answersTo([]byte{0x01, 0x05, 0x00, 0x04, 0xFF, 0x00, 0xCD, 0xFB})
	if got := r.board.Driven(); !slices.Equal(got, []int{5}) {
		t.Fatalf("driven are %v, want slot 5", got)
	}
	r.run()
	r.snapshot(true)
	if got := r.board.Driven(); len(got) > 0 {
		t.Errorf("slots %v are left driven", got)
	}
	for _, f := range r.board.Log()[1:] {
		if len(f.Opens) > 0 {
			t.Errorf("sent % X, which opens %v", f.Bytes, f.Opens)
		}
	}
}

// Where our own bytes come back although the configuration says that they do not,
// a person hears of it.
func TestAnEchoThatShouldNotBeIsToldOf(t *testing.T) {
	t.Parallel()
	calmly(func(t *testing.T) {
		r := newRig(t, sim.BoardConfig{HookClosed: 1}, keycab.Options{HookClosed: closedIs(1), Echo: keycab.EchoNone})
		r.snapshot(true)
		r.board.SetFaults(sim.BoardFaults{Echo: true})
		r.warning(keycab.WarnEcho)
		if got := r.changes(); len(got) > 0 {
			t.Errorf("invented %v", got)
		}
	})(t)
}

// A silent board behind an adapter that echoes is silent: our own bytes are no
// board's.
func TestAnEchoIsNotABoardThatSpeaks(t *testing.T) {
	t.Parallel()
	var scenes []scene
	for _, m := range makes() {
		scenes = append(scenes, scene{m.name, calmly(func(t *testing.T) {
			r := inMind(t, m.board, m.opts)
			r.board.SetFaults(sim.BoardFaults{Echo: true, Silent: true})
			r.run()
			if s := r.snapshot(false); s.Why != keycab.WhySilent {
				t.Errorf("got %+v, want silent", s)
			}
			if o, _ := r.unlock(1); o != keycab.Failed || len(r.unlocks()) > 0 {
				t.Errorf("got %s, want failed without a frame", o)
			}
		})})
	}
	together(t, scenes)
}

func TestEveryMakePassesTheSuiteOfAllDrivers(t *testing.T) {
	t.Parallel()
	for _, m := range []aMake{makes()[1], makes()[4]} {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			devicetest.Run(t, func(t *testing.T) devicetest.Setup { return setup(t, m) })
		})
	}
}

// setup is a practice board for the suite of all drivers.
func setup(t *testing.T, m aMake) devicetest.Setup {
	r := wire(t, m.board, m.opts)
	addr := byte(1)
	if len(m.board.Addresses) > 0 {
		addr = byte(m.board.Addresses[0])
	}
	r.answersTo(map[string]func() []byte{
		keycab.DriverCU16:   func() []byte { return []byte{0x02, 0x00, 0x30, 0x03, 0x35} },
		keycab.Driver8A:     func() []byte { return []byte{0x80, addr, 0x00, 0x33, 0x80 ^ addr ^ 0x33} },
		keycab.DriverModbus: func() []byte { return crcOf([]byte{addr, 0x02, 0x00, 0x00, 0x00, 0x04}) },
	}[m.opts.Driver]())
	return devicetest.Setup{
		Device: r.cab,
		Unplug: r.line.Unplug,
		Replug: r.line.Replug,
		Noise: func(b []byte) error {
			_, err := r.line.Write(b)
			return err
		},
		Whole: func(x devices.Reading) bool {
			s, ok := x.Value.(keycab.Snapshot)
			return ok && s.Online
		},
		Lost: func(x devices.Reading) bool {
			s, ok := x.Value.(keycab.Snapshot)
			return ok && !s.Online
		},
		Harmless: func(x devices.Reading) bool {
			_, ok := x.Value.(keycab.Warning)
			return ok
		},
	}
}

// crcOf is a Modbus frame with its CRC, counted here.
func crcOf(b []byte) []byte {
	crc := uint(0xFFFF)
	for _, x := range b {
		crc ^= uint(x)
		for range 8 {
			if crc&1 == 1 {
				crc = crc>>1 ^ 0xA001
			} else {
				crc >>= 1
			}
		}
	}
	return append(b, byte(crc), byte(crc>>8))
}
