package desk

import (
	"context"
	"net/http"

	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/web"
)

// Erase orders the end of a visit's data. Contact alone: names, phones, signatures.
type Erase struct {
	Staff
	Reason      string `json:"reason" rule:"required,max=200"`
	ContactOnly bool   `json:"contact_only" doc:"names, phones and signatures alone; plate and work stay"`
}

func (d *Desk) erase(ctx context.Context, in Erase) (Ticketed, error) {
	request, err := d.person(in.Staff)
	if err != nil {
		return Ticketed{}, err
	}
	if err := d.eraser(in.By); err != nil {
		return Ticketed{}, err
	}
	return Ticketed{Job: in.Job}, d.EraseData(ctx, Erasure{Job: in.Job, By: in.By, Reason: in.Reason, ContactOnly: in.ContactOnly, Request: request})
}

// Erasure is an order to erase, whoever gives it: a person at the desk, the operator,
// or the time that data is kept.
type Erasure struct {
	Job         string
	By          string
	Reason      string
	ContactOnly bool
	Request     journal.RequestID
}

// EraseData writes the order down; the vaults of all nodes carry it out as they hear
// of it. A visit that is not over is refused.
func (d *Desk) EraseData(ctx context.Context, e Erasure) error {
	if again, err := d.done(ctx, e.Request, e.Job); err != nil || again {
		return err
	}
	entries, err := d.cfg.Journal.Job(ctx, e.Job)
	if err != nil {
		return refuse(err)
	}
	dropped := d.cfg.Dropped != nil && d.cfg.Dropped(e.Job)
	if len(entries) == 0 && !dropped {
		return reject(job.Unknown)
	}
	if !dropped && !over(entries) {
		return web.Fail(http.StatusConflict, "open", "the visit is not over", "hand the car back first; what is under way needs its data")
	}
	var p job.Payload = job.SubjectErased{By: e.By, Reason: e.Reason}
	if e.ContactOnly {
		p = job.ContactErased{By: e.By, Reason: e.Reason}
	}
	if dropped { // no board shows it, and none is waited for
		draft, err := draftOf(e.Job, note{request: e.Request, payload: p})
		if err == nil {
			_, err = d.cfg.Journal.Append(ctx, draft)
		}
		return refuse(err)
	}
	return d.write(ctx, e.Job, nil, note{request: e.Request, payload: p})
}

// over says whether a visit has ended: by the kinds alone, which outlive its keys.
func over(entries []journal.Entry) bool {
	for _, e := range entries {
		switch e.Kind {
		case job.CarHandedBack{}.Kind(), job.Declined{}.Kind(), job.SubjectErased{}.Kind():
			return true
		}
	}
	return false
}
