package journal

import (
	"context"
	"errors"
	"fmt"

	"pitlane/edge/tlog"
)

// Adopt takes a run of another node's log. It is verified whole before anything
// is kept, and kept whole. What is held already is compared by hash and not
// written again. ErrGap: what lies before is missing. ErrForged: it does not
// verify. ErrForked: the origin has signed another history; the evidence is kept
// in DIR/forks.
func (j *Journal) Adopt(ctx context.Context, s Segment) error {
	c, err := j.Roster().CheckAlone(s)
	if err == nil {
		err = j.checkSealed(c)
	}
	if err != nil {
		return fmt.Errorf("adopt: %w", err)
	}
	if err := j.submit(ctx, &op{adopt: c}); err != nil {
		if errors.Is(err, tlog.ErrForked) {
			if s.Origin == j.Origin() {
				j.leaveForked(s.Origin)
			}
			j.log.Error("an origin has two histories: its disk was restored or its key is used twice", "origin", s.Origin, "seq", s.First)
		}
		if errors.Is(err, tlog.ErrForked) || errors.Is(err, tlog.ErrForged) {
			err = errors.Join(err, j.narrow(c))
		}
		return fmt.Errorf("adopt: %w", err)
	}
	return j.narrowed(c)
}

// adopt stages a segment.
func (b *batch) adopt(o *op) error {
	c, h := o.adopt, b.head(o.adopt.Origin)
	own := c.Origin == b.j.Origin()
	if own && c.Checkpoint.Size > h.Size {
		// Signed with this node's key and longer than its own disk knows.
		o.err = b.j.forked(c, h, errors.New("this node's own log is longer elsewhere: this disk is an older copy"))
		return nil
	}
	was := *h
	late := c.First > h.Size && len(c.Frontier) > 0 && !own
	if late {
		if o.err = b.j.beginAt(h, c); o.err != nil {
			return nil
		}
		defer func() {
			if o.err != nil {
				*h = was
			}
		}()
	}
	if c.First > h.Size {
		o.err = fmt.Errorf("%w: it begins at %d, %d are held", tlog.ErrGap, c.First, h.Size)
		return nil
	}
	if c.First < h.Low {
		o.err = fmt.Errorf("compare from %d: %w", c.First, ErrTrimmed)
		return nil
	}
	if o.err = b.compare(c, h); o.err != nil || own {
		return nil
	}
	if c.End() <= h.Size {
		return b.upgrade(c, h)
	}
	after, err := c.Grow(h.Frontier)
	if err == nil {
		err = b.crossed(c, h)
	}
	if err == nil {
		err = b.j.checkRoom(b, o)
	}
	if err != nil {
		o.err = err
		return nil
	}
	if late {
		if err := b.dropAnchors(c.Origin, h, was.Size); err != nil {
			return err
		}
	}
	for _, e := range c.Entries[h.Size-c.First:] {
		if err := b.seal(&e, false); err != nil {
			return err
		}
		if err := b.put(&e); err != nil {
			return err
		}
	}
	if h.Root() != after.Root() {
		return errors.New("adopt: the tree differs from the one that was checked")
	}
	return b.sealEnd(c, h)
}

// compare holds what is held already against the segment.
func (b *batch) compare(c *tlog.Checked, h *head) error {
	node := b.j.node(b.tx, c.Origin)
	same := true
	for _, e := range c.Entries[:min(c.End(), h.Size)-c.First] {
		held, err := node(e.Seq, 0)
		if err != nil {
			return err
		}
		same = same && held == e.Hash
	}
	if c.Checkpoint.Size <= h.Size {
		f, err := tlog.FrontierAt(c.Checkpoint.Size, node)
		if err != nil {
			return err
		}
		if f.Root() != c.Checkpoint.Root {
			return b.j.forked(c, h, fmt.Errorf("at size %d it signed another tree", c.Checkpoint.Size))
		}
	}
	if same {
		return nil
	}
	f, err := tlog.FrontierAt(c.First, node)
	if err != nil {
		return err
	}
	if _, err := c.Grow(f); err != nil {
		return err // nobody signed these entries
	}
	return b.j.forked(c, h, fmt.Errorf("entries %d to %d differ from those held", c.First, c.End()))
}

// upgrade takes a newer checkpoint that comes with entries that are held already.
func (b *batch) upgrade(c *tlog.Checked, h *head) error {
	if c.Checkpoint.Size > h.CheckpointSize && c.Checkpoint.Size <= h.Size {
		return b.setCheckpoint(c.Origin, h, c.Checkpoint.Size, c.Signed)
	}
	return nil
}

// crossed checks the earlier checkpoints that the segment reaches: the origin must
// have signed the same tree then.
func (b *batch) crossed(c *tlog.Checked, h *head) error {
	f := h.Frontier
	for _, e := range c.Entries[h.Size-c.First:] {
		f.Add(e.Hash)
		for _, a := range h.anchors {
			if a.Size == f.Size && a.Root != f.Root() {
				return b.j.forked(c, h, fmt.Errorf("at size %d it signed another tree", a.Size))
			}
		}
	}
	return nil
}

// sealEnd makes the new end provable: by the checkpoint when it falls on the end,
// else by an anchor; an earlier anchor's checkpoint becomes usable when its size
// is reached.
func (b *batch) sealEnd(c *tlog.Checked, h *head) error {
	if c.Checkpoint.Size == h.Size {
		return b.setCheckpoint(c.Origin, h, c.Checkpoint.Size, c.Signed)
	}
	reached := anchor{}
	for _, a := range h.anchors {
		if a.Size <= h.Size && a.Size > reached.Size {
			reached = a
		}
	}
	if reached.Size > h.CheckpointSize {
		if err := b.setCheckpoint(c.Origin, h, reached.Size, reached.Checkpoint); err != nil {
			return err
		}
	}
	a := anchor{At: h.Size, Size: c.Checkpoint.Size, Root: c.Checkpoint.Root, Checkpoint: c.Signed, Proof: c.Proof}
	h.anchors = append(h.anchors, a)
	value, err := a.encode(c.Origin)
	if err != nil {
		return err
	}
	return b.numbered(bucketAnchors, c.Origin, a.At, value)
}
