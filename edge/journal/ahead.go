package journal

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// aheadBytes is how much of the newest file is made real before it is used.
const aheadBytes = 256 << 10

// plenty is how much room there must be beside, in times of it: a disk that fills up is
// left to what must be written.
const plenty = 64

// page is what zeros begin at: bbolt writes whole pages.
const page = 4 << 10

// ahead writes zeros behind the last page in use of the newest file, where it has only
// a hole. A sync of blocks that a file already has writes its data; a sync of new
// ones waits for the file system's own log too, and with it for whatever else the
// disk is asked to keep just then. Only the writer calls it, with no transaction
// open. It is no error when it fails: a hole serves as well.
func (w *writer) ahead(path string, size, room, most int64) {
	if size+room/2 <= w.real || room > most {
		return
	}
	if w.zeros == nil {
		w.zeros = make([]byte, min(aheadBytes, most))
	}
	at := max(w.real, (size+page-1)/page*page)
	end := max(at, size+room/2) + int64(len(w.zeros))
	w.real = end // tried once
	if !roomy(path, plenty*(end-at)) {
		return
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return
	}
	for err == nil && at < end {
		var n int
		n, err = f.WriteAt(w.zeros[:min(int64(len(w.zeros)), end-at)], at)
		at += int64(n)
	}
	_ = errors.Join(err, f.Close()) // see above
}

// roomy says whether the disk of a file has so many bytes free.
func roomy(path string, want int64) bool {
	var st unix.Statfs_t
	return unix.Statfs(path, &st) == nil && int64(st.Bavail)*st.Bsize >= want
}
