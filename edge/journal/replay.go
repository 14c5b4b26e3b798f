package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"

	"go.etcd.io/bbolt"

	"pitlane/edge/disk"
	"pitlane/edge/redo"
)

// redoLog is where the newest transactions are until the newest segment file is on disk.
func redoLog(dir string) string { return filepath.Join(dir, "redo") }

// redoHead is more than a redo log's header, and what a disk writes whole.
const redoHead = 512

// redoPending does again what a crash or a power cut has left undone: the file goes back
// to the state that is on disk for certain, and takes all transactions since. It is done
// again as often as it is itself cut short.
func (j *Journal) redoPending() error {
	if j.readOnly {
		return nil
	}
	path := redoLog(j.opt.Dir)
	p, ok, err := redo.Read(path)
	if err != nil {
		return err
	}
	if !ok {
		return forgetRedo(path)
	}
	s := &shelf{dir: filepath.Join(j.opt.Dir, "segments")}
	file := s.path(p.File)
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		return putAside(path) // what it leads on from is gone; its rows are not
	}
	err = doAgain(file, p)
	if noRoom(err) && (reserve{path: filepath.Join(j.opt.Dir, "reserve")}).giveUp() {
		err = doAgain(file, p)
	}
	if errors.Is(err, redo.ErrOlder) {
		j.log.Error("the newest segment file is older than its redo log: a copy was put back", "file", filepath.Base(file))
		return putAside(path)
	}
	if err != nil {
		return damaged(p.File, fmt.Errorf("do the newest transactions of %s again: %w", filepath.Base(file), err))
	}
	return forgetRedo(path)
}

// forgetRedo removes a log of which nothing is pending, and writes over what it held:
// payloads are in it as they are in the file.
func forgetRedo(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil {
		// The header first, and on disk: a log with its header and without its last frames
		// would put the file back to before them.
		if _, err = f.WriteAt(make([]byte, redoHead), 0); err == nil {
			err = f.Sync()
		}
		if err == nil {
			err = disk.Blank(f)
		}
		err = errors.Join(err, f.Close())
	}
	if err == nil {
		err = os.Remove(path)
	}
	if err != nil {
		return fmt.Errorf("end the redo log: %w", err)
	}
	return nil
}

func doAgain(file string, p redo.Pending) error {
	if err := redo.Restore(file, p.Base); err != nil {
		return err
	}
	db, err := openBolt(file, false)
	if err != nil {
		return err
	}
	return errors.Join(redoFrames(db, p.Frames), db.Close())
}

// redoFrames writes rows as one transaction, with its two syncs.
func redoFrames(db *bbolt.DB, frames [][]byte) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil { // bbolt's word for a damaged page
			err = fmt.Errorf("%s is damaged: %v", filepath.Base(db.Path()), p)
		}
	}()
	return db.Update(func(tx *bbolt.Tx) error {
		file := rowsOf{tx: tx}
		for _, frame := range frames {
			if err := redo.Rows(frame, file.change); err != nil {
				return err
			}
		}
		return nil
	})
}

// rowsOf changes rows of a segment file.
type rowsOf struct {
	tx    *bbolt.Tx
	of    string        // the bucket of the last row
	inner string        // and its origin
	b     *bbolt.Bucket // they are this one
}

func (f *rowsOf) change(r redo.Row) error {
	if f.b == nil || r.Bucket != f.of || r.Inner != f.inner {
		b, err := f.bucket(r)
		if err != nil {
			return err
		}
		f.of, f.inner, f.b = r.Bucket, r.Inner, b
	}
	if r.Delete {
		return f.b.Delete(r.Key)
	}
	return f.b.Put(r.Key, r.Value)
}

func (f *rowsOf) bucket(r redo.Row) (*bbolt.Bucket, error) {
	if !slices.Contains(segmentBuckets(), r.Bucket) || in(f.tx, r.Bucket) == nil {
		return nil, fmt.Errorf("a row of %q, which no segment file holds", r.Bucket)
	}
	if r.Inner == "" {
		return in(f.tx, r.Bucket), nil
	}
	return bucketOf(f.tx, r.Bucket, r.Inner)
}

// standIn lets one who only reads see what is pending: a copy of the newest file, in a
// folder of its own, takes its place. It is empty where nothing is pending.
func (s *shelf) standIn(dir string) error {
	p, ok, err := redo.Read(redoLog(dir))
	if err != nil || !ok {
		return err
	}
	from := s.path(p.File)
	if _, err := os.Stat(from); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	tmp, err := os.MkdirTemp("", "pitlane-")
	if err != nil {
		return fmt.Errorf("read what the redo log holds: %w", err)
	}
	to := filepath.Join(tmp, filepath.Base(from))
	err = copyFile(from, to)
	if err == nil {
		err = doAgain(to, p)
	}
	if err == nil {
		s.instead, s.insteadOf = to, p.File
		return nil
	}
	err = errors.Join(err, os.RemoveAll(tmp))
	if errors.Is(err, redo.ErrOlder) {
		return nil // the file says all there is
	}
	return damaged(p.File, fmt.Errorf("do the newest transactions of %s again: %w", filepath.Base(from), err))
}

func copyFile(from, to string) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	dst, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		_, err = io.Copy(dst, src)
		err = errors.Join(err, dst.Close())
	}
	return errors.Join(err, src.Close())
}

// setRedoAside keeps a log that no file fits any more: whoever mends finds its rows.
func setRedoAside(dir string) error {
	if _, ok, err := redo.Read(redoLog(dir)); err != nil || !ok {
		return err
	}
	return putAside(redoLog(dir))
}

// scanRedo takes the rows of redo logs for a file and those after it, of logs that were
// put aside too. What is found proves nothing yet.
func (s *shelf) scanRedo(from, to uint32, f *found) error {
	names, err := filepath.Glob(redoLog(filepath.Dir(s.dir)) + "*")
	if err != nil {
		return err
	}
	slices.Sort(names)
	slices.Reverse(names) // the log in use is the last to speak
	for _, name := range names {
		p, ok, err := redo.Read(name)
		if err != nil {
			return err
		}
		for _, frame := range p.Frames {
			if !ok || p.File < from || p.File > to {
				break
			}
			// What cannot be read is not of this program: the rest of the frame is lost.
			_ = redo.Rows(frame, func(r redo.Row) error {
				f.row(r.Key, r.Value)
				return nil
			})
		}
	}
	return nil
}
