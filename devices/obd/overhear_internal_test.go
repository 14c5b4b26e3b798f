package obd

import "testing"

// An answer of ours whose first frame is lost, and the flow control that an adapter
// shows, are no other tester.
func TestWhatBeginsNothingIsNoOtherTester(t *testing.T) {
	for name, c := range map[string]struct {
		asked, protocol string
		lines           []string
		want            bool
	}{
		"a VIN without its first frame":      {"0902", "6", []string{"7E82146573145353050", "7E82246413132303130"}, false},
		"a name whose first frame is broken": {"090A", "6", []string{"7E81017490A0145434D<RX ERROR", "7E821002D456E67696E", "7E82265436F6E74726F", "7E8236C000000000000"}, false},
		"flow control":                       {"0902", "6", []string{"7E8101449020157415557", "7E03000000000000000", "7E82146573145353050", "7E82246413132303130"}, false},
		"flow control, 29 bit":               {"0902", "7", []string{"18DA10F13000000000000000"}, false},
		"another's request":                  {"0902", "6", []string{"7DF02010C0000000000"}, true},
		"another's long request":             {"0902", "6", []string{"7E0100A22F40CF40DF4"}, true},
		"answers to another":                 {"0902", "6", []string{"7E804410C1AF8000000", "7E803410D2000000000"}, true},
		"long answers to another":            {"0902", "6", []string{"7E8100A62F40C1AF8F4", "7E82105800000000000", "7E8100A62F40C1AF8F4", "7E82105800000000000"}, true},
	} {
		x := &scan{c: &conn{headers: true, number: c.protocol}, report: &Report{}}
		x.overhear(c.asked, Decode(c.asked, c.lines, x.c.settings()))
		if x.report.OtherTester != c.want {
			t.Errorf("%s: another tester %t, want %t", name, x.report.OtherTester, c.want)
		}
	}
}
