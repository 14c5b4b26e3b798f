package board

import (
	"slices"
	"time"

	"pitlane/edge/job"
)

// ClearState is the clearing of codes that runs now, or the job's newest one. State:
// running, cleared, failed, unknown; "" when a wish was refused before anything was
// written, with Error.
type ClearState struct {
	ID      string        `json:"id"`
	State   string        `json:"state"`
	Step    string        `json:"step,omitempty"` // while it runs: those of a scan, then engine intend clear proof
	Done    int           `json:"done,omitempty"`
	Total   int           `json:"total,omitempty"`
	Reason  string        `json:"reason,omitempty"` // repaired test wrong_code other
	Words   string        `json:"words,omitempty"`
	At      *time.Time    `json:"at,omitempty"`
	Why     string        `json:"why,omitempty"`
	Message string        `json:"message,omitempty"`
	Units   []ClearedUnit `json:"units"`
	Before  []CodeText    `json:"before"` // what there was to clear
	After   []CodeText    `json:"after"`
	Error   *Fault        `json:"error,omitempty"`
	// Recorded: its raw record is whole.
	Recorded bool `json:"recorded,omitempty"`
}

// ClearedUnit is what came of it in one control unit. Outcome: cleared, refused,
// failed, unknown, nothing; Why: conditions_not_correct refused codes_remain not_read
// pending seen.
type ClearedUnit struct {
	ECU        string   `json:"ecu"`
	Outcome    string   `json:"outcome"`
	Why        string   `json:"why,omitempty"`
	NRC        string   `json:"nrc,omitempty"`
	Gone       []string `json:"gone"`
	Remain     []string `json:"remain"`
	Permanent  []string `json:"permanent"`  // the car itself erases them
	Incomplete int      `json:"incomplete"` // monitors that have to run again
}

// ClearNow is how far a clearing is, or that it was refused. What came of one that
// began is in the journal.
type ClearNow struct {
	Job   string
	State ClearState
}

// clearOf is the clearing that runs now, as Tell last said, or else the job's last one
// as the journal has it.
func (b *Board) clearOf(s job.State) *ClearState {
	now := b.moment.clear
	if now != nil && now.Job == s.ID && now.State.ID != "" && !clearEnded(s, now.State.ID) &&
		(now.State.State == job.ClearRuns || now.State.Error != nil) {
		state := now.State
		state.Units, state.Before, state.After = []ClearedUnit{}, []CodeText{}, []CodeText{}
		return &state
	}
	if len(s.Clears) == 0 {
		return nil
	}
	x := s.Clears[len(s.Clears)-1]
	when := at(x.AtMS)
	out := &ClearState{
		ID: x.ID, State: x.State, Reason: x.Reason, Words: x.Words, At: &when, Why: x.Why, Message: x.Message,
		Units: []ClearedUnit{}, Before: b.codes(x.Before), After: b.codes(x.After), Recorded: x.Recorded,
	}
	for _, u := range x.Units {
		out.Units = append(out.Units, ClearedUnit{
			ECU: u.ECU, Outcome: u.Outcome, Why: u.Why, NRC: u.NRC,
			Gone: nonNil(u.Gone), Remain: nonNil(u.Remain), Permanent: nonNil(u.Permanent), Incomplete: u.Incomplete,
		})
	}
	return out
}

func clearEnded(s job.State, id string) bool {
	return slices.ContainsFunc(s.Clears, func(x job.Clearing) bool { return x.ID == id && x.State != job.ClearRuns })
}

// noClear is why codes may not be cleared now; "" when they may.
func (b *Board) noClear(s job.State) string {
	if why := b.noScan(s); why != "" {
		return why
	}
	if now := b.moment.clear; now != nil && now.State.State == job.ClearRuns && !clearEnded(b.states[now.Job], now.State.ID) {
		return string(job.BeingCleared)
	}
	return string(job.CanClear(s))
}
