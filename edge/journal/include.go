package journal

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Inclusion shows that a leaf is in the tree that a checkpoint signs.
type Inclusion struct {
	Size       uint64 // of the tree
	Proof      []Hash // RFC 6962, lowest first
	Checkpoint []byte // signed note, with what cosignatures there are
}

// Include proves that an entry is in its origin's log: under the newest cosigned
// checkpoint that covers it, else under the newest checkpoint. ErrGap: no
// checkpoint that is held covers it yet.
func (j *Journal) Include(ctx context.Context, origin string, seq uint64) (Inclusion, error) {
	var out Inclusion
	h := j.head(origin)
	if h == nil {
		return out, fmt.Errorf("prove an entry: %w: %s", ErrUnknownOrigin, origin)
	}
	out.Size, out.Checkpoint = h.CheckpointSize, []byte(h.Checkpoint)
	if c, ok := j.Cosigned(origin); ok && c.Size > seq && c.Size <= h.Size {
		out.Size, out.Checkpoint = c.Size, c.Note
	}
	if seq >= out.Size {
		return out, fmt.Errorf("prove entry %d of %s: %w: no checkpoint covers it", seq, origin, ErrGap)
	}
	if err := ctx.Err(); err != nil {
		return out, err
	}
	var err error
	out.Proof, err = include(out.Size, seq, j.nodeOf(h, nil, origin))
	return out, err
}

// include makes the inclusion proof of leaf seq in the tree of a size.
func include(size, seq uint64, read nodeReader) ([]Hash, error) {
	p, err := tlog.ProveRecord(int64(size), int64(seq), hashReader(read))
	if err != nil {
		return nil, fmt.Errorf("prove that leaf %d is in the tree of size %d: %w", seq, size, err)
	}
	out := make([]Hash, len(p))
	for i, h := range p {
		out[i] = Hash(h)
	}
	return out, nil
}

// hashReader reads stored tree hashes by tlog's own numbering.
func hashReader(read nodeReader) tlog.HashReader {
	return tlog.HashReaderFunc(func(ix []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(ix))
		for i, x := range ix {
			level, k := tlog.SplitStoredHashIndex(x)
			h, err := read((uint64(k)+1)<<level-1, level)
			if err != nil {
				return nil, err
			}
			out[i] = tlog.Hash(h)
		}
		return out, nil
	})
}
