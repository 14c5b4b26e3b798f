package job

import (
	"cmp"
	"slices"
)

// ClearIntended is on disk before the request to clear codes leaves: who wants it and
// why, and everything that it erases. Reason: repaired, test, wrong_code, other.
type ClearIntended struct {
	Clear  string `json:"clear"`
	Bay    string `json:"bay"`
	By     string `json:"by"`
	Reason string `json:"reason"`
	Words  string `json:"words,omitempty"` // in the person's own
	// Engine is whether it stood still: off, or unknown where no unit tells.
	Engine   string `json:"engine"`
	Complete bool   `json:"complete"` // every unit had told all its codes
	Codes    []Code `json:"codes"`
	Report   []byte `json:"report,omitempty"` // codes, freeze frames, readiness, packed (PackReport)
}

// CodesCleared ends a clear.intended that every unit granted, and whose codes were
// read again. Codes are those there are now.
type CodesCleared struct {
	Clear  string        `json:"clear"`
	Bay    string        `json:"bay"`
	Units  []ClearedUnit `json:"units"`
	Codes  []Code        `json:"codes"`
	Report []byte        `json:"report,omitempty"` // codes and readiness afterwards, packed
}

// ClearedUnit is what came of it in one control unit. Outcome: cleared, refused,
// failed, unknown, nothing.
type ClearedUnit struct {
	ECU        string   `json:"ecu"`
	Outcome    string   `json:"outcome"`
	Why        string   `json:"why,omitempty"`
	NRC        string   `json:"nrc,omitempty"`
	Gone       []string `json:"gone,omitempty"`
	Remain     []string `json:"remain,omitempty"`
	Permanent  []string `json:"permanent,omitempty"`  // the car itself erases them
	Incomplete int      `json:"incomplete,omitempty"` // monitors that have to run again
}

// ClearFailed ends a clear.intended whose codes are still there, in whole or in part.
// Why: refused, codes_remain, or why nothing was sent.
type ClearFailed struct {
	Clear   string        `json:"clear"`
	Bay     string        `json:"bay"`
	Why     string        `json:"why"`
	Message string        `json:"message,omitempty"`
	Units   []ClearedUnit `json:"units,omitempty"`
	Codes   []Code        `json:"codes,omitempty"`
}

// ClearUnknown ends a clear.intended of which nobody saw what came: a person looks,
// by a scan. It is not sent again.
type ClearUnknown struct {
	Clear string        `json:"clear"`
	Bay   string        `json:"bay"`
	Why   string        `json:"why"`
	Units []ClearedUnit `json:"units,omitempty"`
}

// Kind implements Payload.
func (ClearIntended) Kind() string { return "codes.clear_intended" }

// Kind implements Payload.
func (CodesCleared) Kind() string { return "codes.cleared" }

// Kind implements Payload.
func (ClearFailed) Kind() string { return "codes.clear_failed" }

// Kind implements Payload.
func (ClearUnknown) Kind() string { return "codes.clear_unknown" }

// Clearing is one clearing of codes. State: running, cleared, failed, unknown.
type Clearing struct {
	ID      string
	Bay     string
	By      string
	Reason  string
	Words   string
	AtMS    int64
	State   string
	Why     string
	Message string
	Before  []Code
	After   []Code // read afterwards; empty too where nothing was read
	Units   []ClearedUnit
	Report  []byte // of before, packed
	// Recorded: its raw record is whole (scan.recorded).
	Recorded bool
	raw      int // parts of it so far
}

// The states of a Clearing.
const (
	ClearRuns    = "running"
	ClearDone    = "cleared"
	ClearNot     = "failed"
	ClearNotSeen = "unknown"
)

// ClearReasons is the closed list of why codes are cleared.
func ClearReasons() []string { return []string{"repaired", "test", "wrong_code", "other"} }

// BeingCleared says that codes of the job's car are being cleared.
const BeingCleared Reason = "clearing"

// CanClear guards codes.clear_intended: what guards a scan (K-060), and it must be
// known that this is the job's car.
func CanClear(s State) Reason {
	return first(CanScan(s), SameAsBooked(s), unless(!clearingRuns(s), BeingCleared))
}

