package journal

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"
)

// unlisted is a file as a node leaves it when its process ends between two bases: without
// its free list.
func unlisted(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "000001.db")
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{NoFreelistSync: true, NoStatistics: true})
	if err != nil {
		t.Fatal(err)
	}
	for n := range uint64(300) {
		err := db.Update(func(tx *bbolt.Tx) error {
			outer, err := tx.CreateBucketIfNotExists([]byte("leaves"))
			if err != nil {
				return err
			}
			b, err := outer.CreateBucketIfNotExists([]byte("origin"))
			if err != nil {
				return err
			}
			return b.Put(binary.BigEndian.AppendUint64(nil, n), make([]byte, 500))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestAFileWithoutItsFreeListThatIsDamagedIsAnError: bbolt looks for its free pages in a
// goroutine in which nobody can keep the process from ending.
func TestAFileWithoutItsFreeListThatIsDamagedIsAnError(t *testing.T) {
	t.Parallel()
	path := unlisted(t)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if m, ok := newestMeta(f); !ok || binary.NativeEndian.Uint64(m[metaFreelist:]) != noFreelist {
		t.Fatal("it has its free list: this shows nothing")
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := openBolt(path, false)
	if err != nil {
		t.Fatalf("a whole file: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(unlisted(t))
	if err != nil {
		t.Fatal(err)
	}
	harms := map[string]func(b []byte) []byte{
		"cut short": func(b []byte) []byte { return b[:len(b)/2/4096*4096] },
		"pages that lead behind its end": func(b []byte) []byte {
			for at := 2 * 4096; at+4096 <= len(b); at += 4096 {
				if b[at+8] == 1 { // a branch
					binary.NativeEndian.PutUint64(b[at+16+8:], 20_000)
				}
			}
			return b
		},
		"branches that go in a circle": func(b []byte) []byte {
			for at := 2 * 4096; at+4096 <= len(b); at += 4096 {
				if b[at+8] == 1 {
					binary.NativeEndian.PutUint64(b[at+16+8:], uint64(at/4096))
				}
			}
			return b
		},
		"buckets that go in a circle": func(b []byte) []byte {
			for at := 2 * 4096; at+4096 <= len(b); at += 4096 {
				if e := b[at+16:]; b[at+8] == 2 && e[0] == 1 { // a leaf whose first element is a bucket
					from := binary.NativeEndian.Uint32(e[4:]) + binary.NativeEndian.Uint32(e[8:])
					binary.NativeEndian.PutUint64(e[from:], uint64(at/4096))
				}
			}
			return b
		},
		"empty pages": func(b []byte) []byte {
			for at := 2 * 4096; at+4096 <= len(b); at += 4096 {
				if b[at+8] == 2 { // a leaf
					clear(b[at : at+4096])
				}
			}
			return b
		},
	}
	for name, harm := range harms {
		at := filepath.Join(t.TempDir(), "000001.db")
		if err := os.WriteFile(at, harm(append([]byte(nil), raw...)), 0o600); err != nil {
			t.Fatal(err)
		}
		if db, err := openBolt(at, false); err == nil {
			t.Errorf("%s: it opens", name)
			_ = db.Close() // said already
		}
	}
}
