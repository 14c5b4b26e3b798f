package sim

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Vehicle is a made-up car of control units. Set it up before it is plugged in;
// SetCodes may be called at any time.
type Vehicle struct {
	Name     string
	Protocol string // ELM327 number, 1..C
	ECUs     []*ECU // in the order they answer

	// Parked: the engine is off until somebody watches its speed; see drive.
	Parked bool

	mu     sync.Mutex
	driver driver
}

var _ Car = (*Vehicle)(nil)

// ECU is one control unit. What is nil or empty is not supported.
type ECU struct {
	ID    string           // 7E8, 18DAF110, or 10 on older buses
	PIDs  map[byte]Reading // mode 01; the support bitmaps and PID 01 are computed
	After time.Duration    // to its first frame; 0: the adapter's P2

	Stored, Pending, Permanent []string // trouble codes, P0133

	Monitors     *[3]byte // bytes B, C, D of PID 01; A is computed
	Freeze       *Freeze  // mode 02
	Tests        []Test   // mode 06; of older buses TID, Component, Value and Max alone
	Oxygen       []Oxygen // mode 05, older buses only
	VIN          string   // mode 09 02
	Calibrations []string // mode 09 04, 16 characters at most each
	Name         string   // mode 09 0A

	UDS     *UDS   // ISO 14229; nil: not spoken
	Address string // asked at this address alone, 745, and not by what asks all; "": the one that ID answers to
	Local   bool   // not asked by what asks all

	Refuse map[byte]byte     // service -> negative response code
	Wait   map[byte]int      // service -> how many 7F xx 78 come first
	Busy   map[byte]int      // service -> how many requests get nothing but 7F xx 78
	Silent map[byte]bool     // services it does not answer at all
	OnePID bool              // of several PIDs in one request it answers the first it has
	Most   int               // of several PIDs in one request it answers so many; 0: six
	Strict bool              // a request for several PIDs it does not answer
	Misses int               // every so many requests one is not answered; 0: none
	Extra  map[string]string // any other request -> answer, hex: "22F190" -> "62F190..."

	Late     time.Duration // from each 7F xx 78 to what follows it; an adapter that does not wait misses it
	Careful  bool          // it refuses to clear its codes (22) while its engine runs
	HushHush bool          // it clears its codes and does not say so

	asked int
	off   bool // the engine, whatever PIDs say
}

// Reading is the data bytes of one PID at a time since the car was plugged in.
type Reading func(since time.Duration) []byte

// Freeze is freeze frame 0 with the code that caused it.
type Freeze struct {
	Code string
	PIDs map[byte][]byte
}

// Test is one on-board test result of mode 06. On older buses Component is what was
// tested; its top bit says that Max is the least the value may be.
type Test struct {
	MID, TID, Unit  byte
	Component       byte
	Value, Min, Max uint16
}

// Oxygen is what mode 05 tells of one sensor: one byte of a constant, or value, least
// and most. Sensor has one bit set, as in PID 13.
type Oxygen struct {
	TID, Sensor byte
	Data        []byte
}

// Fixed is a reading that does not change.
func Fixed(data ...byte) Reading { return func(time.Duration) []byte { return data } }

// Title implements Car.
func (v *Vehicle) Title() string { return v.Name }

// Protocols implements Car.
func (v *Vehicle) Protocols() []string { return []string{v.Protocol} }

// Found reports whether the car answers 0100, by which an adapter that searches
// knows a protocol: one that speaks nothing but UDS does not.
func (v *Vehicle) Found() bool {
	return slices.ContainsFunc(v.ECUs, func(e *ECU) bool { return e.UDS == nil || !e.UDS.Only })
}

// SetCodes gives the control unit other codes, as a fault or a repair does. It
// reports whether there is such a unit.
func (v *Vehicle) SetCodes(ecu string, stored, pending, permanent []string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, e := range v.ECUs {
		if e.ID == ecu {
			e.Stored, e.Pending, e.Permanent = slices.Clone(stored), slices.Clone(pending), slices.Clone(permanent)
			return true
		}
	}
	return false
}

