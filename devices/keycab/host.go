package keycab

import (
	"context"
	"errors"
	"fmt"
)

// hostPulse is a module without a timed pulse: the lock's coil is switched on and,
// drivenTime later, off again by us. When this machine loses its power in between
// the solenoid stays driven until the next start, which switches every lock's coil
// off first: so that it has to be asked for (Options.Pulse "host").
type hostPulse struct{ modbus }

var (
	_ talk    = hostPulse{}
	_ refuser = hostPulse{}
	_ holder  = hostPulse{}
)

func (h hostPulse) Open(addr, lock int) []byte {
	if h.modbus.Open(addr, lock) == nil {
		return nil
	}
	return mbWrite(addr, lock, mbCoilOn)
}

func (h hostPulse) Opened(addr, lock int, in []byte) (bool, error) {
	return mbWritten(h.Open(addr, lock), in)
}

func (h hostPulse) Off(addr, lock int) []byte {
	if h.modbus.Open(addr, lock) == nil {
		return nil
	}
	return mbWrite(addr, lock, mbCoilOff)
}

func (h hostPulse) AllOff(addr int) []byte { return mbClear(addr, h.locks) }

func (h hostPulse) AskDriven(addr int) []byte { return mbRead(addr, fcCoils, 0, h.locks) }

func (h hostPulse) Driven(addr int, in []byte) (uint64, bool) {
	for i := range in {
		from, bits, size, refused := mbBitReply(fcCoils, in[i:])
		if size > 0 && refused == nil && from == addr && len(bits) == (h.locks+7)/8 {
			return mbBits(bits, 0, h.locks), true
		}
	}
	return 0, false
}

// errDriven: the lock could not be seen to be switched off.
var errDriven = errors.New("a lock could not be seen to be switched off")

// calm switches off every lock's coil of a module where the host pulses them: a run
// that died may have left one driven. It is done before the first poll.
func (s *session) calm(ctx context.Context, b int) error {
	h, ok := s.c.talk.(holder)
	if !ok || s.line[b].calm {
		return nil
	}
	addr := s.c.opts.Boards[b]
	driven, err := s.driven(h, addr)
	switch {
	case err != nil && !errors.Is(err, errDriven):
		return err
	case err != nil:
		return nil // it does not answer: asked again at the next poll that is answered
	case driven == 0:
		s.line[b].calm = true
		return nil
	}
	s.c.log.Warn("locks were left driven", "board", addr)
	err = s.switchOff(ctx, b, h.AllOff(addr), func(d uint64) bool { return d == 0 })
	s.line[b].calm = err == nil
	if errors.Is(err, errDriven) {
		return nil // said already
	}
	return err
}

// switchOff sends the frame until the module says that it has worked, and warns
// when it does not come to that. It goes on when ctx ends: a solenoid burns out.
func (s *session) switchOff(_ context.Context, b int, frame []byte, off func(driven uint64) bool) error {
	h, ok := s.c.talk.(holder)
	if !ok {
		return nil
	}
	addr := s.c.opts.Boards[b]
	for try := range offTries {
		if try > 1 { // a disturbed slave needs silence to hear the next frame
			if _, err := s.collect(s.c.talk.Limits().Rest, nil); err != nil {
				return err
			}
		}
		done := false // the answer to this write, and then the state: either alone may be an old one
		if _, err := s.exchange(frame, func(in []byte) bool { done, _ = mbWritten(frame, in); return done }); err != nil {
			return err
		}
		driven, err := s.driven(h, addr)
		if err == nil && done && off(driven) {
			return nil
		}
		if err != nil && !errors.Is(err, errDriven) {
			return err
		}
	}
	s.t.notice(Warning{Slot: b*s.rack.locks + 1, Kind: WarnEnergised})
	return fmt.Errorf("board %d: %w", addr, errDriven)
}

// driven asks a module which of its locks it drives; errDriven when it does not say.
func (s *session) driven(h holder, addr int) (uint64, error) {
	var driven uint64
	var ok bool
	_, err := s.exchange(h.AskDriven(addr), func(in []byte) bool {
		driven, ok = h.Driven(addr, in)
		return ok
	})
	if err == nil && !ok {
		err = errDriven
	}
	return driven, err
}

// offAfter is what ends the pulse of a lock that is driven until it is switched off:
// it waits until drivenTime is over, polling, and switches it off, also when ctx
// ends before.
func (s *session) offAfter(ctx context.Context, h holder, w *watch) (off func() error) {
	return func() error {
		for s.c.clock()-s.pulse < drivenTime && ctx.Err() == nil {
			if err := s.next(ctx); err != nil && ctx.Err() == nil {
				return err
			}
		}
		frame := h.Off(s.c.opts.Boards[w.board], w.lock)
		err := s.switchOff(ctx, w.board, frame, func(driven uint64) bool { return driven>>w.lock&1 == 0 })
		if err != nil {
			s.line[w.board].calm = false
		}
		if errors.Is(err, errDriven) {
			return nil // said as a warning; nothing opens there until it is known to be off
		}
		return err
	}
}
