package keycab

// lock8A is the talk of the common 24- and 48-way boards whose requests begin with
// 8A and 80, 9600 8N1; the last byte is the XOR of all before it.
//
// State of all locks: 80 ADDR 00 33 BCC, answered by 80 ADDR S3 S2 S1 33 BCC, S1
// being locks 1..8; a 48-way board answers with six such bytes (by analogy: no such
// board was at hand). Open one: 8A ADDR LOCK 11 BCC with LOCK from 1.
//
// Two traps. LOCK 0 opens every door at once: lockNumber cannot be 0. The board
// says that it failed with a copy of the request, as an echo does, and what its 00
// and 11 mean depends on the lock's switch: so that no answer to Open is read.
type lock8A struct{ wide bool } // wide: 48 locks

const (
	eAsk, eOpen  = 0x80, 0x8A
	eState       = 0x33
	eUnlock      = 0x11
	narrow8A     = 24
	wide8A       = 48
	eBoards      = 99 // as the maker's text has it; DIP switches go to 32
	eReplyHeader = 2
)

// lockNumber is the number of a lock on the wire. Its zero value is lock 1, as
// every other value is the lock with that index: 0, "all doors", has no value.
type lockNumber struct{ index uint8 }

func (n lockNumber) wire() byte { return min(n.index, wide8A-1) + 1 }

var _ talk = lock8A{}

func (e lock8A) locks() int {
	if e.wide {
		return wide8A
	}
	return narrow8A
}

func (lock8A) Limits() limits {
	return limits{First: 1, Last: eBoards, Locks: wide8A, Usual: narrow8A}
}

func (lock8A) Ask(addr int) []byte { return eSum([]byte{eAsk, byte(addr), 0, eState}) }

func (e lock8A) Open(addr, lock int) []byte {
	if addr < 1 || addr > eBoards || lock < 0 || lock >= e.locks() {
		return nil
	}
	return eSum([]byte{eOpen, byte(addr), lockNumber{uint8(lock)}.wire(), eUnlock})
}

func eSum(b []byte) []byte { return append(b, eXOR(b)) }

func eXOR(b []byte) byte {
	var x byte
	for _, v := range b {
		x ^= v
	}
	return x
}

// Answer tries every 80 as the beginning of a reply: length, 33 and XOR must be
// right. An echoed request is five bytes with 33 in another place.
func (e lock8A) Answer(addr int, in []byte) answer {
	var a answer
	n := e.locks() / 8
	whole := eReplyHeader + n + 2
	for i := 0; i+whole <= len(in); {
		f := in[i : i+whole]
		if f[0] != eAsk || f[whole-2] != eState || eXOR(f) != 0 || f[1] < 1 || f[1] > eBoards {
			i++
			continue
		}
		i += whole
		if int(f[1]) != addr || a.OK {
			a.Strays = append(a.Strays, int(f[1]))
			continue
		}
		a.OK = true
		for _, s := range f[eReplyHeader : eReplyHeader+n] { // the highest locks come first
			a.Sample.Hooks = a.Sample.Hooks<<8 | uint64(s)
		}
	}
	return a
}
