package sim

import (
	"context"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// perBoard is the number of locks on a CU16 board.
const perBoard = 16

// BoardConfig says which boards hang on the bus.
type BoardConfig struct {
	Addresses  []int         // 0..15; nil: one board, address 0
	HookClosed int           // the bit that means closed: 0 or 1, it depends on the locks
	Reply      time.Duration // from a request to its reply
	Baud       int           // wire time per byte; 0: none
	Pulse      time.Duration // a board takes no other unlock while it drives a lock; about 550 ms on real ones
	Seed       uint64        // of noise
}

// Board is one or more CU16 lock boards on one bus, with their locks and item
// sensors. Slots are counted 1..N over all boards in the order of their addresses,
// 16 each. At first all hooks are closed and all slots empty. Everything may be
// called from anywhere; one Serve runs at a time.
type Board struct {
	cfg BoardConfig

	mu     sync.Mutex
	slots  []slotState // by slot - 1
	faults BoardFaults
	log    []BoardFrame
	reply  []byte // the last one sent, for the fault of a stale one
	opened chan int
	busy   map[int]time.Time // until when a board drives a lock
}

type slotState struct {
	closed, key bool
	flips       int
}

// BoardFrame is one request a board received: address and command of a valid
// frame, and its bytes.
type BoardFrame struct {
	Addr, Cmd byte
	Bytes     []byte
}

// BoardFaults are what can be wrong with a board or its bus. Several may be on at
// once.
type BoardFaults struct {
	Silent    bool  // no reply
	SilentFor []int // no reply from these addresses
	Noise     bool  // random bytes before each reply
	Half      bool  // only half of each reply
	Stale     bool  // the reply before is sent once more, in front
	Duplicate bool  // each reply twice
	WrongSum  bool  // each reply with a wrong sum
	Conflict  bool  // a second board has the same address: two replies that differ
	Stuck     []int // slots whose hook does not move when unlocked
	Flapping  []int // slots whose hook changes with every status
	Echo      bool  // the request comes back first, as RS-485 without switching does
}

// NewBoard makes boards with all locks closed and all slots empty.
func NewBoard(cfg BoardConfig) *Board {
	if len(cfg.Addresses) == 0 {
		cfg.Addresses = []int{0}
	}
	cfg.Addresses = slices.Sorted(slices.Values(cfg.Addresses))
	b := &Board{cfg: cfg, slots: make([]slotState, perBoard*len(cfg.Addresses)), opened: make(chan int, 64), busy: make(map[int]time.Time)}
	for i := range b.slots {
		b.slots[i].closed = true
	}
	return b
}

// Slots is how many slots there are.
func (b *Board) Slots() int { return len(b.slots) }

// Slot is what is really so in a slot.
func (b *Board) Slot(slot int) (closed, key bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if slot < 1 || slot > len(b.slots) {
		return false, false
	}
	return b.slots[slot-1].closed, b.slots[slot-1].key
}

// SetKey hangs a key into a slot or takes it out.
func (b *Board) SetKey(slot int, present bool) {
	b.change(slot, func(s *slotState) { s.key = present })
}

// SetHook closes the hook of a slot or opens it by hand.
func (b *Board) SetHook(slot int, closed bool) {
	b.change(slot, func(s *slotState) { s.closed = closed })
}

func (b *Board) change(slot int, do func(*slotState)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if slot >= 1 && slot <= len(b.slots) {
		do(&b.slots[slot-1])
	}
}

// Faults are the faults switched on now.
func (b *Board) Faults() BoardFaults {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.faults
}

// SetFaults switches faults; the next frame meets them.
func (b *Board) SetFaults(f BoardFaults) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = f
}

// Log lists the valid frames received so far, the last 10,000 of them.
func (b *Board) Log() []BoardFrame {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.log)
}

// Opened hands out the slots whose lock opened on an unlock frame. One Hand
// listens; slots beyond 64 that nobody took are forgotten.
func (b *Board) Opened() <-chan int { return b.opened }

// Serve answers what comes over rw until ctx ends; see Adapter.Serve.
func (b *Board) Serve(ctx context.Context, rw io.ReadWriter) error {
	return serve(ctx, rw, func(ctx context.Context, in <-chan []byte) error {
		rng := rand.New(rand.NewPCG(b.cfg.Seed, 2))
		var buf []byte
		for {
			select {
			case <-ctx.Done():
				return nil
			case data, ok := <-in:
				if !ok {
					return nil
				}
				var frames [][]byte
				frames, buf = parseFrames(append(buf, data...))
				for _, f := range frames {
					b.serveFrame(ctx, rw, f, rng)
				}
			}
		}
	})
}

func (b *Board) serveFrame(ctx context.Context, rw io.ReadWriter, frame []byte, rng *rand.Rand) {
	for _, out := range b.handle(frame, rng) {
		wait := b.cfg.Reply
		if b.cfg.Baud > 0 {
			wait += time.Duration(len(frame)+len(out)) * 10 * time.Second / time.Duration(b.cfg.Baud)
		}
		if !pause(ctx, wait) {
			return
		}
		_, _ = rw.Write(out) // a line that is gone says so to the reader
	}
}

// pause waits and reports whether ctx still runs.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
