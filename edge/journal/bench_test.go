package journal_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"pitlane/edge/journal"
)

// BenchmarkAppend measures durable appends with 1, 8 and 64 writers, beside a
// plain file with fdatasync and group commit on the same disk in the same run.
func BenchmarkAppend(b *testing.B) {
	for _, writers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("journal/writers=%d", writers), func(b *testing.B) {
			shop := newTestShop("demo-bay-1")
			o := shop.options(filepath.Join(b.TempDir(), "n"), "demo-bay-1")
			o.SelfCheck = false
			j := shop.open(b, o)
			work := []byte(`{"bay":"demo-bay-1","by":"te1"}`)
			spread(b, writers, func(i int64) error {
				_, err := j.Append(context.Background(), journal.Draft{Kind: "work.started", Job: fmt.Sprint("job-", i%50), Work: work})
				return err
			})
		})
		b.Run(fmt.Sprintf("plain-file/writers=%d", writers), func(b *testing.B) {
			g := newGroup(b, plainCommit(b))
			line := make([]byte, 600)
			spread(b, writers, func(int64) error { return g.append(line) })
		})
	}
}

func spread(b *testing.B, writers int, one func(int64) error) {
	b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	used := processTime(b)
	for range writers {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				if err := one(i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s")
	b.ReportMetric(float64((processTime(b)-used).Microseconds())/float64(b.N), "cpu-µs/event")
}

// processTime is what this process has had of the processors: steadier than the clock
// on a machine that others use too.
func processTime(b *testing.B) time.Duration {
	b.Helper()
	var r unix.Rusage
	must(b, unix.Getrusage(unix.RUSAGE_SELF, &r))
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
