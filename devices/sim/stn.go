package sim

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// st answers an ST command: only STN chips know them (OBDLink Family Reference and
// Programming Manual, section 8).
func (s *session) st(command string, f Faults) []step {
	switch {
	case s.a.cfg.STN == "":
		return s.reply("?")
	case command == "STI":
		return s.reply(s.a.cfg.STN)
	case command == "STDI" && s.a.cfg.STNDevice != "":
		return s.reply(s.a.cfg.STNDevice)
	case command == "STWBR":
		s.a.save(s.baud)
		return s.reply("OK")
	case command == "STCSEGR0" || command == "STCSEGR1":
		s.set.segments = command == "STCSEGR1"
		return s.reply("OK")
	case slices.Contains([]string{"STCSEGT0", "STCSEGT1", "STCFCPC"}, command):
		return s.reply("OK")
	case strings.HasPrefix(command, "STCAFCP") || strings.HasPrefix(command, "STCFCPA"):
		return s.reply("OK")
	case strings.HasPrefix(command, "STPTO"):
		return s.requestTimeout(command[5:])
	case strings.HasPrefix(command, "STPX"):
		return s.transmit(command[4:], f)
	}
	return s.reply("?")
}

// requestTimeout is STPTO, in milliseconds, in place of ATST.
func (s *session) requestTimeout(ms string) []step {
	n, err := strconv.ParseUint(ms, 10, 16)
	if err != nil || n == 0 {
		return s.reply("?")
	}
	s.set.timeout = time.Duration(n) * time.Millisecond
	return s.reply("OK")
}

// transmit is STPX: one request with its own header, timeout and number of answers.
// The form that asks for its data later is not played.
func (s *session) transmit(params string, f Faults) []step {
	q := query{}
	header, timeout := s.set.header, s.set.timeout
	defer func() { s.set.header, s.set.timeout = header, timeout }()
	for _, param := range strings.Split(params, ",") {
		name, value, ok := strings.Cut(param, ":")
		n, err := strconv.ParseUint(value, 10, 16)
		switch {
		case ok && name == "D":
			q.data, ok = parseHex(value)
		case ok && name == "H":
			s.set.header, ok = value, isHex(value, 3) || isHex(value, 6) || isHex(value, 8)
		case ok && name == "R":
			q.count, ok = int(n), err == nil
		case ok && name == "T":
			s.set.timeout, ok = time.Duration(n)*time.Millisecond, err == nil
		default:
			ok = false
		}
		if !ok {
			return s.reply("?")
		}
	}
	if len(q.data) == 0 {
		return s.reply("?")
	}
	return s.send(q, f)
}
