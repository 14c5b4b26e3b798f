package obd_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pitlane/devices"
	"pitlane/devices/obd"
)

// quirk is an adapter of a few fixed answers, each without its prompt. What is not
// in it gets a question mark. Its time is that of the test.
type quirk struct {
	says    map[string]string
	once    map[string]string // the first answer, where it differs
	bare    map[string]bool   // commands that get nothing but a prompt
	mute    string            // a command that gets nothing at all
	out     []byte
	timeout time.Duration
}

// plainQuirk is an adapter without quirks: a car on CAN with one ECU and P0133.
func plainQuirk() *quirk {
	q := &quirk{once: map[string]string{}, bare: map[string]bool{}, says: map[string]string{
		"ATWS": "\r\rELM327 v2.3", "ATI": "ELM327 v2.3", "AT@1": "OBDII to RS232 Interpreter", "ATRV": "12.6V", "ATDPN": "A6",
		"0100": "SEARCHING...\r7E806410080180000", "0101": "7E806410181076504", "010C": "7E804410C1AF8", "010D": "7E803410D32",
		"0902": "7E81014490201314654\r7E82146573145353050\r7E82246413132303130",
		"03":   "7E80443010133", "07": "7E8024700", "0A": "7E8024A00",
	}}
	for _, word := range []string{"ATE0", "ATL0", "ATS0", "ATH1", "ATAT1", "ATSP0", "ATSP6"} {
		q.says[word] = "OK"
	}
	return q
}

func (q *quirk) Write(b []byte) (int, error) {
	command := strings.TrimSuffix(string(b), "\r")
	text, known := q.says[command]
	if first, ok := q.once[command]; ok {
		text, known = first, true
		delete(q.once, command)
	}
	switch {
	case q.mute != "" && command == q.mute:
	case q.bare[command]:
		q.out = append(q.out, "\r>"...)
	case known:
		q.out = append(q.out, text+"\r\r>"...)
	default:
		q.out = append(q.out, "?\r\r>"...)
	}
	return len(b), nil
}

func (q *quirk) Read(b []byte) (int, error) {
	if len(q.out) == 0 {
		t := time.NewTimer(q.timeout)
		defer t.Stop()
		<-t.C
		return 0, nil
	}
	n := copy(b, q.out)
	q.out = q.out[n:]
	return n, nil
}

func (q *quirk) SetReadTimeout(d time.Duration) error { q.timeout = d; return nil }
func (q *quirk) Close() error                         { return nil }

// scan scans the car behind the adapter.
func (q *quirk) scan(t *testing.T) *obd.Report {
	t.Helper()
	report, err := q.try(t)
	if err != nil {
		t.Error(err)
	}
	return report
}

// try is scan where it may fail.
func (q *quirk) try(t *testing.T) (*obd.Report, error) {
	t.Helper()
	s := obd.New(func(context.Context) (devices.Port, error) { return q, nil }, obd.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, func(devices.Reading) {}) }()
	report, err := s.Scan(ctx, nil)
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	return report, err
}

// withoutHeaders are the answers of plainQuirk from an adapter that says OK to ATH1
// and leaves the headers off.
func withoutHeaders() map[string]string {
	return map[string]string{
		"0100": "41 00 80 18 00 00 ", "0101": "41 01 81 07 65 04 ", "010C": "41 0C 1A F8 ", "010D": "41 0D 32 ",
		"0902": "014 \r0: 49 02 01 31 46 54 \r1: 46 57 31 45 35 30 50 \r2: 46 41 31 32 30 31 30 ",
		"03":   "43 01 01 33 ", "07": "47 00 ", "0A": "4A 00 ",
	}
}

