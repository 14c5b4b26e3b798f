package board

import (
	"slices"
	"time"

	"pitlane/edge/job"
)

// DeskAlarm is an alarm or a warning of a key cabinet that stands.
type DeskAlarm struct {
	ID      string     `json:"id"`
	What    string     `json:"what"` // a word of job's lists
	Warning bool       `json:"warning,omitempty"`
	Node    string     `json:"node"` // whose cabinet: there it is acknowledged
	Slot    int        `json:"slot,omitempty"`
	Ticket  string     `json:"ticket,omitempty"`
	Want    int        `json:"want,omitempty"` // wrong_slot: the slot that was meant
	By      string     `json:"by,omitempty"`   // returned_by_other, overdue: in whose hand
	Of      string     `json:"of,omitempty"`   // returned_by_other: who had taken it
	At      time.Time  `json:"at"`
	Count   int        `json:"count"`
	Over    bool       `json:"over,omitempty"` // its cause is over; it waits for its person
	AckBy   string     `json:"ack_by,omitempty"`
	AckAt   *time.Time `json:"ack_at,omitempty"`
}

// DeskKeyMove is one line of the history of a job's key.
type DeskKeyMove struct {
	At    time.Time `json:"at"`
	What  string    `json:"what"` // kind of the event
	Word  string    `json:"word,omitempty"`
	Slot  int       `json:"slot,omitempty"`
	By    string    `json:"by,omitempty"`
	Note  string    `json:"note,omitempty"`
	Leave bool      `json:"leave,omitempty"` // key.taken: with leave
}

// DeskKey is where a job's key is. Where: slot, customer, technician, unknown, or ""
// when nobody has seen it yet.
type DeskKey struct {
	Where  string        `json:"where"`
	Holder string        `json:"holder,omitempty"`
	Since  *time.Time    `json:"since,omitempty"`
	Moves  []DeskKeyMove `json:"moves"` // oldest first, the newest maxMoves
	// Other is the node that minds the cabinet with the key, where that is not this one.
	Other string    `json:"other,omitempty"`
	Wish  *DeskWish `json:"wish,omitempty"`
}

// DeskWish is the newest wish of another edge for the slot of the key.
type DeskWish struct {
	At    time.Time `json:"at"`
	To    string    `json:"to"`
	Slot  int       `json:"slot"`
	State string    `json:"state"` // waiting, opening, opened, refused, failed, unknown
	Why   string    `json:"why,omitempty"`
	By    string    `json:"by"`
}

const maxMoves = 40

// Refusal is one wrong pick-up code or token.
type Refusal struct {
	Hash job.Hash
	job.Moment
	seq  uint64 // of its entry
	from string // origin of its entry
}

const maxRefusals = 64

// standing is an alarm with the node that raised it.
type standing struct {
	job.Alarm
	node string
}

// uncommissioned: this edge's cabinet is read, but nobody has shown it its hooks.
func (b *Board) uncommissioned() bool {
	return slices.ContainsFunc(b.standing, func(x standing) bool {
		return x.What == job.WarnUnknownWire && x.node == b.cfg.Node && !x.Over
	})
}

// Refusals are the wrong pick-up codes and tokens at a node's kiosk, the newest 64;
// false before the journal has been read.
func (b *Board) Refusals(node string) ([]Refusal, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.refused[node], b.caught
}

// deskAlarms are the alarms and warnings that stand, alarms first.
func (b *Board) deskAlarms() []DeskAlarm {
	list := []DeskAlarm{}
	for _, x := range b.standing {
		a := DeskAlarm{
			ID: x.ID, What: x.What, Warning: x.Warning, Node: x.node, Slot: x.Slot, Want: x.Want, By: x.By, Of: x.Of,
			At: at(x.AtMS), Count: x.Count, Over: x.Over, AckBy: x.AckBy, AckAt: moments(x.AckMS),
		}
		if s, ok := b.states[x.Job]; ok {
			a.Ticket = s.Ticket
		}
		list = append(list, a)
	}
	slices.SortStableFunc(list, func(x, y DeskAlarm) int { return rank(x) - rank(y) })
	return list
}

func rank(a DeskAlarm) int {
	switch {
	case a.AckBy != "":
		return 2
	case a.Warning:
		return 1
	}
	return 0
}

func (b *Board) deskKey(s job.State) DeskKey {
	k := DeskKey{Where: s.Key.Where, Holder: s.Key.Holder, Since: moments(s.Key.SinceMS), Moves: []DeskKeyMove{}}
	if s.Key.In && s.Key.Node != b.cfg.Node {
		k.Other = s.Key.Node
	}
	if n := len(s.Wishes); n > 0 {
		w := s.Wishes[n-1]
		k.Wish = &DeskWish{At: at(w.AtMS), To: w.To, Slot: w.Slot, State: w.State, Why: w.Why, By: w.By}
	}
	story := b.stories[s.ID]
	for _, m := range story[max(0, len(story)-maxMoves):] {
		k.Moves = append(k.Moves, DeskKeyMove{At: at(m.AtMS), What: m.What, Word: m.Word, Slot: m.Slot, By: m.By, Note: m.Note, Leave: m.Leave})
	}
	return k
}
