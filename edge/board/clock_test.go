package board_test

import (
	"crypto/ed25519"
	"path/filepath"
	"testing"
	"time"

	"pitlane/edge/board"
	"pitlane/edge/journal"
	"pitlane/edge/tlog"
)

// setClock is a machine's clock that the test sets between two appends.
type setClock struct {
	wall  time.Time
	since time.Duration
}

func (c *setClock) Now() time.Time                { return c.wall }
func (c *setClock) Boot() (string, time.Duration) { return "0b5f2c1e", c.since }

// TestALateAnchorDatesWhatIsOnTheBoard: an edge that was started in 1970 says that
// its times are uncertain until its clock is right, and then shows the right ones,
// of what came before too.
func TestALateAnchorDatesWhatIsOnTheBoard(t *testing.T) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	roster := &journal.Roster{Shop: "demo", Nodes: []tlog.RosterNode{{Name: "demo-bay-1", Role: "bay", Key: key.Public().(ed25519.PublicKey)}}}
	clock, quality := &setClock{wall: time.UnixMilli(1_000), since: time.Second}, uint8(0)
	j, err := journal.Open(t.Context(), journal.Options{Dir: filepath.Join(t.TempDir(), "demo-bay-1"), Node: "demo-bay-1", Key: key, Roster: roster,
		Reserve: -1, Clock: clock, Quality: func() uint8 { return quality }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	cfg := config(nil)
	cfg.Journal, cfg.Node = j, "demo-bay-1"
	b := running(t, cfg)

	appendTo(t, j, "j1", opened("A001"))
	body(t, b, board.Desk, func(v board.DeskView) bool { return len(v.Jobs) == 1 && v.Jobs[0].Uncertain })
	before, _ := b.Job("j1")

	clock.wall, clock.since, quality = time.UnixMilli(1_795_000_060_000), 61*time.Second, 3
	appendTo(t, j, "j2", opened("A002"))
	body(t, b, board.Desk, func(v board.DeskView) bool {
		s, _ := b.Job("j1")
		return len(v.Jobs) == 2 && !s.Uncertain && s.OpenedMS == 1_795_000_000_000
	})
	after, _ := b.Job("j1")
	before.OpenedMS, before.NewestMS, before.Uncertain = after.OpenedMS, after.NewestMS, false
	if before.Phase != after.Phase || before.Ticket != after.Ticket || before.Events != after.Events {
		t.Errorf("the anchor changed the visit: %+v, was %+v", after, before)
	}
}
