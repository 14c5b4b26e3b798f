package tlog

import "fmt"

// Checked is a segment whose signature, leaves and openings are right. Whether it
// fits the tree is seen by who has the tree.
type Checked struct {
	Origin     string
	First      uint64
	Entries    []Entry
	Checkpoint Checkpoint
	Signed     string // the checkpoint as it came, a signed note
	Proof      []Hash // from the segment's end to the checkpoint
	Frontier   []Hash // of the tree at First, where the sender gave it
}

// End is the size of a log that ends with the segment.
func (c *Checked) End() uint64 { return c.First + uint64(len(c.Entries)) }

// CheckAlone verifies of a segment what needs no tree: the roster, the checkpoint's
// signature, every leaf's form, origin and number, every opening.
func (r *Roster) CheckAlone(s Segment) (*Checked, error) {
	if !ValidOrigin(s.Origin) {
		return nil, fmt.Errorf("%w: origin %q", ErrForged, s.Origin)
	}
	cp, err := r.CheckCheckpoint(s.Origin, s.Checkpoint)
	if err != nil {
		return nil, err
	}
	c := &Checked{Origin: s.Origin, First: s.First, Checkpoint: cp, Signed: string(s.Checkpoint), Proof: s.Proof, Frontier: s.Frontier}
	if s.First > 1<<53 || len(s.Entries) == 0 || c.First+uint64(len(s.Entries)) > cp.Size {
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
		if err := e.CheckOpenings(); err != nil {
			return nil, fmt.Errorf("%w: entry %d: %w", ErrForged, e.Seq, err)
		}
		c.Entries = append(c.Entries, e)
	}
	return c, nil
}

// Grow adds the segment's entries to a tree that ends in it or at its beginning, and
// holds the result against the checkpoint.
func (c *Checked) Grow(f Frontier) (Frontier, error) {
	for _, e := range c.Entries[f.Size-c.First:] {
		f.Add(e.Hash)
	}
	err := CheckConsistency(c.Proof, c.Checkpoint.Size, c.Checkpoint.Root, f.Size, f.Root())
	if err != nil {
		return f, fmt.Errorf("%w: entries %d to %d of %s do not lead to the checkpoint of size %d: %w",
			ErrForged, c.First, c.End(), c.Origin, c.Checkpoint.Size, err)
	}
	return f, nil
}

// CheckSegment verifies a segment on top of a tree: who is not a Journal (central's
// database) keeps the frontier of each origin himself. The segment must begin at
// or before the tree's end and reach beyond it; what lies before the end is not
// compared here. It returns the decoded entries from the tree's end on, the tree
// after them and the checkpoint.
func (r *Roster) CheckSegment(f Frontier, s Segment) ([]Entry, Frontier, Checkpoint, error) {
	c, err := r.CheckAlone(s)
	if err != nil {
		return nil, f, Checkpoint{}, err
	}
	if err := f.Check(); err != nil {
		return nil, f, Checkpoint{}, err
	}
	if c.First > f.Size {
		return nil, f, c.Checkpoint, fmt.Errorf("%w: it begins at %d, %d are held", ErrGap, c.First, f.Size)
	}
	if c.End() <= f.Size {
		return nil, f, c.Checkpoint, nil
	}
	after, err := c.Grow(f)
	if err != nil {
		return nil, f, c.Checkpoint, err
	}
	return c.Entries[f.Size-c.First:], after, c.Checkpoint, nil
}
