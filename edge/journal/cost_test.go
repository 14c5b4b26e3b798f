//go:build !race

package journal_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"
	"golang.org/x/sys/unix"

	"pitlane/edge/journal"
	"pitlane/edge/tlog"
)

// BenchmarkCost is what each part of an append costs. All but the commit and the
// signature is paid once an event; those two once a transaction, which 64 writers
// share. The commit is bbolt's: the pages and two fdatasyncs.
func BenchmarkCost(b *testing.B) {
	shop := newTestShop("demo-bay-1")
	e := journal.Entry{
		Origin: "demo-bay-1/" + strings.Repeat("0", 32), Seq: 7, Boot: "0b5f2c1e-7a44-4b0e-9d83-3c1f7c6f0001",
		Kind: "work.paused", Job: "job-1", Work: &journal.Opening{Payload: []byte(eventWork)},
	}
	e.WorkCommit = e.Work.Commit()
	b.Run("leaf", func(b *testing.B) {
		for b.Loop() {
			if err := journal.Recode(&e); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("tree", func(b *testing.B) {
		var f tlog.Frontier
		for b.Loop() {
			f.Add(e.Hash)
		}
	})
	b.Run("commitment", func(b *testing.B) {
		for b.Loop() {
			_ = e.Work.Commit()
		}
	})
	b.Run("sealing", func(b *testing.B) {
		v := shop.vault(b, b.TempDir(), "demo-bay-1")
		must(b, v.Ready("job-1", tlog.Work))
		at := tlog.Place{Origin: e.Origin, Seq: e.Seq, Job: e.Job, Class: tlog.Work}
		for b.Loop() {
			if _, err := v.Seal(at, e.Work); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("signature", func(b *testing.B) {
		for b.Loop() {
			if _, err := journal.SignAs(tlog.Checkpoint{Origin: e.Origin, Size: 8, Root: e.Hash}, shop.keys["demo-bay-1"]); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, records := range []int{1, 64} {
		b.Run(fmt.Sprintf("commit/records=%d", records), func(b *testing.B) {
			db := bareBolt(b)
			stored, n := storedRecords(b), uint64(0)
			for b.Loop() {
				must(b, db.Update(func(tx *bbolt.Tx) error {
					for range records {
						n++
						if err := tx.Bucket([]byte("events")).Put(binary.BigEndian.AppendUint64(nil, n), stored[n%uint64(len(stored))]); err != nil {
							return err
						}
					}
					return nil
				}))
			}
		})
	}
}

// BenchmarkDisk is how many bytes an event takes: what the files grow by, and what
// the block device under the folder was given, by all processes, which matters for the
// life of an SD card. In a row, the kernel writes a page that changes often only now and
// then; apart, it writes all that an event changes before the next one comes. b.N of
// 20,000 is enough (2,000 for those apart).
func BenchmarkDisk(b *testing.B) {
	for _, of := range []struct {
		name    string
		writers int
		apart   bool
	}{{"writers=1", 1, false}, {"apart", 1, true}, {"writers=64", 64, false}} {
		b.Run(of.name, func(b *testing.B) {
			j, dir := sealedJournal(b)
			folder, err := os.Open(dir)
			must(b, err)
			flush := func() { must(b, unix.Syncfs(int(folder.Fd()))) }
			flush()
			used, given := usedBytes(b, dir), deviceBytes(b, folder)
			spread(b, of.writers, func(i int64) error {
				_, err := j.Append(context.Background(), pausedAt(i))
				if of.apart && err == nil {
					flush()
				}
				return err
			})
			flush()
			given = deviceBytes(b, folder) - given
			closeOnce(b, j)
			must(b, folder.Close())
			b.ReportMetric(float64(usedBytes(b, dir)-used)/float64(b.N), "file-B/event")
			b.ReportMetric(float64(given)/float64(b.N), "device-B/event")
		})
	}
}

// usedBytes is what the segment files have in use: bbolt grows a file by 16 MiB,
// which take no room before they are written.
func usedBytes(b *testing.B, dir string) (n int64) {
	b.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "segments", "*.db"))
	must(b, err)
	for _, f := range files {
		st, err := os.Stat(f)
		must(b, err)
		size, err := onDisk(f)
		must(b, err)
		n += min(size, st.Size())
	}
	return n
}

// deviceBytes is what the block device of a folder was given since the machine's start.
func deviceBytes(b *testing.B, folder *os.File) (n int64) {
	b.Helper()
	var st unix.Stat_t
	must(b, unix.Fstat(int(folder.Fd()), &st))
	text, err := os.ReadFile(fmt.Sprintf("/sys/dev/block/%d:%d/stat", unix.Major(st.Dev), unix.Minor(st.Dev)))
	if err != nil {
		b.Fatalf("point TMPDIR at a folder on a block device: %v", err)
	}
	fields := strings.Fields(string(text))
	_, err = fmt.Sscan(fields[6], &n) // sectors written
	must(b, err)
	return n * 512
}

func onDisk(path string) (int64, error) {
	var st unix.Stat_t
	err := unix.Stat(path, &st)
	return st.Blocks * 512, err
}
