package journal

import (
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"pitlane/edge/redo"
	"pitlane/edge/tlog"
)

// batch is what one transaction is about to make true. Nobody sees it before its
// commit.
type batch struct {
	j        *Journal
	tx       *bbolt.Tx
	ops      []*op
	heads    map[string]*head  // copies, changed here
	changed  map[string]bool   // origins to write the head of
	requests map[RequestID]int // indices of entries
	entries  []Entry
	rows     []byte // what the transaction changes, for the redo log
	later    bool   // the file is given the rows all together, see shelf.commit
	file     rowsOf
	record   []byte // the last one, and
	hashes   []Hash // its tree hashes: memory that is used again
	room     int64
}

// newBatch begins a batch of ops, and has memory for as many entries as the last had.
func newBatch(j *Journal, tx *bbolt.Tx, ops []*op) *batch {
	about := max(countAll(ops), min(j.w.gathered, maxBatch))
	return &batch{
		j: j, tx: tx, later: plain(ops...), file: rowsOf{tx: tx}, heads: map[string]*head{}, changed: map[string]bool{},
		requests: make(map[RequestID]int, about), entries: slices.Grow(j.w.entries[:0], about), rows: j.w.rows[:0],
	}
}

// stage writes one op into the transaction. What is wrong with the op goes into
// the op; an error is the transaction's.
func (b *batch) stage(o *op) error {
	if o.look {
		b.look(o)
		return nil
	}
	if o.cut != nil {
		return b.cut(o)
	}
	if o.adopt != nil {
		return b.adopt(o)
	}
	return b.append(o)
}

// head is the batch's own copy of an origin's head.
func (b *batch) head(origin string) *head {
	if h, ok := b.heads[origin]; ok {
		return h
	}
	h := new(head)
	if was := b.j.heads[origin]; was != nil {
		*h = *was
		h.anchors = slices.Clone(was.anchors)
		h.Nodes = append(make([]Hash, 0, 64), was.Nodes...) // its own: it is extended
	}
	b.heads[origin] = h
	return h
}

// put writes an entry as the next of its origin: the record with its tree hashes,
// the head's frontier, the job's graph.
func (b *batch) put(e *Entry) error {
	h := b.head(e.Origin)
	if e.Seq != h.Size {
		return fmt.Errorf("write %s seq %d: the next is %d", e.Origin, e.Seq, h.Size)
	}
	b.hashes = h.Extend(e.Hash, b.hashes[:0])
	r := record{hashes: b.hashes, leaf: e.Leaf, sealedWork: e.SealedWork, sealedContact: e.SealedContact}
	if b.j.opt.Keys == nil {
		r.work, r.contact = e.Work, e.Contact
	}
	b.record = r.append(b.record[:0])
	if err := b.row(redo.Row{Bucket: bucketLeaves, Inner: e.Origin, Key: seqKey(e.Seq), Value: b.record}); err != nil {
		return fmt.Errorf("write %s seq %d: %w", e.Origin, e.Seq, err)
	}
	b.entries = append(b.entries, *e)
	b.changed[e.Origin] = true
	if g := b.j.w.graphs[e.Job]; g != nil {
		g.add(e)
	}
	if e.Origin == b.j.Origin() && h.Size%keptCheckpoints == 0 {
		return b.checkpoint(h)
	}
	return nil
}

// row changes one row, and says so to the redo log. All that a transaction changes goes
// through here.
func (b *batch) row(r redo.Row) error {
	b.rows = redo.AppendRow(b.rows, r)
	if b.later {
		return nil
	}
	end := len(b.rows)
	r.Value = b.rows[end-len(r.Value) : end : end] // bbolt keeps it until the commit
	return b.file.change(r)
}

// numbered changes the row of a number in an origin's own bucket.
func (b *batch) numbered(bucket, origin string, n uint64, value []byte) error {
	return b.row(redo.Row{Bucket: bucket, Inner: origin, Key: seqKey(n), Value: value, Delete: value == nil})
}

// checkpoint signs this node's own tree as it now is.
func (b *batch) checkpoint(h *head) error {
	c := tlog.Checkpoint{Origin: b.j.Origin(), Size: h.Size, Root: h.Root()}
	signed, err := tlog.SignCheckpoint(c, b.j.sign)
	if err != nil {
		return err
	}
	return b.setCheckpoint(c.Origin, h, c.Size, string(signed))
}

// setCheckpoint makes a checkpoint within the tree the newest of its origin, and
// keeps it for ever at a multiple of 256. Anchors up to it have done their work.
func (b *batch) setCheckpoint(origin string, h *head, size uint64, signed string) error {
	h.Checkpoint, h.CheckpointSize = signed, size
	b.changed[origin] = true
	if size%keptCheckpoints == 0 {
		if err := b.numbered(bucketCheckpoints, origin, size, []byte(signed)); err != nil {
			return fmt.Errorf("keep a checkpoint: %w", err)
		}
	}
	return b.dropAnchors(origin, h, size)
}

// dropAnchors drops the anchors of ends up to a size.
func (b *batch) dropAnchors(origin string, h *head, size uint64) error {
	for len(h.anchors) > 0 && h.anchors[0].At <= size {
		if err := b.numbered(bucketAnchors, origin, h.anchors[0].At, nil); err != nil {
			return fmt.Errorf("drop an anchor: %w", err)
		}
		h.anchors = h.anchors[1:]
	}
	return nil
}

// finish signs and writes the heads.
func (b *batch) finish() error {
	own := b.j.Origin()
	if h := b.heads[own]; b.changed[own] && h.CheckpointSize != h.Size {
		if err := b.checkpoint(h); err != nil {
			return err
		}
	}
	for origin := range b.changed {
		value, err := b.heads[origin].encode(origin)
		if err == nil {
			err = b.row(redo.Row{Bucket: bucketHeads, Key: []byte(origin), Value: value})
		}
		if err != nil {
			return fmt.Errorf("write the head of %s: %w", origin, err)
		}
	}
	return nil
}

// graph is a job's graph with everything that is committed and staged.
func (b *batch) graph(job string) (*graph, error) {
	if g := b.j.w.graphs[job]; g != nil {
		return g, nil
	}
	if len(b.j.w.graphs) >= maxGraphs {
		clear(b.j.w.graphs)
	}
	refs, err := b.j.index.job(job)
	if err != nil {
		return nil, err
	}
	g := newGraph()
	for _, at := range b.j.held(refs) {
		e, err := b.j.entryAt(b.tx, at)
		if err != nil {
			return nil, fmt.Errorf("read a job's entries: %w", err)
		}
		g.add(&e)
	}
	g.addAll(job, b.entries)
	b.j.w.graphs[job] = g
	return g, nil
}
