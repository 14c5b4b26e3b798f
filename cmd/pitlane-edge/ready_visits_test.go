package main

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pitlane/edge"
	"pitlane/edge/board"
	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/shop"
	"pitlane/edge/vault"
)

const (
	each = 40 // entries of a visit, without its seal
	open = 25 // visits that are not over, the newest
)

// write writes visits, each with its seal as the desk seals it once it is closed.
func (l *lived) write(b *testing.B, dir string, from, to int, sealed bool) {
	b.Helper()
	withSeals := func(n int) int64 { return int64(n + n/each) }
	j, end := opened(b, dir, &past{from: time.Now().AddDate(0, 0, -102), n: withSeals(from), all: withSeals(l.events)})
	defer end()
	for n := from; n < to; n += each {
		over := n+each*open < l.events
		entries, err := j.Append(b.Context(), visitOf(b, n/each, over)...)
		if err == nil && sealed && over {
			_, err = j.Append(b.Context(), sealOf(b, entries))
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

// opened is the journal in a folder.
func opened(b *testing.B, dir string, clock journal.Clock) (j *journal.Journal, end func()) {
	b.Helper()
	m, err := shop.Load(dir)
	if err != nil {
		b.Fatal(err)
	}
	keys, err := vault.Open(vault.Options{Dir: dir, Node: m.Node, Key: m.Key, Roster: m.Roster})
	if err != nil {
		b.Fatal(err)
	}
	j, err = journal.Open(b.Context(), journal.Options{Dir: dir, Node: m.Node, Key: m.Key, Roster: m.Roster, Keys: keys,
		Clock: clock, Quality: edge.ClockQuality})
	if err != nil {
		b.Fatal(err)
	}
	return j, func() {
		if err := errors.Join(j.Close(), keys.Close()); err != nil {
			b.Fatal(err)
		}
	}
}

// visitOf is one visit.
func visitOf(b *testing.B, n int, over bool) []journal.Draft {
	b.Helper()
	var drafts []journal.Draft
	say := func(p job.Payload) {
		drafts = append(drafts, draftOf(b, fmt.Sprintf("j%06d", n), p))
	}
	say(job.Opened{Ticket: fmt.Sprint("A", n), Lang: "en", Purpose: "repair", Plate: "B12345", PlatePublic: "masked", Owner: "sa1", Urgency: "normal", Channel: "kiosk"})
	say(job.HandedOver{})
	say(job.WorkStarted{Bay: "1", By: "te1"})
	for len(drafts) < each-2 {
		say(job.WorkPaused{By: "te1", Reason: "lunch"})
	}
	if over {
		say(job.GatepassIssued{})
		say(job.CarHandedBack{})
	} else {
		say(job.WorkResumed{By: "te1"})
		say(job.WorkPaused{By: "te1", Reason: "lunch"})
	}
	return drafts
}

func draftOf(b *testing.B, id string, p job.Payload) journal.Draft {
	b.Helper()
	work, err := job.Encode(p)
	if err != nil {
		b.Fatal(err)
	}
	return journal.Draft{Kind: p.Kind(), Job: id, Work: work}
}

// sealOf is the seal of a closed visit.
func sealOf(b *testing.B, entries []journal.Entry) journal.Draft {
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
	return draftOf(b, entries[0].Job, job.Sealed{Statement: job.StatementOf(job.Fold(events)), Logs: logs, Leaves: lines})
}

// seals is how many entries seal or amend a visit.
func seals(b *testing.B, dir string) (n int) {
	b.Helper()
	j, end := opened(b, dir, nil)
	defer end()
	for e, err := range j.Read(b.Context(), j.Origin(), 0) {
		if err != nil {
			b.Fatal(err)
		}
		if e.Kind == (job.Sealed{}).Kind() || e.Kind == (job.Amended{}).Kind() {
			n++
		}
	}
	return n
}
