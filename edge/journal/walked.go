package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"
)

// walked reads a file through, where bbolt would do so to find its free pages: that is
// in a goroutine of its own, in which a page that is damaged, or lies behind the end of a
// file that was cut short, ends the process, at every start again. Here it is an error. A
// file with its free list on it is not read.
func walked(path string) error {
	if listed(path) {
		return nil
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, NoStatistics: true})
	if err != nil {
		return fmt.Errorf("open %s: %w", filepath.Base(path), err)
	}
	err = whole(db, path)
	if err == nil {
		err = guarded(db, func(tx *bbolt.Tx) error {
			return tx.ForEach(func(_ []byte, b *bbolt.Bucket) error { return walkedIn(b) })
		})
	}
	return errors.Join(err, db.Close())
}

// walkedIn touches every page of a bucket and every key, as bbolt compares them.
func walkedIn(b *bbolt.Bucket) error {
	var before byte
	return b.ForEach(func(k, v []byte) error {
		if len(k) > 0 {
			before ^= k[0] ^ k[len(k)-1]
		}
		if v != nil {
			return nil
		}
		inner := b.Bucket(k)
		if inner == nil {
			return fmt.Errorf("a bucket is none (%02x)", before)
		}
		return walkedIn(inner)
	})
}

// The places of a bbolt file's two first pages that say what its newest transaction is
// (go.etcd.io/bbolt, internal/common/meta.go): behind 16 bytes of every page.
const (
	metaMagic    = 0xED0CDAED
	metaSize     = 64
	metaFreelist = 32
	metaTxid     = 48
	metaSum      = 56
	noFreelist   = ^uint64(0)
)

// listed says whether the newest transaction of a file has its free list with it. Of what
// is no such file bbolt says so itself.
func listed(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return true
	}
	defer func() { _ = f.Close() }() // it was only read
	newest, list := uint64(0), true
	for n := range int64(2) {
		m := make([]byte, metaSize)
		if _, err := f.ReadAt(m, n*int64(os.Getpagesize())+16); err != nil {
			continue
		}
		sum := fnv.New64a()
		_, _ = sum.Write(m[:metaSum]) // a hash does not fail
		if binary.NativeEndian.Uint32(m) != metaMagic || binary.NativeEndian.Uint64(m[metaSum:]) != sum.Sum64() {
			continue
		}
		if tx := binary.NativeEndian.Uint64(m[metaTxid:]); tx >= newest {
			newest, list = tx, binary.NativeEndian.Uint64(m[metaFreelist:]) != noFreelist
		}
	}
	return list
}
