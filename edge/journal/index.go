package journal

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"go.etcd.io/bbolt"

	"pitlane/edge/tlog"
)

// ref names an entry.
type ref struct {
	origin string
	seq    uint64
}

// index finds entries by job and by request id. Its newest part is in memory; the
// rest lies in DIR/meta.db, written behind. Everything in meta.db can be rebuilt
// from the segment files, and is when it is missing or does not fit.
type index struct {
	path string
	db   *bbolt.DB // nil when read-only and missing

	mu      sync.RWMutex
	fresh   overlay // not yet on its way to disk
	writing overlay // on its way
	heard   map[string]map[string][2]uint64
	dirty   bool              // heard has changed
	kept    map[string][]byte // not yet on its way to disk
	keeping map[string][]byte // on its way
}

// overlay is a part of the index in memory.
type overlay struct {
	jobs     map[string][]ref
	requests map[RequestID]ref
	marks    map[string]uint64 // origin → size up to which it is indexed
	count    int
}

func newOverlay() overlay {
	return overlay{jobs: map[string][]ref{}, requests: map[RequestID]ref{}, marks: map[string]uint64{}}
}

const (
	bucketJobs  = "jobs"     // job ‖ 0 ‖ origin ‖ 0 ‖ seq (8 bytes) → nothing
	bucketRuns  = "runs"     // number (8 bytes) → run: request ids of this node's own entries
	bucketRows  = "requests" // what held request ids before, a row each: such an index is made anew
	bucketMarks = "marks"    // origin → size up to which it is indexed
	bucketHeard = "heard"    // peer → JSON of what it has
	bucketLows  = "lows"     // origin → where it began when this file was written anew
	bucketKept  = "kept"     // name → what another room keeps here and can make anew
)

// openIndex opens meta.db. One that cannot be read is thrown away.
func openIndex(path string, readOnly bool) (*index, error) {
	x := &index{path: path, fresh: newOverlay(), writing: newOverlay(), heard: map[string]map[string][2]uint64{}}
	if _, err := os.Stat(path); readOnly && err != nil {
		return x, nil
	}
	err := x.open(readOnly)
	if err != nil && !readOnly {
		err = x.reset()
	}
	if err != nil && readOnly {
		x.db = nil // looked up by reading everything
		return x, nil
	}
	return x, err
}

