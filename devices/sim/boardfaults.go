package sim

import (
	"math/rand/v2"
	"slices"
	"time"
)

// handle does what a valid request says and returns what goes over the line.
func (b *Board) handle(frame []byte, rng *rand.Rand) [][]byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out [][]byte
	if b.faults.Echo {
		out = append(out, slices.Clone(frame))
	}
	driving, moves := b.driving(), b.moves
	replies, driven := b.talks.carryOut(b, frame)
	f := BoardFrame{Addr: frame[0], Cmd: frame[1], Bytes: slices.Clone(frame), Opens: driven, Moved: b.moves > moves}
	if b.cfg.Make == "" || b.cfg.Make == CU16 {
		f.Addr, f.Cmd = frame[1], frame[2]
	}
	f.Busy = len(driven) > 1 || len(driven) == 1 && driving
	b.note(f)
	for _, s := range driven {
		if d := b.faults.Reboot; d > 0 {
			b.away[(s-1)/b.cfg.Locks] = time.Now().Add(d)
		}
	}
	for _, r := range replies {
		out = append(out, b.damaged(r.addr, r.bytes, rng)...)
	}
	return out
}

func (b *Board) note(f BoardFrame) {
	if len(b.log) >= 10000 {
		b.log = b.log[5000:]
	}
	b.log = append(b.log, f)
	if b.cfg.Trace != nil {
		b.cfg.Trace(f)
	}
}

// driving: some board still drives a lock.
func (b *Board) driving() bool {
	for _, until := range b.busy {
		if time.Now().Before(until) {
			return true
		}
	}
	return false
}

// gone: the board starts anew just now.
func (b *Board) gone(board int) bool { return time.Now().Before(b.away[board]) }

// boardAt is the place of an address, -1 for none.
func (b *Board) boardAt(addr int) int { return slices.Index(b.cfg.Addresses, addr) }

// pulse drives locks (0-based) of one board, unless it still drives another. It
// returns the slots that were asked for.
func (b *Board) pulse(board int, locks ...int) (driven []int) {
	busy := time.Now().Before(b.busy[board])
	if !busy {
		b.busy[board] = time.Now().Add(b.cfg.Pulse)
	}
	for _, lock := range locks {
		slot := board*b.cfg.Locks + lock + 1
		driven = append(driven, slot)
		if !busy {
			b.unlock(slot - 1)
		}
	}
	return driven
}

// all are the locks of a board.
func (b *Board) all() []int {
	all := make([]int, b.cfg.Locks)
	for lock := range all {
		all[lock] = lock
	}
	return all
}

// unlock opens a lock, unless it is stuck or open already. A board never says so.
func (b *Board) unlock(index int) {
	if slices.Contains(b.faults.Stuck, index+1) || !b.slots[index].closed {
		return
	}
	b.slots[index].closed = false
	b.moves++
	select {
	case b.opened <- index + 1:
	default: // nobody watches the cabinet
	}
}

// bits are what the sensors of a board show: bit n is lock n.
func (b *Board) bits(board int) (hooks, keys uint64) {
	for lock := range b.cfg.Locks {
		s := &b.slots[board*b.cfg.Locks+lock]
		closed := s.closed
		if slices.Contains(b.faults.Flapping, board*b.cfg.Locks+lock+1) {
			s.flips++
			closed = closed != (s.flips%2 == 1)
		}
		if closed == (b.cfg.HookClosed == 1) {
			hooks |= 1 << lock
		}
		if s.key {
			keys |= 1 << lock
		}
	}
	return hooks, keys
}

// damaged is a reply with the faults that are on.
func (b *Board) damaged(addr int, reply []byte, rng *rand.Rand) [][]byte {
	f := b.faults
	if f.Silent || slices.Contains(f.SilentFor, addr) || b.gone(b.boardAt(addr)) {
		return nil
	}
	var out [][]byte
	noise := func() []byte {
		noise := make([]byte, 1+rng.IntN(6))
		for i := range noise {
			noise[i] = byte(rng.Uint32())
		}
		return noise
	}
	if f.Random {
		return [][]byte{noise()}
	}
	if f.Noise {
		out = append(out, noise())
	}
	if f.Stale && b.reply != nil {
		out = append(out, b.reply)
	}
	b.reply = slices.Clone(reply)
	if f.WrongSum {
		reply[len(reply)-1] ^= 0x55
	}
	if f.Half {
		reply = reply[:len(reply)/2]
	}
	if f.Fuzz > 0 && rng.Float64() < f.Fuzz {
		reply = bend(reply, rng)
		b.fuzzed++
	}
	out = append(out, reply)
	if f.Duplicate {
		out = append(out, slices.Clone(reply))
	}
	if f.Conflict {
		other := slices.Clone(b.reply)
		other[3] ^= 0x81
		b.talks.reseal(other)
		out = append(out, other)
	}
	return out
}

// bend changes a reply in one to three places.
func bend(reply []byte, rng *rand.Rand) []byte {
	out := slices.Clone(reply)
	for range 1 + rng.IntN(3) {
		at := rng.IntN(len(out))
		switch rng.IntN(5) {
		case 0:
			out = slices.Insert(out, at, byte(rng.Uint32()))
		case 1:
			if len(out) > 1 {
				out = slices.Delete(out, at, at+1)
			}
		case 2:
			out[at] = byte(rng.Uint32())
		default:
			out[at] ^= 1 << rng.IntN(8)
		}
	}
	return out
}

// Fuzzed counts the replies that the fault Fuzz has bent.
func (b *Board) Fuzzed() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.fuzzed
}
