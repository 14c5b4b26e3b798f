package desk

import (
	"context"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"

	"pitlane/devices"
	"pitlane/devices/keycab"
	"pitlane/edge/board"
	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/web"
)

// There are no commands between edges. A person whose key hangs in another edge's
// cabinet writes a wish into the log of the edge he stands at; the edge with the cabinet
// decides when it reads it, and answers with an event. Nothing is done after an outage
// that was wished before or in it: a wish names the heartbeat it was made on.

// wishOutcome is what SlotOut says of a wish that is written and not answered yet.
const wishOutcome = "wished"

// elsewhere is a job whose key hangs in another edge's cabinet.
func (d *Desk) elsewhere(id string) (job.State, bool) {
	s, ok := d.cfg.Board.Job(id)
	return s, ok && s.Opened && s.Key.In && s.Key.Node != "" && s.Key.Node != d.cfg.Node
}

// wishKey wishes for the key of a job for a staff member who needs the car.
func (d *Desk) wishKey(ctx context.Context, in ForWork, s job.State) (SlotOut, error) {
	request, err := d.person(in.Staff)
	if err != nil {
		return SlotOut{}, err
	}
	return d.wish(ctx, s, job.SlotWished{Purpose: job.PurposeWork, By: in.By, Reason: in.Reason}, request)
}

// wishRelease wishes for the key of a job for its customer, by a staff member's name
// and reason.
func (d *Desk) wishRelease(ctx context.Context, in Release, s job.State, request journal.RequestID) (SlotOut, error) {
	return d.wish(ctx, s, job.SlotWished{Purpose: job.PurposeRelease, By: in.By, Reason: in.Reason}, request)
}

// wish writes a wish down, when the visit allows it as far as this edge knows.
func (d *Desk) wish(ctx context.Context, s job.State, w job.SlotWished, request journal.RequestID) (SlotOut, error) {
	out := SlotOut{Slot: s.Key.Slot, Outcome: wishOutcome}
	if again, err := d.done(ctx, request, s.ID); err != nil || again {
		return out, err
	}
	if r := job.CanGrant(s, w); r != job.Free {
		return SlotOut{}, reject(r)
	}
	var beat board.Beat
	known := false
	if d.cfg.Beat != nil {
		beat, known = d.cfg.Beat(s.Key.Node)
	}
	if !known {
		return SlotOut{}, web.Fail(http.StatusServiceUnavailable, "owner_away", "the edge with this key's cabinet has not been heard of", "go to that edge, or look at the connection")
	}
	w.Wish, w.To, w.Boot, w.MS = hex.EncodeToString(request[:]), s.Key.Node, beat.Boot, beat.MS
	w.Cabinet, w.Slot = s.Key.Cabinet, s.Key.Slot
	if err := d.write(ctx, s.ID, nil, note{request: request, payload: w}); err != nil {
		return SlotOut{}, err
	}
	return out, nil
}

// wishes are those being granted in this run.
type wishes struct {
	mu    sync.Mutex
	open  map[string]bool // by id
	tasks sync.WaitGroup
}

func (w *wishes) begin(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.open == nil {
		w.open = map[string]bool{}
	}
	if w.open[id] {
		return false
	}
	w.open[id] = true
	return true
}

func (w *wishes) end(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.open, id)
}

// answerWishes decides about the wishes of a job that wait for this edge: each is
// granted, or refused with an event.
func (d *Desk) answerWishes(ctx context.Context, s job.State) error {
	var all error
	for _, w := range s.Wishes {
		if w.State != job.WishWaits || w.To != d.cfg.Node || !d.wishes.begin(w.Wish) {
			continue
		}
		if why := d.refuses(s, w.SlotWished); why != "" {
			all = errors.Join(all, d.refuseWish(ctx, s.ID, w.SlotWished, why))
			d.wishes.end(w.Wish)
			continue
		}
		d.wishes.tasks.Go(func() {
			defer d.wishes.end(w.Wish)
			d.grant(ctx, s, w.SlotWished)
		})
	}
	return all
}

// refuses says why a wish is not granted; "" when it is.
func (d *Desk) refuses(s job.State, w job.SlotWished) string {
	if d.cfg.Boot == nil {
		return job.WishReboot
	}
	if why := w.Late(d.cfg.Boot()); why != "" {
		return why
	}
	switch {
	case !slices.ContainsFunc(d.cfg.People, func(p board.Person) bool { return p.ID == w.By }):
		return job.WishNobody
	case w.Purpose == job.PurposeRelease && strings.TrimSpace(w.Reason) == "":
		return job.WishNoReason
	case !d.owns(s) || s.Key.Slot != w.Slot || d.cfg.Keys == nil:
		return job.WishMoved
	}
	if r := job.CanGrant(s, w); r != job.Free {
		return string(r)
	}
	return ""
}

// grant opens the slot of a wish. Its unlock is named after the wish, so that it opens
// once however often the wish is read; what a crash leaves of it the bay ends as
// unknown.
func (d *Desk) grant(ctx context.Context, s job.State, w job.SlotWished) {
	outcome, err := d.cfg.Keys.Unlock(ctx, Unlock{Job: s.ID, Slot: w.Slot, Purpose: w.Purpose, By: w.By, Reason: w.Reason,
		Wish: w.Wish, Request: derive("wish", w.To, w.Wish)})
	if err == nil || outcome != keycab.Failed || ctx.Err() != nil {
		return // what came of it is an event of the bay
	}
	why := "failed"
	if f, ok := errors.AsType[*devices.Fault](err); ok {
		why = kindOf(f.Kind)
	}
	if why == "starting" {
		return // the cabinet's first word is news, and the wish is looked at again
	}
	if err := d.refuseWish(ctx, s.ID, w, why); err != nil {
		d.cfg.Log.WarnContext(ctx, "the answer to a wish is not written", "job", s.ID, "error", err)
	}
}

// refuseWish answers once; where the unlock has its own ending, that is the answer.
func (d *Desk) refuseWish(ctx context.Context, id string, w job.SlotWished, why string) error {
	return d.write(ctx, id, nil, note{request: derive("wish.refused", w.To, w.Wish), payload: job.WishRefused{Wish: w.Wish, Slot: w.Slot, Why: why}})
}
