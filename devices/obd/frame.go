package obd

import (
	"encoding/hex"
	"strings"
)

// bus is what kind of line carried a frame.
type bus int

const (
	busUnknown bus = iota
	busCAN11
	busCAN29
	busLegacy
)

// protocolJ1939 is the ELM327 number of SAE J1939, which is not read.
const protocolJ1939 = "A"

// busOf is the bus of an ELM327 protocol number.
func busOf(protocol string) bus {
	switch strings.TrimPrefix(strings.ToUpper(protocol), "A") {
	case "1", "2", "3", "4", "5":
		return busLegacy
	case "6", "8":
		return busCAN11
	case "7", "9":
		return busCAN29
	}
	return busUnknown
}

// frame is one line of data taken apart. A broken one has why set: it carries
// nothing but, where it can be told, who tried to speak.
type frame struct {
	line string
	ecu  string // "" with headers off
	bus  bus
	data []byte
	why  string
}

// parseFrame takes one line with headers on apart. The shape of the line decides,
// and the protocol where the shape leaves a choice.
func parseFrame(line string, hint bus, check string) frame {
	f := frame{line: line}
	switch {
	case strings.Contains(line, ":"):
		f.why = "a line without header"
	case len(line)%2 == 1 && (hint == busCAN29 || hint == busLegacy || hint == busUnknown && line[0] != '6' && line[0] != '7'):
		f.why = "a digit is missing"
	case len(line)%2 == 1:
		f.can(3, busCAN11)
	case hint == busCAN11 && !strings.HasPrefix(line, "18D"):
		f.why = "a digit is missing"
		f.bus, f.ecu = busCAN11, line[:min(3, len(line))]
	case hint == busCAN29 || hint != busLegacy && looksLikeCAN29(line):
		f.can(8, busCAN29)
	default:
		f.legacy(check)
	}
	return f
}

// looksLikeCAN29 reports whether a line starts with a 29-bit identifier and not
// with a legacy header whose checksum is right.
func looksLikeCAN29(line string) bool {
	if len(line) < 10 || line[0] > '1' {
		return false
	}
	if strings.HasPrefix(line, "18D") {
		return true
	}
	b, err := hex.DecodeString(line)
	return err == nil && !sumOK(b)
}

// can takes a CAN line apart: identifier of n digits, then 1 to 8 bytes.
func (f *frame) can(n int, b bus) {
	f.bus = b
	if len(f.line) < n || n == 3 && f.line[0] > '7' || n == 8 && f.line[0] > '1' {
		f.why = "no such identifier"
		return
	}
	f.ecu = f.line[:n]
	data, err := hex.DecodeString(f.line[n:])
	switch {
	case err != nil:
		f.why = "a digit is missing"
	case len(data) == 0 || len(data) > 8:
		f.why = "not the length of a CAN frame"
	default:
		f.data = data
	}
}

// legacy takes a line of ISO 9141-2, KWP2000 or J1850 apart: three header bytes
// (KWP2000 may add a length byte), data, checksum.
func (f *frame) legacy(check string) {
	f.bus = busLegacy
	b, err := hex.DecodeString(f.line)
	if err != nil || len(b) < 5 {
		f.why = "too short for a header and a checksum"
		return
	}
	if !checked(b, check) {
		f.why = "wrong checksum" // so that the address in it is not to be trusted either
		return
	}
	f.ecu = f.line[4:6]
	f.data = b[3 : len(b)-1]
	if b[0]&0xC0 != 0x80 && b[0]&0xC0 != 0xC0 {
		return // no length in an ISO 9141-2 or J1850 header
	}
	n := int(b[0] & 0x3F)
	if n == 0 { // ISO 14230-2 §4.1: the length is a byte of its own
		n, f.data = int(f.data[0]), f.data[1:]
	}
	if n != len(f.data) {
		f.why, f.data = "not the length its header says", nil
	}
}

// The checks that frames of older buses end with.
const (
	CheckSum = "sum" // modulo 256: ISO 9141-2, KWP2000
	CheckCRC = "crc" // SAE J1850
)

// checkOf is the check of an ELM327 protocol number, "" where it has none or is not
// known.
func checkOf(protocol string) string {
	switch strings.TrimPrefix(strings.ToUpper(protocol), "A") {
	case "1", "2":
		return CheckCRC
	case "3", "4", "5":
		return CheckSum
	}
	return ""
}

// checked reports whether the last byte of a frame is the check of those before it.
// Either will do only where it is not known which there is.
func checked(b []byte, check string) bool {
	crc := crcJ1850(b[:len(b)-1]) == b[len(b)-1]
	switch check {
	case CheckCRC:
		return crc
	case CheckSum:
		return sumOK(b)
	}
	return sumOK(b) || crc && b[0]&0x80 == 0 // a header with a length is one of KWP2000
}

// sumOK checks the modulo-256 sum of ISO 9141-2 and KWP2000.
func sumOK(b []byte) bool {
	if len(b) < 2 {
		return false
	}
	var sum byte
	for _, x := range b[:len(b)-1] {
		sum += x
	}
	return sum == b[len(b)-1]
}

// crcJ1850 is the checksum of SAE J1850: polynomial 0x1D, all ones before and
// inverted after.
func crcJ1850(b []byte) byte {
	crc := byte(0xFF)
	for _, x := range b {
		crc ^= x
		for range 8 {
			if crc&0x80 != 0 {
				crc = crc<<1 ^ 0x1D
			} else {
				crc <<= 1
			}
		}
	}
	return ^crc
}

// addressed reports whether a frame names a unit that answers testers (ISO 15765-4), or
// the one that was asked.
func (f *frame) addressed(receive string) bool {
	return f.ecu >= "7E8" && f.ecu <= "7EF" && len(f.ecu) == 3 || receive != "" && f.ecu == strings.ToUpper(receive)
}

// foreign reports whether a frame is not an answer to this tester: a request of
// another tester, or an answer to one.
func (f *frame) foreign(receive string) bool {
	switch f.bus {
	case busCAN29:
		if strings.HasPrefix(f.ecu, "18DB") || strings.HasPrefix(f.ecu, "18DA") && f.ecu[4:6] != "F1" {
			return true
		}
	case busCAN11:
		if f.ecu == "7DF" || f.ecu >= "7E0" && f.ecu <= "7E7" {
			return true // requests, SAE J1979 / ISO 15765-4 §6.3
		}
	case busLegacy:
		if f.ecu == "F1" {
			return true
		}
	}
	return receive != "" && !strings.HasSuffix(f.ecu, strings.ToUpper(receive))
}
