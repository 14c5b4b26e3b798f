package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"pitlane/edge/disk"
)

// sweep destroys the wrapping keys of all other generations.
func (b *book) sweep() error {
	if err := os.Remove(b.path() + ".tmp"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove half a keys.db: %w", err)
	}
	paths, err := b.wraps()
	if err != nil {
		return fmt.Errorf("look for old wrapping keys: %w", err)
	}
	for _, p := range paths {
		if p == b.wrapPath(b.gen) {
			continue
		}
		if err := shred(p); err != nil {
			return fmt.Errorf("destroy the old wrapping key %s: %w (as long as it cannot be written over it may open what is erased: replace the disk)", filepath.Base(p), err)
		}
	}
	return nil
}

// wraps are the wrapping keys that lie here. A folder that cannot be read is an error, not
// one without keys.
func (b *book) wraps() ([]string, error) {
	all, err := os.ReadDir(filepath.Join(b.dir, "keys"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var out []string
	for _, e := range all {
		if strings.HasPrefix(e.Name(), "vault-") {
			out = append(out, filepath.Join(b.dir, "keys", e.Name()))
		}
	}
	return out, nil
}

// shred writes over a file's bytes in place, on disk, and then removes it: one that could
// not be written over keeps its name, so that the next try finds it. Flash and copying file
// systems may keep the old bytes elsewhere.
func shred(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(disk.Blank(f), f.Close()); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	return disk.SyncDir(filepath.Dir(path))
}
