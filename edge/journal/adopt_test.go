package journal_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"pitlane/edge/journal"
	"pitlane/edge/tlog"
	"pitlane/housetest"
)

func TestThreeJournalsConvergeInAnyOrder(t *testing.T) {
	t.Parallel()
	for seed := range housetest.Rounds(t, 2) {
		converge(t, rand.New(rand.NewPCG(uint64(seed), 1)))
	}
}

func converge(t *testing.T, rnd *rand.Rand) {
	t.Helper()
	names := []string{"demo-bay-1", "demo-bay-2", "demo-desk"}
	shop := newTestShop(names...)
	var js []*journal.Journal
	for _, n := range names {
		o := shop.options(filepath.Join(t.TempDir(), n), n)
		o.SegmentLeaves = 20 + rnd.IntN(40)
		js = append(js, shop.open(t, o))
	}
	step := func() {
		to, from := js[rnd.IntN(3)], js[rnd.IntN(3)]
		if rnd.IntN(2) == 0 {
			drafts := make([]journal.Draft, 1+rnd.IntN(4))
			for i := range drafts {
				drafts[i] = pause(rnd.IntN(1000))
			}
			if _, err := to.Append(t.Context(), drafts...); err != nil {
				t.Fatal(err)
			}
			return
		}
		tips := from.Tips()
		tip := tips[rnd.IntN(len(tips))]
		at := rnd.Uint64N(tip.Size)
		s, err := from.Segment(t.Context(), tip.Origin, at, rnd.IntN(20_000))
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Entries) == 0 {
			return
		}
		err = to.Adopt(t.Context(), s)
		if gap := at > size(to, tip.Origin); gap != errors.Is(err, tlog.ErrGap) || !gap && err != nil {
			t.Fatalf("adopt %d entries from %d of %d: %v", len(s.Entries), at, size(to, tip.Origin), err)
		}
	}
	for range 70 {
		step()
	}
	for _, from := range js { // everything goes by the desk, also what is not its own
		carry(t, from, js[2], from.Origin(), 3000)
	}
	for _, to := range js[:2] {
		for _, tip := range js[2].Tips() {
			carry(t, js[2], to, tip.Origin, 5000)
		}
	}
	same(t, js)
}

func same(t *testing.T, js []*journal.Journal) {
	t.Helper()
	want := js[0].Tips()
	for _, j := range js {
		got := j.Tips()
		if len(got) != len(want) {
			t.Fatalf("%d origins, want %d", len(got), len(want))
		}
		for i := range got {
			if got[i].Origin != want[i].Origin || got[i].Size != want[i].Size {
				t.Errorf("tip %s %d, want %s %d", got[i].Origin, got[i].Size, want[i].Origin, want[i].Size)
			}
			a, b := readAll(t, j, got[i].Origin), readAll(t, js[0], want[i].Origin)
			for k := range a {
				if a[k].Hash != b[k].Hash || payload(a[k]) != payload(b[k]) {
					t.Fatalf("%s seq %d differs", got[i].Origin, k)
				}
			}
		}
		mustVerify(t, j)
	}
}

// lending gives a journal and another that has nothing of it yet.
func lending(t *testing.T, n int) (from, to *journal.Journal) {
	t.Helper()
	shop := newTestShop("demo-bay-1", "demo-desk")
	from, to = shop.journal(t, "demo-bay-1"), shop.journal(t, "demo-desk")
	for i := range n {
		appendOne(t, from, pause(i))
	}
	return from, to
}

func segment(t *testing.T, j *journal.Journal, from uint64, limit int) journal.Segment {
	t.Helper()
	s, err := j.Segment(t.Context(), j.Origin(), from, limit)
	if err != nil || len(s.Entries) == 0 {
		t.Fatalf("segment from %d: %d entries, %v", from, len(s.Entries), err)
	}
	return s
}

