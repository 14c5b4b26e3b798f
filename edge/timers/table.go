package timers

import (
	"strconv"
	"time"

	"pitlane/edge/job"
)

// Names of the timers.
const (
	ExtraToCustomer = "extra_to_customer" // an extra item is to be put to the customer (K-160)
	AnswerToBay     = "answer_to_bay"     // the bay is to hear the customer's answer
	InspectorCall   = "inspector_call"    // the inspector is called when the line is done
	ProgressCheck   = "progress_check"    // 70 % of the planned span, late at 80 %
	Notice          = "notice"            // ready, or late, told before the promised time (K-202, K-203)
	RequestAnswer   = "request_answer"    // a repair request is answered within 48 h
	RequestHandled  = "request_handled"   // and diagnosed and handled within 72 h
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
	// wanted says whether what it is for is still to be done.
	wanted func(job.State) bool
}

// beginning are the timers that an event of a visit begins, at a wall time in ms (0
// where no clock can say it). Of the table of the
// requirements these are the rows whose events the shop knows.
func beginning(s job.State, e job.Event, at int64) []begun {
	switch p := e.Payload.(type) {
	case job.Opened:
		if p.Purpose == "repair" || p.Purpose == "diagnosis" {
			return []begun{
				{name: RequestAnswer, after: 48 * time.Hour, wanted: func(s job.State) bool { return s.OfferHash == "" && open(s) }},
				{name: RequestHandled, after: 72 * time.Hour, wanted: func(s job.State) bool { return !s.Started && !s.Finished && open(s) }},
			}
		}
	case job.ExtraRaised:
		return []begun{{name: ExtraToCustomer, n: p.Extra, wanted: extraIs(p.Extra, job.ExtraNew)}}
	case job.ExtraApproved:
		return append(answered(p.Extra), promise(s)...)
	case job.ExtraDeclined:
		return answered(p.Extra)
	case job.WorkFinished:
		return []begun{{name: InspectorCall, n: e.Hash.String()[:16], wanted: func(s job.State) bool { return s.Finished && !s.Inspected && open(s) }}}
	case job.WorkStarted:
		return progress(s, e, at)
	case job.Signed:
		return promise(s)
	}
	return nil
}

func open(s job.State) bool { return !s.Back && !s.Declined }

func extraIs(id, state string) func(job.State) bool {
	return func(s job.State) bool {
		for _, x := range s.Extras {
			if x.ID == id {
				return x.State == state && open(s)
			}
		}
		return false
	}
}

func answered(id string) []begun {
	return []begun{{name: AnswerToBay, n: id, wanted: func(s job.State) bool { return !s.Finished && open(s) }}}
}

// progress is the check at 70 % of the span that was planned from the start to the
// promise, late at 80 %.
func progress(s job.State, e job.Event, at int64) []begun {
	span := time.Duration(s.Promised-at) * time.Millisecond
	if s.Promised == 0 || at == 0 || span <= 0 {
		return nil
	}
	return []begun{{
		name: ProgressCheck, n: e.Hash.String()[:16], after: span * 7 / 10, late: span * 8 / 10,
		wanted: func(s job.State) bool { return !s.Finished && open(s) },
	}}
}

// promise is the notice before the promised time: an hour, for work of two days and
// more four (K-202).
func promise(s job.State) []begun {
	if s.Promised == 0 {
		return nil
	}
	before := time.Hour
	if time.Duration(s.Promised-s.OpenedMS)*time.Millisecond >= 48*time.Hour {
		before = 4 * time.Hour
	}
	due := s.Promised
	return []begun{{
		name: Notice, n: strconv.FormatInt(due, 10), at: due - before.Milliseconds(),
		wanted: func(s job.State) bool { return s.Promised == due && !s.Notified && open(s) },
	}}
}
