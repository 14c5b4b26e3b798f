package desk

import (
	"context"
	"fmt"

	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/tlog"
)

// seal ends the record of a closed visit, and amends it when more came. The edge
// that closed the visit does it, and no other.
func (d *Desk) seal(ctx context.Context, s job.State) error {
	switch {
	case job.Unsealed(s) == 0:
		return nil
	case s.Sealing.Seals > 0 && tlog.NodeOf(s.Sealing.Origin) != d.cfg.Node:
		return nil
	case s.Sealing.Seals == 0 && tlog.NodeOf(s.Closer) != d.cfg.Node:
		return nil
	}
	entries, err := d.cfg.Journal.Job(ctx, s.ID)
	if err != nil {
		return fmt.Errorf("read what is to be sealed: %w", err)
	}
	leaves := unlisted(entries)
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
