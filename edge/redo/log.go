package redo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

const (
	magic     = "pl-redo/v1\n"
	afterHead = 64   // where the base lies
	block     = 4096 // what frames begin at a multiple of
	frameHead = 12
	keptBytes = 1 << 20 // of a frame whose memory is used again
	// MaxBase is the most that a base takes: two pages of the largest kind.
	MaxBase = 2 << 16
)

// ErrNoRoom says that the log takes no frame of this size before its next Begin.
var ErrNoRoom = errors.New("the redo log is full")

// Log is the redo log of one folder. One goroutine uses it.
type Log struct {
	f          *os.File
	size       int64 // bytes that the file has; it never grows while it is appended to
	start      int64 // where frames begin
	at         int64 // where the next frame goes
	last       int64 // where the newest frame lies; at when it cannot be taken back
	index      uint32
	generation [16]byte
	active     bool
	buf        []byte
}

// Open opens the log, or makes one of the size with zeros that are on disk. Whatever
// was pending in it must have been done again: it is forgotten with the next Begin.
func Open(path string, size int64) (*Log, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the redo log: %w", err)
	}
	l := &Log{f: f}
	st, err := f.Stat()
	if err == nil {
		l.size = st.Size()
		err = l.Grow(size)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the redo log: %w", err), f.Close())
	}
	return l, nil
}

// Grow makes the log so large, with zeros, so that no append needs room. A log that is
// larger stays so. Frames that are in it stay.
func (l *Log) Grow(size int64) error {
	zeros := make([]byte, 64<<10)
	for at := l.size; at < size; {
		n, err := l.f.WriteAt(zeros[:min(int64(len(zeros)), size-at)], at)
		if err != nil {
			return errors.Join(fmt.Errorf("make room for the redo log: %w", err), l.f.Truncate(l.size))
		}
		at += int64(n)
	}
	if size <= l.size {
		return nil
	}
	if err := l.f.Sync(); err != nil {
		return fmt.Errorf("make room for the redo log: %w", err)
	}
	l.size = size
	return nil
}

// Size is the bytes that the log takes on disk.
func (l *Log) Size() int64 { return l.size }

// Active says whether frames may be appended.
func (l *Log) Active() bool { return l.active }

// Room is how many bytes of rows the next frame may hold; 0 while the log is not active.
func (l *Log) Room() int64 {
	if !l.active {
		return 0
	}
	return max(0, l.size-l.at-frameHead)
}

// Used is how many bytes the frames since Begin take.
func (l *Log) Used() int64 { return l.at - l.start }

func framesAt(base int) int64 { return (int64(afterHead+base) + block - 1) / block * block }

// Begin makes file and base what frames lead on from, and forgets all frames before.
// The file must be on disk, with nothing written to it after the base was read. When it
// fails, nobody knows which header a power cut would find: no frame may follow.
func (l *Log) Begin(file uint32, base []byte) error {
	l.active = false
	if len(base) > MaxBase || framesAt(len(base)) >= l.size {
		return fmt.Errorf("begin the redo log: %w", ErrNoRoom)
	}
	// It tells frames of this header from older ones, and is no secret.
	binary.BigEndian.PutUint64(l.generation[:], rand.Uint64())
	binary.BigEndian.PutUint64(l.generation[8:], rand.Uint64())
	if err := l.head(file, base); err != nil {
		return fmt.Errorf("begin the redo log: %w", err)
	}
	l.at, l.index, l.active = framesAt(len(base)), 0, true
	l.start, l.last = l.at, l.at
	return nil
}

// Clean says on disk that nothing is to be done again.
func (l *Log) Clean() error {
	l.active = false
	if err := l.head(0, nil); err != nil {
		return fmt.Errorf("end the redo log: %w", err)
	}
	return nil
}

func (l *Log) head(file uint32, base []byte) error {
	b := header{file: file, generation: l.generation, base: base}.encode()
	if _, err := l.f.WriteAt(b, 0); err != nil {
		return err
	}
	return unix.Fdatasync(int(l.f.Fd()))
}

