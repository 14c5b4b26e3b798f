package board

import (
	"encoding/json"
	"fmt"
	"time"

	"pitlane/edge/job"
)

// Comparison is two scans side by side, in the form of obd.Compare.
type Comparison struct {
	Before    Side          `json:"before"`
	After     Side          `json:"after"`
	Clear     bool          `json:"clear"` // the second scan is complete and has no code
	Codes     []CodeChange  `json:"codes"`
	Readiness []MonitorPair `json:"readiness"`
	Readings  []ReadingPair `json:"readings,omitempty"` // of the bay's screen only
}

// Side is one of the two scans. MIL: on, off, unknown.
type Side struct {
	ID       string    `json:"id"`
	At       time.Time `json:"at"`
	Complete bool      `json:"complete"`
	MIL      string    `json:"mil"`
}

// CodeChange is one code of one ECU. Change: gone, still, new, unknown; Was and Is:
// yes, no, unknown; Before and After are the lists it stands in.
type CodeChange struct {
	ECU      string            `json:"ecu"`
	Code     string            `json:"code"`
	Plain    map[string]string `json:"plain"` // zh-Hans, zh-Hant, en
	Was      string            `json:"was"`
	Is       string            `json:"is"`
	Change   string            `json:"change"`
	Before   []string          `json:"before"`
	After    []string          `json:"after"`
	Untested bool              `json:"untested,omitempty"` // gone, but not every monitor has run since
}

// MonitorPair is one monitor: complete, incomplete, unsupported, unknown.
type MonitorPair struct {
	ECU    string `json:"ecu"`
	Name   string `json:"name"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// ReadingPair is one value; null where a scan did not read it.
type ReadingPair struct {
	ECU    string          `json:"ecu"`
	PID    string          `json:"pid"`
	Name   string          `json:"name"`
	Unit   string          `json:"unit,omitempty"`
	Before json.RawMessage `json:"before"`
	After  json.RawMessage `json:"after"`
}

// WrongCar is a car in the bay that is not known to be the job's, as the two
// numbers may be shown.
type WrongCar struct {
	Scan     string `json:"scan"`
	Expected string `json:"expected"` // masked
	Found    string `json:"found"`    // masked
}

// Compare is the comparison of the job's own scans, nil when there are not two
// (job.BeforeAfter) or nobody can compare here.
func (b *Board) Compare(s job.State) *Comparison {
	before, after := job.BeforeAfter(s)
	if b.cfg.Compare == nil || before == nil || after == nil {
		return nil
	}
	key := fmt.Sprintf("%s %d %s %d", before.ID, len(before.Report), after.ID, len(after.Report))
	b.pairs.Lock()
	defer b.pairs.Unlock()
	if known, ok := b.compared[s.ID]; ok && known.key == key {
		return known.of
	}
	c := b.cfg.Compare(*before, *after)
	c.Before.ID, c.Before.At = before.ID, at(before.AtMS)
	c.After.ID, c.After.At = after.ID, at(after.AtMS)
	c.Codes, c.Readiness = nonNil(c.Codes), nonNil(c.Readiness)
	for i := range c.Codes {
		c.Codes[i].Plain = map[string]string{}
		if b.cfg.Plain != nil {
			c.Codes[i].Plain = b.cfg.Plain(c.Codes[i].Code)
		}
	}
	b.compared[s.ID] = pair{key, &c}
	return &c
}

// pair is a comparison with what it was made of: reports are not unpacked anew for
// each view.
type pair struct {
	key string
	of  *Comparison
}

// brief is a comparison without the readings, which only the bay looks at.
func brief(c *Comparison) *Comparison {
	if c == nil {
		return nil
	}
	short := *c
	short.Readings = nil
	return &short
}

// wrongCar is what a person has to decide on; nil when there is nothing.
func wrongCar(s job.State) *WrongCar {
	x, open := job.Undecided(s)
	if !open {
		return nil
	}
	return &WrongCar{Scan: x.ID, Expected: MaskVIN(s.VIN), Found: MaskVIN(x.VIN)}
}

// MaskVIN is a vehicle identification number as a person at the car may compare
// it: the maker's three characters and the last four. A short one is not shown.
func MaskVIN(vin string) string {
	places := []rune(vin)
	if len(places) < 11 {
		return ""
	}
	return string(places[:3]) + "…" + string(places[len(places)-4:])
}
