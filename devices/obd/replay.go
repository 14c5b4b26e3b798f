package obd

import (
	"encoding/hex"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// ReplayLine is one decoded exchange in the form of `pitlane replay`.
type ReplayLine struct {
	I        int                  `json:"i"`
	Request  string               `json:"request"`
	Error    *string              `json:"error"`
	ECUs     map[string]ECUAnswer `json:"ecus"`
	Volts    *float64             `json:"volts"`
	Text     *string              `json:"text"`
	Protocol *ReplayProtocol      `json:"protocol,omitempty"`
	// Ignored are lines that answer another request or nobody's.
	Ignored []string `json:"ignored,omitempty"`
	// Trouble is everything the adapter complained about, also beside an answer.
	Trouble []string `json:"trouble,omitempty"`
}

// ReplayProtocol is an answer to ATDP or ATDPN.
type ReplayProtocol struct {
	Number string `json:"number"`
	Name   string `json:"name"`
	Auto   bool   `json:"auto"`
}

// Replay decodes a recorded vehicle without an adapter, one line an exchange.
func Replay(v *Vehicle) []ReplayLine {
	protocol := ""
	if len(v.Protocol) == 1 {
		protocol = v.Protocol[0]
	}
	check := v.check(protocol)
	out := make([]ReplayLine, 0, len(v.Exchanges))
	for i := range v.Exchanges {
		e := &v.Exchanges[i]
		set := v.settings(i, protocol)
		set.Check = check
		line := replayOne(e.Request, e.Lines, set)
		line.I = i
		if line.Protocol != nil && line.Protocol.Number != "" && busOf(protocol) == busUnknown {
			protocol = line.Protocol.Number
		}
		out = append(out, line)
	}
	return out
}

// check is how the frames of a recording end, as most of them do: a recording may
// name its protocol wrongly. Without one of the two it is that of the protocol.
func (v *Vehicle) check(protocol string) string {
	if b := busOf(protocol); b == busCAN11 || b == busCAN29 {
		return ""
	}
	sums, crcs := 0, 0
	for i := range v.Exchanges {
		for _, line := range v.Exchanges[i].Lines {
			b, err := hex.DecodeString(compact(line))
			if err != nil || len(b) < 5 {
				continue
			}
			if sumOK(b) {
				sums++
			} else if checked(b, CheckCRC) {
				crcs++
			}
		}
	}
	switch {
	case sums > crcs:
		return CheckSum
	case crcs > sums:
		return CheckCRC
	}
	return checkOf(protocol)
}

// replayOne decodes one exchange.
func replayOne(req string, lines []string, set Settings) ReplayLine {
	a := Decode(req, lines, set)
	line := ReplayLine{Request: req, ECUs: a.ECUs, Ignored: a.Others, Trouble: a.Kinds}
	if a.Kind != "" {
		line.Error = &a.Kind
	}
	if len(a.Text) > 0 {
		text := strings.Join(a.Text, "\n")
		line.Text = &text
		line.Volts = voltsOf(req, text)
		line.Protocol = protocolOf(req, text)
	}
	return line
}

var voltsForm = regexp.MustCompile(`(\d{1,2}[.,]\d{1,2})\s*[Vv]?`)

// voltsOf reads the answer to ATRV; anything else has no voltage.
func voltsOf(req, text string) *float64 {
	if compact(req) != "ATRV" {
		return nil
	}
	m := voltsForm.FindStringSubmatch(text)
	if m == nil {
		return nil
	}
	v, err := strconv.ParseFloat(strings.Replace(m[1], ",", ".", 1), 64)
	if err != nil || math.IsNaN(v) {
		return nil
	}
	return &v
}

// protocolOf reads the answer to ATDPN or ATDP.
func protocolOf(req, text string) *ReplayProtocol {
	switch compact(req) {
	case "ATDPN":
		number := compact(text)
		p := &ReplayProtocol{}
		if len(number) == 2 && number[0] == 'A' {
			p.Auto, number = true, number[1:]
		}
		if len(number) != 1 || !isHex(number) || number > "C" {
			return nil
		}
		p.Number, p.Name = number, protocolName(number)
		return p
	case "ATDP":
		p := &ReplayProtocol{}
		name := strings.TrimSpace(text)
		if after, ok := strings.CutPrefix(strings.ToUpper(name), "AUTO"); ok {
			p.Auto = true
			name = strings.TrimLeft(name[len(name)-len(after):], ", ")
		}
		p.Number, p.Name = protocolNumber(name), name
		return p
	}
	return nil
}

// protocolName names an ELM327 protocol number.
func protocolName(number string) string {
	n, err := strconv.ParseUint(number, 16, 8)
	names := protocolNames()
	if err != nil || int(n) >= len(names) {
		return ""
	}
	return names[n]
}

func protocolNames() [13]string {
	return [13]string{
		"automatic", "SAE J1850 PWM", "SAE J1850 VPW", "ISO 9141-2", "ISO 14230-4 KWP (5 baud init)",
		"ISO 14230-4 KWP (fast init)", "ISO 15765-4 CAN 11/500", "ISO 15765-4 CAN 29/500",
		"ISO 15765-4 CAN 11/250", "ISO 15765-4 CAN 29/250", "SAE J1939 CAN 29/250", "user CAN 1", "user CAN 2",
	}
}

// protocolNumber finds the number of a name as ATDP says it: letters and digits
// count, brackets and blanks differ between adapters.
func protocolNumber(name string) string {
	bare := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, strings.ToUpper(s))
	}
	for n, known := range protocolNames() {
		if n > 0 && bare(known) == bare(name) {
			return compact(strconv.FormatInt(int64(n), 16))
		}
	}
	switch bare(name) { // as the ELM327 says them
	case "ISO142304KWP5BAUD":
		return "4"
	case "ISO142304KWPFAST":
		return "5"
	case "SAEJ1939CAN29250":
		return "A"
	}
	return ""
}
