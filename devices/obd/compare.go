package obd

import (
	"cmp"
	"slices"
	"strings"
)

// Comparison is two scans of one car side by side. It says only what both scans
// say; what one of them did not read is unknown, never gone.
type Comparison struct {
	Before Side `json:"before"`
	After  Side `json:"after"`
	// Clear: the second scan is complete and no unit reports a code. Nothing else
	// means "no codes".
	Clear     bool            `json:"clear"`
	Codes     []CodeChange    `json:"codes"`
	Readiness []MonitorChange `json:"readiness"`
	Readings  []ReadingChange `json:"readings"`
}

// Side is one of the two scans. MIL is on, off, or unknown where a unit did not say
// and none said on.
type Side struct {
	Complete bool   `json:"complete"`
	MIL      string `json:"mil"`
}

// The changes of a code.
const (
	CodeGone    = "gone"    // it was there, and its unit does not report it any more
	CodeStill   = "still"   // it was there and is
	CodeNew     = "new"     // its unit did not report it before
	CodeUnknown = "unknown" // one of the scans did not read all codes of its unit
)

// What is known of one side.
const (
	Yes     = "yes"
	No      = "no"
	Unknown = "unknown"
)

// CodeChange is one code of one ECU. Before and After are the lists it stands in:
// stored, pending, permanent, by_address. One that is only permanent any more has been cleared
// or healed and waits for its monitor to pass (SAE J1979 service 0A).
type CodeChange struct {
	ECU    string   `json:"ecu"`
	Code   string   `json:"code"`
	Was    string   `json:"was"` // yes, no, unknown
	Is     string   `json:"is"`  // yes, no, unknown
	Change string   `json:"change"`
	Before []string `json:"before"`
	After  []string `json:"after"`
	// Untested: it is gone, but not every monitor of its unit has run since the
	// codes were cleared, so that it may come back.
	Untested bool `json:"untested,omitempty"`
}

