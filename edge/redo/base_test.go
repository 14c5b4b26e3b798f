package redo

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"
)

func opened(t *testing.T, path string) *bbolt.DB {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{InitialMmapSize: 16 << 20, FreelistType: bbolt.FreelistMapType})
	must(t, err)
	return db
}

// put writes the numbers from..to-1 as transactions of one each, every number under a
// key that moves the pages of those before it.
func put(t *testing.T, db *bbolt.DB, from, to int) {
	t.Helper()
	for n := from; n < to; n++ {
		must(t, db.Update(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists([]byte("b"))
			if err != nil {
				return err
			}
			return b.Put(binary.BigEndian.AppendUint32(nil, uint32(n*7919%1000)), make([]byte, 200))
		}))
	}
}

func count(t *testing.T, db *bbolt.DB) (n int) {
	t.Helper()
	must(t, db.View(func(tx *bbolt.Tx) error {
		for err := range tx.Check() {
			return err
		}
		n = tx.Bucket([]byte("b")).Stats().KeyN
		return nil
	}))
	return n
}

// TestABaseIsPutBack: a file that was written on without a sync is again what it was at
// its base, whatever of the rest is on disk, as long as the base was held.
func TestABaseIsPutBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	db := opened(t, path)
	put(t, db, 0, 200)
	base, err := Base(path)
	must(t, err)
	pin, err := db.Begin(false)
	must(t, err)
	db.NoSync = true
	put(t, db, 200, 400)
	must(t, pin.Rollback())
	must(t, db.Close())
	for range 2 { // as often as one likes
		must(t, Restore(path, base))
		db = opened(t, path)
		if n := count(t, db); n != 200 {
			t.Errorf("%d rows, want the 200 of the base", n)
		}
		must(t, db.Close())
	}
}

func TestAnOlderFileIsNotOverwritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	db := opened(t, path)
	put(t, db, 0, 10)
	must(t, db.Close())
	older, err := os.ReadFile(path)
	must(t, err)
	db = opened(t, path)
	put(t, db, 10, 20)
	must(t, db.Close())
	base, err := Base(path)
	must(t, err)
	must(t, os.WriteFile(path, older, 0o600))
	if err := Restore(path, base); !errors.Is(err, ErrOlder) {
		t.Errorf("an older file: %v, want ErrOlder", err)
	}
	if now, err := os.ReadFile(path); err != nil || string(now) != string(older) {
		t.Errorf("it was changed (%v)", err)
	}
	// One meta page that a power cut has torn proves no age.
	must(t, os.WriteFile(path, older, 0o600))
	torn := append([]byte(nil), older...)
	torn[metaTxAt] ^= 0xff
	must(t, os.WriteFile(path, torn, 0o600))
	must(t, Restore(path, base))
}

func FuzzMetaPages(f *testing.F) {
	f.Add(make([]byte, 4096))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "a.db")
		must(t, os.WriteFile(path, b, 0o600))
		base, err := Base(path)
		if err == nil && len(base) > MaxBase {
			t.Errorf("a base of %d bytes", len(base))
		}
	})
}
