package vault

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// lockKeys takes the vault for this process: a second one would sweep away what the
// first is writing. The lock goes with the process.
func lockKeys(o Options) (*os.File, error) {
	if o.ReadOnly {
		return nil, nil
	}
	dir := filepath.Join(o.Dir, "keys")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the keys' folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "vault.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the vault: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = f.Close() // nothing was written
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, ErrLocked
		}
		return nil, fmt.Errorf("lock the vault: %w", err)
	}
	return f, nil
}

// unlock says so to the kernel before it closes: a program that is being started
// has a copy of the descriptor for a moment.
func unlock(f *os.File) error {
	if f == nil {
		return nil
	}
	return errors.Join(unix.Flock(int(f.Fd()), unix.LOCK_UN), f.Close())
}
