package journal_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pitlane/edge/journal"
	"pitlane/edge/tlog"
	"pitlane/edge/vault"
)

// planted is what must never be found in clear.
const (
	plantedWork    = `{"plate":"PLANTED-PLATE"}`
	plantedContact = `{"name":"PLANTED NAME"}`
	marker         = "PLANTED"
)

func (s testShop) vault(t testing.TB, dir, node string) *vault.Vault {
	t.Helper()
	v, err := vault.Open(vault.Options{Dir: dir, Node: node, Key: s.keys[node], Roster: s.roster})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}

// sealed opens a journal with its vault.
func (s testShop) sealed(t testing.TB, dir, node string) (*journal.Journal, *vault.Vault) {
	t.Helper()
	o := s.options(dir, node)
	v := s.vault(t, dir, node)
	o.Keys = v
	return s.open(t, o), v
}

func find(t testing.TB, dir, what string) (in []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte(what)) {
			in = append(in, filepath.Base(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func visitor(job string) journal.Draft {
	return journal.Draft{Kind: "job.opened", Job: job, Work: []byte(plantedWork), Contact: []byte(plantedContact)}
}

func TestPayloadsRestAndTravelSealed(t *testing.T) {
	shop := newTestShop("demo-bay-1", "demo-desk")
	dirs := map[string]string{"demo-bay-1": t.TempDir(), "demo-desk": t.TempDir()}
	bay, bayKeys := shop.sealed(t, dirs["demo-bay-1"], "demo-bay-1")
	desk, deskKeys := shop.sealed(t, dirs["demo-desk"], "demo-desk")
	e := appendOne(t, bay, visitor("j1"))
	if payload(e) != plantedWork {
		t.Error("who wrote it does not get it back")
	}
	seg, err := bay.Segment(t.Context(), bay.Origin(), 0, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range seg.Entries {
		if x.Work != nil || x.Contact != nil {
			t.Error("a segment holds a payload in clear")
		}
	}
	carry(t, bay, desk, bay.Origin(), 1<<20)
	got := readAll(t, desk, bay.Origin())[1]
	if got.Work != nil || got.SealedWork == nil {
		t.Fatalf("without the key: opening %v, sealed %v", got.Work, got.SealedWork)
	}
	if r := desk.VerifyReport(t.Context()); !r.OK || !strings.Contains(strings.Join(r.Proven, " "), "keys are not here") {
		t.Errorf("without the key verify says %+v", r)
	}
	give(t, bayKeys, deskKeys, "demo-bay-1", "demo-desk")
	got = readAll(t, desk, bay.Origin())[1]
	if payload(got) != plantedWork {
		t.Error("with the key it is not readable")
	}
	mustVerify(t, desk)
	mustVerify(t, bay)
	for node, dir := range dirs {
		if in := find(t, dir, marker); in != nil {
			t.Errorf("%s: in clear in %v", node, in)
		}
	}
}

func give(t testing.TB, from, to *vault.Vault, fromName, toName string) {
	t.Helper()
	var ids []tlog.KeyID
	for id := range to.Missing() {
		ids = append(ids, id)
	}
	public, sig := to.Receiver()
	box, boxSig, err := from.Wrap(toName, public, sig, ids)
	if err == nil {
		err = to.Unwrap(fromName, box, boxSig)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestABoxThatItsKeyDoesNotOpenIsRefused(t *testing.T) {
	shop := newTestShop("demo-bay-1", "demo-desk")
	bay, bayKeys := shop.sealed(t, t.TempDir(), "demo-bay-1")
	desk, deskKeys := shop.sealed(t, t.TempDir(), "demo-desk")
	appendOne(t, bay, visitor("j1"))
	carry(t, bay, desk, bay.Origin(), 1<<20)
	give(t, bayKeys, deskKeys, "demo-bay-1", "demo-desk")
	appendOne(t, bay, visitor("j1"))
	appendOne(t, bay, visitor("j1"))
	seg, err := bay.Segment(t.Context(), bay.Origin(), 2, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	seg.Entries[0].SealedWork, seg.Entries[1].SealedWork = seg.Entries[1].SealedWork, seg.Entries[0].SealedWork
	if err := desk.Adopt(t.Context(), seg); !errors.Is(err, tlog.ErrForged) {
		t.Errorf("boxes that changed places: %v", err)
	}
	seg.Entries[0].SealedWork, seg.Entries[1].SealedWork = seg.Entries[1].SealedWork, seg.Entries[0].SealedWork
	if err := desk.Adopt(t.Context(), seg); err != nil {
		t.Errorf("boxes in their places: %v", err)
	}
}

// TestAClearJournalIsSealedOnce: what an earlier version kept in clear is opened,
// sealed, and never written in clear again.
func TestAClearJournalIsSealedOnce(t *testing.T) {
	shop := newTestShop("demo-bay-1", "demo-desk")
	dir := t.TempDir()
	o := shop.options(dir, "demo-bay-1")
	o.SegmentLeaves = 3
	j := shop.open(t, o)
	for range 5 {
		appendOne(t, j, visitor("j1"))
	}
	before := readAll(t, j, j.Origin())
	closeOnce(t, j)
	if find(t, dir, marker) == nil {
		t.Fatal("nothing is in clear: this test shows nothing")
	}
	o.Keys = shop.vault(t, dir, "demo-bay-1")
	j = shop.open(t, o)
	if in := find(t, dir, marker); in != nil {
		t.Errorf("in clear in %v", in)
	}
	after := readAll(t, j, j.Origin())
	for i := range before {
		if before[i].Hash != after[i].Hash || payload(before[i]) != payload(after[i]) {
			t.Errorf("entry %d is another one", i)
		}
	}
	mustVerify(t, j)
	appendOne(t, j, visitor("j2"))
	mustVerify(t, j)
	closeOnce(t, j)
	o.Keys = nil
	if _, err := journal.Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), "without its keys") {
		t.Errorf("written without keys: %v", err)
	}
	o.Keys = shop.vault(t, t.TempDir(), "demo-bay-1") // keys.db is lost
	j = shop.open(t, o)
	if e := readAll(t, j, j.Origin())[1]; e.Work != nil || e.SealedWork == nil {
		t.Error("it opens without its keys")
	}
	mustVerify(t, j)
}

func TestErasedPayloadsAreGoneAndTheLogStaysProven(t *testing.T) {
	shop := newTestShop("demo-bay-1", "demo-desk")
	j, keys := shop.sealed(t, t.TempDir(), "demo-bay-1")
	appendOne(t, j, visitor("j1"))
	appendOne(t, j, visitor("j2"))
	appendOne(t, j, journal.Draft{Kind: vault.KindErased, Job: "j1", Work: []byte(`{"by":"SA1"}`), Outlives: true})
	if err := keys.CatchUp(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	late := appendOne(t, j, visitor("j1"))
	es := readAll(t, j, j.Origin())
	for i, want := range map[int]string{1: "", 2: plantedWork, 3: `{"by":"SA1"}`, int(late.Seq): ""} {
		if got := payload(es[i]); got != want {
			t.Errorf("entry %d holds %q, want %q", i, got, want)
		}
	}
	mustVerify(t, j)
}
