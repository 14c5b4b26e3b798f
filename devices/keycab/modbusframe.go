package keycab

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// The functions that are used, and the mark of an exception.
const (
	fcCoils      = 0x01
	fcInputs     = 0x02
	fcWriteCoil  = 0x05
	fcWriteCoils = 0x0F
	fcException  = 0x80

	mbShortest = 5 // of all frames: the exception
)

// Exception is the answer of a Modbus module that will not do as it is asked
// (MODBUS Application Protocol V1.1b3, section 7).
type Exception struct {
	Board          int
	Function, Code byte
}

func (e *Exception) Error() string {
	words := map[byte]string{
		1: "it does not know this function", 2: "it has no such input or coil", 3: "it does not take this value",
		4: "it has a fault", 5: "it is still at it", 6: "it is busy", 8: "its memory has a fault",
		10: "its gateway has no way", 11: "nobody behind its gateway answers",
	}
	word, ok := words[e.Code]
	if !ok {
		word = "it does not say why"
	}
	return fmt.Sprintf("module %d refuses function %02X with exception %02X: %s", e.Board, e.Function, e.Code, word)
}

// mbCRC is CRC-16/MODBUS: polynomial A001 (reflected), from FFFF.
func mbCRC(b []byte) uint16 {
	crc := uint16(0xFFFF)
	for _, x := range b {
		crc ^= uint16(x)
		for range 8 {
			odd := crc & 1
			crc >>= 1
			if odd == 1 {
				crc ^= 0xA001
			}
		}
	}
	return crc
}

func mbSeal(b []byte) []byte { return binary.LittleEndian.AppendUint16(b, mbCRC(b)) }

// mbRead asks for n inputs or coils from start on.
func mbRead(addr int, fc byte, start, n int) []byte {
	return mbSeal([]byte{byte(addr), fc, byte(start >> 8), byte(start), byte(n >> 8), byte(n)})
}

// mbWrite is FC05.
func mbWrite(addr, coil int, value uint16) []byte {
	return mbSeal([]byte{byte(addr), fcWriteCoil, byte(coil >> 8), byte(coil), byte(value >> 8), byte(value)})
}

// mbClear is FC15 with every bit 0: n coils from 0 on are switched off. There is no
// FC15 that switches one on.
func mbClear(addr, n int) []byte {
	count := (n + 7) / 8
	f := []byte{byte(addr), fcWriteCoils, 0, 0, byte(n >> 8), byte(n), byte(count)}
	return mbSeal(append(f, make([]byte, count)...))
}

// mbInputs reads a reply to FC02, or its exception, at the beginning of in. size is
// 0 where there is none.
func mbInputs(in []byte) (from int, bits []byte, size int, refused error) {
	return mbBitReply(fcInputs, in)
}

func mbBitReply(fc byte, in []byte) (from int, bits []byte, size int, refused error) {
	if len(in) < mbShortest || in[0] < mbFirst || in[0] > mbLast {
		return 0, nil, 0, nil
	}
	size = mbShortest
	switch {
	case in[1] == fc && in[2] > 0:
		size += int(in[2])
	case in[1] != fc|fcException:
		return 0, nil, 0, nil
	}
	if len(in) < size || binary.LittleEndian.Uint16(in[size-2:]) != mbCRC(in[:size-2]) {
		return 0, nil, 0, nil
	}
	if in[1]&fcException != 0 {
		return int(in[0]), nil, size, &Exception{Board: int(in[0]), Function: fc, Code: in[2]}
	}
	return int(in[0]), in[3 : size-2], size, nil
}

// mbWritten looks for the answer to a write (FC05, FC15): its first six bytes come
// back, or an exception does.
func mbWritten(request, in []byte) (done bool, refused error) {
	if len(request) < 8 {
		return false, nil
	}
	want := mbSeal(append([]byte(nil), request[:6]...))
	if bytes.Contains(in, want) {
		return true, nil
	}
	for i := 0; i+mbShortest <= len(in); i++ {
		f := in[i : i+mbShortest]
		if f[0] == request[0] && f[1] == request[1]|fcException && binary.LittleEndian.Uint16(f[3:]) == mbCRC(f[:3]) {
			return true, &Exception{Board: int(f[0]), Function: request[1], Code: f[2]}
		}
	}
	return false, nil
}

// mbBits takes n bits from start on out of bytes whose lowest bit comes first.
func mbBits(b []byte, start, n int) uint64 {
	var out uint64
	for i := range n {
		at := start + i
		out |= uint64(b[at/8]>>(at%8)&1) << i
	}
	return out
}
