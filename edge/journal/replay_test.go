package journal_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"pitlane/edge/journal"
	"pitlane/edge/redo"
)

// afterCut makes the folder that a power cut leaves at its worst: of what was written to
// the newest segment file without a sync nothing is on disk, and what the redo log holds
// is. It gives the folder and what was acknowledged.
func afterCut(t *testing.T, shop testShop) (dir string, want []journal.Entry) {
	t.Helper()
	j := shop.journal(t, "demo-bay-1")
	from := journal.Dir(j)
	dir = filepath.Join(t.TempDir(), "cut")
	must(t, os.CopyFS(dir, os.DirFS(from)))
	file := filepath.Join("segments", "000001.db")
	before, err := os.ReadFile(filepath.Join(from, file))
	must(t, err)
	base, ok, err := redo.Read(filepath.Join(from, "redo"))
	if err != nil || !ok {
		t.Fatalf("nothing is pending: %v", err)
	}
	// The first commit is in the file already: a cut could have left the base's pages.
	copy(before, base.Base)
	for n := range 40 {
		appendOne(t, j, pause(n))
	}
	want = readAll(t, j, j.Origin())
	log, err := os.ReadFile(filepath.Join(from, "redo"))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, file), before, 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "redo"), log, 0o600))
	return dir, want
}

func sameLog(t *testing.T, got, want []journal.Entry) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d entries, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i].Hash != want[i].Hash {
			t.Errorf("entry %d is another one", i)
		}
	}
}

func TestWhatOnlyTheRedoLogHoldsIsThereAfterAPowerCut(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1")
	dir, want := afterCut(t, shop)
	j := shop.open(t, shop.options(dir, "demo-bay-1"))
	sameLog(t, readAll(t, j, want[0].Origin), want)
	if j.Origin() != want[0].Origin || len(j.Mended()) > 0 {
		t.Errorf("something was mended: %q", j.Mended())
	}
	appendOne(t, j, pause(99))
	mustVerify(t, j)
	closeOnce(t, j)
	if _, err := os.Stat(filepath.Join(dir, "redo")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a journal that was closed has a redo log: %v", err)
	}
}

// TestWhoOnlyLooksSeesWhatIsPending, and changes nothing.
func TestWhoOnlyLooksSeesWhatIsPending(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1")
	dir, want := afterCut(t, shop)
	files := func() map[string][]byte {
		out := map[string][]byte{}
		for _, name := range []string{"redo", "segments/000001.db"} {
			b, err := os.ReadFile(filepath.Join(dir, name))
			must(t, err)
			out[name] = b
		}
		return out
	}
	before := files()
	j, err := journal.OpenReadOnly(t.Context(), dir)
	must(t, err)
	sameLog(t, readAll(t, j, want[0].Origin), want)
	closeOnce(t, j)
	for name, b := range files() {
		if !bytes.Equal(b, before[name]) {
			t.Errorf("%s was changed", name)
		}
	}
	r, err := journal.Salvage(filepath.Join(dir, "segments", "000001.db"), t.TempDir())
	if err != nil || r.Entries != len(want) {
		t.Errorf("salvaged %d of %d entries (%v)", r.Entries, len(want), err)
	}
}

// TestADamagedFileIsMendedFromTheRedoLogToo: the file cannot be led on, and what was
// pending is found all the same.
func TestADamagedFileIsMendedFromTheRedoLogToo(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1")
	dir, want := afterCut(t, shop)
	path := filepath.Join(dir, "segments", "000001.db")
	b, err := os.ReadFile(path)
	must(t, err)
	for page := 2; page < 12; page++ { // all that the base's tree has
		copy(b[page*4096:(page+1)*4096], bytes.Repeat([]byte("damaged "), 512))
	}
	must(t, os.WriteFile(path, b, 0o600))
	j := shop.open(t, shop.options(dir, "demo-bay-1"))
	if j.Origin() == want[0].Origin || len(j.Mended()) == 0 {
		t.Fatal("nothing was mended: this test shows nothing")
	}
	sameLog(t, readAll(t, j, want[0].Origin), want)
	mustVerify(t, j)
	closeOnce(t, j)
	for range 2 { // the log that was set aside is not taken for the new file's
		j = shop.open(t, shop.options(dir, "demo-bay-1"))
		appendOne(t, j, pause(7))
		mustVerify(t, j)
		closeOnce(t, j)
	}
}

