package edge

import (
	"context"
	"fmt"
	"time"

	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/shop"
)

const (
	trimEvery = 24 * time.Hour
	trimFirst = 10 * time.Minute // after the start, when the morning's rush for the disk is over
	trimDays  = 30
)

// TrimConfig says when this node drops old segment files.
type TrimConfig struct {
	// Off keeps everything for ever.
	Off bool `toml:"off"`
	// Days is how long every visit in a file has been closed; 0 is 30.
	Days int `toml:"days"`
}

func (c TrimConfig) keep() time.Duration {
	days := trimDays
	if c.Days > 0 {
		days = c.Days
	}
	return time.Duration(days) * 24 * time.Hour
}

// trim drops what is closed, held by central and cosigned, once a day. Without a
// synchronised clock nothing goes: a wrong clock makes everything old.
func (h *house) trim(ctx context.Context) error {
	if h.cfg.Trim.Off {
		return nil
	}
	wait := time.NewTimer(trimFirst)
	defer wait.Stop()
	for {
		select {
		case <-wait.C:
			wait.Reset(trimEvery)
		case <-ctx.Done():
			return nil
		}
		if ClockQuality() != 3 {
			continue
		}
		t, err := h.trimAt(ctx, time.Now())
		if err != nil && ctx.Err() == nil {
			h.log.Error("old segment files are not dropped yet", "error", err)
		}
		if t.Files > 0 {
			h.log.Info("old segment files are dropped", "files", t.Files, "entries", t.Entries, "bytes", t.Bytes)
		}
	}
}

// trimAt is one round of trim.
func (h *house) trimAt(ctx context.Context, now time.Time) (journal.Trimmed, error) {
	var failed error
	done := func(id string) bool {
		entries, err := h.journal.Job(ctx, id)
		if err != nil {
			failed = fmt.Errorf("read a visit: %w", err)
			return false
		}
		return job.ClosedFor(h.aged(entries, now), now, h.cfg.Trim.keep(), h.trimmed())
	}
	t, err := h.journal.Trim(ctx, journal.TrimPolicy{Done: done, Safe: h.safe, Going: func(jobs []string) error { return h.keepClosed(ctx, jobs, now) }})
	if err == nil {
		err = failed
	}
	return t, err
}

// trimmed says whether something was trimmed before: a visit may then lack its
// beginning.
func (h *house) trimmed() bool {
	for _, tip := range h.journal.Tips() {
		if tip.Low > 0 {
			return true
		}
	}
	return false
}

// safe is how much of an origin head office has on disk and others have cosigned: 0
// in a shop without a head office, where nothing is ever dropped.
func (h *house) safe(origin string) uint64 {
	c, ok := h.journal.Cosigned(origin)
	if !ok {
		return 0
	}
	held := uint64(0)
	peers := h.journal.Peers()
	for _, n := range h.member.Roster.Nodes {
		if n.Role == shop.RoleCentral {
			held = max(held, peers[n.Name][origin][1])
		}
	}
	return min(c.Size, held)
}
