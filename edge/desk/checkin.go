package desk

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"pitlane/devices/keycab"
	"pitlane/edge/board"
	"pitlane/edge/clocks"
	"pitlane/edge/job"
	"pitlane/edge/web"
)

// CheckinOpen is what the kiosk has asked (K-023 to K-040, K-112, K-114).
type CheckinOpen struct {
	Request     string       `json:"request" rule:"required,max=32"`
	Lang        string       `json:"lang" rule:"required,enum=zh-Hans|zh-Hant|en"`
	Purpose     string       `json:"purpose" rule:"required,enum=repair|maintenance|diagnosis|quote|appointment|complaint" doc:"an enquiry and a pick-up open no visit"`
	Plate       string       `json:"plate" rule:"max=20" doc:"empty: no plate yet"`
	PlatePublic string       `json:"plate_public" rule:"enum=masked|ticket" doc:"how the waiting room names the car"`
	Phone       string       `json:"phone" rule:"max=24"`
	Name        string       `json:"name" rule:"max=60"`
	Complaint   ComplaintIn  `json:"complaint"`
	Walkround   WalkroundIn  `json:"walkround"`
	Belongings  BelongingsIn `json:"belongings"`
	Assistance  bool         `json:"assistance"`
}

// ComplaintIn is what the customer says is wrong.
type ComplaintIn struct {
	Taps  []string `json:"taps" rule:"items=20,max=60"`
	Words string   `json:"words" rule:"max=500"`
}

// WalkroundIn is the walk-round: marks, or none chosen actively.
type WalkroundIn struct {
	None  bool     `json:"none"`
	Marks []string `json:"marks" rule:"items=30,max=80"`
}

// BelongingsIn is what stays in the car: items, or none chosen actively.
type BelongingsIn struct {
	None  bool     `json:"none"`
	Items []string `json:"items" rule:"items=30,max=80"`
}

// CheckinOrder is the answer to CheckinOpen: the order to be signed.
type CheckinOrder struct {
	Job    string   `json:"job"`
	Ticket string   `json:"ticket"`
	Order  OrderOut `json:"order"`
}

// OrderOut is an order as the customer reads it.
type OrderOut struct {
	Lines    []job.Line `json:"lines"`
	Total    int64      `json:"total"`
	Promised *time.Time `json:"promised" doc:"null where this edge does not know the time: the text then says within how long"`
	Text     string     `json:"text"`
	TextHash string     `json:"text_hash"`
}

func (d *Desk) checkinOpen(ctx context.Context, in CheckinOpen) (CheckinOrder, error) {
	request, err := requestID(in.Request)
	if err != nil {
		return CheckinOrder{}, err
	}
	if err := d.checkOpen(&in); err != nil {
		return CheckinOrder{}, err
	}
	d.opening.Lock()
	defer d.opening.Unlock()
	sum := derive("job", d.cfg.Node, in.Request)
	id := hex.EncodeToString(sum[:8])
	if again, err := d.done(ctx, request, id); err != nil {
		return CheckinOrder{}, err
	} else if again {
		return d.openedBefore(ctx, in.Request)
	}
	opened, err := d.opened(id, in)
	if err != nil {
		return CheckinOrder{}, err
	}
	page := order{
		shop: d.cfg.Shop, ticket: opened.Ticket, plate: opened.Plate, lang: in.Lang, complaint: opened.Complaint,
		lines: d.cfg.Order.orderLines(in.Purpose, in.Lang), promised: d.cfg.Order.promise(d.cfg.Now()),
		marks: in.Walkround.Marks, belongings: in.Belongings.Items,
	}
	if !clocks.Plausible(d.cfg.Now().UnixMilli()) { // nobody signs for a day of 1970
		page.within = d.cfg.Order.Promise
	}
	offered := d.cfg.Order.offer(page)
	err = d.write(ctx, id, nil,
		note{request: request, payload: opened, contact: &job.Contact{Name: in.Name, Phone: in.Phone}},
		note{request: derive(in.Request, "inspected"), payload: job.Inspected{None: in.Walkround.None, Marks: in.Walkround.Marks}},
		note{request: derive(in.Request, "belongings"), payload: job.Belongings{None: in.Belongings.None, Items: in.Belongings.Items}},
		note{request: derive(in.Request, "offered"), payload: offered})
	if err != nil {
		return CheckinOrder{}, err
	}
	return d.atSign(id, opened.Ticket, offered), nil
}

