package journal_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

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
			p := newPlain(b)
			line := make([]byte, 600)
			spread(b, writers, func(int64) error { return p.append(line) })
		})
	}
}

func spread(b *testing.B, writers int, one func(int64) error) {
	b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
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
}

// plain is the least that durable group commit can cost: one write and one
// fdatasync for whatever waits.
type plain struct {
	queue chan plainOp
}

type plainOp struct {
	line []byte
	done chan error
}

func newPlain(b *testing.B) *plain {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "plain"))
	if err != nil {
		b.Fatal(err)
	}
	p := &plain{queue: make(chan plainOp)}
	var wg sync.WaitGroup
	wg.Go(func() { p.write(f) })
	b.Cleanup(func() {
		close(p.queue)
		wg.Wait()
		if err := f.Close(); err != nil {
			b.Error(err)
		}
	})
	return p
}

func (p *plain) append(line []byte) error {
	o := plainOp{line, make(chan error, 1)}
	p.queue <- o
	return <-o.done
}

func (p *plain) write(f *os.File) {
	for first := range p.queue {
		ops := []plainOp{first}
		buf := append([]byte(nil), first.line...)
	gather:
		for len(ops) < 256 {
			select {
			case o := <-p.queue:
				ops, buf = append(ops, o), append(buf, o.line...)
			default:
				break gather
			}
		}
		_, err := f.Write(buf)
		if err == nil {
			err = unix.Fdatasync(int(f.Fd()))
		}
		for _, o := range ops {
			o.done <- err
		}
	}
}
