package obd

import (
	"fmt"
	"strings"
)

// bareAnswers reports whether every line is plainly an answer without a header: an
// adapter that has restarted by itself is back at its defaults, and a clone may say
// OK to ATH1 and do nothing.
func bareAnswers(r request, data []string) bool {
	for _, line := range data {
		if strings.Contains(line, ":") || len(line) == 3 {
			continue
		}
		if len(line)%2 != 0 || len(line) > 16 || !r.beginsAnswer(line) {
			return false
		}
	}
	return len(data) > 0
}

// beginsAnswer reports whether a line begins as an answer without a header does: a
// refusal, the service of a list of codes (no header of any bus begins so), or the
// service and what it repeats.
func (r request) beginsAnswer(line string) bool {
	service := upperHex([]byte{r.sid() | 0x40})
	switch {
	case len(line) == 6 && strings.HasPrefix(line, "7F"+upperHex(r.data[:1])):
		return true
	case r.lists():
		return len(line) >= 4 && strings.HasPrefix(line, service)
	}
	n := r.echoes()
	if r.sid() == 0x01 && len(r.data) > 1 {
		n = 1
	}
	return n > 0 && strings.HasPrefix(line, service+upperHex(r.data[1:1+n]))
}

// headedAnswers reports whether every line plainly has a header, though none was
// asked for: an identifier of 11 bits makes a number of digits that no answer has,
// one of 29 bits begins as ISO 15765-4 lays down, an older one names us and has a
// right checksum.
func headedAnswers(data []string, set Settings) bool {
	hint := busOf(set.Protocol)
	for _, line := range data {
		f := parseFrame(line, hint, set.Check)
		if f.why != "" {
			return false
		}
		can11 := f.bus == busCAN11 && f.ecu[0] == '7' && !strings.HasPrefix(line, "7F")
		can29 := f.bus == busCAN29 && strings.HasPrefix(line, "18D")
		older := f.bus == busLegacy && (line[2:4] == "6B" || line[2:4] == "F1" && line[0] >= '8')
		if !can11 && !can29 && !older {
			return false
		}
	}
	return len(data) > 0
}

// nameBare names messages without a header #1, #2 … in order of arrival, and
// joins the lines of a legacy answer, which are messages of their own.
func nameBare(r request, msgs []message, receive string) []message {
	n := 0
	open := false // whether the next line of a list may belong to the same ECU
	for i := range msgs {
		m := &msgs[i]
		if m.ecu != "" {
			continue
		}
		if !open || !continues(r, m) {
			n++
		}
		open = goesOn(r, m)
		m.ecu = fmt.Sprintf("#%d", max(n, 1))
		if receive != "" {
			m.ecu = bareName(receive)
		}
	}
	return msgs
}

// bareName is the address that alone was meant to answer, as a header would say it.
func bareName(receive string) string {
	if len(receive) == 2 {
		return "18DAF1" + strings.ToUpper(receive)
	}
	return strings.ToUpper(receive)
}
