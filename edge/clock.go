package edge

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"golang.org/x/sys/unix"

	"pitlane/edge/board"
	"pitlane/edge/clocks"
	"pitlane/edge/journal"
	"pitlane/edge/timers"
)

const (
	clockEvery  = 30 * time.Second
	anchorEvery = time.Hour       // a clock drifts by less than a second in it
	stepLeast   = 2 * time.Second // a smaller jump is drift
)

// clockWatch looks at the machine's clock: it says on the screens when times cannot
// be trusted, and writes down what later readers date events by.
type clockWatch struct {
	journal  journalAppend
	tell     func(board.Now)
	log      *slog.Logger
	clock    journal.Clock
	quality  func() uint8
	told     bool          // the fault is on the screens
	boot     string        // of the last look
	since    time.Duration // boottime of the last look
	wall     time.Time     // of the last look
	anchored time.Duration // boottime of the newest anchor; 0: none in this boot
}

// journalAppend is what clockWatch writes with.
type journalAppend interface {
	Append(ctx context.Context, drafts ...journal.Draft) ([]journal.Entry, error)
}

// watchClock looks at the clock until ctx ends.
func (h *house) watchClock(ctx context.Context) {
	clock, err := journal.SystemClock()
	if err != nil {
		h.log.Error("the machine does not tell its boot: times stay uncertain", "error", err)
		return
	}
	w := clockWatch{journal: h.journal, tell: h.board.Tell, log: h.log, clock: clock, quality: ClockQuality}
	tick := time.NewTicker(clockEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		w.look(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// look compares the clock with the last look.
func (w *clockWatch) look(ctx context.Context) {
	boot, since := w.clock.Boot()
	wall, quality := w.clock.Now(), w.quality()
	if bad := quality == 0; bad != w.told {
		w.told = bad
		w.tell(clockNews(bad))
	}
	if boot == w.boot {
		if by := wall.Sub(w.wall).Round(time.Millisecond) - (since - w.since).Round(time.Millisecond); by.Abs() >= stepLeast {
			w.write(ctx, "clock.stepped", map[string]int64{"by_ms": by.Milliseconds()})
			w.anchored = 0
		}
	} else {
		w.anchored = 0
	}
	w.boot, w.since, w.wall = boot, since, wall
	if quality >= clocks.Synchronised && (w.anchored == 0 || since-w.anchored >= anchorEvery) {
		w.write(ctx, "time.anchor", nil)
		w.anchored = since
	}
}

// write appends what the machine did: it may use the reserve of a full disk.
func (w *clockWatch) write(ctx context.Context, kind string, work any) {
	d := journal.Draft{Kind: kind, Device: true}
	if work != nil {
		var err error
		if d.Work, err = json.Marshal(work); err != nil {
			w.log.Error("a step of the clock is not written", "error", err)
			return
		}
	}
	if _, err := w.journal.Append(ctx, d); err != nil && ctx.Err() == nil {
		w.log.Warn("what the clock did is not written", "kind", kind, "error", err)
	}
}

func clockNews(bad bool) board.Now {
	if !bad {
		return board.Now{ClearFault: &board.ClearFault{Kind: "clock"}}
	}
	return board.Now{Fault: &board.Fault{Kind: "clock", Message: "the clock of this edge cannot be right: times are uncertain",
		Hint: "set the clock, or let the machine reach a time server"}}
}

// ClockQuality says how far the wall clock can be trusted: 3 synchronised now, 1
// kept by a battery, 0 not at all (a clock that stands before this program's
// time).
func ClockQuality() uint8 {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	switch {
	case time.Now().Year() < 2026:
		return 0
	case err == nil && state != unix.TIME_ERROR && t.Status&unix.STA_UNSYNC == 0:
		return clocks.Synchronised
	default:
		return 1
	}
}

// ago is how long ago something of this node was, at least, whatever its wall clock
// showed then and shows now.
func (h *house) ago(r clocks.Reading) time.Duration {
	now := clocks.Reading{Node: h.member.Node, WallMS: time.Now().UnixMilli(), Quality: ClockQuality()}
	boot, since := h.rooms.boot()()
	now.Boot, now.BootMS = boot, since.Milliseconds()
	return h.clocks.Ago(r, now)
}

// timers fires the limits that this node has begun, until ctx ends.
func (h *house) timers(ctx context.Context) {
	clock, err := journal.SystemClock()
	if err != nil {
		return // watchClock has said so
	}
	t := timers.New(timers.Config{
		Node: h.member.Node, Journal: h.journal, Jobs: h.board.Jobs, Decode: board.Event, Clocks: h.board.Clocks(),
		Clock: clock, Quality: ClockQuality, Log: h.log,
	})
	if err := t.Run(ctx); err != nil {
		h.log.Error("the timers have ended", "error", err)
	}
}
