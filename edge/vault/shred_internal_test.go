package vault

import (
	"os"
	"path/filepath"
	"testing"
)

// A key that could not be written over is still there for the next try: without its name
// its bytes would stay on the disk for good.
func TestWhatCannotBeWrittenOverKeepsItsName(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "vault-1.key")
	if err := os.Symlink("/dev/full", path); err != nil { // it can be opened, and not synced
		t.Fatal(err)
	}
	if err := shred(path); err == nil {
		t.Fatal("a device without a disk was synced")
	}
	if _, err := os.Lstat(path); err != nil {
		t.Error(err)
	}
	whole := filepath.Join(t.TempDir(), "vault-2.key")
	if err := os.WriteFile(whole, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := shred(whole); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(whole); err == nil {
		t.Error("what was written over is still there")
	}
}

// A folder of wrapping keys that cannot be read is not one without any: what an erasure
// has to destroy may lie in it.
func TestAFolderOfKeysThatCannotBeReadIsAnError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "keys"), nil, 0o600); err != nil { // no folder
		t.Fatal(err)
	}
	if err := (&book{dir: dir}).sweep(); err == nil {
		t.Error("nothing was found to be destroyed, where nothing can be looked at")
	}
	if err := (&book{dir: t.TempDir()}).sweep(); err != nil {
		t.Errorf("without any keys yet: %v", err)
	}
}
