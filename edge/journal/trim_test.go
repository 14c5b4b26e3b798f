//go:build !race

package journal_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"go.etcd.io/bbolt"
	sumdb "golang.org/x/mod/sumdb/tlog"

	"pitlane/edge/journal"
	"pitlane/edge/tlog"
)

func TestWhatIsTrimmedIsGoneAndTheRestGoesOn(t *testing.T) {
	t.Parallel()
	shop, o := stopped(t, 1200)
	j := shop.open(t, o)
	old := readAll(t, j, j.Origin())
	before := sizeOf(t, o.Dir)
	done, err := j.Trim(t.Context(), anything(900))
	if err != nil || done.Files < 7 || done.Entries < 700 || done.Bytes == 0 {
		t.Fatalf("trimmed %+v (%v), want 7 files or more", done, err)
	}
	journal.Swept(j)
	cut := low(j, j.Origin())
	if cut < 700 || cut > 900 {
		t.Errorf("it begins at %d, want 700 to 900", cut)
	}
	if after := sizeOf(t, o.Dir); after >= before/2 {
		t.Errorf("the files take %d bytes, %d before", after, before)
	}
	goesOn := func(j *journal.Journal) {
		t.Helper()
		for _, err := range j.Read(t.Context(), j.Origin(), cut-1) {
			if !errors.Is(err, journal.ErrTrimmed) {
				t.Errorf("read below the cut = %v, want ErrTrimmed", err)
			}
			break
		}
		if _, err := j.Segment(t.Context(), j.Origin(), 0, 1000); !errors.Is(err, journal.ErrTrimmed) {
			t.Errorf("a segment below the cut = %v, want ErrTrimmed", err)
		}
		if _, err := j.Append(t.Context(), journal.Draft{Kind: "work.paused", Request: old[3].Request}); !errors.Is(err, journal.ErrTrimmed) {
			t.Errorf("a request of what is trimmed = %v, want ErrTrimmed, and nothing written", err)
		}
		entries, err := j.Job(t.Context(), "job-3")
		if err != nil || len(entries) < 30 || entries[0].Seq < cut {
			t.Errorf("the job has %d entries (%v)", len(entries), err)
		}
		appendMany(t, j, 130)
		mustVerify(t, j)
		proveAll(t, j, cut)
		includeAll(t, j, cut)
	}
	goesOn(j)
	closeOnce(t, j)
	if err := os.Remove(filepath.Join(o.Dir, "meta.db")); err != nil {
		t.Fatal(err)
	}
	j = shop.open(t, o)
	entries, err := j.Job(t.Context(), "job-3")
	if err != nil || len(entries) < 30 {
		t.Errorf("with a new index: %d entries (%v)", len(entries), err)
	}
	mustVerify(t, j)
	proveAll(t, j, cut)
}

// includeAll proves of every entry that is kept that it is in the tree.
func includeAll(t *testing.T, j *journal.Journal, cut uint64) {
	t.Helper()
	for e, err := range j.Read(t.Context(), j.Origin(), cut) {
		if err != nil {
			t.Fatal(err)
		}
		in, err := j.Include(t.Context(), e.Origin, e.Seq)
		if err != nil {
			t.Fatalf("entry %d: %v", e.Seq, err)
		}
		cp, err := j.Roster().CheckCheckpoint(e.Origin, in.Checkpoint)
		if err != nil {
			t.Fatal(err)
		}
		proof := make(sumdb.RecordProof, len(in.Proof))
		for i, h := range in.Proof {
			proof[i] = sumdb.Hash(h)
		}
		if err := sumdb.CheckRecord(proof, int64(in.Size), sumdb.Hash(cp.Root), int64(e.Seq), sumdb.Hash(e.Hash)); err != nil {
			t.Fatalf("entry %d: %v", e.Seq, err)
		}
	}
}

// proveAll proves every size from the cut on, and the kept sizes below it, against
// the newest checkpoint.
func proveAll(t *testing.T, j *journal.Journal, cut uint64) {
	t.Helper()
	tip := j.Tips()[slices.IndexFunc(j.Tips(), func(x journal.Tip) bool { return x.Origin == j.Origin() })]
	cp, err := j.Roster().CheckCheckpoint(tip.Origin, tip.Checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	for n := uint64(256); n <= cp.Size; n++ {
		if n < cut && n%256 != 0 {
			continue
		}
		root, proof, err := journal.ProveSize(j, tip.Origin, n, cp.Size)
		if err == nil {
			err = tlog.CheckConsistency(proof, cp.Size, cp.Root, n, root)
		}
		if err != nil {
			t.Fatalf("size %d: %v", n, err)
		}
	}
}

func sizeOf(t *testing.T, dir string) (total int64) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "segments", "*.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		st, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		total += st.Size()
	}
	return total
}

