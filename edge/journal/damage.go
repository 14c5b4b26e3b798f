package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// damage is a segment file whose bytes are not what was written.
type damage struct {
	file uint32
	err  error
}

func (d *damage) Error() string { return d.err.Error() }
func (d *damage) Unwrap() error { return d.err }

// errFormat is a file of a program that is newer than this one: nothing is damaged.
var errFormat = errors.New("a segment file of another format")

// damaged sorts errors: what the disk or the system says is no damage of the bytes.
func damaged(n uint32, err error) error {
	var errno syscall.Errno
	if err == nil || errors.As(err, &errno) || errors.Is(err, os.ErrNotExist) || errors.Is(err, bolterrors.ErrTimeout) ||
		errors.Is(err, bolterrors.ErrDatabaseNotOpen) || errors.Is(err, errFormat) || errors.Is(err, ErrTrimmed) {
		return err
	}
	return &damage{n, err}
}

// guarded runs fn in a file: bbolt panics or faults where a page is damaged.
func guarded(db *bbolt.DB, fn func(*bbolt.Tx) error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s is damaged: %v", filepath.Base(db.Path()), p)
		}
	}()
	return db.View(fn)
}

// hurt notes damage that was found while the journal is open.
func (j *Journal) hurt(err error) {
	var d *damage
	if j.readOnly || !errors.As(err, &d) || j.harm.Swap(d) != nil {
		return
	}
	j.log.Error("a segment file is damaged: the next start mends it", "file", d.file, "error", d.err)
	if err := writeFile(j.mendMark(), fmt.Appendf(nil, "%d\n", d.file)); err != nil {
		j.log.Error("the damage cannot be noted for the next start", "error", err)
	}
	j.sicken(d)
}
