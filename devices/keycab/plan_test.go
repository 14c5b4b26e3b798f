package keycab

import (
	"testing"
	"time"
)

// planned is the session of a cabinet with two boards of one lock, at a time that the
// test sets.
func planned(now *time.Duration, usual time.Duration) *session {
	closed := 1
	c := &Cabinet{clock: func() time.Duration { return *now }}
	return &session{c: c, rack: newRack(2, 1, &closed), line: make([]health, 2), pace: pace{usual}}
}

// TestADoubtIsSettledWhenItsTimeIsOver: a key is first seen at a poll; from then on the
// polls come each 100 ms, and the one that settles it so that its answer is there when
// the 300 ms are over, not at the next tick after that.
func TestADoubtIsSettledWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for _, c := range []struct {
		name  string
		seen  time.Duration // after the tick that saw it
		usual time.Duration
		polls []time.Duration // after the tick that saw it
	}{
		{"the answer comes at once", 0, 0, []time.Duration{100 * ms, 200 * ms, 300 * ms}},
		{"the answer needs 12 ms", 12 * ms, 12 * ms, []time.Duration{100 * ms, 200 * ms, 300 * ms}},
		{"the third board of a line", 36 * ms, 12 * ms, []time.Duration{100 * ms, 200 * ms, 300 * ms, 324 * ms}},
		{"just after a tick the tick waits", 20 * ms, 6 * ms, []time.Duration{100 * ms, 200 * ms, 314 * ms}},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := time.Duration(0)
			s := planned(&now, c.usual)
			see := func(key uint64) bool { return len(s.rack.see(now, 0, sample{Hooks: 1, Keys: key, HasKeys: true})) > 0 }
			for range 5 {
				see(0)
				now += 100 * ms
			}
			tick := now
			s.line[0].tick, s.line[1].tick = tick, tick+time.Hour
			now += c.seen
			see(1)
			for i, want := range c.polls {
				s.plan(0)
				board, at := s.nextPoll()
				if board != 0 || at-tick != want {
					t.Fatalf("poll %d is of board %d after %v, want 0 after %v", i, board, at-tick, want)
				}
				now = at + c.usual
				rested := now - tick - c.seen
				if believed := see(1); believed != (i == len(c.polls)-1) || believed != (rested >= 300*ms) {
					t.Fatalf("believed %v, %v after it was first seen", believed, rested)
				}
			}
		})
	}
}

// TestASilentBoardIsAskedOnceASecond: and the others as often as ever.
func TestASilentBoardIsAskedOnceASecond(t *testing.T) {
	t.Parallel()
	now := time.Duration(0)
	s := planned(&now, 0)
	s.line[1].silent = true
	asked := [2]int{}
	for now < 10*time.Second {
		b, at := s.nextPoll()
		now = max(now, at) + time.Millisecond
		s.line[b].asked = now
		asked[b]++
		s.plan(b)
	}
	if asked[0] < 95 || asked[0] > 101 || asked[1] < 9 || asked[1] > 11 {
		t.Errorf("in ten seconds they were asked %v times, want 100 and 10", asked)
	}
}

func TestThePaceIsThatOfMostAnswers(t *testing.T) {
	t.Parallel()
	var p pace
	for i := range 100 {
		took := 12 * time.Millisecond
		if i%10 == 0 {
			took = 80 * time.Millisecond // this machine was late
		}
		p.learn(took)
	}
	if p.usual < 12*time.Millisecond || p.usual > 14*time.Millisecond {
		t.Errorf("the usual answer takes %v, want 12 ms or little more", p.usual)
	}
	for range 1000 {
		p.learn(30 * time.Millisecond) // another adapter
	}
	if p.usual < 29*time.Millisecond {
		t.Errorf("all answers take 30 ms now, not %v", p.usual)
	}
}
