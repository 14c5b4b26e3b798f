package devices_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"pitlane/devices"
)

func TestWaitsDoubleFrom100MillisecondsTo5Seconds(t *testing.T) {
	for draw, want := range map[float64][]time.Duration{
		1: {100, 200, 400, 800, 1600, 3200, 5000, 5000},
		0: {50, 100, 200, 400, 800, 1600, 2500, 2500},
	} {
		b := devices.Backoff{Rand: func() float64 { return draw }}
		for i, w := range want {
			if got := b.Next(); got != w*time.Millisecond {
				t.Errorf("draw %v: wait %d is %v, want %v", draw, i, got, w*time.Millisecond)
			}
		}
		b.Reset()
		if got := b.Next(); got != want[0]*time.Millisecond {
			t.Errorf("draw %v: after a reset %v", draw, got)
		}
	}
	var zero devices.Backoff
	if got := zero.Next(); got != 100*time.Millisecond {
		t.Errorf("the zero value waits %v", got)
	}
}

func TestAWaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b devices.Backoff
		start := time.Now()
		if err := b.Wait(t.Context()); err != nil || time.Since(start) != 100*time.Millisecond {
			t.Errorf("waited %v, %v", time.Since(start), err)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		start = time.Now()
		if err := b.Wait(ended); !errors.Is(err, context.Canceled) || time.Since(start) != 0 {
			t.Errorf("waited %v, %v", time.Since(start), err)
		}
	})
}