// checkOpen normalises plate and phone and holds what tags cannot say.
func (d *Desk) checkOpen(in *CheckinOpen) (err error) {
	if in.Plate, err = cleanPlate(in.Plate); err != nil {
		return err
	}
	if in.Phone, err = cleanPhone(in.Phone); err != nil {
		return err
	}
	in.PlatePublic = or(in.PlatePublic, "masked")
	if in.Walkround.None == (len(in.Walkround.Marks) > 0) {
		return web.Fail(http.StatusBadRequest, "no_walkround", "the walk-round needs marks, or an active “none”, and not both", "send walkround.none true, or walkround.marks")
	}
	if in.Belongings.None == (len(in.Belongings.Items) > 0) {
		return web.Fail(http.StatusBadRequest, "no_belongings", "the belongings need items, or an active “none”, and not both", "send belongings.none true, or belongings.items")
	}
	return nil
}

func (d *Desk) opened(id string, in CheckinOpen) (job.Opened, error) {
	open := d.cfg.Board.Jobs()
	ticket, err := newTicket(d.cfg.Random, open)
	if err != nil {
		return job.Opened{}, err
	}
	hash, err := d.newCode(id, open)
	if err != nil {
		return job.Opened{}, err
	}
	return job.Opened{
		Ticket: ticket, Lang: in.Lang, Purpose: in.Purpose, Channel: "kiosk", Plate: in.Plate, PlatePublic: in.PlatePublic,
		Complaint: job.Complaint{Taps: in.Complaint.Taps, Words: in.Complaint.Words},
		Owner:     d.owner(), Urgency: "normal", Assistance: in.Assistance, CodeHash: hash,
	}, nil
}

// owner is the first receiver of a case, never empty (K-033).
func (d *Desk) owner() string {
	for _, p := range d.cfg.People {
		if p.Role == "SA" {
			return p.ID
		}
	}
	return kiosk
}

// openedBefore answers a repeated CheckinOpen from what was written then.
func (d *Desk) openedBefore(ctx context.Context, request string) (CheckinOrder, error) {
	entry, found, err := d.cfg.Journal.Request(ctx, derive(request, "offered"))
	if err != nil {
		return CheckinOrder{}, refuse(err)
	}
	s, ok := d.cfg.Board.Job(entry.Job)
	var offered job.Offered
	if !found || !ok || entry.Work == nil || json.Unmarshal(entry.Work.Payload, &offered) != nil {
		return CheckinOrder{}, web.Fail(http.StatusConflict, "already", "this check-in was begun before and is no longer held here", "please call the staff")
	}
	return d.atSign(s.ID, s.Ticket, offered), nil
}

func (d *Desk) atSign(id, ticket string, o job.Offered) CheckinOrder {
	promised := promiseAt(o.Promised)
	d.session.begin(d.cfg.Now(), board.KioskSession{Job: id, Ticket: ticket, Mode: "checkin", Step: "sign", Promised: promised})
	return CheckinOrder{Job: id, Ticket: ticket, Order: OrderOut{
		Lines: o.Lines, Total: o.Total, Promised: promised, Text: o.Text, TextHash: o.TextHash}}
}

// CheckinSign is the signature under exactly the text shown (K-060, K-082).
type CheckinSign struct {
	Request     string          `json:"request" rule:"required,max=32"`
	Job         string          `json:"job" rule:"required,max=64"`
	TextHash    string          `json:"text_hash" rule:"required,max=64" doc:"hex SHA-256 of the text that was shown"`
	ConsentScan bool            `json:"consent_scan"`
	Strokes     json.RawMessage `json:"strokes" doc:"point groups of signature_pad"`
}

// Ticketed is the short answer: which visit it was.
type Ticketed struct {
	Job    string `json:"job"`
	Ticket string `json:"ticket"`
}

