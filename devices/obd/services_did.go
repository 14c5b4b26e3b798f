package obd

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"slices"
)

// Identifiers that mean the same in every car.
const (
	didVIN      = 0xF802 // SAE J1979-2, ISO 27145-3
	didMakerVIN = 0xF190 // ISO 14229-1 annex C.1
)

// decodeIdentification reads KWP2000 service 1A; 90 is the VIN (ISO 14230-3 §6.5).
func decodeIdentification(r request, m message) ECUAnswer {
	out := ECUAnswer{State: OK, Raw: upperHex(m.payload)}
	if len(r.data) == 2 && r.data[1] == 0x90 {
		out.VIN = wholeVIN(m.payload[2:])
	}
	return out
}

// wholeVIN is a VIN that fills its field, and nothing else.
func wholeVIN(b []byte) string {
	vin, ok := vinOf(b)
	if !ok || bytes.ContainsFunc([]byte(vin), func(c rune) bool { return (c < '0' || c > '9') && (c < 'A' || c > 'Z') }) {
		return ""
	}
	return vin
}

// decodeData reads UDS 22. The identifiers F4xx carry the PIDs of mode 01, F6xx the
// on-board tests, F8xx the information of mode 09 (SAE J1979-2, ISO 27145-3). What has
// no known form stays as it is.
func decodeData(r request, m message) ECUAnswer {
	p := m.payload
	out := ECUAnswer{State: OK, Raw: upperHex(p)}
	if len(r.data) > 3 {
		return out.several(r, m)
	}
	if len(r.data) != 3 || len(p) < 4 {
		return out
	}
	did, data := int(r.data[1])<<8|int(r.data[2]), p[3:]
	switch {
	case did>>8 >= 0xF4 && did>>8 <= 0xF8 && did&0x1F == 0:
		return out.listed(did, data, m.exact)
	case did>>8 == 0xF4:
		return out.value(byte(did), data, m.exact)
	case did>>8 == 0xF6 || did>>8 == 0xF7:
		return out.results(did, data, m.exact)
	case did>>8 == 0xF8:
		return out.information(did, data)
	case did == didMakerVIN:
		out.VIN = wholeVIN(data)
	}
	return out
}

// value reads one F4xx.
func (e ECUAnswer) value(pid byte, data []byte, exact bool) ECUAnswer {
	readings, ok := readPID(pid, data, exact)
	if !ok {
		return e
	}
	for i := range readings {
		readings[i].PID = "F4" + readings[i].PID
	}
	e.Readings = readings
	if pid == 0x01 {
		ready := decodeReadiness(data)
		e.Readiness = &ready
	}
	return e
}

// listed reads which identifiers there are: 32 a bitmap, as for mode 01.
func (e ECUAnswer) listed(did int, data []byte, exact bool) ECUAnswer {
	if len(data) < 4 || exact && len(data) > 4 {
		return e
	}
	data = data[:4]
	if did>>8 == 0xF4 {
		e = e.value(byte(did), data, true)
	}
	e.Supported = []string{}
	for _, low := range bitmap(byte(did), data) {
		e.Supported = append(e.Supported, upperHex([]byte{byte(did >> 8)})+low)
	}
	return e
}

// several reads the answer to more than one identifier, where there is one way to cut
// it and each part was asked for.
func (e ECUAnswer) several(r request, m message) ECUAnswer {
	c := didCutter{r: r, exact: m.exact}
	c.cut(m.payload[1:], map[int]bool{}, nil)
	if c.ways != 1 {
		return e
	}
	e.Readings = c.found
	for _, reading := range c.found {
		if reading.PID == "F802" || reading.PID == "F190" {
			b, _ := hex.DecodeString(reading.Raw) // it was made from bytes
			e.VIN = cmp.Or(e.VIN, wholeVIN(b))
		}
	}
	return e
}

// didCutter counts the ways to cut an answer to several identifiers.
type didCutter struct {
	r     request
	exact bool
	ways  int
	steps int
	found []Reading
}

func (c *didCutter) cut(rest []byte, seen map[int]bool, got []Reading) {
	if c.steps++; c.ways > 1 || c.steps > mostCuts {
		c.ways = 2
		return
	}
	if len(rest) == 0 || !c.exact && len(seen) > 0 && padding(rest) {
		c.ways++
		c.found = slices.Clone(got)
		return
	}
	if len(rest) < 3 || !c.r.asksDID(rest[0], rest[1]) {
		return
	}
	did, data := int(rest[0])<<8|int(rest[1]), rest[2:]
	if seen[did] {
		return
	}
	seen[did] = true
	least, most := widthOfDID(did)
	for w := least; w > 0 && w <= most && w <= len(data); w++ {
		c.cut(data[w:], seen, append(slices.Clip(got), readDID(did, data[:w])...))
	}
	delete(seen, did)
}

// results reads the on-board tests of one monitor: test, unit and scaling, value,
// least, most. The monitor is in the identifier; units that repeat it in each record,
// as mode 06 does, are read too where no other reading fits.
func (e ECUAnswer) results(did int, data []byte, exact bool) ECUAnswer {
	const size = 8
	mid := upperHex([]byte{byte(did)})
	if did>>8 != 0xF6 {
		mid = upperHex([]byte{byte(did >> 8), byte(did)})
	}
	whole := func(n int) bool {
		return len(data) >= n && (len(data)%n == 0 || !exact && padding(data[len(data)-len(data)%n:]))
	}
	repeated, ok := testRecords(byte(did), data, exact)
	switch {
	case ok && whole(size):
		return e // it may be either form
	case ok:
		for i := range repeated {
			repeated[i].MID = mid
		}
		e.Tests = repeated
	case whole(size):
		e.Tests = []Test{}
		for rec := range slices.Chunk(data[:len(data)-len(data)%size], size) {
			t := testOf(append([]byte{byte(did)}, rec...))
			t.MID = mid
			e.Tests = append(e.Tests, t)
		}
	default:
		return ECUAnswer{State: Incomplete}
	}
	return e
}

// information reads the identifiers F8xx: as mode 09 on CAN, with or without the
// number of items before them.
func (e ECUAnswer) information(did int, data []byte) ECUAnswer {
	items := func(size int) [][]byte {
		if len(data)%size == 1 && int(data[0]) == len(data)/size {
			data = data[1:]
		}
		if len(data) == 0 || len(data)%size != 0 {
			return nil
		}
		return slices.Collect(slices.Chunk(data, size))
	}
	switch did {
	case didVIN:
		vin, ok := vinOf(data)
		if !ok {
			return ECUAnswer{State: Incomplete}
		}
		e.VIN, e.Raw = vin, ""
	case 0xF804:
		for _, id := range items(16) {
			e.CalibrationIDs = append(e.CalibrationIDs, asciiOf(id))
		}
	case 0xF806:
		for _, n := range items(4) {
			e.CVNs = append(e.CVNs, upperHex(n))
		}
	case 0xF808, 0xF80B:
		names := counterNames(byte(did))
		for i, n := range items(2) {
			if i < len(names) {
				e.Counters = append(e.Counters, Counter{Name: names[i], Value: number(0, n[0], n[1])})
			}
		}
	case 0xF80A:
		for _, name := range items(20) {
			e.Name = asciiOf(bytes.ReplaceAll(name, []byte{0}, nil))
		}
	}
	return e
}
