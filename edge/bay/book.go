package bay

import (
	"cmp"
	"encoding/hex"
	"slices"

	"pitlane/devices/keycab"
	"pitlane/edge/clocks"
	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/tlog"
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
	// clears are the clearings without an ending, by id; cleared how the newest ended.
	clears     map[string]openClear
	cleared    map[journal.RequestID]ClearResult
	clearOrder []journal.RequestID // of cleared, oldest first
	online     bool                // the newest word about the cabinet
	slots      map[int]slotBook
	turn       int               // counts intents: which is older
	alarms     job.Alarms        // what stands
	held       map[string]hold   // keys that staff has taken for work, by job
	tags       map[string]string // tag → job
}

type openScan struct{ job, bay string }

type openUnlock struct {
	job, cabinet, purpose string
	slot                  int
}

// hold is a key in a staff member's hand.
type hold struct {
	by   string
	at   clocks.Reading // of the event
	slot int            // where it hung
}

// slotBook is what is written of one slot.
type slotBook struct {
	hook keycab.Hook
	key  keycab.Key
	// owner is the job whose key hangs here, or was taken from here unasked or for
	// work: the slot is kept for it.
	owner string
	// intent is the purpose of the newest unlock as long as no key has been hung or
	// taken since; its job and its age.
	intent    string
	intentJob string
	intentBy  string
	turn      int
	// lately is the job for whose key it was opened, with a key hung and not shut since:
	// taking that back out is no theft.
	lately string
	// fruitless is how often in a row the slot was opened and shut for a purpose
	// without a key coming or going; failed: its hook did not move the last time.
	fruitless int
	failed    bool
	// spent: after the unlock to release it the slot was closed with the key in it.
	spent bool
}

// remember is how many requests are known by heart; older ones the journal knows.
const remember = 1024

func newBook() *book {
	return &book{
		scans: map[string]openScan{}, unlocks: map[journal.RequestID]openUnlock{},
		done: map[journal.RequestID]keycab.Outcome{}, started: map[journal.RequestID]string{},
		clears: map[string]openClear{}, cleared: map[journal.RequestID]ClearResult{},
		slots: map[int]slotBook{}, held: map[string]hold{}, tags: map[string]string{},
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
	b.alarms.Apply(job.Event{Kind: e.Kind, Job: e.Job, WallMS: e.WallMS, Payload: p})
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
		if b.addClear(e, p) {
			return
		}
		b.addKey(e, p)
	}
}

func (b *book) addKey(e journal.Entry, p job.Payload) {
	switch p := p.(type) {
	case job.UnlockIntended:
		b.intend(e, p)
	case job.SlotOpened:
		b.outcome(e.Job, p.Slot, keycab.Opened)
		b.edit(p.Slot, func(s *slotBook) { s.hook, s.failed = keycab.HookOpen, false })
	case job.UnlockFailed:
		b.outcome(e.Job, p.Slot, keycab.Failed)
		b.edit(p.Slot, func(s *slotBook) { s.failed = true })
	case job.OutcomeUnknown:
		b.outcome(e.Job, p.Slot, keycab.OutcomeUnknown)
	case job.SlotClosed:
		b.edit(p.Slot, func(s *slotBook) {
			s.hook, s.lately = keycab.HookClosed, ""
			s.spent = takes(s.intent) && s.key == keycab.KeyPresent
			if s.intent != "" {
				s.fruitless++
			}
		})
	case job.Forced:
		b.edit(p.Slot, func(s *slotBook) { s.hook = keycab.HookOpen })
	case job.KeyHung:
		b.hang(e.Job, p)
	case job.KeyTaken:
		b.take(e, p)
	case job.TagBound:
		b.tags[p.Tag] = e.Job
	case job.CabinetOnline:
		b.online = true
		for _, x := range p.Slots {
			b.edit(x.Slot, func(s *slotBook) { s.hook, s.key = keycab.Hook(x.Hook), keycab.Key(x.Key) })
		}
	case job.CabinetOffline:
		b.online = false
	}
}

// takes: an unlock for it is leave to take the key.
func takes(purpose string) bool { return purpose == job.PurposeRelease || purpose == job.PurposeWork }

// hang is a key on its hook; a slot that was kept for it is free.
func (b *book) hang(id string, p job.KeyHung) {
	for n := range b.slots {
		if n != p.Slot && id != "" && b.slots[n].owner == id && b.slots[n].key != keycab.KeyPresent {
			b.edit(n, func(s *slotBook) { s.owner = "" })
		}
	}
	b.edit(p.Slot, func(s *slotBook) {
		s.key, s.owner, s.fruitless = felt(keycab.KeyPresent, p.Unfelt), id, 0
		if s.hook == keycab.HookOpen && s.intent != "" {
			s.lately = cmp.Or(id, s.intentJob) // a wrong key may come out again, and the right one in
		}
		s.intent, s.intentJob, s.intentBy = "", "", ""
	})
	delete(b.held, id)
	if p.Tag != "" && id != "" {
		b.tags[p.Tag] = id
	}
}

// felt is what a sensor says; without one nothing is known, whatever was done.
func felt(k keycab.Key, unfelt bool) keycab.Key {
	if unfelt {
		return keycab.KeyUnknown
	}
	return k
}

func readingOf(e journal.Entry) clocks.Reading {
	return clocks.Reading{Node: tlog.NodeOf(e.Origin), Boot: e.Boot, BootMS: e.BootMS, WallMS: e.WallMS, Quality: e.Quality}
}

// take is a key gone from its hook. Taken for work its slot is kept; taken back out
// before the slot was shut, the slot still waits for it.
func (b *book) take(e journal.Entry, p job.KeyTaken) {
	b.edit(p.Slot, func(s *slotBook) {
		s.key, s.fruitless = felt(keycab.KeyAbsent, p.Unfelt), 0
		switch {
		case p.Authorised && s.intent == job.PurposeWork:
			b.held[e.Job] = hold{by: s.intentBy, at: readingOf(e), slot: p.Slot}
		case p.Authorised && s.intent == "" && s.lately != "":
			s.intent, s.intentJob, s.lately = job.PurposeHang, s.lately, ""
			s.owner = ""
			return
		case p.Authorised:
			s.owner = ""
		}
		s.intent, s.intentJob, s.intentBy, s.lately = "", "", "", ""
	})
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
		s.intent, s.intentJob, s.intentBy, s.turn, s.spent, s.lately = p.Purpose, e.Job, p.By, b.turn, false, ""
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
		id := endOf("unlock alarm", h)
		for _, x := range []happened{
			{id: endOf("unlock", h), p: job.OutcomeUnknown{Cabinet: u.cabinet, Slot: u.slot}},
			{id: id, p: job.AlarmRaised{Alarm: hex.EncodeToString(id[:8]), What: job.AlarmUnknown, Cabinet: u.cabinet, Slot: u.slot}},
		} {
			d, err := draft(u.job, x.id, x.p)
			if err != nil {
				return nil, err
			}
			out = append(out, d)
		}
	}
	more, err := b.clearEndings()
	return append(out, more...), err
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
