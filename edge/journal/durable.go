package journal

import (
	"errors"
	"fmt"
	"runtime/debug"

	"go.etcd.io/bbolt"
	"golang.org/x/sys/unix"

	"pitlane/edge/redo"
)

// Sizes of the redo log: what it begins with, and what it grows to where it fills up.
// The larger it is, the rarer the segment file is synced, and the more is done again
// after a crash.
const (
	redoLeast = 64 << 10
	redoMost  = 8 << 20
)

// plenty is how much room there must be beside what the redo log grows by: a disk that
// fills up is left to what must be written.
const plenty = 64

// slack is how much larger than what its rows explain the newest file may get over one
// base: bbolt reuses no page that it took from the file's end while the base is held.
const slack = 1 << 20

// durable makes the transactions of the newest segment file survive a power cut: with
// one sync of the redo log, or without a log with the file's own two. Only the writer
// uses it.
type durable struct {
	log  *redo.Log
	most int64        // what the log may grow to
	pin  *bbolt.Tx    // sees the base: while it is open, no page of the base is written
	base int64        // what the file had in use then, bytes
	held func() error // a test's disk, before the log's own
}

// openRedo begins with nothing pending. A disk without room for the log is no reason
// not to start.
func (j *Journal) openRedo() error {
	d := &j.shelf.durable
	d.most = min(redoMost, max(redoLeast, j.opt.SegmentBytes/8))
	if j.opt.MaxSize > 0 {
		d.most = min(d.most, j.opt.MaxSize/16)
	}
	if d.most < redoLeast || j.opt.SegmentBytes > mapped/2 { // with a pin the map cannot grow
		return nil
	}
	log, err := redo.Open(redoLog(j.opt.Dir), min(redoLeast, d.most))
	if err != nil && noRoom(err) {
		j.log.Warn("no room for the redo log: every commit takes two syncs", "error", err)
		return nil
	}
	d.log = log
	return err
}

// prepare makes the newest file ready to take the next transaction, which may be open:
// nothing of it is written. After an error nobody knows what a power cut would find.
func (s *shelf) prepare() error {
	if d := &s.durable; d.log == nil || d.log.Active() {
		return nil
	}
	return s.begin()
}

// commit has the newest file take a transaction and puts its rows on disk: it is durable
// then. later says that the transaction has not been given its rows yet. After an error
// that is not sure, the transaction may or may not be there after the next start.
//
// The rows go on disk while the file takes the transaction: neither waits for the other,
// since what leads on from the base does not need what comes after it. It is the file
// that another goroutine is woken for; the disk is the longer way.
func (s *shelf) commit(tx *bbolt.Tx, rows []byte, later bool) (sure bool, err error) {
	d := &s.durable
	given := rows
	if !later {
		given = nil
	}
	if d.log == nil {
		return true, take(tx, given)
	}
	if int64(len(rows)) > d.log.Room() || tx.Size()-d.base > slack+2*d.log.Used() {
		return s.commitFile(tx, given)
	}
	filed := make(chan error, 1)
	go func() { filed <- take(tx, given) }()
	lerr := d.append(rows)
	if err = <-filed; err != nil && lerr == nil {
		lerr = d.log.Retract()
	}
	return lerr == nil, errors.Join(err, lerr)
}

// take has a file take a transaction with these rows.
func take(tx *bbolt.Tx, rows []byte) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil { // bbolt's word for a damaged page
			_ = tx.Rollback() // nothing of it counts any more
			err = &damagedPage{p}
		}
	}()
	file := rowsOf{tx: tx}
	if err := redo.Rows(rows, file.change); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// commitFile puts the file itself on disk, with this transaction and its free list: the
// log is full.
func (s *shelf) commitFile(tx *bbolt.Tx, rows []byte) (sure bool, err error) {
	s.newest.NoFreelistSync = false
	if err := take(tx, rows); err != nil {
		return true, err
	}
	if err = s.newest.Sync(); err == nil {
		s.growLog()
		err = s.begin()
	}
	return err == nil, err
}

// begin makes what the newest file now is, all of it on disk, the base of the redo log.
// The base before it is held until the log knows of the new one.
func (s *shelf) begin() error {
	d := &s.durable
	base, err := redo.Base(s.newest.Path())
	if err == nil {
		err = d.log.Begin(uint32(len(s.starts)), base)
	}
	if err != nil {
		return err
	}
	pin, err := s.newest.Begin(false)
	if err == nil {
		d.base = pin.Size()
	}
	if err = errors.Join(err, d.unpin()); err != nil {
		return fmt.Errorf("hold the base of the redo log: %w", err)
	}
	d.pin, s.newest.NoSync, s.newest.NoFreelistSync = pin, true, true
	return nil
}

// growLog makes a log larger that has filled up, where there is plenty of room.
func (s *shelf) growLog() {
	d := &s.durable
	to := min(2*d.log.Size(), d.most)
	if to <= d.log.Size() || !roomy(s.dir, plenty*to) {
		return
	}
	_ = d.log.Grow(to) // it serves as well as it is
}

// settle puts the newest file on disk, with its free list and nothing pending. Where it
// says that it is sure, an error has changed nothing.
func (s *shelf) settle() (sure bool, err error) {
	d := &s.durable
	if d.log == nil || !d.log.Active() {
		return true, nil
	}
	s.newest.NoFreelistSync = false
	err = s.newest.Update(func(*bbolt.Tx) error { return nil })
	if err != nil {
		s.newest.NoFreelistSync = true
		return true, fmt.Errorf("write the free list: %w", err)
	}
	if err := s.newest.Sync(); err != nil {
		return false, fmt.Errorf("sync the newest segment file: %w", err)
	}
	s.newest.NoSync = false
	err = errors.Join(d.log.Clean(), d.unpin())
	return err == nil, err
}

// append puts rows on disk.
func (d *durable) append(rows []byte) error {
	if d.held != nil {
		if err := d.held(); err != nil {
			return err
		}
	}
	return d.log.Append(rows)
}

func (d *durable) unpin() error {
	if d.pin == nil {
		return nil
	}
	pin := d.pin
	d.pin = nil
	return pin.Rollback()
}

// close ends the log. What is not settled is done again at the next start.
func (d *durable) close() error {
	err := d.unpin()
	if d.log != nil {
		err = errors.Join(err, d.log.Close())
	}
	d.log = nil
	return err
}

// roomy says whether the disk of a file has so many bytes free.
func roomy(path string, want int64) bool {
	var st unix.Statfs_t
	return unix.Statfs(path, &st) == nil && int64(st.Bavail)*st.Bsize >= want
}
