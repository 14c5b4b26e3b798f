package sim

import (
	"slices"
	"strings"
)

// bitmaps are the answers to 0100, 0120 and so on that the recorded requests
// imply: a car that answered 010C supports it. A car that answered anything at all
// answers 0100.
func (c *recorded) bitmaps(r Request) []Message {
	if len(r.Data) != 2 || r.Data[0] != 0x01 || r.Data[1]%0x20 != 0 {
		return nil
	}
	if r.Header != "" && !functional(r.Header, r.Proto) {
		return nil
	}
	units, pids := c.implied(r.Proto)
	var out []Message
	for _, u := range units {
		if bits := bitmap(r.Data[1], pids[u]); bits != nil {
			out = append(out, Message{From: u, Data: append([]byte{0x41, r.Data[1]}, bits...)})
		}
	}
	return out
}

// cutOut is the answer to a request for one support bitmap that was recorded as one
// for several.
func (c *recorded) cutOut(r Request) []Message {
	if len(r.Data) != 2 || r.Data[1]%0x20 != 0 {
		return nil
	}
	var out []Message
	for key, list := range c.by {
		asked, ok := parseHex(key)
		several := ok && len(asked) > 2 && asked[0] == r.Data[0] && slices.Contains(asked[1:], r.Data[1])
		if !several || slices.ContainsFunc(asked[1:], func(b byte) bool { return b%0x20 != 0 }) {
			continue
		}
		messages, _ := unframe(list[0].Lines, list[0].headers, r.Proto)
		for _, m := range messages {
			for rest := m.Data[1:]; len(rest) >= 5; rest = rest[5:] {
				if rest[0] == r.Data[1] {
					out = append(out, Message{From: m.From, Data: append([]byte{m.Data[0]}, rest[:5]...)})
				}
			}
		}
	}
	return out
}

// implied lists the units that answered a service of SAE J1979 and the PIDs of
// mode 01 each of them has.
func (c *recorded) implied(proto string) (units []string, pids map[string][]byte) {
	pids = make(map[string][]byte)
	for key, list := range c.by {
		if len(key) < 2 || strings.Trim(key, "0123456789ABCDEF") != "" || key[0] != '0' {
			continue
		}
		for _, e := range list {
			messages, _ := unframe(e.Lines, e.headers, proto)
			for _, m := range messages {
				if _, known := pids[m.From]; !known {
					units = append(units, m.From)
					pids[m.From] = nil
				}
				if len(m.Data) > 2 && m.Data[0] == 0x41 && m.Data[1]%0x20 != 0 {
					pids[m.From] = append(pids[m.From], m.Data[1])
				}
			}
		}
	}
	slices.Sort(units)
	return units, pids
}
