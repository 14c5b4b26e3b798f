package journal_test

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"go.etcd.io/bbolt"
	_ "modernc.org/sqlite" // the driver, by name

	"pitlane/edge/journal"
	"pitlane/edge/vault"
)

// eventWork is a payload of the usual size.
const eventWork = `{"bay":"bay-1","by":"te1","reason":"waiting for the customer's answer about the brake pads"}`

// recordBytes is about what one record of BenchmarkPeers has on disk: leaf, sealed
// opening and a tree hash or two.
const recordBytes = 640

// BenchmarkPeers puts durable appends of the whole journal (tree, signature,
// commitments, sealing) beside what others would take for the same disk: bbolt's
// Update and Batch storing bare events, SQLite (WAL, synchronous FULL) storing
// records of the same size with group commit of the same kind, and a plain file.
func BenchmarkPeers(b *testing.B) {
	for _, writers := range []int{1, 64} {
		name := func(s string) string { return fmt.Sprintf("%s/writers=%d", s, writers) }
		b.Run(name("journal"), func(b *testing.B) {
			j, dir := sealedJournal(b)
			before := dirBytes(b, dir)
			spread(b, writers, func(i int64) error {
				_, err := j.Append(context.Background(), journal.Draft{Kind: "work.paused", Job: fmt.Sprint("job-", i%50), Work: []byte(eventWork)})
				return err
			})
			b.ReportMetric(float64(dirBytes(b, dir)-before)/float64(b.N), "file-B/event")
		})
		b.Run(name("bbolt-batch"), func(b *testing.B) {
			db := bareBolt(b)
			spread(b, writers, func(i int64) error { return db.Batch(putEvent(i)) })
		})
		b.Run(name("bbolt-update"), func(b *testing.B) {
			db := bareBolt(b)
			spread(b, writers, func(i int64) error { return db.Update(putEvent(i)) })
		})
		b.Run(name("sqlite-group"), func(b *testing.B) {
			g := newGroup(b, sqliteCommit(b))
			record := make([]byte, recordBytes)
			spread(b, writers, func(int64) error { return g.append(record) })
		})
		b.Run(name("plain-file"), func(b *testing.B) {
			p := newPlain(b)
			record := make([]byte, recordBytes)
			spread(b, writers, func(int64) error { return p.append(record) })
		})
	}
}

func sealedJournal(b *testing.B) (*journal.Journal, string) {
	b.Helper()
	shop := newTestShop("demo-bay-1")
	dir := filepath.Join(b.TempDir(), "n")
	if err := os.MkdirAll(filepath.Join(dir, "keys"), 0o700); err != nil {
		b.Fatal(err)
	}
	v, err := vault.Open(vault.Options{Dir: dir, Node: "demo-bay-1", Key: shop.keys["demo-bay-1"], Roster: shop.roster})
	if err != nil {
		b.Fatal(err)
	}
	o := shop.options(dir, "demo-bay-1")
	o.SelfCheck, o.Keys = false, v
	j := shop.open(b, o)
	b.Cleanup(func() {
		if err := v.Close(); err != nil {
			b.Error(err)
		}
	})
	return j, dir
}

// dirBytes is what the segment files take on disk.
func dirBytes(b *testing.B, dir string) int64 {
	b.Helper()
	total := int64(0)
	files, err := filepath.Glob(filepath.Join(dir, "segments", "*.db"))
	if err != nil {
		b.Fatal(err)
	}
	for _, f := range files {
		st, err := os.Stat(f)
		if err != nil {
			b.Fatal(err)
		}
		total += st.Size()
	}
	return total
}

func bareBolt(b *testing.B) *bbolt.DB {
	b.Helper()
	db, err := bbolt.Open(filepath.Join(b.TempDir(), "bare.db"), 0o600, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	if err := db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("events"))
		return err
	}); err != nil {
		b.Fatal(err)
	}
	return db
}

func putEvent(i int64) func(*bbolt.Tx) error {
	return func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("events")).Put(binary.BigEndian.AppendUint64(nil, uint64(i)), []byte(eventWork))
	}
}

// group gathers what waits into one commit, as the journal's writer does.
type group struct {
	queue chan plainOp
}

func newGroup(b *testing.B, commit func([][]byte) error) *group {
	b.Helper()
	g := &group{queue: make(chan plainOp)}
	var wg sync.WaitGroup
	wg.Go(func() {
		for first := range g.queue {
			ops, records := []plainOp{first}, [][]byte{first.line}
		gather:
			for len(ops) < 256 {
				select {
				case o := <-g.queue:
					ops, records = append(ops, o), append(records, o.line)
				default:
					break gather
				}
			}
			err := commit(records)
			for _, o := range ops {
				o.done <- err
			}
		}
	})
	b.Cleanup(func() {
		close(g.queue)
		wg.Wait()
	})
	return g
}

func (g *group) append(record []byte) error {
	o := plainOp{record, make(chan error, 1)}
	g.queue <- o
	return <-o.done
}

func sqliteCommit(b *testing.B) func([][]byte) error {
	b.Helper()
	q := url.Values{"_pragma": {"journal_mode(WAL)", "synchronous(FULL)"}}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "s.db")+"?"+q.Encode())
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	ctx := context.Background()
	if _, err := db.ExecContext(ctx, `CREATE TABLE records (origin INTEGER, seq INTEGER, record BLOB, PRIMARY KEY (origin, seq)) WITHOUT ROWID`); err != nil {
		b.Fatal(err)
	}
	insert, err := db.PrepareContext(ctx, `INSERT INTO records VALUES (1, ?, ?)`)
	if err != nil {
		b.Fatal(err)
	}
	seq := 0
	return func(records [][]byte) error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		in := tx.StmtContext(ctx, insert)
		for _, r := range records {
			seq++
			if _, err := in.ExecContext(ctx, seq, r); err != nil {
				_ = tx.Rollback() // the first error counts
				return err
			}
		}
		return tx.Commit()
	}
}
