package job_test

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"pitlane/edge/job"
)

func TestErasedDataIsInNoState(t *testing.T) {
	contact := &job.Contact{Name: "somebody", Phone: "123"}
	tell := func(kind string, p job.Payload, seq uint64) job.Event {
		return job.Event{Kind: kind, Job: "j1", Origin: reception, Seq: seq, Hash: hashOf(reception, seq), Payload: p, Contact: contact, WallMS: int64(seq), Quality: 1}
	}
	before := []job.Event{tell("job.opened", opened(), 0), tell("order.offered", offered(), 1)}
	whole := append(before, tell("subject.erased", job.SubjectErased{By: "a", Reason: "b"}, 2), tell("order.offered", offered(), 3))
	s := job.Fold(whole)
	if s.Phase != job.PhaseLeft || !s.Erased || s.Name != "" || s.Phone != "" || s.Plate != "" || s.Ticket != "" || s.OfferText != "" || s.Lines != nil {
		t.Errorf("after an erasure: %+v", s)
	}
	if s.Events != 4 || len(s.Tips) != 1 {
		t.Errorf("%d events and %d tips are known, want 4 and 1", s.Events, len(s.Tips))
	}
	s = job.Fold(append(before, tell("subject.contact_erased", nil, 2), tell("order.signed", nil, 3)))
	if s.Name != "" || s.Phone != "" || s.Plate == "" || s.Erased {
		t.Errorf("after an erasure of contact: %+v", s)
	}
}

// TestAnErasureInAnyOrderGivesOneState: with everything that may happen around it.
func TestAnErasureInAnyOrderGivesOneState(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		events := randomEvents(r)
		i := r.IntN(len(events))
		events[i].Kind, events[i].Payload = "subject.erased", nil
		want := job.Fold(events)
		if !want.Erased || want.Name != "" || want.Plate != "" || want.Scans != nil || want.VIN != "" {
			t.Fatalf("seed %d: %+v", seed, want)
		}
		r.Shuffle(len(events), func(a, b int) { events[a], events[b] = events[b], events[a] })
		if got := job.Fold(events); !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d, another order:\n got %+v\nwant %+v", seed, got, want)
		}
	}
}

func TestDataIsKeptLongEnoughAndNoLonger(t *testing.T) {
	const day = 24 * time.Hour
	closed := time.UnixMilli(1_790_000_000_000)
	event := func(kind string, at time.Time) job.Event {
		return job.Event{Kind: kind, WallMS: at.UnixMilli(), Quality: 3}
	}
	left := []job.Event{event("job.opened", closed.Add(-day)), event("car.handed_back", closed)}
	blind := []job.Event{{Kind: "job.opened", WallMS: 5}, {Kind: "car.handed_back", WallMS: 9}}
	for name, c := range map[string]struct {
		events []job.Event
		after  time.Duration
		keep   job.Retention
		want   string
	}{
		"a young visit":                     {left, 89 * day, job.Retention{}, ""},
		"contact at 90 days":                {left, 90 * day, job.Retention{}, "subject.contact_erased"},
		"contact once":                      {append(left, event("subject.contact_erased", closed.Add(90*day))), 91 * day, job.Retention{}, ""},
		"work a day early":                  {left, 364 * day, job.Retention{Contact: 1000 * day}, ""},
		"all at a year":                     {append(left, event("subject.contact_erased", closed.Add(90*day))), 365 * day, job.Retention{}, "subject.erased"},
		"all once":                          {append(left, event("subject.erased", closed)), 9999 * day, job.Retention{}, ""},
		"work for less than the house's":    {left, 100 * day, job.Retention{Work: day, Contact: 200 * day}, ""},
		"contact as configured":             {left, 10 * day, job.Retention{Contact: 10 * day}, "subject.contact_erased"},
		"work kept longer":                  {left, 400 * day, job.Retention{Work: 500 * day}, "subject.contact_erased"},
		"a visit that is not over":          {left[:1], 9999 * day, job.Retention{}, ""},
		"news of it keep it":                {append(left, event("job.rated", closed.Add(80*day))), 100 * day, job.Retention{}, ""},
		"clocks that cannot be right":       {blind, 9999 * day, job.Retention{}, ""},
		"a customer who said no and left":   {[]job.Event{event("order.declined", closed)}, 90 * day, job.Retention{}, "subject.contact_erased"},
		"a clock that went back afterwards": {left, -400 * day, job.Retention{}, ""},
		"an event that nothing dates":       {append(left[:2:2], job.Event{Kind: "job.rated", WallMS: 42_000}), 9999 * day, job.Retention{}, ""},
	} {
		got := ""
		if p := job.Due(c.events, closed.Add(c.after), c.keep); p != nil {
			got = p.Kind()
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
