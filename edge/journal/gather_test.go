package journal_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pitlane/edge/journal"
)

// Who appends again and again beside others shares each commit with all of them: none is
// left for a commit of his own because he needs a moment for his next event. On a slow
// disk a second commit a round would halve what it takes.
func TestAllWhoAreOnTheirWayShareACommit(t *testing.T) {
	const rounds = 20
	for _, writers := range []int{16, 64, 200} {
		shop := newTestShop("demo-bay-1")
		synctest.Test(t, func(t *testing.T) {
			j := shop.journal(t, "demo-bay-1")
			var syncs atomic.Int64
			journal.SlowDisk(j, 5*time.Millisecond, &syncs)
			var all sync.WaitGroup
			for range writers {
				all.Go(func() {
					for i := range rounds {
						if _, err := j.Append(t.Context(), pause(i)); err != nil {
							t.Error(err)
						}
					}
				})
			}
			all.Wait()
			left, cancel := context.WithCancel(t.Context())
			all.Go(func() { _, _ = j.Append(left, pause(0)) }) // who does not wait for his answer
			synctest.Wait()
			cancel()
			all.Wait()
			appendOne(t, j, pause(0))
			synctest.Wait()
			if n := journal.Coming(j); n != 0 {
				t.Errorf("%d are waited for whom nobody is", n)
			}
			closeOnce(t, j)
			if n := syncs.Load() - 2; n > rounds*3/2 {
				t.Errorf("%d writers, %d events each: %d commits", writers, rounds, n)
			}
		})
	}
}
