package edge

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"pitlane/edge/board"
	"pitlane/edge/journal"
)

// handClock is a machine's clock that the test sets.
type handClock struct {
	boot  string
	since time.Duration
	wall  time.Time
}

func (c *handClock) Now() time.Time                { return c.wall }
func (c *handClock) Boot() (string, time.Duration) { return c.boot, c.since }
func (c *handClock) pass(d time.Duration)          { c.since += d; c.wall = c.wall.Add(d) }
func (c *handClock) set(wall time.Time)            { c.wall = wall }

type kinds []string

func (k *kinds) Append(_ context.Context, drafts ...journal.Draft) ([]journal.Entry, error) {
	for _, d := range drafts {
		*k = append(*k, d.Kind+string(d.Work))
	}
	return nil, nil
}

func TestTheClocksStepsAndAnchorsAreWrittenDown(t *testing.T) {
	c := &handClock{boot: "a", since: time.Minute, wall: time.Unix(60, 0)}
	quality := uint8(0)
	var wrote kinds
	faults := 0
	w := clockWatch{journal: &wrote, log: slog.New(slog.DiscardHandler), clock: c, quality: func() uint8 { return quality },
		tell: func(n board.Now) {
			if n.Fault != nil {
				faults++
			}
			if n.ClearFault != nil {
				faults--
			}
		}}
	look := func(want ...string) {
		t.Helper()
		wrote = nil
		w.look(t.Context())
		if !slices.Equal(wrote, want) {
			t.Errorf("wrote %q, want %q", wrote, want)
		}
	}
	look() // 1970: nothing to anchor
	if faults != 1 {
		t.Errorf("%d faults on the screens, want 1", faults)
	}
	c.pass(30 * time.Second)
	look()
	c.pass(30 * time.Second)
	c.set(time.UnixMilli(1_795_000_000_000))
	quality = 3
	look(`clock.stepped{"by_ms":1794999880000}`, "time.anchor")
	if faults != 0 {
		t.Errorf("%d faults on the screens, want none", faults)
	}
	c.pass(59 * time.Minute)
	look()
	c.pass(time.Minute)
	c.wall = c.wall.Add(time.Second) // drift
	look("time.anchor")
	c.pass(time.Minute)
	c.wall = c.wall.Add(-time.Hour)
	look(`clock.stepped{"by_ms":-3600000}`, "time.anchor")
	c.boot, c.since = "b", time.Second
	c.wall = c.wall.Add(time.Hour)
	look("time.anchor") // another boot: no step
	quality = 1
	c.boot = "c"
	look()
}
