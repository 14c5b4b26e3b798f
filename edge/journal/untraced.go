package journal

import (
	"errors"

	"pitlane/edge/tlog"
)

// Untraced is told by a link that everybody who holds one of this node's earlier logs has
// trimmed the place where it might part from what is here, so that it cannot be looked
// for. What others have cosigned of it, with the tree that is held, they have had; what
// follows may be on this disk alone, and is written again in the node's new log, as at a
// parting that was found. Where nobody has cosigned any of it the log stays as it is.
func (j *Journal) Untraced(origin string) error {
	h := j.head(origin)
	if tlog.NodeOf(origin) != j.opt.Node || origin == j.Origin() || h == nil || j.readOnly {
		return nil
	}
	c, ok := j.Cosigned(origin)
	if !ok {
		j.log.Warn("an earlier log of this node ends where the others have trimmed it, and nobody had cosigned it: what only this disk has of it stays in it", "origin", origin)
		return nil
	}
	if c.Size >= h.Size {
		return nil // they have had all of it
	}
	cp, err := j.Roster().CheckCheckpoint(origin, c.Note)
	if err == nil {
		err = j.sameTree(cp, h)
	}
	if errors.Is(err, ErrTrimmed) {
		err = nil // it was held against the tree when it was taken
	}
	if err != nil {
		return err
	}
	j.branches.mu.Lock()
	defer j.branches.mu.Unlock()
	return j.giveWay(origin, max(c.Size, h.Low))
}
