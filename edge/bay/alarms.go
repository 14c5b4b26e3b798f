package bay

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"pitlane/devices/keycab"
	"pitlane/edge/clocks"
	"pitlane/edge/job"
	"pitlane/edge/journal"
)

// The rules of alarms and warnings. What stands is folded from the journal
// (job.Alarms), so that it outlives the process; a rule only says what is new.

// stuckAfter is how often in a row a slot may be opened and shut again without its
// key sensor changing before the sensor is doubted.
const stuckAfter = 3

// raised is an alarm, unless its cause already lasts.
func (b *Bay) raised(what string, slot int, jobID string) []happened {
	return b.raisedAs(b.ids.seen(), what, slot, jobID)
}

func (b *Bay) raisedAs(id journal.RequestID, what string, slot int, jobID string) []happened {
	name := b.cfg.Cabinet.Name()
	if _, lasts := b.lasting(slot, what); lasts {
		return nil
	}
	return []happened{{job: jobID, id: id, p: job.AlarmRaised{Alarm: hex.EncodeToString(id[:8]), What: what, Cabinet: name, Slot: slot}}}
}

// warned is a warning, unless its cause already lasts.
func (b *Bay) warned(jobID string, w job.WarningRaised) []happened {
	if x, lasts := b.lasting(w.Slot, w.What); lasts && (w.What != job.WarnOverdue || x.Job == jobID) {
		return nil
	}
	id := b.ids.seen()
	w.Warning, w.Cabinet = hex.EncodeToString(id[:8]), b.cfg.Cabinet.Name()
	return []happened{{job: jobID, id: id, p: w}}
}

func (b *Bay) lasting(slot int, what string) (job.Alarm, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.book.alarms.Lasting(b.cfg.Cabinet.Name(), slot, what)
}

// ended are the ends of those alarms and warnings whose cause is over now.
func (b *Bay) ended(over func(job.Alarm) bool) []happened {
	b.mu.Lock()
	standing := b.book.alarms.Standing()
	b.mu.Unlock()
	var out []happened
	for _, x := range standing {
		if x.Over || x.Cabinet != b.cfg.Cabinet.Name() || !over(x) {
			continue
		}
		var p job.Payload = job.AlarmCleared{Alarm: x.ID, What: x.What, Cabinet: x.Cabinet, Slot: x.Slot}
		if x.Warning {
			p = job.WarningCleared{Warning: x.ID, What: x.What, Cabinet: x.Cabinet, Slot: x.Slot}
		}
		out = append(out, happened{job: x.Job, p: p})
	}
	return out
}

// onSlot picks the alarms of those words on a slot.
func onSlot(slot int, words ...string) func(job.Alarm) bool {
	return func(x job.Alarm) bool { return x.Slot == slot && slices.Contains(words, x.What) }
}

// doorShut are the ends of what an open door is.
func (b *Bay) doorShut(slot int) []happened {
	return b.ended(onSlot(slot, job.AlarmForced, job.AlarmDoorOpen))
}

// fruitless doubts a key sensor that has not changed however often the slot was used.
func (b *Bay) fruitless(now keycab.Slot, before slotBook) []happened {
	if before.intent == "" || now.Key == keycab.KeyUnknown || now.Key != before.key || before.fruitless+1 < stuckAfter {
		return nil
	}
	return b.warned(before.intentJob, job.WarningRaised{What: job.WarnStuck, Slot: now.Number})
}

// keyBack are the ends of what is over when a key hangs in a slot, and a warning
// where another person brought it than took it.
func (b *Bay) keyBack(slot int, id string, before slotBook) []happened {
	out := b.ended(func(x job.Alarm) bool {
		return onSlot(slot, job.WarnStuck)(x) || onSlot(slot, job.AlarmKeyTaken, job.AlarmKeyMissing)(x) && x.Job == "" ||
			id != "" && x.Job == id && slices.Contains([]string{job.AlarmKeyTaken, job.AlarmKeyMissing, job.WarnOverdue, job.WarnOther}, x.What)
	})
	b.mu.Lock()
	had := b.book.held[id]
	b.mu.Unlock()
	if id != "" && before.intent == job.PurposeReturn && had.by != "" && had.by != before.intentBy {
		out = append(out, b.warned(id, job.WarningRaised{What: job.WarnOther, Slot: slot, By: before.intentBy, Of: had.by})...)
	}
	return out
}

// keyOfNobody is a key where none was asked for: in the wrong slot when exactly one
// other slot stands open and waits for its key, else an alarm.
func (b *Bay) keyOfNobody(slot int) []happened {
	b.mu.Lock()
	want, id := 0, ""
	for n, s := range b.book.slots {
		if n != slot && (s.intent == job.PurposeHang || s.intent == job.PurposeReturn) && s.key != keycab.KeyPresent && s.hook == keycab.HookOpen {
			if want != 0 {
				want = -1 // two wait: nobody can tell whose it is
				break
			}
			want, id = n, s.intentJob
		}
	}
	b.mu.Unlock()
	if want > 0 {
		return b.warned(id, job.WarningRaised{What: job.WarnWrongSlot, Slot: slot, Want: want})
	}
	return b.raised(job.AlarmKeyUnasked, slot, "")
}

