package job_test

import (
	"slices"
	"testing"

	"pitlane/edge/job"
)

func tell(a *job.Alarms, jobID string, payloads ...job.Payload) {
	for i, p := range payloads {
		a.Apply(job.Event{Kind: p.Kind(), Job: jobID, WallMS: int64(1000 + i), Payload: p})
	}
}

func what(a *job.Alarms) []string {
	var out []string
	for _, x := range a.Standing() {
		word := x.What
		if x.Over {
			word += " over"
		}
		if x.AckBy != "" {
			word += " seen by " + x.AckBy
		}
		out = append(out, word)
	}
	return out
}

// TestAnAlarmStandsUntilANamedPersonHasLookedAtIt: neither the end of its cause nor
// a repeat ends it, and looking at it does not end its cause.
func TestAnAlarmStandsUntilANamedPersonHasLookedAtIt(t *testing.T) {
	t.Parallel()
	raised := job.AlarmRaised{Alarm: "a1", What: job.AlarmForced, Cabinet: "c", Slot: 4}
	again := job.AlarmRaised{Alarm: "a2", What: job.AlarmForced, Cabinet: "c", Slot: 4}
	cleared := func(id string) job.Payload {
		return job.AlarmCleared{Alarm: id, What: job.AlarmForced, Cabinet: "c", Slot: 4}
	}
	seen := func(id string) job.Payload {
		return job.AlarmAcknowledged{Alarm: id, What: job.AlarmForced, Cabinet: "c", Slot: 4, By: "sa"}
	}
	for name, c := range map[string]struct {
		told []job.Payload
		want []string
	}{
		"raised":                             {[]job.Payload{raised}, []string{"forced"}},
		"its cause is over":                  {[]job.Payload{raised, cleared("a1")}, []string{"forced over"}},
		"looked at while it lasts":           {[]job.Payload{raised, seen("a1")}, []string{"forced seen by sa"}},
		"over, then looked at":               {[]job.Payload{raised, cleared("a1"), seen("a1")}, nil},
		"looked at, then over":               {[]job.Payload{raised, seen("a1"), cleared("a1")}, nil},
		"a repeat needs its own look":        {[]job.Payload{raised, cleared("a1"), again, seen("a1"), cleared("a2")}, []string{"forced over"}},
		"raised again after somebody looked": {[]job.Payload{raised, seen("a1"), again}, []string{"forced"}},
	} {
		var a job.Alarms
		tell(&a, "j1", c.told...)
		if got := what(&a); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
	var a job.Alarms
	tell(&a, "j1", raised, cleared("a1"), again)
	if got := a.Standing()[0]; got.Count != 2 || got.SinceMS != 1000 || got.AtMS != 1002 || got.Job != "j1" {
		t.Errorf("a repeat is %+v", got)
	}
}

func TestAWarningEndsByItselfOrOnceSomebodyHasLooked(t *testing.T) {
	t.Parallel()
	other := job.WarningRaised{Warning: "w1", What: job.WarnOther, Cabinet: "c", Slot: 2, By: "te2", Of: "te1"}
	flapping := job.WarningRaised{Warning: "w2", What: job.WarnFlapping, Cabinet: "c", Slot: 3}
	var a job.Alarms
	tell(&a, "j1", other, flapping)
	if got := what(&a); !slices.Equal(got, []string{"returned_by_other", "flapping"}) {
		t.Fatalf("got %v", got)
	}
	tell(&a, "j1", job.AlarmAcknowledged{Alarm: "w1", What: job.WarnOther, By: "sa"}, job.AlarmAcknowledged{Alarm: "w2", What: job.WarnFlapping, By: "sa"})
	if got := what(&a); !slices.Equal(got, []string{"flapping seen by sa"}) {
		t.Errorf("what somebody did is done with, what lasts is not: got %v", got)
	}
	tell(&a, "", job.WarningCleared{Warning: "w2", What: job.WarnFlapping})
	if got := what(&a); got != nil {
		t.Errorf("got %v, want none", got)
	}
}

func TestTheHistoryOfAKey(t *testing.T) {
	t.Parallel()
	s := newStory().tell(reception,
		job.UnlockIntended{Cabinet: "c", Slot: 4, Purpose: "hang", By: "kiosk"}, job.SlotOpened{Slot: 4},
		job.KeyHung{Cabinet: "c", Slot: 4}, job.UnlockIntended{Cabinet: "c", Slot: 4, Purpose: "work", By: "te1", Reason: "test drive"},
		job.KeyTaken{Cabinet: "c", Slot: 4, Authorised: true}, job.UnlockIntended{Cabinet: "c", Slot: 4, Purpose: "return", By: "te2"},
		job.KeyHung{Cabinet: "c", Slot: 4}, job.WarningRaised{Warning: "w", What: "returned_by_other", Slot: 4, By: "te2", Of: "te1"},
		job.KeyTaken{Cabinet: "c", Slot: 4})
	var got []string
	for _, m := range job.KeyStory(s.events) {
		got = append(got, m.What+" "+m.Word+" "+m.By)
	}
	want := []string{
		"slot.unlock_intended hang kiosk", "key.hung hang kiosk", "slot.unlock_intended work te1", "key.taken work te1",
		"slot.unlock_intended return te2", "key.hung return te2", "warning.raised returned_by_other te2", "key.taken  ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
