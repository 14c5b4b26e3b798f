package journal_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pitlane/edge/journal"
)

// One bit of a stored entry that turned, in a file whose pages are whole: nobody is given
// the changed entry, verify names it and it alone, the next start mends the file, and the
// entry comes back from a peer as it was written.
func TestAChangedEntryIsNeverRead(t *testing.T) {
	t.Parallel()
	shop, o := stopped(t, 250)
	o.SelfCheck = false
	peer := shop.open(t, shop.options(filepath.Join(t.TempDir(), "d"), "demo-desk"))
	j := shop.open(t, o)
	old := j.Origin()
	before := readAll(t, j, old)
	carry(t, j, peer, old, 1<<20)
	closeOnce(t, j)
	const seq = 31
	path := filepath.Join(o.Dir, "segments", "000001.db")
	b, err := os.ReadFile(path)
	must(t, err)
	leaf := before[seq].Leaf
	changed := bytes.Replace(leaf, []byte(`"k":"work`), []byte(`"k":"wori`), 1)
	if n := bytes.Count(b, leaf); n == 0 || bytes.Equal(leaf, changed) {
		t.Fatalf("%d copies of %s: this test shows nothing", n, leaf)
	}
	must(t, os.WriteFile(path, bytes.ReplaceAll(b, leaf, changed), 0o600))
	writeRoster(t, o.Dir)
	if r := report(t, o.Dir); r.OK || len(r.Findings) != 1 || !strings.Contains(r.Findings[0], "seq 31 (segments/000001.db): the entry is not the one that was written") {
		t.Errorf("verify says %q", r.Findings)
	}

	j = shop.open(t, o)
	if _, err := j.Job(t.Context(), before[seq].Job); err == nil {
		t.Error("the visit is read with the changed entry")
	}
	n := 0
	for e, err := range j.Read(t.Context(), old, 0) {
		if err != nil {
			break
		}
		if n++; !bytes.Equal(e.Leaf, before[e.Seq].Leaf) {
			t.Errorf("seq %d is read as %s", e.Seq, e.Leaf)
		}
	}
	if n > seq || j.Damaged() == nil {
		t.Errorf("%d entries are read, damage: %v", n, j.Damaged())
	}
	closeOnce(t, j)
	j = shop.open(t, o)
	if len(j.Mended()) == 0 {
		t.Error("the next start mends nothing")
	}
	carry(t, peer, j, old, 1<<20)
	for i, e := range readAll(t, j, old) {
		if !bytes.Equal(e.Leaf, before[i].Leaf) {
			t.Errorf("seq %d came back as %s", i, e.Leaf)
		}
	}
	if got := size(j, old); got != uint64(len(before)) {
		t.Errorf("%d entries came back, want %d", got, len(before))
	}
	mustVerify(t, j)
	if e := appendOne(t, j, journal.Draft{Kind: "work.paused", Request: before[seq].Request}); e.Hash != before[seq].Hash {
		t.Error("its request is not known any more")
	}
}