func (d *Desk) checkinSign(ctx context.Context, in CheckinSign) (Ticketed, error) {
	request, err := requestID(in.Request)
	if err != nil {
		return Ticketed{}, err
	}
	s, err := d.state(in.Job)
	if err != nil {
		return Ticketed{}, err
	}
	if again, err := d.done(ctx, request, s.ID); err != nil || again {
		return Ticketed{s.ID, s.Ticket}, err
	}
	switch {
	case s.Declined:
		return Ticketed{}, reject(job.WasDeclined)
	case s.Signed:
		return Ticketed{}, reject(job.Already)
	case in.TextHash != s.OfferHash:
		return Ticketed{}, web.Fail(http.StatusConflict, "text_changed", "this is not the text of the order", "show the order again and sign that")
	}
	strokes, err := cleanStrokes(in.Strokes)
	if err != nil {
		return Ticketed{}, err
	}
	notes := []note{
		{request: request, payload: job.Signed{TextHash: in.TextHash, Lang: s.Lang}, contact: &job.Contact{Strokes: strokes}},
		{request: derive(in.Request, "consented"), payload: job.Consented{Scan: in.ConsentScan, TextHash: in.TextHash, Lang: s.Lang}},
	}
	if err := d.write(ctx, s.ID, s.Tips, notes...); err != nil {
		return Ticketed{}, err
	}
	d.session.step(d.cfg.Now(), s.ID, "key")
	return Ticketed{s.ID, s.Ticket}, nil
}

// cleanStrokes refuses what is no signature: an empty pad, or something else.
func cleanStrokes(raw json.RawMessage) (json.RawMessage, error) {
	missing := web.Fail(http.StatusBadRequest, "no_signature", "the signature is empty", "sign in the field")
	var groups []json.RawMessage
	if json.Unmarshal(raw, &groups) != nil || len(groups) == 0 {
		return nil, missing
	}
	if len(raw) > job.MaxPayload-1024 {
		return nil, web.Fail(http.StatusRequestEntityTooLarge, "too_large", "the signature has too many points", "sign again, a little shorter")
	}
	return raw, nil
}

// CheckinDecline is the customer's no (K-083, K-084).
type CheckinDecline struct {
	Request string `json:"request" rule:"required,max=32"`
	Job     string `json:"job" rule:"required,max=64"`
	Reason  string `json:"reason" rule:"max=200"`
}

func (d *Desk) checkinDecline(ctx context.Context, in CheckinDecline) (Ticketed, error) {
	request, err := requestID(in.Request)
	if err != nil {
		return Ticketed{}, err
	}
	s, err := d.state(in.Job)
	if err != nil {
		return Ticketed{}, err
	}
	if again, err := d.done(ctx, request, s.ID); err != nil || again {
		return Ticketed{s.ID, s.Ticket}, err
	}
	switch {
	case s.HandedOver || s.Key.In:
		return Ticketed{}, web.Fail(http.StatusConflict, "handed_over", "the car has been handed over", "please call the staff")
	case s.Declined:
		return Ticketed{}, reject(job.Already)
	}
	if err := d.write(ctx, s.ID, s.Tips, note{request: request, payload: job.Declined{Reason: in.Reason}}); err != nil {
		return Ticketed{}, err
	}
	d.session.wipe(s.ID)
	return Ticketed{s.ID, s.Ticket}, nil
}

// OfJob is a call about one visit and nothing more.
type OfJob struct {
	Request string `json:"request" rule:"required,max=32"`
	Job     string `json:"job" rule:"required,max=64"`
}

// SlotOut says which slot and what became of it. Outcome: opened, failed, unknown.
type SlotOut struct {
	Slot    int    `json:"slot"`
	Outcome string `json:"outcome"`
}

// checkinKey opens a free slot for the key (K-116).
func (d *Desk) checkinKey(ctx context.Context, in OfJob) (SlotOut, error) {
	request, err := requestID(in.Request)
	if err != nil {
		return SlotOut{}, err
	}
	s, err := d.state(in.Job)
	if err != nil {
		return SlotOut{}, err
	}
	e, again, err := d.first(ctx, request, s.ID)
	switch {
	case err != nil:
		return SlotOut{}, err
	case again:
		return d.repeated(ctx, s, kiosk, "", e)
	case s.Declined:
		return SlotOut{}, reject(job.WasDeclined)
	case !s.Signed:
		return SlotOut{}, reject(job.NoOrder)
	case s.HandedOver || s.Key.In:
		return SlotOut{}, reject(job.Already)
	}
	slot, err := d.slotToHang(s)
	if err != nil {
		return SlotOut{}, err
	}
	return d.unlock(ctx, s, Unlock{Job: s.ID, Slot: slot, Purpose: "hang", By: kiosk, Request: request})
}

