package keycab

import (
	"context"
	"errors"
	"fmt"
)

// watch follows the hook of the slot that is being unlocked from its pulse on.
type watch struct {
	board, lock int
	open        int // polls in a row that showed it open
	closed      int // polls in a row that showed it closed
	asked       int // polls of its board
	doubled     int // replies too many: two boards may have answered
}

// double notes a reply too many.
func (w *watch) double(board int) {
	if w != nil && w.board == board {
		w.doubled++
	}
}

// doubtful: it is not known whose hook was seen. One reply too many may be a board's
// answer to the unlock itself.
func (w *watch) doubtful() bool { return w.doubled > 1 }

func (w *watch) ask(board int) {
	if w != nil && w.board == board {
		w.asked++
	}
}

func (w *watch) see(r *rack, board int, s sample) {
	switch {
	case w == nil || w.board != board:
	case r.closed(s, w.lock):
		w.open, w.closed = 0, w.closed+1
	default:
		w.open, w.closed = w.open+1, 0
	}
}

// unlock opens one slot: a frame, then a look at the hook for unlockWait, and the
// same once more when it was seen to stay closed. An error means that the line
// broke.
func (s *session) unlock(ctx context.Context, o *order) (result, error) {
	w := &watch{board: (o.slot - 1) / s.rack.locks, lock: (o.slot - 1) % s.rack.locks}
	for try := range unlockTries {
		if err := s.rest(ctx); err != nil {
			return broken(try, err)
		}
		if f := s.refuse(w.board); f != nil && try == 0 {
			return result{outcome: Failed, err: f}, nil
		} else if f != nil {
			return result{outcome: OutcomeUnknown}, nil
		}
		if err := o.ended(); err != nil && try == 0 {
			return result{outcome: Failed, err: fmt.Errorf("unlock slot %d: %w", o.slot, err)}, nil
		} else if err != nil {
			return result{outcome: Failed}, nil
		}
		outcome, refused, err := s.pulseAndLook(ctx, w, o.slot)
		if err != nil {
			return result{outcome: OutcomeUnknown}, err
		}
		if refused != nil {
			return result{outcome: Failed, err: refusedFault(refused)}, nil
		}
		if outcome != Failed {
			return result{outcome: outcome}, nil
		}
		s.c.log.Warn("hook did not move", "slot", o.slot, "try", try+1)
	}
	s.t.notice(Warning{Slot: o.slot, Kind: WarnStuck})
	return result{outcome: Failed}, nil
}

// refusedFault is the fault of a module that will not open the lock.
func refusedFault(err error) error {
	return fault("cabinet", "the module refuses to open the slot: "+err.Error(),
		"use a module with a timed pulse (coils from 0200 hex on); without one set pulse = \"host\" (--pulse host), "+
			"knowing that a lock stays driven when this machine dies while it opens", fmt.Errorf("%w: %w", ErrRefused, err))
}

// broken is the result when the line broke before the frame of this try left: with
// none sent before it, the slot has not been touched.
func broken(try int, err error) (result, error) {
	if try == 0 {
		return result{outcome: Failed, err: offline(WhyUnplugged, err)}, err
	}
	return result{outcome: OutcomeUnknown}, err
}

func (s *session) refuse(board int) error {
	h := &s.line[board]
	switch {
	case !s.t.online || h.silent || h.returning:
		return offline(WhySilent, nil)
	case h.conflict(s.othersClean(board)):
		return fault("cabinet", fmt.Sprintf("two boards answer to address %d", s.c.opts.Boards[board]),
			"give each board its own address with its DIP switches", ErrRefused)
	}
	if _, ok := s.c.talk.(holder); ok && !h.calm {
		return fault("cabinet", "whether a lock is still driven is not known", "look at the module's lamps; cut its power when one is on", ErrRefused)
	}
	return nil
}

// rest lets the last solenoid come to rest: one at a time. Then the line itself: a
// board that is still speaking would hear the frame late.
func (s *session) rest(ctx context.Context) error {
	for s.c.clock() < s.free {
		if err := s.next(ctx); err != nil {
			return err
		}
	}
	in, err := s.rests()
	s.strays(s.c.talk.Answer(-1, in).Strays)
	return err
}

// next waits until a poll is due and polls.
func (s *session) next(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-s.wake.C:
		return s.turn(ctx)
	}
}

// pulseAndLook sends the frame and watches the hook in the polls after it. One
// frame is not believed, neither for open nor for closed. refused is the word of a
// module that has done nothing.
func (s *session) pulseAndLook(ctx context.Context, w *watch, slot int) (o Outcome, refused, err error) {
	w.open, w.closed, w.asked, w.doubled = 0, 0, 0, 0
	s.watched = w
	defer func() { s.watched = nil }()
	addr, key := s.c.opts.Boards[w.board], s.rack.slot(slot-1).Key
	refused, err = s.pulseOnce(addr, w.lock)
	if h, ok := s.c.talk.(holder); ok && s.pulsed {
		off := s.offAfter(ctx, h, w)
		defer func() { err = errors.Join(err, off()) }()
	}
	if err != nil || refused != nil {
		return OutcomeUnknown, refused, err
	}
	for s.c.clock()-s.pulse < unlockWait || w.asked < unlockPolls {
		if err := s.next(ctx); err != nil {
			return OutcomeUnknown, nil, err
		}
		if w.open >= 2 && s.rack.slot(slot-1).Hook == HookOpen {
			if w.doubtful() {
				return OutcomeUnknown, nil, nil
			}
			return Opened, nil, nil
		}
	}
	now := s.rack.slot(slot - 1)
	if w.closed >= 2 && !w.doubtful() && !s.line[w.board].silent && now.Hook == HookClosed && now.Key == key {
		return Failed, nil, nil // a key that came or went says that the slot was open, and somebody quicker than the polls
	}
	return OutcomeUnknown, nil, nil
}

// pulseOnce sends the frame that opens one lock, once, and hears a refusal where the
// board can say it. No other answer is relied on.
func (s *session) pulseOnce(addr, lock int) (refused, err error) {
	frame := s.c.talk.Open(addr, lock)
	if frame == nil {
		return errNoLock, nil
	}
	s.pulsed, s.pulse = true, s.c.clock()
	s.free = s.pulse + pulseTime
	r, ok := s.c.talk.(refuser)
	if !ok {
		return nil, s.send(frame)
	}
	echoed := s.echo.seen.on
	_, err = s.exchange(frame, func(in []byte) bool {
		if echoed && len(in) >= len(frame) {
			in = in[len(frame):]
		}
		var done bool
		done, refused = r.Opened(addr, lock, in)
		return done
	})
	return refused, err
}
