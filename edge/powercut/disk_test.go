//go:build !race

package powercut

import (
	"bytes"
	"maps"
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
	Size  int64
	Pages map[int64][]byte
}

func (b *body) clone() *body {
	out := &body{Size: b.Size, Pages: make(map[int64][]byte, len(b.Pages))}
	for n, p := range b.Pages {
		out.Pages[n] = bytes.Clone(p)
	}
	return out
}

// bytes is the content, as one who reads the file has it.
func (b *body) bytes() []byte {
	out := make([]byte, b.Size)
	for n, p := range b.Pages {
		if n*page < b.Size {
			copy(out[n*page:], p)
		}
	}
	return out
}

func (b *body) write(at int64, data []byte) {
	b.Size = max(b.Size, at+int64(len(data)))
	for len(data) > 0 {
		n, off := at/page, at%page
		if b.Pages[n] == nil {
			b.Pages[n] = make([]byte, page)
		}
		k := copy(b.Pages[n][off:], data)
		data, at = data[k:], at+int64(k)
	}
}

func (b *body) resize(to int64) {
	for n, p := range b.Pages {
		if n*page >= to {
			delete(b.Pages, n)
		} else if (n+1)*page > to {
			clear(p[to-n*page:])
		}
	}
	b.Size = to
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
	freed map[string][]*file // what lost its name, or was cut off: its sectors lie there still
}

// newDisk is a disk on which lies what was found, all of it for certain.
func newDisk(found lying) *disk {
	d := &disk{now: map[string]*file{}, sure: map[string]*file{}, freed: map[string][]*file{}}
	for path, b := range found.Files {
		f := &file{folder: b == nil}
		if b != nil {
			f.sure, f.written = b.clone(), b.Size
		}
		d.now[path], d.sure[path] = f, f
	}
	for path, all := range found.Freed {
		for _, b := range all {
			d.freed[path] = append(d.freed[path], &file{sure: b})
		}
	}
	return d
}

// rename, create and remove change the names at once for the program, later on disk.
func (d *disk) change(folder string, do func(map[string]*file)) {
	do(d.now)
	d.names = append(d.names, name{folder, do})
}

// make carries out a call.
func (d *disk) make(c call, rnd *rand.Rand) {
	f := d.now[c.path]
	switch c.name {
	case "open":
		if f == nil && c.flag&unix.O_CREAT != 0 {
			f = &file{sure: &body{Pages: map[int64][]byte{}}}
			d.change(filepath.Dir(c.path), func(names map[string]*file) { names[c.path] = f })
		}
		if f != nil && c.flag&unix.O_TRUNC != 0 {
			d.keep(c.path, &file{sure: f.sure.clone(), since: slices.Clone(f.since)})
			f.since, f.written = append(f.since, call{name: "truncate"}), 0
		}
	case "mkdir":
		if f == nil {
			f = &file{folder: true}
			d.change(filepath.Dir(c.path), func(names map[string]*file) { names[c.path] = f })
		}
	case "rename":
		d.free(c.to)
		d.change(filepath.Dir(c.to), func(names map[string]*file) {
			names[c.to] = f
			delete(names, c.path)
		})
	case "unlink":
		d.free(c.path)
		d.change(filepath.Dir(c.path), func(names map[string]*file) { delete(names, c.path) })
	case "sync":
		d.sync(c.path, f)
	case "unsynced":
		d.unsynced(f, rnd)
	default:
		d.put(f, c)
	}
}

// free takes the name from a file; who has it open may write on. The name that it then
// has is the kernel's.
func (d *disk) free(path string) {
	if f := d.now[path]; f != nil && !f.folder {
		d.now[path+" (deleted)"] = f
		d.keep(path, f)
	}
}

// keep remembers what lies on the disk without a name, of the files of keys: nobody
// promises anything of the others.
func (d *disk) keep(path string, f *file) {
	if ofKeys(path) {
		d.freed[path] = append(d.freed[path], f)
	}
}

func (d *disk) put(f *file, c call) {
	if f == nil || c.name == "allocate" && c.flag&unix.FALLOC_FL_KEEP_SIZE != 0 {
		return // of a file outside, or of no byte that can be read
	}
	if c.at < 0 {
		c.at = f.written
	}
	switch c.name {
	case "write":
		f.written = max(f.written, c.at+int64(len(c.data)))
	case "allocate":
		f.written = max(f.written, c.at)
	default:
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

// unsynced is a sync that failed: what was written is on the disk or is not, and no later
// sync writes it, since the kernel takes it for written.
func (d *disk) unsynced(f *file, rnd *rand.Rand) {
	if f != nil && !f.folder {
		f.sure, f.since = f.torn(rnd), nil
	}
}

func apply(b *body, c call) {
	switch c.name {
	case "write":
		b.write(c.at, c.data)
	case "truncate":
		b.resize(c.at)
	case "allocate":
		b.Size = max(b.Size, c.at)
	}
}

// cut gives a state that the disk may be in when the power fails now, and what else lies
// on it without a name.
func (d *disk) cut(rnd *rand.Rand) lying {
	names := make(map[string]*file, len(d.sure))
	for path, f := range d.sure {
		names[path] = f
	}
	for _, n := range d.names[:rnd.IntN(len(d.names)+1)] {
		n.do(names)
	}
	bodies := map[*file]*body{}
	torn := func(f *file) *body {
		if bodies[f] == nil {
			bodies[f] = f.torn(rnd)
		}
		return bodies[f]
	}
	out := lying{map[string]*body{}, map[string][]*body{}}
	named := map[*file]bool{}
	for _, path := range slices.Sorted(maps.Keys(names)) {
		named[names[path]] = true
		if names[path].folder {
			out.Files[path] = nil
			continue
		}
		out.Files[path] = torn(names[path])
	}
	for _, path := range slices.Sorted(maps.Keys(d.freed)) {
		for _, f := range d.freed[path] {
			if named[f] {
				continue // the power went before it lost its name
			}
			out.Freed[path] = append(out.Freed[path], torn(f))
		}
	}
	return out
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
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // in memory
	for n, p := range b.Pages {
		if _, err := f.WriteAt(p, n*page); err != nil {
			return err
		}
	}
	return f.Truncate(b.Size)
}
