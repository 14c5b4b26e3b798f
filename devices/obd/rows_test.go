package obd_test

import (
	"encoding/json"
	"slices"
	"testing"

	"pitlane/devices/obd"
)

// want is what one ECU must have said.
type want struct {
	State    obd.State
	NRC      string
	VIN      string
	Codes    []string
	Value    any // of the first reading
	UDSCodes int
}

// reply is one response and what it must mean.
type reply struct {
	request string
	set     obd.Settings
	lines   []string
	kind    string // of an answer that holds nothing
	ecus    map[string]want
	ignored int
}

// on and off are headers on and off, on a bus that is not known.
func on() obd.Settings  { return obd.Settings{Headers: true} }
func off() obd.Settings { return obd.Settings{} }

// withCodes is an ECU that gave a list of codes.
func withCodes(codes ...string) want { return want{State: obd.OK, Codes: append([]string{}, codes...)} }

// check decodes a reply and compares.
func (r reply) check(t *testing.T) {
	t.Helper()
	a := obd.Decode(r.request, r.lines, r.set)
	if a.Kind != r.kind {
		t.Errorf("%q: kind %q, want %q", r.lines, a.Kind, r.kind)
	}
	if len(a.ECUs) != len(r.ecus) || len(a.Others) != r.ignored {
		t.Errorf("%q: %d ECUs %q and %d lines ignored, want %d and %d", r.lines, len(a.ECUs), a.Order, len(a.Others), len(r.ecus), r.ignored)
	}
	for id, w := range r.ecus {
		e, ok := a.ECUs[id]
		if !ok || e.State != w.State || e.NRC != w.NRC || e.VIN != w.VIN || !slices.Equal(e.Codes, w.Codes) || len(e.UDSCodes) != w.UDSCodes {
			t.Errorf("%q: %s: got %+v, want %+v", r.lines, id, e, w)
		}
		if w.Value != nil && (len(e.Readings) == 0 || e.Readings[0].Value != w.Value) {
			t.Errorf("%q: %s: readings %+v, want %v", r.lines, id, e.Readings, w.Value)
		}
	}
}

func TestRowVINLosesCharactersAtItsEnds(t *testing.T) {
	const vin = "1FTFW1E50PFA12010"
	good := map[string]want{"7E8": {State: obd.OK, VIN: vin}}
	for name, r := range map[string]reply{
		"CAN, count byte": {request: "0902", set: on(), ecus: good, lines: []string{
			"7E8 10 14 49 02 01 31 46 54", "7E8 21 46 57 31 45 35 30 50", "7E8 22 46 41 31 32 30 31 30"}},
		"CAN, padded past the length": {request: "0902", set: on(), ecus: good, lines: []string{
			"7E81013490231465446", "7E82157314535305046", "7E822413132303130AA"}},
		"CAN, no spaces, 29 bit": {request: "0902", set: on(), ecus: map[string]want{"18DAF110": {State: obd.OK, VIN: vin}}, lines: []string{
			"18DAF1101014490201314654", "18DAF1102146573145353050", "18DAF1102246413132303130"}},
		"CAN, headers off": {request: "0902", set: off(), ecus: map[string]want{"#1": {State: obd.OK, VIN: vin}}, lines: []string{
			"014", "0: 49 02 01 31 46 54", "1: 46 57 31 45 35 30 50", "2: 46 41 31 32 30 31 30"}},
		"CAN, headers off, padded": {request: "0902", set: off(), ecus: map[string]want{"#1": {State: obd.OK, VIN: vin}}, lines: []string{
			"013", "0:490231465446", "1:57314535305046", "2:413132303130AAAA"}},
		"legacy, headers off": {request: "0902", set: off(), ecus: map[string]want{"#1": {State: obd.OK, VIN: vin}}, lines: []string{
			"49 02 01 00 00 00 31", "49 02 02 46 54 46 57", "49 02 03 31 45 35 30", "49 02 04 50 46 41 31", "49 02 05 32 30 31 30"}},
		"legacy, a line is missing": {request: "0902", set: off(), ecus: map[string]want{"#1": {State: obd.Incomplete}}, lines: []string{
			"49 02 01 00 00 00 31", "49 02 02 46 54 46 57", "49 02 04 50 46 41 31", "49 02 05 32 30 31 30"}},
		"CAN, a frame is missing": {request: "0902", set: on(), ecus: map[string]want{"7E8": {State: obd.Incomplete}}, lines: []string{
			"7E8 10 14 49 02 01 31 46 54", "7E8 22 46 41 31 32 30 31 30"}, ignored: 0},
		"CAN, frames out of order": {request: "0902", set: on(), ecus: good, lines: []string{
			"7E8 10 14 49 02 01 31 46 54", "7E8 22 46 41 31 32 30 31 30", "7E8 21 46 57 31 45 35 30 50"}},
	} {
		t.Run(name, func(t *testing.T) { r.check(t) })
	}
}

