package sim

import (
	"math/rand/v2"
	"slices"
	"time"
)

// The bytes of the CU16 protocol, first generation.
const (
	stx = 0x02
	etx = 0x03

	cmdStatus      = 0x30
	cmdUnlock      = 0x31
	cmdStatusAll   = 0x32
	cmdUnlockAll   = 0x33
	replyStatus    = 0x35
	replyStatusAll = 0x36

	requestLen = 5
	broadcast  = 0xF0
)

// parseFrames takes the valid requests out of bytes and returns what may still
// become one. Every 02 is tried as a start.
func parseFrames(buf []byte) (frames [][]byte, rest []byte) {
	for len(buf) > 0 {
		if buf[0] != stx {
			buf = buf[1:]
			continue
		}
		if len(buf) < requestLen {
			break
		}
		f := buf[:requestLen]
		if f[3] != etx || f[4] != sum8(f[:4]) {
			buf = buf[1:]
			continue
		}
		frames = append(frames, slices.Clone(f))
		buf = buf[requestLen:]
	}
	return frames, slices.Clone(buf)
}

// handle does what a valid request says and returns what goes over the line.
func (b *Board) handle(frame []byte, rng *rand.Rand) [][]byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.log) >= 10000 {
		b.log = b.log[5000:]
	}
	b.log = append(b.log, BoardFrame{Addr: frame[1], Cmd: frame[2], Bytes: slices.Clone(frame)})

	var out [][]byte
	if b.faults.Echo {
		out = append(out, slices.Clone(frame))
	}
	addr := int(frame[1] >> 4)
	switch frame[2] {
	case cmdStatus:
		if i := slices.Index(b.cfg.Addresses, addr); i >= 0 {
			out = append(out, b.damaged(addr, b.status(i, replyStatus), rng)...)
		}
	case cmdStatusAll:
		for i, a := range b.cfg.Addresses {
			if frame[1] == broadcast || a == addr {
				out = append(out, b.damaged(a, b.status(i, replyStatusAll), rng)...)
			}
		}
	case cmdUnlock:
		if i := slices.Index(b.cfg.Addresses, addr); i >= 0 {
			b.pulse(i, i*perBoard+int(frame[1]&0x0F))
		}
	case cmdUnlockAll:
		if i := slices.Index(b.cfg.Addresses, addr); i >= 0 {
			all := make([]int, perBoard)
			for lock := range all {
				all[lock] = i*perBoard + lock
			}
			b.pulse(i, all...)
		}
	}
	return out
}

// pulse drives locks of one board, unless it still drives another.
func (b *Board) pulse(board int, slots ...int) {
	now := time.Now()
	if now.Before(b.busy[board]) {
		return
	}
	b.busy[board] = now.Add(b.cfg.Pulse)
	for _, s := range slots {
		b.unlock(s)
	}
}

// unlock opens a lock, unless it is stuck or open already. A board never says so.
func (b *Board) unlock(index int) {
	if slices.Contains(b.faults.Stuck, index+1) || !b.slots[index].closed {
		return
	}
	b.slots[index].closed = false
	select {
	case b.opened <- index + 1:
	default: // nobody watches the cabinet
	}
}

// status is the reply of one board.
func (b *Board) status(board int, reply byte) []byte {
	var hooks, keys uint16
	for lock := range perBoard {
		s := &b.slots[board*perBoard+lock]
		closed := s.closed
		if slices.Contains(b.faults.Flapping, board*perBoard+lock+1) {
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
	f := []byte{stx, byte(b.cfg.Addresses[board] << 4), reply, byte(hooks), byte(hooks >> 8), byte(keys), byte(keys >> 8), etx}
	return append(f, sum8(f))
}

// damaged is a reply with the faults that are on.
func (b *Board) damaged(addr int, reply []byte, rng *rand.Rand) [][]byte {
	f := b.faults
	if f.Silent || slices.Contains(f.SilentFor, addr) {
		return nil
	}
	var out [][]byte
	if f.Noise {
		noise := make([]byte, 1+rng.IntN(6))
		for i := range noise {
			noise[i] = byte(rng.Uint32())
		}
		out = append(out, noise)
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
	out = append(out, reply)
	if f.Duplicate {
		out = append(out, slices.Clone(reply))
	}
	if f.Conflict {
		other := slices.Clone(b.reply)
		other[3] ^= 0x81
		other[8] = sum8(other[:8])
		out = append(out, other)
	}
	return out
}
