package journal

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"pitlane/edge/tlog"
	"pitlane/housetest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// goldenLeaf is a leaf of the golden ones, which edge/tlog holds and recomputes.
func goldenLeaf(t testing.TB, name string) []byte {
	t.Helper()
	leaf, err := os.ReadFile(filepath.Join("..", "tlog", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return leaf
}

// goldenOpenings are those that the golden leaf commits to.
func goldenOpenings() (work, contact *Opening) {
	work = &Opening{Payload: []byte(`{"bay":"demo-bay-1","by":"te1"}`)}
	contact = &Opening{Payload: []byte(`{"wishes":"none"}`)}
	for i := range work.Salt {
		work.Salt[i], contact.Salt[i] = byte(i), byte(255-i)
	}
	return work, contact
}

func TestTheRecordFormatIsTheGoldenOne(t *testing.T) {
	t.Parallel()
	leaf, bare := goldenLeaf(t, "leaf-v1.txt"), goldenLeaf(t, "leaf-v1-bare.txt")
	work, contact := goldenOpenings()
	var tree tlog.Frontier
	r := record{hashes: tree.Add(tlog.LeafHash(bare)), leaf: bare}
	housetest.Golden(t, *update, "record-v1-bare.bin", r.encode())
	r = record{hashes: tree.Add(tlog.LeafHash(leaf)), leaf: leaf, work: work, contact: contact}
	housetest.Golden(t, *update, "record-v1.bin", r.encode())
	e, err := r.entry()
	if err == nil {
		err = e.CheckOpenings()
	}
	if err != nil {
		t.Error(err)
	}
}

func FuzzRecord(f *testing.F) {
	work, _ := goldenOpenings()
	f.Add(record{hashes: []Hash{{1}}, leaf: goldenLeaf(f, "leaf-v1.txt"), work: work}.encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := decodeRecord(b)
		if err == nil && !bytes.Equal(r.encode(), b) {
			t.Errorf("%x is rebuilt otherwise", b)
		}
	})
}

// TestASealedRecordIsTheGoldenOne: and any flipped bit of its sealed payloads is
// seen without their keys.
func TestASealedRecordIsTheGoldenOne(t *testing.T) {
	leaf := goldenLeaf(t, "leaf-v1.txt")
	r := record{hashes: []Hash{{1}}, leaf: leaf,
		sealedWork: &tlog.Sealed{Key: tlog.KeyID{2}, Box: []byte("nonce, ciphertext and tag of work")}, sealedContact: &tlog.Sealed{Key: tlog.KeyID{3}, Box: []byte("of contact")}}
	b := r.encode()
	housetest.Golden(t, *update, "record-v2.bin", b)
	back, err := decodeRecord(b)
	if err != nil || !bytes.Equal(back.encode(), b) {
		t.Errorf("it does not come back: %v", err)
	}
	for i := len(b) - len(r.sealedWork.Box) - len(r.sealedContact.Box) - 41; i < len(b); i++ {
		for bit := range 8 {
			flipped := bytes.Clone(b)
			flipped[i] ^= 1 << bit
			if _, err := decodeRecord(flipped); err == nil {
				t.Errorf("bit %d of byte %d of %d can be flipped", bit, i, len(b))
			}
		}
	}
}
