package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
	"golang.org/x/sys/unix"

	"pitlane/edge/tlog"
)

// shelf holds the segment files of a journal: the newest open, the older ones
// opened when somebody reads in them.
type shelf struct {
	dir      string // DIR/segments
	readOnly bool
	format   string // of new files

	mu     sync.Mutex
	starts []map[string]uint64 // starts[i] of file i+1; an origin not in it starts at 0
	first  uint32              // the oldest file that is kept; 0 when there is none
	newest *bbolt.DB
	old    map[uint32]*bbolt.DB
	recent []uint32 // numbers in old, the longest unused first

	durable   durable
	instead   string // who only reads sees this copy, made whole, of a file
	insteadOf uint32

	gone sync.WaitGroup // trimmed files that are being removed
}

// openOld is how many older files stay open: each holds a descriptor, and an edge
// has few (a serial port above descriptor 1023 cannot be waited for).
const openOld = 8

// openShelf opens the newest file and reads the heads. Without any file the shelf
// is empty: last is 0.
func openShelf(dir string, readOnly bool) (*shelf, map[string]*head, error) {
	s := &shelf{dir: filepath.Join(dir, "segments"), readOnly: readOnly, format: segmentClear, old: map[uint32]*bbolt.DB{}}
	last, err := s.scan()
	if err == nil && readOnly {
		err = s.standIn(dir)
	}
	if err != nil || last == 0 {
		return s, map[string]*head{}, err
	}
	heads, err := s.openNewest(last)
	err = damaged(last, err)
	if err == nil && last > 1 {
		heads, err = s.stillborn(last, heads)
	}
	if err == nil {
		if s.first = firstOf(s.starts, heads); !readOnly {
			err = s.sweep()
		}
	}
	if err != nil {
		return nil, nil, errors.Join(err, s.close())
	}
	return s, heads, nil
}

// openNewest makes a file the newest and reads what stands at its front.
func (s *shelf) openNewest(n uint32) (heads map[string]*head, err error) {
	if s.newest, err = openSegment(s.path(n), s.readOnly); err != nil {
		return nil, err
	}
	err = guarded(s.newest, func(tx *bbolt.Tx) error {
		var err error
		if heads, err = readHeads(tx); err != nil {
			return err
		}
		s.starts, err = readStarts(tx, n)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open segment file %06d: %w", n, err)
	}
	return heads, nil
}

// stillborn finds a newest file that got its name and was never begun, because the
// folder could not be synced: the file before it went on being written, and knows
// more. That one is the newest then. A damaged file before it is nobody's proof.
func (s *shelf) stillborn(last uint32, heads map[string]*head) (map[string]*head, error) {
	if s.leavesInNewest(heads) > 0 {
		return heads, nil
	}
	before, err := openSegment(s.path(last-1), true)
	if err != nil {
		return heads, nil
	}
	ahead := false
	err = guarded(before, func(tx *bbolt.Tx) error {
		was, err := readHeads(tx)
		for origin, h := range was {
			now := heads[origin]
			ahead = ahead || now == nil || h.Size > now.Size || h.CheckpointSize > now.CheckpointSize || h.Low > now.Low
		}
		return err
	})
	if err = errors.Join(err, before.Close()); err != nil || !ahead {
		return heads, nil
	}
	if err := s.newest.Close(); err != nil {
		return nil, fmt.Errorf("leave segment file %06d: %w", last, err)
	}
	return s.openNewest(last - 1)
}

// scan finds the newest file and removes what a crash left half made.
func (s *shelf) scan() (uint32, error) {
	if !s.readOnly {
		if err := os.MkdirAll(s.dir, 0o700); err != nil {
			return 0, fmt.Errorf("make the segments folder: %w", err)
		}
	}
	names, err := os.ReadDir(s.dir)
	if err != nil {
		return 0, fmt.Errorf("list the segment files: %w", err)
	}
	last := uint32(0)
	for _, f := range names {
		if strings.HasSuffix(f.Name(), ".tmp") && !s.readOnly {
			_ = os.Remove(filepath.Join(s.dir, f.Name())) // never had its name: nothing is in it
			continue
		}
		if strings.HasSuffix(f.Name(), ".mended") && !s.readOnly {
			if err := s.finish(f.Name()); err != nil {
				return 0, fmt.Errorf("finish what was mended: %w", err)
			}
			f = renamed{f}
		}
		stem, ok := strings.CutSuffix(f.Name(), ".db")
		n, err := strconv.ParseUint(stem, 10, 32)
		if ok && err == nil {
			last = max(last, uint32(n))
		}
	}
	return last, nil
}

// renamed is a mended file that has its name now.
type renamed struct{ os.DirEntry }

func (r renamed) Name() string { return strings.TrimSuffix(r.DirEntry.Name(), ".mended") }

func (s *shelf) path(n uint32) string {
	if n == s.insteadOf && s.instead != "" {
		return s.instead
	}
	return filepath.Join(s.dir, fmt.Sprintf("%06d.db", n))
}

// last is the number of the newest file.
func (s *shelf) last() uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return uint32(len(s.starts))
}

// find is the file that holds (origin, seq), if any does.
func (s *shelf) find(origin string, seq uint64) uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := uint32(len(s.starts)); n > 0 && n >= s.first; n-- {
		if s.starts[n-1][origin] <= seq {
			return n
		}
	}
	return 0
}

// leavesInNewest counts the leaves of the newest file.
func (s *shelf) leavesInNewest(heads map[string]*head) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := uint64(0)
	for origin, h := range heads {
		n += h.Size - max(h.Low, s.starts[len(s.starts)-1][origin])
	}
	return int(n)
}