func TestAnyPrefixOfASegmentVerifies(t *testing.T) {
	t.Parallel()
	from, _ := lending(t, 40)
	for _, limit := range []int{1, 1500, 3001, 7000, 12_000, 40_000} {
		shop := newTestShop("demo-bay-1", "demo-desk")
		to := shop.journal(t, "demo-desk")
		carry(t, from, to, from.Origin(), limit)
		if got := size(to, from.Origin()); got != 41 {
			t.Errorf("limit %d: %d entries, want 41", limit, got)
		}
		mustVerify(t, to)
	}
}

func TestAForgedSegmentIsRefusedWhole(t *testing.T) {
	t.Parallel()
	from, to := lending(t, 10)
	other := newTestShop("demo-bay-1", "demo-desk", "demo-bay-9").journal(t, "demo-bay-9")
	appendOne(t, other, pause(1))
	swap := func(b []byte, old, new string) []byte { return bytes.Replace(b, []byte(old), []byte(new), 1) }
	cases := map[string]struct {
		change func(*journal.Segment)
		want   error
	}{
		"a leaf changed":         {func(s *journal.Segment) { s.Entries[3].Leaf = swap(s.Entries[3].Leaf, "work.paused", "work.pausee") }, tlog.ErrForged},
		"a leaf with a space":    {func(s *journal.Segment) { s.Entries[3].Leaf = swap(s.Entries[3].Leaf, `,"k"`, `, "k"`) }, tlog.ErrForged},
		"a payload changed":      {func(s *journal.Segment) { s.Entries[3].Work.Payload = []byte(`{"n":9}`) }, tlog.ErrForged},
		"a salt changed":         {func(s *journal.Segment) { s.Entries[3].Work.Salt[0] ^= 1 }, tlog.ErrForged},
		"an opening too many":    {func(s *journal.Segment) { s.Entries[3].Contact = s.Entries[3].Work }, tlog.ErrForged},
		"two leaves swapped":     {func(s *journal.Segment) { s.Entries[3], s.Entries[4] = s.Entries[4], s.Entries[3] }, tlog.ErrForged},
		"a leaf left out":        {func(s *journal.Segment) { s.Entries = append(s.Entries[:3:3], s.Entries[4:]...) }, tlog.ErrForged},
		"the last cut, no proof": {func(s *journal.Segment) { s.Entries = s.Entries[:9] }, tlog.ErrForged},
		"a checkpoint changed":   {func(s *journal.Segment) { s.Checkpoint = swap(s.Checkpoint, "\n11\n", "\n12\n") }, tlog.ErrForged},
		"no checkpoint":          {func(s *journal.Segment) { s.Checkpoint = nil }, tlog.ErrForged},
		"nothing in it":          {func(s *journal.Segment) { s.Entries = nil }, tlog.ErrForged},
		"a stranger":             {func(s *journal.Segment) { *s = segment(t, other, 0, 1<<20) }, tlog.ErrUnknownOrigin},
		"another's name":         {func(s *journal.Segment) { s.Origin = to.Origin() }, tlog.ErrForged},
		"a later beginning":      {func(s *journal.Segment) { *s = segment(t, from, 4, 1<<20) }, tlog.ErrGap},
	}
	for name, c := range cases {
		s := segment(t, from, 0, 1<<20)
		c.change(&s)
		if err := to.Adopt(t.Context(), s); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if got := size(to, from.Origin()); got != 0 {
			t.Fatalf("%s: %d entries were kept", name, got)
		}
	}
	for range 2 { // the second time it is compared and nothing is written
		if err := to.Adopt(t.Context(), segment(t, from, 0, 1<<20)); err != nil {
			t.Error(err)
		}
	}
	mustVerify(t, to)
}

// twin copies a stopped journal's folder and opens both, as a cloned card does.
func twin(t *testing.T) (a, b, desk *journal.Journal) {
	t.Helper()
	shop := newTestShop("demo-bay-1", "demo-desk")
	o := shop.options(filepath.Join(t.TempDir(), "a"), "demo-bay-1")
	a = shop.open(t, o)
	for i := range 5 {
		appendOne(t, a, pause(i))
	}
	closeOnce(t, a)
	again := o
	again.Dir = filepath.Join(t.TempDir(), "b")
	if err := os.CopyFS(again.Dir, os.DirFS(o.Dir)); err != nil {
		t.Fatal(err)
	}
	return shop.open(t, o), shop.open(t, again), shop.journal(t, "demo-desk")
}

