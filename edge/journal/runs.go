package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"

	"go.etcd.io/bbolt"
)

// A run is a sorted list of request ids and the entries they name, written once and
// never changed. Request ids are random: rows of their own would touch nearly every page
// of the file with each flush. Small runs are joined to larger ones, so that there are
// few to look in.
//
//	origins (2 bytes), each origin after its length (2 bytes)
//	rows sorted by id: request id (16 bytes), origin (2 bytes), seq (8 bytes)
type run struct {
	origins []string
	rows    []byte
}

const (
	runRow  = 16 + 2 + 8
	runMost = 32_768 // rows of a run that is not joined any more
)

var errRun = errors.New("a run of request ids cannot be read")

// newRun sorts request ids.
func newRun(requests map[RequestID]ref) run {
	ids := slices.SortedFunc(maps.Keys(requests), func(a, b RequestID) int { return bytes.Compare(a[:], b[:]) })
	r, at := run{rows: make([]byte, 0, runRow*len(ids))}, map[string]uint16{}
	for i := range ids {
		r.add(ids[i][:], requests[ids[i]], at)
	}
	return r
}

// add appends a row; at is where in origins an origin is.
func (r *run) add(id []byte, to ref, at map[string]uint16) {
	n, ok := at[to.origin]
	if !ok {
		n = uint16(len(r.origins))
		at[to.origin] = n
		r.origins = append(r.origins, to.origin)
	}
	r.rows = append(r.rows, id...)
	r.rows = binary.BigEndian.AppendUint16(r.rows, n)
	r.rows = binary.BigEndian.AppendUint64(r.rows, to.seq)
}

func (r *run) encode() []byte {
	b := binary.BigEndian.AppendUint16(make([]byte, 0, 64+len(r.rows)), uint16(len(r.origins)))
	for _, o := range r.origins {
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(o))), o...)
	}
	return append(b, r.rows...)
}

// decodeRun reads a run. What it returns points into b.
func decodeRun(b []byte) (r run, err error) {
	in := reader{b: b}
	for range in.uint16() {
		r.origins = append(r.origins, string(in.take(int(in.uint16()))))
	}
	r.rows = in.b
	if in.short || len(r.rows)%runRow != 0 {
		return run{}, errRun
	}
	return r, nil
}

func (r *run) count() int { return len(r.rows) / runRow }

// row is the n-th row.
func (r *run) row(n int) (id []byte, to ref, err error) {
	b := r.rows[n*runRow : (n+1)*runRow]
	o := int(binary.BigEndian.Uint16(b[16:]))
	if o >= len(r.origins) {
		return nil, ref{}, errRun
	}
	return b[:16], ref{r.origins[o], binary.BigEndian.Uint64(b[18:])}, nil
}

func (r *run) find(id RequestID) (ref, bool, error) {
	n := sort.Search(r.count(), func(i int) bool { return bytes.Compare(r.rows[i*runRow:i*runRow+16], id[:]) >= 0 })
	if n == r.count() || !bytes.Equal(r.rows[n*runRow:n*runRow+16], id[:]) {
		return ref{}, false, nil
	}
	_, to, err := r.row(n)
	return to, err == nil, err
}

// joinRuns joins an earlier and a later run, of which the later one is believed, and
// leaves out what is not wanted.
func joinRuns(earlier, later run, want func(ref) bool) (out run, err error) {
	out.rows = make([]byte, 0, len(earlier.rows)+len(later.rows))
	at := map[string]uint16{}
	for i, k := 0, 0; i < earlier.count() || k < later.count(); {
		order := 1 // take the later one
		switch {
		case k == later.count():
			order = -1
		case i < earlier.count():
			order = bytes.Compare(earlier.rows[i*runRow:i*runRow+16], later.rows[k*runRow:k*runRow+16])
		}
		from, n := &later, k
		if order < 0 {
			from, n = &earlier, i
		}
		id, to, err := from.row(n)
		if err != nil {
			return run{}, err
		}
		if order <= 0 {
			i++
		}
		if order >= 0 {
			k++
		}
		if want(to) {
			out.add(id, to, at)
		}
	}
	return out, nil
}

func anyRef(ref) bool { return true }

// putRun writes a run as the newest, joined with those before it that are not much
// larger.
func putRun(tx *bbolt.Tx, newest run) error {
	if newest.count() == 0 {
		return nil
	}
	b, number, old := in(tx, bucketRuns), uint64(0), [][]byte(nil)
	c := b.Cursor()
	for k, v := c.Last(); k != nil; k, v = c.Prev() {
		if number == 0 {
			number = binary.BigEndian.Uint64(k) + 1
		}
		before, err := decodeRun(v)
		if err == nil && (before.count() > 2*newest.count() || before.count()+newest.count() > runMost) {
			break
		}
		if err == nil {
			newest, err = joinRuns(before, newest, anyRef)
		}
		if err != nil {
			return fmt.Errorf("join the request ids: %w", err)
		}
		old = append(old, bytes.Clone(k))
	}
	for _, k := range old { // not while the cursor is used: it may not come back from an empty page
		if err := b.Delete(k); err != nil {
			return fmt.Errorf("join the request ids: %w", err)
		}
	}
	return b.Put(seqKey(number), newest.encode())
}

// findRequest looks in all runs, the newest first.
func findRequest(tx *bbolt.Tx, id RequestID) (ref, bool, error) {
	c := in(tx, bucketRuns).Cursor()
	for k, v := c.Last(); k != nil; k, v = c.Prev() {
		r, err := decodeRun(v)
		if err != nil {
			return ref{}, false, err
		}
		if to, ok, err := r.find(id); ok || err != nil {
			return to, ok, err
		}
	}
	return ref{}, false, nil
}

// copyRuns copies the request ids of what is not trimmed, in runs as large as they get.
func copyRuns(to, from *bbolt.DB, lows map[string]uint64) error {
	kept := func(r ref) bool { return r.seq >= lows[r.origin] }
	after, more := []byte(nil), true
	for more {
		var slim run
		err := from.View(func(tx *bbolt.Tx) error {
			c := in(tx, bucketRuns).Cursor()
			k, v := c.First()
			if after != nil {
				if k, v = c.Seek(after); bytes.Equal(k, after) {
					k, v = c.Next()
				}
			}
			if more = k != nil; !more {
				return nil
			}
			after = bytes.Clone(k)
			r, err := decodeRun(v)
			if err == nil {
				slim, err = joinRuns(run{}, r, kept)
			}
			return err
		})
		if err == nil {
			err = to.Update(func(tx *bbolt.Tx) error { return putRun(tx, slim) })
		}
		if err != nil {
			return fmt.Errorf("copy the request ids: %w", err)
		}
	}
	return nil
}
