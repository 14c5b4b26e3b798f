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
	tick *time.Ticker
	soon *time.Timer // when a poll between two ticks settles a doubt
	rack *rack
	line []health // per board

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
	s.tick = time.NewTicker(pollEvery)
	defer s.tick.Stop()
	s.soon = time.NewTimer(pollEvery)
	defer s.soon.Stop()
	if _, err := s.collect(settleTime, nil); err != nil {
		return err
	}
	for {
		if err := s.cycle(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.tick.C:
		case <-s.soon.C:
			if err := s.glance(ctx); err != nil {
				return err
			}
			continue
		case o := <-s.c.orders:
			r, err := s.unlock(ctx, o)
			o.done <- r
			if err != nil {
				return err
			}
		}
	}
}

// cycle polls each board once and tells what that changes. A board that is silent
// is asked once a second, so that the others are not held up by it.
func (s *session) cycle(ctx context.Context) error {
	for b := range s.line {
		if err := ctx.Err(); err != nil {
			return err
		}
		h := &s.line[b]
		if h.silent && s.c.clock()-h.asked < time.Second {
			continue
		}
		s.ripen(ctx, b)
		if err := s.poll(ctx, b); err != nil {
			return fmt.Errorf("poll board %d: %w", s.c.opts.Boards[b], err)
		}
	}
	s.tellWhole()
	s.arm()
	return nil
}

// ripen waits a moment where a poll would come just too early to settle a doubt.
func (s *session) ripen(ctx context.Context, b int) {
	at := s.c.clock()
	d, doubt := s.rack.due(at, b)
	if !doubt || d-at > pollJitter {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(d - at):
	}
}

// arm has glance come when a poll before the next tick would settle a doubt: a change
// that a tick saw just too early would else wait for one more.
func (s *session) arm() {
	s.soon.Stop()
	at, wait := s.c.clock(), pollEvery
	for b := range s.line {
		h := &s.line[b]
		h.due = 0
		if d, doubt := s.rack.due(at, b); doubt && !h.silent && h.missed == 0 {
			h.due, wait = d, min(wait, d-at)
		}
	}
	if wait < pollEvery {
		s.soon.Reset(wait)
	}
}

// glance polls the boards whose doubts one poll would settle now.
func (s *session) glance(ctx context.Context) error {
	at := s.c.clock()
	for b := range s.line {
		if h := &s.line[b]; h.due == 0 || h.due > at {
			continue
		}
		if err := s.poll(ctx, b); err != nil {
			return fmt.Errorf("poll board %d: %w", s.c.opts.Boards[b], err)
		}
	}
	s.tellWhole()
	s.arm()
	return nil
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
	in, err := s.exchange(s.c.talk.Ask(addr), func(in []byte) bool {
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
