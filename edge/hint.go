package edge

import (
	"errors"

	"pitlane/devices"
)

// hinted is an error with a next step.
type hinted struct {
	error
	next string
}

func (h *hinted) Unwrap() error    { return h.error }
func (h *hinted) NextStep() string { return h.next }

func hint(err error, next string) error { return &hinted{err, next} }

// Hint is the next step that an error of this house carries, "" when it has none.
func Hint(err error) string {
	var stepper interface {
		error
		NextStep() string
	}
	if errors.As(err, &stepper) {
		return stepper.NextStep()
	}
	if f, ok := errors.AsType[*devices.Fault](err); ok {
		return f.Hint
	}
	return ""
}
