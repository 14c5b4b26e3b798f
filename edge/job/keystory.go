package job

// Where a job's key is (Key.Where).
const (
	WhereNever      = ""           // nobody has seen it yet
	WhereSlot       = "slot"       // it hangs in Key.Slot
	WhereCustomer   = "customer"   // given back
	WhereTechnician = "technician" // taken for work by Key.Holder
	WhereUnknown    = "unknown"    // gone, and nobody knows where
)

// KeyMove is one line of the history of a key.
type KeyMove struct {
	AtMS    int64
	What    string // kind of the event: key.hung, key.taken, slot.unlock_intended, …
	Word    string // purpose of an unlock, word of an alarm, why something failed
	Cabinet string
	Slot    int
	By      string // who: staff id, kiosk, or "" where no person was known
	Note    string // reason or note of a person
	Leave   bool   // key.taken: with leave
}

// KeyStory is the history of a job's key, in the order in which it is told (Order),
// from the job's events.
func KeyStory(events []Event) []KeyMove {
	var story []KeyMove
	by, purpose := "", ""
	for _, e := range Order(events) {
		m := KeyMove{AtMS: e.WallMS, What: e.Kind}
		switch p := e.Payload.(type) {
		case UnlockIntended:
			by, purpose = p.By, p.Purpose
			m.Word, m.Cabinet, m.Slot, m.By, m.Note = p.Purpose, p.Cabinet, p.Slot, p.By, p.Reason
		case UnlockFailed:
			m.Word, m.Cabinet, m.Slot = p.Why, p.Cabinet, p.Slot
		case OutcomeUnknown:
			m.Cabinet, m.Slot = p.Cabinet, p.Slot
		case KeyHung:
			m.Word, m.Cabinet, m.Slot, m.By = purpose, p.Cabinet, p.Slot, by
			by, purpose = "", ""
		case KeyTaken:
			m.Cabinet, m.Slot, m.Leave = p.Cabinet, p.Slot, p.Authorised
			if p.Authorised {
				m.Word, m.By = purpose, by
			}
			by, purpose = "", ""
		case AlarmRaised:
			m.Word, m.Cabinet, m.Slot = p.What, p.Cabinet, p.Slot
		case AlarmAcknowledged:
			m.Word, m.Cabinet, m.Slot, m.By, m.Note = p.What, p.Cabinet, p.Slot, p.By, p.Note
		case WarningRaised:
			m.Word, m.Cabinet, m.Slot, m.By = p.What, p.Cabinet, p.Slot, p.By
		case PickupRefused:
			m.Word = p.Why
		default:
			continue
		}
		story = append(story, m)
	}
	return story
}
