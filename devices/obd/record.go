package obd

import (
	"strings"
	"unicode/utf8"
)

// Record makes a vehicle file of what was said during a scan. Played back by the
// practice adapter it gives the same report.
func Record(said []Exchange, report *Report) *Vehicle {
	v := &Vehicle{
		Schema:   vehicleSchema,
		Source:   VehicleSource{Repo: "pitlane", Path: "pitlane scan --record", Licence: "the recorder's own"},
		Kind:     "real-vehicle",
		Protocol: []string{},
		Settings: VehicleSettings{Headers: true},
	}
	if report.Protocol.Number != "" {
		v.Protocol = append(v.Protocol, report.Protocol.Number)
	}
	if report.Adapter.Identity != "" {
		adapter := strings.TrimSpace(report.Adapter.Identity + " " + report.Adapter.Description)
		v.Adapter = &adapter
	}
	at := addressed{}
	for _, e := range said {
		at.take(e)
		request := e.Request
		if data, ok := transmitted(compact(request)); ok {
			request = data // any adapter can play it then
		}
		x := VehicleExchange{
			Request: request, Header: at.header, Receive: at.receive, Lines: SplitResponse(e.Raw), Expected: map[string]any{}, MS: e.Took.Milliseconds(),
		}
		if utf8.Valid(e.Raw) {
			x.Raw = string(e.Raw)
		}
		if x.Lines == nil {
			x.Lines = []string{}
		}
		for i, line := range x.Lines { // stray bytes are no text, and JSON holds only text
			x.Lines[i] = strings.ToValidUTF8(line, "?")
		}
		if !e.Headers {
			x.Headers = new(bool)
		}
		if e.Echo {
			echo := true
			x.Echo = &echo
		}
		v.Exchanges = append(v.Exchanges, x)
	}
	return v
}

// addressed is whom the adapter speaks to: what ATSH and ATCRA have set. In a file
// each exchange says it for itself.
type addressed struct{ header, receive string }

// take follows the adapter's words.
func (a *addressed) take(e Exchange) {
	word := compact(e.Request)
	ok := strings.Contains(string(e.Raw), "OK")
	switch {
	case word == "ATZ", word == "ATWS", word == "ATD":
		*a = addressed{}
	case !ok:
	case word == "ATAR", word == "ATCRA":
		a.receive = ""
	case strings.HasPrefix(word, "ATSH"):
		a.header = word[len("ATSH"):]
	case strings.HasPrefix(word, "ATCRA"):
		a.receive = word[len("ATCRA"):]
	}
}
