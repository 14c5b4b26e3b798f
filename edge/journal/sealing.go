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
)

// keysReady has the keys made that a draft will be sealed under.
func (j *Journal) keysReady(d *prepared) (err error) {
	if j.opt.Keys == nil {
		return nil
	}
	if d.work != nil {
		err = j.ready(scopeOf(d.Job, d.Outlives), Work)
	}
	if err == nil && d.contact != nil {
		err = j.ready(scopeOf(d.Job, d.Outlives), Contact)
	}
	return err
}

func (j *Journal) ready(job string, class Class) error {
	err := j.opt.Keys.Ready(job, class)
	if err != nil && noRoom(err) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}

// scopeOf is the job whose key seals.
func scopeOf(job string, outlives bool) string {
	if outlives {
		return ""
	}
	return job
}

// parts are an entry's two payloads with where they belong.
type part struct {
	place  Place
	commit Hash
	open   **Opening
	sealed **Sealed
}

func (e *Entry) parts() [2]part {
	at := Place{Origin: e.Origin, Seq: e.Seq, Job: e.Job}
	work, contact := at, at
	work.Class, contact.Class = Work, Contact
	return [2]part{
		{work, e.WorkCommit, &e.Work, &e.SealedWork},
		{contact, e.ContactCommit, &e.Contact, &e.SealedContact},
	}
}

// seal seals what is in clear. The payload of erased data is let go.
func (b *batch) seal(e *Entry, outlives bool) error {
	return sealEntry(b.j.opt.Keys, e, outlives)
}

func sealEntry(keys Sealer, e *Entry, outlives bool) error {
	if keys == nil {
		return nil
	}
	for _, p := range e.parts() {
		if *p.open == nil || *p.sealed != nil {
			continue
		}
		at := p.place
		at.Job = scopeOf(e.Job, outlives)
		s, err := keys.Seal(at, *p.open)
		if err != nil {
			return err
		}
		*p.sealed = s
	}
	return nil
}

// unseal opens what this node has the keys of. A box that its key does not open
// stays closed: `pitlane verify` names it.
func (j *Journal) unseal(e *Entry) {
	if j.opt.Keys == nil {
		return
	}
	for _, p := range e.parts() {
		if *p.sealed == nil || *p.open != nil {
			continue
		}
		o, err := j.opt.Keys.Open(p.place, *p.sealed)
		if err == nil && checkOpening(o, p.commit, p.place.Class.String()) == nil {
			*p.open = o
		}
	}
}

// checkEntry opens what can be opened and holds it against the commitments.
func (j *Journal) checkEntry(e *Entry) error {
	if j.opt.Keys != nil {
		if err := OpenEntry(j.opt.Keys, e); err != nil {
			return err
		}
	}
	return e.checkOpenings()
}

// OpenEntry opens what the keys open of an entry, and holds it against the leaf's
// commitments. A key that is not here is no error; its payload stays nil.
func OpenEntry(keys Sealer, e *Entry) error {
	for _, p := range e.parts() {
		if *p.sealed == nil || *p.open != nil {
			continue
		}
		o, err := keys.Open(p.place, *p.sealed)
		if errors.Is(err, ErrNoKey) {
			continue
		}
		if err != nil {
			return fmt.Errorf("the %s payload: %w", p.place.Class, err)
		}
		if err := checkOpening(o, p.commit, p.place.Class.String()); err != nil {
			return err
		}
		*p.open = o
	}
	return nil
}

// checkSealed holds the sealed payloads of a segment against their commitments, as
// far as the keys are here, and has the keys made for what comes in clear: it is
// sealed before it is kept.
func (j *Journal) checkSealed(c *checked) error {
	if j.opt.Keys == nil {
		return nil
	}
	for i := range c.entries {
		e := &c.entries[i]
		if err := OpenEntry(j.opt.Keys, e); err != nil {
			return fmt.Errorf("%w: entry %d: %w", ErrForged, e.Seq, err)
		}
		for _, p := range e.parts() {
			if *p.open == nil || *p.sealed != nil {
				continue
			}
			if err := j.ready(e.Job, p.place.Class); err != nil {
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
	return errors.Join(blank(was), was.Close())
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
	for _, p := range e.parts() {
		if *p.open == nil || *p.sealed != nil {
			continue
		}
		if err := j.ready(e.Job, p.place.Class); err != nil {
			return nil, err
		}
	}
	if err := sealEntry(j.opt.Keys, &e, false); err != nil {
		return nil, err
	}
	r.work, r.contact, r.sealedWork, r.sealedContact = nil, nil, e.SealedWork, e.SealedContact
	return r.encode(), nil
}

// blank writes over a file that has lost its name.
func blank(f *os.File) error {
	st, err := f.Stat()
	if err != nil {
		return err
	}
	zeros := make([]byte, 64<<10)
	for at := int64(0); at < st.Size(); at += int64(len(zeros)) {
		if _, err := f.WriteAt(zeros[:min(int64(len(zeros)), st.Size()-at)], at); err != nil {
			return err
		}
	}
	return f.Sync()
}