func TestAForkIsSeenAndItsEvidenceKept(t *testing.T) {
	t.Parallel()
	a, b, desk := twin(t)
	appendOne(t, a, pause(100))
	appendOne(t, b, pause(200))
	carry(t, a, desk, a.Origin(), 1<<20)
	before := readAll(t, desk, a.Origin())
	for name, first := range map[string]uint64{"from before the fork": 3, "at the fork": 6} {
		if err := desk.Adopt(t.Context(), segment(t, b, first, 1<<20)); !errors.Is(err, tlog.ErrForked) {
			t.Errorf("%s: %v, want ErrForked", name, err)
		}
	}
	files, err := filepath.Glob(filepath.Join(journal.Dir(desk), "forks", "*.json"))
	if err != nil || len(files) != 2 {
		t.Errorf("%d files of evidence (%v), want 2", len(files), err)
	}
	after := readAll(t, desk, a.Origin())
	if len(after) != len(before) || after[6].Hash != before[6].Hash {
		t.Error("what was held has changed")
	}
	mustVerify(t, desk)
}

func TestARestoredDiskHearsThatItsLogIsLongerElsewhere(t *testing.T) {
	t.Parallel()
	a, b, desk := twin(t)
	appendOne(t, a, pause(100))
	carry(t, a, desk, a.Origin(), 1<<20)
	s, err := desk.Segment(t.Context(), a.Origin(), 0, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Adopt(t.Context(), s); !errors.Is(err, tlog.ErrForked) {
		t.Errorf("own log from elsewhere: %v, want ErrForked", err)
	}
	if err := a.Adopt(t.Context(), s); err != nil {
		t.Errorf("own log as it is: %v", err)
	}
	if b.Origin() == a.Origin() {
		t.Error("it goes on in the log that is longer elsewhere")
	}
	if err := b.Heard("demo-desk", map[string][2]uint64{b.Origin(): {0, 7}}); !errors.Is(err, tlog.ErrForked) {
		t.Errorf("heard of more: %v, want ErrForked", err)
	}
	if err := a.Heard("demo-desk", map[string][2]uint64{a.Origin(): {0, 7}}); err != nil {
		t.Errorf("heard of as much: %v", err)
	}
	if got := a.Peers()["demo-desk"][a.Origin()]; got != [2]uint64{0, 7} {
		t.Errorf("peers = %v", got)
	}
}

func TestCheckSegmentGrowsATreeWithoutAJournal(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1")
	j := shop.journal(t, "demo-bay-1")
	for i := range 30 {
		appendOne(t, j, pause(i))
	}
	var tree tlog.Frontier
	total := 0
	for tree.Size < 31 {
		s := segment(t, j, tree.Size-min(tree.Size, 2), 3000)
		entries, after, cp, err := shop.roster.CheckSegment(tree, s)
		if err != nil {
			t.Fatal(err)
		}
		if cp.Size != 31 {
			t.Errorf("checkpoint of %d, want 31", cp.Size)
		}
		tree, total = after, total+len(entries)
	}
	if total != 31 {
		t.Errorf("%d entries, want 31", total)
	}
	if _, _, _, err := shop.roster.CheckSegment(tlog.Frontier{}, segment(t, j, 3, 3000)); !errors.Is(err, tlog.ErrGap) {
		t.Errorf("a gap: %v, want ErrGap", err)
	}
	wrong := tlog.Frontier{}
	wrong.Add(journal.Hash{1})
	if _, _, _, err := shop.roster.CheckSegment(wrong, segment(t, j, 1, 3000)); !errors.Is(err, tlog.ErrForged) {
		t.Errorf("another tree: %v, want ErrForged", err)
	}
}
