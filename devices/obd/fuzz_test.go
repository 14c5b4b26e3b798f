package obd_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pitlane/devices/obd"
)

// FuzzResponse: whatever an adapter sends, decoding ends, every ECU has one of the
// states, only an OK one carries facts, and the result is JSON.
func FuzzResponse(f *testing.F) {
	for _, seed := range []struct{ request, raw string }{
		{"0100", "SEARCHING...\r7E8 06 41 00 BE 3F A8 13\r\r>"}, {"03", "4300\r4300\r\r>"},
		{"0902", "014\r0: 49 02 01 31 46 54\r1: 46 57 31 45 35 30 50\r2: 46 41 31 32 30 31 30\r\r>"},
		{"010C1", "010C1\r41 0C 0B EC \r\n\r\n>"}, {"0100", "BUS INIT: ...OK\r48 6B 11 41 00 BE 1F B8 10 AA\r\r>"},
		{"19023B", "59 02 B9 95 7C 14 29 FF FF FF FF FF\r>"}, {"ATZ", "\xfc\r\rELM327 v1.5\r\r>"},
		{"010C0D", "7E8 06 41 0C 0B B8 0D 21\r>"}, {"0", ">"}, {"22F40C", "18DAF1100562F40C0BB8\r>"}, {"0904", "7E8 10 13 49 04 01\r>"},
		{"0601", "7E8 10 0A 46 01 80 0B 01 90\r7E8 21 00 64 03 84 AA AA AA\r>"}, {"0601", "48 6B 10 46 01 05 00 10 00 20 3F\r>"},
		{"050501", "48 6B 10 45 05 01 12 00 19 39\r>"}, {"020C000D00", "7E8 07 42 0C 00 1A F8 0D 00\r>"},
		{"19423308FF", "7E8 10 0B 59 42 33 FF FF 04\r7E8 21 22 01 33 00 AF\r>"}, {"195533", "7E8 05 59 55 33 FF 04\r>"},
		{"19563301", "7E8 10 0A 59 56 33 FF 04 01\r7E8 21 04 20 00 50\r>"},
		{"1904013300FF", "7E8 10 0F 59 04 01 33 00 AF\r7E8 21 00 02 F4 0C 1A F8 F4\r7E8 22 0D 32\r>"},
		{"22F40CF405", "7E8 10 08 62 F4 0C 1A F8 F4\r7E8 21 05 7B\r>"}, {"22F601", "7E8 10 0B 62 F6 01 80 0B 01\r7E8 21 90 00 64 03 84\r>"},
		{"22F802", "7E8 10 14 62 F8 02 31 46 54\r7E8 21 46 57 31 45 35 30 50\r7E8 22 46 41 31 32 30 31 30\r>"}, {"1A90", "83 F1 10 5A 90 41 EF\r>"},
		{"0906", "7E8 07 49 06 01 17 91 BC 82\r>"}, {"0908", "49 08 01 00 01 00 02\r49 08 02 00 01 00 02\r>"},
	} {
		for _, headers := range []bool{true, false} {
			f.Add(seed.request, []byte(seed.raw), headers, "6")
			f.Add(seed.request, []byte(seed.raw), headers, "3")
		}
	}
	f.Fuzz(func(t *testing.T, request string, raw []byte, headers bool, protocol string) {
		a := obd.Decode(request, obd.SplitResponse(raw), obd.Settings{Headers: headers, Protocol: protocol})
		for id, e := range a.ECUs {
			switch e.State {
			case obd.OK:
			case obd.Refused, obd.NoAnswer, obd.Incomplete:
				if e.Readings != nil || e.Codes != nil || e.VIN != "" || e.Raw != "" || e.UDSCodes != nil ||
					e.Tests != nil || e.CVNs != nil || e.Counters != nil || e.CalibrationIDs != nil || e.Frame != nil || e.Supported != nil ||
					e.Frames != nil || e.DTCFormat != "" || e.Group != "" || e.Readiness != nil || e.Name != "" {
					t.Errorf("%s is %s and carries facts: %+v", id, e.State, e)
				}
			default:
				t.Errorf("%s has state %q", id, e.State)
			}
		}
		if len(a.Order) != len(a.ECUs) {
			t.Errorf("%d in order, %d ECUs", len(a.Order), len(a.ECUs))
		}
		if _, err := json.Marshal(a); err != nil {
			t.Error(err)
		}
	})
}

// FuzzISOTP: a payload cut into frames comes back whole; with any frame missing it
// is never taken for whole.
func FuzzISOTP(f *testing.F) {
	f.Add([]byte("\x01ABCDEFGHJKLMNPRST"), uint16(0), byte(0xAA))
	f.Add([]byte{0x01}, uint16(1), byte(0))
	f.Add(make([]byte, 300), uint16(20), byte(0x55))
	f.Fuzz(func(t *testing.T, data []byte, lose uint16, pad byte) {
		if len(data) == 0 || len(data) > 4000 {
			return
		}
		payload := append([]byte{0x71, 0x01}, data...)
		lines := segments(payload, pad)
		set := obd.Settings{Headers: true, Protocol: "6"}
		a := obd.Decode("3101", lines, set)
		if got := a.ECUs["7E8"]; got.State != obd.OK || got.Raw != strings.ToUpper(hex.EncodeToString(payload)) {
			t.Fatalf("%d bytes in %d frames: got %s %s", len(payload), len(lines), got.State, got.Raw)
		}
		n := int(lose) % len(lines)
		cut := append(append([]string{}, lines[:n]...), lines[n+1:]...)
		if got := obd.Decode("3101", cut, set).ECUs["7E8"]; got.State == obd.OK {
			t.Errorf("frame %d of %d is missing and the answer is taken for whole: %s", n, len(lines), got.Raw)
		}
	})
}

// segments cuts a payload into ISO-TP frames of 7E8.
func segments(p []byte, pad byte) []string {
	full := func(b []byte) string {
		for len(b) < 8 {
			b = append(b, pad)
		}
		return fmt.Sprintf("7E8%X", b)
	}
	if len(p) <= 7 {
		return []string{full(append([]byte{byte(len(p))}, p...))}
	}
	lines := []string{full(append([]byte{0x10 | byte(len(p)>>8), byte(len(p))}, p[:6]...))}
	for n, rest := 1, p[6:]; len(rest) > 0; n++ {
		k := min(7, len(rest))
		lines = append(lines, full(append([]byte{0x20 | byte(n&0x0F)}, rest[:k]...)))
		rest = rest[k:]
	}
	return lines
}
