package vault

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"pitlane/edge/disk"
)

// keys.db is a line that names its generation, then records, each wrapped under
// the generation's wrapping key:
//
//	pl-keys/v1 <generation>\n
//	4 bytes   length of what follows, big-endian
//	12 bytes  nonce, then AES-256-GCM of the record's JSON
//
// The additional data of a record is the first line and the record's ordinal, so
// that none can be moved. The wrapping key is keys/vault-<generation>.key, 32 raw
// bytes. A new generation is made at each erasure; the old wrapping key is written
// over and removed, and with it goes whatever copy of the old file lies about.
const (
	fileName  = "keys.db"
	fileHead  = "pl-keys/v1 "
	maxRecord = 4096
	headroom  = 64 << 10 // kept allocated, so that a full disk still takes keys
)

// record is one line of the vault. T says which fields count.
type record struct {
	T      string `json:"t"` // key, erased, upto, heard, search, closed
	Node   string `json:"n,omitempty"`
	Job    string `json:"j,omitempty"`
	Class  string `json:"c,omitempty"`
	Secret []byte `json:"k,omitempty"`
	At     int64  `json:"a,omitempty"`
	Origin string `json:"o,omitempty"`
	Seq    uint64 `json:"s,omitempty"`
}

// book is an open keys.db. One goroutine at a time uses it.
type book struct {
	dir  string // of keys.db
	gen  uint64
	wrap []byte
	f    *os.File
	size int64
	n    uint64 // records
	rand io.Reader
	read bool  // for reading only
	bad  error // after a failed write nobody knows what is on disk
}

func wrapName(gen uint64) string { return "vault-" + strconv.FormatUint(gen, 10) + ".key" }

func (b *book) wrapPath(gen uint64) string { return filepath.Join(b.dir, "keys", wrapName(gen)) }

func (b *book) path() string { return filepath.Join(b.dir, fileName) }

func headOf(gen uint64) string { return fileHead + strconv.FormatUint(gen, 10) + "\n" }

// errLost: keys.db cannot be opened with any wrapping key that is here.
var errLost = errors.New("keys.db and its wrapping key do not belong together")

// parseBook reads the bytes of a keys.db: the records, how many bytes of it are
// whole, and how many records are damaged. errLost: it cannot be opened any more.
func parseBook(raw []byte, wrap func(gen uint64) ([]byte, error)) (gen uint64, out []record, whole int64, n uint64, damaged int, err error) {
	line, rest, ok := bytes.Cut(raw, []byte{'\n'})
	text, isOurs := strings.CutPrefix(string(line), fileHead)
	if gen, err = strconv.ParseUint(text, 10, 63); !ok || !isOurs || err != nil || headOf(gen) != string(line)+"\n" {
		return 0, nil, 0, 0, 0, fmt.Errorf("%w: not a keys.db", errLost)
	}
	secret, err := wrap(gen)
	if err != nil {
		return gen, nil, 0, 0, 0, err
	}
	for len(rest) >= 4 {
		size := int(binary.BigEndian.Uint32(rest))
		if size > maxRecord || size > len(rest)-4 {
			break // a torn end
		}
		r, err := openRecord(secret, gen, n, rest[4:4+size])
		if err != nil {
			damaged++
		} else {
			out = append(out, r)
		}
		rest, n = rest[4+size:], n+1
	}
	whole = int64(len(raw) - len(rest))
	if n > 0 && damaged == int(n) {
		return gen, nil, 0, 0, 0, errLost
	}
	return gen, out, whole, n, damaged, nil
}

func recordAD(gen, n uint64) []byte {
	return fmt.Appendf(nil, "%s%d", headOf(gen), n)
}

func openRecord(secret []byte, gen, n uint64, box []byte) (record, error) {
	plain, err := unseal(secret, box, recordAD(gen, n))
	if err != nil {
		return record{}, err
	}
	var r record
	return r, json.Unmarshal(plain, &r)
}

func (b *book) pack(out []byte, n uint64, r record) ([]byte, error) {
	plain, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("write a key: %w", err)
	}
	nonce := make([]byte, nonceLen)
	if _, err := io.ReadFull(b.rand, nonce); err != nil {
		return nil, fmt.Errorf("draw a nonce: %w", err)
	}
	box, err := seal(b.wrap, nonce, plain, recordAD(b.gen, n))
	if err != nil {
		return nil, err
	}
	if len(box) > maxRecord {
		return nil, errors.New("a record of the vault is too long")
	}
	return append(binary.BigEndian.AppendUint32(out, uint32(len(box))), box...), nil
}

// append writes records behind the others and syncs them.
func (b *book) append(rs ...record) error {
	if b.bad != nil {
		return b.bad
	}
	var out []byte
	var err error
	for i, r := range rs {
		if out, err = b.pack(out, b.n+uint64(i), r); err != nil {
			return err
		}
	}
	_, err = b.f.WriteAt(out, b.size)
	if err == nil {
		err = b.f.Sync()
	} else if terr := b.f.Truncate(b.size); terr == nil {
		return fmt.Errorf("keep keys: %w", err) // nothing of it is left: try again
	}
	if err != nil {
		b.bad = fmt.Errorf("keep keys; restart: %w", err)
		return b.bad
	}
	b.size, b.n = b.size+int64(len(out)), b.n+uint64(len(rs))
	b.reserve()
	return nil
}

// reserve allocates the room of the next keys ahead. Without it they are written
// too, as long as there is room.
func (b *book) reserve() {
	if b.size%(headroom/2) < 4096 || b.n < 2 {
		_ = unix.Fallocate(int(b.f.Fd()), unix.FALLOC_FL_KEEP_SIZE, 0, b.size+headroom) // a comfort
	}
}

