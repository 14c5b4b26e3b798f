package journal

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"pitlane/edge/disk"
	"pitlane/edge/tlog"
)

// identity says whose journal a folder holds. It is written once, after the first
// leaf is on disk.
type identity struct {
	Format int    `json:"format"`
	Node   string `json:"node"`
	Epoch  string `json:"epoch"` // 128 random bits in hex
	full   string // node and epoch, once it is a journal's
}

const identityFormat = 1

func (i identity) origin() string {
	if i.full != "" {
		return i.full
	}
	return i.Node + "/" + i.Epoch
}

// become makes an identity the journal's.
func (j *Journal) become(id identity) {
	id.full = ""
	id.full = id.origin()
	j.id.Store(&id)
}

// errNewer is a folder of a program that is newer than this one: nothing is damaged.
var errNewer = errors.New("a journal of another format")

// errIdentity is an identity that cannot be read.
var errIdentity = errors.New("the identity is damaged")

// readIdentity reads DIR/identity; a missing one is fs.ErrNotExist.
func readIdentity(dir string) (identity, error) {
	b, err := os.ReadFile(filepath.Join(dir, "identity"))
	if err != nil {
		return identity{}, fmt.Errorf("read the identity: %w", err)
	}
	var id identity
	if err := json.Unmarshal(b, &id); err != nil {
		return identity{}, fmt.Errorf("%w: %w", errIdentity, err)
	}
	if id.Format == 0 {
		return identity{}, fmt.Errorf("%w: it names no format", errIdentity)
	}
	if id.Format != identityFormat {
		return identity{}, fmt.Errorf("%w: format %d, this program knows %d", errNewer, id.Format, identityFormat)
	}
	if !tlog.ValidOrigin(id.origin()) {
		return identity{}, fmt.Errorf("%w: it names no node and epoch: %q", errIdentity, id.origin())
	}
	return id, nil
}

func newIdentity(node string) (identity, error) {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return identity{}, fmt.Errorf("draw an epoch: %w", err)
	}
	return identity{Format: identityFormat, Node: node, Epoch: hex.EncodeToString(b[:])}, nil
}

func writeIdentity(dir string, id identity) error {
	b, err := json.Marshal(id)
	if err != nil {
		return fmt.Errorf("write the identity: %w", err)
	}
	return writeFile(filepath.Join(dir, "identity"), append(b, '\n'))
}

// writeFile writes a file so that after a power cut it is there whole or not at all.
func writeFile(path string, b []byte) error {
	tmp := path + ".tmp"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return commitRename(tmp, path)
}

// commitRename gives a file its name and puts the name on disk.
func commitRename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return fmt.Errorf("name %s: %w", filepath.Base(to), err)
	}
	return disk.SyncDir(filepath.Dir(to))
}

// noRoom says whether an error means that the disk is full.
func noRoom(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}

// reserve is a file of the size that is given up when the disk is full, so that
// what devices already did can still be written.
type reserve struct {
	path string
	size int64
}

// keep makes the file when it is missing. It is no error when there is no room
// for it now.
func (r reserve) keep() error {
	if r.size <= 0 {
		return nil
	}
	if st, err := os.Stat(r.path); err == nil && st.Size() == r.size {
		return nil
	}
	f, err := os.OpenFile(r.path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("make the reserve: %w", err)
	}
	err = unix.Fallocate(int(f.Fd()), 0, 0, r.size)
	if errors.Is(err, unix.EOPNOTSUPP) {
		_, err = f.Write(make([]byte, r.size))
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		r.giveUp()
		return fmt.Errorf("make the reserve: %w", err)
	}
	return nil
}

// giveUp frees the reserve and says whether there was one.
func (r reserve) giveUp() bool { return os.Remove(r.path) == nil }
