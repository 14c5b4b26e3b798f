package job

import "slices"

// TimerDue says that a limit of the shop has come (requirements section 3): at that
// moment somebody has to do something. Cause is the hex hash of the event that began
// it; N tells timers of one name and one visit apart. AtLeast: the computer's clock
// could not say how long it was switched off, so that it may be later than said.
type TimerDue struct {
	Timer   string `json:"timer"`
	N       string `json:"n"`
	Cause   string `json:"cause"`
	AtLeast bool   `json:"at_least,omitempty"`
}

// TimerOverdue says that a limit has passed and nobody has done it.
type TimerOverdue struct {
	Timer   string `json:"timer"`
	N       string `json:"n"`
	Cause   string `json:"cause"`
	AtLeast bool   `json:"at_least,omitempty"`
}

// Kind implements Payload.
func (TimerDue) Kind() string { return "timer.due" }

// Kind implements Payload.
func (TimerOverdue) Kind() string { return "timer.overdue" }

// Fired is a timer that has fired: once, however often it was written.
type Fired struct {
	Timer     string
	N         string
	DueMS     int64 // 0: not due, only overdue
	OverdueMS int64 // 0: not overdue
	AtLeast   bool
}

// stepTimer takes the first firing of each timer; a repeat changes nothing.
func (s *State) stepTimer(e Event) {
	switch p := e.Payload.(type) {
	case TimerDue:
		if f := s.fired(p.Timer, p.N); f.DueMS == 0 {
			f.DueMS, f.AtLeast = max(e.WallMS, 1), f.AtLeast || p.AtLeast
		}
	case TimerOverdue:
		if f := s.fired(p.Timer, p.N); f.OverdueMS == 0 {
			f.OverdueMS, f.AtLeast = max(e.WallMS, 1), f.AtLeast || p.AtLeast
		}
	}
}

func (s *State) fired(timer, n string) *Fired {
	i := slices.IndexFunc(s.Timers, func(f Fired) bool { return f.Timer == timer && f.N == n })
	if i < 0 {
		s.Timers = append(slices.Clip(s.Timers), Fired{Timer: timer, N: n})
		i = len(s.Timers) - 1
	}
	return &s.Timers[i]
}

func decodeTimer(kind string) func([]byte) (Payload, error) {
	switch kind {
	case TimerDue{}.Kind():
		return as[TimerDue]
	case TimerOverdue{}.Kind():
		return as[TimerOverdue]
	}
	return nil
}

func checkTimer(c *checker, p Payload) {
	switch p := p.(type) {
	case TimerDue:
		c.need("timer", p.Timer)
		c.word("n", p.N)
		c.word("cause", p.Cause)
	case TimerOverdue:
		c.need("timer", p.Timer)
		c.word("n", p.N)
		c.word("cause", p.Cause)
	}
}
