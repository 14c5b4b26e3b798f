package journal

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"

	"pitlane/edge/tlog"
)

// A segment file is one bbolt file of all origins:
//
//	file         format → pl-segment/v1
//	starts       number of a file (4 bytes) ‖ origin → its first seq in that file;
//	             every file knows the starts of itself and of all kept before it
//	heads        origin → head: size, frontier, newest checkpoint
//	leaves       origin → bucket of seq (8 bytes) → record
//	checkpoints  origin → bucket of size (8 bytes) → checkpoint at a multiple of 256
//	anchors      origin → bucket of size (8 bytes) → anchor
//
// Only the newest file is written. It alone is read at the start: its heads are
// the heads of the whole log.
//
// A file of version 2 holds no payload in clear; one of version 1 does. A journal
// with keys begins files of version 2, and makes those of version 1 anew.
const (
	segmentClear  = "pl-segment/v1"
	segmentSealed = "pl-segment/v2"
)

const (
	bucketFile        = "file"
	bucketStarts      = "starts"
	bucketHeads       = "heads"
	bucketLeaves      = "leaves"
	bucketCheckpoints = "checkpoints"
	bucketAnchors     = "anchors"
	keyFormat         = "format"
)

func in(tx *bbolt.Tx, bucket string) *bbolt.Bucket { return tx.Bucket([]byte(bucket)) }

// keptCheckpoints is the distance of the checkpoints that are kept for ever.
const keptCheckpoints = 256

// head is where an origin stands: the exact bytes under its name in heads are the
// JSON of this.
type head struct {
	Low            uint64 `json:"low"`
	Cut            []Hash `json:"cut,omitempty"` // nodes of the frontier at Low
	tlog.Frontier         // size and nodes
	CheckpointSize uint64 `json:"checkpoint_size"`
	Checkpoint     string `json:"checkpoint"` // signed note, "" when none is held yet

	anchors []anchor // sorted by At
}

// anchor proves an end of what is held that no checkpoint falls on: a checkpoint
// of the origin beyond it and the consistency proof from At to it. It comes with
// an adopted segment and goes once a checkpoint at or after it is reached.
type anchor struct {
	At         uint64 `json:"at"`
	Size       uint64 `json:"size"` // of the checkpoint
	Root       Hash   `json:"root"` // of the checkpoint
	Checkpoint string `json:"checkpoint"`
	Proof      []Hash `json:"proof"`
}

// mapped is how much of a file is in memory's map from the start.
const mapped = 256 << 20

// openBolt opens a segment file.
//
// The free list is written where a start reads it, so that opening does not walk
// through the whole file: with the last commit of a file, with the base of the redo
// log, and without such a log with every commit. In between it would be the largest
// part of what a lone event writes: the pages that the base holds are all on it.
//
// The map is made larger than a segment gets, so that growing never waits for
// readers. The lock timeout is short: the folder's own lock has already said that
// nobody else is here.
//
// bbolt reads pages while it opens, and panics or faults where a file is damaged or
// cut short: that is an error here. What it had open then stays so till the end of
// the process.
func openBolt(path string, readOnly bool) (db *bbolt.DB, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			db, err = nil, fmt.Errorf("open %s: it is damaged: %v", filepath.Base(path), p)
		}
	}()
	if !readOnly {
		if err := walked(path); err != nil {
			return nil, err
		}
	}
	db, err = bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout:         time.Second,
		ReadOnly:        readOnly,
		FreelistType:    bbolt.FreelistMapType,
		InitialMmapSize: mapped,
		NoStatistics:    true,
	})
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", filepath.Base(path), err)
	}
	if err := whole(db, path); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", filepath.Base(path), err), db.Close())
	}
	return db, nil
}

// whole refuses a file that is shorter than it says: reading the map behind its
// end would end the process.
func whole(db *bbolt.DB, path string) error {
	st, err := os.Stat(path)
	if err != nil {
		return err
	}
	return db.View(func(tx *bbolt.Tx) error {
		if st.Size() < tx.Size() {
			return fmt.Errorf("it is cut short: %d bytes of %d are there", st.Size(), tx.Size())
		}
		return nil
	})
}