func TestTheFileOfAJobThatIsNotDoneStays(t *testing.T) {
	t.Parallel()
	shop, o := stopped(t, 600)
	j := shop.open(t, o)
	open := anything(600)
	open.Done = func(job string) bool { return job != "job-3" }
	for name, p := range map[string]journal.TrimPolicy{"an open job": open, "central does not hold it": anything(0)} {
		if done, err := j.Trim(t.Context(), p); err != nil || done.Files != 0 {
			t.Errorf("%s: trimmed %+v (%v)", name, done, err)
		}
	}
	if done, err := j.Trim(t.Context(), anything(1<<40)); err != nil || low(j, j.Origin()) >= 600 || done.Files == 0 {
		t.Errorf("trimmed %+v (%v): the newest file must stay", done, err)
	}
	appendMany(t, j, 10)
	mustVerify(t, j)
}

func TestAReplicaBeginsWhereTheOthersBegin(t *testing.T) {
	t.Parallel()
	shop, o := stopped(t, 900)
	j := shop.open(t, o)
	if _, err := j.Trim(t.Context(), anything(500)); err != nil {
		t.Fatal(err)
	}
	cut := low(j, j.Origin())
	desk := shop.open(t, shop.options(filepath.Join(t.TempDir(), "d"), "demo-desk"))
	s, err := j.Segment(t.Context(), j.Origin(), cut, 3000)
	if err != nil || cut == 0 {
		t.Fatal(cut, err)
	}
	for name, change := range map[string]func(*journal.Segment){
		"no frontier":          func(s *journal.Segment) { s.Frontier = nil },
		"another frontier":     func(s *journal.Segment) { s.Frontier[0][5] ^= 1 },
		"a frontier too long":  func(s *journal.Segment) { s.Frontier = append(s.Frontier, journal.Hash{1}) },
		"a frontier too short": func(s *journal.Segment) { s.Frontier = s.Frontier[:1] },
	} {
		bad := s
		bad.Frontier = slices.Clone(s.Frontier)
		change(&bad)
		err := desk.Adopt(t.Context(), bad)
		if !errors.Is(err, tlog.ErrForged) && !errors.Is(err, tlog.ErrGap) || desk.Damaged() != nil {
			t.Errorf("%s: adopt = %v, and the journal is ill of it: %v", name, err, desk.Damaged())
		}
	}
	if err := desk.Adopt(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	appendMany(t, j, 300)
	carry(t, j, desk, j.Origin(), 3000)
	if got, want := size(desk, j.Origin()), size(j, j.Origin()); got != want || low(desk, j.Origin()) != cut {
		t.Errorf("the replica holds %d to %d, want %d to %d", low(desk, j.Origin()), got, cut, want)
	}
	mustVerify(t, desk)
	s, err = desk.Segment(t.Context(), j.Origin(), cut, 3000)
	if err != nil || len(s.Frontier) == 0 {
		t.Fatalf("the replica gives no frontier on: %v", err)
	}
	appendMany(t, desk, 10)
	if err := desk.Adopt(t.Context(), s); err != nil {
		t.Errorf("the same again: %v", err)
	}
}

func TestACutBeforeItsFileIsFinishedAtTheStart(t *testing.T) {
	t.Parallel()
	shop, o := stopped(t, 400)
	first := filepath.Join(o.Dir, "segments", "000001.db")
	was, err := os.ReadFile(first)
	if err != nil {
		t.Fatal(err)
	}
	j := shop.open(t, o)
	if _, err := j.Trim(t.Context(), anything(250)); err != nil {
		t.Fatal(err)
	}
	closeOnce(t, j)
	files, err := filepath.Glob(filepath.Join(o.Dir, "segments", "*.db"))
	if err != nil || len(files) > 4 {
		t.Fatal(files, err)
	}
	back := strings.Replace(files[0], "000003", "000002", 1)
	if err := errors.Join(os.WriteFile(first, was, 0o600), os.WriteFile(back, was, 0o600)); err != nil {
		t.Fatal(err)
	}
	j = shop.open(t, o)
	for _, gone := range []string{first, back} {
		if _, err := os.Stat(gone); err == nil {
			t.Errorf("%s is still there", filepath.Base(gone))
		}
	}
	mustVerify(t, j)
	closeOnce(t, j)
	// The same where only the first could not be removed.
	must(t, os.WriteFile(first, was, 0o600))
	j = shop.open(t, o)
	if _, err := os.Stat(first); err == nil {
		t.Errorf("%s is still there", filepath.Base(first))
	}
	mustVerify(t, j)
}

// TestAFileStaysUntilItsCutIsOnDisk: the head that begins behind it comes first.
func TestAFileStaysUntilItsCutIsOnDisk(t *testing.T) {
	t.Parallel()
	shop, o := stopped(t, 400)
	j := shop.open(t, o)
	var fault atomic.Pointer[error]
	journal.FailCommits(j, &fault)
	appendMany(t, j, 1)
	io := error(syscall.EIO)
	fault.Store(&io)
	if done, err := j.Trim(t.Context(), anything(250)); err == nil || done.Files != 0 {
		t.Fatalf("trimmed %+v (%v) on a disk that keeps nothing", done, err)
	}
	journal.Swept(j)
	if _, err := os.Stat(filepath.Join(o.Dir, "segments", "000001.db")); err != nil {
		t.Errorf("its cut is not on disk, and the file is gone: %v", err)
	}
	closeOnce(t, j)
	mustVerify(t, shop.open(t, o))
}

func TestVerifyFindsAChangedUpperTree(t *testing.T) {
	t.Parallel()
	shop, o := stopped(t, 1500)
	writeRoster(t, o.Dir)
	j := shop.open(t, o)
	if _, err := j.Trim(t.Context(), anything(1300)); err != nil {
		t.Fatal(err)
	}
	closeOnce(t, j)
	files, err := filepath.Glob(filepath.Join(o.Dir, "upper", "demo-bay-1-*"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	was, err := os.ReadFile(files[0])
	if err != nil || len(was) < 7*32 {
		t.Fatalf("%d bytes of the upper tree (%v)", len(was), err)
	}
	if r := report(t, o.Dir); !r.OK {
		t.Fatalf("before: %v", r.Findings)
	}
	for i := range was {
		bad := slices.Clone(was)
		bad[i] ^= 4
		if err := os.WriteFile(files[0], bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if r := report(t, o.Dir); r.OK {
			t.Errorf("byte %d flipped and not found", i)
		}
	}
}

func TestTheIndexShedsWhatIsTrimmed(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1", "demo-desk")
	o := shop.options(filepath.Join(t.TempDir(), "n"), "demo-bay-1")
	o.SelfCheck, o.SegmentLeaves = false, 3000
	j := shop.open(t, o)
	appendMany(t, j, 24_000)
	if _, err := j.Trim(t.Context(), anything(1<<40)); err != nil {
		t.Fatal(err)
	}
	appendMany(t, j, 5000) // wakes the index's writer
	entries, err := j.Job(t.Context(), "job-3")
	if err != nil {
		t.Fatal(err)
	}
	closeOnce(t, j)
	jobs, requests, marks := indexRows(t, filepath.Join(o.Dir, "meta.db"))
	if jobs > 13_000 || requests > 13_000 || marks != 1 {
		t.Errorf("the index holds %d jobs' rows, %d requests, %d marks", jobs, requests, marks)
	}
	j = shop.open(t, o)
	again, err := j.Job(t.Context(), "job-3")
	if err != nil || len(again) != len(entries) || len(again) < 700 {
		t.Errorf("the job has %d entries, %d before (%v)", len(again), len(entries), err)
	}
	if e := appendOne(t, j, journal.Draft{Kind: "work.paused", Request: entries[9].Request}); e.Hash != entries[9].Hash {
		t.Error("a request is not known any more")
	}
}

func indexRows(t *testing.T, path string) (jobs, requests, marks int) {
	t.Helper()
	change(t, path, func(tx *bbolt.Tx) error {
		jobs = tx.Bucket([]byte("jobs")).Stats().KeyN
		requests = journal.RequestsIn(tx)
		marks = tx.Bucket([]byte("marks")).Stats().KeyN
		return nil
	})
	return jobs, requests, marks
}
