package obd

import (
	"strings"
)

// Settings say how the adapter was set when a reply was read. They are a hint:
// what a line plainly is wins.
type Settings struct {
	Headers  bool
	Echo     bool
	Protocol string // ELM327 number; anything else is unknown
	Receive  string // the address that alone is meant to answer; "" for all
	Check    string // how frames of an older bus end: CheckSum, CheckCRC; "" for either
}

// Kinds of adapter answers that are not data, as `pitlane replay` names them.
const (
	KindBusInit     = "bus_init"
	KindCANError    = "can_error"
	KindNoData      = "no_data"
	KindUnable      = "unable_to_connect"
	KindBusBusy     = "bus_busy"
	KindBusError    = "bus_error"
	KindFBError     = "fb_error"
	KindDataError   = "data_error"
	KindRxError     = "rx_error"
	KindBufferFull  = "buffer_full"
	KindStopped     = "stopped"
	KindLowVoltage  = "low_voltage"
	KindLPAlert     = "lp_alert"
	KindActAlert    = "act_alert"
	KindAdapter     = "adapter_error"
	KindUnknown     = "unknown_command"
	KindNoAnswer    = "no_answer"   // nothing in the reply answers the request
	KindUnsupported = "unsupported" // traffic of SAE J1939, which is not read
	KindUnreachable = "no_prompt"   // the adapter itself fell silent
)

// SplitResponse cuts what an adapter sent into lines. Only the prompt ends a
// response, so whatever follows the last one is not looked at; NUL bytes are
// noise by the adapter's own data sheet (ELM327 "Interpreting the responses").
func SplitResponse(raw []byte) []string {
	text := string(raw)
	if end := strings.LastIndexByte(text, '>'); end >= 0 {
		text = text[:end]
	}
	text = strings.ReplaceAll(text, "\x00", "")
	var lines []string
	for _, line := range strings.FieldsFunc(text, func(r rune) bool { return r == '\r' || r == '\n' || r == '>' }) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// reply is a response sorted: what is data, what is talk, what is trouble.
type reply struct {
	data   []string // hex lines, upper case, without spaces
	text   []string // lines that are neither data nor trouble
	kinds  []string // trouble, in order of arrival
	echoed bool     // the request itself came back
	banner bool     // the adapter said its name: it has restarted
}

// sortLines sorts the lines of a response to request.
func sortLines(request string, lines []string, set Settings) reply {
	r := reply{}
	req := compact(request)
	obd := isHex(req) || strings.HasPrefix(req, "STPX")
	busInit := false
	for _, raw := range lines {
		line := strings.ToUpper(strings.Trim(raw, " \t\r\n>\x00"))
		rest, echo := stripEcho(compact(line), req, set)
		r.echoed = r.echoed || echo
		if echo && rest == "" || rest == "" {
			continue
		}
		if !obd {
			r.talk(raw, rest, echo)
			continue
		}
		var initError bool
		rest, busInit, initError = stripProgress(rest, busInit)
		if initError {
			r.kinds = append(r.kinds, KindBusInit)
		}
		if rest != "" {
			r.one(strings.TrimSpace(raw), rest)
		}
	}
	return r
}

// talk takes a line that answers an AT or ST command.
func (r *reply) talk(raw, rest string, echo bool) {
	raw = printable(raw)
	if echo {
		raw = rest
	}
	r.banner = r.banner || isBanner(rest)
	switch {
	case rest == "?":
		r.kinds = append(r.kinds, KindUnknown)
		r.text = append(r.text, raw)
	case raw != "":
		r.text = append(r.text, raw)
	}
}

// one takes a line that answers an OBD request.
func (r *reply) one(raw, rest string) {
	if kind := troubleKind(rest); kind != "" {
		r.kinds = append(r.kinds, kind)
		return
	}
	switch {
	case isBanner(rest):
		r.banner = true
		r.kinds = append(r.kinds, KindLowVoltage)
	case isData(rest):
		r.data = append(r.data, rest)
	default:
		r.text = append(r.text, printable(raw))
	}
}

// stripEcho takes the request off the front of a line. An adapter whose echo
// cannot be switched off sends it as a line, some glue it to the answer; the
// response-count digit may be on either side only.
func stripEcho(line, req string, set Settings) (rest string, echo bool) {
	if req == "" {
		return line, false
	}
	short := req
	if isHex(req) && len(req)%2 == 1 {
		short = req[:len(req)-1]
	}
	if line == req || line == short || len(line) == len(short)+1 && strings.HasPrefix(line, short) && len(short) >= 2 && isHex(line) {
		return "", true
	}
	if !strings.HasPrefix(line, req) || isHex(req) && !set.Echo && set.Headers {
		return line, false
	}
	return line[len(req):], true
}

// stripProgress takes SEARCHING… and BUS INIT… off the front of a line, and says
// whether a bus initialisation is being reported and whether it went wrong.
func stripProgress(line string, busInit bool) (rest string, init, failed bool) {
	if after, ok := strings.CutPrefix(line, "SEARCHING"); ok {
		line = strings.TrimLeft(after, ".")
	}
	if after, ok := strings.CutPrefix(line, "BUSINIT"); ok {
		line, busInit = strings.TrimLeft(after, ":."), true
	}
	if !busInit {
		return strings.TrimLeft(line, "."), false, false
	}
	line = strings.TrimLeft(line, ".")
	if after, ok := strings.CutPrefix(line, "OK"); ok {
		return after, false, false
	}
	if after, ok := strings.CutPrefix(line, "ERROR"); ok {
		return after, false, true
	}
	return line, true, false
}

// troubleKind names an answer that is not data, or "". The line is compact.
func troubleKind(line string) string {
	for _, t := range [...]struct{ word, kind string }{
		{"NODATA", KindNoData}, {"UNABLETOCONNECT", KindUnable}, {"CANERROR", KindCANError},
		{"BUSBUSY", KindBusBusy}, {"BUSERROR", KindBusError}, {"FBERROR", KindFBError},
		{"DATAERROR", KindDataError}, {"RXERROR", KindRxError}, {"BUFFERFULL", KindBufferFull},
		{"STOPPED", KindStopped}, {"LVRESET", KindLowVoltage}, {"LPALERT", KindLPAlert},
		{"ACTALERT", KindActAlert}, {"BUSINIT", KindBusInit},
	} {
		if strings.Contains(line, t.word) {
			return t.kind
		}
	}
	switch {
	case line == "?":
		return KindUnknown
	case len(line) == 5 && strings.HasPrefix(line, "ERR"):
		return KindAdapter
	case strings.HasSuffix(line, "ERROR"):
		return KindBusError
	}
	return ""
}

// isBanner reports whether a line is the name an adapter says when it restarts.
func isBanner(line string) bool {
	line = compact(line)
	for _, name := range [...]string{"ELM327", "ELM32", "STN1", "STN2", "OBDLINK", "VGATE", "WICAN"} {
		if strings.Contains(line, name) {
			return true
		}
	}
	return false
}

// isData reports whether a compact line is hex, or `n:` and hex (a line of a long
// message with headers off).
func isData(line string) bool {
	if len(line) >= 2 && line[1] == ':' {
		return isHex(line[:1]) && (line[2:] == "" || isHex(line[2:]))
	}
	return len(line) >= 2 && isHex(line)
}

func isHex(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return s != ""
}

// compact is the line in upper case without blanks and NULs.
func compact(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '\t' || r == 0 {
			return -1
		}
		return r
	}, strings.ToUpper(s))
}

// printable drops what a terminal would not show; clones send stray bytes before
// their banner.
func printable(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, s))
}
