package serialport

import (
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"pitlane/devices/sim"
)

// TestAClosedLineIsFreeWhileItsDescriptorLivesElsewhere: a program that this one is
// just starting has a copy of every descriptor until it begins.
func TestAClosedLineIsFreeWhileItsDescriptorLivesElsewhere(t *testing.T) {
	line, err := sim.NewLine(t.TempDir(), "line")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = line.Close() }()
	path, err := filepath.EvalSymlinks(line.Path())
	if err != nil {
		t.Fatal(err)
	}
	first, err := takeLock(path)
	if err != nil {
		t.Fatal(err)
	}
	var elsewhere int
	if err := first.control(func(fd int) error { elsewhere, err = unix.Dup(fd); return err }); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(elsewhere) }()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := takeLock(path)
	if err != nil {
		t.Fatalf("the closed line is not free: %v", err)
	}
	_ = second.Close()
}
