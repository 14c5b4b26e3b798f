package journal_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"

	"pitlane/edge/journal"
)

// On a full disk one op after the other is tried alone. Who comes meanwhile is answered
// too: he waits for his own turn, and is not taken into another's transaction.
func TestAFullDiskAnswersTheWholeCrowd(t *testing.T) {
	shop := newTestShop("demo-bay-1")
	synctest.Test(t, func(t *testing.T) {
		j := shop.journal(t, "demo-bay-1")
		full, fails := error(syscall.ENOSPC), atomic.Pointer[error]{}
		journal.FailCommits(j, &fails)
		fails.Store(&full)
		var all sync.WaitGroup
		var refused, unanswered atomic.Int64
		for range 40 {
			all.Go(func() {
				for i := range 5 {
					unanswered.Add(1)
					if _, err := j.Append(t.Context(), pause(i)); errors.Is(err, journal.ErrFull) {
						refused.Add(1)
					}
					unanswered.Add(-1)
				}
			})
		}
		synctest.Wait()
		if n := unanswered.Load(); n > 0 {
			t.Fatalf("%d callers wait for an answer that does not come", n)
		}
		all.Wait()
		if n := refused.Load(); n != 200 {
			t.Errorf("%d of 200 were refused as full", n)
		}
		fails.Store(nil)
		if e := appendOne(t, j, pause(1)); e.Seq != 1 {
			t.Errorf("with room again the next is entry %d", e.Seq)
		}
		if n := journal.Coming(j); n != 0 {
			t.Errorf("%d are waited for whom nobody is", n)
		}
		mustVerify(t, j)
	})
}
