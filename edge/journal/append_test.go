package journal_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"pitlane/edge/journal"
	"pitlane/edge/tlog"
)

func TestAppendedEntriesAreReadBackAfterReopening(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1")
	o := shop.options(filepath.Join(t.TempDir(), "n"), "demo-bay-1")
	j := shop.open(t, o)
	want := []journal.Entry{readAll(t, j, j.Origin())[0]}
	if want[0].Kind != "log.opened" {
		t.Errorf("first kind = %s, want log.opened", want[0].Kind)
	}
	for i := range 100 {
		want = append(want, appendOne(t, j, pause(i)))
	}
	origin := j.Origin()
	check := func() {
		t.Helper()
		got := readAll(t, j, origin)
		if len(got) != len(want) {
			t.Fatalf("%d entries, want %d", len(got), len(want))
		}
		for i := range got {
			if got[i].Hash != want[i].Hash || string(got[i].Leaf) != string(want[i].Leaf) {
				t.Fatalf("entry %d differs", i)
			}
		}
		mustVerify(t, j)
	}
	check()
	closeOnce(t, j)
	if _, err := j.Append(t.Context(), pause(1)); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("append after close: %v, want ErrClosed", err)
	}
	j = shop.open(t, o)
	if j.Origin() != origin {
		t.Errorf("origin after reopening = %s, want %s", j.Origin(), origin)
	}
	check()
}

func TestARepeatedRequestGetsTheFirstEntry(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1")
	o := shop.options(filepath.Join(t.TempDir(), "n"), "demo-bay-1")
	j := shop.open(t, o)
	d := pause(1)
	d.Request = journal.RequestID{7}
	first := appendOne(t, j, d)
	other := pause(2)
	both, err := j.Append(t.Context(), d, other, d)
	if err != nil {
		t.Fatal(err)
	}
	if both[0].Hash != first.Hash || both[2].Hash != first.Hash || both[1].Seq != first.Seq+1 {
		t.Error("a repeat in a call does not give the first entry")
	}
	e := pause(3)
	e.Request = journal.RequestID{8}
	same, err := j.Append(t.Context(), e, e)
	if err != nil {
		t.Fatal(err)
	}
	if same[0].Hash != same[1].Hash {
		t.Error("the same request twice in one call gives two entries")
	}
	closeOnce(t, j)
	j = shop.open(t, o)
	if again := appendOne(t, j, d); again.Hash != first.Hash {
		t.Error("a repeat after a restart does not give the first entry")
	}
	if got, ok, err := j.Request(t.Context(), d.Request); err != nil || !ok || got.Hash != first.Hash {
		t.Errorf("Request = %v %v %v, want the first entry", got.Seq, ok, err)
	}
	if got, want := size(j, j.Origin()), uint64(4); got != want {
		t.Errorf("size = %d, want %d", got, want)
	}
}

