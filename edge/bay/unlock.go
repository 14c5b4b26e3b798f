package bay

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"pitlane/devices"
	"pitlane/devices/keycab"
	"pitlane/edge/job"
	"pitlane/edge/journal"
)

// unlockLimit ends an unlock that does not answer; a cabinet needs about five
// seconds with its retry.
const unlockLimit = 20 * time.Second

// unlock is one unlock of this run.
type unlock struct {
	order   UnlockOrder
	done    chan struct{}
	outcome keycab.Outcome
	err     error
}

// Unlock writes slot.unlock_intended, opens the slot and writes what came of it;
// the same Request again returns the same outcome. With an error and Failed nothing
// was sent to the cabinet. An error that the person should read is a
// *devices.Fault; journal.ErrMoved means to look again. When ctx ends first, the
// unlock goes on: ask again with the same Request.
func (b *Bay) Unlock(ctx context.Context, o UnlockOrder) (keycab.Outcome, error) {
	b.wake(ctx)
	u, err := b.beginUnlock(o)
	if err != nil {
		return keycab.Failed, err
	}
	select {
	case <-u.done:
		return u.outcome, u.err
	case <-ctx.Done():
		return keycab.OutcomeUnknown, fmt.Errorf("wait for slot %d: %w", o.Slot, ctx.Err())
	}
}

func (b *Bay) beginUnlock(o UnlockOrder) (*unlock, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if u, ok := b.opens[o.Request]; ok {
		return u, nil
	}
	if outcome, ok := b.book.done[o.Request]; ok {
		u := &unlock{outcome: outcome, done: make(chan struct{})}
		close(u.done)
		return u, nil
	}
	if b.spawn == nil {
		return nil, starting()
	}
	if f := b.mayUnlock(o); f != nil {
		return nil, f
	}
	u := &unlock{order: o, done: make(chan struct{})}
	b.opens[o.Request] = u
	b.spawn(func(ctx context.Context) { b.runUnlock(ctx, u) })
	return u, nil
}

// mayUnlock refuses what cannot be meant. Who may have a key is not decided here.
// b.mu is held.
func (b *Bay) mayUnlock(o UnlockOrder) error {
	s := b.book.slot(o.Slot)
	switch {
	case b.cfg.Cabinet == nil:
		return refuse("no_cabinet", "this edge has no key cabinet", "use the edge that has it, at reception")
	case !hangs(o.Purpose) && !takes(o.Purpose):
		return refuse("wrong_usage", "a slot is opened to hang, release, take for work or return a key", "purpose is hang, release, work or return")
	case !b.live.online:
		return b.away()
	case o.Slot < 1 || o.Slot > len(b.live.slots):
		return refuse("wrong_slot", fmt.Sprintf("there is no slot %d", o.Slot), fmt.Sprintf("slots are 1 to %d", len(b.live.slots)))
	case b.opening(o.Slot):
		return refuse("busy", fmt.Sprintf("slot %d is just being opened", o.Slot), "wait a moment")
	case hangs(o.Purpose) && b.live.slots[o.Slot-1].Key == keycab.KeyPresent:
		return refuse("slot_taken", fmt.Sprintf("a key hangs in slot %d", o.Slot), "take another slot")
	case hangs(o.Purpose) && s.owner != "" && s.owner != o.Job:
		return refuse("slot_taken", fmt.Sprintf("slot %d is kept for a key that is away", o.Slot), "take another slot")
	case takes(o.Purpose) && o.Job != "" && s.owner != "" && s.owner != o.Job:
		return refuse("wrong_slot", fmt.Sprintf("the key in slot %d is another car's", o.Slot), "look up the slot of this job")
	case takes(o.Purpose) && o.Job == "" && s.owner != "":
		return refuse("wrong_slot", fmt.Sprintf("slot %d is a car's: its key goes out by its gate pass, or for work", o.Slot), "open it from that job")
	case takes(o.Purpose) && o.Job != "" && b.live.slots[o.Slot-1].Key == keycab.KeyAbsent:
		return refuse(string(job.KeyNotIn), fmt.Sprintf("no key is seen in slot %d", o.Slot), "call staff: look where the key is")
	}
	return nil
}

