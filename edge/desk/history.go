package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"pitlane/edge/board"
	"pitlane/edge/clocks"
	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/tlog"
	"pitlane/edge/web"
)

// Witnessed is how far others have cosigned an origin: of its entries below Size,
// By have seen that the log only grew up to there.
type Witnessed struct {
	Size uint64
	By   []string
}

// History is every entry of a visit as the journal of this node holds it, in the
// order in which it is told. It says what kind of thing happened and never what was
// said: no name, no phone, no plate, no price and no words of anybody.
type History struct {
	Job       string         `json:"job"`
	Entries   []HistoryEntry `json:"entries"`
	Conflicts []string       `json:"conflicts" doc:"words of a closed list"`
	Seals     int            `json:"seals" doc:"the seal and its amendments"`
	Unsealed  int            `json:"unsealed" doc:"entries of a closed visit that no seal lists yet"`
	Erased    string         `json:"erased,omitempty" doc:"contact, or all: what was ordered to be erased"`
}

// HistoryEntry is one line of a history.
type HistoryEntry struct {
	Kind    string      `json:"kind"`
	Origin  string      `json:"origin"`
	Seq     uint64      `json:"seq"`
	Node    string      `json:"node"`
	By      string      `json:"by,omitempty" doc:"a person's id, or kiosk"`
	Who     string      `json:"who,omitempty" doc:"customer, device, person, program"`
	When    HistoryTime `json:"when"`
	Seal    string      `json:"seal" doc:"listed, open, seal (it is one), unknown (the seals cannot be read here)"`
	Seen    []string    `json:"seen" doc:"the nodes that have cosigned the log up to here, as far as this node knows"`
	Payload string      `json:"payload" doc:"none, whole, no_contact, locked, contact_erased, erased"`
	AtLeast bool        `json:"at_least,omitempty" doc:"of a timer: more time may have passed than it says"`
}

// HistoryTime is when something happened, and how sure that is.
type HistoryTime struct {
	At   *time.Time `json:"at" doc:"null where no clock can say"`
	Sure string     `json:"sure" doc:"sure, set (once since the start), battery, between, after, before, unknown"`
	From *time.Time `json:"from,omitempty"`
	To   *time.Time `json:"to,omitempty"`
}

// historyQuery is a read: it changes nothing and begins nothing.
func (d *Desk) historyQuery() web.Action {
	return web.NewQuery("/api/v1/desk/history", "every entry of a visit: what, who, where, when and how sure, sealed or not",
		func(ctx context.Context, arg func(string) string) (History, error) { return d.history(ctx, arg("job")) },
		web.Param{Name: "job", Doc: "the job's id"})
}

func (d *Desk) history(ctx context.Context, id string) (History, error) {
	entries, err := d.cfg.Journal.Job(ctx, id)
	if err != nil {
		return History{}, refuse(fmt.Errorf("read the history of a visit: %w", err))
	}
	if id == "" || len(entries) == 0 {
		return History{}, reject(job.Unknown)
	}
	events := make([]job.Event, 0, len(entries))
	byHash := make(map[job.Hash]journal.Entry, len(entries))
	for _, e := range entries {
		told, err := board.Event(e)
		if err != nil {
			told.Payload = nil // of a later version, or damaged: that it happened is known
		}
		events = append(events, told)
		byHash[told.Hash] = e
	}
	s := job.Fold(events)
	h := History{Job: id, Entries: []HistoryEntry{}, Conflicts: s.Conflicts, Seals: sealsIn(entries), Unsealed: job.Unsealed(s), Erased: orderedErased(entries)}
	if h.Conflicts == nil {
		h.Conflicts = []string{}
	}
	sealing := sealingOf(entries, s.Sealing.Last)
	seen := map[string]Witnessed{}
	for _, told := range job.Order(events) {
		e := byHash[told.Hash]
		line := d.line(e, told, h.Erased)
		line.Seal = sealing.of(e)
		line.Seen = d.seen(e, seen)
		h.Entries = append(h.Entries, line)
	}
	return h, nil
}

// sealsIn counts the seals; the kinds say so, also where nothing else can be read.
func sealsIn(entries []journal.Entry) int {
	n := 0
	for _, e := range entries {
		if job.IsSeal(e.Kind) {
			n++
		}
	}
	return n
}

