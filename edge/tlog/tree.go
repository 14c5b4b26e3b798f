package tlog

import (
	"crypto/sha256"
	"fmt"
	"math/bits"
	"slices"

	sumdb "golang.org/x/mod/sumdb/tlog"
)

// Frontier is the tree of an origin in short: its size and the roots of its
// complete subtrees, the largest first. It is all that is needed to add a leaf and
// to know the root. A copy of a Frontier is independent of the original.
type Frontier struct {
	Size  uint64 `json:"size"`
	Nodes []Hash `json:"nodes"`
}

// Add appends a leaf hash and returns the tree hashes that the leaf completes:
// node (L, n) of RFC 6962 is completed by leaf ((n+1)<<L)-1.
func (f *Frontier) Add(leaf Hash) []Hash {
	f.Nodes = slices.Clone(f.Nodes) // so that no other copy is written into
	return f.Extend(leaf, nil)
}

// Extend is Add for one who has the only copy of a frontier: it writes into its nodes,
// and appends the tree hashes to done.
func (f *Frontier) Extend(leaf Hash, done []Hash) []Hash {
	h, n := leaf, len(f.Nodes)
	done = append(done, h)
	for s := f.Size; s&1 == 1; s >>= 1 {
		n--
		h = NodeHash(f.Nodes[n], h)
		done = append(done, h)
	}
	f.Nodes = append(f.Nodes[:n], h)
	f.Size++
	return done
}

// Root is the tree's root hash.
func (f Frontier) Root() Hash {
	if len(f.Nodes) == 0 {
		return sha256.Sum256(nil)
	}
	h := f.Nodes[len(f.Nodes)-1]
	for i := len(f.Nodes) - 2; i >= 0; i-- {
		h = NodeHash(f.Nodes[i], h)
	}
	return h
}

// Check says whether size and nodes belong together.
func (f Frontier) Check() error {
	if got, want := len(f.Nodes), bits.OnesCount64(f.Size); got != want {
		return fmt.Errorf("a frontier of size %d has %d nodes, this has %d", f.Size, want, got)
	}
	return nil
}

// NodeHash is the RFC 6962 hash of two nodes.
func NodeHash(l, r Hash) Hash { return Hash(sumdb.NodeHash(sumdb.Hash(l), sumdb.Hash(r))) }

// CheckConsistency says whether the tree of size n and root is the beginning of
// the tree of size t and root tRoot, by the proof.
func CheckConsistency(proof []Hash, t uint64, tRoot Hash, n uint64, root Hash) error {
	p := make(sumdb.TreeProof, len(proof))
	for i, h := range proof {
		p[i] = sumdb.Hash(h)
	}
	if t > 1<<53 || n > t {
		return fmt.Errorf("a proof from size %d to size %d", n, t)
	}
	return sumdb.CheckTree(p, int64(t), sumdb.Hash(tRoot), int64(n), sumdb.Hash(root))
}

// NodeReader reads one tree hash: of level L, completed by leaf seq.
type NodeReader func(seq uint64, level int) (Hash, error)

// Prove makes the consistency proof from size n to size t.
func Prove(t, n uint64, read NodeReader) ([]Hash, error) {
	p, err := sumdb.ProveTree(int64(t), int64(n), hashReader(read))
	if err != nil {
		return nil, fmt.Errorf("prove that size %d leads to size %d: %w", n, t, err)
	}
	out := make([]Hash, len(p))
	for i, h := range p {
		out[i] = Hash(h)
	}
	return out, nil
}

// FrontierAt reads the frontier that a tree had at an earlier size.
func FrontierAt(size uint64, read NodeReader) (Frontier, error) {
	f := Frontier{Size: size}
	end := uint64(0)
	for level := 63; level >= 0; level-- {
		if size&(1<<level) == 0 {
			continue
		}
		end += 1 << level
		h, err := read(end-1, level)
		if err != nil {
			return Frontier{}, fmt.Errorf("read the tree at size %d: %w", size, err)
		}
		f.Nodes = append(f.Nodes, h)
	}
	return f, nil
}
