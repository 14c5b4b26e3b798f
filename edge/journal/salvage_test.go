package journal_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pitlane/edge/journal"
	"pitlane/edge/tlog"
)

func TestSalvageTakesOutWhatChecksOut(t *testing.T) {
	t.Parallel()
	shop, o := stopped(t, 80)
	j := shop.open(t, o)
	want := map[uint64]journal.Entry{}
	for _, e := range readAll(t, j, j.Origin()) {
		want[e.Seq] = e
	}
	origin := j.Origin()
	closeOnce(t, j)
	path := filepath.Join(o.Dir, "segments", "000001.db")
	for name, harm := range map[string]func() error{
		"whole":          func() error { return nil },
		"without fronts": func() error { return scribble(path, 0, 8192) },
	} {
		if err := harm(); err != nil {
			t.Fatal(err)
		}
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		r, err := journal.Salvage(path, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
			t.Errorf("%s: the file was changed (%v)", name, err)
		}
		text, err := os.ReadFile(r.Files[origin])
		if err != nil || r.Entries != 81+6 {
			t.Fatalf("%s: %+v (%v)", name, r, err)
		}
		for line := range strings.Lines(string(text)) {
			var got struct {
				Seq  uint64
				Hash journal.Hash
				Leaf string
				Work json.RawMessage
			}
			if err := json.Unmarshal([]byte(line), &got); err != nil {
				t.Fatal(err)
			}
			if e := want[got.Seq]; got.Leaf != string(e.Leaf) || got.Hash != e.Hash || e.Work != nil && string(got.Work) != payload(e) {
				t.Errorf("%s: seq %d comes out otherwise: %s", name, got.Seq, line)
			}
		}
	}
}

// Whatever lies in a file, salvage ends and takes out nothing that has not the hash it
// was stored with.
func FuzzSalvage(f *testing.F) {
	dir := f.TempDir()
	shop := newTestShop("demo-bay-1")
	o := shop.options(filepath.Join(dir, "n"), "demo-bay-1")
	j := shop.open(f, o)
	appendMany(f, j, 30)
	closeOnce(f, j)
	whole, err := os.ReadFile(filepath.Join(o.Dir, "segments", "000001.db"))
	if err != nil {
		f.Fatal(err)
	}
	whole = whole[:20*4096]
	f.Add(whole, uint64(1))
	f.Add([]byte{}, uint64(2))
	f.Fuzz(func(t *testing.T, b []byte, seed uint64) {
		b = bytes.Clone(b)
		rnd := rand.New(rand.NewPCG(seed, 1))
		for range rnd.IntN(20) {
			if len(b) > 0 {
				b[rnd.IntN(len(b))] ^= byte(1 << rnd.IntN(8))
			}
		}
		path := filepath.Join(t.TempDir(), "x.db")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := journal.Salvage(path, filepath.Join(t.TempDir(), "out"))
		if err != nil {
			t.Fatal(err)
		}
		for _, of := range r.Files {
			text, err := os.ReadFile(of)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(text)) {
				var got struct {
					Hash journal.Hash
					Leaf string
				}
				if err := json.Unmarshal([]byte(line), &got); err != nil || tlog.LeafHash([]byte(got.Leaf)) != got.Hash {
					t.Fatalf("%v: %s", err, line)
				}
			}
		}
	})
}
