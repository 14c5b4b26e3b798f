package central

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"pitlane/edge/tlog"
	"pitlane/edge/vault"
	"pitlane/sync/wire"
)

// intake takes segments in, one at a time.
type intake struct {
	store  Store
	codec  *wire.Codec
	roster *tlog.Roster
	keys   *vault.Vault
	now    func() time.Time
	log    *slog.Logger
	took   chan struct{} // signalled after a commit

	mu     sync.Mutex
	turned int // position in what the keys have changed
}

// taken is what came of a segment.
type taken struct {
	Origin string
	Size   uint64 // the mark after it
	New    int    // entries that were not held before
}

// take verifies a segment and commits what is new in it. Taken twice it changes
// nothing. Its errors are those of journal.Adopt, and the store's.
func (t *intake) take(ctx context.Context, b []byte) (tlog.Segment, taken, error) {
	seg, err := t.codec.Decode(b)
	if err != nil {
		return seg, taken{}, err
	}
	done, err := t.adopt(ctx, seg, b)
	return seg, done, err
}

func (t *intake) adopt(ctx context.Context, seg tlog.Segment, b []byte) (taken, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	mark, err := t.store.Mark(ctx, seg.Origin)
	if err != nil {
		return taken{}, err
	}
	done := taken{Origin: seg.Origin, Size: mark.Size}
	hashes, err := t.compare(ctx, mark, seg)
	if err != nil {
		return done, err
	}
	entries, frontier, _, err := t.roster.CheckSegment(mark.Frontier, seg)
	if err == nil {
		err = t.open(seg, entries)
	}
	if err != nil || len(entries) == 0 {
		return done, err
	}
	c := Change{
		Was:     mark.Size,
		Mark:    Mark{Origin: seg.Origin, Size: frontier.Size, Frontier: frontier, Checkpoint: seg.Checkpoint, At: t.now()},
		Segment: SegmentRow{Origin: seg.Origin, First: seg.First, Hashes: hashes, Bytes: b},
		Entries: entries,
	}
	if err := t.project(ctx, &c, jobsOf(entries)); err != nil {
		return done, err
	}
	if err := t.store.Commit(ctx, c); err != nil {
		return done, err
	}
	select {
	case t.took <- struct{}{}:
	default: // signalled already
	}
	done.Size, done.New = frontier.Size, len(entries)
	return done, nil
}

// compare holds what lies below the mark against what is held, and gives the
// segment's leaf hashes. Another leaf in the place of a held one is a fork only
// when the origin has signed it too; else it is a forgery.
func (t *intake) compare(ctx context.Context, mark Mark, seg tlog.Segment) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, 0, len(seg.Entries))
	for _, e := range seg.Entries {
		hashes = append(hashes, tlog.LeafHash(e.Leaf))
	}
	if seg.First >= mark.Size {
		return hashes, nil
	}
	n := min(mark.Size-seg.First, uint64(len(hashes)))
	held, err := t.store.Hashes(ctx, seg.Origin, seg.First, int(n))
	if err != nil {
		return nil, err
	}
	if slices.Equal(held, hashes[:n]) {
		return hashes, nil
	}
	if uint64(len(held)) != n {
		return nil, fmt.Errorf("the store holds %d of %d entries below its own mark", len(held), n)
	}
	return nil, t.forked(ctx, seg)
}

// forked says of a segment that contradicts the store what it is.
func (t *intake) forked(ctx context.Context, seg tlog.Segment) error {
	if _, err := t.roster.CheckCheckpoint(seg.Origin, seg.Checkpoint); err != nil {
		return err // before the costly part: nobody of the shop has signed it
	}
	below, err := t.store.Hashes(ctx, seg.Origin, 0, int(seg.First))
	if err != nil {
		return err
	}
	var f tlog.Frontier
	for _, h := range below {
		f.Add(h)
	}
	if _, _, _, err := t.roster.CheckSegment(f, seg); err != nil {
		return err
	}
	return fmt.Errorf("%w: %s at %d", tlog.ErrForked, seg.Origin, seg.First)
}

