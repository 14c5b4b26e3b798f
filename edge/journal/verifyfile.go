package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"pitlane/edge/tlog"
)

// verifyFiles looks at what the files hold beside the entries: their heads, where
// each origin begins in them, and that nothing lies in them that belongs to nobody.
// Pages that hold nothing are not looked at: what lies in them is nobody's.
func (j *Journal) verifyFiles(r *tlog.VerifyReport) {
	for n := max(j.shelf.firstKept(), 1); n <= j.shelf.last(); n++ {
		c, err := j.lookIn(n)
		// Outside of the view: the tree lies in other files too, and one may have to
		// be closed for it, which waits for those who read in it.
		for origin, h := range c.was {
			if herr := c.head(origin, h); herr != nil {
				err = errors.Join(err, fmt.Errorf("the head of %s: %w", origin, herr))
			}
		}
		if err != nil {
			r.Find("segments/%06d.db: %v", n, err)
			r.Advise(adviceDamaged)
		}
	}
}

// lookIn reads a file: either all that it will ever hold, or the newest as one commit
// left it. Writing may go on meanwhile, and begin the next file.
func (j *Journal) lookIn(n uint32) (*fileCheck, error) {
	for {
		last := j.shelf.last()
		c := &fileCheck{j: j, n: n, newest: n == last}
		err := j.shelf.view(n, nil, c.check)
		if c.newest && j.shelf.last() != last {
			continue // it may have been read before its last commits
		}
		// Later than the file: these know of every commit in one that is full.
		c.heads = j.allHeads()
		if c.newest {
			c.heads = c.was
		}
		return c, err
	}
}

type fileCheck struct {
	j      *Journal
	n      uint32
	newest bool
	heads  map[string]*head // of the whole log
	was    map[string]*head // of this file
}

func (c *fileCheck) check(tx *bbolt.Tx) error {
	was, err := readHeads(tx)
	if err != nil {
		return err
	}
	starts, err := readStarts(tx, c.n)
	if err != nil {
		return err
	}
	if err := c.starts(starts); err != nil {
		return err
	}
	c.was = was
	return errors.Join(
		exact(tx, was),
		c.rows(tx, bucketLeaves, was, func(origin string, seq uint64) bool {
			return seq >= starts[c.n-1][origin] && seq < was[origin].Size
		}),
		c.rows(tx, bucketCheckpoints, was, func(origin string, size uint64) bool {
			return size%keptCheckpoints == 0 && size <= was[origin].Size
		}),
		c.rows(tx, bucketAnchors, was, func(origin string, at uint64) bool {
			return slices.ContainsFunc(was[origin].anchors, func(a anchor) bool { return a.At == at })
		}),
		c.only(tx),
	)
}

// exact demands that heads and anchors are byte for byte what they are read as.
func exact(tx *bbolt.Tx, heads map[string]*head) error {
	for origin, h := range heads {
		again, err := json.Marshal(h)
		if err != nil || !bytes.Equal(again, in(tx, bucketHeads).Get([]byte(origin))) {
			return fmt.Errorf("the head of %s differs when rebuilt", origin)
		}
		for _, a := range h.anchors {
			again, err := json.Marshal(a)
			if err != nil || !bytes.Equal(again, in(tx, bucketAnchors).Bucket([]byte(origin)).Get(seqKey(a.At))) {
				return fmt.Errorf("the anchor of %s at %d differs when rebuilt", origin, a.At)
			}
		}
	}
	return nil
}

// starts holds what this file knows of the others against what the newest knows.
func (c *fileCheck) starts(starts []map[string]uint64) error {
	c.j.shelf.mu.Lock()
	defer c.j.shelf.mu.Unlock()
	for n := max(c.j.shelf.first, 1); n <= c.n; n++ {
		for origin, seq := range c.j.shelf.starts[n-1] {
			if starts[n-1][origin] != seq {
				return fmt.Errorf("it says that %s begins at %d in file %06d, the newest file says %d", origin, starts[n-1][origin], n, seq)
			}
		}
		if len(starts[n-1]) != len(c.j.shelf.starts[n-1]) {
			return fmt.Errorf("it knows other origins in file %06d than the newest file", n)
		}
	}
	return nil
}

// head holds a head against the tree and the roster.
func (c *fileCheck) head(origin string, h *head) error {
	now := c.heads[origin]
	if now == nil || h.Size > now.Size {
		return errors.New("the newest file does not know it")
	}
	if !c.newest && h.Size != c.j.shelf.start(c.n+1, origin) {
		return fmt.Errorf("it ends at %d, the next file begins at %d", h.Size, c.j.shelf.start(c.n+1, origin))
	}
	node := c.j.nodeOf(now, nil, origin)
	for _, f := range []tlog.Frontier{h.Frontier, {Size: h.Low, Nodes: h.Cut}} {
		want, err := tlog.FrontierAt(f.Size, node)
		if err != nil && !errors.Is(err, ErrTrimmed) {
			return err
		}
		if err == nil && !slices.Equal(want.Nodes, f.Nodes) {
			return fmt.Errorf("its tree of size %d is not that of the entries", f.Size)
		}
	}
	if h.Checkpoint == "" || c.j.Roster() == nil {
		return nil
	}
	cp, err := c.j.Roster().CheckCheckpoint(origin, []byte(h.Checkpoint))
	if err == nil && cp.Size != h.CheckpointSize {
		err = fmt.Errorf("its checkpoint is of size %d, not %d", cp.Size, h.CheckpointSize)
	}
	if err != nil {
		return err
	}
	want, err := tlog.FrontierAt(cp.Size, node)
	if err == nil && want.Root() != cp.Root {
		err = errors.New("its checkpoint signs another tree")
	}
	if errors.Is(err, ErrTrimmed) {
		return nil
	}
	return err
}

// rows finds what is filed under no origin or under a number that cannot be.
func (c *fileCheck) rows(tx *bbolt.Tx, bucket string, heads map[string]*head, fits func(origin string, n uint64) bool) error {
	return in(tx, bucket).ForEach(func(origin, v []byte) error {
		b := in(tx, bucket).Bucket(origin)
		if heads[string(origin)] == nil || v != nil || b == nil {
			return fmt.Errorf("%s of %q, whom it does not know", bucket, origin)
		}
		return b.ForEach(func(k, v []byte) error {
			if len(k) != 8 || v == nil || !fits(string(origin), keySeq(k)) {
				return fmt.Errorf("%s of %s at %x, where none can be", bucket, origin, k)
			}
			return nil
		})
	})
}

// only finds what is not of a segment file.
func (c *fileCheck) only(tx *bbolt.Tx) error {
	err := tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
		if !slices.Contains(segmentBuckets(), string(name)) {
			return fmt.Errorf("it holds %q", name)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return in(tx, bucketFile).ForEach(func(k, _ []byte) error {
		if !bytes.Equal(k, []byte(keyFormat)) {
			return fmt.Errorf("it says %q of itself", k)
		}
		return nil
	})
}
