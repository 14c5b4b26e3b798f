package devicetest

import (
	"context"
	"strings"
	"testing"

	"pitlane/devices"
)

// leaker is a device that leaves a goroutine behind.
type leaker struct{ end chan struct{} }

func (leaker) Name() string { return "leaker" }

func (l leaker) Run(ctx context.Context, _ func(devices.Reading)) error {
	go func() { <-l.end }()
	<-ctx.Done()
	return nil
}

func TestAGoroutineThatIsLeftIsSeen(t *testing.T) {
	l := leaker{end: make(chan struct{})}
	r := &run{t: t, Setup: Setup{Device: l}}
	r.start()
	r.cancel()
	if err := <-r.ended; err != nil {
		t.Fatal(err)
	}
	if left := r.left(); !strings.Contains(left, "leaker") {
		t.Errorf("left is %q, want the goroutine of the leaker", left)
	}
	close(l.end)
	for r.left() != "" { // it ends at once
		if t.Context().Err() != nil {
			t.Fatal("it did not end")
		}
	}
}
