package sim

import "slices"

// eightA is the make of the 24- and 48-way boards whose requests begin with 8A and
// 80: five bytes, the last being the XOR of the others.
type eightA struct{}

const (
	eightOpen  = 0x8A
	eightAsk   = 0x80
	eightLen   = 5
	eightState = 0x33
	eightYes   = 0x11 // "unlock" in a request; "closed" and "failed" in a reply
)

func xor8(b []byte) byte {
	var x byte
	for _, v := range b {
		x ^= v
	}
	return x
}

func (eightA) parse(buf []byte) (frames [][]byte, rest []byte) {
	for len(buf) > 0 {
		if buf[0] != eightOpen && buf[0] != eightAsk {
			buf = buf[1:]
			continue
		}
		if len(buf) < eightLen {
			break
		}
		f := buf[:eightLen]
		if want := byte(eightYes); f[0] == eightAsk && f[3] != eightState || f[0] == eightOpen && f[3] != want || xor8(f) != 0 {
			buf = buf[1:]
			continue
		}
		frames = append(frames, slices.Clone(f))
		buf = buf[eightLen:]
	}
	return frames, slices.Clone(buf)
}

func (e eightA) carryOut(b *Board, frame []byte) (replies []boardReply, driven []int) {
	addr, lock := int(frame[1]), int(frame[2])
	i := b.boardAt(addr)
	if i < 0 || b.gone(i) || lock > b.cfg.Locks {
		return nil, nil
	}
	switch {
	case frame[0] == eightOpen && lock == 0: // every door
		return nil, b.pulse(i, b.all()...)
	case frame[0] == eightOpen:
		driven = b.pulse(i, lock-1)
		return []boardReply{{addr, e.one(b, i, lock, eightOpen)}}, driven
	case lock == 0:
		return []boardReply{{addr, e.state(b, i)}}, nil
	}
	return []boardReply{{addr, e.one(b, i, lock, eightAsk)}}, nil
}

// one is the reply about one lock: 11 where its switch is shut, which is closed or
// open as the lock has it. After an open that failed it is a copy of the request.
func (eightA) one(b *Board, board, lock int, head byte) []byte {
	state := byte(0)
	if hooks, _ := b.bits(board); hooks>>(lock-1)&1 == 1 {
		state = eightYes
	}
	f := []byte{head, byte(b.cfg.Addresses[board]), byte(lock), state}
	return append(f, xor8(f))
}

// state is the reply about all locks, the highest first.
func (eightA) state(b *Board, board int) []byte {
	hooks, _ := b.bits(board)
	f := []byte{eightAsk, byte(b.cfg.Addresses[board])}
	for n := (b.cfg.Locks + 7) / 8; n > 0; n-- {
		f = append(f, byte(hooks>>(8*(n-1))))
	}
	f = append(f, eightState)
	return append(f, xor8(f))
}

func (eightA) reseal(reply []byte) {
	if n := len(reply) - 1; n > 0 {
		reply[n] = xor8(reply[:n])
	}
}