// TestARedoLogOfANewerFileIsSetAside: an older copy of the segment files was put back
// beside it.
func TestARedoLogOfANewerFileIsSetAside(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1")
	dir := filepath.Join(t.TempDir(), "n")
	o := shop.options(dir, "demo-bay-1")
	j := shop.open(t, o)
	for n := range 10 {
		appendOne(t, j, pause(n))
	}
	closeOnce(t, j)
	older := filepath.Join(t.TempDir(), "older")
	must(t, os.CopyFS(older, os.DirFS(filepath.Join(dir, "segments"))))
	j = shop.open(t, o)
	for n := range 10 {
		appendOne(t, j, pause(n))
	}
	closeOnce(t, j)
	j = shop.open(t, o)
	appendOne(t, j, pause(1))
	killed := filepath.Join(t.TempDir(), "killed")
	must(t, os.CopyFS(killed, os.DirFS(dir)))
	must(t, os.RemoveAll(filepath.Join(killed, "segments")))
	must(t, os.CopyFS(filepath.Join(killed, "segments"), os.DirFS(older)))
	was := j.Origin()
	j = shop.open(t, shop.options(killed, "demo-bay-1"))
	if _, err := os.Stat(filepath.Join(killed, "redo.quarantine")); err != nil {
		t.Errorf("the log is not set aside: %v", err)
	}
	if j.Origin() == was {
		t.Error("an older copy goes on under the same origin")
	}
	appendOne(t, j, pause(2))
	mustVerify(t, j)
}

// TestTheFileOfALoneWriterStaysSmall: while a base is held bbolt takes pages from the
// file's end that it cannot use again; the file would be some pages larger with each
// commit.
func TestTheFileOfALoneWriterStaysSmall(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1")
	o := shop.options(filepath.Join(t.TempDir(), "n"), "demo-bay-1")
	o.SelfCheck = false
	j := shop.open(t, o)
	appendMany(t, j, 20_000) // the log is large then, and a base would be held for long
	must(t, journal.Roll(j))
	for n := range 1500 {
		appendOne(t, j, pause(n))
	}
	if used := journal.NewestBytes(j); used > 4<<20 {
		t.Errorf("1,500 entries, each committed alone, take %d KiB", used>>10)
	}
}

// A base and a closed file bear their free list, so that no start has to walk through
// the whole file for it; what is committed in between does not write it.
func TestAFileBearsItsFreeListWhereAStartReadsIt(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1")
	j := shop.journal(t, "demo-bay-1")
	dir, bases, without := journal.Dir(j), map[string]bool{}, 0
	file := filepath.Join(dir, "segments", "000001.db")
	for n := range 400 {
		appendOne(t, j, pause(n))
		p, ok, err := redo.Read(filepath.Join(dir, "redo"))
		if err != nil || !ok {
			t.Fatalf("nothing is pending: %v", err)
		}
		if bases[string(p.Base)] = true; !bearsFreeList(p.Base) {
			t.Fatalf("after %d entries the base bears no free list", n)
		}
		now, err := redo.Base(file)
		must(t, err)
		if !bearsFreeList(now) {
			without++
		}
	}
	if len(bases) < 3 || without < 300 {
		t.Errorf("%d bases, want some; %d of 400 commits wrote no free list, want nearly all", len(bases), without)
	}
	closeOnce(t, j)
	end, err := redo.Base(file)
	must(t, err)
	if !bearsFreeList(end) {
		t.Error("a closed file bears no free list")
	}
}

// bearsFreeList says whether the newer of two meta pages of bbolt names a free list.
func bearsFreeList(metas []byte) bool {
	list, newest := uint64(0), uint64(0)
	for half := range 2 {
		meta := metas[half*len(metas)/2+16:]
		if tx := binary.NativeEndian.Uint64(meta[48:]); tx >= newest {
			list, newest = binary.NativeEndian.Uint64(meta[32:]), tx
		}
	}
	return list != 1<<64-1
}