// Answer implements Car.
func (v *Vehicle) Answer(r Request) Reply {
	v.mu.Lock()
	defer v.mu.Unlock()
	var out Reply
	if len(r.Data) == 0 {
		return out
	}
	v.drive(r)
	for _, e := range v.ECUs {
		if !e.hears(r) {
			continue
		}
		for i, data := range e.answer(r) {
			m := Message{From: e.ID, Data: data, After: e.After}
			if i > 0 && e.Late > 0 {
				m.After, m.Late = e.After+time.Duration(i)*e.Late, true
			}
			out.Messages = append(out.Messages, m)
		}
	}
	return out
}

// hears reports whether a request is addressed to the unit and its answer passes
// the receive filter.
func (e *ECU) hears(r Request) bool {
	if r.Receive != "" && r.Receive != e.ID {
		return false
	}
	switch {
	case r.Header == "" || functional(r.Header, r.Proto):
		return e.Address == "" && !e.Local
	case e.Address != "":
		return r.Header == e.Address && r.Receive == e.ID
	case !isCAN(r.Proto):
		return len(r.Header) == 6 && r.Header[2:4] == e.ID
	case is29(r.Proto):
		// DA10F1 or 18DA10F1 to 10, which answers as 18DAF110.
		h := r.Header[max(0, len(r.Header)-6):]
		return len(h) == 6 && h[:2] == "DA" && h[2:4] == e.ID[len(e.ID)-2:]
	}
	to, err := strconv.ParseUint(r.Header, 16, 32)
	from, err2 := strconv.ParseUint(e.ID, 16, 32)
	return err == nil && err2 == nil && to+8 == from
}

// functional reports whether a header asks everyone.
func functional(header, proto string) bool {
	switch {
	case !isCAN(proto):
		return slices.Contains([]string{"686AF1", "616AF1", "C233F1", "C133F1"}, header)
	case is29(proto):
		return slices.Contains([]string{"DB33F1", "18DB33F1"}, header)
	}
	return header == "7DF" || header == "0007DF"
}

// answer is what the unit sends to one request: usually one message.
func (e *ECU) answer(r Request) [][]byte {
	service := r.Data[0]
	if e.asked++; e.Silent[service] || e.Misses > 0 && e.asked%e.Misses == 0 {
		return nil
	}
	if nrc, ok := e.Refuse[service]; ok {
		return [][]byte{{0x7F, service, nrc}}
	}
	if e.Busy[service] > 0 {
		e.Busy[service]--
		return [][]byte{{0x7F, service, 0x78}}
	}
	var out [][]byte
	for range e.Wait[service] {
		out = append(out, []byte{0x7F, service, 0x78})
	}
	said := e.say(r)
	if said == nil {
		return nil
	}
	return append(out, said...)
}

func (e *ECU) say(r Request) [][]byte {
	if hexed, ok := e.Extra[fmt.Sprintf("%X", r.Data)]; ok {
		data, _ := parseHex(hexed) // an Extra that is not hex is silence
		return one(data)
	}
	if e.UDS != nil && isCAN(r.Proto) {
		if said, ok := e.uds(r); ok {
			return said
		}
	}
	switch can := isCAN(r.Proto); r.Data[0] {
	case 0x01:
		return one(e.mode01(r.Data[1:], r.Since, can))
	case 0x02:
		return one(e.mode02(r.Data[1:]))
	case 0x03:
		return e.codes(0x43, e.Stored, can)
	case 0x04:
		return one(e.clear(r.Since))
	case 0x05:
		return one(e.mode05(r.Data[1:], can))
	case 0x06:
		return one(e.mode06(r.Data[1:], can))
	case 0x07:
		return e.codes(0x47, e.Pending, can)
	case 0x09:
		return e.mode09(r.Data[1:], can)
	case 0x0A:
		if !can {
			return nil
		}
		return e.codes(0x4A, e.Permanent, can)
	}
	return nil
}

// one is a single message, or none.
func one(data []byte) [][]byte {
	if data == nil {
		return nil
	}
	return [][]byte{data}
}
