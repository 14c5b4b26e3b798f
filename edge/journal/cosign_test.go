package journal_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitlane/edge/journal"
	"pitlane/edge/tlog"
)

// witnessed is a journal and another that has adopted all of it.
func witnessed(t *testing.T) (s testShop, dir string, j, w *journal.Journal) {
	t.Helper()
	s = newTestShop("demo-a", "demo-b", "demo-c")
	dir = filepath.Join(t.TempDir(), "demo-a")
	j, w = s.open(t, s.options(dir, "demo-a")), s.journal(t, "demo-b")
	for i := range 9 {
		appendOne(t, j, pause(i))
	}
	handOver(t, j, w)
	return s, dir, j, w
}

func handOver(t *testing.T, from, to *journal.Journal) {
	t.Helper()
	seg, err := from.Segment(t.Context(), from.Origin(), 0, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if err := to.Adopt(t.Context(), seg); err != nil {
		t.Fatal(err)
	}
}

func cosign(t *testing.T, w *journal.Journal, origin string) []byte {
	t.Helper()
	note, err := w.Cosign(origin, time.Unix(1_790_000_000, 0))
	if err != nil || note == nil {
		t.Fatalf("cosign: %s, %v", note, err)
	}
	return note
}

func TestACosignedCheckpointIsKeptAndProvesEntries(t *testing.T) {
	s, dir, j, w := witnessed(t)
	note := cosign(t, w, j.Origin())
	if again := cosign(t, w, j.Origin()); !bytes.Equal(note, again) {
		t.Error("asked again, the witness signs anew")
	}
	if err := j.TakeCosigned(note); err != nil {
		t.Fatal(err)
	}
	appendOne(t, j, pause(10)) // not covered by it
	closeOnce(t, j)
	j = s.open(t, s.options(dir, "demo-a"))
	c, ok := j.Cosigned(j.Origin())
	if !ok || !bytes.Equal(c.Note, note) {
		t.Fatalf("after a restart the cosigned checkpoint is %q", c.Note)
	}
	in, err := j.Include(t.Context(), j.Origin(), 4)
	if err != nil || in.Size != c.Size || !bytes.Equal(in.Checkpoint, note) {
		t.Errorf("entry 4 is proven under size %d: %v", in.Size, err)
	}
	if in, err = j.Include(t.Context(), j.Origin(), 10); err != nil || in.Size != 11 || strings.Contains(string(in.Checkpoint), "demo-b") {
		t.Errorf("entry 10 is proven under size %d: %v", in.Size, err)
	}
	if _, err := j.Include(t.Context(), j.Origin(), 11); !errors.Is(err, tlog.ErrGap) {
		t.Errorf("an entry that is not there is proven: %v", err)
	}
}

func TestOnlyCosignaturesThatVerifyAreTaken(t *testing.T) {
	s, _, j, w := witnessed(t)
	note := cosign(t, w, j.Origin())
	stranger := newTestShop("demo-x")
	forged, err := tlog.AddCosignature(note, "demo-x", stranger.keys["demo-x"], 1)
	if err != nil {
		t.Fatal(err)
	}
	// c's name, b's key.
	if forged, err = tlog.AddCosignature(forged, "demo-c", s.keys["demo-b"], 1); err != nil {
		t.Fatal(err)
	}
	if err := j.TakeCosigned(forged); err != nil {
		t.Fatal(err)
	}
	if c, _ := j.Cosigned(j.Origin()); !bytes.Equal(c.Note, note) {
		t.Errorf("kept:\n%s", c.Note)
	}
	for name, b := range map[string][]byte{
		"nothing": nil, "no note": []byte("hello\n"), "a flipped root": bytes.Replace(note, []byte("\n10\n"), []byte("\n11\n"), 1),
	} {
		if err := j.TakeCosigned(b); !errors.Is(err, tlog.ErrForged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A node whose disk was replaced by an older copy signs another history; what a
// witness has cosigned of the first one gives it away.
func TestACosignedCheckpointOfAnotherTreeIsAFork(t *testing.T) {
	s := newTestShop("demo-a", "demo-b")
	dir := filepath.Join(t.TempDir(), "demo-a")
	j := s.open(t, s.options(dir, "demo-a"))
	appendOne(t, j, pause(1))
	closeOnce(t, j)
	clone := filepath.Join(t.TempDir(), "demo-a")
	if err := os.CopyFS(clone, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	j, other := s.open(t, s.options(dir, "demo-a")), s.open(t, s.options(clone, "demo-a"))
	appendOne(t, j, pause(2))
	appendOne(t, other, pause(3))
	w := s.journal(t, "demo-b")
	handOver(t, j, w)
	if err := other.TakeCosigned(cosign(t, w, j.Origin())); !errors.Is(err, tlog.ErrForked) {
		t.Errorf("the other history's witness says %v", err)
	}
}
