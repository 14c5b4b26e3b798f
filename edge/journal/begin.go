package journal

import (
	"errors"
	"fmt"
	"slices"

	"pitlane/edge/tlog"
)

// beginAt begins an origin where the sender's begins: one of which nothing is held, or
// one of which everybody has trimmed what follows on what is held here. That then counts
// as trimmed here too. The checkpoint proves the frontier together with the entries; what
// of it lies within what is held must be the same, and so must be what the origin had
// signed of the sizes that are reached (the anchors, which are left for that).
func (j *Journal) beginAt(h *head, c *tlog.Checked) error {
	f := tlog.Frontier{Size: c.First, Nodes: c.Frontier}
	if err := f.Check(); err != nil {
		return fmt.Errorf("%w: %w", tlog.ErrForged, err)
	}
	if h.Size > 0 {
		if seen, _ := j.Cosigned(c.Origin); tlog.NodeOf(c.Origin) == j.opt.Node && seen.Size < h.Size {
			return fmt.Errorf("%w: what this disk alone may have of it is not written again yet", tlog.ErrGap)
		}
		if err := j.sameBelow(h, c, f); err != nil {
			return err
		}
	}
	f.Nodes = slices.Clone(f.Nodes) // it will be extended; the cut stays
	*h = head{Low: c.First, Cut: c.Frontier, Frontier: f, anchors: h.anchors}
	return nil
}

// sameBelow holds those nodes of a later frontier against the tree that lie within it.
func (j *Journal) sameBelow(h *head, c *tlog.Checked, f tlog.Frontier) error {
	node := j.nodeOf(h, nil, c.Origin)
	later := &head{Low: f.Size, Cut: f.Nodes}
	for at, want := range later.kept() {
		if at.seq >= h.Size {
			continue
		}
		held, err := node(at.seq, at.level)
		if errors.Is(err, ErrTrimmed) {
			continue
		}
		if err != nil {
			return err
		}
		if held != want {
			return j.forked(c, h, fmt.Errorf("the first %d entries differ from those held", at.seq+1))
		}
	}
	return nil
}
