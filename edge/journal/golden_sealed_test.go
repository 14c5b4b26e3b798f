package journal_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/cryptotest"
	"time"

	"go.etcd.io/bbolt"

	"pitlane/edge/journal"
	"pitlane/edge/tlog"
	"pitlane/edge/vault"
)

// holdsV2: payloads sealed, with the keys beside; a peer's log of which some keys came;
// a visit that is erased; a beginning that is trimmed; a cosigned end.
func holdsV2(t *testing.T, shop testShop, o journal.Options) {
	keys := shop.vault(t, o.Dir, "demo-bay-1")
	o.Keys = keys
	j := shop.open(t, o)
	cut := low(j, j.Origin())
	for _, err := range j.Read(t.Context(), j.Origin(), 0) {
		if !errors.Is(err, journal.ErrTrimmed) || cut == 0 {
			t.Errorf("it begins at %d, and what is below reads as %v", cut, err)
		}
		break
	}
	entries := readFrom(t, j, j.Origin(), cut)
	last := entries[len(entries)-1]
	if last.Seq != 653 || payload(last) != `{"n":650}` {
		t.Errorf("the last entry is %d and says %q", last.Seq, payload(last))
	}
	for _, e := range entries {
		erased, outlives := e.Job == "job-5", e.Kind == vault.KindErased
		if closed := e.Work == nil; closed != (erased && !outlives) {
			t.Errorf("entry %d (%s): closed %v", e.Seq, e.Kind, closed)
		}
		if e.ContactCommit != (journal.Hash{}) && !erased && (e.Contact == nil || string(e.Contact.Payload) != plantedContact) {
			t.Errorf("entry %d: contact cannot be read", e.Seq)
		}
	}
	desk := j.Tips()[1].Origin
	if peers := readFrom(t, j, desk, low(j, desk)); payload(peers[1]) != plantedWork || peers[1].SealedContact == nil || peers[1].Contact != nil || peers[2].Work != nil || peers[2].SealedWork == nil {
		t.Error("of the peer's log other payloads can be read than the keys that came allow")
	}
	if c, ok := j.Cosigned(j.Origin()); !ok || c.Size != 654 {
		t.Errorf("the cosigned checkpoint is %d, %v", c.Size, ok)
	}
	if !keys.Erased("job-5", tlog.Work) || !keys.Erased("job-5", tlog.Contact) {
		t.Error("the vault does not know of the erasure")
	}
	goesOnFrom(t, j, entries)
}