func TestRowConnectedAfterAnErrorAnswer(t *testing.T) {
	for line, kind := range map[string]string{
		"BUS INIT: ERROR": "bus_init", "BUS INIT: ...ERROR": "bus_init", "CAN ERROR": "can_error",
		"UNABLE TO CONNECT": "unable_to_connect", "NO DATA": "no_data", "BUS BUSY": "bus_busy", "BUS ERROR": "bus_error",
		"FB ERROR": "fb_error", "DATA ERROR": "data_error", "<DATA ERROR": "data_error", "<RX ERROR": "rx_error",
		"BUFFER FULL": "buffer_full", "STOPPED": "stopped", "LV RESET": "low_voltage", "LP ALERT": "lp_alert",
		"ACT ALERT": "act_alert", "ERR94": "adapter_error", "?": "unknown_command", "ELM327 v1.5": "low_voltage",
	} {
		reply{request: "0100", set: on(), lines: []string{line}, kind: kind}.check(t)
		reply{request: "0100", set: off(), lines: []string{"SEARCHING..." + line}, kind: kind}.check(t)
	}
	reply{request: "0100", set: on(), kind: "no_answer"}.check(t)
	reply{request: "0100", set: on(), lines: []string{"SEARCHING...", "7EC 03 7F 01 7F"},
		ecus: map[string]want{"7EC": {State: obd.Refused, NRC: "7F"}}}.check(t)
	reply{request: "0100", set: off(), lines: []string{"7F 01 12"}, ecus: map[string]want{"#1": {State: obd.Refused, NRC: "12"}}}.check(t)
	reply{request: "0100", set: on(), lines: []string{"7E8 06 41 00 BE 3F A8 13 <DATA ERROR"}, kind: "data_error"}.check(t)
}

func TestRowOnlyThePromptEndsAResponse(t *testing.T) {
	late := map[string]want{"11": {State: obd.OK, Value: "BE1FB810"}}
	reply{request: "0100", set: on(), lines: []string{"BUS INIT: OK", "48 6B 11 41 00 BE 1F B8 10 AA"}, ecus: late}.check(t)
	reply{request: "0100", set: on(), lines: []string{"BUS INIT: ...OK48 6B 11 41 00 BE 1F B8 10 AA"}, ecus: late}.check(t)
	reply{request: "0100", set: on(), lines: []string{"BUS INIT: ...", "OK", "48 6B 11 41 00 BE 1F B8 10 AA"}, ecus: late}.check(t)
	reply{request: "0100", set: on(), lines: []string{"BUS INIT: ...", "ERROR"}, kind: "bus_init"}.check(t)
	if got := obd.SplitResponse([]byte("\r\n\x00410C\r\rNO DATA\r\n>stale")); !slices.Equal(got, []string{"410C", "NO DATA"}) {
		t.Errorf("lines %q", got)
	}
}