// away is why nothing can be opened in a cabinet that is not online. Until it has said
// its first word nobody knows that it is gone. b.mu is held.
func (b *Bay) away() *devices.Fault {
	if !b.live.seen {
		return starting()
	}
	return refuse("cabinet_offline", "the key cabinet is not reachable", cmp.Or(b.live.hint, "check its power and its cable"))
}

func hangs(purpose string) bool { return purpose == job.PurposeHang || purpose == job.PurposeReturn }

// opening says that an unlock of the slot is under way. b.mu is held.
func (b *Bay) opening(slot int) bool {
	for _, u := range b.opens {
		if u.order.Slot == slot && !u.ended() {
			return true
		}
	}
	return false
}

func (u *unlock) ended() bool {
	select {
	case <-u.done:
		return true
	default:
		return false
	}
}

// runUnlock is a whole unlock: the intent on disk, the frame, and one ending.
func (b *Bay) runUnlock(ctx context.Context, u *unlock) {
	defer func() {
		close(u.done)
		b.mu.Lock()
		_, written := b.book.done[u.order.Request]
		if written || u.err != nil {
			delete(b.opens, u.order.Request)
		}
		b.mu.Unlock()
		b.look(ctx, u.order.Slot) // what was seen meanwhile waits for the ending
	}()
	u.outcome = keycab.Failed
	first, err := b.writeIntent(ctx, u)
	if err != nil {
		u.err = err
		return
	}
	if !first {
		u.outcome = keycab.OutcomeUnknown // an intent of long ago: nobody knows by heart how it ended
		return
	}
	limited, stop := context.WithTimeout(ctx, unlockLimit)
	u.outcome, err = b.cfg.Cabinet.Unlock(limited, u.order.Slot)
	stop()
	b.log.Info("slot unlocked", "slot", u.order.Slot, "job", u.order.Job, "outcome", string(u.outcome), "err", err)
	drafts, encodeErr := b.unlockDrafts(u, err)
	if encodeErr == nil {
		encodeErr = b.write(ctx, drafts...)
	}
	b.tellCabinetNow()
	if encodeErr != nil {
		b.log.Error("unlock ended without its ending on disk; the next start writes it", "slot", u.order.Slot, "err", encodeErr)
	}
	if u.outcome == keycab.Failed && err != nil {
		u.err = faultOf(err)
	}
}

// writeIntent puts the intent on disk. Not first means that an earlier run had
// written it for this request.
func (b *Bay) writeIntent(ctx context.Context, u *unlock) (first bool, err error) {
	o := u.order
	p := job.UnlockIntended{Cabinet: b.cfg.Cabinet.Name(), Slot: o.Slot, Purpose: o.Purpose, By: o.By, Reason: o.Reason, Wish: o.Wish}
	entries, first, err := b.intend(ctx, o.Job, o.Request, o.Seen, p)
	if err == nil {
		_, err = workOf[job.UnlockIntended](entries[0])
	}
	if err != nil {
		return false, fmt.Errorf("open a slot: %w", err)
	}
	if first {
		b.noteEntries(entries)
	}
	return first, nil
}

// intend writes what a person wants of a device, before it is done: a full disk
// refuses it, and so does a view that is no longer true. Not first means that an
// earlier run had written it for this request.
func (b *Bay) intend(ctx context.Context, jobID string, request journal.RequestID, seen []journal.Hash, p job.Payload) (entries []journal.Entry, first bool, err error) {
	d, err := draft(jobID, request, p)
	if err != nil {
		return nil, false, err
	}
	d.Device = false
	d.Seen, d.Matters = seen, job.Matters(p.Kind())
	origin := b.cfg.Journal.Origin()
	size := sizeOf(b.cfg.Journal.Tips(), origin)
	entries, err = b.cfg.Journal.Append(context.WithoutCancel(ctx), d)
	if err != nil {
		return nil, false, err
	}
	return entries, entries[0].Origin == origin && entries[0].Seq >= size, nil
}

func sizeOf(tips []journal.Tip, origin string) uint64 {
	for _, t := range tips {
		if t.Origin == origin {
			return t.Size
		}
	}
	return 0
}

