package keycab_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pitlane/devices"
	"pitlane/devices/devicetest"
	"pitlane/devices/keycab"
	"pitlane/devices/sim"
	"pitlane/housetest"
)

// memory is a practice cabinet on a line in memory, in a bubble of synctest: hours of
// bus time are seconds here.
type memory struct {
	t     *testing.T
	board *sim.Board
	wire  *devicetest.Wire
	cab   *keycab.Cabinet
	rng   *rand.Rand

	mu     sync.Mutex
	orders map[int]*asked // by slot, those under way
	opens  int            // frames that open
	says   []any
}

// asked is one unlock under way.
type asked struct {
	frames int
	moved  bool
	lies   bool // its sensor flaps: nobody can know
}

// inMemory runs play with a cabinet whose driver runs.
func inMemory(t *testing.T, m aMake, seed uint64, play func(*memory)) {
	synctest.Test(t, func(t *testing.T) {
		c := &memory{t: t, wire: devicetest.NewWire(), rng: rand.New(rand.NewPCG(seed, 1)), orders: map[int]*asked{}}
		cfg, opts := m.board, m.opts
		cfg.Make, cfg.Seed, cfg.Pulse, cfg.Trace = opts.Driver, seed, 500*time.Millisecond, c.frame
		c.board = sim.NewBoard(cfg)
		opts.Name, opts.Boards = "cabinet", cfg.Addresses
		var err error
		if c.cab, err = keycab.New(c.wire.Opener(), opts); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 2)
		go func() { ended <- c.board.Serve(ctx, c.wire) }()
		go func() { ended <- c.cab.Run(ctx, c.hear) }()
		play(c)
		stop()
		if err := errors.Join(<-ended, c.wire.Close(), <-ended); err != nil {
			t.Error(err)
		}
	})
}

func (c *memory) hear(r devices.Reading) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.says = append(c.says, r.Value)
}

// heard takes what was said since.
func (c *memory) heard() []any {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.says
	c.says = nil
	return out
}

// frame looks at every valid request that reaches the bus.
func (c *memory) frame(f sim.BoardFrame) {
	if len(f.Opens) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.opens++
	o := c.orders[f.Opens[0]]
	switch {
	case len(f.Opens) > 1:
		c.t.Errorf("% X opens %v at once", f.Bytes, f.Opens)
	case o == nil:
		c.t.Errorf("% X opens slot %d, which nobody asked for", f.Bytes, f.Opens[0])
	case f.Busy:
		c.t.Errorf("% X opens while another lock is driven", f.Bytes)
	case o.moved && !o.lies:
		c.t.Errorf("% X is sent although slot %d has opened", f.Bytes, f.Opens[0])
	case o.frames >= 2:
		c.t.Errorf("% X is the third for one unlock of slot %d", f.Bytes, f.Opens[0])
	default:
		o.frames++
		o.moved = f.Moved
	}
}

func (c *memory) wait(most time.Duration) {
	t := time.NewTimer(time.Duration(c.rng.Int64N(int64(most))))
	<-t.C
}

// unlock asks for a slot, perhaps one that is not there, and perhaps gives up, and
// holds the outcome against the truth.
func (c *memory) unlock(slot int, giveUp time.Duration) {
	ctx, stop := context.WithCancel(c.t.Context())
	defer stop()
	if giveUp > 0 {
		var end context.CancelFunc
		ctx, end = context.WithTimeout(ctx, giveUp)
		defer end()
	}
	o := &asked{lies: slices.Contains(c.board.Faults().Flapping, slot)}
	c.mu.Lock()
	c.orders[slot] = o
	c.mu.Unlock()
	outcome, err := c.cab.Unlock(ctx, slot)
	c.mu.Lock()
	frames, moved := o.frames, o.moved
	delete(c.orders, slot)
	c.mu.Unlock()
	closed, _ := c.board.Slot(slot)
	switch {
	case err != nil && outcome == keycab.Failed && frames > 0:
		c.t.Errorf("slot %d: %v after %d frames: that is not known to have failed", slot, err, frames)
	case o.lies:
	case outcome == keycab.Opened && closed:
		c.t.Errorf("slot %d is said to be open and is closed", slot)
	case outcome == keycab.Failed && err == nil && moved && ctx.Err() == nil:
		c.t.Errorf("slot %d is said to have failed and has opened", slot)
	}
}

