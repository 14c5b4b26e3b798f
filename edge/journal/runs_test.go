package journal

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"
)

func inIndex(t *testing.T) *bbolt.DB {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(t.TempDir(), "x.db"), 0o600, &bbolt.Options{NoSync: true})
	if err == nil {
		err = db.Update(func(tx *bbolt.Tx) error {
			_, err := tx.CreateBucket([]byte(bucketRuns))
			return err
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// TestARequestIsFoundInWhateverRunItLies: as many flushes of every size, ids given
// again among them: each id is found as it was last written, none that was never given,
// and there are few runs to look in.
func TestARequestIsFoundInWhateverRunItLies(t *testing.T) {
	t.Parallel()
	db, want := inIndex(t), map[RequestID]ref{}
	rnd := rand.New(rand.NewPCG(1, 2))
	var given []RequestID
	again := map[RequestID]bool{}
	for range 60 {
		next := map[RequestID]ref{}
		for range 1 + rnd.IntN(1+rnd.IntN(800)) {
			var id RequestID
			binary.BigEndian.PutUint64(id[:], rnd.Uint64())
			if len(given) > 0 && rnd.IntN(20) == 0 {
				id = given[rnd.IntN(len(given))]
				again[id] = true
			}
			given = append(given, id)
			next[id] = ref{fmt.Sprintf("demo-bay-1/%d", rnd.IntN(3)), rnd.Uint64N(1 << 40)}
		}
		for id, to := range next {
			want[id] = to
		}
		if err := db.Update(func(tx *bbolt.Tx) error { return putRun(tx, newRun(next)) }); err != nil {
			t.Fatal(err)
		}
	}
	slim := inIndex(t)
	lows := map[string]uint64{"demo-bay-1/1": 1 << 39, "demo-bay-1/2": 1 << 41}
	if err := copyRuns(slim, db, lows); err != nil {
		t.Fatal(err)
	}
	look := func(in *bbolt.DB, id RequestID) (to ref, ok bool) {
		if err := in.View(func(tx *bbolt.Tx) error {
			var err error
			to, ok, err = findRequest(tx, id)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return to, ok
	}
	for id, at := range want {
		if to, ok := look(db, id); !ok || to != at {
			t.Fatalf("%x is at %v (%v), want %v", id, to, ok, at)
		}
		if to, ok := look(slim, id); !again[id] && (ok != (at.seq >= lows[at.origin]) || ok && to != at) {
			t.Fatalf("without what is trimmed %x is at %v (%v), want %v", id, to, ok, at)
		}
		id[15] ^= 1
		if to, ok := look(db, id); ok {
			t.Fatalf("%x was never given and is at %v", id, to)
		}
	}
	if err := db.View(func(tx *bbolt.Tx) error {
		if runs := tx.Bucket([]byte(bucketRuns)).Stats().KeyN; runs > 16 {
			t.Errorf("%d ids lie in %d runs", len(want), runs)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func FuzzDecodeRun(f *testing.F) {
	r := newRun(map[RequestID]ref{{1}: {"demo-bay-1/0", 7}, {2}: {"demo-bay-1/1", 9}})
	f.Add(r.encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := decodeRun(b)
		if err != nil {
			return
		}
		_, _, _ = r.find(RequestID{1})
		if out, err := joinRuns(r, r, anyRef); err == nil && out.count() > 2*r.count() {
			t.Error("joined, it has more rows")
		}
	})
}

// TestADamagedRunIsMadeAnew: an index that cannot be read is gone at the next start.
func TestADamagedRunIsMadeAnew(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "meta.db")
	x, err := openIndex(path, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := x.db.Update(func(tx *bbolt.Tx) error { return in(tx, bucketRuns).Put(seqKey(0), []byte("damaged")) }); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := x.request(RequestID{1}); err == nil || ok {
		t.Errorf("a damaged run says %v, %v", ok, err)
	}
	if err := x.close(); err != nil {
		t.Fatal(err)
	}
	if x, err = openIndex(path, false); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := x.request(RequestID{1}); err != nil || ok {
		t.Errorf("made anew it says %v, %v", ok, err)
	}
	if err := x.close(); err != nil {
		t.Fatal(err)
	}
}
