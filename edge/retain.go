package edge

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"pitlane/edge/clocks"
	"pitlane/edge/desk"
	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/tlog"
	"pitlane/edge/vault"
)

const (
	// retainEvery is how often visits are looked through for data kept long enough.
	retainEvery = 6 * time.Hour
	// retainFirst is how long after the start that is done first.
	retainFirst = time.Minute
	// retainGrace is how much longer the other nodes leave it to the one that opened the
	// visit: they order where that one is gone, or has lost what it knew.
	retainGrace = 7 * 24 * time.Hour
)

// retain erases what has been kept long enough. Without a synchronised clock nothing is
// erased: what time took cannot come back.
func (h *house) retain(ctx context.Context) error {
	wait := time.NewTimer(retainFirst)
	defer wait.Stop()
	for {
		select {
		case <-wait.C:
			wait.Reset(retainEvery)
		case <-ctx.Done():
			return nil
		}
		if ClockQuality() != clocks.Synchronised {
			continue
		}
		if err := h.retainAt(ctx, time.Now()); err != nil && ctx.Err() == nil {
			h.log.Error("data kept long enough is not erased yet", "error", err)
		}
	}
}

// retainAt is one round of retain: whatever is sealed under keys that are here, whether
// the visit's entries are still held or not.
func (h *house) retainAt(ctx context.Context, now time.Time) error {
	keep := h.cfg.Retention.keep()
	var errs []error
	for _, id := range h.vault.Jobs() {
		entries, err := h.journal.Job(ctx, id)
		if err != nil {
			errs = append(errs, fmt.Errorf("read a visit: %w", err))
			continue
		}
		events, opener := h.aged(entries, now), openerOf(entries)
		if c, ok := h.vault.Closed(id); ok { // it was over when its first entries were dropped
			opener = cmp.Or(opener, c.Opener)
			events = append(events, job.Event{Kind: job.CarHandedBack{}.Kind(), WallMS: c.At, Quality: clocks.Synchronised})
		}
		due := now
		if opener != h.member.Node {
			due = now.Add(-retainGrace)
		}
		p := job.Due(events, due, keep)
		if p == nil {
			continue
		}
		_, contact := p.(job.ContactErased)
		if contact && h.vault.Erased(id, tlog.Contact) {
			continue // by an order that was dropped since
		}
		order := desk.Erasure{Job: id, By: "retention", Reason: "kept long enough", ContactOnly: contact}
		sum := sha256.Sum256([]byte(p.Kind() + "\n" + id))
		copy(order.Request[:], sum[:])
		errs = append(errs, h.desk.EraseData(ctx, order))
	}
	return errors.Join(errs...)
}

// openerOf is the node that opened a visit, "" where that entry is not held.
func openerOf(entries []journal.Entry) string {
	for _, e := range entries {
		if e.Kind == (job.Opened{}).Kind() {
			return tlog.NodeOf(e.Origin)
		}
	}
	return ""
}

// aged are the kinds of entries and the times that count for the age of a visit: by an
// anchored clock; else the latest that it can have been, by a later boot or by who had
// seen it. Of the own entries it is else what the clock said, if that can have been right:
// another node's box may wake with the time at which it was switched off years ago. What
// nothing dates has quality 0.
func (h *house) aged(entries []journal.Entry, now time.Time) []job.Event {
	events := make([]job.Event, 0, len(entries))
	for _, e := range entries {
		at := h.clocks.Time(clocks.Reading{Node: tlog.NodeOf(e.Origin), Boot: e.Boot, BootMS: e.BootMS, WallMS: e.WallMS, Quality: e.Quality})
		told := job.Event{Kind: e.Kind, Origin: e.Origin, Seq: e.Seq, Hash: job.Hash(e.Hash), WallMS: at.MS, Quality: job.Quality(e.Quality)}
		for _, p := range e.Parents {
			told.Parents = append(told.Parents, job.Hash(p))
		}
		switch {
		case at.To > 0: // the time itself, of an anchored clock
			told.WallMS, told.Quality = min(at.To, now.UnixMilli()), clocks.Synchronised
		case at.MS > now.UnixMilli(), tlog.NodeOf(e.Origin) != h.member.Node && e.Quality < clocks.Synchronised:
			told.Quality = 0
		}
		events = append(events, told)
	}
	return job.Bound(events)
}

// keepClosed keeps of visits whose entries are about to be dropped by when their data is
// to be erased: the keys, and what others hold under them, outlive the entries here.
func (h *house) keepClosed(ctx context.Context, ids []string, now time.Time) error {
	var visits []vault.Closed
	for _, id := range ids {
		entries, err := h.journal.Job(ctx, id)
		if err != nil {
			return fmt.Errorf("read a visit: %w", err)
		}
		visits = append(visits, vault.Closed{Job: id, Opener: openerOf(entries), At: job.Newest(h.aged(entries, now))})
	}
	return h.vault.KeepClosed(visits)
}

// dropped says of a visit that its entries were dropped when it was over.
func (h *house) dropped(id string) bool {
	_, ok := h.vault.Closed(id)
	return ok
}