// faults are some faults at random.
func (c *memory) faults() sim.BoardFaults {
	p := func(n int) bool { return c.rng.IntN(n) == 0 }
	f := sim.BoardFaults{
		Silent: p(20), Noise: p(4), Half: p(20), Stale: p(8), Duplicate: p(20), WrongSum: p(20), Conflict: p(20),
		Echo: p(4), Bursts: p(6), Refuse: p(20), Random: p(20),
	}
	if f.Conflict { // else the wrong one of the two could be the only one that is ever heard
		f.Half, f.WrongSum, f.Random = false, false, false
	} else if p(4) {
		f.Fuzz = c.rng.Float64()
	}
	if p(4) {
		f.Stuck = []int{1 + c.rng.IntN(c.board.Slots())}
	}
	if p(10) {
		f.Flapping = []int{1 + c.rng.IntN(c.board.Slots())}
	}
	if p(6) {
		f.Reboot = time.Duration(1 + c.rng.IntN(int(3*time.Second)))
	}
	return f
}

// act is one random operation.
func (c *memory) act() {
	slots := c.board.Slots()
	slot := 1 + c.rng.IntN(slots)
	switch c.rng.IntN(16) {
	case 0:
		c.board.SetFaults(c.faults())
	case 1, 2:
		c.board.SetFaults(sim.BoardFaults{})
	case 3:
		c.board.SetKey(slot, c.rng.IntN(2) == 0)
	case 4, 5, 6:
		for s := range slots {
			c.board.SetHook(s+1, true) // people close what they open
		}
	case 7:
		c.plug()
	case 8:
		noise := make([]byte, 1+c.rng.IntN(16))
		for i := range noise {
			noise[i] = byte(c.rng.Uint32())
		}
		_, _ = c.wire.Write(noise) // never fails
	case 9:
		c.wait(3 * time.Second)
	case 10:
		c.unlock(slots+c.rng.IntN(300), time.Second) // beyond the last, or the last
	case 11:
		c.unlock(-c.rng.IntN(300), time.Second)
	case 12:
		c.unlock(slot, time.Duration(1+c.rng.IntN(int(2*time.Second))))
	case 13:
		c.two(slot, 1+(slot%slots))
	default:
		c.unlock(slot, 0)
	}
}

// two asks for two slots at once.
func (c *memory) two(a, b int) {
	var both sync.WaitGroup
	both.Go(func() { c.unlock(a, 0) })
	if a != b {
		both.Go(func() { c.unlock(b, 0) })
	}
	both.Wait()
}

func (c *memory) plug() {
	if err := c.wire.Unplug(); err != nil {
		c.t.Error(err)
	}
	c.wait(time.Second)
	if err := c.wire.Replug(); err != nil {
		c.t.Error(err)
	}
}

// Whatever is asked for and whatever goes wrong, no frame reaches the bus that opens
// a slot which nobody asked for at that moment, or several, or one while another is
// driven, or one again that has opened; and no outcome is a guess.
func TestNoFrameOpensWhatWasNotAskedFor(t *testing.T) {
	t.Parallel()
	for i, m := range makes() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			operations, opens, begun := 0, 0, time.Now()
			for round := uint64(0); round == 0 || time.Since(begun) < housetest.Soak(t)/time.Duration(len(makes())); round++ {
				inMemory(t, m, round<<8|uint64(i), func(c *memory) {
					for range 1500 {
						c.act()
						operations++
					}
					opens += c.opens
				})
				if t.Failed() {
					break
				}
			}
			if opens == 0 {
				t.Error("nothing was opened at all")
			}
			t.Logf("%d operations, %d frames that open", operations, opens)
		})
	}
}

