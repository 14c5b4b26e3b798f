package tlog_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	sumdb "golang.org/x/mod/sumdb/tlog"

	"pitlane/edge/tlog"
)

// TestASegmentIsCheckedWithNothingElse: every run of a log, under every checkpoint
// that covers it, on every tree that ends in it.
func TestASegmentIsCheckedWithNothingElse(t *testing.T) {
	t.Parallel()
	m, roster := logOf(t, "demo-a", 13), rosterOf("demo-a")
	n := uint64(len(m.entries))
	for size := uint64(1); size <= n; size++ {
		for end := uint64(1); end <= size; end++ {
			s := m.segment(t, 0, end, size)
			for held := range end {
				for first := range held + 1 {
					s.First, s.Entries = first, m.entries[first:end]
					got, after, cp, err := roster.CheckSegment(m.at(t, held), s)
					if err != nil || uint64(len(got)) != end-held || after.Root() != m.at(t, end).Root() || cp.Size != size {
						t.Fatalf("%d to %d of %d on %d: %d entries, %v", first, end, size, held, len(got), err)
					}
				}
			}
		}
	}
}

func TestWhatNobodySignedIsForged(t *testing.T) {
	t.Parallel()
	m, other := logOf(t, "demo-a", 20), logOf(t, "demo-b", 20)
	before, err := tlog.SignCheckpoint(tlog.Checkpoint{Origin: "demo-a/" + strings.Repeat("0", 32), Size: 20, Root: m.tree.Root()}, tlog.NewSigner("demo-a", keyOf("demo-a")))
	if err != nil {
		t.Fatal(err)
	}
	roster := rosterOf("demo-a", "demo-b")
	for name, c := range map[string]struct {
		do   func(s *tlog.Segment)
		want error
	}{
		"as it was signed":     {func(*tlog.Segment) {}, nil},
		"a payload":            {func(s *tlog.Segment) { s.Entries[2].Work = opening(t, `{"n":99}`) }, tlog.ErrForged},
		"another's payload":    {func(s *tlog.Segment) { s.Entries[2].Work = s.Entries[3].Work }, tlog.ErrForged},
		"work for contact":     {func(s *tlog.Segment) { s.Entries[2].Contact = s.Entries[2].Work }, tlog.ErrForged},
		"a box too long":       {func(s *tlog.Segment) { s.Entries[2].SealedWork = &tlog.Sealed{Box: make([]byte, tlog.MaxBox+1)} }, tlog.ErrForged},
		"a payload taken away": {func(s *tlog.Segment) { s.Entries[2].Work, s.Entries[2].Contact = nil, nil }, nil},
		"a leaf": {func(s *tlog.Segment) {
			s.Entries[2].Leaf = bytes.Replace(s.Entries[2].Leaf, []byte("job-"), []byte("jib-"), 1)
		}, tlog.ErrForged},
		"a leaf in another form":  {func(s *tlog.Segment) { s.Entries[2].Leaf = append(bytes.Clone(s.Entries[2].Leaf), '\n') }, tlog.ErrForged},
		"an entry left out":       {func(s *tlog.Segment) { s.Entries = slices.Delete(s.Entries, 2, 3) }, tlog.ErrForged},
		"an entry twice":          {func(s *tlog.Segment) { s.Entries[3] = s.Entries[2] }, tlog.ErrForged},
		"two in another order":    {func(s *tlog.Segment) { s.Entries[2], s.Entries[3] = s.Entries[3], s.Entries[2] }, tlog.ErrForged},
		"an entry of another log": {func(s *tlog.Segment) { s.Entries[2] = other.entries[7] }, tlog.ErrForged},
		"the end left out":        {func(s *tlog.Segment) { s.Entries = s.Entries[:9] }, tlog.ErrForged},
		"no entries":              {func(s *tlog.Segment) { s.Entries = nil }, tlog.ErrForged},
		"a proof":                 {func(s *tlog.Segment) { s.Proof[0][0] ^= 1 }, tlog.ErrForged},
		"no proof":                {func(s *tlog.Segment) { s.Proof = nil }, tlog.ErrForged},
		"a checkpoint too short":  {func(s *tlog.Segment) { s.Checkpoint = m.signed(t, 14, keyOf("demo-a")) }, tlog.ErrForged},
		"another's signature":     {func(s *tlog.Segment) { s.Checkpoint = m.signed(t, 20, keyOf("demo-b")) }, tlog.ErrForged},
		"another's checkpoint":    {func(s *tlog.Segment) { s.Checkpoint = other.signed(t, 20, keyOf("demo-b")) }, tlog.ErrForged},
		"one of another epoch":    {func(s *tlog.Segment) { s.Checkpoint = before }, tlog.ErrForged},
		"a root": {func(s *tlog.Segment) {
			s.Checkpoint = bytes.Replace(s.Checkpoint, []byte("\n20\n"), []byte("\n19\n"), 1)
		}, tlog.ErrForged},
		"no checkpoint":         {func(s *tlog.Segment) { s.Checkpoint = nil }, tlog.ErrForged},
		"a name that is none":   {func(s *tlog.Segment) { s.Origin = strings.Replace(s.Origin, "/", "-", 1) }, tlog.ErrForged},
		"a node off the roster": {func(s *tlog.Segment) { s.Origin = "demo-c/" + epoch }, tlog.ErrUnknownOrigin},
		"a gap":                 {func(s *tlog.Segment) { s.First, s.Entries = 6, s.Entries[1:] }, tlog.ErrGap},
		"a number beyond all":   {func(s *tlog.Segment) { s.First = 1<<53 + 1 }, tlog.ErrForged},
	} {
		s := m.segment(t, 5, 15, 20)
		for i := range s.Entries {
			s.Entries[i].Leaf = bytes.Clone(s.Entries[i].Leaf)
		}
		c.do(&s)
		held := m.at(t, 5)
		got, after, _, err := roster.CheckSegment(held, s)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if c.want != nil && len(got) > 0 {
			t.Errorf("%s: %d entries are given all the same", name, len(got))
		}
		if c.want == nil && after.Root() != m.at(t, 15).Root() {
			t.Errorf("%s: the tree after it is another", name)
		}
	}
	if _, _, _, err := roster.CheckSegment(tlog.Frontier{Size: 5}, m.segment(t, 5, 15, 20)); err == nil {
		t.Error("a tree without its nodes is built on")
	}
	if got, _, cp, err := roster.CheckSegment(m.at(t, 15), m.segment(t, 5, 15, 20)); err != nil || len(got) > 0 || cp.Size != 20 {
		t.Errorf("what is held already: %d entries, %v", len(got), err)
	}
}