func TestRowBogusCodes(t *testing.T) {
	kwp, can := off(), off()
	kwp.Protocol, can.Protocol = "5", "6"
	for name, r := range map[string]reply{
		"two ECUs without codes": {request: "03", set: off(), lines: []string{"4300", "4300"},
			ecus: map[string]want{"#1": withCodes(), "#2": withCodes()}},
		"SEARCHING glued to the answer": {request: "03", set: off(), lines: []string{"SEARCHING...43 00"}, ecus: map[string]want{"#1": withCodes()}},
		"the count byte":                {request: "03", set: on(), lines: []string{"7E8 04 43 01 01 33"}, ecus: map[string]want{"7E8": withCodes("P0133")}},
		"the count byte and padding": {request: "03", set: can, lines: []string{"43 01 01 33 00 00 00"},
			ecus: map[string]want{"#1": withCodes("P0133")}},
		"a bus that is not known, padded with AA": {request: "03", set: off(), lines: []string{"43 01 01 33 AA AA AA"},
			ecus: map[string]want{"#1": withCodes("P0133")}},
		"a legacy line": {request: "03", set: kwp, lines: []string{"43 01 33 00 00 00 00"}, ecus: map[string]want{"#1": withCodes("P0133")}},
		"two legacy lines of one ECU": {request: "03", set: on(), lines: []string{"48 6B 10 43 01 00 02 00 03 00 05", "48 6B 10 43 43 00 82 00 C1 00 57"},
			ecus: map[string]want{"10": withCodes("P0100", "P0200", "P0300", "C0300", "B0200", "U0100")}},
		"more than nine codes": {request: "03", set: on(), lines: []string{
			"7E8 10 18 43 0B 01 00 01 01", "7E8 21 01 02 01 03 01 04 01", "7E8 22 05 01 06 01 07 01 08", "7E8 23 01 09 01 0A 55 55 55"},
			ecus: map[string]want{"7E8": withCodes("P0100", "P0101", "P0102", "P0103", "P0104", "P0105", "P0106", "P0107", "P0108", "P0109", "P010A")}},
		"fewer codes than the count": {request: "03", set: on(), lines: []string{"7E8 04 43 03 01 33"},
			ecus: map[string]want{"7E8": {State: obd.Incomplete}}},
		"a line of a legacy list is damaged": {request: "03", set: on(), lines: []string{"48 6B 10 43 01 00 02 00 03 00 05", "48 6B 10 43 43 00 82 00 C1 00 58"},
			ecus: map[string]want{"10": {State: obd.Incomplete}}, ignored: 1},
		"each ECU its own": {request: "03", set: on(), lines: []string{"7E9 02 43 00", "7E8 04 43 01 04 20"},
			ecus: map[string]want{"7E8": withCodes("P0420"), "7E9": withCodes()}},
	} {
		t.Run(name, func(t *testing.T) {
			set := r
			if name == "a line of a legacy list is damaged" {
				set.set.Protocol = "3"
			}
			set.check(t)
		})
	}
}

func TestRowASecondTesterHidesTheAnswer(t *testing.T) {
	reply{request: "0100", set: on(), lines: []string{
		"18 DA F1 11 06 41 00 BF DF A8 93", "18 DA F1 11 03 41 0D 00", "18 DA F1 11 03 41 11 26"},
		ecus: map[string]want{"18DAF111": {State: obd.OK, Value: "BFDFA893"}}, ignored: 2}.check(t)
	reply{request: "010C", set: on(), lines: []string{"7E8 03 41 0D 00", "7E8 03 41 05 7B"}, kind: "no_answer", ignored: 2}.check(t)
	reply{request: "010C", set: on(), lines: []string{"18DB33F1020105", "18DAF9100441 0C0BB8", "18DAF11004410C0BB8"},
		ecus: map[string]want{"18DAF110": {State: obd.OK, Value: 750.0}}, ignored: 2}.check(t)
	reply{request: "010C", set: on(), lines: []string{"68 6A F1 01 0D D1", "48 6B 10 41 0C 0B B8 D3"},
		ecus: map[string]want{"10": {State: obd.OK, Value: 750.0}}, ignored: 1}.check(t)
}

func TestRowPendingIsNoErrorAndARefusalNoSuccess(t *testing.T) {
	reply{request: "04", set: on(), lines: []string{"7E8 03 7F 04 22"}, ecus: map[string]want{"7E8": {State: obd.Refused, NRC: "22"}}}.check(t)
	reply{request: "04", set: on(), lines: []string{"7E8 03 7F 04 78", "7E8 01 44"}, ecus: map[string]want{"7E8": {State: obd.OK}}}.check(t)
	reply{request: "03", set: on(), lines: []string{"7E8 03 7F 03 78"}, ecus: map[string]want{"7E8": {State: obd.NoAnswer, NRC: "78"}}}.check(t)
	reply{request: "03", set: on(), lines: []string{"7E8 03 7F 01 12"}, kind: "no_answer", ignored: 1}.check(t)
}