// Append puts rows on disk as one frame: all or nothing of them is read back. ErrNoRoom
// changes nothing; after any other error nobody knows whether the frame is there, and
// no other may follow.
func (l *Log) Append(rows []byte) error {
	if int64(len(rows)) > l.Room() {
		return ErrNoRoom
	}
	l.buf = append(append(l.buf[:0], make([]byte, frameHead)...), rows...)
	binary.BigEndian.PutUint32(l.buf, uint32(len(rows)))
	binary.BigEndian.PutUint32(l.buf[4:], l.index)
	binary.BigEndian.PutUint32(l.buf[8:], frameSum(l.generation, l.index, rows))
	if err := l.put(l.buf); err != nil {
		return fmt.Errorf("append to the redo log: %w", err)
	}
	l.last, l.at, l.index = l.at, l.at+int64(len(l.buf)), l.index+1
	if cap(l.buf) > keptBytes {
		l.buf = nil
	}
	return nil
}

// Retract takes the newest frame back, once, on disk: what it says was not done. After
// an error nobody knows whether the frame is there, and no other may follow.
func (l *Log) Retract() error {
	if !l.active || l.last == l.at {
		return errors.New("take a frame of the redo log back: there is none")
	}
	l.at, l.index = l.last, l.index-1
	if err := l.put(make([]byte, frameHead)); err != nil {
		return fmt.Errorf("take a frame of the redo log back: %w", err)
	}
	return nil
}

func (l *Log) put(b []byte) error {
	_, err := l.f.WriteAt(b, l.at)
	if err == nil {
		err = unix.Fdatasync(int(l.f.Fd()))
	}
	l.active = err == nil
	return err
}

// Close closes the file and says nothing on disk.
func (l *Log) Close() error { return l.f.Close() }

// Pending is what a log says is to be done again.
type Pending struct {
	File   uint32
	Base   []byte
	Frames [][]byte // rows, in their order
}

// Read reads what is pending; false when there is no log, or nothing in it. A header
// that is torn is of a moment when the file itself was on disk: nothing is pending.
func Read(path string) (Pending, bool, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return Pending{}, false, nil
	}
	if err != nil {
		return Pending{}, false, fmt.Errorf("read the redo log: %w", err)
	}
	p, ok := decode(b)
	return p, ok, nil
}

func decode(b []byte) (Pending, bool) {
	h, ok := decodeHeader(b)
	if !ok || h.file == 0 {
		return Pending{}, false
	}
	p := Pending{File: h.file, Base: h.base}
	for at := framesAt(len(h.base)); at+frameHead <= int64(len(b)); {
		frame := b[at:]
		n := int64(binary.BigEndian.Uint32(frame))
		if n == 0 || n > int64(len(frame))-frameHead {
			break
		}
		rows, index := frame[frameHead:frameHead+n], binary.BigEndian.Uint32(frame[4:])
		if index != uint32(len(p.Frames)) || binary.BigEndian.Uint32(frame[8:]) != frameSum(h.generation, index, rows) {
			break
		}
		p.Frames = append(p.Frames, rows)
		at += frameHead + n
	}
	return p, true
}

type header struct {
	file       uint32
	generation [16]byte
	base       []byte
}

func (h header) encode() []byte {
	b := make([]byte, afterHead+len(h.base))
	copy(b, magic)
	copy(b[16:], h.generation[:])
	binary.BigEndian.PutUint32(b[32:], h.file)
	binary.BigEndian.PutUint32(b[36:], uint32(len(h.base)))
	copy(b[afterHead:], h.base)
	binary.BigEndian.PutUint32(b[40:], sum(b[:40], h.base))
	return b
}

func decodeHeader(b []byte) (h header, ok bool) {
	if len(b) < afterHead || !bytes.HasPrefix(b, []byte(magic)) {
		return h, false
	}
	n := int64(binary.BigEndian.Uint32(b[36:]))
	if n > MaxBase || n > int64(len(b))-afterHead {
		return h, false
	}
	h.file, h.base = binary.BigEndian.Uint32(b[32:]), b[afterHead:afterHead+n]
	copy(h.generation[:], b[16:])
	return h, binary.BigEndian.Uint32(b[40:]) == sum(b[:40], h.base)
}

func frameSum(generation [16]byte, index uint32, rows []byte) uint32 {
	return sum(generation[:], binary.BigEndian.AppendUint32(nil, index), rows)
}

func sum(parts ...[]byte) (crc uint32) {
	for _, p := range parts {
		crc = crc32.Update(crc, castagnoli(), p)
	}
	return crc
}

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
