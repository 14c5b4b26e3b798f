package board

import (
	"slices"
	"testing"

	"pitlane/edge/job"
)

// While an alarm is closed for want of its key nobody knows what is over: an earlier one
// that seems to be is kept until the key comes.
func TestWhatAClosedAlarmMayCountOnIsKept(t *testing.T) {
	t.Parallel()
	raised := func(id string) job.Payload {
		return job.AlarmRaised{Alarm: id, What: job.AlarmForced, Cabinet: "c", Slot: 2}
	}
	log := []job.Payload{raised("a1"), raised("a2"), job.AlarmAcknowledged{Alarm: "a1", What: job.AlarmForced, By: "sa1"}, raised("a3")}
	take := func(w *wall, of []ref, closed uint64) job.Alarms {
		for _, at := range of {
			e := job.Event{Origin: at.origin, Seq: at.seq, Payload: log[at.seq]}
			if at.seq == closed {
				e.Payload = nil
			}
			w.take(e)
		}
		return w.node("demo-bay-1").alarms
	}
	var all []ref
	for seq := range log {
		all = append(all, ref{"demo-bay-1/00", uint64(seq)})
	}
	none := uint64(len(log))
	whole, without, again := newWall(), newWall(), newWall()
	want := take(&whole, all, none)
	if x, ok := want.Find("a3"); !ok || x.Count != 3 {
		t.Fatalf("with all keys %+v", want.Standing())
	}
	take(&without, all, 1)
	got := take(&again, without.node("demo-bay-1").refs(), none)
	if !slices.Equal(got.Standing(), want.Standing()) {
		t.Errorf("when the key has come %+v, want %+v", got.Standing(), want.Standing())
	}
}
