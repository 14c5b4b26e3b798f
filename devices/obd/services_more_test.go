package obd_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pitlane/devices/obd"
)

// only is what the one ECU of an answer said, as JSON.
func only(t *testing.T, request string, lines []string, set obd.Settings) string {
	t.Helper()
	a := obd.Decode(request, lines, set)
	if len(a.ECUs) != 1 {
		t.Fatalf("%s: %d ECUs", request, len(a.ECUs))
	}
	got, err := json.Marshal(a.ECUs[a.Order[0]])
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}

func TestNumbersOfTestsAreScaled(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ record, want string }{
		{"0B019000640384", `"unit":"V","value":0.4,"min":0.1,"max":0.9,"passed":true`},
		{"16019000000320", `"unit":"°C","value":0,"min":-40,"max":40,"passed":true`},
		{"0A0B2200000B23", `"unit":"mV","value":347.7,"min":0,"max":347.822,"passed":true`},
		{"390000FFFF0000", `"unit":"%","value":-327.68,"min":327.67,"max":-327.68,"passed":false`},
		{"05000100000002", `"unit":"","value":0.0000305,"min":0,"max":0.000061,"passed":true`},
		{"2E000100010001", `"unit":"","value":1,"min":1,"max":1,"passed":true`},
		{"96FF9CFF38FFFF", `"unit":"°C","value":-10,"min":-20,"max":-0.1,"passed":true`},
		{"FEFFFC80007FFF", `"unit":"Pa","value":-1,"min":-8192,"max":8191.75,"passed":true`},
		{"8B8000000003E8", `"unit":"V","value":-32.768,"min":0,"max":1,"passed":false`},
		{"0B8000000003E8", `"unit":"V","value":32.768,"min":0,"max":1,"passed":false`},
		{"24000000000000", `"unit":"counts","value":0,"min":0,"max":0,"passed":true,"not_run":true`},
		{"7F000500010009", `"unit":"","value":5,"min":1,"max":9,"passed":true`},
		{"E0FFFBFFF60000", `"unit":"","value":-5,"min":-10,"max":0,"passed":true`},
	} {
		b, err := hex.DecodeString("460180" + c.record)
		if err != nil {
			t.Fatal(err)
		}
		uas := c.record[:2]
		raw := ""
		if uas == "7F" || uas == "E0" { // not in the table: the bytes go with it
			raw = `,"raw":"` + c.record[2:] + `"`
		}
		want := `{"state":"ok","tests":[{"mid":"01","tid":"80",` + c.want + `,"uas":"` + uas + `"` + raw + `}]}`
		if got := only(t, "0601", segments(b, 0xAA), obd.Settings{Headers: true, Protocol: "6"}); got != want {
			t.Errorf("%s\n got %s\nwant %s", c.record, got, want)
		}
	}
}

