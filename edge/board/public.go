package board

import (
	"time"

	"pitlane/edge/clocks"
	"pitlane/edge/job"
)

// linger is how long a car that has left, or was declined, stays on the public screen.
const linger = 10 * time.Minute

// waiting is the public screen: ticket, masked plate, one of eight words, bay,
// time (K-171; requirements section 4, column WR). It names each field it lets
// through; whatever a State gains later stays out.
func (b *Board) waiting(now time.Time) WaitingView {
	v := WaitingView{Shop: b.cfg.Shop, Rows: []Row{}, Faults: b.publicFaults()}
	for _, s := range b.sorted() {
		if !s.Opened || s.Ticket == "" || departed(s, b.moved[s.ID], now) {
			continue
		}
		v.Rows = append(v.Rows, Row{
			Ticket: s.Ticket, Plate: publicPlate(s), Word: s.Phase.Word(), Bay: s.Bay,
			Promised: promise(s.Promised), Late: late(s, now), Progress: job.Progress(s),
			Node: nodeOf(s.NewestOrigin),
		})
	}
	return v
}

// publicPlate is the masked plate where the customer chose so, and nothing
// otherwise. The plate that an event calls public is not trusted: it is made here.
func publicPlate(s job.State) string {
	masked := Mask(s.Plate)
	if s.PlatePublic == PlateMasked || (masked != "" && s.PlatePublic == masked) {
		return masked
	}
	return ""
}

// The customer's choice for the public screen (job.Opened.PlatePublic).
const (
	PlateMasked = "masked"
	PlateTicket = "ticket"
)

func departed(s job.State, movedMS int64, now time.Time) bool {
	switch s.Phase {
	case job.PhaseLeft, job.PhaseKeyOut, job.PhaseDeclined:
		return now.Sub(at(movedMS)) > linger
	}
	return false
}

// late: the promise has passed and the car is not ready.
func late(s job.State, now time.Time) bool {
	return clocks.Plausible(s.Promised) && !s.Prepared && !s.Declined && !s.Gatepass && now.After(at(s.Promised))
}

// kiosk is the customer's screen: his own session and nothing of anybody else.
func (b *Board) kiosk() KioskView {
	why := b.refusal()
	return KioskView{
		Shop: b.cfg.Shop, Accepting: why == "", Why: why,
		Session: copied(b.moment.session), Faults: b.publicFaults(),
	}
}

// refusal is why no check-in can be taken now.
func (b *Board) refusal() string {
	switch {
	case !b.caught:
		return "starting"
	case b.moment.hasFault("disk_full"):
		return "disk_full"
	case b.moment.cabinet.State == "none":
		return "no_cabinet"
	case b.moment.cabinet.State != "online":
		return "cabinet_offline"
	case b.uncommissioned():
		return "not_commissioned"
	}
	return ""
}

// publicFaults are the kinds alone: messages are for the staff (K-303).
func (b *Board) publicFaults() []Fault {
	list := []Fault{}
	for _, f := range b.moment.faults {
		list = append(list, Fault{Kind: f.Kind})
	}
	return list
}

func at(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// moments is a time that may be missing.
func moments(ms int64) *time.Time {
	if ms == 0 {
		return nil
	}
	t := at(ms)
	return &t
}

// promise is a promised moment; nil where there is none, or where the clock that made
// it could not be right.
func promise(ms int64) *time.Time {
	if !clocks.Plausible(ms) {
		return nil
	}
	return moments(ms)
}