func TestRowClones(t *testing.T) {
	rpm := map[string]want{"#1": {State: obd.OK, Value: 763.0}}
	for name, r := range map[string]reply{
		"echo that cannot be switched off": {request: "010C1", set: obd.Settings{Echo: true}, lines: []string{"010C1", "41 0C 0B EC"}, ecus: rpm},
		"echo though it was switched off":  {request: "010C1", set: off(), lines: []string{"010C1", "41 0C 0B EC"}, ecus: rpm},
		"echo glued to the answer":         {request: "010C", set: obd.Settings{Echo: true}, lines: []string{"010C410C0BEC"}, ecus: rpm},
		"padding behind the data":          {request: "010C", set: off(), lines: []string{"410C0BEC000000"}, ecus: rpm},
		"padding behind the length": {request: "010C", set: on(), lines: []string{"7E8 04 41 0C 0B EC AA AA AA"},
			ecus: map[string]want{"7E8": {State: obd.OK, Value: 763.0}}},
		"padding where a value may be": {request: "0106", set: off(), lines: []string{"41066555555555"},
			ecus: map[string]want{"#1": {State: obd.OK, Value: -21.09375}}},
		"NUL bytes":                 {request: "010C", set: off(), lines: []string{"\x0041 0C 0B\x00 EC"}, ecus: rpm},
		"headers lost in a restart": {request: "010C", set: on(), lines: []string{"41 0C 0B EC"}, ecus: rpm},
		"an empty line":             {request: "010C", set: off(), lines: []string{"", " ", "41 0C 0B EC"}, ecus: rpm},
		"stray bytes in a line":     {request: "010C", set: off(), lines: []string{"41 0C \xfc0B EC"}, kind: "data_error"},
	} {
		t.Run(name, func(t *testing.T) { r.check(t) })
	}
	a := obd.Decode("ATZ", []string{"\xfc", "ELM327 v1.5"}, obd.Settings{Echo: true})
	if !a.Banner || !slices.Equal(a.Text, []string{"ELM327 v1.5"}) {
		t.Errorf("banner: %+v", a)
	}
}

func TestRowAFirstFrameIsNotAWholeAnswer(t *testing.T) {
	half := want{State: obd.Incomplete}
	reply{request: "0902", set: on(), lines: []string{"7E8 10 14 49 02 01 31 46 54"}, ecus: map[string]want{"7E8": half}}.check(t)
	reply{request: "0902", set: off(), lines: []string{"014", "0: 49 02 01 31 46 54", "1: 46 57 31 45 35 30 50"}, ecus: map[string]want{"#1": half}}.check(t)
	reply{request: "0110", set: on(), lines: []string{"7E8044110"}, ecus: map[string]want{"7E8": half}}.check(t)
	reply{request: "0110", set: on(), lines: []string{"7E8044110", "7E80441100064"}, ecus: map[string]want{"7E8": {State: obd.OK, Value: 1.0}}}.check(t)
	reply{request: "0902", set: off(), lines: []string{
		"014", "014", "0: 49 02 01 31 46 54", "0: 49 02 01 32 46 54", "1: 46 57 31 45 35 30 50", "1: 46 57 31 45 35 30 50",
		"2: 46 41 31 32 30 31 30", "2: 46 41 31 32 30 31 31"}, ecus: map[string]want{"#1": half, "#2": half}, ignored: 1}.check(t)
}

func TestRowWhatHasNoAnswerIsNotEmpty(t *testing.T) {
	reply{request: "03", set: on(), lines: []string{"NO DATA"}, kind: "no_data"}.check(t)
	reply{request: "020200", set: on(), lines: []string{"7E8 05 42 02 00 01 33"},
		ecus: map[string]want{"7E8": {State: obd.OK, Codes: []string{"P0133"}, Value: "P0133"}}}.check(t)
	reply{request: "0A", set: on(), lines: []string{"7E8 03 7F 0A 11"}, ecus: map[string]want{"7E8": {State: obd.Refused, NRC: "11"}}}.check(t)
}

