package desk

import (
	"context"
	"encoding/json"
	"net/http"

	"pitlane/edge/board"
	"pitlane/edge/job"
	"pitlane/edge/web"
)

// PickupOpen is a pick-up code as it is typed, or the token of the QR code.
type PickupOpen struct {
	Request string `json:"request" rule:"required,max=32"`
	Code    string `json:"code" rule:"required,max=80"`
}

// PickupView is what the customer sees before signing for the car.
type PickupView struct {
	Job    string           `json:"job"`
	Ticket string           `json:"ticket"`
	Ready  bool             `json:"ready"`
	Why    string           `json:"why,omitempty" doc:"why it is not ready, a word of a closed list"`
	Lines  []job.Line       `json:"lines"`
	Total  int64            `json:"total"`
	Before []board.CodeText `json:"codes_before" doc:"null where nothing is known; empty only where every unit said that it has no codes"`
	After  []board.CodeText `json:"codes_after" doc:"as codes_before"`
	// Changes is null where there are not two scans of the car.
	Changes *PickupChanges `json:"changes" doc:"what became of the codes; null where there are not two scans"`
	// Receipt is where the receipt will be once the car is handed back.
	Receipt *ReceiptCode `json:"receipt,omitempty" doc:"for the last page; missing where no receipts are given out"`
}

// PickupChanges is what became of the codes between the first scan and the last.
type PickupChanges struct {
	Complete bool               `json:"complete" doc:"both scans read every unit"`
	Clear    bool               `json:"clear" doc:"the last scan read every unit and none reports a code"`
	Codes    []board.CodeChange `json:"codes"`
}

func (d *Desk) pickupOpen(ctx context.Context, in PickupOpen) (PickupView, error) {
	if _, err := requestID(in.Request); err != nil {
		return PickupView{}, err
	}
	s, err := d.pickup(ctx, in.Code)
	if err != nil {
		return PickupView{}, err
	}
	if s.Back || s.Pickup.Used && s.Key.In {
		return PickupView{}, web.Fail(http.StatusGone, "used", "this code has been used", "please ask at the desk")
	}
	bill := job.Bill(s)
	v := PickupView{Job: s.ID, Ticket: s.Ticket, Lines: bill.Lines, Total: bill.Total}
	if v.Lines == nil {
		v.Lines = []job.Line{}
	}
	v.Before, v.After = d.beforeAfter(s)
	v.Changes = d.changes(s)
	if r := ready(s); r != job.Free {
		v.Why = string(r)
		return v, nil
	}
	v.Ready = true
	v.Receipt = d.receiptCode(ctx, s.ID)
	d.session.begin(d.cfg.Now(), board.KioskSession{Job: s.ID, Ticket: s.Ticket, Mode: "pickup", Step: "sign", Slot: s.Key.Slot})
	return v, nil
}

// ready says whether the key may go to the customer now.
func ready(s job.State) job.Reason { return job.CanRelease(s) }

// beforeAfter are the codes of the two scans of the job's car that are compared
// (job.BeforeAfter; K-186, K-204). They are nil where nothing is known: no scan, or
// one without codes that not every unit answered.
func (d *Desk) beforeAfter(s job.State) (before, after []board.CodeText) {
	known := func(s *job.Scan) []board.CodeText {
		if s == nil || len(s.Codes) == 0 && !s.Complete {
			return nil
		}
		return d.plain(s.Codes)
	}
	first, last := job.BeforeAfter(s)
	return known(first), known(last)
}

// changes is what became of the codes, without units and values: nil where there
// are not two scans.
func (d *Desk) changes(s job.State) *PickupChanges {
	if d.cfg.Compare == nil {
		return nil
	}
	c := d.cfg.Compare(s)
	if c == nil {
		return nil
	}
	return &PickupChanges{Complete: c.Before.Complete && c.After.Complete, Clear: c.Clear, Codes: c.Codes}
}

func (d *Desk) plain(codes []job.Code) []board.CodeText {
	out := make([]board.CodeText, 0, len(codes))
	for _, c := range codes {
		t := board.CodeText{ECU: c.ECU, Code: c.Code, Status: c.Status}
		if d.cfg.Plain != nil {
			t.Plain = d.cfg.Plain(c.Code)
		}
		out = append(out, t)
	}
	return out
}

