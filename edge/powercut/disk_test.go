//go:build !race

package powercut

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

const (
	page   = 4096
	sector = 512 // what a disk writes whole
)

// body is the content of a file: its pages that are not zero.
type body struct {
	size  int64
	pages map[int64][]byte
}

func (b *body) clone() *body {
	out := &body{size: b.size, pages: make(map[int64][]byte, len(b.pages))}
	for n, p := range b.pages {
		out.pages[n] = bytes.Clone(p)
	}
	return out
}

func (b *body) write(at int64, data []byte) {
	b.size = max(b.size, at+int64(len(data)))
	for len(data) > 0 {
		n, off := at/page, at%page
		if b.pages[n] == nil {
			b.pages[n] = make([]byte, page)
		}
		k := copy(b.pages[n][off:], data)
		data, at = data[k:], at+int64(k)
	}
}

func (b *body) resize(to int64) {
	for n, p := range b.pages {
		if n*page >= to {
			delete(b.pages, n)
		} else if (n+1)*page > to {
			clear(p[to-n*page:])
		}
	}
	b.size = to
}

// file is one file of a disk: what is on it for certain, and what was written since
// the last sync.
type file struct {
	sure    *body
	since   []call
	written int64 // size as the program sees it
	folder  bool
}

// name is a change of a folder that is not yet on disk for certain.
type name struct {
	folder string
	do     func(names map[string]*file)
}

// disk is what the calls of a program make of a folder, as far as a disk promises
// anything: the data of a synced file, the names of a synced folder. Names become
// durable in the order in which they were changed, as journalling file systems do;
// data in any order, by sectors.
type disk struct {
	now   map[string]*file // as the program sees it
	sure  map[string]*file
	names []name
}

func newDisk() *disk { return &disk{now: map[string]*file{}, sure: map[string]*file{}} }

// rename, create and remove change the names at once for the program, later on disk.
func (d *disk) change(folder string, do func(map[string]*file)) {
	do(d.now)
	d.names = append(d.names, name{folder, do})
}

// make carries out a call.
func (d *disk) make(c call) {
	f := d.now[c.path]
	switch c.name {
	case "open":
		if f == nil && c.flag&unix.O_CREAT != 0 {
			f = &file{sure: &body{pages: map[int64][]byte{}}}
			d.change(filepath.Dir(c.path), func(names map[string]*file) { names[c.path] = f })
		}
		if f != nil && c.flag&unix.O_TRUNC != 0 {
			f.since, f.written = append(f.since, call{name: "truncate"}), 0
		}
	case "mkdir":
		if f == nil {
			f = &file{folder: true}
			d.change(filepath.Dir(c.path), func(names map[string]*file) { names[c.path] = f })
		}
	case "rename":
		d.change(filepath.Dir(c.to), func(names map[string]*file) {
			names[c.to] = f
			delete(names, c.path)
		})
	case "unlink":
		d.change(filepath.Dir(c.path), func(names map[string]*file) { delete(names, c.path) })
	case "sync":
		d.sync(c.path, f)
	default:
		d.put(f, c)
	}
}

func (d *disk) put(f *file, c call) {
	if f == nil {
		return // of a file outside
	}
	if c.at < 0 {
		c.at = f.written
	}
	if c.name == "write" {
		f.written = max(f.written, c.at+int64(len(c.data)))
	} else {
		f.written = c.at
	}
	f.since = append(f.since, c)
}

func (d *disk) sync(path string, f *file) {
	if f != nil && !f.folder {
		for _, c := range f.since {
			apply(f.sure, c)
		}
		f.since = nil
		return
	}
	// Names become durable in their order: those before the folder's last change
	// with it.
	last := -1
	for i, n := range d.names {
		if n.folder == path {
			last = i
		}
	}
	for _, n := range d.names[:last+1] {
		n.do(d.sure)
	}
	d.names = slices.Delete(d.names, 0, last+1)
}

func apply(b *body, c call) {
	switch c.name {
	case "write":
		b.write(c.at, c.data)
	case "truncate":
		b.resize(c.at)
	case "allocate":
		b.size = max(b.size, c.at)
	}
}

// cut gives a state that the disk may be in when the power fails now.
func (d *disk) cut(rnd *rand.Rand) map[string]*body {
	names := make(map[string]*file, len(d.sure))
	for path, f := range d.sure {
		names[path] = f
	}
	for _, n := range d.names[:rnd.IntN(len(d.names)+1)] {
		n.do(names)
	}
	bodies := map[*file]*body{}
	out := map[string]*body{}
	for _, path := range sorted(names) {
		f := names[path]
		if f.folder {
			out[path] = nil
			continue
		}
		if bodies[f] == nil {
			bodies[f] = f.torn(rnd)
		}
		out[path] = bodies[f]
	}
	return out
}

func sorted(names map[string]*file) []string {
	var all []string
	for path := range names {
		all = append(all, path)
	}
	slices.Sort(all)
	return all
}

// torn is the file with some of what was written since the last sync: nothing, all,
// the first so many, or any, whole or by sectors.
func (f *file) torn(rnd *rand.Rand) *body {
	b := f.sure.clone()
	how, upTo := rnd.IntN(5), rnd.IntN(len(f.since)+1)
	for i, c := range f.since {
		switch {
		case how == 0, how == 2 && i >= upTo, how >= 3 && rnd.IntN(2) == 0:
			continue
		case how == 4 && c.name == "write":
			for off := 0; off < len(c.data); off += sector {
				if rnd.IntN(2) == 0 {
					b.write(c.at+int64(off), c.data[off:min(off+sector, len(c.data))])
				}
			}
		default:
			apply(b, c)
		}
	}
	return b
}

// lay writes a state into a folder, with the paths moved from one root to another.
func lay(state map[string]*body, from, to string) error {
	for path, b := range state {
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		at := filepath.Join(to, rel)
		if b == nil {
			if err := os.MkdirAll(at, 0o700); err != nil {
				return err
			}
			continue
		}
		if err := layFile(at, b); err != nil {
			return err
		}
	}
	return nil
}

func layFile(path string, b *body) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // in memory
	for n, p := range b.pages {
		if _, err := f.WriteAt(p, n*page); err != nil {
			return err
		}
	}
	return f.Truncate(b.size)
}
