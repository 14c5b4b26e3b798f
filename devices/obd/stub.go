package obd

import (
	"context"

	"pitlane/devices"
)

// Run owns the line until ctx ends.
func (s *Scanner) Run(ctx context.Context, emit func(devices.Reading)) error {
	defer s.once.Do(func() { close(s.done) })
	<-ctx.Done()
	return nil
}

type memory struct{}

func newMemory(string, string, bool) *memory { return nil }

// Exchange is one request to the adapter and the exact bytes that came back.
type Exchange struct {
	Request string
	Raw     []byte
	MS      int64
	Headers bool
	Echo    bool
}

// Plain says a trouble code to a customer, by language (zh-Hans, zh-Hant, en).
func Plain(code string) map[string]string { return map[string]string{} }

func failedReport(f Failure) *Report { return &Report{Error: &f} }

func interrupted(ctx context.Context) *Failure {
	return &Failure{Kind: "interrupted", Message: "the scan was interrupted"}
}

func faultOf(f *Failure, err error) error {
	return &devices.Fault{Kind: f.Kind, Message: f.Message, Hint: f.Hint, Err: err}
}