func readFrom(t *testing.T, j *journal.Journal, origin string, from uint64) (out []journal.Entry) {
	t.Helper()
	for e, err := range j.Read(t.Context(), origin, from) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

// TestTheGoldenFolderIsWhatThisProgramWrites makes the newest golden folder anew, from
// the same randomness, and compares all that is in it: who changes the format makes a
// new one beside it. One that is there is never written again.
func TestTheGoldenFolderIsWhatThisProgramWrites(t *testing.T) {
	cryptotest.SetGlobalRandom(t, 2)
	dir := sealedFolder(t)
	golden := goldenFolder("v3")
	if _, err := os.Stat(golden); err != nil && flag.Lookup("update").Value.String() == "true" {
		packFolder(t, dir, golden)
	}
	kept := filepath.Join(t.TempDir(), "kept")
	unpackFolder(t, golden, kept)
	got, want := rowsOf(t, dir), rowsOf(t, kept)
	for _, at := range slices.Sorted(maps.Keys(want)) {
		if g, ok := got[at]; !ok || !bytes.Equal(g, want[at]) {
			t.Errorf("%s: got %q, want %q", at, g, want[at])
		}
		delete(got, at)
	}
	for at := range got {
		t.Errorf("%s is new", at)
	}
}

// sealedFolder is the life of a node with its keys, always the same.
func sealedFolder(t *testing.T) (dir string) {
	t.Helper()
	shop := newTestShop("demo-bay-1", "demo-desk")
	dir = filepath.Join(t.TempDir(), "demo-bay-1")
	o := shop.options(dir, "demo-bay-1")
	o.SegmentLeaves = 100
	keys := shop.stillVault(t, dir, "demo-bay-1")
	o.Keys = keys
	j := shop.open(t, o)
	other := shop.options(filepath.Join(t.TempDir(), "demo-desk"), "demo-desk")
	deskKeys := shop.stillVault(t, other.Dir, "demo-desk")
	other.Keys = deskKeys
	desk := shop.open(t, other)

	for n := range 8 {
		visit(t, j, keys, "job-"+string(rune('0'+n)))
	}
	appendMany(t, j, 300)
	appendOne(t, j, journal.Draft{Kind: vault.KindErased, Job: "job-5", Work: []byte(`{"by":"SA1"}`), Outlives: true})
	if err := keys.CatchUp(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	appendMany(t, j, 200)
	visit(t, desk, deskKeys, "job-8")
	carry(t, desk, j, desk.Origin(), 1<<20)
	readAll(t, j, desk.Origin())
	give(t, deskKeys, keys, "demo-desk", "demo-bay-1")
	visit(t, desk, deskKeys, "job-9") // its keys never come
	carry(t, desk, j, desk.Origin(), 1<<20)
	appendMany(t, j, 143)
	appendOne(t, j, pause(650))
	handOver(t, j, desk)
	if err := j.TakeCosigned(cosign(t, desk, j.Origin())); err != nil {
		t.Fatal(err)
	}
	if done, err := j.Trim(t.Context(), anything(400)); err != nil || done.Files == 0 {
		t.Fatalf("trimmed %+v, %v", done, err)
	}
	closeOnce(t, j)
	closeOnce(t, desk)
	if err := errors.Join(keys.Close(), deskKeys.Close()); err != nil {
		t.Fatal(err)
	}
	writeRoster(t, dir)
	return dir
}

// stillVault is a vault whose clock stands.
func (s testShop) stillVault(t *testing.T, dir, node string) *vault.Vault {
	t.Helper()
	v, err := vault.Open(vault.Options{Dir: dir, Node: node, Key: s.keys[node], Roster: s.roster,
		Now: func() time.Time { return time.UnixMilli(1_790_000_000_000) }})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// visit opens a visit with contact data; its keys are made in one order.
func visit(t *testing.T, j *journal.Journal, keys *vault.Vault, job string) {
	t.Helper()
	if err := errors.Join(keys.Ready(job, tlog.Work), keys.Ready(job, tlog.Contact)); err != nil {
		t.Fatal(err)
	}
	appendOne(t, j, visitor(job))
}

// rowsOf is what a folder holds: of a bbolt file its rows, since where its pages lie
// is chance; of any other file its bytes. Of the keys only that they are there: their
// order is chance, and the vault has its own golden file.
func rowsOf(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	rows := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "lock" {
			return err
		}
		at := strings.TrimPrefix(path, dir)
		if filepath.Ext(path) == ".db" && d.Name() != "keys.db" {
			db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
			if err != nil {
				return err
			}
			err = db.View(func(tx *bbolt.Tx) error {
				return tx.ForEach(func(name []byte, b *bbolt.Bucket) error { return bucketRows(rows, at+" "+string(name), b) })
			})
			return errors.Join(err, db.Close())
		}
		rows[at], err = os.ReadFile(path)
		if d.Name() == "keys.db" {
			rows[at] = nil
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func bucketRows(rows map[string][]byte, at string, b *bbolt.Bucket) error {
	return b.ForEach(func(k, v []byte) error {
		if v == nil && b.Bucket(k) != nil {
			return bucketRows(rows, at+" "+hex.EncodeToString(k), b.Bucket(k))
		}
		rows[at+" "+hex.EncodeToString(k)] = bytes.Clone(v)
		return nil
	})
}
