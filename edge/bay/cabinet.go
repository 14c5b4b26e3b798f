package bay

import (
	"context"
	"slices"
	"time"

	"pitlane/devices"
	"pitlane/devices/keycab"
	"pitlane/devices/obd"
	"pitlane/edge/job"
	"pitlane/edge/journal"
)

// cabinetNow is the cabinet as it was last seen.
type cabinetNow struct {
	seen   bool // a snapshot has come
	online bool
	why    string
	hint   string
	slots  []keycab.Slot
	// at is when a slot was last heard of, closed when its hook was last seen to close.
	at, closed map[int]time.Duration
	// opened is the turn in which a slot was last seen to open; turns counts them.
	opened map[int]int
	turns  int
	tags   map[int]string // the tag that lies in a slot now; 0: at the cabinet's reader
}

// grace is how long after its hook has closed a key is still taken with leave: the
// key's sensor is believed later than the hook's.
const grace = 3 * time.Second

func newCabinetNow() cabinetNow {
	return cabinetNow{at: map[int]time.Duration{}, closed: map[int]time.Duration{}, opened: map[int]int{},
		tags: map[int]string{}}
}

// again asks to compare a slot with the journal once more.
type again struct{ slot int }

// look has the slot compared with the journal after what is noted already.
func (b *Bay) look(_ context.Context, slot int) { b.notes <- again{slot: slot} }

// take takes one note: a reading of a device or again. It is called from one
// goroutine, so that events are written in the order in which things were seen.
func (b *Bay) take(ctx context.Context, note any) {
	switch n := note.(type) {
	case again:
		b.compare(ctx, n.slot)
	case doorNote:
		b.takeDoor(ctx, n)
	case overdueNote:
		b.takeOverdue(ctx, n)
	case devices.Reading:
		b.takeReading(ctx, n)
	}
}

func (b *Bay) takeReading(ctx context.Context, r devices.Reading) {
	switch v := r.Value.(type) {
	case obd.Status:
		b.takeStatus(v)
	case keycab.Snapshot:
		b.takeSnapshot(ctx, v)
	case keycab.Change:
		b.takeChange(ctx, r.At, v)
	case keycab.Tag:
		b.takeTag(ctx, v)
	case keycab.Warning:
		b.takeWarning(ctx, v)
	}
}

// takeSnapshot writes the whole state after a connect, and only when it is not
// what the journal says already. What happened in between nobody saw: keys that an
// intent explains are told, nothing else is.
func (b *Bay) takeSnapshot(ctx context.Context, s keycab.Snapshot) {
	b.mu.Lock()
	wasOnline, wasSeen := b.live.online, b.live.seen
	b.live.seen, b.live.online, b.live.why, b.live.slots = true, s.Online, s.Why, slices.Clone(s.Slots)
	b.live.hint, b.live.closed, b.live.opened = "", map[int]time.Duration{}, map[int]int{}
	if s.Online {
		b.live.lie(s.Tags)
	}
	if s.Fault != nil {
		b.live.hint = s.Fault.Hint
	}
	bookOnline := b.book.online
	b.mu.Unlock()

	switch {
	case s.Online:
		b.writeOnline(ctx, s)
	case bookOnline || wasOnline || !wasSeen && b.offlineIsNews():
		name := b.cfg.Cabinet.Name()
		b.record(ctx, "", job.CabinetOffline{Cabinet: name, Why: s.Why})
	}
	b.tellCabinet(s)
}

// offlineIsNews says that the journal has no word of this cabinet at all.
func (b *Bay) offlineIsNews() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.book.slots) == 0 && !b.book.online
}

func (b *Bay) writeOnline(ctx context.Context, s keycab.Snapshot) {
	b.mu.Lock()
	known := b.book.online
	before := make([]slotBook, len(s.Slots))
	for i, x := range s.Slots {
		before[i] = b.book.slot(x.Number)
		known = known && before[i].hook == x.Hook && before[i].key == x.Key
	}
	b.mu.Unlock()
	var events []happened
	if !known {
		events = b.wholeNews(s, before)
	}
	for i, x := range s.Slots {
		events = append(events, b.standingNews(x, before[i])...)
	}
	events = append(events, b.ended(func(x job.Alarm) bool {
		return slices.Contains([]string{job.WarnConflict, job.WarnSilent, job.WarnNoise, job.WarnUnknownWire,
			keycab.WarnEcho, keycab.WarnRebooted, keycab.WarnReaderLost}, x.What)
	})...)
	b.recordAll(ctx, events)
	for _, x := range s.Slots {
		if x.Hook == keycab.HookOpen {
			b.doorOpens(x.Number)
		}
	}
}

// standingNews are the ends of alarms that the state seen after a break ends.
func (b *Bay) standingNews(now keycab.Slot, before slotBook) []happened {
	var out []happened
	if now.Hook == keycab.HookClosed {
		out = append(out, b.doorShut(now.Number)...)
	}
	if now.Key == keycab.KeyAbsent && before.key != keycab.KeyAbsent {
		out = append(out, b.keyGone(now.Number)...)
	}
	return append(out, b.sensed(now)...)
}

