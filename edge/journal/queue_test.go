package journal_test

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"pitlane/edge/journal"
)

// TestWhoGivesUpWhileHeWaitsIsNotWritten: three wait while a commit is on its way, the
// one in the middle gives up. That is a plain no, and the others are written in their
// order.
func TestWhoGivesUpWhileHeWaitsIsNotWritten(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1")
	j := shop.journal(t, "demo-bay-1")
	entered := make(chan struct{})
	release := journal.HoldWriter(j, func() { close(entered) })
	ctx, giveUp := context.WithCancel(t.Context())
	type answer struct {
		entries []journal.Entry
		err     error
	}
	ask := func(ctx context.Context, n byte) <-chan answer {
		out, before := make(chan answer, 1), journal.Waiting(j)
		d := pause(int(n))
		d.Request = journal.RequestID{n}
		go func() {
			entries, err := j.Append(ctx, d)
			out <- answer{entries, err}
		}()
		if n > 0 {
			for journal.Waiting(j) == before {
				runtime.Gosched()
			}
		}
		return out
	}
	first := ask(t.Context(), 0)
	<-entered
	second, third, fourth := ask(t.Context(), 1), ask(ctx, 2), ask(t.Context(), 3)
	giveUp()
	if a := <-third; !errors.Is(a.err, context.Canceled) || errors.Is(a.err, journal.ErrUnknownOutcome) {
		t.Errorf("who gave up is told %v, want a plain %v", a.err, context.Canceled)
	}
	release()
	for want, c := range []<-chan answer{first, second, fourth} {
		a := <-c
		if a.err != nil {
			t.Errorf("answer %d: %v", want, a.err)
		} else if got := a.entries[0].Seq; got != uint64(want)+1 {
			t.Errorf("answer %d is entry %d", want, got)
		}
	}
	if e, found, err := j.Request(t.Context(), journal.RequestID{2}); found || err != nil {
		t.Errorf("what was given up is entry %d (%v)", e.Seq, err)
	}
}
