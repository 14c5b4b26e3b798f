package desk

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"

	"pitlane/edge/board"
	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/web"
)

// Staff is what every call of a staff member carries. Seen are the tips of the job
// in the view that the decision was taken on.
type Staff struct {
	Request string     `json:"request" rule:"required,max=32"`
	By      string     `json:"by" rule:"required,max=40" doc:"id of the staff member"`
	Job     string     `json:"job" rule:"required,max=64"`
	Seen    []job.Hash `json:"seen" rule:"items=64" doc:"tips of the job in the view that this was decided on"`
}

// decide is the way of every staff decision: a known person, a wish not granted
// before, a visit that allows it, and news that the person had seen.
func (d *Desk) decide(ctx context.Context, c Staff, guard func(job.State) job.Reason, payloads func(job.State) []job.Payload) (Ticketed, error) {
	request, err := d.person(c)
	if err != nil {
		return Ticketed{}, err
	}
	s, err := d.state(c.Job)
	if err != nil {
		return Ticketed{}, err
	}
	out := Ticketed{s.ID, s.Ticket}
	if again, err := d.done(ctx, request, s.ID); err != nil || again {
		return out, err
	}
	seen := c.Seen
	if len(seen) == 0 {
		seen = s.Tips
	}
	if r := guard(s); r != job.Free {
		return out, d.moved(s, c.Seen, r)
	}
	notes := []note{}
	for i, p := range payloads(s) {
		id := request
		if i > 0 {
			id = derive(c.Request, p.Kind())
		}
		notes = append(notes, note{request: id, payload: p})
	}
	return out, d.write(ctx, s.ID, seen, notes...)
}

// moved tells a refusal of the visit from one that is only news to the person: he
// had another state before him, so he looks again.
func (d *Desk) moved(s job.State, seen []job.Hash, r job.Reason) error {
	if len(seen) > 0 && slices.ContainsFunc(s.Tips, func(h job.Hash) bool { return !slices.Contains(seen, h) }) {
		return refuse(journal.ErrMoved)
	}
	return reject(r)
}

func (d *Desk) person(c Staff) (journal.RequestID, error) {
	request, err := requestID(c.Request)
	if err != nil {
		return request, err
	}
	if !slices.ContainsFunc(d.cfg.People, func(p board.Person) bool { return p.ID == c.By }) {
		return request, web.Fail(http.StatusForbidden, "unknown_person", "this staff id is not known here", "choose a name from the list, or add a [[person]] to the configuration")
	}
	return request, nil
}

func one(p job.Payload) func(job.State) []job.Payload {
	return func(job.State) []job.Payload { return []job.Payload{p} }
}

// Assign sends a car to a bay (K-144).
type Assign struct {
	Staff
	Bay     string   `json:"bay" rule:"required,max=40"`
	Lead    string   `json:"lead" rule:"required,max=40"`
	Helpers []string `json:"helpers" rule:"items=8,max=40"`
}

func (d *Desk) assign(ctx context.Context, in Assign) (Ticketed, error) {
	return d.decide(ctx, in.Staff, job.CanAssign,
		one(job.BayAssigned{Bay: in.Bay, Lead: in.Lead, Helpers: in.Helpers, By: in.By}))
}

// Answer is what becomes of an extra item (K-161 to K-166).
type Answer struct {
	Staff
	Extra        string `json:"extra" rule:"required,max=40"`
	Answer       string `json:"answer" rule:"required,enum=offered|approved|declined"`
	Price        int64  `json:"price" doc:"offered: in the smallest unit"`
	Promised     int64  `json:"promised" doc:"offered: the new finish time, ms since 1970"`
	Channel      string `json:"channel" rule:"max=20,enum=phone|kiosk|counter|web|message" doc:"how the customer answered"`
	Told         string `json:"told" rule:"max=40" doc:"declined: who was told in the workshop"`
	Acknowledged bool   `json:"acknowledged" doc:"declined, safety: the warning was acknowledged"`
}

func (d *Desk) answer(ctx context.Context, in Answer) (Ticketed, error) {
	switch in.Answer {
	case "offered":
		o := job.ExtraOffered{Extra: in.Extra, Price: in.Price, Promised: in.Promised, By: in.By}
		if in.Price < 0 || (in.Promised != 0 && in.Promised <= d.cfg.Now().UnixMilli()) {
			return Ticketed{}, web.Fail(http.StatusBadRequest, "out_of_range", "the price is negative, or the new time has passed", "give a price and a time to come")
		}
		return d.decide(ctx, in.Staff, func(s job.State) job.Reason { return job.CanOffer(s, o) }, one(o))
	case "approved":
		return d.decide(ctx, in.Staff, func(s job.State) job.Reason { return job.CanApprove(s, in.Extra) },
			one(job.ExtraApproved{Extra: in.Extra, Channel: or(in.Channel, "phone"), By: in.By}))
	default:
		x := job.ExtraDeclined{Extra: in.Extra, Channel: or(in.Channel, "phone"), Told: in.Told, Acknowledged: in.Acknowledged, By: in.By}
		return d.decide(ctx, in.Staff, func(s job.State) job.Reason { return job.CanRefuse(s, x) }, one(x))
	}
}

// Inspect is the inspection sheet (K-184, K-186).
type Inspect struct {
	Staff
	Passed bool     `json:"passed"`
	Checks []string `json:"checks" rule:"items=40,max=80"`
	Reason string   `json:"reason" rule:"max=500" doc:"why it did not pass"`
}

