package journal

import (
	"context"
	"fmt"

	"pitlane/edge/tlog"
)

// Include proves that an entry is in its origin's log: under the newest cosigned
// checkpoint that covers it, else under the newest checkpoint. ErrGap: no
// checkpoint that is held covers it yet.
func (j *Journal) Include(ctx context.Context, origin string, seq uint64) (tlog.Inclusion, error) {
	var out tlog.Inclusion
	h := j.head(origin)
	if h == nil {
		return out, fmt.Errorf("prove an entry: %w: %s", tlog.ErrUnknownOrigin, origin)
	}
	out.Size, out.Checkpoint = h.CheckpointSize, []byte(h.Checkpoint)
	if c, ok := j.Cosigned(origin); ok && c.Size > seq && c.Size <= h.Size {
		out.Size, out.Checkpoint = c.Size, c.Note
	}
	if seq >= out.Size {
		return out, fmt.Errorf("prove entry %d of %s: %w: no checkpoint covers it", seq, origin, tlog.ErrGap)
	}
	if err := ctx.Err(); err != nil {
		return out, err
	}
	var err error
	out.Proof, err = tlog.Include(out.Size, seq, j.nodeOf(h, nil, origin))
	return out, err
}
