package job_test

import (
	"testing"

	"pitlane/edge/job"
)

// TestALimitThatFiredTwiceFiredOnce: two copies of a node that both take themselves for
// the owner, or one that fired again; what was told first counts.
func TestALimitThatFiredTwiceFiredOnce(t *testing.T) {
	fired := func(p job.Payload, origin string, seq uint64, at int64) job.Event {
		return job.Event{Kind: p.Kind(), Job: "j1", Origin: origin, Seq: seq, Hash: hashOf(origin, seq), Payload: p, WallMS: at, Quality: 3}
	}
	due, late := job.TimerDue{Timer: "notice", N: "1", Cause: "c"}, job.TimerOverdue{Timer: "notice", N: "1", Cause: "c"}
	events := []job.Event{
		{Kind: "job.opened", Job: "j1", Origin: reception, Hash: hashOf(reception, 0), Payload: opened(), WallMS: 1, Quality: 3},
		fired(due, reception, 1, 100), fired(due, reception, 2, 200), fired(late, reception, 3, 300), fired(late, reception, 4, 400),
	}
	s := job.Fold(events)
	if len(s.Timers) != 1 || s.Timers[0].DueMS != 100 || s.Timers[0].OverdueMS != 300 {
		t.Errorf("fired: %+v", s.Timers)
	}
}
