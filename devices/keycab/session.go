package keycab

import (
	"context"
	"fmt"
	"time"

	"pitlane/devices"
)

// session is one opening of the line, in the hands of the goroutine of Run.
type session struct {
	wire
	c    *Cabinet
	t    *teller
	wake *time.Timer // when the next poll is due
	rack *rack
	line []health // per board
	pace pace     // of a poll

	begun   bool          // something has answered
	since   time.Duration // when it began to answer
	pulsed  bool
	pulse   time.Duration // the last unlock frame
	free    time.Duration // from when on the next may leave: one solenoid at a time
	watched *watch        // the slot that is being unlocked
}

func newSession(c *Cabinet, port devices.Port, t *teller) *session {
	return &session{
		wire: wire{port: port, gap: c.talk.Limits().Gap, echo: echo{mode: c.opts.Echo}},
		c:    c, t: t,
		rack: newRack(len(c.opts.Boards), c.opts.Locks, c.opts.HookClosed).presentIs(c.opts.KeyPresent),
		line: make([]health, len(c.opts.Boards)),
		free: c.clock() + pulseTime, // a session or a run before this one may just have sent one
	}
}

// run polls until the line breaks or ctx ends.
func (s *session) run(ctx context.Context) error {
	s.wake = time.NewTimer(0)
	defer s.wake.Stop()
	if _, err := s.collect(settleTime, nil); err != nil {
		return err
	}
	begun := s.c.clock()
	for b := range s.line {
		s.line[b].tick = begun
	}
	for {
		if err := s.turn(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.wake.C:
		case o := <-s.c.orders:
			r, err := s.unlock(ctx, o)
			o.done <- r
			if err != nil {
				return err
			}
		}
	}
}

// turn polls the boards whose time has come, the one that has waited longest first, and
// tells what that changes. It ends after as many polls as there are boards, so that
// whoever wants a slot opened gets a word in on a slow line.
func (s *session) turn(ctx context.Context) error {
	for range s.line {
		if err := ctx.Err(); err != nil {
			return err
		}
		b, at := s.nextPoll()
		if at > s.c.clock() {
			break
		}
		if err := s.poll(ctx, b); err != nil {
			return fmt.Errorf("poll board %d: %w", s.c.opts.Boards[b], err)
		}
		s.plan(b)
		s.tellWhole()
	}
	_, at := s.nextPoll()
	s.wake.Reset(max(0, at-s.c.clock()))
	return nil
}

// nextPoll is which board is to be polled next, and when.
func (s *session) nextPoll() (board int, at time.Duration) {
	for b := range s.line {
		if next := s.line[b].next(); b == 0 || next < at {
			board, at = b, next
		}
	}
	return board, at
}

// plan sets when a board that was just polled is polled again: at the next tick, and
// when the answer would come just as the newest doubt is old enough to be settled. A
// board that is silent is asked once a second, so that the others are not held up by it.
func (s *session) plan(b int) {
	at, h := s.c.clock(), &s.line[b]
	rest := at
	if h.silent {
		rest = h.asked + time.Second - pollEvery
	}
	for h.tick <= rest {
		h.tick += pollEvery
	}
	h.doubt = 0
	if due, doubt := s.rack.due(at, b); doubt && !h.silent && h.missed == 0 {
		h.doubt = max(at, due-s.pace.usual)
	}
}

// poll asks one board for its state, once more at once where a slave is known to
// drop the request after a disturbance.
func (s *session) poll(ctx context.Context, b int) error {
	h := &s.line[b]
	h.asked = s.c.clock()
	s.watched.ask(b)
	h.doubled.next()
	h.garbled.next()
	for try := 0; ; try++ {
		sm, in, err := s.ask(b)
		if err != nil {
			return err
		}
		if sm != nil {
			s.heard(b, *sm)
			return s.calm(ctx, b)
		}
		again := try < s.c.talk.Limits().Again || try == 0 && in > 0
		if !again || h.refused != nil || h.silent {
			return s.unheard(b, in > 0)
		}
		if _, err := s.collect(lateWindow, nil); err != nil {
			return err
		}
	}
}

// ask puts the board's request and takes the reply; nil when none came. got is how
// many bytes came that were not our own.
func (s *session) ask(b int) (sm *sample, got int, err error) {
	addr := s.c.opts.Boards[b]
	var a answer
	in, err := s.exchangeAt(&s.pace, s.c.talk.Ask(addr), func(in []byte) bool {
		a = s.c.talk.Answer(addr, in)
		return a.OK || a.Refused != nil
	})
	if err != nil {
		return nil, 0, err
	}
	s.strays(s.c.talk.Answer(-1, s.spare).Strays)
	s.strays(a.Strays)
	if s.echo.told() {
		s.t.notice(Warning{Kind: WarnEcho})
	}
	s.line[b].refused = a.Refused
	if !a.OK {
		return nil, len(in), nil
	}
	return &a.Sample, len(in), nil
}

