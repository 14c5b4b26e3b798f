package board_test

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"pitlane/edge/board"
	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/tlog"
	"pitlane/edge/vault"
)

// BenchmarkStart is the time from Run to Ready over 100,000 sealed entries on disk:
// 2,500 visits with their seals, 25 of which are open. The journal's own opening is not in it.
func BenchmarkStart(b *testing.B) {
	j, keys := longLog(b, 2500, 40)
	kept := new(shelf)
	for _, c := range []struct {
		name   string
		memory board.Memory
	}{{"everything", nil}, {"keeping", kept}, {"snapshot", kept}} {
		cfg := config(nil)
		cfg.Journal, cfg.Keys, cfg.Memory, cfg.Now = j, keys, c.memory, func() time.Time { return time.UnixMilli(1_790_000_000_000).AddDate(0, 0, 110) }
		if c.name == "keeping" {
			started(b, cfg) // its end keeps the snapshot
			continue
		}
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if open := started(b, cfg); open != 25 {
					b.Fatalf("%d visits are on the board", open)
				}
			}
			b.ReportMetric(float64(len(kept.raw)), "snapshot-bytes")
		})
	}
}

// started starts a board, waits until it is ready and says how many visits are on it.
func started(b *testing.B, cfg board.Config) (open int) {
	ctx, cancel := context.WithCancel(context.Background())
	fresh, ended := board.New(cfg), make(chan error, 1)
	go func() { ended <- fresh.Run(ctx) }()
	<-fresh.Ready()
	open = len(fresh.Jobs())
	cancel()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
	return open
}

// longLog writes visits of so many entries each; all but the last 25 are over.
func longLog(b *testing.B, visits, each int) (*journal.Journal, *vault.Vault) {
	b.Helper()
	dir := filepath.Join(b.TempDir(), "n")
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	roster := &tlog.Roster{Shop: "demo", Nodes: []tlog.RosterNode{{Name: "demo-bay-1", Role: "bay", Key: key.Public().(ed25519.PublicKey)}}}
	keys, err := vault.Open(vault.Options{Dir: dir, Node: "demo-bay-1", Key: key, Roster: roster})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = keys.Close() }) // it ends with its folder
	clock := &oldClock{}
	j, err := journal.Open(b.Context(), journal.Options{Dir: dir, Node: "demo-bay-1", Key: key, Roster: roster, Keys: keys, Clock: clock, Quality: func() uint8 { return 3 }})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = j.Close() })
	for n := range visits {
		var drafts []journal.Draft
		id := fmt.Sprintf("j%05d", n)
		say := func(p job.Payload) {
			work, err := job.Encode(p)
			if err != nil {
				b.Fatal(err)
			}
			drafts = append(drafts, journal.Draft{Kind: p.Kind(), Job: id, Work: work})
		}
		for _, v := range visit() {
			say(v.payload)
		}
		for len(drafts) < each-2 {
			say(job.WorkPaused{By: "te1", Reason: "lunch"})
		}
		over := n < visits-25
		if over {
			say(job.GatepassIssued{})
			say(job.CarHandedBack{})
		} else {
			say(job.WorkResumed{By: "te1"})
			say(job.WorkPaused{By: "te1", Reason: "lunch"})
		}
		clock.day = int64(n) / 25
		entries, err := j.Append(b.Context(), drafts...)
		if err != nil {
			b.Fatal(err)
		}
		if drafts = nil; over {
			say(sealOf(b, entries))
			if _, err := j.Append(b.Context(), drafts...); err != nil {
				b.Fatal(err)
			}
		}
	}
	return j, keys
}

// sealOf is the seal of a closed visit, as the desk writes it.
func sealOf(b *testing.B, entries []journal.Entry) job.Sealed {
	b.Helper()
	var events []job.Event
	var leaves []job.Leaf
	for _, e := range entries {
		told, err := board.Event(e)
		if err != nil {
			b.Fatal(err)
		}
		events = append(events, told)
		leaves = append(leaves, board.Leaf(e))
	}
	logs, lines := job.List(leaves)
	return job.Sealed{Statement: job.StatementOf(job.Fold(events)), Logs: logs, Leaves: lines}
}

// oldClock stands at a day of the last months.
type oldClock struct{ day, n int64 }

// Now implements journal.Clock.
func (c *oldClock) Now() time.Time { return time.UnixMilli(1_790_000_000_000 + c.passed()) }

// Boot implements journal.Clock.
func (c *oldClock) Boot() (string, time.Duration) {
	c.n++
	return fmt.Sprintf("%08x-7a44-4b0e-9d83-3c1f7c6f0001", c.day), time.Duration(c.passed()) * time.Millisecond
}

func (c *oldClock) passed() int64 { return c.day*24*3600*1000 + c.n*10_000%(10*3600*1000) }
