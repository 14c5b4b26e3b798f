package desk

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/tlog"
)

// sealsAtOnce bounds how many visits are sealed before keys are looked at again: after
// a long absence thousands may wait. They share their commits.
const sealsAtOnce = 16

// unsealable is which visits could not be sealed, and how often: the others come first.
type unsealable map[string]int

// sealSome seals some of the visits that are to be sealed, and says whether all are.
func (d *Desk) sealSome(ctx context.Context, jobs []job.State, failed unsealable) bool {
	var due []job.State
	for _, s := range jobs {
		if job.Unsealed(s) > 0 && tlog.NodeOf(job.Sealer(s)) == d.cfg.Node {
			due = append(due, s)
		}
	}
	slices.SortStableFunc(due, func(x, y job.State) int { return failed[x.ID] - failed[y.ID] })
	some := due[:min(len(due), sealsAtOnce)]
	errs := make([]error, len(some))
	var writing sync.WaitGroup
	for i, s := range some {
		writing.Go(func() { errs[i] = d.seal(ctx, s) })
	}
	writing.Wait()
	done := len(some) == len(due)
	for i, s := range some {
		if errs[i] == nil {
			delete(failed, s.ID)
			continue
		}
		done = false
		level := slog.LevelDebug
		if failed[s.ID] == 0 {
			level = slog.LevelWarn
		}
		failed[s.ID]++
		d.cfg.Log.LogAttrs(ctx, level, "visit not sealed, tried again soon", slog.String("job", s.ID), slog.Any("error", errs[i]))
	}
	return done
}

// seal ends the record of a closed visit, and amends it when more came. What s does not
// know yet is not listed: the statement is of s.
func (d *Desk) seal(ctx context.Context, s job.State) error {
	entries, err := d.cfg.Journal.Job(ctx, s.ID)
	if err != nil {
		return fmt.Errorf("read what is to be sealed: %w", err)
	}
	leaves := slices.DeleteFunc(unlisted(entries), func(l job.Leaf) bool { return !s.Knows(l.Origin, l.Seq) })
	if len(leaves) == 0 {
		return nil
	}
	logs, lines := job.List(leaves[:min(len(leaves), job.MostLeaves)])
	if s.Sealing.Seals == 0 {
		return d.write(ctx, s.ID, nil, note{
			request: derive(job.Sealed{}.Kind(), s.ID),
			payload: job.Sealed{Statement: job.StatementOf(s), Logs: logs, Leaves: lines},
		})
	}
	return d.write(ctx, s.ID, nil, note{
		request: derive(job.Amended{}.Kind(), s.ID, s.Sealing.Last.String()),
		payload: job.Amended{Amends: s.Sealing.Last.String(), Statement: job.StatementOf(s), Logs: logs, Leaves: lines},
	})
}

// unlisted are the entries that no seal lists.
func unlisted(entries []journal.Entry) []job.Leaf {
	listed := map[job.Hash]bool{}
	for _, e := range entries {
		for _, l := range sealedIn(e) {
			listed[l.Hash] = true
		}
	}
	var out []job.Leaf
	for _, e := range entries {
		if isSeal(e.Kind) || listed[job.Hash(e.Hash)] {
			continue
		}
		out = append(out, job.Leaf{Origin: e.Origin, Seq: e.Seq, Kind: e.Kind, WallMS: e.WallMS, Hash: job.Hash(e.Hash)})
	}
	return out
}

func isSeal(kind string) bool {
	return kind == (job.Sealed{}).Kind() || kind == (job.Amended{}).Kind()
}

// sealedIn are the entries that a seal lists; none where it cannot be read.
func sealedIn(e journal.Entry) []job.Leaf {
	if !isSeal(e.Kind) || e.Work == nil {
		return nil
	}
	p, err := job.Decode(e.Kind, e.Work.Payload)
	if err != nil {
		return nil
	}
	var logs, lines []string
	switch p := p.(type) {
	case job.Sealed:
		logs, lines = p.Logs, p.Leaves
	case job.Amended:
		logs, lines = p.Logs, p.Leaves
	}
	var out []job.Leaf
	for _, line := range lines {
		if l, err := job.ParseLeaf(logs, line); err == nil {
			out = append(out, l)
		}
	}
	return out
}