func (x *index) open(readOnly bool) error {
	db, err := openBolt(x.path, readOnly)
	if err != nil {
		return err
	}
	x.db = db
	if !readOnly {
		err = x.guard(db.Update, func(tx *bbolt.Tx) error {
			for _, name := range []string{bucketJobs, bucketRuns, bucketMarks, bucketHeard, bucketKept} {
				if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err == nil {
		err = x.guard(db.View, x.readHeard)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("open meta.db: %w", err), db.Close())
	}
	return nil
}

// guard runs fn in meta.db. Where the file is damaged it is removed: the next start
// builds it anew.
func (x *index) guard(in func(func(*bbolt.Tx) error) error, fn func(*bbolt.Tx) error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil { // bbolt's word for a damaged page
			_ = os.Remove(x.path) // else the next start finds it damaged too
			err = fmt.Errorf("meta.db is damaged, restart the node: %v", p)
		}
	}()
	if err = in(fn); errors.Is(err, errRun) {
		_ = os.Remove(x.path)
		err = fmt.Errorf("meta.db is damaged, restart the node: %w", err)
	}
	return err
}

func (x *index) readHeard(tx *bbolt.Tx) error {
	b := in(tx, bucketHeard)
	if b == nil || in(tx, bucketRuns) == nil || in(tx, bucketRows) != nil {
		return errors.New("meta.db is of another form")
	}
	return b.ForEach(func(k, v []byte) error {
		var have map[string][2]uint64
		if err := json.Unmarshal(v, &have); err != nil {
			return fmt.Errorf("read what %s has: %w", k, err)
		}
		x.heard[string(k)] = have
		return nil
	})
}

// reset begins an empty meta.db.
func (x *index) reset() error {
	if x.db != nil {
		_ = x.db.Close() // it is removed next
	}
	if err := os.RemoveAll(x.path); err != nil {
		return fmt.Errorf("remove meta.db: %w", err)
	}
	return x.open(false)
}

// marks is how far each origin is indexed on disk.
func (x *index) marks() (map[string]uint64, error) {
	out := map[string]uint64{}
	if x.db == nil {
		return out, nil
	}
	err := x.guard(x.db.View, func(tx *bbolt.Tx) error {
		return in(tx, bucketMarks).ForEach(func(k, v []byte) error {
			if len(v) != 8 {
				return fmt.Errorf("read the mark of %s", k)
			}
			out[string(k)] = binary.BigEndian.Uint64(v)
			return nil
		})
	})
	return out, err
}

// add takes committed entries. Request ids are kept for the node's own entries
// only. It returns how many entries wait to be written.
func (x *index) add(node string, entries []Entry) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i := range entries {
		e := &entries[i]
		at := ref{e.Origin, e.Seq}
		if e.Job != "" {
			x.fresh.jobs[e.Job] = append(x.fresh.jobs[e.Job], at)
		}
		if tlog.NodeOf(e.Origin) == node {
			x.fresh.requests[e.Request] = at
		}
		x.fresh.marks[e.Origin] = e.Seq + 1
	}
	x.fresh.count += len(entries)
	return x.fresh.count
}

// request finds an entry by its request id.
func (x *index) request(id RequestID) (at ref, ok bool, err error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if at, ok = x.fresh.requests[id]; ok {
		return at, true, nil
	}
	if at, ok = x.writing.requests[id]; ok || x.db == nil {
		return at, ok, nil
	}
	err = x.guard(x.db.View, func(tx *bbolt.Tx) error {
		var err error
		at, ok, err = findRequest(tx, id)
		return err
	})
	return at, ok, err
}

// job finds the entries of a job, by origin and seq.
func (x *index) job(id string) ([]ref, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	all := slices.Concat(x.writing.jobs[id], x.fresh.jobs[id])
	if x.db != nil {
		err := x.guard(x.db.View, func(tx *bbolt.Tx) error {
			prefix := id + "\x00"
			c := in(tx, bucketJobs).Cursor()
			for k, _ := c.Seek([]byte(prefix)); k != nil && strings.HasPrefix(string(k), prefix); k, _ = c.Next() {
				origin := string(k[len(prefix) : len(k)-9])
				all = append(all, ref{origin, binary.BigEndian.Uint64(k[len(k)-8:])})
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("find a job's entries: %w", err)
		}
	}
	slices.SortFunc(all, func(a, b ref) int {
		if c := strings.Compare(a.origin, b.origin); c != 0 {
			return c
		}
		return int(int64(a.seq) - int64(b.seq))
	})
	return slices.Compact(all), nil
}

// jobIDs are the jobs of which an entry was taken in, sorted.
func (x *index) jobIDs() ([]string, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	all := slices.Concat(slices.Collect(maps.Keys(x.writing.jobs)), slices.Collect(maps.Keys(x.fresh.jobs)))
	if x.db != nil {
		err := x.guard(x.db.View, func(tx *bbolt.Tx) error {
			c := in(tx, bucketJobs).Cursor()
			for k, _ := c.First(); k != nil; {
				id, _, _ := strings.Cut(string(k), "\x00")
				all = append(all, id)
				k, _ = c.Seek([]byte(id + "\x01"))
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("list the jobs: %w", err)
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// flush writes what waits into meta.db. What cannot be written stays in memory
// and is tried again with the next flush. Only one flush runs at a time.
func (x *index) flush() error {
	x.mu.Lock()
	if x.writing.count == 0 {
		x.writing = x.fresh
	} else {
		x.writing.join(x.fresh)
	}
	x.fresh = newOverlay()
	w, heard := x.writing, map[string]map[string][2]uint64{}
	if x.dirty {
		heard = maps.Clone(x.heard)
	}
	x.dirty = false
	kept := x.kept
	x.kept, x.keeping = nil, kept
	x.mu.Unlock()

	if w.count == 0 && len(heard) == 0 && len(kept) == 0 {
		return nil // keeping is empty too
	}
	err := x.guard(x.db.Update, func(tx *bbolt.Tx) error { return errors.Join(w.put(tx, heard), putKept(tx, kept)) })
	x.mu.Lock()
	defer x.mu.Unlock()
	x.keeping = nil
	if err != nil {
		x.dirty = x.dirty || len(heard) > 0
		x.keepAgain(kept)
		return fmt.Errorf("write meta.db: %w", err)
	}
	x.writing = newOverlay()
	return nil
}

// join adds a later overlay to an earlier one.
func (o *overlay) join(later overlay) {
	for job, refs := range later.jobs {
		o.jobs[job] = append(o.jobs[job], refs...)
	}
	maps.Copy(o.requests, later.requests)
	maps.Copy(o.marks, later.marks)
	o.count += later.count
}

func (o *overlay) put(tx *bbolt.Tx, heard map[string]map[string][2]uint64) error {
	jobs, key := in(tx, bucketJobs), make([]byte, 0, 128)
	for job, refs := range o.jobs {
		for _, at := range refs {
			key = append(append(append(append(key[:0], job...), 0), at.origin...), 0)
			key = binary.BigEndian.AppendUint64(key, at.seq)
			if err := jobs.Put(key, nil); err != nil { // it keeps a copy of the key
				return err
			}
		}
	}
	if err := putRun(tx, newRun(o.requests)); err != nil {
		return err
	}
	for origin, size := range o.marks {
		if err := in(tx, bucketMarks).Put([]byte(origin), seqKey(size)); err != nil {
			return err
		}
	}
	for peer, have := range heard {
		b, err := json.Marshal(have)
		if err != nil {
			return err
		}
		if err := in(tx, bucketHeard).Put([]byte(peer), b); err != nil {
			return err
		}
	}
	return nil
}

func (x *index) close() error {
	if x.db == nil {
		return nil
	}
	return x.db.Close()
}

// hear notes what a peer has.
func (x *index) hear(peer string, have map[string][2]uint64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.heard[peer] = maps.Clone(have)
	x.dirty = true
}

// peers is what was noted of each peer.
func (x *index) peers() map[string]map[string][2]uint64 {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return maps.Clone(x.heard)
}