func (d *Desk) inspect(ctx context.Context, in Inspect) (Ticketed, error) {
	if !in.Passed {
		if in.Reason == "" {
			return Ticketed{}, web.Fail(http.StatusBadRequest, "no_reason", "a failed inspection needs its reason", "say what is to be done again")
		}
		return d.decide(ctx, in.Staff, job.CanInspect, one(job.InspectionFailed{By: in.By, Reason: in.Reason}))
	}
	guard := func(s job.State) job.Reason {
		if len(in.Checks) == 0 {
			return job.NoChecks
		}
		return job.CanInspect(s)
	}
	return d.decide(ctx, in.Staff, guard, one(job.InspectionPassed{By: in.By, Checks: in.Checks}))
}

func (d *Desk) prepare(ctx context.Context, in Staff) (Ticketed, error) {
	return d.decide(ctx, in, job.CanPrepare, one(job.CarPrepared{By: in.By}))
}

// Notify says how the customer heard that the car is ready (K-202).
type Notify struct {
	Staff
	Channel string `json:"channel" rule:"required,enum=phone|counter|message|kiosk|web"`
}

func (d *Desk) notify(ctx context.Context, in Notify) (Ticketed, error) {
	return d.decide(ctx, in.Staff, job.CanNotify, one(job.ReadyNotified{By: in.By, Channel: in.Channel}))
}

// Settle is the payment of exactly what was signed and approved (K-093, K-201).
type Settle struct {
	Staff
	Paid   int64  `json:"paid" doc:"in the smallest unit"`
	Method string `json:"method" rule:"required,enum=cash|card|wechat|alipay|transfer|account"`
}

func (d *Desk) settle(ctx context.Context, in Settle) (Ticketed, error) {
	if s, ok := d.cfg.Board.Job(in.Job); ok && !s.Settled && job.CanSettle(s) == job.Free && in.Paid != job.Bill(s).Total {
		return Ticketed{}, web.Fail(http.StatusConflict, "amount", "the amount is not the total of the bill", "the cashier cannot change a price: take the total")
	}
	guard := func(s job.State) job.Reason {
		if r := job.CanSettle(s); r != job.Free {
			return r
		}
		return job.CanBill(s, job.Bill(s))
	}
	return d.decide(ctx, in.Staff, guard, func(s job.State) []job.Payload {
		return []job.Payload{
			job.Bill(s),
			job.BillSettled{By: in.By, Paid: in.Paid, Method: in.Method},
		}
	})
}

func (d *Desk) gatepass(ctx context.Context, in Staff) (Ticketed, error) {
	return d.decide(ctx, in, job.CanGatepass, one(job.GatepassIssued{By: in.By}))
}

// Handback is the customer's signature for the car, given at the desk (K-208): for
// a visit whose key staff hands out.
type Handback struct {
	Staff
	Strokes json.RawMessage `json:"strokes" doc:"point groups of signature_pad"`
}

func (d *Desk) handback(ctx context.Context, in Handback) (Ticketed, error) {
	if _, err := d.person(in.Staff); err != nil {
		return Ticketed{}, err
	}
	s, err := d.state(in.Job)
	if err != nil {
		return Ticketed{}, err
	}
	if r := job.CanClose(s, true); r != job.Free && !s.Back {
		return Ticketed{}, reject(r)
	}
	strokes, err := cleanStrokes(in.Strokes)
	if err != nil {
		return Ticketed{}, err
	}
	if err := d.signFor(ctx, s, strokes); err != nil {
		return Ticketed{}, err
	}
	// A key that hangs in no cabinet goes from hand to hand: the signature is the end.
	if s.Key.In || s.Key.Taken || s.Back {
		return Ticketed{s.ID, s.Ticket}, nil
	}
	err = d.handedBack(ctx, s, in.By)
	return Ticketed{s.ID, s.Ticket}, err
}

// Release opens a slot by a staff member's hand. The slot of a job's key opens
// only with its gate pass, for staff too (K-207).
type Release struct {
	Staff
	Slot   int    `json:"slot" rule:"required"`
	Reason string `json:"reason" rule:"required,max=200"`
}

func (d *Desk) release(ctx context.Context, in Release) (SlotOut, error) {
	request, err := d.person(in.Staff)
	if err != nil {
		return SlotOut{}, err
	}
	s, err := d.state(in.Job)
	if err != nil {
		return SlotOut{}, err
	}
	if other, ok := d.elsewhere(in.Job); ok && other.Key.Slot == in.Slot {
		return d.wishRelease(ctx, in, other, request)
	}
	if s.Key.Slot != in.Slot || !d.owns(s) {
		return SlotOut{}, web.Fail(http.StatusConflict, "other_slot", "the key of this job is not in that slot of this cabinet", "look at the cabinet again")
	}
	again, err := d.done(ctx, request, s.ID)
	if err != nil {
		return SlotOut{}, err
	}
	if r := ready(s); r != job.Free && !again {
		return SlotOut{}, reject(r)
	}
	return d.unlock(ctx, s, Unlock{Job: s.ID, Slot: in.Slot, Purpose: "release", By: in.By, Reason: in.Reason, Request: request})
}

// extraID names an extra item by the wish that raised it.
func extraID(request string) string {
	id := derive("extra", request)
	return hex.EncodeToString(id[:4])
}
