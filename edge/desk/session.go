package desk

import (
	"sync"
	"time"

	"pitlane/edge/board"
)

// session is the visit under way at this edge's kiosk. The board shows it to the
// kiosk; the browser keeps nothing.
type session struct {
	tell func(board.Now)

	mu      sync.Mutex
	now     board.KioskSession
	on      bool
	touched time.Time
}

// begin puts a new session in the place of whatever was there.
func (s *session) begin(at time.Time, k board.KioskSession) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now, s.on, s.touched = k, true, at
	s.show()
}

// change alters the session of a job, if that is the one under way, and counts as
// a sign of life.
func (s *session) change(at time.Time, id string, alter func(*board.KioskSession)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.on || s.now.Job != id {
		return
	}
	before := s.now
	alter(&s.now)
	s.touched = at
	if s.now != before {
		s.show()
	}
}

// ticket is that of the visit under way, "" without one.
func (s *session) ticket() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now.Ticket
}

// step moves the session of a job on.
func (s *session) step(at time.Time, id, step string) {
	s.change(at, id, func(k *board.KioskSession) { k.Step = step })
}

// wipe ends the session; with id not empty only if it is that job's.
func (s *session) wipe(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.on && (id == "" || s.now.Job == id) {
		s.on, s.now = false, board.KioskSession{}
		s.show()
	}
}

// expire wipes a session that nobody has touched for idle, and says when to look
// again.
func (s *session) expire(at time.Time, idle time.Duration) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.on {
		return idle
	}
	if left := idle - at.Sub(s.touched); left > 0 {
		return left
	}
	s.on, s.now = false, board.KioskSession{}
	s.show()
	return idle
}

// get is the session under way.
func (s *session) get() (board.KioskSession, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now, s.on
}

// show tells the board; callers hold mu, so that the board hears changes in order.
func (s *session) show() {
	if !s.on {
		s.tell(board.Now{Session: &board.SessionNow{}})
		return
	}
	k := s.now
	s.tell(board.Now{Session: &board.SessionNow{Session: &k}})
}
