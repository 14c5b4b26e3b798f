package journal_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"pitlane/edge/journal"
)

// Where nobody can show any more where an earlier log parts, what follows on the newest
// cosigned checkpoint is written again, once; what was cosigned is not, and a log that
// nobody cosigned, another node's and the one that is written stay as they are.
func TestWhatNobodyCanTraceIsWrittenAgainFromTheCosignedOn(t *testing.T) {
	t.Parallel()
	const held = 51 // the beginning of the log and 50 more
	for name, c := range map[string]struct{ cosigned, again int }{
		"a part of it":  {held, 9},
		"nothing of it": {0, 0},
		"all of it":     {held + 9, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop, o := stopped(t, held-1)
			desk := shop.open(t, shop.options(filepath.Join(t.TempDir(), "d"), "demo-desk"))
			j := shop.open(t, o)
			origin := j.Origin()
			sign := func() {
				carry(t, j, desk, origin, 1<<20)
				note, err := desk.Cosign(origin, time.Unix(1790000000, 0))
				must(t, err)
				must(t, j.TakeCosigned(note))
			}
			if c.cosigned == held {
				sign()
			}
			var alone []journal.Entry
			for range 9 {
				alone = append(alone, appendOne(t, j, pause(len(alone))))
			}
			if c.cosigned > held {
				sign()
			}
			if must(t, j.Untraced(origin)); j.Damaged() != nil {
				t.Error("it gives way in the log that it writes")
			}
			closeOnce(t, j)
			must(t, os.WriteFile(filepath.Join(o.Dir, "identity"), nil, 0o600)) // so that a new epoch begins
			j = shop.open(t, o)
			for _, tip := range j.Tips() {
				must(t, j.Untraced(tip.Origin))
			}
			if gives := j.Damaged() != nil; gives != (c.again > 0) {
				t.Fatalf("it gives way: %v", j.Damaged())
			}
			closeOnce(t, j)
			j = shop.open(t, o)
			got := map[journal.RequestID]int{}
			for _, e := range readAll(t, j, j.Origin()) {
				got[e.Request]++
			}
			for _, e := range alone {
				if got[e.Request] != min(c.again, 1) {
					t.Errorf("entry %d is %d times in the new log", e.Seq, got[e.Request])
				}
			}
			if want := uint64(held + 9 - c.again); size(j, origin) != want || len(got) > c.again+2 {
				t.Errorf("the old log has %d entries, want %d; the new one %d", size(j, origin), want, len(got))
			}
			must(t, j.Untraced(origin))
			if j.Damaged() != nil {
				t.Error("it gives way twice")
			}
			mustVerify(t, j)
		})
	}
}