// wholeNews is the whole state, and the keys that came or went meanwhile where that
// is explained.
func (b *Bay) wholeNews(s keycab.Snapshot, before []slotBook) []happened {
	name := b.cfg.Cabinet.Name()
	whole := job.CabinetOnline{Cabinet: name, Slots: make([]job.SlotState, len(s.Slots))}
	for i, x := range s.Slots {
		whole.Slots[i] = job.SlotState{Slot: x.Number, Hook: string(x.Hook), Key: string(x.Key)}
	}
	events := []happened{{p: whole}}
	for i, x := range s.Slots {
		events = append(events, b.explained(x, before[i])...)
	}
	return events
}

// explained is the key that came or went while nobody looked, where somebody had
// been asked to bring or take it. A key that is gone without that is an alarm.
func (b *Bay) explained(now keycab.Slot, before slotBook) []happened {
	switch {
	case now.Unfelt:
		return b.unfelt(now, before)
	case now.Key == keycab.KeyPresent && before.key != keycab.KeyPresent && before.hangs():
		return b.hung(now.Number, before)
	case now.Key == keycab.KeyPresent && before.key == keycab.KeyAbsent && before.owner != "":
		return b.hung(now.Number, before) // the slot is kept for that job's key
	case now.Key == keycab.KeyPresent && before.key != keycab.KeyPresent && b.cameBack(now.Number, before.owner):
		return b.hung(now.Number, before)
	case now.Key == keycab.KeyPresent && before.key == keycab.KeyAbsent:
		return b.raised(job.AlarmKeyUnasked, now.Number, "")
	case now.Key == keycab.KeyAbsent && before.key == keycab.KeyPresent && takes(before.intent) && !before.spent:
		return b.taken(now.Number, before)
	case now.Key == keycab.KeyAbsent && before.key == keycab.KeyPresent && before.owner != "":
		b.log.Error("a key is gone since the cabinet was last seen", "slot", now.Number, "job", before.owner)
		return b.raised(job.AlarmKeyMissing, now.Number, before.owner)
	}
	return nil
}

func (b *Bay) takeChange(ctx context.Context, at time.Duration, c keycab.Change) {
	b.mu.Lock()
	if i := c.Slot.Number - 1; i >= 0 && i < len(b.live.slots) {
		b.live.slots[i] = c.Slot
		b.live.at[c.Slot.Number] = at
	}
	b.mu.Unlock()
	if c.Slot.Hook == keycab.HookOpen {
		b.doorStays(c.Slot.Number)
	}
	b.recordAll(ctx, b.sensed(c.Slot))
	b.compare(ctx, c.Slot.Number)
	b.tellCabinetNow()
}

// compare writes what a slot shows that the journal does not say. While the slot
// is being opened it waits for the ending of that.
func (b *Bay) compare(ctx context.Context, slot int) {
	b.mu.Lock()
	ok := b.live.online && slot >= 1 && slot <= len(b.live.slots) && !b.opening(slot)
	var now keycab.Slot
	if ok {
		now = b.live.slots[slot-1]
	}
	before := b.book.slot(slot)
	b.mu.Unlock()
	if !ok {
		return
	}
	b.recordAll(ctx, append(b.hookNews(now, before), b.keyNews(now, before)...))
}

// hookNews: a hook is told of when it moved between two states that were both seen.
func (b *Bay) hookNews(now keycab.Slot, before slotBook) []happened {
	name, who := b.cfg.Cabinet.Name(), before.who()
	switch {
	case now.Hook == keycab.HookClosed && before.hook == keycab.HookOpen:
		b.closedNow(now.Number)
		out := []happened{{job: who, p: job.SlotClosed{Cabinet: name, Slot: now.Number}}}
		out = append(append(out, b.doorShut(now.Number)...), b.fruitless(now, before)...)
		return append(out, b.unfelt(now, before)...)
	case now.Hook == keycab.HookOpen && before.hook == keycab.HookClosed && before.intent != "":
		return []happened{{job: who, p: job.SlotOpened{Cabinet: name, Slot: now.Number}}} // later than it should
	case now.Hook == keycab.HookOpen && before.hook == keycab.HookClosed:
		b.log.Error("a hook opened that nobody had asked to open", "slot", now.Number)
		out := []happened{{job: who, p: job.Forced{Cabinet: name, Slot: now.Number}}}
		return append(out, b.raised(job.AlarmForced, now.Number, who)...)
	case now.Hook != keycab.HookUnknown && before.hook == keycab.HookUnknown:
		b.learn(now.Number, func(s *slotBook) { s.hook = now.Hook })
	}
	return nil
}

