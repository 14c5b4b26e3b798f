package edge

import (
	"testing"
	"time"

	"pitlane/edge/clocks"
	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/shop"
)

// A box without a battery wakes with the time at which it was switched off, two years
// ago, takes a visit in and hands the car back, and only then hears a time server. All
// of that is minutes old: neither retention nor trimming may take it for two years.
func TestWhatAnOldClockHasWrittenIsNotOld(t *testing.T) {
	now := time.UnixMilli(1_860_000_000_000)
	asleep := now.Add(-730 * day).UnixMilli()
	entry := func(seq uint64, kind string, quality uint8) journal.Entry {
		e := journal.Entry{Origin: "demo-reception/0", Seq: seq, Boot: "a", BootMS: int64(seq) * 60_000, WallMS: asleep + int64(seq)*60_000, Quality: quality, Kind: kind, Job: "j"}
		e.Hash[0] = byte(seq) + 1
		return e
	}
	visit := []journal.Entry{entry(1, "job.opened", 1), entry(2, "car.handed_back", 1)}
	h := &house{clocks: clocks.New(), member: &shop.Member{Node: "demo-central"}}
	hear := func(boot string, bootMS int64, wall time.Time, quality uint8) {
		h.clocks.Hear(clocks.Reading{Node: "demo-reception", Boot: boot, BootMS: bootMS, WallMS: wall.UnixMilli(), Quality: quality})
	}
	kept := func(why string, now time.Time, keep bool) {
		t.Helper()
		events := h.aged(visit, now)
		if due := job.Due(events, now, job.Retention{}); (due == nil) != keep {
			t.Errorf("%s: retention wants %v", why, due)
		}
		if closed := job.ClosedFor(events, now, 30*day, false); closed == keep {
			t.Errorf("%s: closed for long: %v", why, closed)
		}
	}
	for _, e := range visit {
		hear(e.Boot, e.BootMS, time.UnixMilli(e.WallMS), e.Quality)
	}
	kept("no time server was heard", now, true)
	hear("a", 3*60_000, now, 3)
	kept("it was heard in that boot", now.Add(day), true)
	kept("and a year has passed since", now.Add(366*day), false)

	h.clocks = clocks.New()
	for _, e := range visit {
		hear(e.Boot, e.BootMS, time.UnixMilli(e.WallMS), e.Quality)
	}
	hear("b", 60_000, now, 3)
	kept("it was heard in the next boot", now.Add(day), true)
	kept("a year after the next boot", now.Add(366*day), false)

	h.clocks = clocks.New()
	seal := journal.Entry{Origin: "demo-bay-1/0", Kind: "job.sealed", Job: "j", Boot: "x", BootMS: 5, WallMS: now.UnixMilli(), Quality: 3, Parents: []journal.Hash{visit[1].Hash}}
	visit = append(visit, seal)
	kept("another node vouches for what it had seen", now.Add(day), true)
	kept("a year after it had seen it", now.Add(366*day), false)
}
