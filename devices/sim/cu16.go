package sim

import "slices"

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

// cu16 is the make of Kerong's first generation, KR-CU16.
type cu16 struct{}

// parse tries every 02 as a start.
func (cu16) parse(buf []byte) (frames [][]byte, rest []byte) {
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

func (c cu16) carryOut(b *Board, frame []byte) (replies []boardReply, driven []int) {
	addr, lock := int(frame[1]>>4), int(frame[1]&0x0F)
	for i, a := range b.cfg.Addresses {
		if frame[1]&0xF0 != broadcast && a != addr || b.gone(i) {
			continue
		}
		switch {
		case frame[2] == cmdStatus && a == addr:
			replies = append(replies, boardReply{a, c.status(b, i, replyStatus)})
		case frame[2] == cmdStatusAll:
			replies = append(replies, boardReply{a, c.status(b, i, replyStatusAll)})
		case frame[2] == cmdUnlock && lock < b.cfg.Locks:
			driven = append(driven, b.pulse(i, lock)...)
		case frame[2] == cmdUnlockAll:
			driven = append(driven, b.pulse(i, b.all()...)...)
		}
	}
	return replies, driven
}

// status is the reply of one board.
func (c cu16) status(b *Board, board int, reply byte) []byte {
	hooks, keys := b.bits(board)
	f := []byte{stx, byte(b.cfg.Addresses[board] << 4), reply, byte(hooks), byte(hooks >> 8), byte(keys), byte(keys >> 8), etx}
	return append(f, sum8(f))
}

func (cu16) reseal(reply []byte) {
	if n := len(reply) - 1; n > 0 {
		reply[n] = sum8(reply[:n])
	}
}