func TestFormsOfTheServicesBesideTheValues(t *testing.T) {
	t.Parallel()
	can, kline, bare := obd.Settings{Headers: true, Protocol: "6"}, obd.Settings{Headers: true, Protocol: "3"}, obd.Settings{}
	for _, c := range []struct {
		name, request string
		lines         []string
		set           obd.Settings
		want          string
	}{
		{"monitors on CAN", "0600", []string{"7E8 06 46 00 80 00 00 01"}, can, `{"state":"ok","supported":["01","20"]}`},
		{"monitors, two bitmaps", "060020", []string{"7E8 10 0B 46 00 80 00 00 01", "7E8 21 20 80 00 00 00 AA AA"}, can, `{"state":"ok","supported":["01","20","21"]}`},
		{"monitors, cut off", "0600", []string{"7E8 05 46 00 80 00 00"}, can, `{"state":"incomplete"}`},
		{"tests on a legacy bus", "0600", []string{"486B10 46 00 FF 80 00 00 00 88"}, kline, `{"state":"ok","supported":["01"]}`},
		{"tests without header, padded or not", "0600", []string{"4600FF80000000"}, bare, `{"state":"ok","raw":"4600FF80000000"}`},
		{"a legacy result, most", "0601", []string{"486B10 46 01 05 00 10 00 20 3F"}, kline,
			`{"state":"ok","tests":[{"mid":"","tid":"01","unit":"","value":16,"min":0,"max":32,"passed":true,"component":"05","raw":"00100020"}]}`},
		{"a legacy result, least", "0601", []string{"486B10 46 01 85 00 10 00 20 BF"}, kline,
			`{"state":"ok","tests":[{"mid":"","tid":"01","unit":"","value":16,"min":32,"max":65535,"passed":false,"component":"05","raw":"00100020"}]}`},
		{"a legacy result, too long", "0601", []string{"486B10 46 01 85 00 10 00 20 11 D0"}, kline, `{"state":"incomplete"}`},
		{"a legacy result and a broken one", "0601", []string{"486B10 46 01 05 00 10 00 20 3F", "486B10 46 01 06 00 10 00 20 3F"}, kline, `{"state":"incomplete"}`},
		{"an oxygen sensor's constant", "050101", []string{"486B10 45 01 01 5A 64"}, kline,
			`{"state":"ok","readings":[{"pid":"050101","name":"rich_to_lean_threshold_voltage","value":0.45,"unit":"V","raw":"5A"}]}`},
		{"an oxygen sensor's test", "050501", []string{"486B10 45 05 01 12 00 19 39"}, kline,
			`{"state":"ok","tests":[{"mid":"","tid":"05","unit":"s","value":0.072,"min":0,"max":0.1,"passed":true,"component":"01","raw":"120019"}]}`},
		{"an oxygen sensor's own test", "053001", []string{"486B10 45 30 01 12 4B"}, kline, `{"state":"ok","raw":"45300112"}`},
		{"several values of a freeze frame", "020C000D00", []string{"7E8 10 08 42 0C 00 1A F8 0D", "7E8 21 00 32 00 00 00 00 00"}, can,
			`{"state":"ok","readings":[{"pid":"0C","name":"engine_rpm","value":1726,"unit":"rpm"},{"pid":"0D","name":"vehicle_speed","value":50,"unit":"km/h"}],"frame":0}`},
		{"values of two freeze frames", "020C000D00", []string{"7E8 10 08 42 0C 00 1A F8 0D", "7E8 21 01 32 00 00 00 00 00"}, can, `{"state":"incomplete"}`},
		{"two frames asked for at once", "020D000D01", []string{"7E8 07 42 0D 00 32 0D 01 33"}, can, `{"state":"incomplete"}`},
		{"a calibration on a legacy bus", "0904", []string{"486B10 49 04 01 43 41 4C 2D 0E", "486B10 49 04 02 31 32 33 34 DC", "486B10 49 04 03 35 36 00 00 7E", "486B10 49 04 04 00 00 00 00 14"}, kline, `{"state":"ok","calibration_ids":["CAL-123456"]}`},
		{"a calibration without its last line", "0904", []string{"486B10 49 04 01 43 41 4C 2D 0E", "486B10 49 04 02 31 32 33 34 DC", "486B10 49 04 03 35 36 00 00 7E"}, kline, `{"state":"incomplete"}`},
		{"fewer calibrations than counted", "0904", segments(append([]byte{0x49, 4, 2}, "CAL-1\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"...), 0), can, `{"state":"incomplete"}`},
		{"a calibration that is not padded", "0904", segments(append([]byte{0x49, 4, 1}, "CAL-1"...), 0), can, `{"state":"ok","calibration_ids":["CAL-1"]}`},
		{"check numbers on CAN", "0906", []string{"7E8 07 49 06 01 17 91 BC 82"}, can, `{"state":"ok","cvns":["1791BC82"]}`},
		{"fewer check numbers than counted", "0906", []string{"7E8 07 49 06 02 17 91 BC 82"}, can, `{"state":"incomplete"}`},
		{"check numbers on a legacy bus", "0906", []string{"486B10 49 06 01 17 91 BC 82 F9", "486B10 49 06 02 00 00 00 01 15"}, kline, `{"state":"ok","cvns":["1791BC82","00000001"]}`},
		{"a check number missing", "0906", []string{"486B10 49 06 02 00 00 00 01 15"}, kline, `{"state":"incomplete"}`},
		{"too few counters", "0908", segments([]byte{0x49, 8, 3, 0, 1, 0, 2, 0, 3}, 0), can, `{"state":"incomplete"}`},
	} {
		if got := only(t, c.request, c.lines, c.set); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// FuzzTestRecords: of the records of one monitor each comes out with the numbers that
// were sent, and anything that is not whole records of that monitor is no result.
func FuzzTestRecords(f *testing.F) {
	f.Add(byte(0x01), []byte("\x01\x80\x0b\x01\x90\x00\x64\x03\x84"), false)
	f.Add(byte(0xA2), []byte("\xa2\x0b\x24\x00\x07\x00\x00\x00\x03\xa2\x0c\x84\xff\xfe\x80\x00\x7f\xff"), true)
	f.Add(byte(0x21), []byte("\x21\x84\x01\x00"), false)
	f.Fuzz(func(t *testing.T, mid byte, data []byte, headers bool) {
		if mid%0x20 == 0 || len(data) < 9 || len(data) > 900 {
			return
		}
		lines := segments(append([]byte{0x46, mid}, data[1:]...), 0x55)
		whole := len(data)%9 == 0
		for i := 9; i < len(data); i += 9 {
			whole = whole && data[i] == mid
		}
		set := obd.Settings{Headers: true, Protocol: "6"}
		if !headers {
			set.Headers, lines = false, bareLines(append([]byte{0x46, mid}, data[1:]...), 0x55)
		}
		a := obd.Decode(fmt.Sprintf("06%02X", mid), lines, set)
		if len(a.Order) != 1 {
			t.Fatalf("%d ECUs of %q", len(a.Order), lines)
		}
		e := a.ECUs[a.Order[0]]
		if !whole {
			if e.State == obd.OK || e.Tests != nil {
				t.Fatalf("%X is taken for results: %+v", data, e)
			}
			return
		}
		if e.State != obd.OK || len(e.Tests) != len(data)/9 {
			t.Fatalf("%X: %s with %d results", data, e.State, len(e.Tests))
		}
		for i, got := range e.Tests {
			holds(t, got, data[9*i:9*i+9], mid)
		}
	})
}

// holds compares a result with the bytes that were sent.
func holds(t *testing.T, got obd.Test, b []byte, mid byte) {
	t.Helper()
	n := func(i int) int {
		if b[2] >= 0x80 {
			return int(int16(uint16(b[i])<<8 | uint16(b[i+1])))
		}
		return int(b[i])<<8 | int(b[i+1])
	}
	value, least, most := n(3), n(5), n(7)
	if got.MID != fmt.Sprintf("%02X", mid) || got.TID != fmt.Sprintf("%02X", b[1]) || got.UAS != fmt.Sprintf("%02X", b[2]) ||
		got.Passed != (least <= value && value <= most) {
		t.Errorf("%X: got %+v", b, got)
	}
	if value < least && got.Value > got.Min || value > most && got.Value < got.Max {
		t.Errorf("%X: scaling turned it round: %+v", b, got)
	}
}

// bareLines is a long message as an adapter shows it with headers off.
func bareLines(p []byte, pad byte) []string {
	lines := []string{fmt.Sprintf("%03X", len(p))}
	for n, size := 0, 6; len(p) > 0; n, size = n+1, 7 {
		k := min(size, len(p))
		lines = append(lines, fmt.Sprintf("%X:%X%s", n&0x0F, p[:k], strings.Repeat(fmt.Sprintf("%02X", pad), size-k)))
		p = p[k:]
	}
	return lines
}
