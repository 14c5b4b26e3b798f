package board_test

import (
	"fmt"
	"testing"

	"pitlane/edge/board"
	"pitlane/edge/job"
	"pitlane/edge/journal"
)

// A node that was away for so long that the others have trimmed what follows on what it
// holds: visits that were open then are not shown as open for ever.
func TestWhatWasPassedOverIsNotShownAsOpen(t *testing.T) {
	journals := realShop(t, "demo-bay-1", "demo-bay-2")
	one, two := journals["demo-bay-1"], journals["demo-bay-2"]
	cfg := config(nil)
	cfg.Journal, cfg.Node = two, "demo-bay-2"
	b := running(t, cfg)
	appendTo(t, one, "old", opened("A001"), job.Inspected{None: true}, job.Belongings{None: true}, offered(), job.Consented{Scan: true}, job.Signed{TextHash: "h1"})
	carry(t, one, two, one.Origin())
	body(t, b, board.Desk, func(v board.DeskView) bool { return len(v.Jobs) == 1 })
	for i := range 60 {
		appendTo(t, one, fmt.Sprint("gone-", i), opened(fmt.Sprintf("B%03d", i)))
	}
	if _, err := one.Trim(t.Context(), journal.TrimPolicy{Done: func(string) bool { return true }, Safe: func(string) uint64 { return 1 << 40 }}); err != nil {
		t.Fatal(err)
	}
	appendTo(t, one, "new", opened("C001"))
	tip := one.Tips()[0]
	late, err := one.Segment(t.Context(), one.Origin(), tip.Low, 1<<20)
	if err != nil || tip.Low < 10 {
		t.Fatalf("it begins at %d: %v", tip.Low, err)
	}
	if err := two.Adopt(t.Context(), late); err != nil {
		t.Fatal(err)
	}
	body(t, b, board.Desk, func(v board.DeskView) bool {
		tickets := map[string]bool{}
		for _, j := range v.Jobs {
			tickets[j.Ticket] = true
		}
		return tickets["C001"] && !tickets["A001"]
	})
}
