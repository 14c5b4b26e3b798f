package journal_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"pitlane/edge/journal"
	"pitlane/edge/tlog"
)

// stopped is a journal of n entries in several segment files, closed.
func stopped(t *testing.T, n int) (testShop, journal.Options) {
	t.Helper()
	shop := newTestShop("demo-bay-1", "demo-desk")
	o := shop.options(filepath.Join(t.TempDir(), "n"), "demo-bay-1")
	o.SegmentLeaves = 100
	j := shop.open(t, o)
	desk := shop.journal(t, "demo-desk")
	appendMany(t, desk, 5)
	carry(t, desk, j, desk.Origin(), 1<<20)
	appendMany(t, j, n)
	closeOnce(t, j)
	return shop, o
}

// appendMany appends so many pauses, 50 in a call.
func appendMany(t testing.TB, j *journal.Journal, n int) {
	t.Helper()
	var drafts []journal.Draft
	for i := range n {
		drafts = append(drafts, pause(i))
		if len(drafts) < 50 && i < n-1 {
			continue
		}
		if _, err := j.Append(t.Context(), drafts...); err != nil {
			t.Fatal(err)
		}
		drafts = drafts[:0]
	}
}

func TestSegmentFilesRollOverAndAllAreRead(t *testing.T) {
	t.Parallel()
	shop, o := stopped(t, 1200)
	files, err := filepath.Glob(filepath.Join(o.Dir, "segments", "*.db"))
	if err != nil || len(files) < 12 {
		t.Fatalf("%d segment files (%v), want 12 or more", len(files), err)
	}
	j := shop.open(t, o)
	if got, want := len(readAll(t, j, j.Origin())), 1201; got != want {
		t.Errorf("%d entries, want %d", got, want)
	}
	for _, from := range []uint64{0, 1, 99, 100, 101, 700, 1200} {
		if s := segment(t, j, from, 3000); s.Entries[0].Seq != from {
			t.Errorf("the segment from %d begins at %d", from, s.Entries[0].Seq)
		}
	}
	entries, err := j.Job(t.Context(), "job-3")
	if err != nil || len(entries) < 170 {
		t.Errorf("the job has %d entries (%v)", len(entries), err)
	}
	mustVerify(t, j)
}

// A file that got its name but could not be begun stays behind while the one before
// it is written on.
func TestAStillbornSegmentFileHidesNothing(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1")
	o := shop.options(filepath.Join(t.TempDir(), "n"), "demo-bay-1")
	j := shop.open(t, o)
	appendMany(t, j, 10)
	closeOnce(t, j)
	first := filepath.Join(o.Dir, "segments", "000001.db")
	was, err := os.ReadFile(first)
	if err != nil {
		t.Fatal(err)
	}
	j = shop.open(t, o)
	if err := journal.Roll(j); err != nil {
		t.Fatal(err)
	}
	closeOnce(t, j)
	second := filepath.Join(o.Dir, "segments", "000002.db")
	if err := os.Rename(second, second+".later"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(first, was, 0o600); err != nil {
		t.Fatal(err)
	}
	j = shop.open(t, o)
	appendMany(t, j, 10)
	closeOnce(t, j)
	if err := os.Rename(second+".later", second); err != nil {
		t.Fatal(err)
	}
	j = shop.open(t, o)
	if got, want := len(readAll(t, j, j.Origin())), 21; got != want {
		t.Errorf("%d entries, want %d", got, want)
	}
	appendOne(t, j, pause(1))
	if err := journal.Roll(j); err != nil {
		t.Fatal(err)
	}
	appendOne(t, j, pause(2))
	mustVerify(t, j)
}

// More files than stay open at once: looking at one may close another.
func TestVerifyLooksAtManyFiles(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1")
	o := shop.options(filepath.Join(t.TempDir(), "n"), "demo-bay-1")
	o.SegmentLeaves, o.SelfCheck = 16, false
	j := shop.open(t, o)
	for i := range 400 {
		appendOne(t, j, pause(i))
	}
	mustVerify(t, j)
}

func TestTheIndexIsRebuilt(t *testing.T) {
	t.Parallel()
	shop, o := stopped(t, 300)
	count := func() int {
		t.Helper()
		j := shop.open(t, o)
		defer closeOnce(t, j)
		entries, err := j.Job(t.Context(), "job-3")
		if err != nil {
			t.Fatal(err)
		}
		last := entries[len(entries)-1]
		if e, ok, err := j.Request(t.Context(), entries[0].Request); err != nil || !ok || e.Hash != entries[0].Hash {
			t.Errorf("the request id of %d is not found: %v %v", last.Seq, ok, err)
		}
		return len(entries)
	}
	want := count()
	meta := filepath.Join(o.Dir, "meta.db")
	for name, harm := range map[string]func() error{
		"missing":             func() error { return os.Remove(meta) },
		"not a file of bbolt": func() error { return os.WriteFile(meta, []byte("x"), 0o600) },
		"of a longer journal": func() error { return setMark(meta, 99<<8) },
		"behind":              func() error { return setMark(meta, 7) },
	} {
		if err := harm(); err != nil {
			t.Fatal(err)
		}
		r, err := journal.OpenReadOnly(t.Context(), o.Dir)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.Job(t.Context(), "job-3"); err != nil || len(got) != want {
			t.Errorf("%s, to look only: the job has %d entries, want %d (%v)", name, len(got), want, err)
		}
		closeOnce(t, r)
		if got := count(); got != want {
			t.Errorf("%s: the job has %d entries, want %d", name, got, want)
		}
	}
}

// setMark changes how far meta.db says that it knows every origin.
func setMark(path string, to uint16) error {
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte("marks"))
		var keys [][]byte
		if err := b.ForEach(func(k, _ []byte) error { keys = append(keys, k); return nil }); err != nil {
			return err
		}
		for _, k := range keys {
			if err := b.Put(append([]byte(nil), k...), []byte{0, 0, 0, 0, 0, 0, byte(to >> 8), byte(to)}); err != nil {
				return err
			}
		}
		return nil
	})
	if cerr := db.Close(); err == nil {
		err = cerr
	}
	return err
}

