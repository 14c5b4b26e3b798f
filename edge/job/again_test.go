package job_test

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"pitlane/edge/job"
)

// What a node wrote again in a new log has no second effect where the first is held
// too, in whichever order they come; where only the second is held it has its effect.
func TestWhatIsWrittenAgainCountsOnce(t *testing.T) {
	const before, after = "demo-bay-1/00000000000000000000000000000001", "demo-bay-1/00000000000000000000000000000002"
	tell := func(origin string, seq uint64, kind string, p job.Payload, request byte) job.Event {
		return job.Event{Kind: kind, Job: "j1", Origin: origin, Seq: seq, Hash: hashOf(origin, seq), Payload: p, Request: [16]byte{request}, Quality: 3}
	}
	open := tell(reception, 0, "job.opened", opened(), 1)
	failed := job.InspectionFailed{By: "i", Reason: "loose"}
	first := tell(before, 1, "inspection.failed", failed, 2)
	again := tell(after, 1, "inspection.failed", failed, 2)
	again.Parents = []job.Hash{first.Hash}
	other := tell(after, 2, "inspection.failed", failed, 3)
	events := []job.Event{open, first, again, other}
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 1))
		r.Shuffle(len(events), func(a, b int) { events[a], events[b] = events[b], events[a] })
		if s := job.Fold(events); s.Rework != 2 || s.Events != 4 {
			t.Fatalf("seed %d: rework %d of %d events, want 2 of 4", seed, s.Rework, s.Events)
		}
	}
	held, told := job.Fold([]job.Event{open, again, other}), job.Fold([]job.Event{open, first, other})
	if held.Rework != 2 || told.Rework != 2 {
		t.Errorf("rework %d with the second alone, %d with the first", held.Rework, told.Rework)
	}
	if tips := job.Fold(events).Tips; !reflect.DeepEqual(len(tips), 2) {
		t.Errorf("%d tips, want those of reception and of the new log", len(tips))
	}
}
