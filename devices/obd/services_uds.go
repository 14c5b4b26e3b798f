package obd

import (
	"fmt"
	"slices"
)

// Subfunctions of ReadDTCInformation that are read (ISO 14229-1 table of service 19).
const (
	byStatusMask = 0x02 // reportDTCByStatusMask
	snapshots    = 0x04 // reportDTCSnapshotRecordByDTCNumber
	extendedData = 0x06 // reportDTCExtDataRecordByDTCNumber
	supportedDTC = 0x0A // reportSupportedDTC
	permanentDTC = 0x15 // reportDTCWithPermanentStatus
	byMaskRecord = 0x42 // reportWWHOBDDTCByMaskRecord
	wwhPermanent = 0x55 // reportWWHOBDDTCWithPermanentStatus
	byReadiness  = 0x56 // reportDTCInformationByDTCReadinessGroupIdentifier
)

// Bits of the status byte (ISO 14229-1 annex D.2).
const (
	statusPending   = 0x04
	statusConfirmed = 0x08
	statusNotRun    = 0x10 // not completed since the codes were cleared
)

// formatJ1939 is the DTCFormatIdentifier of SAE J1939-73: SPN and FMI.
const formatJ1939 = "02"

// repeats19 is how many bytes of a request to service 19 an answer repeats: the
// subfunction, then the functional group or the code that was asked for.
func (r request) repeats19() int {
	if len(r.data) < 2 {
		return 1
	}
	switch r.data[1] {
	case byMaskRecord, wwhPermanent, byReadiness:
		return 2
	case snapshots, extendedData:
		return 4
	}
	return 1
}

// asksDID reports whether a data identifier is among those that are asked for.
func (r request) asksDID(high, low byte) bool {
	for q := r.data[1:]; len(q) >= 2; q = q[2:] {
		if q[0] == high && q[1] == low {
			return true
		}
	}
	return false
}

// decodeReport reads service 19: lists of codes, and snapshots. Other subfunctions
// stay as they are.
func decodeReport(r request, m message) ECUAnswer {
	p := m.payload
	if len(r.data) < 2 {
		return ECUAnswer{State: OK, Raw: upperHex(p)}
	}
	switch r.data[1] {
	case byStatusMask, supportedDTC, permanentDTC:
		return decodeUDSCodes(p, 2, 4, m.exact)
	case byMaskRecord: // group, status bits, severity bits, format
		return decodeUDSCodes(p, 3, 5, m.exact)
	case wwhPermanent: // group, status bits, format
		return decodeUDSCodes(p, 3, 4, m.exact)
	case byReadiness: // group, status bits, format, readiness group
		if len(r.data) > 3 && len(p) > 5 && p[5] != r.data[3] {
			return ECUAnswer{State: Incomplete}
		}
		return decodeUDSCodes(p, 3, 4, m.exact)
	case snapshots:
		return decodeSnapshots(m)
	}
	return ECUAnswer{State: OK, Raw: upperHex(p)}
}

// decodeUDSCodes reads a list of codes of size bytes each; the byte at mask says which
// status bits the unit knows, and the list begins behind the head of its subfunction.
// Records of FF or 00 at the end are padding, and where the length is not known what
// is left of one may be.
func decodeUDSCodes(p []byte, mask, size int, exact bool) ECUAnswer {
	head := map[byte]int{byMaskRecord: 6, wwhPermanent: 5, byReadiness: 6}[p[1]]
	formatAt := head - 1
	switch {
	case head == 0:
		head, formatAt = 3, 0
	case p[1] == byReadiness:
		formatAt = 4
	}
	if len(p) < head {
		return ECUAnswer{State: Incomplete}
	}
	out := ECUAnswer{State: OK, UDSCodes: []UDSCode{}, Availability: upperHex(p[mask : mask+1])}
	if formatAt > 0 {
		out.DTCFormat, out.Codes = upperHex(p[formatAt:formatAt+1]), []string{}
	}
	if p[1] == byReadiness {
		out.Group = upperHex(p[5:6])
	}
	rest := p[head:]
	for ; len(rest) >= size; rest = rest[size:] {
		rec := rest[:size]
		if padding(rec) {
			continue
		}
		c := UDSCode{Code: upperHex(rec[size-4 : size-1]), Status: upperHex(rec[size-1:])}
		if size > 4 {
			c.Severity = upperHex(rec[:1])
		}
		out.UDSCodes = append(out.UDSCodes, c)
		if formatAt > 0 {
			out.Codes = append(out.Codes, codeOfUDS(c, out.DTCFormat).Code)
		}
	}
	// The bus said the length of the recorded lists too, and padding was within it.
	if len(rest) > 0 && (exact && p[1] >= byMaskRecord || !padding(rest)) {
		return ECUAnswer{State: Incomplete}
	}
	return out
}

