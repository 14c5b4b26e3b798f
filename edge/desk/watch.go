package desk

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"pitlane/edge/board"
	"pitlane/edge/job"
	"pitlane/edge/journal"
)

// signedFor names the customer's signature at hand-back: one a visit.
func signedFor(id string) journal.RequestID { return derive("handback.signed", id) }

// Run follows the board until ctx ends: it writes the hand-over when a key is
// hung, ends a visit when a released key is gone and signed for, and keeps the
// kiosk's session in step. What happened while the edge was down is caught up with
// at the start, since all of it is told from the journal.
func (d *Desk) Run(ctx context.Context) error {
	d.session.wipe("")
	defer d.wishes.tasks.Wait()
	failed, unsealed := false, unsealable{}
	for version, next := "", d.cfg.Idle; ctx.Err() == nil; {
		wait, cancel := context.WithTimeout(ctx, next)
		view, err := d.cfg.Board.Wait(wait, board.Desk, version)
		cancel()
		if err == nil {
			version = view.Version
			failed = !d.follow(ctx, view, unsealed)
		} else if errors.Is(err, context.DeadlineExceeded) && failed { // no news need ever come
			failed = !d.follow(ctx, d.cfg.Board.View(board.Desk), unsealed)
		} else if !errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			return err
		}
		next = max(d.session.expire(d.cfg.Now(), d.cfg.Idle), time.Millisecond)
		if failed {
			next = min(next, time.Second)
		}
	}
	return nil
}

// follow says whether all that follows from the view is done. Seals come last: for keys
// somebody waits.
func (d *Desk) follow(ctx context.Context, view board.View, unsealed unsealable) bool {
	done, jobs := true, d.cfg.Board.Jobs()
	for _, s := range jobs {
		if err := d.answerWishes(ctx, s); err != nil {
			done = false
			d.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "a wish of another edge is not answered, tried again soon",
				slog.String("job", s.ID), slog.Any("error", err))
		}
		if !d.owns(s) { // the edge that owns the cabinet decides about its keys, and no other
			continue
		}
		if err := d.settleKey(ctx, s); err != nil {
			done = false
			d.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "job not moved on by its key, tried again soon",
				slog.String("job", s.ID), slog.Any("error", err))
		}
	}
	if k, on := d.session.get(); on {
		d.followSession(k, view)
	}
	return d.sealSome(ctx, jobs, unsealed) && done
}

// settleKey writes what follows from where a key is.
func (d *Desk) settleKey(ctx context.Context, s job.State) error {
	if s.Key.In && !s.HandedOver && job.CanHandOver(s) == job.Free {
		return d.handOver(ctx, s)
	}
	if err := d.bind(ctx, s); err != nil {
		return err
	}
	if job.Ended(s) || !s.Key.Taken {
		return nil
	}
	signed, err := d.done(ctx, signedFor(s.ID), s.ID)
	if err != nil || job.CanClose(s, signed) != job.Free {
		return err
	}
	return d.handedBack(ctx, s, kiosk)
}

func (d *Desk) handedBack(ctx context.Context, s job.State, by string) error {
	return d.write(ctx, s.ID, s.Tips, note{request: derive("car.handed_back", s.ID), payload: job.CarHandedBack{By: by}})
}

// followSession brings the kiosk's page up to what hook, key and visit say.
func (d *Desk) followSession(k board.KioskSession, view board.View) {
	s, ok := d.cfg.Board.Job(k.Job)
	if !ok {
		return
	}
	hook, key := slotOf(view, k.Slot)
	step, trouble, other := k.Step, "", 0
	if k.Mode == "checkin" && k.Slot > 0 {
		trouble, other = troubleOf(view, k, s)
	}
	switch {
	case k.Mode == "checkin" && s.HandedOver, k.Mode == "pickup" && s.Back:
		step = "done"
	case k.Mode == "checkin" && k.Step == "sign" && s.Signed:
		step = "key"
	}
	if step == k.Step && hook == k.Hook && key == k.Key && trouble == k.Trouble && other == k.Other {
		return // nothing new: no sign of life either
	}
	d.session.change(d.cfg.Now(), k.Job, func(now *board.KioskSession) {
		now.Hook, now.Key, now.Trouble, now.Other = hook, key, trouble, other
		if now.Step == k.Step {
			now.Step = step
		}
	})
}

// troubleOf is what the customer at the kiosk should mend now, as a word.
func troubleOf(view board.View, k board.KioskSession, s job.State) (word string, other int) {
	v, ok := view.Body.(board.DeskView)
	if !ok {
		return "", 0
	}
	for _, a := range v.Alarms {
		switch {
		case a.Over || a.AckBy != "":
		case a.What == job.WarnWrongSlot && a.Want == k.Slot:
			word, other = "wrong_slot", a.Slot
		case a.What == job.AlarmDoorOpen && a.Slot == k.Slot && word == "":
			word = "door_open"
		}
	}
	if word == "" && s.Key.Where == job.WhereCustomer && s.HandedOver {
		word = "taken_back"
	}
	return word, other
}

func slotOf(view board.View, slot int) (hook, key string) {
	v, ok := view.Body.(board.DeskView)
	if !ok || slot == 0 {
		return "", ""
	}
	for _, s := range v.Cabinet.Slots {
		if s.Slot == slot {
			return s.Hook, s.Key
		}
	}
	return "", ""
}