// rewrite makes the next generation: a new wrapping key, a whole new file under it,
// then the old wrapping key and the old file are written over and gone. A crash
// anywhere leaves the old generation or the new one, and the next start clears the
// other away.
func (b *book) rewrite(rs []record) error {
	next := &book{dir: b.dir, gen: b.gen + 1, wrap: make([]byte, 32), rand: b.rand}
	if _, err := io.ReadFull(b.rand, next.wrap); err != nil {
		return fmt.Errorf("draw a wrapping key: %w", err)
	}
	out := []byte(headOf(next.gen))
	var err error
	for i, r := range rs {
		if out, err = next.pack(out, uint64(i), r); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Join(b.dir, "keys"), 0o700); err != nil {
		return fmt.Errorf("make the keys' folder: %w", err)
	}
	// One that failed before has left its wrapping key: to cut that off would leave its
	// bytes on the disk.
	if err := shred(next.wrapPath(next.gen)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("destroy a wrapping key that was never used: %w", err)
	}
	if err := writeSynced(next.wrapPath(next.gen), next.wrap); err != nil {
		return err
	}
	if err := writeSynced(b.path()+".tmp", out); err != nil {
		return err
	}
	if next.f, err = os.OpenFile(b.path()+".tmp", os.O_RDWR, 0); err != nil {
		return fmt.Errorf("open keys.db: %w", err)
	}
	if err := os.Rename(b.path()+".tmp", b.path()); err != nil {
		return errors.Join(fmt.Errorf("name keys.db: %w", err), next.f.Close())
	}
	old := b.f
	next.size, next.n = int64(len(out)), uint64(len(rs))
	clear(b.wrap)
	*b = *next
	b.reserve()
	if err = disk.SyncDir(b.dir); err != nil {
		b.bad = err // the old file may come back after a power cut: keep its key until it cannot
		return err
	}
	if old != nil {
		err = errors.Join(disk.Blank(old), old.Close())
	}
	return errors.Join(err, b.sweep())
}

func writeSynced(path string, body []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	_, err = f.Write(body)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return disk.SyncDir(filepath.Dir(path))
}

// readWrap reads a wrapping key. errLost: it is not there or none. Any other error says
// nothing about the key, which is then neither replaced nor destroyed.
func (b *book) readWrap(gen uint64) ([]byte, error) {
	path := b.wrapPath(gen)
	st, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", errLost, err)
	}
	if err != nil {
		return nil, err
	}
	if st.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s may be read by others (mode %04o): chmod 600 %s", wrapName(gen), st.Mode().Perm(), path)
	}
	k, err := os.ReadFile(path)
	if err == nil && len(k) != 32 {
		err = fmt.Errorf("%w: %s has %d bytes, not 32", errLost, wrapName(gen), len(k))
	}
	return k, err
}

// openBook opens or begins keys.db. lost is how many records could not be read; -1
// is all of them: then the old file is set aside and a new one begun.
func openBook(dir string, random io.Reader, readOnly bool) (b *book, rs []record, lost int, err error) {
	b = &book{dir: dir, rand: random, read: readOnly}
	raw, err := os.ReadFile(b.path())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return b.begin(0)
	case err != nil:
		return nil, nil, 0, fmt.Errorf("read keys.db: %w", err)
	}
	gen, rs, whole, n, damaged, err := parseBook(raw, b.readWrap)
	if err != nil && !errors.Is(err, errLost) {
		return nil, nil, 0, fmt.Errorf("read keys.db: %w", err)
	}
	if err != nil {
		if readOnly {
			return b, nil, -1, nil
		}
		if err := os.Rename(b.path(), b.path()+".lost"); err != nil {
			return nil, nil, 0, fmt.Errorf("set keys.db aside: %w", err)
		}
		return b.begin(-1)
	}
	b.gen, b.size, b.n = gen, whole, n
	if b.wrap, err = b.readWrap(gen); err != nil || readOnly {
		return b, rs, damaged, err
	}
	if b.f, err = os.OpenFile(b.path(), os.O_RDWR, 0); err != nil {
		return nil, nil, 0, fmt.Errorf("open keys.db: %w", err)
	}
	if err = b.settle(raw[:whole], len(raw)); err == nil {
		err = b.sweep()
	}
	if err != nil {
		return nil, nil, 0, errors.Join(fmt.Errorf("tidy keys.db: %w", err), b.f.Close())
	}
	return b, rs, damaged, nil
}

// settle puts on disk what was read: after a sync that failed, or a rename whose folder was
// not synced, it may be in the machine's memory alone, and no later sync would write it.
// Whatever is used, and whatever an older generation is destroyed for, is on disk then.
func (b *book) settle(whole []byte, size int) error {
	if size != len(whole) {
		if err := b.f.Truncate(int64(len(whole))); err != nil {
			return err
		}
	}
	if _, err := b.f.WriteAt(whole, 0); err != nil { // the same bytes: a torn write changes nothing
		return err
	}
	if err := b.f.Sync(); err != nil {
		return err
	}
	return disk.SyncDir(b.dir)
}

// begin makes the first generation, above those whose wrapping keys lie here.
func (b *book) begin(lost int) (*book, []record, int, error) {
	if b.read {
		return b, nil, lost, nil
	}
	paths, err := b.wraps()
	if err != nil {
		return nil, nil, 0, fmt.Errorf("look for wrapping keys: %w", err)
	}
	for _, p := range paths {
		text := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(p), "vault-"), ".key")
		if gen, err := strconv.ParseUint(text, 10, 63); err == nil {
			b.gen = max(b.gen, gen)
		}
	}
	return b, nil, lost, b.rewrite(nil)
}

func (b *book) close() error {
	clear(b.wrap)
	if b.f == nil {
		return nil
	}
	return b.f.Close()
}
