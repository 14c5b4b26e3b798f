package keycab

import "encoding/binary"

// cu16 is the talk of Kerong's first generation, KR-CU16 ("KU16"), 19200 8N1.
//
// Request: 02 ADDR CMD 03 SUM. Reply to 30: 02 ADDR 35 H1 H2 I1 I2 03 SUM, with the
// hooks of locks 1..8 and 9..16 and then the infrared sensors. ADDR is board<<4,
// plus the lock in an unlock. SUM is the low byte of the sum of all before it.
type cu16 struct{}

const (
	cuSTX, cuETX = 0x02, 0x03
	cuAsk        = 0x30
	cuOpen       = 0x31
	cuReply      = 0x35
	cuReplyLen   = 9
	cuLocks      = 16
	// cuBoards: sources differ whether addresses go to 9 or to 15, but F0 opens by
	// broadcast, so that nothing above 9 is ever sent.
	cuBoards = 9
)

var _ talk = cu16{}

func (cu16) Limits() limits {
	return limits{Last: cuBoards, Locks: cuLocks, Usual: cuLocks}
}

func (cu16) Ask(addr int) []byte { return cuFrame(byte(addr<<4), cuAsk) }

func (cu16) Open(addr, lock int) []byte {
	if addr < 0 || addr > cuBoards || lock < 0 || lock >= cuLocks {
		return nil
	}
	return cuFrame(byte(addr<<4|lock), cuOpen)
}

func cuFrame(addr, cmd byte) []byte {
	f := []byte{cuSTX, addr, cmd, cuETX}
	return append(f, cuSum(f))
}

func cuSum(b []byte) byte {
	var s byte
	for _, x := range b {
		s += x
	}
	return s
}

// Answer tries every 02 as the beginning of a reply, as noise may hold one, and
// takes a frame only with its length, ETX, SUM and CMD right. A reply of another
// board is a stray.
func (cu16) Answer(addr int, in []byte) answer {
	var a answer
	for i := 0; i+cuReplyLen <= len(in); {
		f := in[i : i+cuReplyLen]
		if !cuValid(f) {
			i++
			continue
		}
		i += cuReplyLen
		from := int(f[1] >> 4)
		if from != addr || a.OK {
			a.Strays = append(a.Strays, from)
			continue
		}
		a.OK, a.Sample = true, cuSample(f)
	}
	return a
}

func cuValid(f []byte) bool {
	return f[0] == cuSTX && f[1]&0x0F == 0 && f[2] == cuReply && f[7] == cuETX &&
		f[8] == cuSum(f[:8])
}

func cuSample(f []byte) sample {
	return sample{
		Hooks:   uint64(binary.LittleEndian.Uint16(f[3:])),
		Keys:    uint64(binary.LittleEndian.Uint16(f[5:])),
		HasKeys: true,
	}
}
