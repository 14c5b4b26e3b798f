package link_test

import (
	"path/filepath"
	"testing"

	"pitlane/edge/journal"
	"pitlane/housetest"
	"pitlane/sync/wire"
)

// TestWhoSendsDoesNotSayWhereALogBegins: a run that nobody asked for begins no log in the
// middle, however well it is proven: what lies before it may still be held by others.
func TestWhoSendsDoesNotSayWhereALogBegins(t *testing.T) {
	t.Parallel()
	b, _ := listen(t, "127.0.0.1:0")
	s := newShop(t, "demo-bay-1", "demo-bay-2", "demo-bay-3", "demo-desk")
	one, err := journal.Open(t.Context(), journal.Options{Dir: filepath.Join(s.dir, "demo-bay-1"), Node: "demo-bay-1", Key: s.keys["demo-bay-1"], Roster: s.roster, SegmentLeaves: 20})
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close() //nolint:errcheck // only read from then on
	write(t, one, 60)
	keeper, desk := s.journal("demo-bay-3"), s.journal("demo-desk")
	all, err := one.Segment(t.Context(), one.Origin(), 0, 1<<20)
	if err == nil {
		err = keeper.Adopt(t.Context(), all)
	}
	if err == nil {
		_, err = one.Trim(t.Context(), journal.TrimPolicy{Done: func(string) bool { return true }, Safe: func(string) uint64 { return 1 << 40 }})
	}
	if err != nil {
		t.Fatal(err)
	}
	low := one.Tips()[0].Low
	late, err := one.Segment(t.Context(), one.Origin(), low, 1<<20)
	if err != nil || low == 0 || len(late.Frontier) == 0 {
		t.Fatalf("it begins at %d with %d nodes: %v", low, len(late.Frontier), err)
	}
	l, _, _ := s.watched(b.URL(), desk)
	housetest.Until(t, "the link is up", func() bool { return l.Stats().Connected })
	say := villain(t, b.URL())
	say(wire.Log, "", packed(t, late))
	say(wire.Log, "", []byte("this is counted behind it"))
	housetest.Until(t, "both were looked at", func() bool { return l.Stats().Refused > 0 })
	if n := held(desk, one.Origin()); n != 0 {
		t.Errorf("%d entries are held behind a beginning that was not asked for", n)
	}
	s.carry(b.URL(), keeper)
	housetest.Until(t, "all of it comes from who has it", func() bool { return held(desk, one.Origin()) == held(one, one.Origin()) })
	for _, tip := range desk.Tips() {
		if tip.Origin == one.Origin() && tip.Low != 0 {
			t.Errorf("it begins at %d", tip.Low)
		}
	}
}