// TestWhatANodeSignsIsInItsPlace: a signature does not make an entry of another log, or
// of another number, one of this.
func TestWhatANodeSignsIsInItsPlace(t *testing.T) {
	t.Parallel()
	roster := rosterOf("demo-a", "demo-b")
	for name, change := range map[string]func(*tlog.Entry){
		"as it should be": func(*tlog.Entry) {},
		"another log":     func(e *tlog.Entry) { e.Origin = "demo-b/" + epoch },
		"another epoch":   func(e *tlog.Entry) { e.Origin = "demo-a/" + strings.Repeat("0", 32) },
		"another number":  func(e *tlog.Entry) { e.Seq++ },
	} {
		m := logAs(t, "demo-a/"+epoch, 6, func(e *tlog.Entry) {
			if e.Seq == 4 {
				change(e)
			}
		})
		_, _, _, err := roster.CheckSegment(tlog.Frontier{}, m.segment(t, 0, 6, 6))
		if name == "as it should be" && err != nil || name != "as it should be" && !errors.Is(err, tlog.ErrForged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestEveryEntryIsProvenToOtherReaders: the proofs are those of RFC 6962, as another
// program checks them.
func TestEveryEntryIsProvenToOtherReaders(t *testing.T) {
	t.Parallel()
	m := logOf(t, "demo-a", 21)
	for size := uint64(1); size <= 21; size++ {
		root := m.at(t, size).Root()
		for seq := range size {
			p, err := tlog.Include(size, seq, m.read)
			if err != nil {
				t.Fatal(err)
			}
			proof := make(sumdb.RecordProof, len(p))
			for i, h := range p {
				proof[i] = sumdb.Hash(h)
			}
			if err := sumdb.CheckRecord(proof, int64(size), sumdb.Hash(root), int64(seq), sumdb.Hash(m.entries[seq].Hash)); err != nil {
				t.Errorf("entry %d in %d: %v", seq, size, err)
			}
		}
	}
}

func TestAReportSaysItsFirstHundredFindings(t *testing.T) {
	t.Parallel()
	r := tlog.VerifyReport{OK: true}
	for i := range 130 {
		r.Find("entry %d", i)
	}
	if r.OK || len(r.Findings) != 100 || r.Findings[99] != "entry 99" {
		t.Errorf("%v, %d findings", r.OK, len(r.Findings))
	}
}
