package journal

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"go.etcd.io/bbolt"

	"pitlane/edge/tlog"
)

// HoldWriter lets the writer run entered inside its next commit and then wait for
// release.
func HoldWriter(j *Journal, entered func()) (release func()) {
	held := make(chan struct{})
	var once sync.Once
	j.w.fault = func() error {
		once.Do(func() {
			entered()
			<-held
		})
		return nil
	}
	return func() { close(held) }
}

// FailCommits makes commits fail with what err gives, while it is not nil. Set it
// before the first append after opening.
func FailCommits(j *Journal, err *atomic.Pointer[error]) {
	j.w.fault = func() error {
		if e := err.Load(); e != nil {
			return *e
		}
		return nil
	}
}

// FailWhileThere is a disk that is full as long as a file is there. What is given
// up stays given up: a folder takes its place, so that it cannot be made again.
func FailWhileThere(j *Journal, path string) {
	j.w.fault = func() error {
		if st, err := os.Stat(path); err == nil && !st.IsDir() {
			return syscall.ENOSPC
		}
		return os.MkdirAll(filepath.Join(path, "x"), 0o700)
	}
}

// SetMaxSize makes room, between two appends.
func SetMaxSize(j *Journal, n int64) { j.opt.MaxSize = n }

// Dir is the journal's folder.
func Dir(j *Journal) string { return j.opt.Dir }

// Roll begins the next segment file, between two appends.
func Roll(j *Journal) error {
	_, err := j.shelf.settle()
	return errors.Join(err, j.shelf.roll(j.heads))
}

// ProveSize is the root at an earlier size and the consistency proof from it.
func ProveSize(j *Journal, origin string, n, to uint64) (Hash, []Hash, error) {
	f, err := tlog.FrontierAt(n, j.node(nil, origin))
	if err != nil {
		return Hash{}, nil, err
	}
	proof, err := tlog.Prove(to, n, j.node(nil, origin))
	return f.Root(), proof, err
}

// Swept waits until the files of what was trimmed are removed.
func Swept(j *Journal) { j.shelf.gone.Wait() }

// Waiting is how many ops wait for the writer.
func Waiting(j *Journal) int {
	n, _ := j.queue.waiting()
	return n
}

// Coming is how many are said to be about to append.
func Coming(j *Journal) int64 { return j.coming.Load() }

// RequestsIn counts the request ids of an index.
func RequestsIn(tx *bbolt.Tx) (n int) {
	_ = in(tx, bucketRuns).ForEach(func(_, v []byte) error {
		r, err := decodeRun(v)
		n += r.count()
		return err
	})
	return n
}

// Slim waits until the index holds little of what is trimmed.
func Slim(j *Journal) error {
	for {
		_, due, err := j.index.due(j.Tips())
		if err != nil || !due {
			return err
		}
		<-time.After(10 * time.Millisecond)
	}
}

// NewestBytes is what the newest segment file has in use; 0 where it cannot be read.
func NewestBytes(j *Journal) int64 {
	n, _ := j.shelf.newestBytes()
	return n
}

// HoldDisk lets what is appended to the redo log wait: entered is told of each, and it
// goes on with what release receives, nil for a disk that works. Set it before the first
// append after opening.
func HoldDisk(j *Journal, entered chan<- struct{}, release <-chan error) {
	j.shelf.durable.held = func() error {
		entered <- struct{}{}
		return <-release
	}
}

// SlowDisk lets each append to the redo log take so long, and counts them. Set it before
// the first append after opening.
func SlowDisk(j *Journal, d time.Duration, n *atomic.Int64) {
	j.shelf.durable.held = func() error {
		n.Add(1)
		<-time.After(d)
		return nil
	}
}
