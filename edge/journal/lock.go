package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// A tool that looks into a stopped node's folder does not keep the node from
// starting: the node waits this long for it to be done.
const (
	lockPatience = 10 * time.Second
	lockEvery    = 10 * time.Millisecond
)

// lockToWrite takes the folder for this process alone. The lock goes with the
// process, however that ends.
func lockToWrite(ctx context.Context, dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the journal: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	for {
		err := flock(f, unix.LOCK_EX)
		if err == nil {
			return f, nil
		}
		// Whoever can be shared with only looks; another writer stays.
		if errors.Is(err, ErrLocked) {
			err = flock(f, unix.LOCK_SH)
		}
		if err == nil {
			err = unix.Flock(int(f.Fd()), unix.LOCK_UN)
		}
		if err != nil {
			_ = f.Close() // nothing was written
			return nil, err
		}
		select {
		case <-time.After(lockEvery):
		case <-ctx.Done():
			_ = f.Close() // nothing was written
			return nil, fmt.Errorf("%w: it only reads", ErrLocked)
		}
	}
}

// lockToLook shares the folder with others who look. It is nil where nobody has
// ever written: there is nobody to keep out.
func lockToLook(dir string) (*os.File, error) {
	f, err := os.Open(filepath.Join(dir, "lock"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("lock the journal: %w", err)
	}
	if err := flock(f, unix.LOCK_SH); err != nil {
		_ = f.Close() // nothing was written
		return nil, err
	}
	return f, nil
}

// flock does not wait.
func flock(f *os.File, how int) error {
	err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return ErrLocked
	}
	if err != nil {
		return fmt.Errorf("lock the journal: %w", err)
	}
	return nil
}

// unlock says so to the kernel before it closes: a program that is being started
// has a copy of the descriptor for a moment, and would keep the lock with it.
func unlock(f *os.File) error {
	if f == nil {
		return nil
	}
	return errors.Join(unix.Flock(int(f.Fd()), unix.LOCK_UN), f.Close())
}
