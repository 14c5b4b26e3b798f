package sim

import (
	"encoding/binary"
	"slices"
	"time"
)

// modbusModule is the make of RTU modules with inputs and relays: discrete inputs
// are hooks, and key sensors from KeyInput on; coils are locks. It knows functions
// 01, 02, 05 and 15, and the timed pulse of Waveshare's (coil 0x0200+n) where it has
// one. Address 0 is a broadcast: done by all, answered by none.
type modbusModule struct{}

const (
	modbusPulse = 0x0200
	modbusAll   = 0x00FF // "all relays" of the same modules
)

func crc16(b []byte) uint16 {
	crc := uint16(0xFFFF)
	for _, x := range b {
		crc ^= uint16(x)
		for i := 0; i < 8; i++ {
			carry := crc & 1
			crc >>= 1
			if carry != 0 {
				crc ^= 0xA001
			}
		}
	}
	return crc
}

func withCRC(b ...byte) []byte { return binary.LittleEndian.AppendUint16(b, crc16(b)) }

// modbusLen is the length of the request at the beginning of buf; 0 where more is
// needed to tell, -1 where there is none.
func modbusLen(buf []byte) int {
	switch {
	case len(buf) < 2:
		return 0
	case buf[1] == 1 || buf[1] == 2 || buf[1] == 5:
		return 8
	case buf[1] != 15:
		return -1
	case len(buf) < 7:
		return 0
	}
	return 9 + int(buf[6])
}

// parse tries every byte as a start, since noise may look like the beginning of a
// long request; a real module tells frames apart by their silences.
func (modbusModule) parse(buf []byte) (frames [][]byte, rest []byte) {
	for i := 0; i < len(buf); {
		n := modbusLen(buf[i:])
		if n <= 0 || i+n > len(buf) || binary.LittleEndian.Uint16(buf[i+n-2:]) != crc16(buf[i:i+n-2]) {
			i++
			continue
		}
		frames = append(frames, slices.Clone(buf[i:i+n]))
		buf, i = buf[i+n:], 0
	}
	return frames, slices.Clone(buf[max(0, len(buf)-modbusLongest):])
}

// modbusLongest is the longest frame of the serial line.
const modbusLongest = 256

func (m modbusModule) carryOut(b *Board, frame []byte) (replies []boardReply, driven []int) {
	for i, a := range b.cfg.Addresses {
		if int(frame[0]) != a && frame[0] != 0 || b.gone(i) {
			continue
		}
		reply, drives := m.one(b, i, frame)
		driven = append(driven, drives...)
		if frame[0] != 0 {
			replies = append(replies, boardReply{a, reply})
		}
	}
	return replies, driven
}

func (m modbusModule) one(b *Board, board int, frame []byte) (reply []byte, driven []int) {
	at, n := int(binary.BigEndian.Uint16(frame[2:])), int(binary.BigEndian.Uint16(frame[4:]))
	switch {
	case b.faults.Refuse:
		return m.refuse(frame, 4), nil
	case frame[1] == 1:
		return m.read(frame, at, n, b.cfg.Locks, m.coils(b, board)), nil
	case frame[1] == 2:
		hooks, keys := b.bits(board)
		inputs := b.cfg.Locks
		if b.cfg.KeyInput > 0 {
			inputs = b.cfg.KeyInput + b.cfg.Locks
		}
		return m.read(frame, at, n, inputs, hooks|keys<<max(b.cfg.KeyInput, b.cfg.Locks)), nil
	case frame[1] == 5:
		return m.write(b, board, frame, at, n)
	}
	return m.writeMany(b, board, frame, at, n)
}

func (modbusModule) refuse(frame []byte, code byte) []byte {
	return withCRC(frame[0], frame[1]|0x80, code)
}

// read is the answer to functions 01 and 02.
func (m modbusModule) read(frame []byte, at, n, have int, bits uint64) []byte {
	if n < 1 || at+n > have {
		return m.refuse(frame, 2)
	}
	out := []byte{frame[0], frame[1], byte((n + 7) / 8)}
	bits = bits >> at & (1<<n - 1)
	for i := 0; i < n; i += 8 {
		out = append(out, byte(bits>>i))
	}
	return withCRC(out...)
}

func (modbusModule) coils(b *Board, board int) (bits uint64) {
	for lock := range b.cfg.Locks {
		if b.slots[board*b.cfg.Locks+lock].driven {
			bits |= 1 << lock
		}
	}
	return bits
}

// write is function 05: a coil on or off, all of them, or a timed pulse.
func (m modbusModule) write(b *Board, board int, frame []byte, at, value int) (reply []byte, driven []int) {
	switch {
	case at >= modbusPulse && at < modbusPulse+b.cfg.Locks && !b.cfg.NoPulse:
		driven = b.pulse(board, at-modbusPulse)
		b.busy[board] = time.Now().Add(time.Duration(value) * 100 * time.Millisecond)
	case at >= b.cfg.Locks && (at != modbusAll || b.cfg.NoPulse):
		return m.refuse(frame, 2), nil
	case value != 0xFF00 && value != 0:
		return m.refuse(frame, 3), nil
	case at == modbusAll:
		driven = m.set(b, board, b.all(), value != 0)
	default:
		driven = m.set(b, board, []int{at}, value != 0)
	}
	return slices.Clone(frame), driven
}

// writeMany is function 15.
func (m modbusModule) writeMany(b *Board, board int, frame []byte, at, n int) (reply []byte, driven []int) {
	if n < 1 || at+n > b.cfg.Locks || int(frame[6]) != (n+7)/8 {
		return m.refuse(frame, 2), nil
	}
	for i := range n {
		driven = append(driven, m.set(b, board, []int{at + i}, frame[7+i/8]>>(i%8)&1 == 1)...)
	}
	return withCRC(frame[:6:6]...), driven
}

// set switches coils; one that is on drives its lock until it is off.
func (modbusModule) set(b *Board, board int, locks []int, on bool) (driven []int) {
	for _, lock := range locks {
		s := &b.slots[board*b.cfg.Locks+lock]
		if on && !s.driven {
			b.unlock(board*b.cfg.Locks + lock)
		}
		s.driven = on
		if on {
			driven = append(driven, board*b.cfg.Locks+lock+1)
		}
	}
	return driven
}

// Driven lists the slots whose coil is on.
func (b *Board) Driven() []int {
	b.mu.Lock()
	defer b.mu.Unlock()
	var on []int
	for i := range b.slots {
		if b.slots[i].driven {
			on = append(on, i+1)
		}
	}
	return on
}

func (modbusModule) reseal(reply []byte) {
	if n := len(reply) - 2; n > 0 {
		binary.LittleEndian.PutUint16(reply[n:], crc16(reply[:n]))
	}
}
