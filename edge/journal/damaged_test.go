package journal_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"pitlane/edge/journal"
	"pitlane/housetest"
)

// harms is what happens to a file on a bad disk.
func harms() map[string]func(path string) error {
	return map[string]func(path string) error{
		"empty":       func(p string) error { return os.Truncate(p, 0) },
		"cut short":   func(p string) error { return os.Truncate(p, 8192+100) },
		"in the root": func(p string) error { return os.Truncate(p, 4096) },
		"other bytes": func(p string) error { return os.WriteFile(p, []byte(strings.Repeat("pitlane ", 4096)), 0o600) },
		"both fronts": func(p string) error { return scribble(p, 0, 8192) },
		"every third page": func(p string) error {
			for n := range 40 {
				if err := scribble(p, int64(3*n)*4096, 64); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func scribble(path string, at int64, n int) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(bytes.Repeat([]byte{0xa5}, n), at)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

func TestADamagedFileIsNamedToWhoOnlyLooks(t *testing.T) {
	t.Parallel()
	for name, harm := range harms() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, o := stopped(t, 3)
			path := filepath.Join(o.Dir, "segments", "000001.db")
			if err := harm(path); err != nil {
				t.Fatal(err)
			}
			if r := report(t, o.Dir); r.OK || !strings.Contains(fmt.Sprint(r.Findings), "000001.db") {
				t.Errorf("it is not named: %v", r.Findings)
			}
		})
	}
}

// A node whose newest file is damaged starts, keeps what checks out, writes under a
// new epoch and gets the rest of its old log back from its peers.
func TestADamagedFileIsPutAsideAndTheNodeGoesOn(t *testing.T) {
	t.Parallel()
	for name, harm := range harms() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop, o := stopped(t, 250)
			peer := shop.open(t, shop.options(filepath.Join(t.TempDir(), "d"), "demo-desk"))
			j := shop.open(t, o)
			old := j.Origin()
			before := readAll(t, j, old)
			carry(t, j, peer, old, 1<<20)
			closeOnce(t, j)
			files, err := filepath.Glob(filepath.Join(o.Dir, "segments", "*.db"))
			if err != nil {
				t.Fatal(err)
			}
			last := files[len(files)-1]
			if err := harm(last); err != nil {
				t.Fatal(err)
			}
			j = shop.open(t, o)
			if j.Origin() == old || len(j.Mended()) != 2 {
				t.Fatalf("it writes %s after %s, and says %q", j.Origin(), old, j.Mended())
			}
			if aside, err := filepath.Glob(last + ".quarantine"); err != nil || len(aside) != 1 {
				t.Errorf("the damaged file is not there: %v %v", aside, err)
			}
			kept := readAll(t, j, old)
			if len(kept) < 150 || !slices.EqualFunc(kept, before[:len(kept)], func(a, b journal.Entry) bool { return bytes.Equal(a.Leaf, b.Leaf) }) {
				t.Errorf("of %d entries %d are kept", len(before), len(kept))
			}
			mustVerify(t, j)
			carry(t, peer, j, old, 1<<20)
			if got := len(readAll(t, j, old)); got != len(before) {
				t.Errorf("with the peer's help %d entries, want %d", got, len(before))
			}
			if e := appendOne(t, j, journal.Draft{Kind: "work.paused", Request: before[40].Request}); e.Hash != before[40].Hash {
				t.Error("a request of the old epoch is not known any more")
			}
			carry(t, j, peer, j.Origin(), 1<<20)
			mustVerify(t, j)
			mustVerify(t, peer)
			closeOnce(t, j)
			j = shop.open(t, o)
			if len(j.Mended()) != 0 {
				t.Errorf("the next start mends again: %q", j.Mended())
			}
		})
	}
}

