package journal

import (
	"context"
	"errors"
	"fmt"
)

// checked is a segment whose signature, leaves and openings are right. Whether it
// fits the tree is seen by who has the tree.
type checked struct {
	origin     string
	first      uint64
	entries    []Entry
	checkpoint Checkpoint
	signed     string
	proof      []Hash
	frontier   []Hash // of the tree at first, where the sender gave it
}

func (c *checked) end() uint64 { return c.first + uint64(len(c.entries)) }

// checkAlone verifies of a segment what needs no tree: the roster, the checkpoint's
// signature, every leaf's form, origin and number, every opening.
func (r *Roster) checkAlone(s Segment) (*checked, error) {
	if !validOrigin(s.Origin) {
		return nil, fmt.Errorf("%w: origin %q", ErrForged, s.Origin)
	}
	cp, err := r.CheckCheckpoint(s.Origin, s.Checkpoint)
	if err != nil {
		return nil, err
	}
	c := &checked{origin: s.Origin, first: s.First, checkpoint: cp, signed: string(s.Checkpoint), proof: s.Proof, frontier: s.Frontier}
	if s.First > 1<<53 || len(s.Entries) == 0 || c.first+uint64(len(s.Entries)) > cp.Size {
		return nil, fmt.Errorf("%w: entries %d to %d under a checkpoint of size %d", ErrForged, s.First, s.First+uint64(len(s.Entries)), cp.Size)
	}
	for i, given := range s.Entries {
		e, err := DecodeLeaf(given.Leaf)
		if err != nil {
			return nil, fmt.Errorf("%w: entry %d: %w", ErrForged, s.First+uint64(i), err)
		}
		if e.Origin != s.Origin || e.Seq != s.First+uint64(i) {
			return nil, fmt.Errorf("%w: %s seq %d in the place of %s seq %d", ErrForged, e.Origin, e.Seq, s.Origin, s.First+uint64(i))
		}
		e.Work, e.Contact = given.Work, given.Contact
		e.SealedWork, e.SealedContact = given.SealedWork, given.SealedContact
		if err := e.checkOpenings(); err != nil {
			return nil, fmt.Errorf("%w: entry %d: %w", ErrForged, e.Seq, err)
		}
		c.entries = append(c.entries, e)
	}
	return c, nil
}

// grow adds the segment's entries to a tree that ends at the entry from and holds
// the result against the checkpoint.
func (c *checked) grow(f Frontier) (Frontier, error) {
	for _, e := range c.entries[f.Size-c.first:] {
		f.Add(e.Hash)
	}
	err := CheckConsistency(c.proof, c.checkpoint.Size, c.checkpoint.Root, f.Size, f.Root())
	if err != nil {
		return f, fmt.Errorf("%w: entries %d to %d of %s do not lead to the checkpoint of size %d: %w",
			ErrForged, c.first, c.end(), c.origin, c.checkpoint.Size, err)
	}
	return f, nil
}

// CheckSegment verifies a segment on top of a tree: who is not a Journal (central's
// database) keeps the frontier of each origin himself. The segment must begin at
// or before the tree's end and reach beyond it; what lies before the end is not
// compared here. It returns the decoded entries from the tree's end on, the tree
// after them and the checkpoint.
func (r *Roster) CheckSegment(f Frontier, s Segment) ([]Entry, Frontier, Checkpoint, error) {
	c, err := r.checkAlone(s)
	if err != nil {
		return nil, f, Checkpoint{}, err
	}
	if err := f.check(); err != nil {
		return nil, f, Checkpoint{}, err
	}
	if c.first > f.Size {
		return nil, f, c.checkpoint, fmt.Errorf("%w: it begins at %d, %d are held", ErrGap, c.first, f.Size)
	}
	if c.end() <= f.Size {
		return nil, f, c.checkpoint, nil
	}
	after, err := c.grow(f)
	if err != nil {
		return nil, f, c.checkpoint, err
	}
	return c.entries[f.Size-c.first:], after, c.checkpoint, nil
}

// Adopt takes a run of another node's log. It is verified whole before anything
// is kept, and kept whole. What is held already is compared by hash and not
// written again. ErrGap: what lies before is missing. ErrForged: it does not
// verify. ErrForked: the origin has signed another history; the evidence is kept
// in DIR/forks.
func (j *Journal) Adopt(ctx context.Context, s Segment) error {
	c, err := j.Roster().checkAlone(s)
	if err == nil {
		err = j.checkSealed(c)
	}
	if err != nil {
		return fmt.Errorf("adopt: %w", err)
	}
	if err := j.submit(ctx, &op{adopt: c}); err != nil {
		if errors.Is(err, ErrForked) {
			if s.Origin == j.Origin() {
				j.leaveForked(s.Origin)
			}
			j.log.Error("an origin has two histories: its disk was restored or its key is used twice", "origin", s.Origin, "seq", s.First)
		}
		if errors.Is(err, ErrForked) || errors.Is(err, ErrForged) {
			err = errors.Join(err, j.narrow(c))
		}
		return fmt.Errorf("adopt: %w", err)
	}
	return j.narrowed(c)
}

