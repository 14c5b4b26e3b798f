package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"go.etcd.io/bbolt"

	"pitlane/edge/disk"
	"pitlane/edge/tlog"
)

// keysReady has the keys made that a draft will be sealed under.
func (j *Journal) keysReady(d *prepared) (err error) {
	if j.opt.Keys == nil {
		return nil
	}
	if d.work != nil {
		err = j.ready(tlog.ScopeOf(d.Job, d.Outlives), tlog.Work)
	}
	if err == nil && d.contact != nil {
		err = j.ready(tlog.ScopeOf(d.Job, d.Outlives), tlog.Contact)
	}
	return err
}

func (j *Journal) ready(job string, class tlog.Class) error {
	err := j.opt.Keys.Ready(job, class)
	if err != nil && noRoom(err) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}

// seal seals what is in clear. The payload of erased data is let go.
func (b *batch) seal(e *Entry, outlives bool) error {
	return tlog.SealEntry(b.j.opt.Keys, e, outlives)
}

// unseal opens what this node has the keys of. A box that its key does not open
// stays closed: `pitlane verify` names it.
func (j *Journal) unseal(e *Entry) {
	if j.opt.Keys == nil {
		return
	}
	for _, p := range e.Parts() {
		if *p.Sealed == nil || *p.Open != nil {
			continue
		}
		o, err := j.opt.Keys.Open(p.Place, *p.Sealed)
		if err == nil && tlog.CheckOpening(o, p.Commit, p.Place.Class.String()) == nil {
			*p.Open = o
		}
	}
}

// checkEntry opens what can be opened and holds it against the commitments.
func (j *Journal) checkEntry(e *Entry) error {
	if j.opt.Keys != nil {
		if err := tlog.OpenEntry(j.opt.Keys, e); err != nil {
			return err
		}
	}
	return e.CheckOpenings()
}

// checkSealed holds the sealed payloads of a segment against their commitments, as
// far as the keys are here, and has the keys made for what comes in clear: it is
// sealed before it is kept.
func (j *Journal) checkSealed(c *tlog.Checked) error {
	if j.opt.Keys == nil {
		return nil
	}
	for i := range c.Entries {
		e := &c.Entries[i]
		if err := tlog.OpenEntry(j.opt.Keys, e); err != nil {
			return fmt.Errorf("%w: entry %d: %w", tlog.ErrForged, e.Seq, err)
		}
		for _, p := range e.Parts() {
			if *p.Open == nil || *p.Sealed != nil {
				continue
			}
			if err := j.ready(e.Job, p.Place.Class); err != nil {
				return err
			}
		}
	}
	return nil
}

// sameForm refuses to write in clear beside what is sealed.
func (j *Journal) sameForm() error {
	if j.opt.Keys != nil {
		j.shelf.format = segmentSealed
		return nil
	}
	if j.readOnly || j.shelf.last() == 0 {
		return nil
	}
	return guarded(j.shelf.newest, func(tx *bbolt.Tx) error {
		if string(in(tx, bucketFile).Get([]byte(keyFormat))) == segmentSealed {
			return errors.New("the journal is sealed: it is not written without its keys")
		}
		return nil
	})
}

// sealFiles makes the files of a journal that was begun without keys anew, one by
// one, each under its name only when it is whole; the clear bytes of the old file
// are written over. A crash in between leaves files of both versions, and the next
// start goes on.
func (j *Journal) sealFiles(ctx context.Context) error {
	if j.opt.Keys == nil || j.readOnly {
		return nil
	}
	dir := filepath.Join(j.opt.Dir, "segments")
	names, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("list the segment files: %w", err)
	}
	for _, n := range names {
		if filepath.Ext(n.Name()) != ".db" {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := j.sealFile(filepath.Join(dir, n.Name())); err != nil {
			// The node boots all the same; the next start tries again.
			j.log.Error("a segment file of an earlier version stays in clear", "file", n.Name(), "error", err)
		}
	}
	return nil
}

func (j *Journal) sealFile(path string) error {
	old, err := openBolt(path, true)
	if err != nil {
		return nil // damaged: whoever opens it says so
	}
	clear, err := isClear(old)
	if err != nil || !clear {
		return errors.Join(err, old.Close())
	}
	j.log.Info("a segment file is sealed, once", "file", filepath.Base(path))
	tmp := path + ".tmp"
	if err := os.RemoveAll(tmp); err != nil {
		return errors.Join(err, old.Close())
	}
	next, err := openBolt(tmp, false)
	if err != nil {
		return errors.Join(err, old.Close())
	}
	err = guarded(old, func(from *bbolt.Tx) error {
		return next.Update(func(to *bbolt.Tx) error { return j.copySealed(from, to) })
	})
	if err = errors.Join(err, next.Close(), old.Close()); err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	was, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := commitRename(tmp, path); err != nil {
		return errors.Join(err, was.Close())
	}
	return errors.Join(disk.Blank(was), was.Close())
}

// isClear: a file in an unknown format is left for whoever reads it.
func isClear(db *bbolt.DB) (clear bool, err error) {
	defer func() {
		if p := recover(); p != nil { // a damaged page: said by whoever opens it
			clear, err = false, nil
		}
	}()
	err = guarded(db, func(tx *bbolt.Tx) error {
		b := in(tx, bucketFile)
		clear = b != nil && string(b.Get([]byte(keyFormat))) == segmentClear
		return nil
	})
	return clear, err
}

// copySealed copies all buckets of a segment file, the records sealed.
func (j *Journal) copySealed(from, to *bbolt.Tx) error {
	for _, name := range segmentBuckets() {
		src := in(from, name)
		if src == nil {
			return fmt.Errorf("it holds no %s", name)
		}
		dst, err := to.CreateBucket([]byte(name))
		if err != nil {
			return err
		}
		if err := j.copyBucket(src, dst, name == bucketLeaves); err != nil {
			return err
		}
	}
	return in(to, bucketFile).Put([]byte(keyFormat), []byte(segmentSealed))
}

func (j *Journal) copyBucket(src, dst *bbolt.Bucket, leaves bool) error {
	dst.FillPercent = 1
	return src.ForEach(func(k, v []byte) error {
		if v == nil {
			inner, err := dst.CreateBucket(k)
			if err != nil {
				return err
			}
			return j.copyBucket(src.Bucket(k), inner, leaves)
		}
		if leaves {
			sealed, err := j.sealRecord(v)
			if err != nil {
				return err
			}
			v = sealed
		}
		return dst.Put(slices.Clone(k), v)
	})
}

// sealRecord is a record with its payloads sealed. A record that cannot be read is
// kept as it is: `pitlane verify` names it.
func (j *Journal) sealRecord(b []byte) ([]byte, error) {
	r, err := decodeRecord(b)
	if err != nil {
		return b, nil
	}
	e, err := r.entry()
	if err != nil {
		return b, nil
	}
	for _, p := range e.Parts() {
		if *p.Open == nil || *p.Sealed != nil {
			continue
		}
		if err := j.ready(e.Job, p.Place.Class); err != nil {
			return nil, err
		}
	}
	if err := tlog.SealEntry(j.opt.Keys, &e, false); err != nil {
		return nil, err
	}
	r.work, r.contact, r.sealedWork, r.sealedContact = nil, nil, e.SealedWork, e.SealedContact
	return r.encode(), nil
}