func TestAnAdapterThatLostItsSettingsIsNotBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := plainQuirk()
		q.says["07"] = "47 00 " // its headers are off again, and it said nothing of it
		report, err := q.try(t)
		if f, ok := errors.AsType[*devices.Fault](err); !ok || f.Kind != "low_voltage" {
			t.Errorf("got %v, want low_voltage", err)
		}
		if len(report.ECUs) != 1 || report.ECUs[0].Pending.State != obd.AdapterFault {
			t.Errorf("ECUs %+v", report.ECUs)
		}
	})
}

func TestAGarbledAnswerIsAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := plainQuirk()
		q.once["03"] = "7E80443\xff10133"
		if got := codes(q.scan(t).ECUs[0].Stored); !slices.Equal(got, []string{"ok", "P0133"}) {
			t.Errorf("codes %q", got)
		}
	})
}

func TestAdaptersWithQuirksAreReadAllTheSame(t *testing.T) {
	for name, c := range map[string]struct {
		quirk func(*quirk)
		id    string
		fits  func(*obd.Report) bool
	}{
		"none": {func(*quirk) {}, "7E8", func(r *obd.Report) bool { return len(r.Adapter.Hints) == 0 }},
		"headers stay off though it says OK": {
			func(q *quirk) { maps.Copy(q.says, withoutHeaders()) }, "#1",
			func(r *obd.Report) bool {
				return slices.Contains(r.Adapter.Hints, "clone: its headers cannot be switched on")
			}},
		"nothing but a prompt to ATRV": {
			func(q *quirk) { q.bare["ATRV"] = true }, "7E8", func(r *obd.Report) bool { return r.Adapter.Volts == nil }},
		"it measures no voltage": {
			func(q *quirk) { q.says["ATRV"] = "0.0V" }, "7E8",
			func(r *obd.Report) bool {
				return r.Adapter.Volts == nil && slices.Contains(r.Adapter.Hints, "the adapter measures no voltage")
			}},
		"its start-up banner comes in the middle of the greeting": {
			func(q *quirk) { q.once["ATS0"] = "\r\rELM327 v2.3" }, "7E8", func(*obd.Report) bool { return true }},
		"ATDPN is not known": {
			func(q *quirk) { delete(q.says, "ATDPN"); q.says["ATDP"] = "AUTO, ISO 15765-4 (CAN 11/500)" }, "7E8",
			func(r *obd.Report) bool { return r.Protocol.Number == "6" }},
		"it says nothing when it is reset": {
			func(q *quirk) { q.bare["ATWS"], q.bare["ATZ"] = true, true }, "7E8", func(*obd.Report) bool { return true }},
		"it says OK when it is reset": {
			func(q *quirk) { q.says["ATWS"], q.says["ATZ"] = "OK", "OK" }, "7E8", func(*obd.Report) bool { return true }},
		"ATDPN says automatic": {
			func(q *quirk) {
				q.says["ATDPN"], q.says["ATDP"] = "A0", "?"
				q.says["ATSP6"], q.says["ATSP7"] = "?", "?"
			}, "7E8",
			func(r *obd.Report) bool { return r.Protocol.Number == "" }},
		"it answers in small letters": {
			func(q *quirk) {
				for k, v := range q.says {
					q.says[k] = strings.ToLower(v)
				}
			}, "7E8", func(r *obd.Report) bool { return len(r.Adapter.Hints) == 0 }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := plainQuirk()
				c.quirk(q)
				report := q.scan(t)
				if len(report.ECUs) != 1 {
					t.Fatalf("%d ECUs, want 1; errors %v", len(report.ECUs), report.Errors)
				}
				e := report.ECUs[0]
				if got := codes(e.Stored); e.ID != c.id || !slices.Equal(got, []string{"ok", "P0133"}) {
					t.Errorf("%s has codes %q, want %s with P0133", e.ID, got, c.id)
				}
				if report.VIN.State != obd.OK || !c.fits(report) {
					t.Errorf("VIN %s, adapter %+v, protocol %+v", report.VIN.State, report.Adapter, report.Protocol)
				}
			})
		})
	}
}