func TestTrafficMixesECUsAndRepeats(t *testing.T) {
	for name, r := range map[string]reply{
		"interleaved": {request: "0902", set: on(), lines: []string{
			"7E8 10 14 49 02 01 31 46 54", "7E9 10 14 49 02 01 31 46 54", "7E8 21 46 57 31 45 35 30 50", "7E9 21 46 57 31 45 35 30 50",
			"7E9 22 46 41 31 32 30 31 31", "7E8 22 46 41 31 32 30 31 30"},
			ecus: map[string]want{"7E8": {State: obd.OK, VIN: "1FTFW1E50PFA12010"}, "7E9": {State: obd.OK, VIN: "1FTFW1E50PFA12011"}}},
		"a short answer between the lines of a long one, headers off": {request: "03", set: off(), lines: []string{
			"008", "0: 43 03 01 00 01 01", "43 00", "1: 01 02 00 00 00 00 00"},
			ecus: map[string]want{"#1": withCodes("P0100", "P0101", "P0102"), "#2": withCodes()}},
		"frames twice": {request: "0100", set: on(), lines: []string{"7E8 06 41 00 FF FF FF FF", "7E8 06 41 00 FF FF FF FF"},
			ecus: map[string]want{"7E8": {State: obd.OK, Value: "FFFFFFFF"}}},
		"equal values of two ECUs without headers": {request: "010D", set: off(), lines: []string{"41 0D 00", "41 0D 00"},
			ecus: map[string]want{"#1": {State: obd.OK, Value: 0.0}, "#2": {State: obd.OK, Value: 0.0}}},
		"a KWP length byte of its own": {request: "010C", set: on(), lines: []string{"80 F1 10 04 41 0C 0B B8 95"},
			ecus: map[string]want{"10": {State: obd.OK, Value: 750.0}}},
		"J1850 with its checksum": {request: "0100", set: on(), lines: []string{"48 6B 10 41 00 B8 7B 30 10 F4"},
			ecus: map[string]want{"10": {State: obd.OK, Value: "B87B3010"}}},
		"UDS codes with padding records": {request: "19023B", set: on(), lines: []string{"765 10 0B 59 02 B9 95 7C 14", "765 21 29 FF FF FF FF 00 00"},
			ecus: map[string]want{"765": {State: obd.OK, UDSCodes: 1}}},
		"several PIDs in one answer": {request: "010C0D", set: on(), lines: []string{"7E8 06 41 0C 0B B8 0D 21 00"},
			ecus: map[string]want{"7E8": {State: obd.OK, Value: 750.0}}},
	} {
		t.Run(name, func(t *testing.T) { r.check(t) })
	}
}

// How the adapter is said to be set is a hint: a clone that says OK changes nothing.
func TestALineIsWhatItPlainlyIs(t *testing.T) {
	can11, can29, kline := on(), off(), off()
	can11.Protocol, can29.Protocol, kline.Protocol = "6", "7", "3"
	bare11 := off()
	bare11.Protocol = "6"
	for name, r := range map[string]reply{
		"codes without the header that was asked for": {request: "03", set: can11, lines: []string{"43 01 01 33", "43 00"},
			ecus: map[string]want{"#1": withCodes("P0133"), "#2": withCodes()}},
		"an empty list without it": {request: "07", set: on(), lines: []string{"47 00"}, ecus: map[string]want{"#1": withCodes()}},
		"a refusal without it":     {request: "03", set: can11, lines: []string{"7F 03 11"}, ecus: map[string]want{"#1": {State: obd.Refused, NRC: "11"}}},
		"half a code is none":      {request: "03", set: can11, lines: []string{"43 02 01 33"}, ecus: map[string]want{"#1": {State: obd.Incomplete}}},
		"headers that were not asked for": {request: "010C", set: bare11, lines: []string{"7E8 04 41 0C 1A F8"},
			ecus: map[string]want{"7E8": {State: obd.OK, Value: 1726.0}}},
		"of two units": {request: "03", set: off(), lines: []string{"7E8 04 43 01 01 33", "7E9 02 43 00"},
			ecus: map[string]want{"7E8": withCodes("P0133"), "7E9": withCodes()}},
		"of 29 bits": {request: "03", set: can29, lines: []string{"18 DA F1 10 04 43 01 01 33"},
			ecus: map[string]want{"18DAF110": withCodes("P0133")}},
		"a checksum by chance is no header": {request: "0105", set: kline, lines: []string{"41 05 7B 00 C1"},
			ecus: map[string]want{"#1": {State: obd.OK, Value: 83.0}}},
		"of an older bus": {request: "010C", set: kline, lines: []string{"48 6B 10 41 0C 1A F8 22"},
			ecus: map[string]want{"10": {State: obd.OK, Value: 1726.0}}},
	} {
		t.Run(name, func(t *testing.T) { r.check(t) })
	}
}

func TestAnUnknownPIDIsRaw(t *testing.T) {
	a := obd.Decode("01F3", []string{"7E8 04 41 F3 12 34"}, on())
	got, err := json.Marshal(a.ECUs["7E8"])
	if err != nil || string(got) != `{"state":"ok","readings":[{"pid":"F3","name":null,"raw":"1234"}]}` {
		t.Errorf("%s %v", got, err)
	}
	a = obd.Decode("3101", []string{"7E8 04 71 01 12 34"}, on())
	if a.ECUs["7E8"].Raw != "71011234" {
		t.Errorf("%+v", a)
	}
}
