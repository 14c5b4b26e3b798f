package job

// The payloads of what goes wrong with keys, and of what else a cabinet's room
// writes beside the plain movements of hooks and keys. What raises something and
// what ends it have different names, so that a rule on one never meets the other.

// AlarmRaised is something that a person has to look at: it stands until a named
// person has acknowledged it. The event is the job's whose key it is about, if any.
type AlarmRaised struct {
	Alarm   string `json:"alarm"` // its id; a repeat has a new one
	What    string `json:"what"`  // one of the alarm words
	Cabinet string `json:"cabinet"`
	Slot    int    `json:"slot"` // 0: the whole cabinet
}

// AlarmCleared says that the cause is over. The alarm still waits for its person.
type AlarmCleared struct {
	Alarm   string `json:"alarm"`
	What    string `json:"what"`
	Cabinet string `json:"cabinet"`
	Slot    int    `json:"slot"`
}

// AlarmAcknowledged is a named person who has looked at an alarm or a warning.
type AlarmAcknowledged struct {
	Alarm   string `json:"alarm"`
	What    string `json:"what"`
	Cabinet string `json:"cabinet"`
	Slot    int    `json:"slot"`
	By      string `json:"by"`
	Note    string `json:"note,omitempty"`
}

// WarningRaised is something odd that ends by itself, or once somebody has looked.
type WarningRaised struct {
	Warning string `json:"warning"` // its id; a repeat has a new one
	What    string `json:"what"`    // one of the warning words
	Cabinet string `json:"cabinet"`
	Slot    int    `json:"slot"`           // 0: the whole cabinet
	Want    int    `json:"want,omitempty"` // wrong_slot: the slot that was meant
	Tag     string `json:"tag,omitempty"`  // unknown_tag
	By      string `json:"by,omitempty"`   // returned_by_other, overdue: who has or had it in hand
	Of      string `json:"of,omitempty"`   // returned_by_other: who had taken it
}

// WarningCleared says that it is over.
type WarningCleared struct {
	Warning string `json:"warning"`
	What    string `json:"what"`
	Cabinet string `json:"cabinet"`
	Slot    int    `json:"slot"`
}

// CabinetCommissioned says that a person has shown which bit is a closed hook and
// how the boards are wired; before that nothing opens.
type CabinetCommissioned struct {
	Cabinet    string `json:"cabinet"`
	By         string `json:"by"`
	Driver     string `json:"driver,omitempty"`
	Boards     []int  `json:"boards,omitempty"`
	HookClosed int    `json:"hook_closed"` // 0 or 1: the bit of a closed hook
}

// TagBound says that a tag was read on a job's key: from then on the tag tells
// which key it is, wherever it is read.
type TagBound struct {
	Cabinet string `json:"cabinet"`
	Slot    int    `json:"slot"`
	Tag     string `json:"tag"`
}

// PickupBound ties a job's pick-up code and token to the slot where the key hangs
// and to the kiosk of that cabinet: neither opens anything else.
type PickupBound struct {
	Cabinet   string `json:"cabinet"`
	Slot      int    `json:"slot"`
	Kiosk     string `json:"kiosk"`                // the node whose kiosk it is for
	TokenHash string `json:"token_hash,omitempty"` // hex SHA-256 of the 128-bit token of the QR code
}

// PickupRefused is a wrong code or token, on disk before the answer is given: who
// pulls the plug between two guesses has not won one. The event is the job's that
// the token named, if any.
type PickupRefused struct {
	Kiosk string `json:"kiosk"`
	Why   string `json:"why"` // wrong_code, wrong_token, other_kiosk
}

// Kind implements Payload.
func (AlarmRaised) Kind() string { return "alarm.raised" }

// Kind implements Payload.
func (AlarmCleared) Kind() string { return "alarm.cleared" }

// Kind implements Payload.
func (AlarmAcknowledged) Kind() string { return "alarm.acknowledged" }

// Kind implements Payload.
func (WarningRaised) Kind() string { return "warning.raised" }

// Kind implements Payload.
func (WarningCleared) Kind() string { return "warning.cleared" }

// Kind implements Payload.
func (CabinetCommissioned) Kind() string { return "cabinet.commissioned" }

// Kind implements Payload.
func (TagBound) Kind() string { return "tag.bound" }

// Kind implements Payload.
func (PickupBound) Kind() string { return "pickup.bound" }

// Kind implements Payload.
func (PickupRefused) Kind() string { return "pickup.refused" }

// keyKinds are the kinds of this file.
func keyKinds() []string {
	return []string{
		AlarmRaised{}.Kind(), AlarmCleared{}.Kind(), AlarmAcknowledged{}.Kind(), WarningRaised{}.Kind(), WarningCleared{}.Kind(),
		CabinetCommissioned{}.Kind(), TagBound{}.Kind(), PickupBound{}.Kind(), PickupRefused{}.Kind(),
		SlotWished{}.Kind(), WishRefused{}.Kind(),
	}
}

func decodeAlarm(kind string) func([]byte) (Payload, error) {
	switch kind {
	case AlarmRaised{}.Kind():
		return as[AlarmRaised]
	case AlarmCleared{}.Kind():
		return as[AlarmCleared]
	case AlarmAcknowledged{}.Kind():
		return as[AlarmAcknowledged]
	case WarningRaised{}.Kind():
		return as[WarningRaised]
	case WarningCleared{}.Kind():
		return as[WarningCleared]
	case CabinetCommissioned{}.Kind():
		return as[CabinetCommissioned]
	case TagBound{}.Kind():
		return as[TagBound]
	case PickupBound{}.Kind():
		return as[PickupBound]
	case PickupRefused{}.Kind():
		return as[PickupRefused]
	case SlotWished{}.Kind():
		return as[SlotWished]
	case WishRefused{}.Kind():
		return as[WishRefused]
	}
	return nil
}

func checkAlarm(c *checker, p Payload) {
	about := func(field, id, what, cabinet string, slot int) {
		c.need(field, id)
		c.need("what", what)
		c.slot(cabinet, slot)
	}
	switch p := p.(type) {
	case AlarmRaised:
		about("alarm", p.Alarm, p.What, p.Cabinet, p.Slot)
	case AlarmCleared:
		about("alarm", p.Alarm, p.What, p.Cabinet, p.Slot)
	case AlarmAcknowledged:
		about("alarm", p.Alarm, p.What, p.Cabinet, p.Slot)
		c.need("by", p.By)
		c.line("note", p.Note)
	case WarningRaised:
		about("warning", p.Warning, p.What, p.Cabinet, p.Slot)
		c.between("want", int64(p.Want), 0, maxSlot)
		c.word("tag", p.Tag)
		c.word("by", p.By)
		c.word("of", p.Of)
	case WarningCleared:
		about("warning", p.Warning, p.What, p.Cabinet, p.Slot)
	case CabinetCommissioned:
		c.word("cabinet", p.Cabinet)
		c.need("by", p.By)
		c.word("driver", p.Driver)
		c.size("boards", len(p.Boards), maxList)
	case TagBound:
		c.slot(p.Cabinet, p.Slot)
		c.need("tag", p.Tag)
	case PickupBound:
		c.slot(p.Cabinet, p.Slot)
		c.need("kiosk", p.Kiosk)
		c.word("token_hash", p.TokenHash)
	case PickupRefused:
		c.word("kiosk", p.Kiosk)
		c.need("why", p.Why)
	default:
		checkWish(c, p)
	}
}
