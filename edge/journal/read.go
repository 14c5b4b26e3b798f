package journal

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"go.etcd.io/bbolt"

	"pitlane/edge/tlog"
)

// Read yields the entries of an origin from a sequence number on, to the end as
// it was when that end is reached, and opens what this node has the keys of. An
// origin that is not held has none. No transaction is open while the caller's code
// runs.
func (j *Journal) Read(ctx context.Context, origin string, from uint64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for e, err := range j.Sealed(ctx, origin, from) {
			if err == nil {
				j.unseal(&e)
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// Sealed is Read without opening what is sealed.
func (j *Journal) Sealed(ctx context.Context, origin string, from uint64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for {
			h := j.head(origin)
			if h == nil || from >= h.Size {
				return
			}
			if from < h.Low {
				yield(Entry{}, fmt.Errorf("read %s from %d: %w", origin, from, ErrTrimmed))
				return
			}
			if err := ctx.Err(); err != nil {
				yield(Entry{}, err)
				return
			}
			entries, err := j.entries(nil, origin, from, h.Size)
			if err != nil {
				yield(Entry{}, err)
				return
			}
			for _, e := range entries {
				if !yield(e, nil) {
					return
				}
			}
			from += uint64(len(entries))
		}
	}
}

// entries reads a first part of from..to-1, at least one.
func (j *Journal) entries(tx *bbolt.Tx, origin string, from, to uint64) (out []Entry, err error) {
	raws, err := j.shelf.chunk(tx, origin, from, to)
	defer func() { j.hurt(err) }()
	if err != nil {
		return nil, fmt.Errorf("read %s from %d: %w", origin, from, err)
	}
	if h := j.head(origin); len(raws) == 0 && h != nil && from < h.Low {
		return nil, fmt.Errorf("read %s from %d: %w", origin, from, ErrTrimmed)
	}
	if len(raws) == 0 {
		return nil, &damage{j.shelf.find(origin, from), fmt.Errorf("read %s from %d: the entry is missing: run `pitlane verify`", origin, from)}
	}
	out = make([]Entry, len(raws))
	for i, r := range raws {
		rec, err := decodeRecord(r.record)
		if err == nil {
			out[i], err = rec.entry()
		}
		if err == nil {
			err = rec.written(&out[i], origin, r.seq)
		}
		if err != nil {
			return nil, &damage{j.shelf.find(origin, r.seq), fmt.Errorf("read %s seq %d: %w", origin, r.seq, err)}
		}
	}
	return out, nil
}

// written says whether an entry is what was stored in its place: it has the hash that
// was stored with it, so that a changed byte is never taken for what was written.
func (r record) written(e *Entry, origin string, seq uint64) error {
	if len(r.hashes) == 0 || r.hashes[0] != e.Hash {
		return errChanged
	}
	if e.Origin != origin || e.Seq != seq {
		return fmt.Errorf("it holds %s seq %d", e.Origin, e.Seq)
	}
	return nil
}

var errChanged = errors.New("the entry is not the one that was written: it gives another hash than the one stored with it")

func (j *Journal) entryAt(tx *bbolt.Tx, at ref) (Entry, error) {
	es, err := j.entries(tx, at.origin, at.seq, at.seq+1)
	if err != nil {
		return Entry{}, err
	}
	return es[0], nil
}

// Job reads all entries of a job over all origins, by origin and seq; those that are
// trimmed are not among them.
func (j *Journal) Job(ctx context.Context, id string) ([]Entry, error) {
	if err := j.indexed(ctx); err != nil {
		return nil, err
	}
	refs, err := j.index.job(id)
	if err != nil {
		return nil, err
	}
	out := make([]Entry, 0, len(refs))
	for _, at := range j.held(refs) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		e, err := j.entryAt(nil, at)
		if errors.Is(err, ErrTrimmed) {
			continue // meanwhile
		}
		if err != nil {
			return nil, err
		}
		j.unseal(&e)
		out = append(out, e)
	}
	return out, nil
}

// Jobs are the ids of the jobs that are held, sorted; one whose entries are all
// trimmed may still be among them.
func (j *Journal) Jobs(ctx context.Context) ([]string, error) {
	if err := j.indexed(ctx); err != nil {
		return nil, err
	}
	return j.index.jobIDs()
}

// held are the refs that are not trimmed.
func (j *Journal) held(refs []ref) []ref {
	return slices.DeleteFunc(refs, func(at ref) bool {
		h := j.head(at.origin)
		return h != nil && at.seq < h.Low
	})
}

// Segment is a provable run of an origin beginning at from: entries of limit bytes
// together at most (one entry may be larger), the newest checkpoint that is held
// and the proof from the run's end to it. It has no entries when there is nothing
// to give, or nothing that can be proven yet within the limit.
func (j *Journal) Segment(ctx context.Context, origin string, from uint64, limit int) (Segment, error) {
	out := Segment{Origin: origin, First: from}
	h := j.head(origin)
	if h == nil || from >= h.Size {
		return out, nil
	}
	if from == h.Low {
		out.Frontier = h.Cut
	}
	if from < h.Low {
		return out, fmt.Errorf("take a segment of %s from %d: %w", origin, from, ErrTrimmed)
	}
	size := 0
	for e, err := range j.Sealed(ctx, origin, from) {
		if err != nil {
			return out, err
		}
		size += e.Bytes()
		if e.Seq >= h.Size || size > limit && len(out.Entries) > 0 {
			break
		}
		out.Entries = append(out.Entries, e)
	}
	return j.prove(out, h)
}

// prove cuts a run to the last end that can be proven and joins the proof.
func (j *Journal) prove(s Segment, h *head) (Segment, error) {
	want := s.First + uint64(len(s.Entries))
	end, by := min(want, h.CheckpointSize), -1
	for i, a := range h.anchors {
		if a.At <= want && a.At > end {
			end, by = a.At, i
		}
	}
	if end <= s.First {
		s.Entries = nil
		return s, nil
	}
	s.Entries = s.Entries[:end-s.First]
	if by >= 0 {
		s.Checkpoint, s.Proof = []byte(h.anchors[by].Checkpoint), h.anchors[by].Proof
		return s, nil
	}
	var err error
	s.Checkpoint = []byte(h.Checkpoint)
	s.Proof, err = tlog.Prove(h.CheckpointSize, end, j.node(nil, s.Origin))
	return s, err
}
