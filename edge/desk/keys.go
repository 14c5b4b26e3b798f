package desk

import (
	"context"
	"net/http"

	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/web"
)

// Ack is a named person's look at an alarm or a warning of the cabinet.
type Ack struct {
	Request string `json:"request" rule:"required,max=32"`
	By      string `json:"by" rule:"required,max=40" doc:"id of the staff member"`
	Alarm   string `json:"alarm" rule:"required,max=40" doc:"id of the alarm or warning as the view has it"`
	Note    string `json:"note" rule:"max=200"`
}

// acknowledge writes who has looked at an alarm. The edge that minds the cabinet
// takes it, and no other.
func (d *Desk) acknowledge(ctx context.Context, in Ack) (Nothing, error) {
	request, err := d.person(Staff{Request: in.Request, By: in.By})
	if err != nil {
		return Nothing{}, err
	}
	if d.cfg.Keys == nil {
		return Nothing{}, web.Fail(http.StatusServiceUnavailable, "no_cabinet", "this edge has no key cabinet", "use the edge that has it, at reception")
	}
	if _, again, err := d.cfg.Journal.Request(ctx, request); err != nil || again {
		return Nothing{}, err
	}
	if err := d.cfg.Keys.Acknowledge(ctx, Acknowledge{Alarm: in.Alarm, By: in.By, Note: in.Note, Request: request}); err != nil {
		return Nothing{}, refuse(err)
	}
	return Nothing{}, nil
}

// ForWork is a wish of staff for a key.
type ForWork struct {
	Staff
	Reason string `json:"reason" rule:"max=200" doc:"what for: test drive, moving the car"`
}

// takeKey opens the slot of a job's key for a staff member who needs the car.
func (d *Desk) takeKey(ctx context.Context, in ForWork) (SlotOut, error) {
	if s, ok := d.elsewhere(in.Job); ok {
		return d.wishKey(ctx, in, s)
	}
	return d.staffKey(ctx, in, job.CanTakeKey, func(s job.State) (Unlock, error) {
		if !d.owns(s) {
			return Unlock{}, web.Fail(http.StatusConflict, "other_cabinet", "the key of this job is not in this edge's cabinet", "go to the edge that has it")
		}
		return Unlock{Slot: s.Key.Slot, Purpose: job.PurposeWork}, nil
	})
}

// returnKey opens a slot for a key that staff brings back: the one that is kept for
// it, where it can be used.
func (d *Desk) returnKey(ctx context.Context, in ForWork) (SlotOut, error) {
	return d.staffKey(ctx, in, job.CanReturnKey, func(s job.State) (Unlock, error) {
		slot, err := d.cfg.Keys.ReturnSlot(s.ID)
		if err != nil {
			return Unlock{}, refuse(err)
		}
		return Unlock{Slot: slot, Purpose: job.PurposeReturn}, nil
	})
}

func (d *Desk) staffKey(ctx context.Context, in ForWork, guard func(job.State) job.Reason, which func(job.State) (Unlock, error)) (SlotOut, error) {
	request, err := d.person(in.Staff)
	if err != nil {
		return SlotOut{}, err
	}
	s, err := d.state(in.Job)
	if err != nil {
		return SlotOut{}, err
	}
	if d.cfg.Keys == nil {
		return SlotOut{}, web.Fail(http.StatusServiceUnavailable, "no_cabinet", "this edge has no key cabinet", "use the edge that has it, at reception")
	}
	if e, again, err := d.first(ctx, request, s.ID); err != nil {
		return SlotOut{}, err
	} else if again {
		return d.repeated(ctx, s, in.By, in.Reason, e)
	}
	if r := guard(s); r != job.Free {
		return SlotOut{}, d.moved(s, in.Seen, r)
	}
	u, err := which(s)
	if err != nil {
		return SlotOut{}, err
	}
	u.Job, u.By, u.Reason, u.Request = s.ID, in.By, in.Reason, request
	return d.unlock(ctx, s, u)
}

// repeated answers a wish for a slot that was granted before as it was then: the bay
// knows how it ended, and opens nothing.
func (d *Desk) repeated(ctx context.Context, s job.State, by, reason string, e journal.Entry) (SlotOut, error) {
	i, err := firstAs[job.UnlockIntended](e)
	if err != nil {
		return SlotOut{}, err
	}
	return d.unlock(ctx, s, Unlock{Job: s.ID, Slot: i.Slot, Purpose: i.Purpose, By: by, Reason: reason, Request: e.Request})
}

// OpenSlot is a wish of staff to look into a slot that holds no job's key.
type OpenSlot struct {
	Request string `json:"request" rule:"required,max=32"`
	By      string `json:"by" rule:"required,max=40" doc:"id of the staff member"`
	Slot    int    `json:"slot" rule:"required"`
	Reason  string `json:"reason" rule:"required,max=200"`
}

// openSlot opens a slot that no job's key hangs in or is kept for: a jammed one, or
// one with a key of nobody. A job's key goes out by its gate pass or for work only.
func (d *Desk) openSlot(ctx context.Context, in OpenSlot) (SlotOut, error) {
	request, err := d.person(Staff{Request: in.Request, By: in.By})
	if err != nil {
		return SlotOut{}, err
	}
	return d.unlock(ctx, job.State{}, Unlock{Slot: in.Slot, Purpose: job.PurposeRelease, By: in.By, Reason: in.Reason, Request: request})
}
