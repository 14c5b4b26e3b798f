package desk

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"pitlane/edge/board"
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
	wrote, errs := make([]bool, len(some)), make([]error, len(some))
	var writing sync.WaitGroup
	for i, s := range some {
		writing.Go(func() { wrote[i], errs[i] = d.seal(ctx, s) })
	}
	writing.Wait()
	done := len(some) == len(due)
	for i, s := range some {
		if wrote[i] {
			delete(failed, s.ID)
			continue
		}
		failed[s.ID]++ // if only for want of something to write
		if errs[i] == nil {
			continue
		}
		done = false
		level := slog.LevelDebug
		if failed[s.ID] == 1 {
			level = slog.LevelWarn
		}
		d.cfg.Log.LogAttrs(ctx, level, "visit not sealed, tried again soon", slog.String("job", s.ID), slog.Any("error", errs[i]))
	}
	return done
}

// seal ends the record of a closed visit, and amends it when more came; false where it is
// written already. What s does not know yet is not listed: the statement is of s.
func (d *Desk) seal(ctx context.Context, s job.State) (bool, error) {
	entries, err := d.cfg.Journal.Job(ctx, s.ID)
	if err != nil {
		return false, fmt.Errorf("read what is to be sealed: %w", err)
	}
	leaves := slices.DeleteFunc(unlisted(entries, s.Sealing.Last), func(l job.Leaf) bool { return !s.Knows(l.Origin, l.Seq) })
	if len(leaves) == 0 {
		return false, nil
	}
	logs, lines := job.List(leaves[:min(len(leaves), job.MostLeaves)])
	n := note{
		request: derive(job.Sealed{}.Kind(), s.ID),
		payload: job.Sealed{Statement: job.StatementOf(s), Logs: logs, Leaves: lines},
	}
	if last := s.Sealing.Last.String(); s.Sealing.Seals > 0 {
		n = note{
			request: derive(job.Amended{}.Kind(), s.ID, last),
			payload: job.Amended{Amends: last, Statement: job.StatementOf(s), Logs: logs, Leaves: lines},
		}
	}
	if again, err := d.done(ctx, n.request, s.ID); again || err != nil {
		return false, err
	}
	err = d.write(ctx, s.ID, nil, n)
	return err == nil, err
}

// unlisted are the entries that no seal lists, up to the newest that counts.
func unlisted(entries []journal.Entry, last job.Hash) []job.Leaf {
	listed := listedBy(entries, last)
	var out []job.Leaf
	for _, e := range entries {
		if job.IsSeal(e.Kind) || listed[job.Hash(e.Hash)] {
			continue
		}
		out = append(out, board.Leaf(e))
	}
	return out
}

// listedBy are the entries that a seal lists, and those that it amends.
func listedBy(entries []journal.Entry, last job.Hash) map[job.Hash]bool {
	seals := map[string]journal.Entry{}
	for _, e := range entries {
		if job.IsSeal(e.Kind) {
			seals[job.Hash(e.Hash).String()] = e
		}
	}
	listed := map[job.Hash]bool{}
	for at := last.String(); at != ""; {
		leaves, amends := sealedIn(seals[at])
		for _, l := range leaves {
			listed[l.Hash] = true
		}
		delete(seals, at)
		at = amends
	}
	return listed
}

// sealedIn are the entries that a seal lists, and what it amends; none where it cannot
// be read.
func sealedIn(e journal.Entry) (out []job.Leaf, amends string) {
	if !job.IsSeal(e.Kind) || e.Work == nil {
		return nil, ""
	}
	p, err := job.Decode(e.Kind, e.Work.Payload)
	if err != nil {
		return nil, ""
	}
	var logs, lines []string
	switch p := p.(type) {
	case job.Sealed:
		logs, lines = p.Logs, p.Leaves
	case job.Amended:
		logs, lines, amends = p.Logs, p.Leaves, p.Amends
	}
	for _, line := range lines {
		if l, err := job.ParseLeaf(logs, line); err == nil {
			out = append(out, l)
		}
	}
	return out, amends
}
