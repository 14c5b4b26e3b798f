package keycab

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pitlane/devices"
)

// session is one opening of the line, in the hands of the goroutine of Run.
type session struct {
	c    *Cabinet
	port devices.Port
	t    *teller
	tick *time.Ticker
	rack *rack
	line []health // per board

	begun   bool          // something has answered
	since   time.Duration // when it began to answer
	pulsed  bool
	pulse   time.Duration // the last unlock frame
	watched *watch        // the slot that is being unlocked
	buf     [256]byte
}

func newSession(c *Cabinet, port devices.Port, t *teller) *session {
	return &session{
		c: c, port: port, t: t,
		rack: newRack(len(c.opts.Boards), c.opts.Locks, c.opts.HookClosed),
		line: make([]health, len(c.opts.Boards)),
	}
}

// run polls until the line breaks or ctx ends.
func (s *session) run(ctx context.Context) error {
	s.tick = time.NewTicker(pollEvery)
	defer s.tick.Stop()
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
		if err := s.poll(b); err != nil {
			return fmt.Errorf("poll board %d: %w", s.c.opts.Boards[b], err)
		}
	}
	s.tellWhole()
	return nil
}

// poll asks one board for its state.
func (s *session) poll(b int) error {
	addr, h := s.c.opts.Boards[b], &s.line[b]
	if err := s.drain(); err != nil {
		return err
	}
	h.asked = s.c.clock()
	s.watched.ask(b)
	h.doubled.next()
	h.garbled.next()
	if err := s.send(s.c.talk.Ask(addr)); err != nil {
		return err
	}
	var a answer
	in, err := s.collect(replyWindow, func(in []byte) bool {
		a = s.c.talk.Answer(addr, in)
		return a.OK
	})
	if err != nil {
		return err
	}
	s.strays(a.Strays)
	if a.OK {
		s.heard(b, a.Sample)
		return nil
	}
	return s.unheard(b, len(in) > 0)
}

func (s *session) heard(b int, sm sample) {
	at, h := s.c.clock(), &s.line[b]
	if !s.begun {
		s.begun, s.since = true, at
	}
	h.answered(sm.HasKeys)
	s.watched.see(s.rack, b, sm)
	for _, v := range s.rack.see(at, b, sm) {
		s.t.notice(v)
	}
}

// unheard notes a poll without a reply and waits the reply window out once more: a
// late reply must not be taken for that of the next request.
func (s *session) unheard(b int, noise bool) error {
	h := &s.line[b]
	if noise && h.garbled.mark() {
		kind := WarnNoise
		if h.conflict(s.othersClean(b)) {
			kind = WarnAddressConflict
		}
		s.t.notice(Warning{Kind: kind})
	}
	excused := s.pulsed && s.c.clock()-s.pulse < quietTime
	if h.miss(excused) {
		s.lose(b)
	}
	_, err := s.collect(replyWindow, nil)
	return err
}

// lose forgets a board that went silent; when it was the last one, the cabinet is
// offline instead.
func (s *session) lose(b int) {
	changes := s.rack.forget(b)
	if s.allSilent() {
		s.begun = false
		s.t.offline(s.whySilent(), nil)
		return
	}
	for _, v := range changes {
		s.t.notice(v)
	}
	s.t.notice(Warning{Slot: b*s.rack.locks + 1, Kind: WarnBoardSilent})
}

// tellWhole tells the snapshot as soon as everything is known, or after snapWait
// with what is still unknown.
func (s *session) tellWhole() {
	if s.t.online || !s.begun {
		return
	}
	settled := true
	for b := range s.line {
		settled = settled && !s.line[b].silent && s.rack.settled(b, s.line[b].hasKeys)
	}
	if !settled && s.c.clock()-s.since < snapWait {
		return
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

func (s *session) allSilent() bool {
	for b := range s.line {
		if !s.line[b].silent {
			return false
		}
	}
	return true
}

// whySilent tells a line that says nothing from one that says what nobody understands.
func (s *session) whySilent() string {
	for b := range s.line {
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

// drain throws away what came since the last reply. A whole reply among it is a
// second one to the same request.
func (s *session) drain() error {
	in, err := s.collect(0, nil)
	if err != nil {
		return err
	}
	s.strays(s.c.talk.Answer(-1, in).Strays)
	return nil
}

func (s *session) strays(addrs []int) {
	for _, addr := range addrs {
		for b := range s.line {
			h := &s.line[b]
			if s.c.opts.Boards[b] != addr || !h.heard {
				continue // of no board of ours, or late
			}
			if h.doubled.mark() {
				s.t.notice(Warning{Slot: b*s.rack.locks + 1, Kind: WarnAddressConflict})
			}
		}
	}
}

// collect reads for d, or until enough says so; with d 0 only what is there.
func (s *session) collect(d time.Duration, enough func([]byte) bool) ([]byte, error) {
	var in []byte
	end := time.Now().Add(d)
	for {
		left := max(time.Until(end), time.Millisecond)
		if err := s.port.SetReadTimeout(left); err != nil {
			return in, fmt.Errorf("set the read timeout: %w", err)
		}
		n, err := s.port.Read(s.buf[:])
		if err != nil {
			return in, fmt.Errorf("read from the cabinet: %w", err)
		}
		in = append(in, s.buf[:n]...)
		if n > 0 && enough != nil && enough(in) {
			return in, nil
		}
		if len(in) > maxTalk || n == 0 && !time.Now().Before(end) || n > 0 && d > 0 && !time.Now().Before(end) {
			return in, nil
		}
	}
}

// maxTalk bounds what a babbling line can make us keep.
const maxTalk = 4096

// send writes one frame. That a line takes no bytes is the port's to find out.
func (s *session) send(frame []byte) error {
	n, err := s.port.Write(frame)
	if err == nil && n < len(frame) {
		err = errors.New("the frame was cut short")
	}
	if err != nil {
		return fmt.Errorf("write to the cabinet: %w", err)
	}
	return nil
}