// However the replies are bent and however often the cable is pulled, no key is said
// to have come or gone that has not.
func TestNoKeyComesOrGoesThatHasNot(t *testing.T) {
	t.Parallel()
	for i, m := range makes() {
		if m.key == keycab.KeyUnknown {
			continue // no key sensors
		}
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			fuzzed, pulled, begun := 0, 0, time.Now()
			for round := uint64(0); round == 0 || time.Since(begun) < housetest.Soak(t)/3; round++ {
				inMemory(t, m, round<<8|uint64(i), func(c *memory) {
					for range 40 {
						pulled += c.stands(50)
					}
					fuzzed += c.board.Fuzzed()
				})
				if t.Failed() {
					break
				}
			}
			if fuzzed == 0 {
				t.Error("no reply was bent")
			}
			t.Logf("%d bent replies, %d times unplugged", fuzzed, pulled)
		})
	}
}

// stands lets the keys hang as they are under bent replies and breaks, and looks at
// what is said of them. It returns how often the cable was pulled.
func (c *memory) stands(breaks int) (pulled int) {
	slots := c.board.Slots()
	truth := make([]keycab.Key, slots)
	for i := range truth {
		present := c.rng.IntN(2) == 0
		c.board.SetKey(i+1, present)
		if truth[i] = keycab.KeyAbsent; present {
			truth[i] = keycab.KeyPresent
		}
	}
	c.board.SetFaults(sim.BoardFaults{})
	c.rests(5 * time.Second)
	c.heard() // the keys were hung: that was seen
	for range breaks {
		c.board.SetFaults(sim.BoardFaults{Fuzz: c.rng.Float64(), Noise: c.rng.IntN(3) == 0, Stale: c.rng.IntN(5) == 0})
		c.wait(4 * time.Second)
		if c.rng.IntN(4) == 0 {
			c.plug()
			pulled++
		}
	}
	for _, v := range c.heard() {
		switch v := v.(type) {
		case keycab.Snapshot:
			for _, s := range v.Slots {
				c.holds(truth, s)
			}
		case keycab.Change:
			c.holds(truth, v.Slot)
		}
	}
	return pulled
}

func (c *memory) rests(d time.Duration) {
	t := time.NewTimer(d)
	<-t.C
}

func (c *memory) holds(truth []keycab.Key, s keycab.Slot) {
	if s.Key != keycab.KeyUnknown && s.Key != truth[s.Number-1] {
		c.t.Errorf("slot %d: the key is said to be %s and is %s", s.Number, s.Key, truth[s.Number-1])
	}
}

// The harness itself notices a frame that opens everything.
func TestTheSafetyHarnessBites(t *testing.T) {
	t.Parallel()
	for _, f := range []struct {
		make  string
		frame []byte
		opens int
	}{
		{sim.CU16, []byte{0x02, 0x00, 0x33, 0x03, 0x38}, 16},
		{sim.CU16, []byte{0x02, 0xF0, 0x33, 0x03, 0x28}, 16},
		{sim.CU16, []byte{0x02, 0xF3, 0x31, 0x03, 0x29}, 1},
		{sim.Lock8A, []byte{0x8A, 0x01, 0x00, 0x11, 0x9A}, 24},
		{sim.Modbus, crcOf([]byte{0x01, 0x05, 0x00, 0xFF, 0xFF, 0x00}), 8},
		{sim.Modbus, crcOf([]byte{0x01, 0x0F, 0x00, 0x00, 0x00, 0x08, 0x01, 0xFF}), 8},
		{sim.Modbus, crcOf([]byte{0x00, 0x05, 0x00, 0x03, 0xFF, 0x00}), 1},
	} {
		var seen []int
		synctest.Test(t, func(t *testing.T) {
			w := devicetest.NewWire()
			b := sim.NewBoard(sim.BoardConfig{Make: f.make, Trace: func(x sim.BoardFrame) { seen = slices.Concat(seen, x.Opens) }})
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- b.Serve(ctx, w) }()
			port, err := w.Opener()(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := port.Write(f.frame); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			stop()
			if err := errors.Join(<-ended, w.Close()); err != nil {
				t.Error(err)
			}
		})
		if len(seen) != f.opens {
			t.Errorf("% X opens %v, want %d slots", f.frame, seen, f.opens)
		}
	}
}
