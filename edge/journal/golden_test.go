package journal_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"pitlane/edge/journal"
)

// formats are the versions that a folder on disk may have: each has its golden
// folder in testdata. The newest is what this program writes.
func formats() []string { return []string{"v1", "v2", "v3"} }

func goldenFolder(format string) string {
	return filepath.Join("testdata", "folder-"+format+".tar.gz")
}

// TestEveryPastFolderOpens opens the folders that earlier programs wrote.
func TestEveryPastFolderOpens(t *testing.T) {
	t.Parallel()
	holds := map[string]func(*testing.T, testShop, journal.Options){"v1": holdsV1, "v2": holdsV2, "v3": holdsV2}
	for _, format := range formats() {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			shop := newTestShop("demo-bay-1", "demo-desk")
			o := shop.options(filepath.Join(t.TempDir(), "n"), "demo-bay-1")
			o.SegmentLeaves = 100
			unpackFolder(t, goldenFolder(format), o.Dir)
			if r := report(t, o.Dir); !r.OK || len(r.Proven) != 2 {
				t.Fatalf("to look only: %v", r.Findings)
			}
			holds[format](t, shop, o)
		})
	}
}

// holdsV1: payloads in clear.
func holdsV1(t *testing.T, shop testShop, o journal.Options) {
	j := shop.open(t, o)
	entries := readAll(t, j, j.Origin())
	if len(entries) != 251 || payload(entries[250]) != `{"n":249}` {
		t.Errorf("%d entries, the last says %s", len(entries), payload(entries[len(entries)-1]))
	}
	goesOnFrom(t, j, entries)
}

// goesOnFrom: a folder of then is written on, and its index knows what is in it.
func goesOnFrom(t *testing.T, j *journal.Journal, entries []journal.Entry) {
	t.Helper()
	if got, err := j.Job(t.Context(), "job-3"); err != nil || len(got) < 36 {
		t.Errorf("the job has %d entries (%v)", len(got), err)
	}
	if e := appendOne(t, j, journal.Draft{Kind: "work.paused", Request: entries[7].Request}); e.Hash != entries[7].Hash {
		t.Error("a request of then is not known any more")
	}
	appendMany(t, j, 200)
	mustVerify(t, j)
}

// packFolder makes a golden folder of a stopped journal.
func packFolder(t *testing.T, dir, to string) {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "lock" {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := w.WriteHeader(&tar.Header{Name: rel, Mode: 0o600, Size: int64(len(body))}); err != nil {
			return err
		}
		_, err = w.Write(body)
		return err
	})
	if err = errors.Join(err, w.Close(), z.Close(), os.WriteFile(to, b.Bytes(), 0o644)); err != nil {
		t.Fatal(err)
	}
}

func unpackFolder(t *testing.T, from, dir string) {
	t.Helper()
	f, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, h.Name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, body, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
}
