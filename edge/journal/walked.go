package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
)

// The places of a bbolt file's two first pages, which say what its newest transaction is
// (go.etcd.io/bbolt, internal/common), and the word for a page of branches.
const (
	metaMagic    = 0xED0CDAED
	metaSize     = 64
	metaPageSize = 8
	metaRoot     = 16
	metaFreelist = 32
	metaPages    = 40
	metaTxid     = 48
	metaSum      = 56
	noFreelist   = ^uint64(0)
	pageBranch   = 1
)

// walked looks whether the pages of a file hang together, where bbolt would walk through
// them to find those that are free: it does so in a goroutine of its own, in which a page
// that is damaged, goes in a circle or lies behind the end of a file that was cut short
// ends the process, at every start again. Here it is an error. A file with its free list
// on it is not walked through, and of what is no such file bbolt says so itself.
func walked(path string) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }() // it was only read
	m, ok := newestMeta(f)
	if !ok || binary.NativeEndian.Uint64(m[metaFreelist:]) != noFreelist {
		return nil
	}
	w := walk{f: f, size: int64(binary.NativeEndian.Uint32(m[metaPageSize:])), end: binary.NativeEndian.Uint64(m[metaPages:]), seen: map[uint64]bool{}}
	w.todo = append(w.todo, binary.NativeEndian.Uint64(m[metaRoot:]))
	for len(w.todo) > 0 && err == nil {
		n := w.todo[len(w.todo)-1]
		w.todo = w.todo[:len(w.todo)-1]
		err = w.page(n)
	}
	if err != nil {
		return fmt.Errorf("open %s: it is damaged: %w", filepath.Base(path), err)
	}
	return nil
}

// newestMeta is what the newest transaction of a file says, if any can be read.
func newestMeta(f *os.File) (newest []byte, ok bool) {
	for n := range int64(2) {
		m := make([]byte, metaSize)
		if _, err := f.ReadAt(m, n*int64(os.Getpagesize())+pageHeader); err != nil {
			continue
		}
		sum := fnv.New64a()
		_, _ = sum.Write(m[:metaSum]) // a hash does not fail
		if binary.NativeEndian.Uint32(m) != metaMagic || binary.NativeEndian.Uint64(m[metaSum:]) != sum.Sum64() {
			continue
		}
		if newest == nil || binary.NativeEndian.Uint64(m[metaTxid:]) >= binary.NativeEndian.Uint64(newest[metaTxid:]) {
			newest = m
		}
	}
	return newest, newest != nil
}

// walk goes from page to page, to each once.
type walk struct {
	f    *os.File
	size int64  // of a page, bytes
	end  uint64 // the first page that was never used
	todo []uint64
	seen map[uint64]bool
}

// errPages: the pages of a file do not hang together.
var errPages = errors.New("its pages do not hang together")

// page looks at one page, and notes those that it names.
func (w *walk) page(n uint64) error {
	if n < 2 || n >= w.end || w.seen[n] {
		return fmt.Errorf("%w: page %d", errPages, n)
	}
	w.seen[n] = true
	b := make([]byte, w.size)
	if _, err := w.f.ReadAt(b, int64(n)*w.size); err != nil {
		return fmt.Errorf("%w: page %d: %w", errPages, n, err)
	}
	flags, count, more := binary.NativeEndian.Uint16(b[8:]), int(binary.NativeEndian.Uint16(b[10:])), uint64(binary.NativeEndian.Uint32(b[12:]))
	if binary.NativeEndian.Uint64(b) != n || flags != pageBranch && flags != pageLeaf || more >= w.end-n {
		return fmt.Errorf("%w: page %d", errPages, n)
	}
	if more > 0 {
		b = make([]byte, int64(more+1)*w.size)
		if _, err := w.f.ReadAt(b, int64(n)*w.size); err != nil {
			return fmt.Errorf("%w: page %d: %w", errPages, n, err)
		}
	}
	for i := range count {
		if err := w.element(b, pageHeader+i*elementSize, flags); err != nil {
			return fmt.Errorf("%w: page %d", err, n)
		}
	}
	return nil
}

// element looks at one element of a page, which lies at a place of it.
func (w *walk) element(b []byte, at int, flags uint16) error {
	if at+elementSize > len(b) {
		return errPages
	}
	e := b[at:]
	word := func(i int) uint64 { return uint64(binary.NativeEndian.Uint32(e[4*i:])) }
	if flags == pageBranch { // position, length of the key, page
		if word(0)+word(1) > uint64(len(e)) {
			return errPages
		}
		w.todo = append(w.todo, binary.NativeEndian.Uint64(e[8:]))
		return nil
	}
	from := word(1) + word(2) // flags, position, length of the key, of the value
	if from+word(3) > uint64(len(e)) {
		return errPages
	}
	if word(0)&elementIsSub == 0 {
		return nil
	}
	if word(3) < subHeader {
		return errPages
	}
	if root := binary.NativeEndian.Uint64(e[from:]); root != 0 { // else it lies in the value
		w.todo = append(w.todo, root)
	}
	return nil
}
