package central

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pitlane/edge/journal"
	"pitlane/edge/tlog"
	"pitlane/sync/wire"
)

const (
	vin1 = "1FTFW1E50PFA12010"
	vin2 = "WVWZZZ1JZXW000001"
)

func TestEachEntryCountsExactlyOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.bay, "j1", opened("A-1", "粤B·12345"))
	h.write(h.bay, "j1", scanned("s1", vin1, "P0133")...)
	whole := h.bytes(h.bay, 0, 1<<20)
	for i, b := range [][]byte{whole, whole, h.bytes(h.bay, 1, 1<<20), h.bytes(h.bay, 0, 1)} {
		_, done, err := h.intake.take(t.Context(), b)
		h.must(err)
		if want := h.size(h.bay); i == 0 && done.New != int(want) || i > 0 && done.New != 0 || done.Size != want {
			t.Errorf("segment %d: %+v, of %d", i, done, want)
		}
	}
	// A segment that overlaps counts only for what is new in it.
	h.write(h.bay, "j1", scanned("s2", vin1)...)
	_, done, err := h.intake.take(t.Context(), h.bytes(h.bay, 1, 1<<20))
	h.must(err)
	if done.New != 2 {
		t.Errorf("%d new entries, want 2", done.New)
	}
	entries, err := h.store.JobEntries(t.Context(), "j1")
	h.must(err)
	if len(entries) != 5 {
		t.Errorf("%d entries of the job, want 5", len(entries))
	}
	scans, err := h.store.Scans(t.Context(), "j1")
	h.must(err)
	if len(scans) != 2 || len(scans[0].Codes) != 1 || scans[0].Codes[0].Code != "P0133" {
		t.Errorf("scans %+v", scans)
	}
	cars, err := h.store.Vehicles(t.Context(), 10)
	h.must(err)
	if len(cars) != 1 || cars[0].VIN != vin1 || cars[0].Plate != "粤B12345" || cars[0].Jobs != 1 || cars[0].Scans != 2 {
		t.Errorf("vehicles %+v", cars)
	}
}

func TestGapIsToldAndNothingKept(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.bay, "j1", opened("A-1", ""))
	h.write(h.bay, "j1", scanned("s1", vin1)...)
	if _, _, err := h.intake.take(t.Context(), h.bytes(h.bay, 2, 1<<20)); !errors.Is(err, tlog.ErrGap) {
		t.Errorf("got %v", err)
	}
	if n := h.mark(h.bay.Origin()); n != 0 {
		t.Errorf("the mark is %d", n)
	}
}

func TestWhatDoesNotVerifyIsNotKept(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.bay, "j1", opened("A-1", "粤B12345"))
	h.write(h.bay, "j1", scanned("s1", vin1)...)
	seg, err := h.bay.Segment(t.Context(), h.bay.Origin(), 0, 1<<20)
	h.must(err)
	for name, spoil := range map[string]func(*tlog.Segment){
		"a changed leaf": func(s *tlog.Segment) {
			s.Entries[1].Leaf = bytes.Replace(s.Entries[1].Leaf, []byte(`"j":"j1"`), []byte(`"j":"j2"`), 1)
		},
		"a changed payload": func(s *tlog.Segment) {
			box := *s.Entries[1].SealedWork
			box.Box = bytes.Clone(box.Box)
			box.Box[20] ^= 1
			s.Entries[1].SealedWork = &box
		},
		"a changed checkpoint":   func(s *tlog.Segment) { s.Checkpoint[40] ^= 1 },
		"another node's entries": func(s *tlog.Segment) { s.Origin = "demo-reception" + s.Origin[len("demo-bay-1"):] },
		"a stranger's entries":   func(s *tlog.Segment) { s.Origin = "other-bay-1" + s.Origin[len("demo-bay-1"):] },
		"a missing entry":        func(s *tlog.Segment) { s.Entries = s.Entries[:1] },
	} {
		t.Run(name, func(t *testing.T) {
			bad := seg
			bad.Entries = append([]tlog.Entry(nil), seg.Entries...)
			bad.Checkpoint = bytes.Clone(seg.Checkpoint)
			spoil(&bad)
			b, err := h.intake.codec.Encode(bad)
			h.must(err)
			if _, _, err := h.intake.take(t.Context(), b); !errors.Is(err, tlog.ErrForged) && !errors.Is(err, tlog.ErrUnknownOrigin) {
				t.Errorf("got %v", err)
			}
		})
	}
	for i := range seg.Entries {
		if seg.Entries[i].SealedWork != nil {
			seg.Entries[i].SealedWork, seg.Entries[i].Work = nil, entryOf(t, h.bay, uint64(i)).Work
		}
	}
	clear, err := h.intake.codec.Encode(seg)
	h.must(err)
	if _, _, err := h.intake.take(t.Context(), clear); !errors.Is(err, wire.ErrSegment) || !strings.Contains(err.Error(), "not sealed") {
		t.Errorf("payloads in clear: %v", err)
	}
	if _, _, err := h.intake.take(t.Context(), []byte("noise")); !errors.Is(err, wire.ErrSegment) {
		t.Errorf("noise: %v", err)
	}
	if marks, err := h.store.Marks(t.Context()); err != nil || len(marks) != 0 {
		t.Errorf("something was kept: %+v, %v", marks, err)
	}
}