// open opens what central has the keys of, and holds it against the leaves. A
// segment in clear is refused: nothing readable lies in the rows.
func (t *intake) open(seg tlog.Segment, entries []tlog.Entry) error {
	for _, e := range seg.Entries {
		if e.Work != nil || e.Contact != nil {
			return fmt.Errorf("%w: its payloads are not sealed: bring the node to this version", wire.ErrSegment)
		}
	}
	for i := range entries {
		if err := tlog.OpenEntry(t.keys, &entries[i]); err != nil {
			return fmt.Errorf("%w: entry %d: %w", tlog.ErrForged, entries[i].Seq, err)
		}
	}
	return nil
}

// jobsOf are the jobs of entries, each once.
func jobsOf(entries []tlog.Entry) []string {
	var ids []string
	for _, e := range entries {
		if e.Job != "" && !slices.Contains(ids, e.Job) {
			ids = append(ids, e.Job)
		}
	}
	return ids
}

// project works out what follows from a change's entries for jobs. Where data is
// erased, the vehicles that show it are made anew from their other jobs.
func (t *intake) project(ctx context.Context, c *Change, ids []string) error {
	var g garage
	for n := 0; n < len(ids); n++ { // it grows
		f, err := t.fold(ctx, ids[n], c.Entries)
		if err != nil {
			return err
		}
		c.Jobs = append(c.Jobs, f)
		if !f.erased {
			continue
		}
		vehicles, err := t.store.VehiclesOf(ctx, f.ID)
		if err != nil {
			return err
		}
		for _, v := range vehicles {
			g.dropped = append(g.dropped, v)
			others, err := t.store.VehicleJobs(ctx, v)
			if err != nil {
				return err
			}
			for _, j := range others {
				if !slices.Contains(ids, j.ID) {
					ids = append(ids, j.ID)
				}
			}
		}
	}
	slices.SortStableFunc(c.Jobs, func(a, b JobFile) int { return cmp.Compare(a.Newest, b.Newest) })
	for i := range c.Jobs {
		if err := t.park(ctx, &g, &c.Jobs[i].Job); err != nil {
			return err
		}
	}
	// A vehicle that went up in another late in the segment may be named early.
	for i := range c.Jobs {
		for _, m := range g.merged {
			if c.Jobs[i].Vehicle == m.From {
				c.Jobs[i].Vehicle = m.Into
			}
		}
	}
	c.Vehicles, c.Merged, c.Dropped = g.changed, g.merged, g.dropped
	return nil
}

func (t *intake) park(ctx context.Context, g *garage, j *Job) error {
	byVIN, err := found(t.store.VehicleByVIN(ctx, bareVIN(j.VIN)))
	if err != nil {
		return err
	}
	byPlate, err := found(t.store.VehicleByPlate(ctx, barePlate(j.Plate)))
	if err != nil {
		return err
	}
	g.park(j, byVIN, byPlate)
	return nil
}

func (t *intake) fold(ctx context.Context, id string, fresh []tlog.Entry) (JobFile, error) {
	entries, err := t.store.JobEntries(ctx, id)
	if err != nil {
		return JobFile{}, err
	}
	for i := range entries {
		// A box that its key does not open, once the key is here, stays closed.
		_ = tlog.OpenEntry(t.keys, &entries[i])
	}
	for _, e := range fresh {
		if e.Job == id {
			entries = append(entries, e)
		}
	}
	f := fold(t.roster.Shop, id, entries)
	f.erased = f.erased || t.keys.Erased(id, tlog.Work) // by an order whose log is not here
	return f, nil
}

// found turns "there is none" into nil.
func found(v Vehicle, err error) (*Vehicle, error) {
	if errors.Is(err, ErrNone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &v, nil
}