func TestManyWritersShareTransactions(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1")
	j := shop.journal(t, "demo-bay-1")
	wake, stop := j.Wake()
	defer stop()
	var wg sync.WaitGroup
	var mu sync.Mutex
	seen := map[uint64]bool{}
	for w := range 64 {
		wg.Go(func() {
			for i := range 8 {
				es, err := j.Append(context.Background(), pause(w*8+i))
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				if seen[es[0].Seq] {
					t.Errorf("seq %d twice", es[0].Seq)
				}
				seen[es[0].Seq] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	<-wake
	if got, want := size(j, j.Origin()), uint64(64*8+1); got != want {
		t.Errorf("size = %d, want %d", got, want)
	}
	mustVerify(t, j)
}

func TestTheJobMovedOnWhereItMatters(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1", "demo-desk")
	a, b := shop.journal(t, "demo-bay-1"), shop.journal(t, "demo-desk")
	opened := appendOne(t, b, journal.Draft{Kind: "job.opened", Job: "j1"})
	carry(t, b, a, b.Origin(), 1<<20)
	seen := []journal.Hash{opened.Hash}
	started := appendOne(t, a, journal.Draft{Kind: "work.started", Job: "j1", Seen: seen, Matters: []string{"work.started"}})
	if !slices.Equal(started.Parents, seen) {
		t.Errorf("parents = %v, want %v", started.Parents, seen)
	}
	try := func(seen []journal.Hash, matters ...string) error {
		_, err := a.Append(t.Context(), journal.Draft{Kind: "work.paused", Job: "j1", Seen: seen, Matters: matters})
		return err
	}
	if err := try(seen, "work.started", "work.paused"); !errors.Is(err, journal.ErrMoved) {
		t.Errorf("an unseen event that matters: %v, want ErrMoved", err)
	}
	if err := try([]journal.Hash{}, "job.opened"); !errors.Is(err, journal.ErrMoved) {
		t.Errorf("nothing seen: %v, want ErrMoved", err)
	}
	if err := try(seen, "bay.assigned"); err != nil {
		t.Errorf("an unseen event that does not matter: %v", err)
	}
	tip := readAll(t, a, a.Origin())
	if err := try([]journal.Hash{tip[len(tip)-1].Hash}, "job.opened", "work.started", "work.paused"); err != nil {
		t.Errorf("all is an ancestor of what was seen: %v", err)
	}
	if err := try(nil, "job.opened"); err != nil {
		t.Errorf("nothing to check: %v", err)
	}
}

func TestTwoDraftsOfOneCallDoNotMoveTheJobForEachOther(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1")
	j := shop.journal(t, "demo-bay-1")
	d := func(kind string) journal.Draft {
		return journal.Draft{Kind: kind, Job: "j", Seen: []journal.Hash{}, Matters: []string{"order.signed"}}
	}
	es, err := j.Append(t.Context(), d("order.signed"), d("job.handed_over"))
	if err != nil || len(es) != 2 {
		t.Fatalf("append: %v", err)
	}
	_, err = j.Append(t.Context(), journal.Draft{Kind: "work.paused", Job: "k"}, d("order.signed"))
	if !errors.Is(err, journal.ErrMoved) {
		t.Errorf("append = %v, want ErrMoved", err)
	}
	if got, want := size(j, j.Origin()), uint64(3); got != want {
		t.Errorf("size = %d, want %d: a refused call left something", got, want)
	}
}

func TestMoreThanFourTipsAreJoined(t *testing.T) {
	t.Parallel()
	names := []string{"demo-desk"}
	for _, c := range "abcdefghi" {
		names = append(names, "demo-bay-"+string(c))
	}
	shop := newTestShop(names...)
	desk := shop.journal(t, "demo-desk")
	for _, n := range names[1:] {
		bay := shop.journal(t, n)
		appendOne(t, bay, journal.Draft{Kind: "car.received", Job: "j"})
		carry(t, bay, desk, bay.Origin(), 1<<20)
	}
	e := appendOne(t, desk, journal.Draft{Kind: "bay.assigned", Job: "j"})
	merged := 0
	for _, x := range readAll(t, desk, desk.Origin()) {
		if x.Kind == "job.merged" {
			merged++
		}
	}
	if merged != 2 || len(e.Parents) != 1 {
		t.Errorf("%d merges and %d parents of 9 tips, want 2 and 1", merged, len(e.Parents))
	}
	if again := appendOne(t, desk, journal.Draft{Kind: "car.prepared", Job: "j"}); len(again.Parents) != 0 {
		t.Errorf("the next event names %d parents again", len(again.Parents))
	}
	if got, err := desk.Job(t.Context(), "j"); err != nil || len(got) != 13 {
		t.Errorf("Job has %d entries (%v), want 13", len(got), err)
	}
	mustVerify(t, desk)
}

func TestBadDraftsAreRefused(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1")
	j := shop.journal(t, "demo-bay-1")
	big := append(append([]byte(`"`), make([]byte, tlog.MaxPayload)...), '"')
	for name, d := range map[string]journal.Draft{
		"no kind":           {},
		"a kind with space": {Kind: "a b"},
		"a job with a name": {Kind: "a.b", Job: "王"},
		"not JSON":          {Kind: "a.b", Work: []byte("{")},
		"too large":         {Kind: "a.b", Contact: big},
	} {
		if _, err := j.Append(t.Context(), d); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if got, want := size(j, j.Origin()), uint64(1); got != want {
		t.Errorf("size = %d, want %d", got, want)
	}
}

func TestACancelledAppendSaysUnknown(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1")
	j := shop.journal(t, "demo-bay-1")
	ctx, cancel := context.WithCancel(t.Context())
	release := journal.HoldWriter(j, cancel)
	d := pause(1)
	d.Request = journal.RequestID{9}
	_, err := j.Append(ctx, d)
	release()
	if !errors.Is(err, journal.ErrUnknownOutcome) || !errors.Is(err, context.Canceled) {
		t.Errorf("append = %v, want ErrUnknownOutcome and Canceled", err)
	}
	if e := appendOne(t, j, d); e.Seq != 1 {
		t.Errorf("the same request again gives seq %d, want 1", e.Seq)
	}
	if _, err := j.Append(ctx, pause(2)); errors.Is(err, journal.ErrUnknownOutcome) || err == nil {
		t.Logf("a context that was over before: %v", err)
	}
}

func TestAFolderHasOneJournal(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1", "demo-bay-2")
	o := shop.options(filepath.Join(t.TempDir(), "n"), "demo-bay-1")
	j := shop.open(t, o)
	if _, err := journal.Open(t.Context(), o); !errors.Is(err, journal.ErrLocked) {
		t.Errorf("second open = %v, want ErrLocked", err)
	}
	if _, err := journal.OpenReadOnly(t.Context(), o.Dir); !errors.Is(err, journal.ErrLocked) {
		t.Errorf("second open for reading = %v, want ErrLocked", err)
	}
	closeOnce(t, j)
	other := shop.options(o.Dir, "demo-bay-2")
	if _, err := journal.Open(t.Context(), other); err == nil {
		t.Error("another node opened the folder")
	}
	other.Key = shop.keys["demo-bay-1"]
	if _, err := journal.Open(t.Context(), other); err == nil {
		t.Error("a key that is not the node's opened the folder")
	}
	r, err := journal.OpenReadOnly(t.Context(), o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer closeOnce(t, r)
	if _, err := r.Append(t.Context(), pause(1)); !errors.Is(err, journal.ErrReadOnly) {
		t.Errorf("append = %v, want ErrReadOnly", err)
	}
}
