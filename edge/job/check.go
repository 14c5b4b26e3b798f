package job

import "fmt"

// What a field may hold at most. A leaf of the journal carries 24 KiB; these keep
// a screen readable, and a fold small, whatever a node of the shop sends.
const (
	maxWord  = 128      // ids, codes, hashes, names of things
	maxLine  = 500      // one line of text
	maxText  = 16 << 10 // an order's text, a customer's words
	maxList  = 256
	maxMoney = 1_000_000_000_000
	maxTime  = 253_402_300_799_999 // the last millisecond of the year 9999
	maxSlot  = 4096
)

// checker gathers the first thing that is wrong. It names fields, never values.
type checker struct {
	strict bool // ask for the fields that may not be empty
	err    error
}

func (c *checker) fail(field string, why error) {
	if c.err == nil {
		c.err = fmt.Errorf("%s: %w", field, why)
	}
}

func (c *checker) size(field string, n, most int) {
	if n > most {
		c.fail(field, ErrOutOfRange)
	}
}

func (c *checker) between(field string, n, low, high int64) {
	if n < low || n > high {
		c.fail(field, ErrOutOfRange)
	}
}

// need is a word that may not be empty.
func (c *checker) need(field, s string) {
	if c.strict && s == "" {
		c.fail(field, ErrEmpty)
	}
	c.size(field, len(s), maxWord)
}

// said is a line that may not be empty.
func (c *checker) said(field, s string) {
	if c.strict && s == "" {
		c.fail(field, ErrEmpty)
	}
	c.line(field, s)
}

func (c *checker) word(field, s string) { c.size(field, len(s), maxWord) }
func (c *checker) line(field, s string) { c.size(field, len(s), maxLine) }
func (c *checker) text(field, s string) { c.size(field, len(s), maxText) }

func (c *checker) money(field string, n int64) { c.between(field, n, 0, maxMoney) }
func (c *checker) time(field string, ms int64) { c.between(field, ms, 0, maxTime) }

func (c *checker) texts(field string, list []string) {
	c.size(field, len(list), maxList)
	for _, s := range list {
		c.line(field, s)
	}
}

func (c *checker) lines(field string, list []Line) {
	c.size(field, len(list), maxList)
	for _, l := range list {
		c.need(field+".id", l.ID)
		c.line(field+".text", l.Text)
		c.between(field+".price", l.Price, -maxMoney, maxMoney) // a discount is a line below zero
	}
}

func (c *checker) slot(cabinet string, n int) {
	c.word("cabinet", cabinet)
	c.between("slot", int64(n), 0, maxSlot)
}

func check(p Payload, strict bool) error {
	c := &checker{strict: strict}
	for _, f := range []func(*checker, Payload){checkVisit, checkKey, checkAlarm, checkWork, checkCar, checkClear, checkBack, checkSealed, checkTimer, checkErased} {
		f(c, p)
	}
	return c.err
}

func checkContact(x Contact) error {
	c := &checker{}
	c.line("name", x.Name)
	c.word("phone", x.Phone)
	c.line("wishes", x.Wishes)
	c.size("strokes", len(x.Strokes), MaxPayload)
	return c.err
}

func checkVisit(c *checker, p Payload) {
	switch p := p.(type) {
	case Opened:
		c.need("ticket", p.Ticket)
		c.need("owner", p.Owner) // K-033
		c.word("lang", p.Lang)
		c.word("purpose", p.Purpose)
		c.word("channel", p.Channel)
		c.word("plate", p.Plate)
		c.word("plate_public", p.PlatePublic)
		c.word("urgency", p.Urgency)
		c.word("code_hash", p.CodeHash)
		c.texts("complaint.taps", p.Complaint.Taps)
		c.text("complaint.words", p.Complaint.Words)
	case Inspected:
		c.texts("marks", p.Marks)
	case Belongings:
		c.texts("items", p.Items)
		c.word("box", p.Box)
	case Offered:
		c.need("text_hash", p.TextHash)
		c.lines("lines", p.Lines)
		c.money("total", p.Total)
		c.time("promised", p.Promised)
		c.time("within", p.Within)
		c.text("text", p.Text)
	case Consented:
		c.word("text_hash", p.TextHash)
		c.word("lang", p.Lang)
	case Signed:
		c.need("text_hash", p.TextHash)
		c.word("lang", p.Lang)
	case Declined:
		c.line("reason", p.Reason)
	}
}

