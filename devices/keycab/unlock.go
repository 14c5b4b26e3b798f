package keycab

import (
	"context"
	"fmt"
)

// watch follows the hook of the slot that is being unlocked from its pulse on.
type watch struct {
	board, lock int
	open        int // polls in a row that showed it open
	closed      int // polls in a row that showed it closed
	asked       int // polls of its board
}

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
	if f := s.refuse(w.board); f != nil {
		return result{outcome: Failed, err: f}, nil
	}
	for try := range unlockTries {
		if err := s.rest(ctx); err != nil {
			return broken(try, err)
		}
		if err := o.ended(); err != nil && try == 0 {
			return result{outcome: Failed, err: fmt.Errorf("unlock slot %d: %w", o.slot, err)}, nil
		} else if err != nil {
			return result{outcome: Failed}, nil
		}
		outcome, err := s.pulseAndLook(ctx, w, o.slot)
		if err != nil {
			return result{outcome: OutcomeUnknown}, err
		}
		if outcome != Failed {
			return result{outcome: outcome}, nil
		}
		s.c.log.Warn("hook did not move", "slot", o.slot, "try", try+1)
	}
	return result{outcome: Failed}, nil
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
	case !s.t.online || h.silent:
		return offline(WhySilent, nil)
	case h.conflict(s.othersClean(board)):
		return fault("cabinet", fmt.Sprintf("two boards answer to address %d", s.c.opts.Boards[board]),
			"give each board its own address with its DIP switches", nil)
	}
	return nil
}

// rest lets the last solenoid come to rest: one at a time.
func (s *session) rest(ctx context.Context) error {
	for s.pulsed && s.c.clock()-s.pulse < pulseTime {
		if err := s.next(ctx); err != nil {
			return err
		}
	}
	return s.drain()
}

// next waits for the next tick and polls.
func (s *session) next(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-s.tick.C:
	}
	return s.cycle(ctx)
}

// pulseAndLook sends the frame and watches the hook in the polls after it. One
// frame is not believed, neither for open nor for closed.
func (s *session) pulseAndLook(ctx context.Context, w *watch, slot int) (Outcome, error) {
	w.open, w.closed, w.asked = 0, 0, 0
	s.watched = w
	defer func() { s.watched = nil }()
	if err := s.send(s.c.talk.Open(s.c.opts.Boards[w.board], w.lock)); err != nil {
		return OutcomeUnknown, err
	}
	s.pulsed, s.pulse = true, s.c.clock()
	for s.c.clock()-s.pulse < unlockWait || w.asked < unlockPolls {
		if err := s.next(ctx); err != nil {
			return OutcomeUnknown, err
		}
		if w.open >= 2 && s.rack.slot(slot-1).Hook == HookOpen {
			return Opened, nil
		}
	}
	if w.closed >= 2 && !s.line[w.board].silent && s.rack.slot(slot-1).Hook == HookClosed {
		return Failed, nil
	}
	return OutcomeUnknown, nil
}
