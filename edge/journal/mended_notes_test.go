package journal_test

import (
	"encoding/json"
	"errors"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"pitlane/edge/journal"
	"pitlane/edge/tlog"
)

// notesIn counts the checkpoints of an origin that a segment file keeps.
func notesIn(t *testing.T, path, origin string) (n int) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	must(t, err)
	defer func() { _ = db.Close() }() // it was only read
	must(t, db.View(func(tx *bbolt.Tx) error {
		if b := tx.Bucket([]byte("checkpoints")).Bucket([]byte(origin)); b != nil {
			n = len(maps.Collect(rows(b)))
		}
		return nil
	}))
	return n
}

// A damaged file that is mended keeps of a peer's log only checkpoints that the peer
// signed: those kept at every 256th entry, and the one that says how far the log goes.
func TestAMendedFileTakesNoCheckpointThatNobodySigned(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1", "demo-desk")
	desk := shop.open(t, shop.options(filepath.Join(t.TempDir(), "d"), "demo-desk"))
	o := shop.options(filepath.Join(t.TempDir(), "n"), "demo-bay-1")
	o.SegmentLeaves = 1000
	j := shop.open(t, o)
	for _, n := range []int{255, 44} { // behind the beginning of the log
		appendMany(t, desk, n)
		carry(t, desk, j, desk.Origin(), 1<<20)
	}
	closeOnce(t, j)
	path := filepath.Join(o.Dir, "segments", "000001.db")
	dir := o.Dir
	if n := notesIn(t, path, desk.Origin()); n != 1 {
		t.Fatalf("%d checkpoints are kept: this test shows nothing", n)
	}

	for _, c := range []struct {
		name  string
		forge func(size uint64) bool
		want  uint64 // entries of the desk's log
	}{
		{"those in between", func(size uint64) bool { return size == 256 }, 300},
		{"all", func(uint64) bool { return true }, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := o
			o.Dir = filepath.Join(t.TempDir(), "copy")
			must(t, os.CopyFS(o.Dir, os.DirFS(dir)))
			path := filepath.Join(o.Dir, "segments", "000001.db")
			forgeNotes(t, path, desk.Origin(), shop, c.forge)
			must(t, scribble(path, 0, 8192))
			j := shop.open(t, o)
			if len(j.Mended()) == 0 || size(j, desk.Origin()) != c.want {
				t.Errorf("%d entries of the desk's are kept, want %d; mended: %q", size(j, desk.Origin()), c.want, j.Mended())
			}
			mustVerify(t, j)
			carry(t, desk, j, desk.Origin(), 1<<20)
			if size(j, desk.Origin()) != 300 {
				t.Errorf("with the desk's help %d entries", size(j, desk.Origin()))
			}
			mustVerify(t, j)
			closeOnce(t, j)
			if n := notesIn(t, path, desk.Origin()); n != 0 {
				t.Errorf("%d checkpoints are kept that the desk did not sign", n)
			}
		})
	}
}

// forgeNotes has another node sign an origin's checkpoints in a file, kept and in its
// head. The file is written anew, so that the true ones lie nowhere in it.
func forgeNotes(t *testing.T, path, origin string, shop testShop, which func(size uint64) bool) {
	t.Helper()
	forged := func(note string) string {
		text, _, _ := strings.Cut(note, "\n\n")
		c, err := tlog.ParseCheckpoint(text + "\n")
		must(t, err)
		if !which(c.Size) {
			return note
		}
		b, err := journal.SignAs(c, shop.keys["demo-bay-1"])
		must(t, err)
		return string(b)
	}
	db, err := bbolt.Open(path, 0o600, nil)
	must(t, err)
	must(t, db.Update(func(tx *bbolt.Tx) error {
		kept, heads := tx.Bucket([]byte("checkpoints")).Bucket([]byte(origin)), tx.Bucket([]byte("heads"))
		for k, v := range maps.Collect(rows(kept)) {
			must(t, kept.Put([]byte(k), []byte(forged(v))))
		}
		h := map[string]any{}
		must(t, json.Unmarshal(heads.Get([]byte(origin)), &h))
		h["checkpoint"] = forged(h["checkpoint"].(string))
		b, err := json.Marshal(h)
		must(t, err)
		return heads.Put([]byte(origin), b)
	}))
	anew, err := bbolt.Open(path+".anew", 0o600, nil)
	must(t, err)
	must(t, errors.Join(bbolt.Compact(anew, db, 0), anew.Close(), db.Close(), os.Rename(path+".anew", path)))
}

func rows(b *bbolt.Bucket) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		_ = b.ForEach(func(k, v []byte) error { // it gives no error but ours
			if !yield(string(k), string(v)) {
				return errors.New("enough")
			}
			return nil
		})
	}
}
