//go:build !race

package powercut

import (
	"math/rand/v2"
	"path/filepath"
	"testing"
)

// TestARedoLogThatIsDoneLosesItsHeaderFirst looks at the calls of starts after power cuts:
// a log that keeps its header and loses frames would put the file back to before them.
func TestARedoLogThatIsDoneLosesItsHeaderFirst(t *testing.T) {
	t.Parallel()
	const seen = 3 // starts that had something to do again
	dir := scratch(t)
	l := roughLife{t: t, name: "clear", rnd: rand.New(rand.NewPCG(5, 5)), dir: dir}
	first := recorded(t, "clear", dir, harm{}, trace{Acks: []tracedAck{newAcked().noted(0)}, Root: filepath.Join(dir, "n")})
	for n, tries := 0, 0; n < seen; tries++ {
		if tries == 30 {
			t.Fatalf("in %d starts only %d logs were done", tries, n)
		}
		tr := recorded(t, "clear", dir, harm{Killed: 60}, l.cut(first))
		if tr.Found.Files[filepath.Join(tr.Root, "redo")] == nil {
			continue
		}
		if headFirst(t, tr) {
			n++
		}
	}
}

// headFirst says whether a redo log was written over before it was removed, and looks that
// its header was, and was synced, before the rest of it.
func headFirst(t *testing.T, tr trace) bool {
	t.Helper()
	head, synced := false, false
	for _, c := range tr.Calls {
		switch {
		case filepath.Base(c.Path) != "redo":
		case c.Name == "unlink":
			return head
		case c.Name == "sync":
			synced = synced || head
		case c.Name == "write" && c.At == 0 && len(c.Data) <= sector:
			head = true
		case c.Name == "write" && !synced:
			t.Fatalf("%d bytes of a redo log are written at %d while its header is there", len(c.Data), c.At)
		}
	}
	return false
}