func (d *Desk) line(e journal.Entry, told job.Event, erased string) HistoryEntry {
	line := HistoryEntry{
		Kind: e.Kind, Origin: e.Origin, Seq: e.Seq, Node: tlog.NodeOf(e.Origin), By: byOf(e), Who: job.Actor(e.Kind),
		When: d.when(e), Payload: payloadOf(e, erased),
	}
	switch p := told.Payload.(type) {
	case job.TimerDue:
		line.AtLeast = p.AtLeast
	case job.TimerOverdue:
		line.AtLeast = p.AtLeast
	}
	return line
}

// byOf is the person that a payload names as the one who did it. What a device saw
// names people too, but none who did it.
func byOf(e journal.Entry) string {
	if e.Work == nil || job.Actor(e.Kind) == job.ByDevice {
		return ""
	}
	var who struct {
		By string `json:"by"`
	}
	if json.Unmarshal(e.Work.Payload, &who) != nil {
		return ""
	}
	return who.By
}

// orderedErased is what of a visit's data was ordered to be erased; the kinds say so,
// also where nothing else can be read.
func orderedErased(entries []journal.Entry) string {
	erased := ""
	for _, e := range entries {
		switch e.Kind {
		case job.SubjectErased{}.Kind():
			return "all"
		case job.ContactErased{}.Kind():
			erased = "contact"
		}
	}
	return erased
}

// payloadOf says how much of an entry can be read here.
func payloadOf(e journal.Entry, erased string) string {
	none := journal.Hash{}
	lacksWork := e.WorkCommit != none && e.Work == nil
	lacksContact := e.ContactCommit != none && e.Contact == nil
	switch {
	case e.WorkCommit == none && e.ContactCommit == none:
		return "none"
	case lacksWork && erased == "all":
		return "erased"
	case lacksWork:
		return "locked"
	case lacksContact && erased != "":
		return "contact_erased"
	case lacksContact:
		return "no_contact"
	}
	return "whole"
}

// when is the time that the clocks of the shop give an entry together.
func (d *Desk) when(e journal.Entry) HistoryTime {
	t := clocks.Time{MS: e.WallMS, Sure: e.Quality >= clocks.Synchronised}
	if d.cfg.Clocks != nil {
		t = d.cfg.Clocks.Time(clocks.Reading{
			Node: tlog.NodeOf(e.Origin), Boot: e.Boot, BootMS: e.BootMS, WallMS: e.WallMS, Quality: e.Quality,
		})
	}
	out := HistoryTime{At: stamp(t.MS)}
	if t.Sure {
		out.Sure = "sure"
		return out
	}
	out.From, out.To = stamp(t.From), stamp(t.To)
	switch {
	case e.Quality > 1:
		out.Sure = "set"
	case e.Quality == 1:
		out.Sure = "battery"
	case t.From > 0 && t.To > 0:
		out.Sure = "between"
	case t.From > 0:
		out.Sure = "after"
	case t.To > 0:
		out.Sure = "before"
	default: // nobody vouches for the clock, and nothing bounds it
		out.Sure = "unknown"
		if !clocks.Plausible(e.WallMS) {
			out.At = nil
		}
	}
	return out
}

// stamp is a moment in ms; nil for none.
func stamp(ms int64) *time.Time {
	if ms <= 0 {
		return nil
	}
	t := time.UnixMilli(ms).UTC()
	return &t
}

// seen are the cosigners of an entry; origins are asked once.
func (d *Desk) seen(e journal.Entry, known map[string]Witnessed) []string {
	w, asked := known[e.Origin]
	if !asked && d.cfg.Witnessed != nil {
		w = d.cfg.Witnessed(e.Origin)
		known[e.Origin] = w
	}
	if e.Seq >= w.Size {
		return []string{}
	}
	return append([]string{}, w.By...)
}

// sealing is what the seals of a visit list.
type sealing struct {
	listed map[job.Hash]bool
	dark   bool // a seal is there that cannot be read
}

func sealingOf(entries []journal.Entry, last job.Hash) sealing {
	s := sealing{listed: listedBy(entries, last)}
	for _, e := range entries {
		s.dark = s.dark || job.IsSeal(e.Kind) && e.Work == nil
	}
	return s
}

func (s sealing) of(e journal.Entry) string {
	switch {
	case job.IsSeal(e.Kind):
		return "seal"
	case s.listed[job.Hash(e.Hash)]:
		return "listed"
	case s.dark:
		return "unknown"
	}
	return "open"
}
