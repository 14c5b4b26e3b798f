package journal

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"go.etcd.io/bbolt"

	"pitlane/edge/tlog"
)

// TrimPolicy says what may go. Its functions are called from Trim's goroutine, with
// no transaction open.
type TrimPolicy struct {
	// Done says of a job that its entries may go: it has been closed for long
	// enough. It is asked at most once a job and file.
	Done func(job string) bool
	// Safe is the size up to which an origin may go: what central holds and a
	// cosigned checkpoint covers.
	Safe func(origin string) uint64
	// Going, where it is not nil, is called before a file goes, with the jobs in it,
	// sorted: their entries are still held. An error keeps the file.
	Going func(jobs []string) error
}

// Trimmed is what a Trim dropped.
type Trimmed struct {
	Files   int
	Entries uint64
	Bytes   int64 // on disk
}

// Trim drops the oldest segment files, one after the other, for as long as the
// policy allows all of a file. The newest is never dropped. Kept are the frontier of
// each origin at the cut and all tree hashes of level 8 and above, so that appends,
// consistency proofs and receipts of what is kept go on working.
//
// First the cut is on disk: that is what Trim waits for. Then the file goes, behind it,
// once its readers have finished; after a crash between the two the next start removes
// it. On a full disk Trim waits for that too: whoever calls it wants the room. Only one
// Trim runs at a time.
func (j *Journal) Trim(ctx context.Context, p TrimPolicy) (Trimmed, error) {
	var done Trimmed
	if j.readOnly {
		return done, ErrReadOnly
	}
	j.trimming.Lock()
	defer j.trimming.Unlock()
	if j.full.Load() {
		defer j.shelf.gone.Wait()
	}
	for {
		n := j.shelf.firstKept()
		if n == 0 || n >= j.shelf.last() {
			return done, nil
		}
		if !j.safe(n, p) {
			return done, nil
		}
		c, err := j.lookAt(ctx, n)
		if err == nil && (!j.covered(c) || !c.allowed(p)) {
			return done, nil
		}
		if err == nil && p.Going != nil {
			err = p.Going(slices.Sorted(maps.Keys(c.jobs)))
		}
		if err == nil {
			err = j.submit(ctx, &op{cut: c})
		}
		if err != nil {
			return done, fmt.Errorf("trim segment file %06d: %w", n, err)
		}
		j.shelf.drop(n, func(err error) {
			j.log.Warn("a trimmed segment file stays until the next start", "file", n, "error", err)
		})
		j.look = nil
		done.Files, done.Entries, done.Bytes = done.Files+1, done.Entries+c.entries, done.Bytes+c.bytes
		j.wakeBehind()
	}
}

// cut is what dropping one file means. A file that is not the newest never changes:
// what was seen in it once stays true.
type cut struct {
	file    uint32
	ends    map[string]tlog.Frontier // origin → its tree where the next file begins
	jobs    map[string]bool
	upper   []upperNode
	entries uint64
	bytes   int64 // on disk; 0 where nobody can say
}

// safe asks what costs nothing: is all of a file held elsewhere?
func (j *Journal) safe(n uint32, p TrimPolicy) bool {
	for _, tip := range j.Tips() {
		if end := j.shelf.start(n+1, tip.Origin); end > tip.Low && end > p.Safe(tip.Origin) {
			return false
		}
	}
	return true
}

func (c *cut) allowed(p TrimPolicy) bool {
	for job := range c.jobs {
		if !p.Done(job) {
			return false
		}
	}
	return true
}

// covered says whether what is held proves all that would go.
func (j *Journal) covered(c *cut) bool {
	for origin, f := range c.ends {
		if h := j.head(origin); h == nil || f.Size > h.proven() {
			return false
		}
	}
	return true
}

// proven is how much of the origin is under a checkpoint.
func (h *head) proven() uint64 {
	end := h.CheckpointSize
	for _, a := range h.anchors {
		end = max(end, a.At)
	}
	return end
}

// lookAt reads what a policy must know of a file, and what must outlive it.
func (j *Journal) lookAt(ctx context.Context, n uint32) (*cut, error) {
	if j.look != nil && j.look.file == n {
		return j.look, nil
	}
	c := &cut{file: n, ends: map[string]tlog.Frontier{}, jobs: map[string]bool{}}
	for _, tip := range j.Tips() {
		from, to := max(tip.Low, j.shelf.start(n, tip.Origin)), j.shelf.start(n+1, tip.Origin)
		if to <= from {
			continue
		}
		f, err := tlog.FrontierAt(to, j.node(nil, tip.Origin))
		if err != nil {
			return nil, err
		}
		c.ends[tip.Origin] = f
		if err := j.lookThrough(ctx, c, tip.Origin, from, to); err != nil {
			return nil, err
		}
	}
	c.bytes, _ = onDisk(j.shelf.path(n))
	// What outlives the file is kept now, long before the file goes.
	if err := j.upper.keep(c.upper); err != nil {
		return nil, err
	}
	j.look = c
	return c, nil
}

