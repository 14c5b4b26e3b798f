package journal_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"pitlane/edge/journal"
)

// A node is verified while it runs: it appends, adopts, begins files, drops files, and
// its peer cosigns. None of this may be told as damage.
func TestWhatIsWrittenMeanwhileIsNoFinding(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1", "demo-desk")
	o := shop.options(filepath.Join(t.TempDir(), "n"), "demo-bay-1")
	o.SegmentLeaves = 100
	j, desk := shop.open(t, o), shop.journal(t, "demo-desk")
	appendMany(t, j, 250)
	appendMany(t, desk, 5)
	carry(t, desk, j, desk.Origin(), 1<<20)

	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	defer all.Wait()
	defer stop()
	for what, do := range map[string]func() error{
		"append": func() error { _, err := j.Append(ctx, pause(1)); return err },
		"adopt": func() error {
			if _, err := desk.Append(ctx, pause(2)); err != nil {
				return err
			}
			return bring(ctx, desk, j, desk.Origin())
		},
		"cosign": func() error {
			if err := bring(ctx, j, desk, j.Origin()); err != nil {
				return err
			}
			signed, err := desk.Cosign(j.Origin(), time.UnixMilli(1_790_000_000_000))
			if err != nil || signed == nil {
				return err
			}
			return j.TakeCosigned(signed)
		},
		"trim": func() error {
			_, err := j.Trim(ctx, journal.TrimPolicy{
				Done: func(string) bool { return true },
				Safe: func(origin string) uint64 { return size(desk, origin) },
			})
			return err
		},
	} {
		all.Go(func() {
			for ctx.Err() == nil {
				if err := do(); err != nil && ctx.Err() == nil {
					t.Errorf("%s: %v", what, err)
					return
				}
			}
		})
	}
	for range 20 {
		if r := j.VerifyReport(t.Context()); !r.OK {
			t.Fatalf("the journal is whole: %q", r.Findings)
		}
	}
}

// bring is carry in a goroutine.
func bring(ctx context.Context, from, to *journal.Journal, origin string) error {
	s, err := from.Segment(ctx, origin, size(to, origin), 1<<20)
	if err != nil || len(s.Entries) == 0 {
		return err
	}
	return to.Adopt(ctx, s)
}
