package tlog

import (
	"fmt"

	sumdb "golang.org/x/mod/sumdb/tlog"
)

// Inclusion shows that a leaf is in the tree that a checkpoint signs.
type Inclusion struct {
	Size       uint64 // of the tree
	Proof      []Hash // RFC 6962, lowest first
	Checkpoint []byte // signed note, with what cosignatures there are
}

// Include makes the inclusion proof of leaf seq in the tree of a size.
func Include(size, seq uint64, read NodeReader) ([]Hash, error) {
	p, err := sumdb.ProveRecord(int64(size), int64(seq), hashReader(read))
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
func hashReader(read NodeReader) sumdb.HashReader {
	return sumdb.HashReaderFunc(func(ix []int64) ([]sumdb.Hash, error) {
		out := make([]sumdb.Hash, len(ix))
		for i, x := range ix {
			level, k := sumdb.SplitStoredHashIndex(x)
			h, err := read((uint64(k)+1)<<level-1, level)
			if err != nil {
				return nil, err
			}
			out[i] = sumdb.Hash(h)
		}
		return out, nil
	})
}
