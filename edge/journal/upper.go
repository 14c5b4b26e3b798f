package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	sumdb "golang.org/x/mod/sumdb/tlog"

	"pitlane/edge/disk"
	"pitlane/edge/tlog"
)

// upperLevel is the lowest level of tree hashes that outlive their leaves: one hash
// for 256 leaves and those above it, 0.25 bytes a leaf.
const upperLevel = 8

// upper keeps the upper tree hashes of trimmed leaves, in DIR/upper/<origin>, the
// slash written as a dash: 32 bytes each, in the order of tlog's stored hash index,
// counted from level 8. What is zero is not held. Losing these files loses proofs
// from checkpoints before the cut, and nothing else.
type upper struct{ dir string }

// upperNode is the tree hash of a level that a leaf completes.
type upperNode struct {
	origin string
	seq    uint64
	level  int
	hash   Hash
}

func (u upper) path(origin string) string {
	return filepath.Join(u.dir, strings.ReplaceAll(origin, "/", "-"))
}

// place is where a hash lies in its file.
func (x upperNode) place() int64 {
	n := (x.seq+1)>>x.level - 1
	return sumdb.StoredHashIndex(x.level-upperLevel, int64(n)) * int64(len(Hash{}))
}

// keep puts hashes on disk. Written twice they are the same.
func (u upper) keep(nodes []upperNode) (err error) {
	if len(nodes) == 0 {
		return nil
	}
	if err := os.MkdirAll(u.dir, 0o700); err != nil {
		return fmt.Errorf("keep the upper tree: %w", err)
	}
	files := map[string]*os.File{}
	defer func() {
		for _, f := range files {
			err = errors.Join(err, f.Sync(), f.Close())
		}
		if err == nil {
			err = errors.Join(disk.SyncDir(u.dir), disk.SyncDir(filepath.Dir(u.dir)))
		}
		if err != nil {
			err = fmt.Errorf("keep the upper tree: %w", err)
		}
	}()
	for _, x := range nodes {
		f := files[x.origin]
		if f == nil {
			if f, err = os.OpenFile(u.path(x.origin), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
				return err
			}
			files[x.origin] = f
		}
		if _, err = f.WriteAt(x.hash[:], x.place()); err != nil {
			return err
		}
	}
	return nil
}

// node reads a hash; ErrTrimmed when it is not held.
func (u upper) node(origin string, seq uint64, level int) (Hash, error) {
	x := upperNode{origin: origin, seq: seq, level: level}
	if level < upperLevel {
		return Hash{}, fmt.Errorf("the tree of %s at %d, level %d: %w", origin, seq, level, ErrTrimmed)
	}
	f, err := os.Open(u.path(origin))
	if err == nil {
		_, err = f.ReadAt(x.hash[:], x.place())
		err = errors.Join(err, f.Close())
	}
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, io.EOF) || err == nil && x.hash == (Hash{}) {
		err = ErrTrimmed
	}
	if err != nil {
		return Hash{}, fmt.Errorf("the tree of %s at %d, level %d: %w", origin, seq, level, err)
	}
	return x.hash, nil
}

// check holds the kept hashes of an origin against each other and against the
// frontier at the cut. What is not held is no fault.
func (u upper) check(origin string, h *head) error {
	kept := h.kept()
	for level := upperLevel; h.Low>>level > 0; level++ {
		for n := uint64(0); n < h.Low>>level; n++ {
			seq := (n+1)<<level - 1
			got, err := u.node(origin, seq, level)
			if errors.Is(err, ErrTrimmed) {
				continue
			}
			if err != nil {
				return err
			}
			if want, ok := kept[treeNode{seq, level}]; ok && want != got {
				return fmt.Errorf("the kept tree hash of level %d at %d is not that of the cut", level, seq)
			}
			l, lerr := u.node(origin, seq-1<<(level-1), level-1)
			r, rerr := u.node(origin, seq, level-1)
			if level > upperLevel && lerr == nil && rerr == nil && tlog.NodeHash(l, r) != got {
				return fmt.Errorf("the kept tree hash of level %d at %d is not that of its parts", level, seq)
			}
		}
	}
	return nil
}
