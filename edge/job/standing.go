package job

import "slices"

// Names of the limits that fire (edge/timers).
const (
	TimerExtraToCustomer = "extra_to_customer" // an extra item is to be put to the customer (K-160)
	TimerAnswerToBay     = "answer_to_bay"     // the bay is to hear the customer's answer
	TimerInspectorCall   = "inspector_call"    // the inspector is called when the line is done
	TimerProgressCheck   = "progress_check"    // 70 % of the planned span, late at 80 %
	TimerNotice          = "notice"            // ready, or late, told before the promised time (K-202, K-203)
	TimerRequestAnswer   = "request_answer"    // a repair request is answered within 48 h
	TimerRequestHandled  = "request_handled"   // and diagnosed and handled within 72 h
)

// TimerWanted says whether what a limit is for is still to be done: n is the one that
// it fired with. A name that is not known here is wanted while the visit is open, since
// nobody here can say that it is done.
func TimerWanted(s State, name, n string) bool {
	if s.Back || s.Declined || s.Erased {
		return false
	}
	switch name {
	case TimerRequestAnswer:
		return s.OfferHash == ""
	case TimerRequestHandled:
		return !s.Started && !s.Finished
	case TimerExtraToCustomer:
		return slices.ContainsFunc(s.Extras, func(x Extra) bool { return x.ID == n && x.State == ExtraNew })
	case TimerAnswerToBay, TimerProgressCheck:
		return !s.Finished
	case TimerInspectorCall:
		return s.Finished && !s.Inspected
	case TimerNotice:
		return s.PromiseID == n && !s.Notified
	}
	return true
}

// Standing are the limits that have fired and whose matter is still to be done, in the
// order in which they fired. Of one name that is not about an extra item only the newest
// stands: work that was finished twice calls the inspector once.
func Standing(s State) []Fired {
	var out []Fired
	for _, f := range s.Timers {
		if !TimerWanted(s, f.Timer, f.N) {
			continue
		}
		if f.Timer != TimerExtraToCustomer && f.Timer != TimerAnswerToBay {
			out = slices.DeleteFunc(out, func(o Fired) bool { return o.Timer == f.Timer })
		}
		out = append(out, f)
	}
	return out
}