// excused: a solenoid pulse may have browned a board out.
func (s *session) excused() bool { return s.pulsed && s.c.clock()-s.pulse < quietTime }

func (s *session) heard(b int, sm sample) {
	at, h := s.c.clock(), &s.line[b]
	if !s.begun {
		s.begun, s.since = true, at
	}
	recent := s.pulsed && at-s.pulse < quietTime+unlockWait
	if h.answered(at, sm.HasKeys, recent) {
		s.t.notice(Warning{Slot: b*s.rack.locks + 1, Kind: WarnRebooted})
	}
	s.watched.see(s.rack, b, sm)
	for _, v := range s.rack.see(at, b, sm) {
		if _, change := v.(Change); change && h.returning {
			continue // nobody saw it move: the next snapshot has it
		}
		s.t.notice(v)
	}
}

// unheard notes a poll without a reply and waits until the line rests: a late reply
// must not be taken for that of the next request.
func (s *session) unheard(b int, noise bool) error {
	h := &s.line[b]
	if noise && h.refused == nil && h.garbled.mark(garbledOn) {
		kind := WarnNoise
		if h.conflict(s.othersClean(b)) {
			kind = WarnAddressConflict
		}
		s.t.notice(Warning{Kind: kind})
	}
	if h.miss(noise, s.excused()) {
		s.lose(b)
	}
	rest := lateWindow
	if h.missed == 1 {
		rest = max(rest, s.c.talk.Limits().Rest)
	}
	_, err := s.collect(rest, nil)
	return err
}

// lose forgets a board that went silent; when it was the last one, the cabinet is
// offline instead.
func (s *session) lose(b int) {
	changes := s.rack.forget(b)
	s.line[b].returning = false
	if s.allSilent() {
		s.begun = false
		why := s.whySilent()
		s.t.offline(why, s.line[b].refused)
		return
	}
	for _, v := range changes {
		s.t.notice(v)
	}
	s.t.notice(Warning{Slot: b*s.rack.locks + 1, Kind: WarnBoardSilent})
}

// tellWhole tells the snapshot as soon as everything is known, or after snapWait
// with what is still unknown; and once more when a board that was silent is known
// again: what moved meanwhile nobody saw.
func (s *session) tellWhole() {
	if !s.begun || s.t.online && !s.returned() {
		return
	}
	settled := true
	for b := range s.line {
		settled = settled && !s.line[b].silent && s.rack.settled(b, s.line[b].hasKeys)
	}
	if !s.t.online && !settled && s.c.clock()-s.since < snapWait {
		return
	}
	for b := range s.line {
		s.line[b].returning = false
	}
	s.t.snapshot(s.rack.slots())
	for b := range s.line { // what was found wrong before anyone could be told
		if s.line[b].conflict(s.othersClean(b)) {
			s.t.notice(Warning{Slot: b*s.rack.locks + 1, Kind: WarnAddressConflict})
		}
		if s.line[b].silent {
			s.t.notice(Warning{Slot: b*s.rack.locks + 1, Kind: WarnBoardSilent})
		}
	}
}

// returned says that the boards that came back are known again, or should be.
func (s *session) returned() bool {
	back := false
	for b := range s.line {
		h := &s.line[b]
		if h.returning && !s.rack.settled(b, h.hasKeys) && s.c.clock()-h.since < snapWait {
			return false
		}
		back = back || h.returning
	}
	return back
}

func (s *session) allSilent() bool {
	for b := range s.line {
		if !s.line[b].silent {
			return false
		}
	}
	return true
}

// whySilent tells a line that says nothing from one that says what nobody
// understands, and from a module that refuses.
func (s *session) whySilent() string {
	for b := range s.line {
		if s.line[b].refused != nil {
			return WhyRefused
		}
		if s.line[b].garbled.polls&(1<<missedPolls-1) == 1<<missedPolls-1 {
			return WhyNoise
		}
	}
	return WhySilent
}

func (s *session) othersClean(b int) bool {
	for i := range s.line {
		if i != b && (s.line[i].garbled.on || s.line[i].silent) {
			return false
		}
	}
	return len(s.line) > 1
}

// strays notes replies that nobody waited for. A whole one of a board that has just
// answered is a second one to the same request.
func (s *session) strays(addrs []int) {
	for _, addr := range addrs {
		for b := range s.line {
			h := &s.line[b]
			if s.c.opts.Boards[b] != addr || !h.heard {
				continue // of no board of ours, or late
			}
			s.watched.double(b)
			if h.doubled.mark(doubledOn) {
				s.t.notice(Warning{Slot: b*s.rack.locks + 1, Kind: WarnAddressConflict})
			}
		}
	}
}
