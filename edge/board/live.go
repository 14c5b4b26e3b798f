package board

import "time"

// Live is the audience of the bay's live values: the technician, on a feed of its own,
// since they change many times a second and the rest of his screen does not.
const Live Audience = "live"

// LiveView is what the live part of the bay's screen is told.
type LiveView struct {
	Bay string `json:"bay"`
	LiveState
}

// LiveState is the live values of the car in the bay; nothing of it is journalled.
type LiveState struct {
	On      bool        `json:"on"`
	Job     string      `json:"job,omitempty"`
	Until   time.Time   `json:"until,omitzero"` // it ends then, unless asked for anew
	Why     string      `json:"why,omitempty"`  // it ended: stopped, expired, nobody (watches), left (the bay)
	Offered []LivePID   `json:"offered"`        // what the car can tell
	Values  []LiveValue `json:"values"`
	Error   *Fault      `json:"error,omitempty"`
}

// LivePID is a value that a unit says it can tell.
type LivePID struct {
	ECU  string `json:"ecu"`
	PID  string `json:"pid"`
	Name string `json:"name,omitempty"`
	Unit string `json:"unit,omitempty"`
	Read bool   `json:"read"` // it is being read
}

// LiveValue is the newest reading of one value. Value is a number, a text or null.
type LiveValue struct {
	ECU   string    `json:"ecu"`
	PID   string    `json:"pid"`
	Name  string    `json:"name,omitempty"`
	Value any       `json:"value"`
	Unit  string    `json:"unit,omitempty"`
	Raw   string    `json:"raw,omitempty"`
	At    time.Time `json:"at"` // by this edge's clock
}

// liveView is nobody's but the bay's.
func (b *Board) liveView() LiveView {
	v := LiveView{Bay: b.cfg.Bay, LiveState: LiveState{}}
	if b.moment.live != nil {
		v.LiveState = *b.moment.live
	}
	v.Offered, v.Values = nonNil(v.Offered), nonNil(v.Values)
	return v
}

// Watched says whether an audience's view was asked for within a time, as an open
// screen does at least every two seconds.
func (b *Board) Watched(a Audience, within time.Duration) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.shown[a]
	return s != nil && !s.asked.IsZero() && b.cfg.Now().Sub(s.asked) <= within
}
