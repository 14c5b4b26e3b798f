package obd_test

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"pitlane/devices/obd"
	"pitlane/devices/sim"
)

// maskedFacts scans the car of a session whose numbers were masked, and says what
// it says but for the VIN.
func maskedFacts(t *testing.T, s *obd.Session) (report *obd.Report, said string) {
	t.Helper()
	report, err := again(t, s)
	if err != nil {
		t.Fatalf("the masked session does not play: %v", err)
	}
	without := *report
	without.VIN.Value = ""
	return report, facts(t, &without)
}

func TestAMaskedSessionSaysTheSameOfAnotherCar(t *testing.T) {
	for name, car := range demoCars() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := sim.NewAdapter(sim.AdapterConfig{})
				v := car()
				v.ECUs[0].VIN = "1HGCM82633A004352" // the well-known example of a right check digit
				a.Plug(v)
				first, _ := scanOver(t, a, obd.Options{})
				if err := obd.MaskVIN(first.Session.Exchanges, first.Protocol.Number); err != nil {
					t.Fatal(err)
				}
				plain := *first
				plain.VIN.Value = ""
				second, said := maskedFacts(t, first.Session)
				if said != facts(t, &plain) {
					t.Errorf("masked it says %s, it said %s", said, facts(t, &plain))
				}
				if got := second.VIN.Value; got != "1HGCM82693A000001" {
					t.Errorf("the masked number has %d characters, another maker, serial or check digit", len(got))
				}
			})
		})
	}
}

func TestEveryRecordedCarCanBeMasked(t *testing.T) {
	files, _ := vehicleFiles(t)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := adapterIn(recorded(t, file))
				first, _, failed := tryOver(t, a, obd.Options{})
				if failed != nil {
					return // TestEveryRecordedCarReplaysFromItsRecord plays those
				}
				if err := obd.MaskVIN(first.Session.Exchanges, first.Protocol.Number); err != nil {
					t.Fatal(err)
				}
				plain := *first
				plain.VIN.Value = ""
				second, said := maskedFacts(t, first.Session)
				if said != facts(t, &plain) && first.VIN.State == obd.OK {
					t.Error("the masked session says something else")
				}
				if first.VIN.State == obd.OK && second.VIN.Value[11:] != "000001" {
					t.Error("the serial is not masked")
				}
			})
		})
	}
}

func TestMaskVIN(t *testing.T) {
	const vin = "WVWZZZ1JZXW123456"
	hex := func(s string) string {
		var b strings.Builder
		for _, c := range []byte(s) {
			b.WriteString("0123456789ABCDEF"[c>>4:][:1] + "0123456789ABCDEF"[c&15:][:1])
		}
		return b.String()
	}
	can := func(vin string) string {
		return "7E8101449020" + "1" + hex(vin[:3]) + "\r7E821" + hex(vin[3:10]) + "\r7E822" + hex(vin[10:]) + "\r\r>"
	}
	spaced := func(s string) string {
		var b strings.Builder
		for line := range strings.SplitSeq(s, "\r") {
			for i, c := range line {
				if i > 2 && i%2 == 1 {
					b.WriteByte(' ')
				}
				b.WriteRune(c)
			}
			b.WriteByte('\r')
		}
		return strings.TrimSuffix(b.String(), "\r")
	}
	other := "WVWZZZ1JZXW777777"
	to, second := "WVWZZZ1JZXW000001", "WVWZZZ1JZXW000002"
	for name, c := range map[string]struct {
		said []obd.Exchange
		want []string
	}{
		"frames":                   {[]obd.Exchange{{Request: "0902", Raw: []byte(can(vin)), Headers: true}}, []string{can(to)}},
		"frames with spaces":       {[]obd.Exchange{{Request: "0902", Raw: []byte(spaced(can(vin))), Headers: true}}, []string{spaced(can(to))}},
		"two cars":                 {[]obd.Exchange{{Request: "0902", Raw: []byte(can(vin)), Headers: true}, {Request: "09021", Raw: []byte(can(other)), Headers: true}, {Request: "0902", Raw: []byte(can(vin)), Headers: true}}, []string{can(to), can(second), can(to)}},
		"the same in another PID":  {[]obd.Exchange{{Request: "0902", Raw: []byte(can(vin)), Headers: true}, {Request: "22F18C", Raw: []byte("7E80762F18C" + hex("123456") + "\r>"), Headers: true}}, []string{can(to), "7E80762F18C" + hex("000001") + "\r>"}},
		"half a number is emptied": {[]obd.Exchange{{Request: "0902", Raw: []byte(can(vin)[:40] + "\r>"), Headers: true}}, []string{"\r\r>"}},
		"four of them elsewhere are not a number": {[]obd.Exchange{{Request: "0902", Raw: []byte(can("WVWZZZ1JZXW123456")), Headers: true}, {Request: "0904", Raw: []byte("7E8" + "0649040131323334\r>"), Headers: true}}, []string{can(to), "7E8" + "0649040131323334\r>"}},
		"nothing to mask":                         {[]obd.Exchange{{Request: "03", Raw: []byte("7E8024300\r>"), Headers: true}}, []string{"7E8024300\r>"}},
		"a refusal stays":                         {[]obd.Exchange{{Request: "0902", Raw: []byte("7E8037F0911\r>"), Headers: true}}, []string{"7E8037F0911\r>"}},
	} {
		if err := obd.MaskVIN(c.said, "6"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for i, e := range c.said {
			if string(e.Raw) != c.want[i] {
				t.Errorf("%s: exchange %d is %q, want %q", name, i, e.Raw, c.want[i])
			}
		}
	}
}

func FuzzMaskVIN(f *testing.F) {
	f.Add("0902", []byte("7E8 10 14 49 02 01 57 56 57\r7E8 21 5A 5A 5A 31 4A 5A 58\r7E8 22 57 31 32 33 34 35 36\r\r>"), true)
	f.Fuzz(func(t *testing.T, request string, raw []byte, headers bool) {
		said := []obd.Exchange{{Request: request, Raw: raw, Headers: headers}}
		before := len(raw)
		if err := obd.MaskVIN(said, "6"); err == nil && len(said[0].Raw) != before && string(said[0].Raw) != "\r\r>" {
			t.Errorf("%d bytes became %d", before, len(said[0].Raw))
		}
	})
}