// Damage in an older file is found by who reads there, and mended at the next start;
// what lies after the damage is put aside, and comes back from the peers.
func TestADamagedOldFileIsMendedAtTheNextStart(t *testing.T) {
	t.Parallel()
	for name, harm := range harms() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop, o := stopped(t, 450)
			peer := shop.open(t, shop.options(filepath.Join(t.TempDir(), "d"), "demo-desk"))
			j := shop.open(t, o)
			old := j.Origin()
			carry(t, j, peer, old, 1<<20)
			closeOnce(t, j)
			if err := harm(filepath.Join(o.Dir, "segments", "000002.db")); err != nil {
				t.Fatal(err)
			}
			j = shop.open(t, o)
			for i := range 10 { // what needs none of it goes on
				appendOne(t, j, journal.Draft{Kind: "job.opened", Job: fmt.Sprint("new-", i)})
			}
			carry(t, j, peer, old, 1<<20)
			for _, err := range j.Read(t.Context(), old, 0) {
				if err != nil && j.Damaged() == nil {
					t.Errorf("read = %v, and it is not noted", err)
				}
			}
			closeOnce(t, j)
			j = shop.open(t, o)
			mustVerify(t, j)
			if len(j.Mended()) == 0 {
				t.Fatal("nothing is mended")
			}
			carry(t, peer, j, old, 1<<20)
			if got := len(readAll(t, j, old)); got != 461 {
				t.Errorf("with the peer's help %d entries, want 461", got)
			}
			appendMany(t, j, 200)
			carry(t, j, peer, j.Origin(), 1<<20)
			mustVerify(t, j)
			closeOnce(t, j)
			j = shop.open(t, o)
			if len(j.Mended()) != 0 {
				t.Errorf("the next start mends again: %q", j.Mended())
			}
			mustVerify(t, j)
		})
	}
}

// The front of a file is there twice; without the newer one the file is as it was a
// commit before. What was acknowledged then is not written over.
func TestALostCommitBeginsANewEpoch(t *testing.T) {
	t.Parallel()
	shop, o := stopped(t, 20)
	writeRoster(t, o.Dir)
	o.MaxSize, o.Reserve = 1<<20-1, -1 // too small for a redo log: with one, the two fronts of a closed file say the same
	j := shop.open(t, o)
	appendMany(t, j, 1)
	peer := shop.open(t, shop.options(filepath.Join(t.TempDir(), "d"), "demo-desk"))
	carry(t, j, peer, j.Origin(), 1<<20)
	old, want := j.Origin(), readAll(t, j, j.Origin())
	closeOnce(t, j)
	path := filepath.Join(o.Dir, "segments", "000001.db")
	for meta := range 2 {
		undo := flip(t, path, int64(meta*4096+16+56), 1)
		if r := report(t, o.Dir); !r.OK {
			if !strings.Contains(fmt.Sprint(r.Findings), "fewer are there") {
				t.Errorf("verify does not say what is lost: %v", r.Findings)
			}
			break
		}
		undo()
	}
	j = shop.open(t, o)
	if j.Origin() == old || size(j, old) >= uint64(len(want)) {
		t.Fatalf("it writes %s after %s of %d entries, %d were there", j.Origin(), old, size(j, old), len(want))
	}
	appendMany(t, j, 5)
	carry(t, peer, j, old, 1<<20)
	if got := readAll(t, j, old); len(got) != len(want) {
		t.Errorf("with the peer's help %d entries, want %d", len(got), len(want))
	}
	mustVerify(t, j)
}

