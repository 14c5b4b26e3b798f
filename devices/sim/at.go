package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// at answers an AT command (ELM327, "AT Commands"); rest is what follows AT.
func (s *session) at(rest string, f Faults) []step {
	if steps, ok := s.atReset(rest, f); ok {
		return steps
	}
	if s.atSwitch(rest) || s.atProtocol(rest) || s.atAddress(rest) {
		return s.reply("OK")
	}
	switch rest {
	case "I":
		return s.reply(s.a.cfg.Identity)
	case "@1":
		return s.reply(s.a.cfg.Description)
	case "RV":
		return s.reply(fmt.Sprintf("%.1fV", s.a.cfg.Volts))
	case "DP":
		return s.reply(s.describe())
	case "DPN":
		return s.reply(s.number())
	case "PC":
		s.set.bus = false
		if s.set.auto {
			s.set.live = ""
		}
		return s.reply("OK")
	}
	return s.reply("?")
}

func (s *session) atReset(rest string, f Faults) ([]step, bool) {
	before := ""
	if f.StrayFC {
		before = "\xfc"
	}
	switch rest {
	case "Z":
		s.set = fresh()
		steps := s.banner(before)
		steps[0].wait, steps[0].restart = s.a.timing.Reset, true
		return steps, true
	case "WS":
		s.set = fresh()
		steps := s.banner("")
		steps[0].wait = s.a.timing.Warm
		return steps, true
	case "D":
		live, bus, car := s.set.live, s.set.bus, s.set.car
		s.set = fresh()
		s.set.live, s.set.bus, s.set.car = live, bus, car
		return s.reply("OK"), true
	}
	return nil, false
}

// atSwitch sets what is on or off or a small number.
func (s *session) atSwitch(rest string) bool {
	switches := map[string]*bool{"E": &s.set.echo, "L": &s.set.linefeeds, "S": &s.set.spaces, "H": &s.set.headers, "CAF": &s.set.format, "R": &s.set.answers}
	if n := len(rest); n > 1 && (rest[n-1] == '0' || rest[n-1] == '1') {
		if b := switches[rest[:n-1]]; b != nil {
			*b = rest[n-1] == '1'
			return true
		}
	}
	switch rest {
	case "AT0", "AT1", "AT2":
		s.set.adaptive = int(rest[2] - '0')
		return true
	case "AL", "NL", "M0", "M1", "BD", "V0", "V1", "CFC0", "CFC1", "D0", "D1", "FE", "KW0", "KW1", "MA0", "SS":
		return rest != "BD"
	}
	if hexed, ok := strings.CutPrefix(rest, "ST"); ok && len(hexed) == 2 {
		n, err := strconv.ParseUint(hexed, 16, 8)
		if err == nil {
			s.set.st = int(n)
		}
		return err == nil
	}
	return strings.HasPrefix(rest, "SW") && isHex(rest[2:], 2)
}

// atProtocol sets the protocol: SP n, SP An, SP 0, TP likewise.
func (s *session) atProtocol(rest string) bool {
	want, ok := strings.CutPrefix(rest, "SP")
	if !ok {
		want, ok = strings.CutPrefix(rest, "TP")
	}
	if !ok || want == "" {
		return false
	}
	auto := want == "0"
	if len(want) == 2 && (want[0] == 'A' || want[0] == '0') {
		auto = want[0] == 'A' || want[1] == '0'
		want = want[1:]
	}
	if want != "0" && protocolName(want) == "" {
		return false
	}
	s.set.proto, s.set.auto, s.set.live, s.set.bus = want, auto, "", false
	return true
}

// atAddress sets headers, filters and flow control.
func (s *session) atAddress(rest string) bool {
	switch {
	case rest == "CRA" || rest == "AR":
		s.set.receive = ""
		return true
	case strings.HasPrefix(rest, "CRA"):
		if !isHex(rest[3:], 3) && !isHex(rest[3:], 8) {
			return false
		}
		s.set.receive = rest[3:]
		return true
	case strings.HasPrefix(rest, "SH"):
		h := rest[2:]
		if !isHex(h, 3) && !isHex(h, 6) && !isHex(h, 8) {
			return false
		}
		s.set.header = h
		return true
	}
	for name, digits := range map[string][]int{"FCSH": {3, 6, 8}, "FCSD": {2, 4, 6, 8, 10}, "FCSM": {1}, "CP": {2}, "CF": {3, 8}, "CM": {3, 8}, "TA": {2}, "SR": {2}, "WM": {2, 4, 6, 8, 10, 12}} {
		if h, ok := strings.CutPrefix(rest, name); ok {
			return slices.ContainsFunc(digits, func(n int) bool { return isHex(h, n) })
		}
	}
	return false
}

// isHex reports whether s is exactly n hex digits.
func isHex(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789ABCDEF") == ""
}

// describe is the answer to ATDP.
func (s *session) describe() string {
	p := s.set.live
	if p == "" {
		p = s.set.proto
	}
	name := protocolName(p)
	switch {
	case p == "0":
		return "AUTO"
	case s.set.auto:
		return "AUTO, " + name
	}
	return name
}

// number is the answer to ATDPN.
func (s *session) number() string {
	p := s.set.live
	if p == "" {
		p = s.set.proto
	}
	if s.set.auto {
		return "A" + p
	}
	return p
}
