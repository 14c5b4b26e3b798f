package journal

import (
	"path/filepath"
	"runtime"
	"testing"
)

// On a slow disk the write of the index takes long; what it writes is there meanwhile.
func TestWhatIsKeptIsThereWhileItIsWritten(t *testing.T) {
	t.Parallel()
	x, err := openIndex(filepath.Join(t.TempDir(), "meta.db"), false)
	if err != nil {
		t.Fatal(err)
	}
	disk, err := x.db.Begin(true) // the flush waits for it
	if err != nil {
		t.Fatal(err)
	}
	x.keep("board", []byte("snapshot"))
	written := make(chan error, 1)
	go func() { written <- x.flush() }()
	for taken := false; !taken; runtime.Gosched() {
		x.mu.Lock()
		taken = len(x.kept) == 0
		x.mu.Unlock()
	}
	if got := string(x.keptAs("board")); got != "snapshot" {
		t.Errorf("while it is written there is %q", got)
	}
	x.keep("board", []byte("newer"))
	if got := string(x.keptAs("board")); got != "newer" {
		t.Errorf("something newer came, and there is %q", got)
	}
	if err := disk.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	if got := string(x.keptAs("board")); got != "newer" {
		t.Errorf("after the write there is %q", got)
	}
	if err := x.db.Close(); err != nil {
		t.Error(err)
	}
}