// keyGone are the ends of what is over when a slot is empty.
func (b *Bay) keyGone(slot int) []happened {
	return b.ended(onSlot(slot, job.AlarmKeyUnasked, job.WarnWrongSlot, job.WarnUnknownTag, job.WarnStuck, job.WarnOther))
}

// mayCorrect: the key in this slot was hung there by mistake and may be taken out.
func (b *Bay) mayCorrect(slot int) bool {
	_, yes := b.lasting(slot, job.WarnWrongSlot)
	return yes
}

// sensed are the ends of what a sensor that is believed again is no more.
func (b *Bay) sensed(now keycab.Slot) []happened {
	if now.Hook == keycab.HookUnknown || now.Key == keycab.KeyUnknown {
		return nil
	}
	return b.ended(onSlot(now.Number, job.WarnFlapping))
}

// doorNote asks whether a door that was seen open still is.
type doorNote struct{ slot, turn int }

// overdueNote asks whether a key taken for work is still away.
type overdueNote struct {
	job string
	at  clocks.Reading // when it was taken, as its event says
}

// doorStays starts the clock of a door that has just been seen open.
func (b *Bay) doorStays(slot int) {
	b.mu.Lock()
	_, runs := b.live.opened[slot]
	b.mu.Unlock()
	if !runs {
		b.doorOpens(slot)
	}
}

// doorOpens starts the clock of an open door.
func (b *Bay) doorOpens(slot int) {
	b.mu.Lock()
	b.live.turns++
	turn := b.live.turns
	b.live.opened[slot] = turn
	b.mu.Unlock()
	b.after(b.cfg.DoorLimit, doorNote{slot: slot, turn: turn})
}

func (b *Bay) takeDoor(ctx context.Context, n doorNote) {
	b.mu.Lock()
	i := n.slot - 1
	open := b.live.online && b.live.opened[n.slot] == n.turn && i < len(b.live.slots) && b.live.slots[i].Hook == keycab.HookOpen
	who := b.book.slot(n.slot).who()
	b.mu.Unlock()
	if !open {
		return
	}
	b.log.Error("a door was left open", "slot", n.slot)
	b.recordAll(ctx, b.raised(job.AlarmDoorOpen, n.slot, who))
	b.tellCabinetNow()
}

// keyAway starts the clock of a key that was taken for work. After a restart it goes on
// where it was, as far as the clocks say how long that is ago.
func (b *Bay) keyAway(id string, h hold) {
	left := b.cfg.Overdue - b.ago(h.at)
	b.after(min(max(left, 0), b.cfg.Overdue), overdueNote{job: id, at: h.at})
}

func (b *Bay) ago(r clocks.Reading) time.Duration {
	if b.cfg.Ago != nil {
		return b.cfg.Ago(r)
	}
	return time.Since(time.UnixMilli(r.WallMS))
}

func (b *Bay) takeOverdue(ctx context.Context, n overdueNote) {
	b.mu.Lock()
	h, away := b.book.held[n.job]
	b.mu.Unlock()
	if !away || h.at != n.at {
		return
	}
	b.recordAll(ctx, b.warned(n.job, job.WarningRaised{What: job.WarnOverdue, Slot: h.slot, By: h.by}))
	b.tellCabinetNow()
}

// after notes something again in a while, if Run still runs then.
func (b *Bay) after(d time.Duration, note any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.spawn == nil {
		return
	}
	b.spawn(func(ctx context.Context) {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
			b.notes <- note
		case <-ctx.Done():
		}
	})
}

// Ack is a named person's look at an alarm or a warning.
type Ack struct {
	Alarm   string // its id as the person saw it: a newer one is another
	By      string // staff id
	Note    string
	Request journal.RequestID
}

// Acknowledge writes that a person has looked at an alarm or a warning. One that
// does not stand (any more), or has been raised again since, is refused.
func (b *Bay) Acknowledge(ctx context.Context, a Ack) error {
	b.mu.Lock()
	x, stands := b.book.alarms.Find(a.Alarm)
	b.mu.Unlock()
	switch {
	case !stands:
		return refuse("moved", "this alarm does not stand any more, or was raised again", "look at the list again")
	case x.AckBy != "":
		return refuse(string(job.Already), "somebody has looked at this alarm already", "look at the list again")
	}
	d, err := draft(x.Job, a.Request, job.AlarmAcknowledged{
		Alarm: x.ID, What: x.What, Cabinet: x.Cabinet, Slot: x.Slot, By: a.By, Note: a.Note,
	})
	if err != nil {
		return fmt.Errorf("acknowledge an alarm: %w", err)
	}
	d.Device = false
	entries, err := b.cfg.Journal.Append(ctx, d)
	if err != nil {
		return fmt.Errorf("acknowledge an alarm: %w", err)
	}
	b.noteEntries(entries)
	b.tellCabinetNow()
	return nil
}