func TestVerifyFindsEveryFlippedByte(t *testing.T) {
	t.Parallel()
	_, o := stopped(t, 3)
	writeRoster(t, o.Dir)
	files, err := filepath.Glob(filepath.Join(o.Dir, "segments", "*.db"))
	if err != nil {
		t.Fatal(err)
	}
	path := files[len(files)-1]
	origin, value := pick(t, path)
	clean := report(t, o.Dir)
	if !clean.OK || len(clean.Proven) != 2 {
		t.Fatalf("before: %v", clean.Findings)
	}
	for i := range value {
		bad := append([]byte(nil), value...)
		bad[i] ^= 0x10
		put(t, path, origin, bad)
		if r := report(t, o.Dir); r.OK || !strings.Contains(r.Findings[0], origin) {
			t.Errorf("byte %d flipped and not found: %v", i, r.Findings)
		}
	}
	put(t, path, origin, value)
	if r := report(t, o.Dir); !r.OK {
		t.Errorf("put back: %v", r.Findings)
	}
}

func TestVerifyFindsForgedHeadsAndCheckpoints(t *testing.T) {
	t.Parallel()
	_, o := stopped(t, 300)
	writeRoster(t, o.Dir)
	files, err := filepath.Glob(filepath.Join(o.Dir, "segments", "*.db"))
	if err != nil {
		t.Fatal(err)
	}
	last := files[len(files)-1]
	origin, _ := pick(t, last)
	head := func(old, new string) func(*bbolt.Tx) error {
		return func(tx *bbolt.Tx) error {
			b := tx.Bucket([]byte("heads"))
			v := string(b.Get([]byte(origin)))
			if !strings.Contains(v, old) {
				t.Fatalf("no %q in the head", old)
			}
			return b.Put([]byte(origin), []byte(strings.Replace(v, old, new, 1)))
		}
	}
	cases := []struct {
		name, file string
		harm       func(*bbolt.Tx) error
	}{
		{"a checkpoint with another name", last, head("\\n— ", "\\n— x")},
		{"a checkpoint of another size", last, head(`\n301\n`, `\n302\n`)},
		{"a missing last entry", last, func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte("leaves")).Bucket([]byte(origin)).Delete([]byte{0, 0, 0, 0, 0, 0, 1, 0x2c})
		}},
		{"a kept checkpoint that was changed", keptFile(t, files, origin), func(tx *bbolt.Tx) error {
			b := tx.Bucket([]byte("checkpoints")).Bucket([]byte(origin))
			k, v := b.Cursor().First()
			return b.Put(append([]byte(nil), k...), []byte(strings.Replace(string(v), "\n256\n", "\n255\n", 1)))
		}},
	}
	for _, c := range cases {
		was, err := os.ReadFile(c.file)
		if err != nil {
			t.Fatal(err)
		}
		change(t, c.file, c.harm)
		if r := report(t, o.Dir); r.OK {
			t.Errorf("%s is not found", c.name)
		}
		if err := os.WriteFile(c.file, was, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if r := report(t, o.Dir); !r.OK {
		t.Errorf("put back: %v", r.Findings)
	}
}

// keptFile is the file with the origin's checkpoint at 256.
func keptFile(t *testing.T, files []string, origin string) string {
	t.Helper()
	for _, f := range files {
		kept := false
		change(t, f, func(tx *bbolt.Tx) error {
			kept = tx.Bucket([]byte("checkpoints")).Bucket([]byte(origin)) != nil
			return nil
		})
		if kept {
			return f
		}
	}
	t.Fatal("no checkpoint at 256 is kept")
	return ""
}

// pick gives the origin and the value of the newest record with a payload.
func pick(t *testing.T, path string) (origin string, value []byte) {
	t.Helper()
	change(t, path, func(tx *bbolt.Tx) error {
		k, _ := tx.Bucket([]byte("leaves")).Cursor().First()
		origin = string(k)
		_, v := tx.Bucket([]byte("leaves")).Bucket(k).Cursor().Last()
		value = append([]byte(nil), v...)
		return nil
	})
	return origin, value
}

func put(t *testing.T, path, origin string, value []byte) {
	t.Helper()
	change(t, path, func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte("leaves")).Bucket([]byte(origin))
		k, _ := b.Cursor().Last()
		return b.Put(append([]byte(nil), k...), value)
	})
}

func change(t *testing.T, path string, fn func(*bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(fn)
	if cerr := db.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		t.Fatal(err)
	}
}

func report(t *testing.T, dir string) tlog.VerifyReport {
	t.Helper()
	j, err := journal.OpenReadOnly(t.Context(), dir)
	if err != nil {
		return tlog.VerifyReport{Findings: []string{err.Error()}}
	}
	defer closeOnce(t, j)
	return j.VerifyReport(t.Context())
}