func checkKey(c *checker, p Payload) {
	switch p := p.(type) {
	case UnlockIntended:
		c.slot(p.Cabinet, p.Slot)
		c.need("purpose", p.Purpose)
		c.word("by", p.By)
		c.line("reason", p.Reason)
		c.word("wish", p.Wish)
	case SlotOpened:
		c.slot(p.Cabinet, p.Slot)
	case SlotClosed:
		c.slot(p.Cabinet, p.Slot)
	case UnlockFailed:
		c.slot(p.Cabinet, p.Slot)
		c.line("why", p.Why)
	case OutcomeUnknown:
		c.slot(p.Cabinet, p.Slot)
	case KeyHung:
		c.slot(p.Cabinet, p.Slot)
		c.word("tag", p.Tag)
	case KeyTaken:
		c.slot(p.Cabinet, p.Slot)
	case CabinetOnline:
		c.word("cabinet", p.Cabinet)
		c.size("slots", len(p.Slots), maxSlot)
	case CabinetOffline:
		c.word("cabinet", p.Cabinet)
		c.line("why", p.Why)
	case Forced:
		c.slot(p.Cabinet, p.Slot)
	case Flapping:
		c.slot(p.Cabinet, p.Slot)
	}
}

func checkWork(c *checker, p Payload) {
	switch p := p.(type) {
	case BayAssigned:
		c.need("bay", p.Bay)
		c.need("lead", p.Lead) // K-144
		c.texts("helpers", p.Helpers)
		c.word("by", p.By)
	case CarReceived:
		c.need("bay", p.Bay)
		c.need("by", p.By) // K-118
	case ScanStarted:
		c.need("scan", p.Scan)
		c.word("bay", p.Bay)
		c.word("by", p.By)
	case ScanPart:
		c.need("scan", p.Scan)
		c.between("part", int64(p.Part), 1, maxList)
	case ScanCompleted:
		checkScan(c, p)
	case ScanFailed:
		c.need("scan", p.Scan)
		c.word("bay", p.Bay)
		c.need("why", p.Why)
		c.text("message", p.Message)
	case CarMismatched:
		c.need("scan", p.Scan)
	case WorkStarted:
		c.word("bay", p.Bay)
		c.word("by", p.By)
	case WorkPaused:
		c.word("by", p.By)
		c.said("reason", p.Reason)
	case WorkResumed:
		c.word("by", p.By)
	case WorkFinished:
		c.word("bay", p.Bay)
		c.word("by", p.By)
		c.text("cause", p.Cause)
	case PartAwaited:
		c.need("part", p.Part)
		c.time("eta", p.ETA)
	case PartArrived:
		c.need("part", p.Part)
	}
}

func checkScan(c *checker, p ScanCompleted) {
	c.need("scan", p.Scan)
	c.word("bay", p.Bay)
	c.word("vin", p.VIN)
	c.between("parts", int64(p.Parts), 0, maxList)
	c.line("adapter", p.Adapter)
	c.line("protocol", p.Protocol)
	c.size("codes", len(p.Codes), 4*maxList)
	for _, x := range p.Codes {
		c.word("codes.ecu", x.ECU)
		c.need("codes.code", x.Code)
		c.word("codes.status", x.Status)
	}
}

func checkBack(c *checker, p Payload) {
	switch p := p.(type) {
	case ExtraRaised:
		c.need("extra", p.Extra)
		c.text("text", p.Text)
		c.word("by", p.By)
	case ExtraOffered:
		c.need("extra", p.Extra)
		c.money("price", p.Price)
		c.time("promised", p.Promised)
		c.word("by", p.By)
	case ExtraApproved:
		c.need("extra", p.Extra)
		c.word("channel", p.Channel)
		c.word("by", p.By)
	case ExtraDeclined:
		c.need("extra", p.Extra)
		c.word("channel", p.Channel)
		c.need("told", p.Told) // K-163
		c.word("by", p.By)
	case InspectionPassed:
		c.texts("checks", p.Checks)
		c.word("by", p.By)
	case InspectionFailed:
		c.text("reason", p.Reason)
		c.word("by", p.By)
	case CarPrepared:
		c.word("by", p.By)
	case ReadyNotified:
		c.word("by", p.By)
		c.word("channel", p.Channel)
	case BillStated:
		c.lines("lines", p.Lines)
		c.money("total", p.Total)
	case BillSettled:
		c.money("paid", p.Paid)
		c.word("method", p.Method)
		c.word("by", p.By)
	case GatepassIssued:
		c.word("by", p.By)
	case HandbackSigned:
		c.money("total", p.Total)
	case CarHandedBack:
		c.word("by", p.By)
	case Rated:
		c.between("stars", int64(p.Stars), 1, 5) // K-212
	}
}
