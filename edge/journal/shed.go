package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"

	"go.etcd.io/bbolt"
)

// shedAt is how many dead entries the index may hold beside as many as it has living
// ones, before it is written anew without them.
const shedAt = 8192

// shed writes the index anew without what is trimmed, once that is most of it: a
// file that was filled and drained stays large and slow. Called by the one goroutine
// that writes the index; what looks something up meanwhile finds the old file. It says
// whether the index was written anew.
func (x *index) shed(tips []Tip) (bool, error) {
	lows, due, err := x.due(tips)
	if err != nil || !due {
		return false, err
	}
	tmp := x.path + ".tmp"
	if err := os.RemoveAll(tmp); err != nil {
		return false, fmt.Errorf("write the index anew: %w", err)
	}
	slim := &index{path: tmp, heard: map[string]map[string][2]uint64{}}
	if err := slim.open(false); err != nil {
		return false, fmt.Errorf("write the index anew: %w", err)
	}
	err = x.guard(func(func(*bbolt.Tx) error) error { return copyIndex(slim.db, x.db, lows) }, nil)
	if err == nil {
		err = x.swap(slim.db)
	}
	if err != nil {
		return false, errors.Join(fmt.Errorf("write the index anew: %w", err), slim.db.Close(), os.Remove(tmp))
	}
	return true, nil
}

// due says whether most of the index is of what is trimmed, and where each origin begins.
func (x *index) due(tips []Tip) (lows map[string]uint64, due bool, err error) {
	was, err := x.lows()
	if err != nil {
		return nil, false, err
	}
	lows, dead, live := map[string]uint64{}, uint64(0), uint64(0)
	for _, t := range tips {
		lows[t.Origin] = t.Low
		dead += t.Low - min(t.Low, was[t.Origin])
		live += t.Size - t.Low
	}
	return lows, dead >= live+shedAt, nil
}

// swap puts another file in the place of the index's.
func (x *index) swap(db *bbolt.DB) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := commitRename(x.path+".tmp", x.path); err != nil {
		return err
	}
	old := x.db
	x.db = db
	return old.Close()
}

// lows is where each origin began when the index was last written anew.
func (x *index) lows() (map[string]uint64, error) {
	out := map[string]uint64{}
	err := x.guard(x.db.View, func(tx *bbolt.Tx) error {
		b := in(tx, bucketLows)
		if b == nil {
			return nil
		}
		return b.ForEach(func(k, v []byte) error {
			if len(v) != 8 {
				return fmt.Errorf("read where %s began", k)
			}
			out[string(k)] = binary.BigEndian.Uint64(v)
			return nil
		})
	})
	return out, err
}

// copyIndex copies the rows of what is not trimmed.
func copyIndex(to, from *bbolt.DB, lows map[string]uint64) error {
	keep := map[string]func(k, v []byte) bool{
		bucketJobs: func(k, _ []byte) bool {
			parts := strings.SplitN(string(k[:len(k)-9]), "\x00", 2)
			return len(parts) == 2 && binary.BigEndian.Uint64(k[len(k)-8:]) >= lows[parts[1]]
		},
		bucketMarks: func(_, _ []byte) bool { return true },
		bucketHeard: func(_, _ []byte) bool { return true },
		bucketKept:  func(_, _ []byte) bool { return true },
	}
	if err := copyRuns(to, from, lows); err != nil {
		return err
	}
	for name, want := range keep {
		if err := copyBucket(to, from, name, want); err != nil {
			return err
		}
	}
	return to.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists([]byte(bucketLows))
		if err != nil {
			return err
		}
		for origin, low := range lows {
			if err := b.Put([]byte(origin), seqKey(low)); err != nil {
				return err
			}
		}
		return nil
	})
}

// copyBucket copies the rows that are wanted, some thousands in a transaction.
func copyBucket(to, from *bbolt.DB, name string, want func(k, v []byte) bool) error {
	type row struct{ k, v []byte }
	after, more := []byte(nil), true
	for more {
		var rows []row
		err := from.View(func(tx *bbolt.Tx) error {
			c := in(tx, name).Cursor()
			k, v := c.First()
			if after != nil {
				if k, v = c.Seek(after); string(k) == string(after) {
					k, v = c.Next()
				}
			}
			n := 0
			for ; k != nil && n < 8192; k, v = c.Next() {
				n++
				after = append(after[:0:0], k...)
				if want(k, v) {
					rows = append(rows, row{after, append([]byte(nil), v...)})
				}
			}
			more = k != nil
			return nil
		})
		if err == nil && len(rows) > 0 {
			err = to.Update(func(tx *bbolt.Tx) error {
				b := in(tx, name)
				b.FillPercent = 0.9 // they come in their order
				for _, r := range rows {
					if err := b.Put(r.k, r.v); err != nil {
						return err
					}
				}
				return nil
			})
		}
		if err != nil {
			return fmt.Errorf("copy %s: %w", name, err)
		}
	}
	return nil
}
