package job_test

import (
	"bufio"
	"os"
	"slices"
	"strings"
	"testing"

	"pitlane/edge/job"
)

// TestALimitStandsOnlyAsLongAsItsMatterIsToDo: what has fired calls somebody until it
// is done, and no longer.
func TestALimitStandsOnlyAsLongAsItsMatterIsToDo(t *testing.T) {
	t.Parallel()
	open := job.State{Promised: 9, PromiseID: "9", Extras: []job.Extra{{ID: "x", State: job.ExtraNew}, {ID: "y", State: job.ExtraYes}}}
	with := func(alter func(*job.State)) job.State {
		s := open
		alter(&s)
		return s
	}
	for _, c := range []struct {
		name, timer, n string
		wanted, done   job.State
	}{
		{"an offer", job.TimerRequestAnswer, "", open, with(func(s *job.State) { s.OfferHash = "h" })},
		{"the work", job.TimerRequestHandled, "", open, with(func(s *job.State) { s.Started = true })},
		{"an extra", job.TimerExtraToCustomer, "x", open, with(func(s *job.State) { s.Extras = []job.Extra{{ID: "x", State: job.ExtraYes}} })},
		{"the bay", job.TimerAnswerToBay, "y", open, with(func(s *job.State) { s.Finished = true })},
		{"progress", job.TimerProgressCheck, "a", open, with(func(s *job.State) { s.Finished = true })},
		{"inspection", job.TimerInspectorCall, "a", with(func(s *job.State) { s.Finished = true }), with(func(s *job.State) { s.Finished, s.Inspected = true, true })},
		{"notice", job.TimerNotice, "9", open, with(func(s *job.State) { s.Notified = true })},
		{"notice of another promise", job.TimerNotice, "9", open, with(func(s *job.State) { s.Promised, s.PromiseID = 10, "10" })},
		{"one of a later version", "tea_break", "", open, with(func(s *job.State) { s.Back = true })},
	} {
		fired := func(s job.State) job.State {
			s.Timers = []job.Fired{{Timer: c.timer, N: c.n, DueMS: 5}}
			return s
		}
		if got := job.Standing(fired(c.wanted)); len(got) != 1 || got[0].DueMS != 5 {
			t.Errorf("%s: while it is to do, %+v stands", c.name, got)
		}
		for _, s := range []job.State{c.done, with(func(s *job.State) { s.Back = true }), with(func(s *job.State) { s.Declined = true }), with(func(s *job.State) { s.Erased = true })} {
			if got := job.Standing(fired(s)); len(got) != 0 {
				t.Errorf("%s: once it is done, %+v stands", c.name, got)
			}
		}
	}
	twice := with(func(s *job.State) {
		s.Finished = true
		s.Timers = []job.Fired{{Timer: job.TimerInspectorCall, N: "a", DueMS: 1}, {Timer: job.TimerInspectorCall, N: "b", DueMS: 2}}
	})
	if got := job.Standing(twice); len(got) != 1 || got[0].N != "b" {
		t.Errorf("finished twice, %+v stand", got)
	}
}

// TestEveryKindHasItsActor: the kinds are those of the golden payloads.
func TestEveryKindHasItsActor(t *testing.T) {
	t.Parallel()
	f, err := os.Open("testdata/payloads-v1.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	n := 0
	lines := bufio.NewScanner(f)
	for lines.Buffer(nil, 1<<20); lines.Scan(); n++ {
		kind, _, ok := strings.Cut(lines.Text(), " ")
		if !ok {
			t.Fatalf("line %d of the golden payloads has no kind", n+1)
		}
		if !slices.Contains([]string{job.ByCustomer, job.ByDevice, job.ByPerson, job.ByProgram}, job.Actor(kind)) {
			t.Errorf("nobody is said to do %s", kind)
		}
	}
	if n < 50 {
		t.Errorf("only %d golden payloads were read", n)
	}
	if got := job.Actor("tea.drunk"); got != "" {
		t.Errorf("a kind of a later version is done by %q", got)
	}
}
