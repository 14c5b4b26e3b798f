package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"go.etcd.io/bbolt"

	"pitlane/edge/tlog"
)

// Verify checks everything that is held, strictly: every leaf is decoded and
// rebuilt, every hash and tree computed anew, every opening held against its
// commitment, every checkpoint against the roster. Its error names all findings.
func (j *Journal) Verify(ctx context.Context) error {
	r := j.VerifyReport(ctx)
	if r.OK {
		return nil
	}
	errs := make([]error, len(r.Findings))
	for i, f := range r.Findings {
		errs[i] = errors.New(f)
	}
	return fmt.Errorf("verify: %w", errors.Join(errs...))
}

// VerifyReport is Verify with what is proven beside what is wrong. In a journal that
// is being written it checks what is there when it begins; a Trim waits for its end.
func (j *Journal) VerifyReport(ctx context.Context) tlog.VerifyReport {
	j.trimming.Lock()
	defer j.trimming.Unlock()
	r := tlog.VerifyReport{OK: true, Findings: []string{}, Proven: []string{}}
	j.note(&r)
	j.verifyRoster(&r)
	heads := j.allHeads()
	if len(heads) == 0 {
		r.Find("the journal of %s holds nothing", j.Node())
		r.Advise(adviceOlder)
	}
	for _, origin := range slices.Sorted(maps.Keys(heads)) {
		j.verifyOrigin(ctx, &r, origin, heads[origin])
	}
	j.verifyFiles(&r)
	j.verifySizes(&r, heads)
	j.verifyCosigned(&r)
	// One that writes has seen to it when it was opened; its epoch may be changing now.
	if own := j.Origin(); j.readOnly && len(heads) > 0 && heads[own] == nil {
		r.Find("%s: it holds nothing of its own log: the identity names another epoch, or the log was deleted", own)
		r.Advise(adviceOlder)
	}
	return r
}

// allHeads is what is committed at this moment.
func (j *Journal) allHeads() map[string]*head {
	j.mu.RLock()
	defer j.mu.RUnlock()
	return maps.Clone(j.heads)
}

// verifyOrigin checks one log. A damaged file may make bbolt panic; that is a
// finding too.
func (j *Journal) verifyOrigin(ctx context.Context, r *tlog.VerifyReport, origin string, h *head) {
	defer func() {
		if p := recover(); p != nil {
			r.Find("%s: the segment file is damaged: %v", origin, p)
			r.Advise(adviceDamaged)
		}
	}()
	before := len(r.Findings)
	kept, err := j.keptCheckpoints(origin, h.Size)
	if err != nil {
		r.Find("%s: kept checkpoints: %v", origin, err)
		r.Advise(adviceDamaged)
	}
	if err := j.upper.check(origin, h); err != nil {
		r.Find("%s: %v", origin, err)
		r.Advise(adviceDamaged)
	}
	maps.DeleteFunc(kept, func(size uint64, _ string) bool { return size < h.Low })
	c := originCheck{j: j, r: r, origin: origin, tree: tlog.Frontier{Size: h.Low, Nodes: h.Cut}, roots: map[uint64]Hash{0: tlog.Frontier{}.Root()}}
	c.roots[h.Low] = c.tree.Root()
	c.want = map[uint64]bool{h.CheckpointSize: true}
	for size := range kept {
		c.want[size] = true
	}
	for _, a := range h.anchors {
		c.want[a.At] = true
	}
	if err := c.leaves(ctx, h); err != nil {
		r.Find("%s: %v", origin, err)
		r.Advise(adviceDamaged)
		return
	}
	if j.Roster() == nil {
		return // that is said
	}
	c.checkpoints(h, kept)
	if len(r.Findings) == before {
		r.Proven = append(r.Proven, c.proven(h))
	}
}

