package job

import (
	"cmp"
	"slices"
)

// The alarms: each stands until a named person has acknowledged it.
const (
	AlarmKeyTaken   = "key_taken"       // a key was taken that nobody had been given leave to take
	AlarmKeyMissing = "key_missing"     // a key is gone since the cabinet was last seen
	AlarmKeyUnasked = "key_unasked"     // a key hangs where nobody was asked to hang one
	AlarmForced     = "forced"          // a hook opened though nothing had asked for it
	AlarmDoorOpen   = "door_left_open"  // an opened slot was not shut in time
	AlarmUnlock     = "unlock_failed"   // a slot was told to open and its hook did not move
	AlarmUnknown    = "outcome_unknown" // nobody saw whether a slot opened: a person looks
)

// The warnings: each ends by itself or once somebody has looked.
const (
	WarnWrongSlot   = "wrong_slot"        // a key was hung into another slot than the one that was opened for it
	WarnUnknownTag  = "unknown_tag"       // a tag that no job's key has
	WarnOther       = "returned_by_other" // a key was brought back by another person than took it
	WarnStuck       = "sensor_stuck"      // a slot was used again and again and its key sensor never changed
	WarnFlapping    = "flapping"          // a sensor changes all the time: its slot is unknown
	WarnConflict    = "address_conflict"  // two boards answer to one address
	WarnSilent      = "board_silent"      // one of several boards does not answer
	WarnNoise       = "noise"             // bytes come, but no replies
	WarnUnknownWire = "not_commissioned"  // polarity is not known: nothing opens
	WarnOverdue     = "overdue"           // a key taken for work is not back in time
)

// Alarm is an alarm or a warning that stands. It is about a slot, or with slot 0
// about a whole cabinet.
type Alarm struct {
	ID      string // of the newest time it was raised
	What    string
	Warning bool // no alarm: it goes by itself when its cause is over
	Cabinet string
	Slot    int
	Job     string // whose key it is about; "" of no known one
	Want    int    // wrong_slot: the slot that was meant
	Tag     string
	By      string // returned_by_other, overdue: in whose hand
	Of      string // returned_by_other: who had taken it
	SinceMS int64  // wall time, first raised since it was last acknowledged
	AtMS    int64  // wall time, newest
	Count   int    // how often raised since then
	Over    bool   // its cause is over
	AckBy   string // who has acknowledged it while its cause lasts
	AckMS   int64
}

// Alarms folds the alarms and warnings that stand from the events of all jobs and
// of none, each origin's in its order. The zero Alarms is a wall where nothing has
// happened.
type Alarms struct{ list []Alarm }

// Standing are the alarms and warnings that a screen shows, oldest first.
func (a *Alarms) Standing() []Alarm { return slices.Clone(a.list) }

// Find is the alarm or warning of that id, while it stands.
func (a *Alarms) Find(id string) (Alarm, bool) {
	for _, x := range a.list {
		if x.ID == id {
			return x, true
		}
	}
	return Alarm{}, false
}

// Lasting is the alarm or warning of that word on a slot whose cause is not over.
func (a *Alarms) Lasting(cabinet string, slot int, what string) (Alarm, bool) {
	for _, x := range a.list {
		if x.Cabinet == cabinet && x.Slot == slot && x.What == what && !x.Over {
			return x, true
		}
	}
	return Alarm{}, false
}

// Apply tells one event. Events about other things leave it as it is.
func (a *Alarms) Apply(e Event) {
	switch p := e.Payload.(type) {
	case AlarmRaised:
		a.raise(Alarm{ID: p.Alarm, What: p.What, Cabinet: p.Cabinet, Slot: p.Slot, Job: e.Job, AtMS: e.WallMS})
	case WarningRaised:
		a.raise(Alarm{
			ID: p.Warning, What: p.What, Warning: true, Cabinet: p.Cabinet, Slot: p.Slot, Job: e.Job, AtMS: e.WallMS,
			Want: p.Want, Tag: p.Tag, By: p.By, Of: p.Of,
		})
	case AlarmCleared:
		a.edit(p.Alarm, func(x *Alarm) { x.Over = true })
	case WarningCleared:
		a.edit(p.Warning, func(x *Alarm) { x.Over = true })
	case AlarmAcknowledged:
		a.edit(p.Alarm, func(x *Alarm) { x.AckBy, x.AckMS = p.By, e.WallMS })
	}
}

// raise joins a repeat that nobody has acknowledged yet with what stands: a slot
// that is forced ten times is one line with the number ten.
func (a *Alarms) raise(n Alarm) {
	n.SinceMS, n.Count = n.AtMS, 1
	i := slices.IndexFunc(a.list, func(x Alarm) bool {
		return x.What == n.What && x.Warning == n.Warning && x.Cabinet == n.Cabinet && x.Slot == n.Slot &&
			(x.What != WarnOverdue || x.Job == n.Job)
	})
	if i >= 0 {
		if x := a.list[i]; x.AckBy == "" {
			n.SinceMS, n.Count, n.Job = x.SinceMS, x.Count+1, cmp.Or(n.Job, x.Job)
		}
		a.list = slices.Delete(a.list, i, i+1)
	}
	a.list = append(a.list, n)
	slices.SortStableFunc(a.list, func(x, y Alarm) int { return cmp.Compare(x.SinceMS, y.SinceMS) })
}

func (a *Alarms) edit(id string, f func(*Alarm)) {
	for i := range a.list {
		if a.list[i].ID == id {
			f(&a.list[i])
		}
	}
	a.list = slices.DeleteFunc(a.list, func(x Alarm) bool {
		return x.Over && x.Warning || x.AckBy != "" && (x.Over || !lasts(x.What))
	})
}

// lasts: the words that say how something is, not what once happened. Looking at
// those does not end them.
func lasts(what string) bool {
	switch what {
	case AlarmKeyTaken, AlarmKeyMissing, AlarmUnlock, AlarmUnknown, WarnWrongSlot, WarnUnknownTag, WarnOther, WarnStuck:
		return false
	}
	return true
}