// decodeSnapshots reads 59 04: a code and its status, then records: number, how many
// values, and for each its identifier and data. A value whose width is not known
// cannot be cut off, and then the answer stays as it is.
func decodeSnapshots(m message) ECUAnswer {
	p := m.payload
	if len(p) < 6 {
		return ECUAnswer{State: Incomplete}
	}
	out := ECUAnswer{
		State: OK, Raw: upperHex(p),
		UDSCodes: []UDSCode{{Code: upperHex(p[2:5]), Status: upperHex(p[5:6])}},
	}
	s := snapshotCutter{exact: m.exact}
	s.record(p[6:], nil)
	if s.ways == 1 {
		out.Frames = s.found
	}
	return out
}

// snapshotCutter counts the ways to cut snapshot records, as splitter does for PIDs.
type snapshotCutter struct {
	exact bool
	ways  int
	steps int
	found []Freeze
}

// mostCuts bounds what is tried on bytes that fit in very many ways.
const mostCuts = 4096

func (s *snapshotCutter) record(rest []byte, frames []Freeze) {
	if s.steps++; s.ways > 1 || s.steps > mostCuts {
		s.ways = 2
		return
	}
	if len(rest) == 0 || !s.exact && len(frames) > 0 && padding(rest) {
		s.ways++
		s.found = append([]Freeze{}, frames...)
		return
	}
	if len(rest) < 2 {
		return
	}
	f := Freeze{Frame: int(rest[0]), Readings: []Reading{}}
	s.values(int(rest[1]), rest[2:], f, frames)
}

func (s *snapshotCutter) values(n int, rest []byte, f Freeze, frames []Freeze) {
	if s.steps++; s.ways > 1 || s.steps > mostCuts {
		s.ways = 2
		return
	}
	if n == 0 {
		s.record(rest, append(slices.Clip(frames), f))
		return
	}
	if len(rest) < 3 {
		return
	}
	did, data := int(rest[0])<<8|int(rest[1]), rest[2:]
	least, most := widthOfDID(did)
	for w := least; w > 0 && w <= most && w <= len(data); w++ {
		g := f
		g.Readings = append(slices.Clip(f.Readings), readDID(did, data[:w])...)
		s.values(n-1, data[w:], g, frames)
	}
}

// widthOfDID is how few and how many bytes of data an identifier has; 0 where that is
// not known.
func widthOfDID(did int) (least, most int) {
	switch low := byte(did); did >> 8 {
	case 0xF4:
		s := pidTable()[low]
		return s.least, s.width
	case 0xF5, 0xF6, 0xF7, 0xF8:
		if low%0x20 == 0 {
			return 4, 4
		}
	}
	if did == didVIN || did == didMakerVIN {
		return 17, 17
	}
	return 0, 0
}

// readDID reads the data of one identifier; the PIDs of mode 01 lie at F4xx.
func readDID(did int, data []byte) []Reading {
	id := fmt.Sprintf("%04X", did)
	if did>>8 != 0xF4 {
		return []Reading{{PID: id, Raw: upperHex(data)}}
	}
	readings, ok := readPID(byte(did), data, true)
	if !ok {
		return nil
	}
	for i := range readings {
		readings[i].PID = id[:2] + readings[i].PID
	}
	return readings
}
