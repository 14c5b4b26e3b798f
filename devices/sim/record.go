package sim

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxVehicleFile bounds a vehicle file: outside bytes.
const maxVehicleFile = 16 << 20

// VehicleFile reads a recorded vehicle and plays it: what was asked then is
// answered as then, line by line; several answers to one request are played in
// turn. Three things are added, since a recording is seldom whole: a driver that
// wants headers or spaces where the recording has none gets whole messages in its
// own form; the support bitmaps are computed from the recorded requests where they
// were not recorded; a request sent to one unit answers a request to all.
func VehicleFile(path string) (Car, error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxVehicleFile {
		err = fmt.Errorf("the file is larger than %d bytes", maxVehicleFile)
	}
	if err != nil {
		return nil, fmt.Errorf("read vehicle file: %w", err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read vehicle file: %w", err)
	}
	c, err := parseVehicle(filepath.Base(path), data)
	if err != nil {
		return nil, fmt.Errorf("read vehicle file %s: %w", path, err)
	}
	return c, nil
}

// transcript is the part of a vehicle file that is played.
type transcript struct {
	Schema   string   `json:"schema"`
	Protocol []string `json:"protocol"`
	Settings struct {
		Headers bool `json:"headers"`
	} `json:"adapter_settings"`
	Exchanges []exchange `json:"exchanges"`
}

type exchange struct {
	Request string   `json:"request"`
	Header  string   `json:"header"`
	Lines   []string `json:"lines"`
	Headers *bool    `json:"headers"`
	Echo    bool     `json:"echo"`

	headers bool
	proto   string // set by an ATSP before it; "": a search, or none
}

// recorded is a car from a file.
type recorded struct {
	title  string
	protos []string
	by     map[string][]*exchange // by request, without the count digit
	turn   map[string]int
}

var (
	_ Car       = (*recorded)(nil)
	_ commander = (*recorded)(nil)
)

func parseVehicle(title string, data []byte) (*recorded, error) {
	var t transcript
	if err := json.Unmarshal(data, &t); err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	if t.Schema != "pitlane-transcript/1" {
		return nil, fmt.Errorf("schema %q is not pitlane-transcript/1", t.Schema)
	}
	c := &recorded{title: title, by: make(map[string][]*exchange), turn: make(map[string]int)}
	proto := ""
	for i := range t.Exchanges {
		e := &t.Exchanges[i]
		if n, ok := strings.CutPrefix(normal(e.Request), "ATSP"); ok {
			proto = strings.Trim(n, "0A")
		}
		e.headers, e.proto = t.Settings.Headers, proto
		if e.Headers != nil {
			e.headers = *e.Headers
		}
		key := normal(e.Request)
		if e.Echo && len(e.Lines) > 0 && normal(e.Lines[0]) == key {
			e.Lines = e.Lines[1:]
		}
		if q, ok := parseQuery(key); ok {
			key = fmt.Sprintf("%X", q.data)
		}
		c.by[key] = append(c.by[key], e)
	}
	c.protos = orderProtocols(t)
	return c, nil
}

// orderProtocols puts the protocol first that most lines have the form of: a file
// may name none, or several.
func orderProtocols(t transcript) []string {
	count := make(map[string]int)
	for _, e := range t.Exchanges {
		for _, l := range e.Lines {
			if p := guess(normal(l), e.headers); p != "" {
				count[p]++
			}
		}
	}
	var out []string
	for _, p := range t.Protocol {
		if protocolName(p) != "" {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		for p := range count {
			out = append(out, p)
		}
		slices.Sort(out)
	}
	slices.SortStableFunc(out, func(a, b string) int { return count[b] - count[a] })
	if len(out) > 0 && count[out[0]] > 0 { // a car is on one bus: what no line has the form of is not its
		out = slices.DeleteFunc(out, func(p string) bool { return count[p] == 0 })
	}
	if len(out) == 0 {
		out = []string{"6"}
	}
	return out
}

// guess names the protocol a line has the form of, "" when many have it.
func guess(l string, headers bool) string {
	data, even := parseHex(l)
	switch {
	case headers && len(l)%2 == 1 && len(l) >= 7 && isHex(l, len(l)):
		return "6"
	case headers && strings.HasPrefix(l, "18DA"):
		return "7"
	case headers && even && len(data) > 4 && data[0] == 0x48 && data[1] == 0x6B && data[len(data)-1] == sum8(data[:len(data)-1]):
		return "3"
	case headers && even && len(data) > 4 && data[0] == 0x48 && data[1] == 0x6B:
		return "2"
	case headers && even && len(data) > 4 && data[0]&0xC0 == 0x80 && data[1] == 0xF1:
		return "5"
	case !headers && even && len(data) == 7 && (data[0] == 0x43 || data[0] == 0x47):
		return "3" // three codes a line without a count
	}
	return ""
}

// Title implements Car.
func (c *recorded) Title() string { return c.title }

// Protocols implements Car.
func (c *recorded) Protocols() []string { return c.protos }

// Answer implements Car.
func (c *recorded) Answer(r Request) Reply {
	list := c.sent(fmt.Sprintf("%X", r.Data), r)
	if cut := c.cutOut(r); len(list) == 0 && len(cut) > 0 {
		return Reply{Messages: cut}
	}
	if len(list) == 0 {
		return Reply{Messages: c.bitmaps(r)}
	}
	key := fmt.Sprintf("%X %s", r.Data, r.Header)
	var out Reply
	for _, group := range byHeader(list) {
		e := group[c.turn[key]%len(group)]
		messages, whole := unframe(e.Lines, e.headers, r.Proto)
		switch {
		case r.Headers != e.headers && whole:
			out.Messages = append(out.Messages, messages...)
		default:
			out.Lines = append(out.Lines, spaced(e.Lines, r.Spaces)...)
		}
	}
	c.turn[key]++
	return out
}

// sent lists the exchanges that answer a request to this header.
func (c *recorded) sent(key string, r Request) []*exchange {
	// What was asked on another protocol, in search of the car, is no answer on this.
	all := keep(c.by[key], func(e *exchange) bool { return e.proto == "" || e.proto == r.Proto })
	if r.Header == "" || functional(r.Header, r.Proto) {
		toAll := keep(all, func(e *exchange) bool { return e.Header == "" || functionalName(e.Header) })
		if len(toAll) > 0 {
			return toAll
		}
		return all
	}
	return keep(all, func(e *exchange) bool { return sameHeader(e.Header, r.Header) })
}

func keep(list []*exchange, ok func(*exchange) bool) []*exchange {
	var out []*exchange
	for _, e := range list {
		if ok(e) {
			out = append(out, e)
		}
	}
	return out
}

// byHeader groups exchanges, so that a request to all is answered by each unit
// that was asked alone.
func byHeader(list []*exchange) [][]*exchange {
	var names []string
	groups := make(map[string][]*exchange)
	for _, e := range list {
		if groups[e.Header] == nil {
			names = append(names, e.Header)
		}
		groups[e.Header] = append(groups[e.Header], e)
	}
	var out [][]*exchange
	for _, n := range names {
		out = append(out, groups[n])
	}
	return out
}

func functionalName(header string) bool {
	return slices.Contains([]string{"7DF", "DB33", "DB33F1", "18DB33F1", "686AF1", "C233F1"}, header)
}

// sameHeader compares 7E0 with 7E0, and DA10 with DA10F1 and 18DA10F1.
func sameHeader(recorded, asked string) bool {
	if recorded == asked {
		return true
	}
	asked = strings.TrimPrefix(asked, "18")
	return len(recorded) >= 4 && recorded == strings.TrimSuffix(asked, "F1")
}

// spaced prints pure hex lines with or without spaces, as the driver asked; all
// others stay as they are.
func spaced(lines []string, spaces bool) []string {
	out := make([]string, 0, len(lines))
	for _, l := range lines {
		bare := normal(l)
		switch {
		case bare == "" || strings.Trim(bare, "0123456789ABCDEF") != "":
			out = append(out, l)
		case spaces && !strings.Contains(l, " "):
			out = append(out, pairs(bare))
		case !spaces:
			out = append(out, bare)
		default:
			out = append(out, l)
		}
	}
	return out
}

// pairs puts a space after each byte; an odd line begins with an identifier of
// three digits.
func pairs(digits string) string {
	var b strings.Builder
	if len(digits)%2 == 1 && len(digits) > 3 {
		b.WriteString(digits[:3] + " ")
		digits = digits[3:]
	}
	for i := 0; i < len(digits); i += 2 {
		b.WriteString(digits[i:min(i+2, len(digits))] + " ")
	}
	return b.String()
}

// command implements commander: the adapter's words as they were recorded.
func (c *recorded) command(text string) ([]string, bool) {
	list := c.by[text]
	if len(list) == 0 || isHex(text, len(text)) {
		return nil, false
	}
	e := list[c.turn[text]%len(list)]
	c.turn[text]++
	return e.Lines, true
}