// keyNews: a key that came or went.
func (b *Bay) keyNews(now keycab.Slot, before slotBook) []happened {
	switch {
	case now.Key == keycab.KeyUnknown || now.Key == before.key:
		return nil
	case before.key == keycab.KeyUnknown && before.intent == "":
		b.learn(now.Number, func(s *slotBook) { s.key = now.Key })
		return nil
	case now.Key == keycab.KeyPresent:
		return b.hung(now.Number, before)
	case before.key == keycab.KeyPresent || takes(before.intent):
		return b.taken(now.Number, before)
	}
	b.learn(now.Number, func(s *slotBook) { s.key = now.Key })
	return nil
}

// unfelt is the key that came or went in a slot without a sensor for it: the slot was
// opened for that, and has been seen open and then shut.
func (b *Bay) unfelt(now keycab.Slot, before slotBook) []happened {
	shut := before.hook == keycab.HookOpen && now.Hook == keycab.HookClosed
	switch {
	case !shut || !now.Unfelt || before.intentJob == "":
		return nil
	case before.hangs():
		return b.hung(now.Number, before)
	}
	return b.taken(now.Number, before)
}

// isUnfelt says that no sensor tells of the key in a slot.
func (b *Bay) isUnfelt(slot int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slot <= len(b.live.slots) && b.live.slots[slot-1].Unfelt
}

// hung is a key sensed on its hook: of the job that was asked to hang it, or of
// the one whose key was taken from there unasked, or of nobody known. A job that
// only waited for its key is with the shop now (K-116, K-119).
func (b *Bay) hung(slot int, before slotBook) []happened {
	id, tag := b.hungBy(slot, before)
	out := []happened{{job: id, p: job.KeyHung{Cabinet: b.cfg.Cabinet.Name(), Slot: slot, Tag: tag, Unfelt: b.isUnfelt(slot)}}}
	out = append(out, b.keyBack(slot, id, before)...)
	if id != "" && before.who() != id {
		out = append(out, b.misplaced(slot, id, before)...)
	}
	if id == "" {
		out = append(out, b.keyOfNobody(slot)...)
		if tag != "" {
			out = append(out, b.strange(keycab.Tag{ID: tag, Slot: slot})...)
		}
		return out
	}
	if st, ok := b.cfg.Jobs.Job(id); ok {
		st.Key.In = true
		if job.CanHandOver(st) == job.Free {
			out = append(out, happened{job: id, p: job.HandedOver{}})
		}
	}
	return out
}

// taken is a key gone from its hook, with leave or without (K-116).
func (b *Bay) taken(slot int, before slotBook) []happened {
	leave := takes(before.intent) && (!before.spent || b.justClosed(slot)) || before.lately != "" || b.mayCorrect(slot)
	id := before.owner
	if leave && before.intentJob != "" {
		id = before.intentJob
	}
	out := []happened{{job: id, p: job.KeyTaken{Cabinet: b.cfg.Cabinet.Name(), Slot: slot, Authorised: leave, Unfelt: b.isUnfelt(slot)}}}
	out = append(out, b.keyGone(slot)...)
	if !leave {
		b.log.Error("a key was taken without leave", "slot", slot, "job", id)
		out = append(out, b.raised(job.AlarmKeyTaken, slot, id)...)
	}
	return out
}

// closedNow notes when a hook closed.
func (b *Bay) closedNow(slot int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.live.closed[slot] = b.live.at[slot]
	delete(b.live.opened, slot)
}

func (b *Bay) justClosed(slot int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	at, ok := b.live.closed[slot]
	return ok && b.live.at[slot]-at <= grace
}

// who is the job that a movement of the hook belongs to.
func (s slotBook) who() string {
	if s.intent != "" {
		return s.intentJob
	}
	return s.owner
}

// hangs: the slot was opened for a key to be hung.
func (s slotBook) hangs() bool { return s.intent == job.PurposeHang || s.intent == job.PurposeReturn }

// happened is one event of a device.
type happened struct {
	job string
	p   job.Payload
	id  journal.RequestID // zero: a new one of this run
}

func (b *Bay) record(ctx context.Context, jobID string, p job.Payload) {
	b.recordAll(ctx, []happened{{job: jobID, p: p}})
}

// recordAll writes events in one transaction.
func (b *Bay) recordAll(ctx context.Context, events []happened) {
	drafts := make([]journal.Draft, 0, len(events))
	for _, e := range events {
		if e.id == (journal.RequestID{}) {
			e.id = b.ids.seen()
		}
		d, err := draft(e.job, e.id, e.p)
		if err != nil {
			b.log.Error("cannot put into words what a device did", "kind", e.p.Kind(), "err", err)
			continue
		}
		drafts = append(drafts, d)
	}
	if err := b.write(ctx, drafts...); err != nil {
		b.log.Error("what a device did is not on disk; the next start compares", "err", err)
	}
}

// learn keeps in mind what is true of a slot without an event of it: the journal
// did not know the state before, so that nothing was seen to move.
func (b *Bay) learn(slot int, f func(*slotBook)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.book.edit(slot, f)
}
