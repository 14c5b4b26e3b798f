package disk_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"pitlane/edge/disk"
)

// Every byte is written over, also behind the last whole block; the size stays.
func TestBlankLeavesNoByte(t *testing.T) {
	for _, size := range []int{0, 1, 64 << 10, 64<<10 + 1, 200_000} {
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, bytes.Repeat([]byte{0xa5}, size), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := disk.Blank(f); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, make([]byte, size)) {
			t.Errorf("of %d bytes not all are zero, or %d are left: %v", size, len(got), err)
		}
	}
}

func TestWhatCannotBeWrittenOverIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if disk.Blank(f) == nil {
		t.Error("a file that is open for reading was said to be written over")
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if disk.SyncDir(filepath.Join(t.TempDir(), "none")) == nil {
		t.Error("a folder that is not there was said to be synced")
	}
}
