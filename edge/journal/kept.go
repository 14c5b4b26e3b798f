package journal

import (
	"bytes"
	"maps"

	"go.etcd.io/bbolt"
)

// Keep keeps bytes under a name in the index: written behind, and gone whenever the
// index is made anew. It is for what can be made again from the entries. They are kept
// as they come: whoever gives them seals them.
func (j *Journal) Keep(name string, b []byte) {
	j.index.keep(name, bytes.Clone(b))
	j.wakeBehind()
}

// Kept is what was kept under a name; nil where nothing is.
func (j *Journal) Kept(name string) []byte { return j.index.keptAs(name) }

func (x *index) keep(name string, b []byte) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.kept == nil {
		x.kept = map[string][]byte{}
	}
	x.kept[name] = b
}

func (x *index) keptAs(name string) (out []byte) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	for _, newest := range []map[string][]byte{x.kept, x.keeping} {
		if b, ok := newest[name]; ok {
			return bytes.Clone(b)
		}
	}
	if x.db == nil {
		return nil
	}
	err := x.guard(x.db.View, func(tx *bbolt.Tx) error {
		if b := in(tx, bucketKept); b != nil {
			out = bytes.Clone(b.Get([]byte(name)))
		}
		return nil
	})
	if err != nil {
		return nil // it is made anew
	}
	return out
}

func putKept(tx *bbolt.Tx, kept map[string][]byte) error {
	for name, b := range kept {
		if err := in(tx, bucketKept).Put([]byte(name), b); err != nil {
			return err
		}
	}
	return nil
}

// keepAgain has what could not be written tried again, where nothing newer came.
func (x *index) keepAgain(kept map[string][]byte) {
	if len(kept) == 0 {
		return
	}
	newer := x.kept
	x.kept = maps.Clone(kept)
	maps.Copy(x.kept, newer)
}