// roll begins the next file. The one before it is settled, and is written no more.
func (s *shelf) roll(heads map[string]*head) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := uint32(len(s.starts) + 1)
	s.first = max(s.first, 1)
	if err := createSegment(s.path(n), s.format, s.first, n, s.starts, heads); err != nil {
		return err
	}
	db, err := openSegment(s.path(n), false)
	if err != nil {
		return err
	}
	if s.newest != nil {
		// Readers inside finish first; those that come later open it anew.
		err = s.newest.Close()
	}
	s.newest = db
	starts := map[string]uint64{}
	for origin, h := range heads {
		starts[origin] = h.Size
	}
	s.starts = append(s.starts, starts)
	return err
}

// open gives the database of a file.
func (s *shelf) open(n uint32) (*bbolt.DB, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n == uint32(len(s.starts)) {
		return s.newest, nil
	}
	if db, ok := s.old[n]; ok {
		s.recent = append(without(s.recent, n), n)
		return db, nil
	}
	if n < s.first {
		return nil, ErrTrimmed // since it was looked for
	}
	if len(s.recent) >= openOld {
		if err := s.old[s.recent[0]].Close(); err != nil {
			return nil, fmt.Errorf("close segment file %06d: %w", s.recent[0], err)
		}
		delete(s.old, s.recent[0])
		s.recent = s.recent[1:]
	}
	db, err := openSegment(s.path(n), true)
	if err != nil {
		return nil, err
	}
	s.old[n], s.recent = db, append(s.recent, n)
	return db, nil
}

// view runs fn in a file. With tx, the writer's transaction in the newest file,
// what is not yet committed is seen too.
func (s *shelf) view(n uint32, tx *bbolt.Tx, fn func(*bbolt.Tx) error) error {
	if tx != nil && n == s.last() {
		return fn(tx)
	}
	for {
		db, err := s.open(n)
		if errors.Is(err, os.ErrNotExist) {
			return &damage{n, err} // a hole
		}
		if err != nil {
			return damaged(n, err)
		}
		err = damaged(n, guarded(db, fn))
		if !errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
			return err
		}
		// Closed between open and View, to make room for another: open it again.
		if s.closed() {
			return ErrClosed
		}
	}
}

func (s *shelf) closed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.old == nil
}

// raw is one stored record, copied out of its file.
type raw struct {
	seq    uint64
	record []byte
}

// A transaction copies at most so much; none is open while a caller's code runs.
const (
	chunkEntries = 256
	chunkBytes   = 4 << 20
)

// chunk copies records from..to-1 of an origin, as many as one transaction may
// copy of one file. A missing record ends it.
func (s *shelf) chunk(tx *bbolt.Tx, origin string, from, to uint64) ([]raw, error) {
	var out []raw
	n := s.find(origin, from)
	if n == 0 {
		return nil, nil
	}
	err := s.view(n, tx, func(tx *bbolt.Tx) error {
		b := in(tx, bucketLeaves).Bucket([]byte(origin))
		if b == nil {
			return nil
		}
		size, want, c := 0, from, b.Cursor()
		for k, v := c.Seek(seqKey(from)); k != nil && want < to; k, v = c.Next() {
			if len(out) == chunkEntries || size > chunkBytes || string(k) != string(seqKey(want)) {
				return nil
			}
			out = append(out, raw{want, append([]byte(nil), v...)})
			size += len(v)
			want++
		}
		return nil
	})
	return out, err
}

// node reads a tree hash of an origin.
func (s *shelf) node(tx *bbolt.Tx, origin string) tlog.NodeReader {
	return func(seq uint64, level int) (Hash, error) {
		got, err := s.chunk(tx, origin, seq, seq+1)
		if err != nil {
			return Hash{}, err
		}
		if len(got) == 0 {
			return Hash{}, fmt.Errorf("%s seq %d is not held", origin, seq)
		}
		r, err := decodeRecord(got[0].record)
		if err != nil {
			return Hash{}, fmt.Errorf("read %s seq %d: %w", origin, seq, err)
		}
		if level >= len(r.hashes) {
			return Hash{}, fmt.Errorf("%s seq %d has no tree hash of level %d", origin, seq, level)
		}
		return r.hashes[level], nil
	}
}

// olderBytes is the room that all files but the newest take on disk.
func (s *shelf) olderBytes() (int64, error) {
	total := int64(0)
	for n := max(s.firstKept(), 1); n < s.last(); n++ {
		size, err := onDisk(s.path(n))
		if err != nil && !errors.Is(err, os.ErrNotExist) { // dropped meanwhile
			return 0, fmt.Errorf("measure the segment files: %w", err)
		}
		total += size
	}
	return total, nil
}

// onDisk is the room that a file takes.
func onDisk(path string) (int64, error) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return 0, fmt.Errorf("look at %s: %w", filepath.Base(path), err)
	}
	return st.Blocks * 512, nil
}

func without(all []uint32, n uint32) []uint32 {
	return slices.DeleteFunc(all, func(x uint32) bool { return x == n })
}

// newestBytes is what the newest file has in use.
func (s *shelf) newestBytes() (n int64, err error) {
	err = s.view(s.last(), nil, func(tx *bbolt.Tx) error {
		n = tx.Size()
		return nil
	})
	return n, err
}

func (s *shelf) close() error {
	s.gone.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	errs := []error{s.durable.close()}
	for _, db := range s.old {
		errs = append(errs, db.Close())
	}
	if s.instead != "" {
		errs = append(errs, os.RemoveAll(filepath.Dir(s.instead)))
	}
	if s.newest != nil {
		errs = append(errs, s.newest.Close())
	}
	s.old, s.recent = nil, nil
	return errors.Join(errs...)
}