func entryOf(t *testing.T, j *journal.Journal, seq uint64) tlog.Entry {
	t.Helper()
	for e, err := range j.Read(t.Context(), j.Origin(), seq) {
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	return tlog.Entry{}
}

func TestAnotherHistoryIsNeverWrittenOver(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	copied := filepath.Join(t.TempDir(), "copy")
	m := h.member("demo-bay-1")
	disk := filepath.Join(t.TempDir(), "disk")
	one, err := journal.Open(t.Context(), journal.Options{Dir: disk, Node: m.Node, Key: m.Key, Roster: m.Roster})
	h.must(err)
	h.write(one, "j1", opened("A-1", ""))
	h.must(one.Close())
	h.must(os.CopyFS(copied, os.DirFS(disk)))
	one, two := h.journal(m.Node, disk), h.journal(m.Node, copied)
	h.write(one, "j1", scanned("s1", vin1)...)
	h.write(two, "j1", scanned("s2", vin2)...)
	_, _, err = h.intake.take(t.Context(), h.bytes(one, 0, 1<<20))
	h.must(err)
	if _, _, err := h.intake.take(t.Context(), h.bytes(two, 0, 1<<20)); !errors.Is(err, tlog.ErrForked) {
		t.Errorf("the other history: %v", err)
	}
	// The same entries unsigned are a forgery, not a fork: nobody of the shop made them.
	seg, err := two.Segment(t.Context(), two.Origin(), 0, 1<<20)
	h.must(err)
	last := &seg.Entries[len(seg.Entries)-1]
	last.Leaf = bytes.Replace(last.Leaf, []byte(`"j":"j1"`), []byte(`"j":"j9"`), 1)
	b, err := h.intake.codec.Encode(seg)
	h.must(err)
	if _, _, err := h.intake.take(t.Context(), b); !errors.Is(err, tlog.ErrForged) {
		t.Errorf("forged entries: %v", err)
	}
	if scans, err := h.store.Scans(t.Context(), "j1"); err != nil || len(scans) != 1 || scans[0].ID != "s1" {
		t.Errorf("scans %+v, %v", scans, err)
	}
}

// failing is a store whose commits fail.
type failing struct{ Store }

var errDisk = errors.New("disk full")

func (failing) Commit(context.Context, Change) error { return errDisk }

func TestNothingIsToldThatIsNotOnDisk(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.bay, "j1", opened("A-1", ""))
	h.intake.store = failing{h.store}
	if _, done, err := h.intake.take(t.Context(), h.bytes(h.bay, 0, 1<<20)); !errors.Is(err, errDisk) || done.Size != 0 {
		t.Errorf("%+v, %v", done, err)
	}
	h.intake.store = h.store
	if _, done, err := h.intake.take(t.Context(), h.bytes(h.bay, 0, 1<<20)); err != nil || done.Size != h.size(h.bay) {
		t.Errorf("%+v, %v: it is not taken afterwards", done, err)
	}
}