func (j *Journal) lookThrough(ctx context.Context, c *cut, origin string, from, to uint64) error {
	c.entries += to - from
	for from < to {
		if err := ctx.Err(); err != nil {
			return err
		}
		raws, err := j.shelf.chunk(nil, origin, from, to)
		if err == nil && len(raws) == 0 {
			err = fmt.Errorf("%s seq %d is missing", origin, from)
		}
		if err != nil {
			return err
		}
		for _, x := range raws {
			r, err := decodeRecord(x.record)
			if err != nil {
				return fmt.Errorf("read %s seq %d: %w", origin, x.seq, err)
			}
			e, err := tlog.DecodeLeaf(r.leaf)
			if err != nil {
				return fmt.Errorf("read %s seq %d: %w", origin, x.seq, err)
			}
			if e.Job != "" {
				c.jobs[e.Job] = true
			}
			for level := upperLevel; level < len(r.hashes); level++ {
				c.upper = append(c.upper, upperNode{origin, x.seq, level, r.hashes[level]})
			}
		}
		from += uint64(len(raws))
	}
	return nil
}

// cut stages the new beginnings of the origins.
func (b *batch) cut(o *op) error {
	for origin, f := range o.cut.ends {
		if h := b.head(origin); f.Size > h.proven() {
			o.err = fmt.Errorf("%s: no checkpoint covers its first %d entries", origin, f.Size)
			return nil
		}
	}
	for origin, f := range o.cut.ends {
		if h := b.head(origin); f.Size > h.Low {
			h.Low, h.Cut = f.Size, f.Nodes
			b.changed[origin] = true
			if err := b.dropAnchors(origin, h, h.Low-1); err != nil {
				return err
			}
		}
	}
	return nil
}

// firstOf is the oldest file that the heads still need: what lies wholly below the
// beginnings of all origins was trimmed.
func firstOf(starts []map[string]uint64, heads map[string]*head) uint32 {
	for n := range len(starts) - 1 {
		for origin, h := range heads {
			if starts[n+1][origin] > h.Low {
				return uint32(n + 1)
			}
		}
	}
	return uint32(len(starts))
}

// firstKept is the number of the oldest file; 0 when there is none.
func (s *shelf) firstKept() uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.first
}

// start is the first seq of an origin in a file.
func (s *shelf) start(n uint32, origin string) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.starts[n-1][origin]
}

// drop forgets the oldest file and removes it behind its back: closing waits for its
// readers, and a file system takes its time to free a large file.
func (s *shelf) drop(n uint32, failed func(error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.first = n + 1
	db := s.old[n]
	delete(s.old, n)
	s.recent = without(s.recent, n)
	s.gone.Go(func() {
		var err error
		if db != nil {
			err = db.Close()
		}
		if rerr := os.Remove(s.path(n)); rerr != nil && !errors.Is(rerr, os.ErrNotExist) {
			err = errors.Join(err, rerr)
		}
		if err != nil {
			failed(err)
		}
	})
}

// sweep removes the files that were cut off before a crash, or could not be removed.
func (s *shelf) sweep() error {
	names, err := os.ReadDir(s.dir)
	if err != nil {
		return fmt.Errorf("list the segment files: %w", err)
	}
	for _, f := range names {
		stem, ok := strings.CutSuffix(f.Name(), ".db")
		n, err := strconv.ParseUint(stem, 10, 32)
		if !ok || err != nil || uint32(n) >= s.first {
			continue
		}
		if err := os.Remove(filepath.Join(s.dir, f.Name())); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove what was trimmed: %w", err)
		}
	}
	return nil
}

// node reads a tree hash of an origin: from its record, below the cut from what is
// kept of it.
func (j *Journal) node(tx *bbolt.Tx, origin string) tlog.NodeReader {
	return j.nodeOf(j.head(origin), tx, origin)
}

// nodeOf is node for a head that is about to be made known, or was known. What is
// trimmed while it reads is found where it then lies.
func (j *Journal) nodeOf(h *head, tx *bbolt.Tx, origin string) tlog.NodeReader {
	stored := j.shelf.node(tx, origin)
	var of *head
	var kept map[treeNode]Hash
	below := func(cut *head, seq uint64, level int) (Hash, error) {
		if of != cut {
			of, kept = cut, cut.kept()
		}
		if hash, ok := kept[treeNode{seq, level}]; ok {
			return hash, nil
		}
		return j.upper.node(origin, seq, level)
	}
	return func(seq uint64, level int) (Hash, error) {
		if h != nil && seq < h.Low {
			return below(h, seq, level)
		}
		hash, err := stored(seq, level)
		if err == nil {
			return hash, nil
		}
		if now := j.head(origin); now != nil && seq < now.Low {
			return below(now, seq, level)
		}
		return hash, err
	}
}

// treeNode names the tree hash of a level that a leaf completes.
type treeNode struct {
	seq   uint64
	level int
}

// kept are the nodes of the frontier at the cut by their names.
func (h *head) kept() map[treeNode]Hash {
	out := make(map[treeNode]Hash, len(h.Cut))
	end := uint64(0)
	for level, i := 63, 0; level >= 0 && i < len(h.Cut); level-- {
		if h.Low&(1<<level) != 0 {
			end += 1 << level
			out[treeNode{end - 1, level}] = h.Cut[i]
			i++
		}
	}
	return out
}
