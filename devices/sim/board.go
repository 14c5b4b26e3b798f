package sim

import (
	"context"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// The makes of lock board.
const (
	CU16   = "kerong-cu16"
	Lock8A = "lock-8a"
	Modbus = "modbus"
)

// BoardConfig says which boards hang on the bus.
type BoardConfig struct {
	Make       string        // "" is CU16
	Addresses  []int         // nil: one board at the make's first address
	Locks      int           // of each board; 0: 16, of Lock8A 24, of Modbus 8
	KeyInput   int           // Modbus: the first input with a key sensor; 0: none
	NoPulse    bool          // Modbus: the module knows no timed pulse (coils 0x0200 on)
	HookClosed int           // the bit that means closed: 0 or 1, it depends on the locks
	Reply      time.Duration // from a request to its reply
	Baud       int           // wire time per byte; 0: none
	Pulse      time.Duration // a board takes no other unlock while it drives a lock; about 550 ms on real ones
	Seed       uint64        // of noise
	// Speed is what the line is set to (Line.Baud); where it is not At, the board
	// understands nothing and what it says is noise. nil: any speed will do.
	Speed func() int
	At    int
	// Trace is told of every valid request as it is carried out; it must not call
	// the Board. nil: nobody is.
	Trace func(BoardFrame)
}

// Board is one or more lock boards of one make on one bus, with their locks and key
// sensors. Slots are counted 1..N over all boards in the order of their addresses,
// Locks each. At first all hooks are closed and all slots empty. Everything may be
// called from anywhere; one Serve runs at a time.
type Board struct {
	cfg   BoardConfig
	talks boardMake

	mu     sync.Mutex
	slots  []slotState // by slot - 1
	faults BoardFaults
	log    []BoardFrame
	reply  []byte // the last one sent, for the fault of a stale one
	opened chan int
	moves  int               // locks that opened on a frame
	fuzzed int               // replies that Fuzz has bent
	busy   map[int]time.Time // until when a board drives a lock
	away   map[int]time.Time // until when a board starts anew
}

// boardMake is what one make understands. Its methods are called with the lock of
// the Board held.
type boardMake interface {
	// parse takes the valid requests out of bytes and what may still become one.
	parse(buf []byte) (frames [][]byte, rest []byte)
	// carryOut does what a request says: the replies, and the slots it drives.
	carryOut(b *Board, frame []byte) (replies []boardReply, driven []int)
	// reseal puts the check right after a byte of a reply was bent.
	reseal(reply []byte)
}

type boardReply struct {
	addr  int
	bytes []byte
}

type slotState struct {
	closed, key bool
	driven      bool // its coil is on, and stays on
	flips       int
}

// BoardFrame is one request a board received: address and command of a valid
// frame, its bytes, and the slots whose locks it drives (whether they move or not).
type BoardFrame struct {
	Addr, Cmd byte
	Bytes     []byte
	Opens     []int
	Busy      bool // it opens while a board still drives another lock
	Moved     bool // a lock that was closed has opened
}

// BoardFaults are what can be wrong with a board or its bus. Several may be on at
// once.
type BoardFaults struct {
	Silent    bool          // no reply
	SilentFor []int         // no reply from these addresses
	Noise     bool          // random bytes before each reply
	Half      bool          // only half of each reply
	Stale     bool          // the reply before is sent once more, in front
	Duplicate bool          // each reply twice
	WrongSum  bool          // each reply with a wrong sum
	Conflict  bool          // a second board has the same address: two replies that differ
	Stuck     []int         // slots whose hook does not move when unlocked
	Flapping  []int         // slots whose hook changes with every status
	Echo      bool          // the request comes back first, as RS-485 without switching does
	Bursts    bool          // each reply in pieces, with pauses
	Refuse    bool          // Modbus: an exception instead of each reply
	Reboot    time.Duration // after an unlock its board is gone for so long
	Random    bool          // random bytes instead of each reply
	Fuzz      float64       // this share of the replies with bits turned, bytes lost, doubled or made up
}

// NewBoard makes boards with all locks closed and all slots empty.
func NewBoard(cfg BoardConfig) *Board {
	talks, first, locks := makeOf(cfg)
	if len(cfg.Addresses) == 0 {
		cfg.Addresses = []int{first}
	}
	if cfg.Locks == 0 {
		cfg.Locks = locks
	}
	cfg.Addresses = slices.Sorted(slices.Values(cfg.Addresses))
	b := &Board{
		cfg: cfg, talks: talks, slots: make([]slotState, cfg.Locks*len(cfg.Addresses)), opened: make(chan int, 64),
		busy: make(map[int]time.Time), away: make(map[int]time.Time),
	}
	for i := range b.slots {
		b.slots[i].closed = true
	}
	return b
}

// makeOf is the make of a configuration, with its first address and its usual locks.
func makeOf(cfg BoardConfig) (talks boardMake, first, locks int) {
	switch cfg.Make {
	case Lock8A:
		return eightA{}, 1, 24
	case Modbus:
		return modbusModule{}, 1, 8
	}
	return cu16{}, 0, 16
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
				frames, buf = b.talks.parse(append(buf, data...))
				if b.deaf() {
					frames, buf = nil, nil
					_, _ = rw.Write([]byte{0xFB, 0x00, 0xF2}) // what a wrong speed makes of a reply
				}
				for _, f := range frames {
					b.serveFrame(ctx, rw, f, rng)
				}
			}
		}
	})
}

// deaf: the line is at another speed.
func (b *Board) deaf() bool { return b.cfg.Speed != nil && b.cfg.Speed() != b.cfg.At }

func (b *Board) serveFrame(ctx context.Context, rw io.ReadWriter, frame []byte, rng *rand.Rand) {
	for _, out := range b.handle(frame, rng) {
		wait := b.cfg.Reply
		if b.cfg.Baud > 0 {
			wait += time.Duration(len(frame)+len(out)) * 10 * time.Second / time.Duration(b.cfg.Baud)
		}
		if !pause(ctx, wait) {
			return
		}
		if b.Faults().Bursts && len(out) > 2 {
			_, _ = rw.Write(out[:2])
			if !pause(ctx, 30*time.Millisecond) {
				return
			}
			out = out[2:]
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
