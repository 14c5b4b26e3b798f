package journal_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"pitlane/edge/journal"
)

const (
	drainTo   = 100_000
	drainFile = 10_000 // leaves of a file, and so of one trim
)

// BenchmarkDrained is a journal after years: PITLANE_EVENTS events (300,000 when it
// is not set) and trimmed to 100,000, beside an empty one in the same run.
func BenchmarkDrained(b *testing.B) {
	events := 300_000
	if s := os.Getenv("PITLANE_EVENTS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			b.Fatal(err)
		}
		events = n
	}
	for b.Loop() {
		drained(b, events)
	}
}

func drained(b *testing.B, events int) {
	shop := newTestShop("demo-bay-1")
	open := func(dir string) *journal.Journal {
		o := shop.options(dir, "demo-bay-1")
		o.SelfCheck, o.SegmentLeaves = false, drainFile
		j, err := journal.Open(context.Background(), o)
		if err != nil {
			b.Fatal(err)
		}
		return j
	}
	dir := filepath.Join(b.TempDir(), "old")
	j := open(dir)
	begun := time.Now()
	fillUp(b, j, events)
	b.ReportMetric(float64(events)/time.Since(begun).Seconds(), "filled/s")
	trims, commits, syncs := drain(b, j, uint64(events-drainTo))
	b.ReportMetric(float64(len(trims)), "trims")
	trim, commit, sync := median(trims), median(commits), median(syncs)
	b.ReportMetric(ms(trim), "trim-p50-ms")
	b.ReportMetric(float64(trim)/float64(commit), "trim/append")
	b.ReportMetric(float64(trim)/float64(sync), "trim/2-fdatasyncs")
	appendMany(b, j, 5000) // wakes the index's writer
	if err := j.Close(); err != nil {
		b.Fatal(err)
	}
	var opens []time.Duration
	for range 5 {
		begun = time.Now()
		j = open(dir)
		opens = append(opens, time.Since(begun))
		if err := j.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(ms(median(opens)), "open-p50-ms")
	j, fresh := open(dir), open(filepath.Join(b.TempDir(), "new"))
	was, now := beside(b, fresh, j)
	b.ReportMetric(float64(now.Microseconds()), "append-p50-µs")
	b.ReportMetric(float64(was.Microseconds()), "append-empty-p50-µs")
	b.ReportMetric(float64(now)/float64(was), "append-ratio")
	must(b, journal.Slim(j))
	b.ReportMetric(float64(bytesOnDisk(b, dir))/float64(liveBytes(b, j)), "disk/live")
	debug.FreeOSMemory()
	b.ReportMetric(anonymous(b), "anon-MiB")
	for _, x := range []*journal.Journal{j, fresh} {
		if err := x.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func fillUp(b *testing.B, j *journal.Journal, n int) {
	work := []byte(`{"bay":"demo-bay-1","by":"te1"}`)
	var drafts []journal.Draft
	for i := range n {
		drafts = append(drafts, journal.Draft{Kind: "work.started", Job: fmt.Sprint("job-", i/40), Work: work})
		if len(drafts) < 256 && i < n-1 {
			continue
		}
		if _, err := j.Append(context.Background(), drafts...); err != nil {
			b.Fatal(err)
		}
		drafts = drafts[:0]
	}
}

// drain trims file by file. As in life, each file was looked at before it may go.
// Beside each trim, in turn: one append, and two writes of a page with a bare fdatasync
// each, which is what a commit cannot do without.
func drain(b *testing.B, j *journal.Journal, upTo uint64) (took, commits, syncs []time.Duration) {
	bare := twoSyncs(b)
	for i := 0; ; i++ {
		may, end := false, min(upTo, low(j, j.Origin())+drainFile)
		p := journal.TrimPolicy{
			Done: func(string) bool { return may },
			Safe: func(string) uint64 { return end },
		}
		if _, err := j.Trim(context.Background(), p); err != nil {
			b.Fatal(err)
		}
		may = true
		begun := time.Now()
		done, err := j.Trim(context.Background(), p)
		if err != nil {
			b.Fatal(err)
		}
		if done.Files == 0 {
			return took, commits, syncs
		}
		took = append(took, time.Since(begun)/time.Duration(done.Files))
		journal.Swept(j)
		begun = time.Now()
		if _, err := j.Append(context.Background(), pause(i)); err != nil {
			b.Fatal(err)
		}
		commits = append(commits, time.Since(begun))
		begun = time.Now()
		bare()
		syncs = append(syncs, time.Since(begun))
	}
}

// twoSyncs writes two pages of a file that has its blocks, one after the other.
func twoSyncs(b *testing.B) func() {
	f, err := os.Create(filepath.Join(b.TempDir(), "pages"))
	must(b, err)
	b.Cleanup(func() { must(b, f.Close()) })
	_, err = f.Write(make([]byte, 2*4096))
	must(b, err)
	must(b, f.Sync())
	return func() {
		for at := range int64(2) {
			_, err := f.WriteAt(make([]byte, 4096), at*4096)
			must(b, err)
			must(b, unix.Fdatasync(int(f.Fd())))
		}
	}
}

// beside appends to two journals in turn and gives the median of each.
func beside(b *testing.B, x, y *journal.Journal) (time.Duration, time.Duration) {
	var took [2][]time.Duration
	for i := range 2000 {
		for n, j := range []*journal.Journal{x, y} {
			begun := time.Now()
			if _, err := j.Append(context.Background(), pause(i)); err != nil {
				b.Fatal(err)
			}
			took[n] = append(took[n], time.Since(begun))
		}
	}
	return median(took[0]), median(took[1])
}

func median(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func bytesOnDisk(b *testing.B, dir string) (total int64) {
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		var st unix.Stat_t
		if err == nil {
			err = unix.Lstat(path, &st)
		}
		total += st.Blocks * 512
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return total
}

// liveBytes are the leaves and payloads that are held.
func liveBytes(b *testing.B, j *journal.Journal) (total int64) {
	for e, err := range j.Read(context.Background(), j.Origin(), low(j, j.Origin())) {
		if err != nil {
			b.Fatal(err)
		}
		total += int64(len(e.Leaf))
		if e.Work != nil {
			total += int64(len(e.Work.Payload) + len(e.Work.Salt))
		}
	}
	return total
}

// anonymous is the memory of this process that is no file's, MiB.
func anonymous(b *testing.B) float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			kib, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")))
			if err != nil {
				b.Fatal(err)
			}
			return float64(kib) / 1024
		}
	}
	b.Fatal("no RssAnon in /proc/self/status")
	return 0
}