// MonitorChange is one on-board monitor of one ECU: complete, incomplete,
// unsupported or unknown.
type MonitorChange struct {
	ECU    string `json:"ecu"`
	Name   string `json:"name"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// ReadingChange is one value of one ECU; null where a scan did not read it.
type ReadingChange struct {
	ECU    string `json:"ecu"`
	PID    string `json:"pid"`
	Name   string `json:"name"`
	Unit   string `json:"unit,omitempty"`
	Before any    `json:"before"`
	After  any    `json:"after"`
}

// Compare puts two scans side by side. A nil report is a scan that read nothing.
func Compare(before, after *Report) Comparison {
	if before == nil {
		before = &Report{}
	}
	if after == nil {
		after = &Report{}
	}
	c := Comparison{
		Before: sideOf(before), After: sideOf(after),
		Codes: []CodeChange{}, Readiness: []MonitorChange{}, Readings: []ReadingChange{},
	}
	before, after = comparableUnits(before, after)
	for _, id := range unitsOf(before, after) {
		was, is := unitOf(before, id), unitOf(after, id)
		c.Codes = append(c.Codes, compareCodes(was, is)...)
		c.Readiness = append(c.Readiness, compareMonitors(was, is)...)
		c.Readings = append(c.Readings, compareReadings(was, is)...)
	}
	slices.SortStableFunc(c.Codes, func(a, b CodeChange) int {
		return cmp.Or(cmp.Compare(weight(a), weight(b)), strings.Compare(a.Code, b.Code))
	})
	c.Clear = c.After.Complete && !slices.ContainsFunc(c.Codes, func(x CodeChange) bool { return x.Is != No })
	return c
}

// weight puts first what a person has to look at.
func weight(c CodeChange) int {
	return slices.Index([]string{CodeNew, CodeStill, CodeUnknown, CodeGone}, c.Change)
}

// CodesKnown says that every ECU answered every code request: only then may one
// say that there are no codes. That an ECU does not know a request at all is an
// answer for pending and permanent codes, which older cars do not have.
func (r *Report) CodesKnown() bool {
	return r.Error == nil && len(r.ECUs) > 0 && !slices.ContainsFunc(r.ECUs, func(e ECU) bool { return !e.codesKnown() })
}

func (e *ECU) codesKnown() bool {
	told := func(c Codes) bool { return c.State == OK || c.State == Unsupported }
	return e.Stored.State == OK && told(e.Pending) && told(e.Permanent)
}

func sideOf(r *Report) Side {
	s := Side{Complete: r.CodesKnown(), MIL: Unknown}
	silent := len(r.ECUs) == 0
	for _, e := range r.ECUs {
		switch {
		case e.Readiness.State == OK && e.Readiness.MIL:
			s.MIL = Yes
		case e.Readiness.State != OK && e.Readiness.State != Unsupported:
			silent = true
		}
	}
	switch {
	case s.MIL == Yes:
		s.MIL = "on"
	case !silent:
		s.MIL = "off"
	}
	return s
}

// unitsOf are the ECUs of both scans by their addresses.
func unitsOf(reports ...*Report) []string {
	var ids []string
	for _, r := range reports {
		for _, e := range r.ECUs {
			ids = append(ids, e.ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// unitOf is an ECU of a scan; one that did not speak in it has no known state.
func unitOf(r *Report, id string) *ECU {
	if i := slices.IndexFunc(r.ECUs, func(e ECU) bool { return e.ID == id }); i >= 0 {
		return &r.ECUs[i]
	}
	return &ECU{ID: id}
}

type codeList struct {
	name  string
	codes Codes
}

func listsOf(e *ECU) []codeList {
	lists := []codeList{{"stored", e.Stored}, {"pending", e.Pending}, {"permanent", e.Permanent}}
	if e.Maker != nil { // asked for by the unit's address
		lists = append(lists, codeList{"by_address", *e.Maker})
	}
	return lists
}

func compareCodes(was, is *ECU) []CodeChange {
	var all []string
	for _, e := range []*ECU{was, is} {
		for _, l := range listsOf(e) {
			for _, c := range l.codes.Codes {
				all = append(all, c.Code)
			}
		}
	}
	slices.Sort(all)
	var out []CodeChange
	for _, code := range slices.Compact(all) {
		x := CodeChange{ECU: was.ID, Code: code, Before: standsIn(was, code), After: standsIn(is, code)}
		x.Was, x.Is = reports(was, x.Before, x.After), reports(is, x.After, x.Before)
		x.Change = changeOf(x.Was, x.Is)
		x.Untested = x.Change == CodeGone && !tested(is)
		out = append(out, x)
	}
	return out
}

// standsIn names the lists of an ECU that hold a code.
func standsIn(e *ECU, code string) []string {
	in := []string{}
	for _, l := range listsOf(e) {
		if slices.ContainsFunc(l.codes.Codes, func(c Code) bool { return c.Code == code }) {
			in = append(in, l.name)
		}
	}
	return in
}

// reports says whether an ECU reports a code that stands in these of its lists. It
// does not when all lists could be read, those of the other scan among them: a list
// that it had then and does not know now was not read.
func reports(e *ECU, in, then []string) string {
	if len(in) > 0 {
		return Yes
	}
	if !e.codesKnown() {
		return Unknown
	}
	for _, name := range then {
		read := func(l codeList) bool { return l.name == name && l.codes.State == OK }
		if !slices.ContainsFunc(listsOf(e), read) {
			return Unknown
		}
	}
	return No
}

func changeOf(was, is string) string {
	switch {
	case was == Unknown || is == Unknown:
		return CodeUnknown
	case was == No:
		return CodeNew
	case is == No:
		return CodeGone
	}
	return CodeStill
}

// tested: every monitor that the ECU has has run since its codes were cleared.
func tested(e *ECU) bool {
	return e.Readiness.State == Unsupported || e.Readiness.State == OK &&
		!slices.ContainsFunc(e.Readiness.Monitors, func(m Monitor) bool { return m.Supported && !m.Complete })
}

func compareMonitors(was, is *ECU) []MonitorChange {
	var out []MonitorChange
	for _, e := range []*ECU{was, is} {
		for _, m := range e.Readiness.Monitors {
			known := func(x MonitorChange) bool { return x.Name == m.Name }
			if slices.ContainsFunc(out, known) {
				continue
			}
			x := MonitorChange{ECU: was.ID, Name: m.Name, Before: monitorOf(was, m.Name), After: monitorOf(is, m.Name)}
			if x.Before != "unsupported" || x.After != "unsupported" {
				out = append(out, x)
			}
		}
	}
	return out
}

func monitorOf(e *ECU, name string) string {
	i := slices.IndexFunc(e.Readiness.Monitors, func(m Monitor) bool { return m.Name == name })
	switch {
	case e.Readiness.State != OK || i < 0:
		return Unknown
	case !e.Readiness.Monitors[i].Supported:
		return "unsupported"
	case e.Readiness.Monitors[i].Complete:
		return "complete"
	}
	return "incomplete"
}

func compareReadings(was, is *ECU) []ReadingChange {
	var out []ReadingChange
	at := map[string]int{}
	take := func(e *ECU, set func(x *ReadingChange, v any)) {
		for _, r := range e.Readings {
			name := ""
			if r.Name != nil {
				name = *r.Name
			}
			key := r.PID + " " + name
			if _, there := at[key]; !there {
				at[key] = len(out)
				out = append(out, ReadingChange{ECU: was.ID, PID: r.PID, Name: name, Unit: r.Unit})
			}
			value := r.Value
			if value == nil && r.Raw != "" {
				value = r.Raw
			}
			set(&out[at[key]], value)
		}
	}
	take(was, func(x *ReadingChange, v any) { x.Before = v })
	take(is, func(x *ReadingChange, v any) { x.After = v })
	slices.SortStableFunc(out, func(a, b ReadingChange) int { return strings.Compare(a.PID, b.PID) })
	return out
}
