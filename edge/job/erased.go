package job

import "time"

// SubjectErased orders that the data of a visit's people and car ends: its keys go
// on every node. The kind alone says so, to nodes too that cannot read this.
type SubjectErased struct {
	By     string `json:"by"`
	Reason string `json:"reason"`
}

// ContactErased is SubjectErased for names, phones, signatures and wishes alone.
type ContactErased struct {
	By     string `json:"by"`
	Reason string `json:"reason"`
}

// Kind implements Payload.
func (SubjectErased) Kind() string { return "subject.erased" }

// Kind implements Payload.
func (ContactErased) Kind() string { return "subject.contact_erased" }

// Erases reports whether an event of this kind orders an erasure. What it says of
// itself outlives the visit's keys.
func Erases(kind string) bool {
	return kind == SubjectErased{}.Kind() || kind == ContactErased{}.Kind()
}

// stepErased blanks what is known of the people and the car, before any key is gone,
// and keeps what the order of events needs.
func (s *State) stepErased(kind string) {
	switch kind {
	case SubjectErased{}.Kind():
		*s = State{
			ID: s.ID, Events: s.Events, NewestOrigin: s.NewestOrigin, NewestMS: s.NewestMS, OpenedMS: s.OpenedMS,
			Uncertain: s.Uncertain, seen: s.seen, tips: s.tips, told: s.told, Erased: true, ContactErased: true,
		}
	case ContactErased{}.Kind():
		s.Name, s.Phone, s.ContactErased = "", "", true
	}
}

func decodeErased(kind string) func([]byte) (Payload, error) {
	switch kind {
	case SubjectErased{}.Kind():
		return as[SubjectErased]
	case ContactErased{}.Kind():
		return as[ContactErased]
	}
	return nil
}

func checkErased(c *checker, p Payload) {
	by, reason := "", ""
	switch p := p.(type) {
	case SubjectErased:
		by, reason = p.By, p.Reason
	case ContactErased:
		by, reason = p.By, p.Reason
	default:
		return
	}
	c.word("by", by)
	c.line("reason", reason)
	c.need("by", by)
	c.need("reason", reason)
}

// Retention is how long the data of a closed visit is kept.
type Retention struct {
	Contact time.Duration // 0: 90 days
	Work    time.Duration // 0: 365 days, and never less: the house's rule (K-159)
}

// The least that Retention gives.
const (
	contactKept = 90 * 24 * time.Hour
	workKept    = 365 * 24 * time.Hour
)

// Due is what of a visit's data is to be erased at a time: nil, a ContactErased or a
// SubjectErased. The visit's age counts from the newest of its events, so that
// whatever moves keeps it; only a visit that is over has one, and none with an event
// that nothing dates: what time took cannot come back. events are Bound and need no
// payloads: kinds and times are enough.
func Due(events []Event, now time.Time, keep Retention) Payload {
	if keep.Contact <= 0 {
		keep.Contact = contactKept
	}
	keep.Work = max(keep.Work, workKept)
	over, whole, contact := false, false, false
	for _, e := range events {
		switch e.Kind {
		case CarHandedBack{}.Kind(), Declined{}.Kind():
			over = true
		case SubjectErased{}.Kind():
			whole = true
		case ContactErased{}.Kind():
			contact = true
		}
	}
	newest := Newest(events)
	age := now.Sub(time.UnixMilli(newest))
	switch {
	case !over || whole || newest == 0:
		return nil
	case age >= keep.Work:
		return SubjectErased{By: retention, Reason: "kept long enough"}
	case age >= keep.Contact && !contact:
		return ContactErased{By: retention, Reason: "kept long enough"}
	default:
		return nil
	}
}

// Newest is when something last moved in a visit, in ms since 1970: 0 where something in
// it can have happened at any time. The erasure of the contact does not put that of the
// work off.
func Newest(events []Event) int64 {
	newest, _ := newestOf(events, func(e Event) bool { return e.Kind != ContactErased{}.Kind() })
	return newest
}

// retention is who erases when time does.
const retention = "retention"