// verifySizes holds the sizes against those that the index knew: it is written after
// the commits, and never knows of more than was there.
func (j *Journal) verifySizes(r *tlog.VerifyReport, heads map[string]*head) {
	if !j.readOnly {
		return // it was done, and said, when it was opened
	}
	knew, err := j.index.marks()
	if err != nil {
		return // an index that cannot be read proves nothing; it is made anew
	}
	for origin, size := range knew {
		if h := heads[origin]; h == nil || h.Size < size {
			r.Find("%s: there were %d entries, fewer are there: the newest commits were damaged, or an older copy was put back", origin, size)
			r.Advise(adviceOlder)
		}
	}
}

// originCheck goes once over an origin's leaves.
type originCheck struct {
	j        *Journal
	r        *tlog.VerifyReport
	origin   string
	tree     tlog.Frontier
	want     map[uint64]bool // sizes at which the root is needed
	roots    map[uint64]Hash // size → root computed anew
	openings int
	closed   int // sealed, and the key is not here
	missing  int
}

func (c *originCheck) leaves(ctx context.Context, h *head) error {
	for seq := h.Low; seq < h.Size; {
		if err := ctx.Err(); err != nil {
			return err
		}
		raws, err := c.j.shelf.chunk(nil, c.origin, seq, h.Size)
		if err != nil {
			return err
		}
		if len(raws) == 0 {
			c.r.Find("%s seq %d: the entry is missing (segments/%06d.db)", c.origin, seq, c.j.shelf.find(c.origin, seq))
			c.r.Advise(adviceDamaged)
			return nil
		}
		for _, x := range raws {
			c.leaf(x)
		}
		seq += uint64(len(raws))
	}
	if c.tree.Root() != h.Root() || c.tree.Size != h.Size {
		c.r.Find("%s: the tree over all leaves is not the one of its head", c.origin)
		c.r.Advise(adviceDamaged)
	}
	return nil
}

func (c *originCheck) leaf(x raw) {
	fault := func(err error) {
		c.r.Find("%s seq %d (segments/%06d.db): %v", c.origin, x.seq, c.j.shelf.find(c.origin, x.seq), err)
		c.r.Advise(adviceDamaged)
	}
	rec, err := decodeRecord(x.record)
	if err != nil {
		fault(err)
	}
	e, err := rec.entry()
	if err != nil {
		fault(err)
		e.Hash = tlog.LeafHash(rec.leaf)
	} else if err := rec.written(&e, c.origin, x.seq); err != nil {
		fault(err)
		if errors.Is(err, errChanged) && len(rec.hashes) > 0 {
			e.Hash = rec.hashes[0] // what else is wrong is not this entry's bytes
		}
	} else if err := c.j.checkEntry(&e); err != nil {
		fault(err)
	}
	if again := rec.encode(); !bytes.Equal(again, x.record) {
		fault(errors.New("the record differs when rebuilt"))
	}
	if done := c.tree.Add(e.Hash); !slices.Equal(done, rec.hashes) {
		fault(errors.New("the stored tree hashes are not those of the leaf and its neighbours"))
	}
	if c.want[c.tree.Size] {
		c.roots[c.tree.Size] = c.tree.Root()
	}
	c.count(e.WorkCommit, e.Work, e.SealedWork)
	c.count(e.ContactCommit, e.Contact, e.SealedContact)
}

func (c *originCheck) count(commit Hash, o *Opening, s *tlog.Sealed) {
	if commit == (Hash{}) {
		return
	}
	c.openings++
	switch {
	case o != nil:
	case s != nil:
		c.closed++
	default:
		c.missing++
	}
}

