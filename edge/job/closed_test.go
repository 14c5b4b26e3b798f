package job_test

import (
	"testing"
	"time"

	"pitlane/edge/job"
)

func TestAVisitIsClosedForAsLongAsNothingMovesInIt(t *testing.T) {
	const day = 24 * time.Hour
	closed := time.UnixMilli(1_790_000_000_000)
	event := func(kind string, at time.Time) job.Event {
		return job.Event{Kind: kind, WallMS: at.UnixMilli(), Quality: 3}
	}
	whole := []job.Event{event("job.opened", closed.Add(-day)), event("car.handed_back", closed)}
	for name, c := range map[string]struct {
		events []job.Event
		after  time.Duration
		begun  bool
		want   bool
	}{
		"closed for 30 days":             {whole, 30 * day, false, true},
		"closed for 29 days":             {whole, 29 * day, false, false},
		"moved since":                    {append(whole[:2:2], event("job.rated", closed.Add(day))), 30 * day, false, false},
		"open":                           {whole[:1], 300 * day, true, false},
		"its beginning is dropped":       {[]job.Event{event("job.rated", closed)}, 30 * day, true, true},
		"its beginning has not come yet": {[]job.Event{event("job.rated", closed)}, 30 * day, false, false},
		"an event that nothing dates":    {append(whole[:2:2], job.Event{Kind: "job.rated", WallMS: 42_000}), 9999 * day, false, false},
		"without a clock to be trusted":  {[]job.Event{{Kind: "job.declined", WallMS: 5}}, 300 * day, true, false},
	} {
		if got := job.ClosedFor(c.events, closed.Add(c.after), 30*day, c.begun); got != c.want {
			t.Errorf("%s: closed %v", name, got)
		}
	}
}