// adopt stages a segment.
func (b *batch) adopt(o *op) error {
	c, h := o.adopt, b.head(o.adopt.origin)
	own := c.origin == b.j.Origin()
	if own && c.checkpoint.Size > h.Size {
		// Signed with this node's key and longer than its own disk knows.
		o.err = b.j.forked(c, h, errors.New("this node's own log is longer elsewhere: this disk is an older copy"))
		return nil
	}
	if h.Size == 0 && c.first > 0 && len(c.frontier) > 0 {
		if o.err = h.beginAt(c); o.err != nil {
			return nil
		}
		defer func() {
			if o.err != nil {
				*h = head{}
			}
		}()
	}
	if c.first > h.Size {
		o.err = fmt.Errorf("%w: it begins at %d, %d are held", ErrGap, c.first, h.Size)
		return nil
	}
	if c.first < h.Low {
		o.err = fmt.Errorf("compare from %d: %w", c.first, ErrTrimmed)
		return nil
	}
	if o.err = b.compare(c, h); o.err != nil || own {
		return nil
	}
	if c.end() <= h.Size {
		return b.upgrade(c, h)
	}
	after, err := c.grow(h.Frontier)
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
	for _, e := range c.entries[h.Size-c.first:] {
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

// beginAt begins an origin of which nothing is held where the sender's begins. The
// checkpoint proves the frontier together with the entries.
func (h *head) beginAt(c *checked) error {
	f := Frontier{c.first, c.frontier}
	if err := f.check(); err != nil {
		return fmt.Errorf("%w: %w", ErrForged, err)
	}
	*h = head{Low: c.first, Cut: c.frontier, Frontier: f}
	return nil
}

// compare holds what is held already against the segment.
func (b *batch) compare(c *checked, h *head) error {
	node := b.j.node(b.tx, c.origin)
	same := true
	for _, e := range c.entries[:min(c.end(), h.Size)-c.first] {
		held, err := node(e.Seq, 0)
		if err != nil {
			return err
		}
		same = same && held == e.Hash
	}
	if c.checkpoint.Size <= h.Size {
		f, err := frontierAt(c.checkpoint.Size, node)
		if err != nil {
			return err
		}
		if f.Root() != c.checkpoint.Root {
			return b.j.forked(c, h, fmt.Errorf("at size %d it signed another tree", c.checkpoint.Size))
		}
	}
	if same {
		return nil
	}
	f, err := frontierAt(c.first, node)
	if err != nil {
		return err
	}
	if _, err := c.grow(f); err != nil {
		return err // nobody signed these entries
	}
	return b.j.forked(c, h, fmt.Errorf("entries %d to %d differ from those held", c.first, c.end()))
}

// upgrade takes a newer checkpoint that comes with entries that are held already.
func (b *batch) upgrade(c *checked, h *head) error {
	if c.checkpoint.Size > h.CheckpointSize && c.checkpoint.Size <= h.Size {
		return b.setCheckpoint(c.origin, h, c.checkpoint.Size, c.signed)
	}
	return nil
}

// crossed checks the earlier checkpoints that the segment reaches: the origin must
// have signed the same tree then.
func (b *batch) crossed(c *checked, h *head) error {
	f := h.Frontier
	for _, e := range c.entries[h.Size-c.first:] {
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
func (b *batch) sealEnd(c *checked, h *head) error {
	if c.checkpoint.Size == h.Size {
		return b.setCheckpoint(c.origin, h, c.checkpoint.Size, c.signed)
	}
	reached := anchor{}
	for _, a := range h.anchors {
		if a.Size <= h.Size && a.Size > reached.Size {
			reached = a
		}
	}
	if reached.Size > h.CheckpointSize {
		if err := b.setCheckpoint(c.origin, h, reached.Size, reached.Checkpoint); err != nil {
			return err
		}
	}
	a := anchor{At: h.Size, Size: c.checkpoint.Size, Root: c.checkpoint.Root, Checkpoint: c.signed, Proof: c.proof}
	h.anchors = append(h.anchors, a)
	return putAnchors(b.tx, c.origin, []anchor{a})
}
