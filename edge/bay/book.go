package bay

import (
	"encoding/hex"
	"slices"

	"pitlane/devices/keycab"
	"pitlane/edge/job"
	"pitlane/edge/journal"
)

// book is what the journal says of the devices of this edge: only entries of this
// node go into it, at the start those of the runs before, then each as it has been
// written. It is pure.
type book struct {
	scans   map[string]openScan                  // scans without an ending, by id
	unlocks map[journal.RequestID]openUnlock     // unlocks without an outcome
	done    map[journal.RequestID]keycab.Outcome // outcomes of the newest unlocks
	order   []journal.RequestID                  // of done, oldest first
	started map[journal.RequestID]string         // the newest scans by request
	asked   []journal.RequestID                  // of started, oldest first
	online  bool                                 // the newest word about the cabinet
	slots   map[int]slotBook
	turn    int // counts intents: which is older
}

type openScan struct{ job, bay string }

type openUnlock struct {
	job, cabinet, purpose string
	slot                  int
}

// slotBook is what is written of one slot.
type slotBook struct {
	hook keycab.Hook
	key  keycab.Key
	// owner is the job whose key hangs here, or was taken from here unasked.
	owner string
	// intent is the purpose of the newest unlock as long as no key has been hung or
	// taken since; its job and its age.
	intent    string
	intentJob string
	turn      int
	// spent: after the unlock to release it the slot was closed with the key in it.
	spent bool
}

// remember is how many requests are known by heart; older ones the journal knows.
const remember = 1024

func newBook() *book {
	return &book{
		scans: map[string]openScan{}, unlocks: map[journal.RequestID]openUnlock{},
		done: map[journal.RequestID]keycab.Outcome{}, started: map[journal.RequestID]string{},
		slots: map[int]slotBook{},
	}
}

// slot is what is written of a slot; nothing is known of one never mentioned.
func (b *book) slot(n int) slotBook {
	s, ok := b.slots[n]
	if !ok {
		s.hook, s.key = keycab.HookUnknown, keycab.KeyUnknown
	}
	return s
}

// add takes one entry of this node. Kinds that are not about devices are passed over.
func (b *book) add(e journal.Entry) {
	if e.Work == nil {
		return
	}
	p, err := job.Decode(e.Kind, e.Work.Payload)
	if err != nil {
		return // a kind of a newer version of this node: nothing that this one has open
	}
	switch p := p.(type) {
	case job.ScanStarted:
		b.scans[p.Scan] = openScan{job: e.Job, bay: p.Bay}
		b.started[e.Request] = p.Scan
		b.asked = forget(b.started, append(b.asked, e.Request))
	case job.ScanCompleted:
		delete(b.scans, p.Scan)
	case job.ScanFailed:
		delete(b.scans, p.Scan)
	default:
		b.addKey(e, p)
	}
}

func (b *book) addKey(e journal.Entry, p job.Payload) {
	switch p := p.(type) {
	case job.UnlockIntended:
		b.intend(e, p)
	case job.SlotOpened:
		b.outcome(e.Job, p.Slot, keycab.Opened)
		b.edit(p.Slot, func(s *slotBook) { s.hook = keycab.HookOpen })
	case job.UnlockFailed:
		b.outcome(e.Job, p.Slot, keycab.Failed)
	case job.OutcomeUnknown:
		b.outcome(e.Job, p.Slot, keycab.OutcomeUnknown)
	case job.SlotClosed:
		b.edit(p.Slot, func(s *slotBook) {
			s.hook = keycab.HookClosed
			s.spent = s.intent == job.PurposeRelease && s.key == keycab.KeyPresent
		})
	case job.Forced:
		b.edit(p.Slot, func(s *slotBook) { s.hook = keycab.HookOpen })
	case job.KeyHung:
		b.edit(p.Slot, func(s *slotBook) {
			s.key, s.owner = keycab.KeyPresent, e.Job
			s.intent, s.intentJob = "", ""
		})
	case job.KeyTaken:
		b.edit(p.Slot, func(s *slotBook) {
			s.key, s.intent, s.intentJob = keycab.KeyAbsent, "", ""
			if p.Authorised {
				s.owner = ""
			}
		})
	case job.CabinetOnline:
		b.online = true
		for _, x := range p.Slots {
			b.edit(x.Slot, func(s *slotBook) { s.hook, s.key = keycab.Hook(x.Hook), keycab.Key(x.Key) })
		}
	case job.CabinetOffline:
		b.online = false
	}
}

func (b *book) edit(n int, f func(*slotBook)) {
	s := b.slot(n)
	f(&s)
	b.slots[n] = s
}

func (b *book) intend(e journal.Entry, p job.UnlockIntended) {
	b.turn++
	b.unlocks[e.Request] = openUnlock{job: e.Job, cabinet: p.Cabinet, purpose: p.Purpose, slot: p.Slot}
	b.edit(p.Slot, func(s *slotBook) {
		s.intent, s.intentJob, s.turn, s.spent = p.Purpose, e.Job, b.turn, false
	})
}

// outcome ends the unlock of that job and slot. There is one at a time for a slot.
func (b *book) outcome(jobID string, slot int, o keycab.Outcome) {
	for id, u := range b.unlocks {
		if u.slot == slot && u.job == jobID {
			delete(b.unlocks, id)
			b.done[id] = o
			b.order = forget(b.done, append(b.order, id))
		}
	}
}

// forget drops the oldest of what is known by heart.
func forget[V any](known map[journal.RequestID]V, order []journal.RequestID) []journal.RequestID {
	for len(order) > remember {
		delete(known, order[0])
		order = order[1:]
	}
	return order
}

// endings are the drafts that end what a run left open when it died: by its end,
// never by doing it again.
func (b *book) endings() ([]journal.Draft, error) {
	var out []journal.Draft
	for _, id := range sortedKeys(b.scans) {
		x := b.scans[id]
		d, err := draft(x.job, endOf("scan", id), job.ScanFailed{Scan: id, Bay: x.bay, Why: interrupted})
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	byHex := map[string]journal.RequestID{}
	for id := range b.unlocks {
		byHex[hex.EncodeToString(id[:])] = id
	}
	for _, h := range sortedKeys(byHex) {
		u := b.unlocks[byHex[h]]
		d, err := draft(u.job, endOf("unlock", h), job.OutcomeUnknown{Cabinet: u.cabinet, Slot: u.slot})
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// draft is an event that a device already did: it may use the reserve of a full disk.
func draft(jobID string, id journal.RequestID, p job.Payload) (journal.Draft, error) {
	work, err := job.Encode(p)
	if err != nil {
		return journal.Draft{}, err
	}
	return journal.Draft{Kind: p.Kind(), Job: jobID, Work: work, Request: id, Device: true}, nil
}