// checkpoints holds every kept checkpoint, the newest and the anchors against the
// trees computed anew.
func (c *originCheck) checkpoints(h *head, kept map[uint64]string) {
	for _, size := range slices.Sorted(maps.Keys(kept)) {
		c.checkpoint(size, kept[size])
	}
	if h.Checkpoint != "" && h.CheckpointSize >= h.Low {
		c.checkpoint(h.CheckpointSize, h.Checkpoint)
	}
	end := h.CheckpointSize
	for _, a := range h.anchors {
		cp, err := c.j.Roster().CheckCheckpoint(c.origin, []byte(a.Checkpoint))
		if err == nil && (cp.Size != a.Size || cp.Root != a.Root) {
			err = errors.New("it is not the checkpoint it is stored as")
		}
		if err == nil {
			err = tlog.CheckConsistency(a.Proof, cp.Size, cp.Root, a.At, c.roots[a.At])
		}
		if err != nil {
			c.r.Find("%s: the proof of size %d: %v", c.origin, a.At, err)
			c.r.Advise(adviceRewritten)
		}
		end = max(end, a.At)
	}
	if end != h.Size {
		c.r.Find("%s: entries %d to %d are under no checkpoint", c.origin, end, h.Size-1)
		c.r.Advise(adviceRewritten)
	}
}

func (c *originCheck) checkpoint(size uint64, signed string) {
	cp, err := c.j.Roster().CheckCheckpoint(c.origin, []byte(signed))
	if err == nil && cp.Size != size {
		err = fmt.Errorf("it is of size %d", cp.Size)
	}
	if err == nil && cp.Root != c.roots[size] {
		err = errors.New("it signs another tree than the one that is held")
	}
	if err != nil {
		c.r.Find("%s: checkpoint of size %d: %v", c.origin, size, err)
		c.r.Advise(adviceRewritten)
	}
}

func (c *originCheck) proven(h *head) string {
	held := fmt.Sprintf("%d entries (%d to %d) and %d payloads", h.Size-h.Low, h.Low, h.Size-1, c.openings-c.missing-c.closed)
	if h.Size == h.Low {
		held = fmt.Sprintf("the tree of %d entries, all of them trimmed", h.Size)
	}
	s := fmt.Sprintf("%s: %s, under a checkpoint signed by %s", c.origin, held, tlog.NodeOf(c.origin))
	if c.closed > 0 {
		s += fmt.Sprintf("; %d payloads are sealed and their keys are not here", c.closed)
	}
	if c.missing > 0 {
		s += fmt.Sprintf("; %d payloads are not held here", c.missing)
	}
	return s
}

// keptCheckpoints reads the kept checkpoints of an origin up to a size.
func (j *Journal) keptCheckpoints(origin string, upTo uint64) (map[uint64]string, error) {
	out := map[uint64]string{}
	for n := max(j.shelf.firstKept(), 1); n <= j.shelf.last(); n++ {
		err := j.shelf.view(n, nil, func(tx *bbolt.Tx) error {
			b := in(tx, bucketCheckpoints).Bucket([]byte(origin))
			if b == nil {
				return nil
			}
			return b.ForEach(func(k, v []byte) error {
				if len(k) != 8 {
					return fmt.Errorf("a damaged key in segments/%06d.db", n)
				}
				if size := keySeq(k); size <= upTo {
					out[size] = string(v)
				}
				return nil
			})
		})
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// selfCheck reads a commit back and holds it against what was meant.
func (j *Journal) selfCheck(b *batch) error {
	for _, want := range b.entries {
		got, err := j.entryAt(nil, ref{want.Origin, want.Seq})
		if err != nil {
			return err
		}
		if !bytes.Equal(got.Leaf, want.Leaf) {
			return fmt.Errorf("%s seq %d was written otherwise", want.Origin, want.Seq)
		}
		if err := j.checkEntry(&got); err != nil {
			return fmt.Errorf("%s seq %d: %w", want.Origin, want.Seq, err)
		}
	}
	for origin := range b.changed {
		h := b.heads[origin]
		f, err := tlog.FrontierAt(h.Size, j.nodeOf(h, nil, origin))
		if err != nil {
			return err
		}
		if f.Root() != h.Root() {
			return fmt.Errorf("%s: the stored tree is not that of the head", origin)
		}
		if h.Checkpoint == "" {
			continue
		}
		if _, err := j.Roster().CheckCheckpoint(origin, []byte(h.Checkpoint)); err != nil {
			return err
		}
	}
	return nil
}
