package devices

import (
	"cmp"
	"context"
	"time"
)

// Backoff spaces the attempts to open a line again: 100 ms, doubling to 5 s (or Most), each
// wait drawn from its upper half so that many boxes on one hub do not retry
// together. Rand returns a number in [0, 1) and is handed in; nil draws the
// longest wait. The zero value is ready. It belongs to one goroutine.
type Backoff struct {
	Rand func() float64
	// Most bounds the wait where 5 s is too long; 0 leaves it.
	Most time.Duration

	last time.Duration
}

// The bounds of a wait.
const (
	backoffFirst = 100 * time.Millisecond
	backoffMost  = 5 * time.Second
)

// Next returns how long to wait before the next attempt.
func (b *Backoff) Next() time.Duration {
	b.last = min(max(2*b.last, backoffFirst), cmp.Or(b.Most, backoffMost))
	draw := 1.0
	if b.Rand != nil {
		draw = b.Rand()
	}
	return b.last/2 + time.Duration(draw*float64(b.last/2))
}

// Reset starts over after a line that worked.
func (b *Backoff) Reset() { b.last = 0 }

// Wait waits for Next, or less when ctx ends; it then returns the error of ctx.
func (b *Backoff) Wait(ctx context.Context) error {
	t := time.NewTimer(b.Next())
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
