package bay

import (
	"cmp"
	"encoding/json"

	"pitlane/devices/obd"
	"pitlane/edge/board"
	"pitlane/edge/job"
	"pitlane/edge/journal"
)

// ending is the one ending of a clearing whose intent is on disk: what the scanner saw,
// and never more than that.
func ending(c *clearing, bay string, out *obd.Cleared, err error) (job.Payload, ClearResult) {
	r := ClearResult{ID: c.id, Outcome: job.ClearNotSeen, Why: interrupted}
	if out == nil {
		return job.ClearUnknown{Clear: c.id, Bay: bay, Why: r.Why}, r
	}
	r.Units = unitsOf(out)
	r.Why = whyOf(out, err)
	switch {
	case !out.Sent, out.Outcome == obd.ClearFailed, out.Outcome == obd.ClearRefused:
		r.Outcome = job.ClearNot
		p := job.ClearFailed{Clear: c.id, Bay: bay, Why: r.Why, Units: r.Units, Codes: codesAfter(out)}
		if out.Error != nil {
			p.Message = short(out.Error.Message)
		}
		return p, r
	case out.Outcome == obd.ClearDone && err == nil:
		r.Outcome, r.Why = job.ClearDone, ""
		return job.CodesCleared{Clear: c.id, Bay: bay, Units: r.Units, Codes: codesAfter(out), Report: packed(out.After)}, r
	}
	return job.ClearUnknown{Clear: c.id, Bay: bay, Why: r.Why, Units: r.Units}, r
}

// clearRaw is the raw record of a clearing in numbered parts; none where the scanner
// kept none.
func (b *Bay) clearRaw(c *clearing, out *obd.Cleared) []journal.Draft {
	if out == nil || out.Session == nil {
		return nil
	}
	said := *out.Session
	said.StartedMS, said.EndedMS = c.began, c.began+said.Length().Milliseconds()
	drafts, err := rawDrafts(c.order.Job, c.id, &said)
	if err != nil {
		b.log.Error("the raw record of a clearing is not kept", "clear", c.id, "err", err)
		return nil
	}
	return drafts
}

// whyOf is a word for it: of the talk that ended, else of the first unit whose outcome
// is that of the whole.
func whyOf(out *obd.Cleared, err error) string {
	if err != nil && out.Error != nil {
		return cmp.Or(out.Error.Kind, interrupted)
	}
	for _, u := range out.ECUs {
		if u.Outcome == out.Outcome && u.Why != "" {
			return u.Why
		}
	}
	return cmp.Or(string(out.Outcome), interrupted)
}

func unitsOf(out *obd.Cleared) []job.ClearedUnit {
	units := []job.ClearedUnit{}
	for _, u := range out.ECUs[:min(len(out.ECUs), 64)] {
		few := func(codes []string) []string { return codes[:min(len(codes), mostCodes)] }
		units = append(units, job.ClearedUnit{
			ECU: u.ID, Outcome: string(u.Outcome), Why: u.Why, NRC: u.NRC,
			Gone: few(u.Gone), Remain: few(u.Remain), Permanent: few(u.Permanent), Incomplete: u.Incomplete,
		})
	}
	return units
}

// codesAfter are the codes that were read afterwards.
func codesAfter(out *obd.Cleared) []job.Code {
	if out.After == nil {
		return nil
	}
	codes := codesOf(out.After)
	return codes[:min(len(codes), mostCodes)]
}

// packed is a report as an event keeps it; nothing where it is too large for one: the
// codes are beside it.
func packed(r *obd.Report) []byte {
	whole, err := json.Marshal(r)
	if err != nil {
		return nil
	}
	out, err := job.PackReport(whole)
	if err != nil || len(out) > partSize/2 {
		return nil
	}
	return out
}

// tellClear says how far a clearing is.
func (b *Bay) tellClear(c *clearing, p obd.Progress) {
	b.tell(board.Now{Clear: &board.ClearNow{Job: c.order.Job, State: board.ClearState{
		ID: c.id, State: job.ClearRuns, Step: p.Step, Done: p.Done, Total: p.Total, Reason: c.order.Reason, Words: c.order.Words,
	}}})
}

// openClear is a clear.intended without an ending.
type openClear struct {
	job, bay string
	request  journal.RequestID
}

// addClear takes what is written of clearings; false for any other kind.
func (b *book) addClear(e journal.Entry, p job.Payload) bool {
	switch p := p.(type) {
	case job.ClearIntended:
		if _, ended := b.cleared[e.Request]; !ended {
			b.clears[p.Clear] = openClear{job: e.Job, bay: p.Bay, request: e.Request}
		}
	case job.CodesCleared:
		b.clearEnded(ClearResult{ID: p.Clear, Outcome: job.ClearDone, Units: p.Units})
	case job.ClearFailed:
		b.clearEnded(ClearResult{ID: p.Clear, Outcome: job.ClearNot, Why: p.Why, Units: p.Units})
	case job.ClearUnknown:
		b.clearEnded(ClearResult{ID: p.Clear, Outcome: job.ClearNotSeen, Why: p.Why, Units: p.Units})
	default:
		return false
	}
	return true
}

func (b *book) clearEnded(r ClearResult) {
	open, ok := b.clears[r.ID]
	if !ok {
		return
	}
	delete(b.clears, r.ID)
	b.cleared[open.request] = r
	b.clearOrder = forget(b.cleared, append(b.clearOrder, open.request))
}

// clearEndings end the clearings that a run left open when it died: nobody knows what
// came of them, and nothing is sent again.
func (b *book) clearEndings() ([]journal.Draft, error) {
	var out []journal.Draft
	for _, id := range sortedKeys(b.clears) {
		x := b.clears[id]
		d, err := draft(x.job, endOf("clear", id), job.ClearUnknown{Clear: id, Bay: x.bay, Why: interrupted})
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}
