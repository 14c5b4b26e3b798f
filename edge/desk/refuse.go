package desk

import (
	"context"
	"errors"
	"net/http"

	"pitlane/devices"
	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/tlog"
	"pitlane/edge/web"
)

// refuse turns what went wrong below into an answer with a next step.
func refuse(err error) error {
	answer := func(status int, kind, message, hint string) error {
		e := web.Fail(status, kind, message, hint)
		e.Err = err
		return e
	}
	if e, ok := errors.AsType[*web.Error](err); ok {
		return e
	}
	if f, ok := errors.AsType[*devices.Fault](err); ok {
		return answer(statusOf(f.Kind), kindOf(f.Kind), f.Message, f.Hint)
	}
	switch {
	case errors.Is(err, journal.ErrMoved):
		return answer(http.StatusConflict, "moved", "the job has moved on since you looked", "look at it again, then decide")
	case errors.Is(err, journal.ErrFull):
		return answer(http.StatusInsufficientStorage, "disk_full", "the disk is full: nothing new can be taken in", "please call the staff")
	case errors.Is(err, journal.ErrClosed):
		return answer(http.StatusServiceUnavailable, "closing", "the edge is stopping", "try again in a moment")
	case errors.Is(err, journal.ErrUnknownOutcome), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return answer(http.StatusServiceUnavailable, "unknown_outcome", "it is not known whether this was written", "send the same request again")
	case errors.Is(err, tlog.ErrTooLarge):
		return answer(http.StatusRequestEntityTooLarge, "too_large", "this is more than one event holds", "send less in one call")
	case errors.Is(err, job.ErrOutOfRange), errors.Is(err, job.ErrEmpty):
		return answer(http.StatusBadRequest, "out_of_range", "a field is empty, too long or out of range", "see /api/openapi.json")
	default:
		return err
	}
}

// kindOf is the screens' word for what the bay says: their lists are closed.
func kindOf(kind string) string {
	switch kind {
	case "cabinet_full":
		return "no_free_slot"
	case "cabinet_offline":
		return "cabinet"
	default:
		return kind
	}
}

// statusOf tells what the visit does not allow from what the devices cannot do.
func statusOf(kind string) int {
	switch kind {
	case "port", "not_an_adapter", "adapter_fault", "cabinet", "starting", "closing", "no_cabinet",
		"cabinet_offline", "scanner_offline", "no_scanner", "cabinet_full":
		return http.StatusServiceUnavailable
	case string(job.Unknown):
		return http.StatusNotFound
	default:
		return http.StatusConflict
	}
}

// reject says in words why the visit does not allow it now.
func reject(r job.Reason) error {
	if r == job.Free {
		return nil
	}
	status := http.StatusConflict
	if r == job.Unknown || r == job.UnknownExtra {
		status = http.StatusNotFound
	}
	message, hint := reasonText(r)
	return web.Fail(status, string(r), message, hint)
}

// reasonText is the sentence and the next step of each reason.
func reasonText(r job.Reason) (message, hint string) {
	texts := map[job.Reason][2]string{
		job.Unknown:       {"there is no such job", "look at the list again"},
		job.Closed:        {"the visit is over", "open a new one"},
		job.WasDeclined:   {"the customer declined the order", "open a new visit if the customer has changed their mind"},
		job.NoConsent:     {"the customer has not agreed to the diagnosis", "ask the customer to agree at the kiosk"},
		job.NoOrder:       {"no order is signed", "ask the customer to sign at the kiosk"},
		job.NoWalkround:   {"the walk-round is missing", "record it, or that there is nothing to record"},
		job.NoBelongings:  {"the list of belongings is missing", "record it, or that there is nothing to record"},
		job.NoSignature:   {"a signature is missing", "ask the customer to sign"},
		job.KeyNotIn:      {"the key is not in the cabinet", "hang the key on its hook"},
		job.NotHandedOver: {"the car has not been handed over yet", "finish the check-in first"},
		job.NotAssigned:   {"the job has no bay yet", "assign it at the desk"},
		job.NotReceived:   {"the car has not been received in the bay", "receive it first"},
		job.Mismatched:    {"the car in the bay is not known to be the job's", "compare the plate and the number, then decide whose car it is"},
		job.NotMismatched: {"there is no doubt whose car this is", "look at the job again"},
		job.NoReason:      {"the reason is missing", "say why"},
		job.OtherBay:      {"the job belongs to another bay", "look at the desk where it is assigned"},
		job.BeingCleared:  {"codes are being cleared", "wait until it has ended"},
		job.Running:       {"a scan is running", "wait until it has ended"},
		job.AwaitsAnswer:  {"an answer of the customer is awaited", "wait for the answer"},
		job.AwaitsParts:   {"parts are awaited", "wait for the parts"},
		job.NotStarted:    {"the work has not started", "start it first"},
		job.NotPaused:     {"the work is not paused", "look at the job again"},
		job.NoCause:       {"no cause is noted", "note the cause, or that none was found"},
		job.OpenExtra:     {"an extra item has no answer yet", "answer it at the desk"},
		job.UnknownExtra:  {"there is no such extra item", "look at the job again"},
		job.NotOffered:    {"the extra item was not offered to the customer", "offer it with price and new time first"},
		job.NoPromise:     {"the new finish time is missing", "give the time with the price"},
		job.NotTold:       {"who was told in the workshop is missing", "tell the workshop and note whom"},
		job.NoAcknowledge: {"the safety warning is not acknowledged", "have the customer acknowledge it"},
		job.NotFinished:   {"the work is not finished", "finish it in the bay first"},
		job.NoChecks:      {"the inspection sheet is empty", "tick what was checked"},
		job.NotInspected:  {"the car has not passed inspection", "inspect it first"},
		job.NotPrepared:   {"the car is not prepared", "prepare it first"},
		job.UnsignedLine:  {"the bill holds a line that nobody signed", "bill signed lines and approved extra items only"},
		job.NotSettled:    {"the bill is not settled", "settle it at the desk first"},
		job.NoGatepass:    {"there is no gate pass", "issue it at the desk first"},
		job.Already:       {"this has been done", "look at the job again"},
	}
	if t, ok := texts[r]; ok {
		return t[0], t[1]
	}
	return "the visit does not allow this now", "look at the job again"
}
