package redo

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// ErrOlder says that the file is older than the base, so it is not the one that the log was
// written for: a copy was put back.
var ErrOlder = errors.New("the file is older than its redo log")

// Layout of a bbolt meta page (native byte order): 16 bytes of page header, then magic,
// version, page size and flags of 4 bytes, root page and sequence, free list, high water
// mark and transaction id of 8, and the FNV-1a sum of all these.
const (
	metaAt      = 16
	metaSize    = 64
	metaSumAt   = metaAt + 56
	metaTxAt    = metaAt + 48
	metaMagic   = 0xED0CDAED
	metaVersion = 2
	minPage     = 1 << 9
	maxPage     = 1 << 16
)

// Base reads the two meta pages of a bbolt file. The file must be synced and not be
// written meanwhile.
func Base(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the base of %s: %w", filepath.Base(path), err)
	}
	base, err := metaPages(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("read the base of %s: %w", filepath.Base(path), err)
	}
	return base, nil
}

func metaPages(f io.ReaderAt) ([]byte, error) {
	first := make([]byte, metaAt+metaSize)
	if _, err := f.ReadAt(first, 0); err != nil {
		return nil, err
	}
	size := int(binary.NativeEndian.Uint32(first[metaAt+8:]))
	if size < minPage || size > maxPage || size&(size-1) != 0 {
		return nil, fmt.Errorf("a page of %d bytes", size)
	}
	base := make([]byte, 2*size)
	if _, err := f.ReadAt(base, 0); err != nil {
		return nil, err
	}
	if _, ok := newest(base); !ok {
		return nil, errors.New("none of its meta pages can be read")
	}
	return base, nil
}

// Restore puts the meta pages of a base back into its file and syncs them: the file is
// then what it was when the base was read. It is done again as often as one likes.
func Restore(path string, base []byte) (err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("go back to the base of %s: %w", filepath.Base(path), err)
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			err = fmt.Errorf("go back to the base of %s: %w", filepath.Base(path), err)
		}
	}()
	then, ok := newest(base)
	if !ok {
		return errors.New("none of its meta pages can be read")
	}
	now := make([]byte, len(base))
	if _, err := f.ReadAt(now, 0); err != nil && !errors.Is(err, io.EOF) { // what is missing stays zero
		return err
	}
	if tx, ok := newest(now); ok && tx < then && bothWhole(now) {
		return ErrOlder
	}
	if _, err := f.WriteAt(base, 0); err != nil {
		return err
	}
	return unix.Fdatasync(int(f.Fd()))
}

// bothWhole: the newest of two meta pages may be the one that is torn.
func bothWhole(pages []byte) bool {
	_, one := meta(pages[:len(pages)/2])
	_, two := meta(pages[len(pages)/2:])
	return one && two
}

// newest is the transaction id of the newer of two meta pages.
func newest(pages []byte) (id uint64, ok bool) {
	for _, page := range [][]byte{pages[:len(pages)/2], pages[len(pages)/2:]} {
		if tx, valid := meta(page); valid && (!ok || tx > id) {
			id, ok = tx, true
		}
	}
	return id, ok
}

func meta(page []byte) (tx uint64, ok bool) {
	if len(page) < metaAt+metaSize ||
		binary.NativeEndian.Uint32(page[metaAt:]) != metaMagic || binary.NativeEndian.Uint32(page[metaAt+4:]) != metaVersion {
		return 0, false
	}
	h := fnv.New64a()
	_, _ = h.Write(page[metaAt:metaSumAt]) // never fails
	return binary.NativeEndian.Uint64(page[metaTxAt:]), h.Sum64() == binary.NativeEndian.Uint64(page[metaSumAt:])
}
