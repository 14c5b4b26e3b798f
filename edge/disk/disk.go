// Package disk is what is asked of a disk beside reading and writing: that a name lasts,
// and that bytes are gone.
//
// It knows no file of the house, and decides nothing: when a name must last and what is
// to be destroyed, the room says whose file it is.
package disk

import (
	"errors"
	"fmt"
	"os"
)

// SyncDir makes the names in a folder last: what was made, renamed or removed there is so
// after a power cut too.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync a folder: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync a folder: %w", err)
	}
	return nil
}

// Blank writes zeros over all that a file holds, and has them on disk. Flash and
// journaling file systems may keep the old bytes elsewhere.
func Blank(f *os.File) error {
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