// slotToHang keeps to the slot that was opened for the job before: its door may
// still stand open. After a failure another is taken.
func (d *Desk) slotToHang(s job.State) (int, error) {
	if d.cfg.Keys == nil {
		return 0, web.Fail(http.StatusServiceUnavailable, "no_cabinet", "this edge has no key cabinet", "please call the staff")
	}
	if s.Key.Slot > 0 && s.Key.Cabinet == d.cfg.Cabinet && s.Key.Purpose == "hang" && s.Key.Unlock != "failed" {
		return s.Key.Slot, nil
	}
	slot, err := d.cfg.Keys.FreeSlot()
	if err != nil {
		return 0, refuse(err)
	}
	return slot, nil
}

func (d *Desk) unlock(ctx context.Context, s job.State, u Unlock) (SlotOut, error) {
	if d.cfg.Keys == nil {
		return SlotOut{}, web.Fail(http.StatusServiceUnavailable, "no_cabinet", "this edge has no key cabinet", "please call the staff")
	}
	d.session.change(d.cfg.Now(), s.ID, func(k *board.KioskSession) {
		if k.Step != "done" { // the key hangs: the answer to that was lost, and is asked for again
			k.Step, k.Slot = "opening", u.Slot
		}
	})
	outcome, err := d.cfg.Keys.Unlock(ctx, u)
	if err != nil {
		d.session.step(d.cfg.Now(), s.ID, "failed")
		return SlotOut{}, refuse(err)
	}
	step := "failed"
	if outcome == keycab.Opened {
		step = "open"
	}
	d.session.change(d.cfg.Now(), s.ID, func(k *board.KioskSession) {
		if k.Step == "opening" { // the key may have been quicker than this answer
			k.Step = step
		}
	})
	return SlotOut{Slot: u.Slot, Outcome: string(outcome)}, nil
}

// CheckinDone is the last page (K-120).
type CheckinDone struct {
	Ticket   string     `json:"ticket"`
	Code     string     `json:"code" doc:"8 digits, for the pick-up; shown once and stored only hashed"`
	Promised *time.Time `json:"promised" doc:"null while no clock can say it"`
	QR       string     `json:"qr_svg"`
}

// checkinFinish ends the check-in once the key is in. Asked again, it answers the
// same.
func (d *Desk) checkinFinish(ctx context.Context, in OfJob) (CheckinDone, error) {
	if _, err := requestID(in.Request); err != nil {
		return CheckinDone{}, err
	}
	s, err := d.state(in.Job)
	if err != nil {
		return CheckinDone{}, err
	}
	if s.Bay != "" || s.Back { // the code is for the page that ends the check-in, not for later
		return CheckinDone{}, reject(job.Already)
	}
	if !s.HandedOver {
		if err := d.handOver(ctx, s); err != nil {
			return CheckinDone{}, err
		}
	}
	code := d.codeOf(s)
	if code == "" {
		return CheckinDone{}, web.Fail(http.StatusConflict, "other_node", "this check-in was begun at another edge", "go on there")
	}
	svg, err := qrSVG(token(d.cfg.Secret, s.ID))
	if err != nil {
		return CheckinDone{}, fmt.Errorf("finish a check-in: %w", err)
	}
	d.session.wipe(s.ID)
	return CheckinDone{Ticket: s.Ticket, Code: code, Promised: promiseAt(s.Promised), QR: svg}, nil
}

// handOver writes that car and key are with the shop: once, whoever asks.
func (d *Desk) handOver(ctx context.Context, s job.State) error {
	if r := job.CanHandOver(s); r != job.Free {
		return reject(r)
	}
	return d.write(ctx, s.ID, s.Tips, note{request: derive("handed_over", s.ID), payload: job.HandedOver{}})
}
