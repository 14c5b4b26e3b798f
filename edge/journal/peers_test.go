package journal_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"go.etcd.io/bbolt"
	"golang.org/x/sys/unix"
	_ "modernc.org/sqlite" // the driver, by name

	"pitlane/edge/journal"
	"pitlane/edge/vault"
)

// eventWork is a payload of the usual size.
const eventWork = `{"bay":"bay-1","by":"te1","reason":"waiting for the customer's answer about the brake pads"}`

// BenchmarkPeers puts durable appends of the whole journal (tree, signature,
// commitments, sealing, and an index of jobs and request ids) beside what others
// would take for the same disk. Each writer waits for its own event to be on disk
// before it makes the next.
//
//   - bbolt-batch, bbolt-update: bare events, 92 bytes, no tree, no record.
//   - sqlite-group: WAL, synchronous FULL, the journal's own records byte for byte
//     (tree hashes, leaf, sealed opening) under (origin, seq); one prepared INSERT a
//     record, one transaction a group, the groups gathered as the journal gathers its.
//     No request id and no job can be found in it.
//   - sqlite-indexed: the same, and what a journal must find in the same transaction:
//     request ids (unique) and jobs.
//   - plain-file: the records with one write and one fdatasync a group.
//
// events/commit is what a group held.
func BenchmarkPeers(b *testing.B) {
	for _, writers := range []int{1, 64} {
		name := func(s string) string { return fmt.Sprintf("%s/writers=%d", s, writers) }
		b.Run(name("journal"), func(b *testing.B) {
			j, _ := sealedJournal(b)
			spread(b, writers, func(i int64) error {
				_, err := j.Append(context.Background(), pausedAt(i))
				return err
			})
		})
		b.Run(name("bbolt-batch"), func(b *testing.B) {
			db := bareBolt(b)
			spread(b, writers, func(i int64) error { return db.Batch(putEvent(i)) })
		})
		b.Run(name("bbolt-update"), func(b *testing.B) {
			db := bareBolt(b)
			spread(b, writers, func(i int64) error { return db.Update(putEvent(i)) })
		})
		for _, indexed := range []bool{false, true} {
			as := map[bool]string{false: "sqlite-group", true: "sqlite-indexed"}[indexed]
			b.Run(name(as), func(b *testing.B) {
				records := storedRecords(b)
				g := newGroup(b, sqliteCommit(b, indexed))
				spread(b, writers, func(i int64) error { return g.append(records[i%int64(len(records))]) })
				g.report(b)
			})
		}
		b.Run(name("plain-file"), func(b *testing.B) {
			records := storedRecords(b)
			g := newGroup(b, plainCommit(b))
			spread(b, writers, func(i int64) error { return g.append(records[i%int64(len(records))]) })
			g.report(b)
		})
	}
}

// pausedAt is an event of the usual size, of one of fifty jobs.
func pausedAt(i int64) journal.Draft {
	return journal.Draft{Kind: "work.paused", Job: fmt.Sprint("job-", i%50), Work: []byte(eventWork)}
}

// storedRecords are records as a journal has written them.
func storedRecords(b *testing.B) (records [][]byte) {
	b.Helper()
	j, dir := sealedJournal(b)
	var drafts []journal.Draft
	for i := range int64(256) {
		drafts = append(drafts, pausedAt(i))
	}
	for range 4 {
		if _, err := j.Append(context.Background(), drafts...); err != nil {
			b.Fatal(err)
		}
	}
	origin := j.Origin()
	closeOnce(b, j)
	db, err := bbolt.Open(filepath.Join(dir, "segments", "000001.db"), 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		b.Fatal(err)
	}
	must(b, db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("leaves")).Bucket([]byte(origin)).ForEach(func(_, v []byte) error {
			records = append(records, append([]byte(nil), v...))
			return nil
		})
	}))
	must(b, db.Close())
	return records[1:] // the first opens the log
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
	queue         chan groupOp
	acks, commits int
}

type groupOp struct {
	record []byte
	done   chan error
}

func newGroup(b *testing.B, commit func([][]byte) error) *group {
	b.Helper()
	g := &group{queue: make(chan groupOp)}
	var wg sync.WaitGroup
	wg.Go(func() {
		for first := range g.queue {
			ops := g.gather(first)
			records := make([][]byte, len(ops))
			for i, o := range ops {
				records[i] = o.record
			}
			err := commit(records)
			g.acks, g.commits = g.acks+len(ops), g.commits+1
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

// gather waits for nobody, and gives those that were just answered the processor.
func (g *group) gather(first groupOp) []groupOp {
	ops := []groupOp{first}
	for quiet := 0; quiet < 4 && len(ops) < 256; quiet++ {
		select {
		case o := <-g.queue:
			ops, quiet = append(ops, o), -1
		default:
			runtime.Gosched()
		}
	}
	return ops
}

func (g *group) append(record []byte) error {
	o := groupOp{record, make(chan error, 1)}
	g.queue <- o
	return <-o.done
}

func (g *group) report(b *testing.B) {
	b.ReportMetric(float64(g.acks)/float64(g.commits), "events/commit")
}

func plainCommit(b *testing.B) func([][]byte) error {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "plain"))
	must(b, err)
	b.Cleanup(func() { must(b, f.Close()) })
	var buf []byte
	return func(records [][]byte) error {
		buf = buf[:0]
		for _, r := range records {
			buf = append(buf, r...)
		}
		if _, err := f.Write(buf); err != nil {
			return err
		}
		return unix.Fdatasync(int(f.Fd()))
	}
}

func sqliteCommit(b *testing.B, indexed bool) func([][]byte) error {
	b.Helper()
	q := url.Values{"_pragma": {"journal_mode(WAL)", "synchronous(FULL)"}}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "s.db")+"?"+q.Encode())
	must(b, err)
	db.SetMaxOpenConns(1)
	b.Cleanup(func() { must(b, db.Close()) })
	ctx := context.Background()
	tables, row := []string{`CREATE TABLE records (origin INTEGER, seq INTEGER, record BLOB, PRIMARY KEY (origin, seq)) WITHOUT ROWID`}, `INSERT INTO records VALUES (1, ?, ?)`
	if indexed {
		tables, row = []string{
			`CREATE TABLE records (origin INTEGER, seq INTEGER, record BLOB, request BLOB, job TEXT, PRIMARY KEY (origin, seq)) WITHOUT ROWID`,
			`CREATE UNIQUE INDEX requests ON records (request)`, `CREATE INDEX jobs ON records (job, origin, seq)`,
		}, `INSERT INTO records VALUES (1, ?, ?, ?, ?)`
	}
	for _, t := range tables {
		_, err := db.ExecContext(ctx, t)
		must(b, err)
	}
	insert, err := db.PrepareContext(ctx, row)
	must(b, err)
	seq := 0
	return func(records [][]byte) error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		in := tx.StmtContext(ctx, insert)
		for _, r := range records {
			seq++
			values := []any{seq, r}
			if indexed {
				request := make([]byte, 16)
				_, _ = rand.Read(request) // never fails
				values = append(values, request, fmt.Sprint("job-", seq%50))
			}
			if _, err := in.ExecContext(ctx, values...); err != nil {
				_ = tx.Rollback() // the first error counts
				return err
			}
		}
		return tx.Commit()
	}
}