// unlockDrafts is the one ending of an unlock, with the alarm that it raises or
// ends. One that was refused before a frame left is no alarm.
func (b *Bay) unlockDrafts(u *unlock, why error) ([]journal.Draft, error) {
	name, o := b.cfg.Cabinet.Name(), u.order
	h := hex.EncodeToString(o.Request[:])
	ending := happened{job: o.Job, id: endOf("unlock", h)}
	var more []happened
	switch u.outcome {
	case keycab.Opened:
		ending.p = job.SlotOpened{Cabinet: name, Slot: o.Slot}
		more = b.ended(onSlot(o.Slot, job.AlarmUnlock, job.AlarmUnknown))
	case keycab.Failed:
		ending.p = job.UnlockFailed{Cabinet: name, Slot: o.Slot, Why: whyFailed(why)}
		if why == nil {
			more = b.raisedAs(endOf("unlock alarm", h), job.AlarmUnlock, o.Slot, o.Job)
		}
	default:
		ending.p = job.OutcomeUnknown{Cabinet: name, Slot: o.Slot}
		more = b.raisedAs(endOf("unlock alarm", h), job.AlarmUnknown, o.Slot, o.Job)
	}
	var drafts []journal.Draft
	for _, x := range append([]happened{ending}, more...) {
		if x.id == (journal.RequestID{}) {
			x.id = b.ids.seen()
		}
		d, err := draft(x.job, x.id, x.p)
		if err != nil {
			return nil, err
		}
		drafts = append(drafts, d)
	}
	return drafts, nil
}

func whyFailed(err error) string {
	if err == nil {
		return "hook_closed"
	}
	return faultOf(err).Kind
}

func faultOf(err error) *devices.Fault {
	if f, ok := errors.AsType[*devices.Fault](err); ok {
		return f
	}
	return &devices.Fault{Kind: "cabinet", Message: "the slot could not be opened", Hint: "try again, or call staff", Err: err}
}

// ReturnSlot is the slot that is kept for the key of a job, where it can be used;
// else a free one.
func (b *Bay) ReturnSlot(jobID string) (int, error) {
	b.mu.Lock()
	for _, s := range b.live.slots {
		w := b.book.slot(s.Number)
		if b.live.online && w.owner == jobID && s.Key != keycab.KeyPresent && !w.failed && !b.opening(s.Number) {
			b.mu.Unlock()
			return s.Number, nil
		}
	}
	b.mu.Unlock()
	return b.FreeSlot()
}

// FreeSlot is an empty (as far as it is felt), closed slot that no job waits for: the one to offer for
// hanging a key. When there is none, it is the one that was offered longest ago
// and never used.
func (b *Bay) FreeSlot() (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cfg.Cabinet == nil {
		return 0, refuse("no_cabinet", "this edge has no key cabinet", "use the edge that has it, at reception")
	}
	if !b.live.online {
		return 0, b.away()
	}
	best, unsure, failed := 0, false, 0
	for _, s := range b.live.slots {
		w := b.book.slot(s.Number)
		unsure = unsure || s.Key == keycab.KeyUnknown && !s.Unfelt || s.Hook == keycab.HookUnknown
		if s.Key != keycab.KeyAbsent && !s.Unfelt || s.Hook != keycab.HookClosed || w.owner != "" || b.opening(s.Number) {
			continue
		}
		if w.failed { // its hook did not move the last time: any other before it
			if failed == 0 {
				failed = s.Number
			}
			continue
		}
		if w.intent == "" {
			return s.Number, nil
		}
		if best == 0 || w.turn < b.book.slot(best).turn {
			best = s.Number
		}
	}
	if best == 0 {
		best = failed
	}
	if _, lasts := b.book.alarms.Lasting(b.cfg.Cabinet.Name(), 0, job.WarnUnknownWire); best == 0 && lasts {
		return 0, refuse("not_commissioned", "the key cabinet is not commissioned: its hooks are unknown and nothing opens",
			"call staff: pitlane keys commission, at the cabinet")
	}
	if best == 0 && unsure {
		return 0, refuse("starting", "the key cabinet is still being read", "wait a moment and try again; if it stays so, call staff: a hook or a sensor cannot be read")
	}
	if best == 0 {
		return 0, refuse("cabinet_full", "no slot of the key cabinet is free", "call staff: keys that went home may still be noted, or hooks stand open")
	}
	return best, nil
}