// All of an undamaged tail is salvaged when only the front of the file is gone.
func TestWhatLiesBehindADamagedFrontIsKept(t *testing.T) {
	t.Parallel()
	shop, o := stopped(t, 250)
	files, err := filepath.Glob(filepath.Join(o.Dir, "segments", "*.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := scribble(files[len(files)-1], 0, 8192); err != nil {
		t.Fatal(err)
	}
	j := shop.open(t, o)
	for _, tip := range j.Tips() {
		if want := map[bool]uint64{true: 6, false: 251}[strings.HasPrefix(tip.Origin, "demo-desk")]; tip.Origin != j.Origin() && tip.Size != want {
			t.Errorf("%s: %d entries are kept, want %d", tip.Origin, tip.Size, want)
		}
	}
	mustVerify(t, j)
}

func TestADamagedIdentityBeginsANewEpoch(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{", `{"format":1}`, "\x00\x00\x00"} {
		shop, o := stopped(t, 20)
		if err := os.WriteFile(filepath.Join(o.Dir, "identity"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		j := shop.open(t, o)
		if len(j.Tips()) != 3 || size(j, j.Origin()) != 1 || len(j.Mended()) != 1 {
			t.Errorf("%q: %v, said %q", text, j.Tips(), j.Mended())
		}
		appendMany(t, j, 5)
		mustVerify(t, j)
	}
}

// What verifies is what was written: damage anywhere in a file is either found, or
// lies where nothing is held.
func TestDamageIsFoundOrHitsNothing(t *testing.T) {
	t.Parallel()
	_, o := stopped(t, 150)
	writeRoster(t, o.Dir)
	files, err := filepath.Glob(filepath.Join(o.Dir, "segments", "*.db"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, f := range files {
		want[f] = contents(t, f)
	}
	rnd := rand.New(rand.NewPCG(7, 7))
	silent, total := 0, 0
	for range housetest.Rounds(t, 120) {
		path := files[rnd.IntN(len(files))]
		undo := flip(t, path, int64(rnd.IntN(used(t, path))), 1<<rnd.IntN(8))
		total++
		if r := report(t, o.Dir); r.OK {
			silent++
			if got := contents(t, path); got != want[path] {
				t.Errorf("a flipped bit in %s changes what is held, and is not found: %s", filepath.Base(path), change1(want[path], got))
			}
		}
		undo()
	}
	t.Logf("%d flips, %d of them where nothing is held", total, silent)
}

// change1 is the first line that differs.
func change1(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return fmt.Sprintf("%.300s\nwas %.300s", g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, %d before", len(g), len(w))
}

// flip changes bits of one byte and gives what puts them back.
func flip(t *testing.T, path string, at int64, bits byte) func() {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	var b [1]byte
	turn := func() {
		if _, err := f.ReadAt(b[:], at); err != nil {
			t.Fatal(err)
		}
		b[0] ^= bits
		if _, err := f.WriteAt(b[:], at); err != nil {
			t.Fatal(err)
		}
	}
	turn()
	return func() {
		turn()
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// used is how far a file is in use.
func used(t *testing.T, path string) (n int) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }() // it was only read
	if err := db.View(func(tx *bbolt.Tx) error { n = int(tx.Size()); return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

// contents is all that a file holds, as text.
func contents(t *testing.T, path string) (text string) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }() // it was only read
	var out strings.Builder
	var walk func(b *bbolt.Bucket) error
	walk = func(b *bbolt.Bucket) error {
		return b.ForEach(func(k, v []byte) error {
			fmt.Fprintf(&out, "%q=%q\n", k, v)
			if v == nil {
				return walk(b.Bucket(k))
			}
			return nil
		})
	}
	defer func() {
		if p := recover(); p != nil {
			text = fmt.Sprint(p) // what cannot be read is not what was written
		}
	}()
	err = db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			fmt.Fprintf(&out, "%q\n", name)
			return walk(b)
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Pages of the index may be damaged anywhere: the node starts, at the latest the next
// time, and finds what is asked for.
func TestADamagedIndexIsMadeAnew(t *testing.T) {
	t.Parallel()
	_, o := stopped(t, 400)
	meta := filepath.Join(o.Dir, "meta.db")
	was, err := os.ReadFile(meta)
	if err != nil {
		t.Fatal(err)
	}
	end := used(t, meta)
	rnd := rand.New(rand.NewPCG(3, 9))
	for range housetest.Rounds(t, 25) {
		if err := os.WriteFile(meta, was, 0o600); err != nil {
			t.Fatal(err)
		}
		for range 1 + rnd.IntN(4) {
			if err := scribble(meta, int64(rnd.IntN(end/4096))*4096, 16); err != nil {
				t.Fatal(err)
			}
		}
		jobOf := func() (int, error) {
			j, err := journal.Open(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer closeOnce(t, j)
			entries, err := j.Job(t.Context(), "job-3")
			if err == nil && len(entries) > 9 {
				_, err = j.Append(t.Context(), journal.Draft{Kind: "work.paused", Request: entries[9].Request})
			}
			return len(entries), err
		}
		if _, err := jobOf(); err != nil {
			if n, err := jobOf(); err != nil || n < 55 {
				t.Errorf("at the second start: %d entries (%v)", n, err)
			}
		}
	}
}