// PickupKey is the second signature, and the wish for the key (K-207, K-208).
type PickupKey struct {
	Request string          `json:"request" rule:"required,max=32"`
	Code    string          `json:"code" rule:"required,max=80"`
	Strokes json.RawMessage `json:"strokes" doc:"point groups of signature_pad"`
}

// pickupKey writes the signature first: when the edge dies with the slot open, the
// visit still ends as it should once the key is gone.
func (d *Desk) pickupKey(ctx context.Context, in PickupKey) (SlotOut, error) {
	request, err := requestID(in.Request)
	if err != nil {
		return SlotOut{}, err
	}
	s, err := d.pickup(ctx, in.Code)
	if err != nil {
		return SlotOut{}, err
	}
	again, err := d.done(ctx, request, s.ID)
	if err != nil {
		return SlotOut{}, err
	}
	if r := ready(s); r != job.Free && !again {
		return SlotOut{}, reject(r)
	}
	if err := d.mayTakeNow(ctx, &s); err != nil && !again {
		return SlotOut{}, err
	}
	strokes, err := cleanStrokes(in.Strokes)
	if err != nil {
		return SlotOut{}, err
	}
	if err := d.signFor(ctx, s, strokes); err != nil {
		return SlotOut{}, err
	}
	return d.unlock(ctx, s, Unlock{Job: s.ID, Slot: s.Key.Slot, Purpose: "release", By: kiosk, Request: request})
}

// mayTakeNow is mayTake once code and token are bound to where the key hangs.
func (d *Desk) mayTakeNow(ctx context.Context, s *job.State) error {
	if err := d.bind(ctx, *s); err != nil {
		return err
	}
	if now, ok := d.cfg.Board.Job(s.ID); ok {
		*s = now
	}
	return d.mayTake(*s)
}

func (d *Desk) signFor(ctx context.Context, s job.State, strokes json.RawMessage) error {
	id := signedFor(s.ID)
	if again, err := d.done(ctx, id, s.ID); err != nil || again {
		return err
	}
	return d.write(ctx, s.ID, s.Tips, note{request: id, payload: job.HandbackSigned{Total: job.Bill(s).Total}, contact: &job.Contact{Strokes: strokes}})
}

// PickupRate is the one-tap rating (K-212).
type PickupRate struct {
	Request string `json:"request" rule:"required,max=32"`
	Code    string `json:"code" rule:"required,max=80"`
	Stars   int    `json:"stars" rule:"required" doc:"1 to 5"`
}

func (d *Desk) pickupRate(ctx context.Context, in PickupRate) (Ticketed, error) {
	request, err := requestID(in.Request)
	if err != nil {
		return Ticketed{}, err
	}
	s, err := d.pickup(ctx, in.Code)
	if err != nil {
		return Ticketed{}, err
	}
	if again, err := d.done(ctx, request, s.ID); err != nil || again {
		return Ticketed{s.ID, s.Ticket}, err
	}
	switch {
	case in.Stars < 1 || in.Stars > 5:
		return Ticketed{}, web.Fail(http.StatusBadRequest, "stars", "the rating is not 1 to 5", "tap one of the five")
	case !s.Back && !s.Key.Taken:
		return Ticketed{}, web.Fail(http.StatusConflict, "not_back", "the car has not been handed back", "rate when you have the key")
	case s.Stars > 0:
		return Ticketed{}, reject(job.Already)
	}
	err = d.write(ctx, s.ID, nil, note{request: request, payload: job.Rated{Stars: in.Stars}})
	return Ticketed{s.ID, s.Ticket}, err
}

// Reset ends whatever is under way at the kiosk.
type Reset struct {
	Request string `json:"request" rule:"required,max=32"`
}

// Nothing is the answer of a call that says nothing.
type Nothing struct{}

func (d *Desk) reset(_ context.Context, in Reset) (Nothing, error) {
	if _, err := requestID(in.Request); err != nil {
		return Nothing{}, err
	}
	d.session.wipe("")
	return Nothing{}, nil
}
