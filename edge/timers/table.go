package timers

import (
	"time"

	"pitlane/edge/clocks"
	"pitlane/edge/job"
)

// Names of the timers, those of job.
const (
	ExtraToCustomer = job.TimerExtraToCustomer
	AnswerToBay     = job.TimerAnswerToBay
	InspectorCall   = job.TimerInspectorCall
	ProgressCheck   = job.TimerProgressCheck
	Notice          = job.TimerNotice
	RequestAnswer   = job.TimerRequestAnswer
	RequestHandled  = job.TimerRequestHandled
)

// begun is a timer that an event has begun.
type begun struct {
	name string
	n    string
	// after counts from the event; due at once with 0.
	after time.Duration
	// late, where it is not 0, counts from the event too.
	late time.Duration
	// at, where it is not 0, is a wall time in ms in place of after.
	at int64
}

// beginning are the timers that an event of a visit begins, at a wall time in ms (0
// where no clock can say it). Of the table of the
// requirements these are the rows whose events the shop knows.
func beginning(s job.State, e job.Event, at int64) []begun {
	switch p := e.Payload.(type) {
	case job.Opened:
		if p.Purpose == "repair" || p.Purpose == "diagnosis" {
			return []begun{
				{name: RequestAnswer, after: 48 * time.Hour},
				{name: RequestHandled, after: 72 * time.Hour},
			}
		}
	case job.ExtraRaised:
		return []begun{{name: ExtraToCustomer, n: p.Extra}}
	case job.ExtraApproved:
		return append(answered(p.Extra), promise(s)...)
	case job.ExtraDeclined:
		return answered(p.Extra)
	case job.WorkFinished:
		return []begun{{name: InspectorCall, n: e.Hash.String()[:16]}}
	case job.WorkStarted:
		return progress(s, e, at)
	case job.Signed:
		return promise(s)
	}
	return nil
}

func open(s job.State) bool { return !s.Back && !s.Declined }

func answered(id string) []begun {
	return []begun{{name: AnswerToBay, n: id}}
}

// progress is the check at 70 % of the span that was planned from the start to the
// promise, late at 80 %.
func progress(s job.State, e job.Event, at int64) []begun {
	span := time.Duration(s.Promised-at) * time.Millisecond
	if s.Promised == 0 || at == 0 || span <= 0 {
		return nil
	}
	return []begun{{
		name: ProgressCheck, n: e.Hash.String()[:16], after: span / 10 * 7, late: span / 10 * 8, // a span of decades times 8 is none any more
	}}
}

// promise is the notice before the promised time: an hour, for work of two days and
// more four (K-202).
func promise(s job.State) []begun {
	if !clocks.Plausible(s.Promised) { // promised in 1970: once that is dated there is a time
		return nil
	}
	before := time.Hour
	if time.Duration(s.Promised-s.OpenedMS)*time.Millisecond >= 48*time.Hour {
		before = 4 * time.Hour
	}
	return []begun{{
		name: Notice, n: s.PromiseID, at: s.Promised - before.Milliseconds(),
	}}
}
