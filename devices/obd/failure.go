package obd

import (
	"context"
	"errors"
	"strings"

	"pitlane/devices"
)

// fault makes a Failure an error, with its cause behind it.
func (f *Failure) fault(cause error) *devices.Fault {
	return &devices.Fault{Kind: f.Kind, Message: f.Message, Hint: f.Hint, Err: cause}
}

// failureOf says an error in the kinds of the interface. During tells whether a
// scan had begun: an unplugged cable is then an interruption.
func failureOf(err error, during bool) *Failure {
	if f, ok := errors.AsType[*devices.Fault](err); ok && (!during || f.Kind != "port") {
		return &Failure{Kind: f.Kind, Message: f.Message, Hint: f.Hint}
	}
	switch {
	case errors.Is(err, context.Canceled):
		return &Failure{Kind: "interrupted", Message: "the scan was stopped", Hint: "scan again"}
	case errors.Is(err, context.DeadlineExceeded):
		return &Failure{Kind: "interrupted", Message: "the scan took too long and was stopped", Hint: "scan again with more time"}
	case errors.Is(err, errReset):
		return &Failure{
			Kind: "low_voltage", Message: "the adapter restarted in the middle: its supply broke down",
			Hint: "check the car's battery and the seat of the plug, then scan again",
		}
	case errors.Is(err, errSilent):
		return &Failure{
			Kind: "adapter_fault", Message: "the adapter stopped answering",
			Hint: "pull the adapter, plug it in again, and scan again",
		}
	case during:
		return &Failure{
			Kind: "interrupted", Message: "the connection to the adapter broke during the scan",
			Hint: "check cable and plug, then scan again",
		}
	}
	return &Failure{Kind: "port", Message: err.Error(), Hint: "check the name of the port and whether the adapter is plugged in"}
}

// kindFailure says a trouble of the adapter or the bus in the kinds of the
// interface.
func kindFailure(kind string) *Failure {
	switch kind {
	case KindBusInit:
		return &Failure{Kind: KindBusInit, Message: "the car did not answer the bus initialisation",
			Hint: "switch the ignition on; if it is on, the car may need another protocol"}
	case KindUnable:
		return &Failure{Kind: KindUnable, Message: "no protocol of the adapter gets an answer from the car",
			Hint: "switch the ignition on and push the plug in fully"}
	case KindNoData, KindNoAnswer, KindActAlert, KindLPAlert:
		return &Failure{Kind: KindNoData, Message: "the car does not answer",
			Hint: "switch the ignition on; if it is on, search again with --protocol auto --cold"}
	case KindLowVoltage:
		return &Failure{Kind: KindLowVoltage, Message: "the adapter restarted: its supply broke down",
			Hint: "check the car's battery and the seat of the plug, then scan again"}
	case KindBufferFull, KindStopped, KindAdapter, KindUnknown:
		return &Failure{Kind: "adapter_fault", Message: "the adapter reports " + words(kind),
			Hint: "pull the adapter, plug it in again, and scan again"}
	}
	return &Failure{Kind: KindCANError, Message: "the adapter reports a fault on the car's bus: " + words(kind),
		Hint: "check the plug; a device that disturbs the bus, or a damaged line, gives this too"}
}

func words(kind string) string { return strings.ReplaceAll(kind, "_", " ") }

// stateOfKind is the state of a fact that could not be read for this reason.
func stateOfKind(kind string) State {
	switch kindFailure(kind).Kind {
	case KindNoData:
		return NoAnswer
	case "adapter_fault", KindLowVoltage:
		return AdapterFault
	}
	return BusFault
}

// stateOfFailure is the state of the facts that a failed scan did not get to.
func stateOfFailure(f *Failure) State {
	switch f.Kind {
	case KindNoData:
		return NoAnswer
	case KindBusInit, KindUnable, KindCANError:
		return BusFault
	}
	return AdapterFault
}

// failedReport is a scan that did not begin.
func failedReport(f *Failure) *Report {
	r := &Report{VIN: VIN{State: stateOfFailure(f)}, Error: f}
	r.complete()
	return r
}

// complete makes every array of a report present, so that its JSON says [] and
// never null.
func (r *Report) complete() {
	fill(&r.Adapter.Hints)
	fill(&r.ECUs)
	fill(&r.Errors)
	rest := NoAnswer
	if r.Error != nil {
		rest = stateOfFailure(r.Error)
	}
	if r.VIN.State == "" {
		r.VIN.State = rest
	}
	for i := range r.ECUs {
		e := &r.ECUs[i]
		for _, c := range []*Codes{&e.Stored, &e.Pending, &e.Permanent} {
			fill(&c.Codes)
			if c.State == "" {
				c.State = rest
			}
		}
		if e.Readiness.State == "" {
			e.Readiness.State = rest
		}
		for _, s := range []*State{&e.FreezeState, &e.TestsState, &e.Info.State} {
			if *s == "" && r.Error != nil {
				*s = rest
			}
		}
		fill(&e.Readiness.Monitors)
		fill(&e.Freeze)
		fill(&e.Readings)
		fill(&e.Tests)
	}
}

func fill[T any](list *[]T) {
	if *list == nil {
		*list = []T{}
	}
}

// FailedReport is the complete report of a scan that did not begin.
func FailedReport(kind, message, hint string) *Report {
	return failedReport(&Failure{Kind: kind, Message: message, Hint: hint})
}