// openSegment opens a segment file and makes sure that it is one.
func openSegment(path string, readOnly bool) (*bbolt.DB, error) {
	if st, err := os.Stat(path); err == nil && st.Size() == 0 {
		return nil, fmt.Errorf("open %s: it is empty", filepath.Base(path)) // bbolt would begin it anew
	}
	db, err := openBolt(path, readOnly)
	if err != nil {
		return nil, err
	}
	err = guarded(db, func(tx *bbolt.Tx) error {
		for _, name := range segmentBuckets() {
			if tx.Bucket([]byte(name)) == nil {
				return fmt.Errorf("it is no segment file: it holds no %s", name)
			}
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", filepath.Base(path), err), db.Close())
	}
	return db, nil
}

func segmentBuckets() []string {
	return []string{bucketFile, bucketStarts, bucketHeads, bucketLeaves, bucketCheckpoints, bucketAnchors}
}

// createSegment makes a new segment file with the heads given and the starts of the
// files from the first kept one on, under its final name only when it is complete and
// on disk.
func createSegment(path, format string, first, number uint32, starts []map[string]uint64, heads map[string]*head) error {
	tmp := path + ".tmp"
	if err := os.RemoveAll(tmp); err != nil {
		return fmt.Errorf("clear the way for %s: %w", filepath.Base(path), err)
	}
	db, err := openBolt(tmp, false)
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error { return fillSegment(tx, format, first, number, starts, heads) })
	if err = errors.Join(err, db.Close()); err != nil {
		_ = os.Remove(tmp) // removed again at the next start
		return fmt.Errorf("begin %s: %w", filepath.Base(path), err)
	}
	return commitRename(tmp, path)
}

func fillSegment(tx *bbolt.Tx, format string, first, number uint32, starts []map[string]uint64, heads map[string]*head) error {
	for _, name := range segmentBuckets() {
		if _, err := tx.CreateBucket([]byte(name)); err != nil {
			return err
		}
	}
	if err := in(tx, bucketFile).Put([]byte(keyFormat), []byte(format)); err != nil {
		return err
	}
	for n := first; n < number; n++ { // those before are trimmed
		for origin, seq := range starts[n-1] {
			key := append(binary.BigEndian.AppendUint32(nil, n), origin...)
			if err := in(tx, bucketStarts).Put(key, seqKey(seq)); err != nil {
				return err
			}
		}
	}
	for origin, h := range heads {
		key := append(binary.BigEndian.AppendUint32(nil, number), origin...)
		if err := in(tx, bucketStarts).Put(key, seqKey(h.Size)); err != nil {
			return err
		}
		if err := putHead(tx, origin, h); err != nil {
			return err
		}
		if err := putAnchors(tx, origin, h.anchors); err != nil {
			return err
		}
	}
	return nil
}

func seqKey(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func putHead(tx *bbolt.Tx, origin string, h *head) error {
	b, err := h.encode(origin)
	if err != nil {
		return err
	}
	return in(tx, bucketHeads).Put([]byte(origin), b)
}

func (h *head) encode(origin string) ([]byte, error) {
	b, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("encode the head of %s: %w", origin, err)
	}
	return b, nil
}

func putAnchors(tx *bbolt.Tx, origin string, all []anchor) error {
	for _, a := range all {
		b, err := a.encode(origin)
		if err != nil {
			return err
		}
		if err := putIn(tx, bucketAnchors, origin, a.At, b); err != nil {
			return err
		}
	}
	return nil
}

func (a anchor) encode(origin string) ([]byte, error) {
	b, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("encode an anchor of %s: %w", origin, err)
	}
	return b, nil
}

// putIn puts a value under a number into an origin's own bucket.
func putIn(tx *bbolt.Tx, bucket, origin string, n uint64, value []byte) error {
	b, err := bucketOf(tx, bucket, origin)
	if err != nil {
		return err
	}
	return b.Put(seqKey(n), value)
}

// bucketOf is an origin's own bucket, to write in.
func bucketOf(tx *bbolt.Tx, bucket, origin string) (*bbolt.Bucket, error) {
	b, err := in(tx, bucket).CreateBucketIfNotExists([]byte(origin))
	if err != nil {
		return nil, err
	}
	b.FillPercent = 1 // keys only grow: pages are never split in the middle
	return b, nil
}

// readHeads reads the heads and anchors of a segment file.
func readHeads(tx *bbolt.Tx) (map[string]*head, error) {
	if got := string(in(tx, bucketFile).Get([]byte(keyFormat))); got != segmentClear && got != segmentSealed {
		return nil, fmt.Errorf("%w: %q, this program knows %q and %q", errFormat, got, segmentClear, segmentSealed)
	}
	heads := map[string]*head{}
	err := in(tx, bucketHeads).ForEach(func(k, v []byte) error {
		h := new(head)
		if err := json.Unmarshal(v, h); err != nil {
			return fmt.Errorf("read the head of %s: %w", k, err)
		}
		if err := errors.Join(h.Check(), tlog.Frontier{Size: h.Low, Nodes: h.Cut}.Check()); err != nil {
			return fmt.Errorf("read the head of %s: %w", k, err)
		}
		heads[string(k)] = h
		return nil
	})
	if err != nil {
		return nil, err
	}
	for origin, h := range heads {
		if h.anchors, err = readAnchors(tx, origin); err != nil {
			return nil, err
		}
	}
	return heads, nil
}

func readAnchors(tx *bbolt.Tx, origin string) ([]anchor, error) {
	b := in(tx, bucketAnchors).Bucket([]byte(origin))
	if b == nil {
		return nil, nil
	}
	var out []anchor
	err := b.ForEach(func(_, v []byte) error {
		var a anchor
		if err := json.Unmarshal(v, &a); err != nil {
			return fmt.Errorf("read an anchor of %s: %w", origin, err)
		}
		out = append(out, a)
		return nil
	})
	return out, err
}

// readStarts reads what a file knows of the starts of files 1 to number.
func readStarts(tx *bbolt.Tx, number uint32) ([]map[string]uint64, error) {
	out := make([]map[string]uint64, number)
	for i := range out {
		out[i] = map[string]uint64{}
	}
	err := in(tx, bucketStarts).ForEach(func(k, v []byte) error {
		if len(k) < 5 || len(v) != 8 {
			return errors.New("read the starts of the segment files: a damaged row")
		}
		n := binary.BigEndian.Uint32(k)
		if n < 1 || n > number {
			return fmt.Errorf("read the starts of the segment files: file %d in file %d", n, number)
		}
		out[n-1][string(k[4:])] = binary.BigEndian.Uint64(v)
		return nil
	})
	return out, err
}

func keySeq(k []byte) uint64 { return binary.BigEndian.Uint64(k) }
