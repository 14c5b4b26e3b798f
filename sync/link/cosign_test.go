package link_test

import (
	"strings"
	"testing"
	"time"

	"pitlane/edge/journal"
	"pitlane/housetest"
)

// TestAPromiseIsCosignedAtOnce: what a customer was promised is seen by the others
// before he has left, and their cosignatures come back to the node that promised.
func TestAPromiseIsCosignedAtOnce(t *testing.T) {
	t.Parallel()
	b, _ := listen(t, "127.0.0.1:0")
	s := newShop(t, "demo-bay-1", "demo-bay-2", "demo-reception")
	one, two, desk := s.journal("demo-bay-1"), s.journal("demo-bay-2"), s.journal("demo-reception")
	s.cosignEvery = time.Hour // at once, not with the next round
	for _, j := range []*journal.Journal{one, two, desk} {
		s.carry(b.URL(), j)
	}
	write(t, desk, 3)
	alike(t, 3, one, two, desk)
	if c, ok := desk.Cosigned(desk.Origin()); ok {
		t.Errorf("cosigned at %d though nothing was promised", c.Size)
	}
	es, err := desk.Append(t.Context(), journal.Draft{Kind: "gatepass.issued", Job: "job-1", Work: []byte(`{"by":"x"}`)})
	if err != nil {
		t.Fatal(err)
	}
	housetest.Until(t, "both others have cosigned it", func() bool {
		c, ok := desk.Cosigned(desk.Origin())
		return ok && c.Size > es[0].Seq && strings.Count(string(c.Note), "\n— ") == 3
	})
	in, err := desk.Include(t.Context(), es[0].Origin, es[0].Seq)
	if err != nil || strings.Count(string(in.Checkpoint), "\n— ") != 3 {
		t.Errorf("the proof bears %d signatures: %v", strings.Count(string(in.Checkpoint), "\n— "), err)
	}
}