func clearingRuns(s State) bool {
	return slices.ContainsFunc(s.Clears, func(x Clearing) bool { return x.State == ClearRuns })
}

// stepClear takes clearings. What was seen is never unmade by somebody who had not.
func (s *State) stepClear(e Event) {
	switch p := e.Payload.(type) {
	case ClearIntended:
		x := s.clearing(p.Clear)
		x.Bay, x.By, x.Reason, x.Words, x.AtMS = p.Bay, p.By, p.Reason, p.Words, e.WallMS
		x.Before, x.Report = p.Codes, p.Report
	case CodesCleared:
		x := s.clearing(p.Clear)
		x.State, x.Why, x.Message, x.Units, x.After = ClearDone, "", "", p.Units, p.Codes
		x.Bay = cmp.Or(x.Bay, p.Bay)
	case ClearFailed:
		if x := s.clearing(p.Clear); x.State != ClearDone {
			x.State, x.Why, x.Message, x.Units, x.After = ClearNot, p.Why, p.Message, p.Units, p.Codes
			x.Bay = cmp.Or(x.Bay, p.Bay)
		}
	case ClearUnknown:
		if x := s.clearing(p.Clear); x.State == ClearRuns {
			x.State, x.Why, x.Units = ClearNotSeen, p.Why, p.Units
			x.Bay = cmp.Or(x.Bay, p.Bay)
		}
	}
}

// clearing is the clearing of that id, a new running one when there is none.
func (s *State) clearing(id string) *Clearing {
	for i := range s.Clears {
		if s.Clears[i].ID == id {
			return &s.Clears[i]
		}
	}
	s.Clears = append(s.Clears, Clearing{ID: id, State: ClearRuns})
	return &s.Clears[len(s.Clears)-1]
}

// clearRecorded takes a part of the raw record of a clearing that began here.
func (s *State) clearRecorded(p ScanRecorded) {
	i := slices.IndexFunc(s.Clears, func(x Clearing) bool { return x.ID == p.Scan })
	if i < 0 || p.Part != s.Clears[i].raw+1 {
		return
	}
	s.Clears[i].raw, s.Clears[i].Recorded = p.Part, p.Part == p.Of
}

func checkClear(c *checker, p Payload) {
	switch p := p.(type) {
	case ClearIntended:
		c.need("clear", p.Clear)
		c.need("bay", p.Bay)
		c.need("by", p.By)
		c.need("reason", p.Reason)
		c.line("words", p.Words)
		c.word("engine", p.Engine)
		c.codes(p.Codes)
	case CodesCleared:
		c.need("clear", p.Clear)
		c.word("bay", p.Bay)
		c.units(p.Units)
		c.codes(p.Codes)
	case ClearFailed:
		c.need("clear", p.Clear)
		c.word("bay", p.Bay)
		c.need("why", p.Why)
		c.line("message", p.Message)
		c.units(p.Units)
		c.codes(p.Codes)
	case ClearUnknown:
		c.need("clear", p.Clear)
		c.word("bay", p.Bay)
		c.need("why", p.Why)
		c.units(p.Units)
	}
}

func (c *checker) codes(list []Code) {
	c.size("codes", len(list), 4*maxList)
	for _, x := range list {
		c.word("codes.ecu", x.ECU)
		c.need("codes.code", x.Code)
		c.word("codes.status", x.Status)
	}
}

func (c *checker) units(list []ClearedUnit) {
	c.size("units", len(list), maxList)
	for _, u := range list {
		c.need("units.ecu", u.ECU)
		c.need("units.outcome", u.Outcome)
		c.word("units.why", u.Why)
		c.word("units.nrc", u.NRC)
		c.texts("units.gone", u.Gone)
		c.texts("units.remain", u.Remain)
		c.texts("units.permanent", u.Permanent)
		c.between("units.incomplete", int64(u.Incomplete), 0, maxList)
	}
}

func decodeClear(kind string) func([]byte) (Payload, error) {
	switch kind {
	case ClearIntended{}.Kind():
		return as[ClearIntended]
	case CodesCleared{}.Kind():
		return as[CodesCleared]
	case ClearFailed{}.Kind():
		return as[ClearFailed]
	case ClearUnknown{}.Kind():
		return as[ClearUnknown]
	}
	return nil
}
