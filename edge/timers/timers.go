package timers

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"pitlane/edge/clocks"
	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/tlog"
)

// Log is the journal as the timers need it.
type Log interface {
	Append(ctx context.Context, drafts ...journal.Draft) ([]journal.Entry, error)
	Job(ctx context.Context, id string) ([]journal.Entry, error)
	Wake() (<-chan struct{}, func())
}

// Config joins the timers to the other rooms.
type Config struct {
	Node    string
	Journal Log
	// Jobs are the visits that are known now, and Decode makes an event of an entry
	// (board.Board, board.Event).
	Jobs   func() []job.State
	Decode func(journal.Entry) (job.Event, error)
	// Clocks are those of the shop (board.Board).
	Clocks *clocks.Clocks
	// Clock and Quality are those of the journal.
	Clock   journal.Clock
	Quality func() uint8
	Log     *slog.Logger
}

// look is the longest time between two looks: a wall clock that is set is noticed by
// then.
const look = 30 * time.Second

// again is when a timer that has fired is looked at again: the board knows by then.
const again = 100 * time.Millisecond

// Timers fires the limits that this node has begun.
type Timers struct {
	cfg   Config
	known map[string]*visit
}

// visit is what is known of one visit's timers.
type visit struct {
	of    version
	begun []running
}

// version is what the timers of a visit follow from, beside the entries: a late anchor
// changes times and no entry.
type version struct {
	events           int
	promised, opened int64
	started          int64
}

func versionOf(s job.State) version {
	return version{s.Events, s.Promised, s.OpenedMS, s.StartMS}
}

// running is a timer of this node with the reading of its beginning.
type running struct {
	begun
	cause job.Hash
	from  clocks.Reading
}

// New makes timers; nothing is read before Run.
func New(cfg Config) *Timers {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Timers{cfg: cfg, known: map[string]*visit{}}
}

// Run fires timers until ctx ends.
func (t *Timers) Run(ctx context.Context) error {
	wake, stop := t.cfg.Journal.Wake()
	defer stop()
	for ctx.Err() == nil {
		next, err := t.Step(ctx)
		if err != nil && ctx.Err() == nil {
			t.cfg.Log.Warn("the timers cannot be looked at, tried again", "error", err)
			next = time.Second
		}
		pause := time.NewTimer(min(max(next, 0), look))
		select {
		case <-wake:
		case <-pause.C:
		case <-ctx.Done():
		}
		pause.Stop()
	}
	return nil
}

// Step fires what is due now and says how long the next one takes. Calling it again
// changes nothing. What is wrong with one visit keeps no other waiting.
func (t *Timers) Step(ctx context.Context) (time.Duration, error) {
	now := t.now()
	next, known := look, make(map[string]*visit, len(t.known))
	var errs []error
	for _, s := range t.cfg.Jobs() {
		v, err := t.visit(ctx, s)
		if err != nil {
			errs = append(errs, fmt.Errorf("read the timers of a visit: %w", err))
			continue
		}
		known[s.ID] = v
		for _, r := range v.begun {
			left, err := t.fire(ctx, s, r, now)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			next = min(next, left)
		}
	}
	t.known = known // without the visits that have gone
	return next, errors.Join(errs...)
}

func (t *Timers) now() clocks.Reading {
	boot, since := t.cfg.Clock.Boot()
	return clocks.Reading{
		Node: t.cfg.Node, Boot: boot, BootMS: since.Milliseconds(),
		WallMS: t.cfg.Clock.Now().UnixMilli(), Quality: t.cfg.Quality(),
	}
}

// visit reads the timers of a visit, where it has changed.
func (t *Timers) visit(ctx context.Context, s job.State) (*visit, error) {
	if v := t.known[s.ID]; v != nil && v.of == versionOf(s) {
		return v, nil
	}
	v := &visit{of: versionOf(s)}
	if !open(s) {
		return v, nil
	}
	entries, err := t.cfg.Journal.Job(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if tlog.NodeOf(e.Origin) != t.cfg.Node {
			continue
		}
		from := clocks.Reading{Node: t.cfg.Node, Boot: e.Boot, BootMS: e.BootMS, WallMS: e.WallMS, Quality: e.Quality}
		told, err := t.cfg.Decode(e)
		if err != nil {
			continue // of a later version: its timers are not known here
		}
		for _, b := range beginning(s, told, t.startMS(from)) {
			v.begun = append(v.begun, running{begun: b, cause: told.Hash, from: from})
		}
	}
	return v, nil
}

// fire writes a timer's events when their time has come, and says how long it is
// until then.
func (t *Timers) fire(ctx context.Context, s job.State, r running, now clocks.Reading) (time.Duration, error) {
	if !job.TimerWanted(s, r.name, r.n) {
		return look, nil
	}
	due, overdue := firedOf(s, r.name, r.n)
	passed, sure := t.cfg.Clocks.Elapsed(r.from, now)
	left := time.Duration(r.after.Milliseconds()-passed) * time.Millisecond
	if r.at != 0 {
		left, sure = t.until(r, now, passed)
	}
	if !due && left <= 0 {
		p := job.TimerDue{Timer: r.name, N: r.n, Cause: r.cause.String(), AtLeast: !sure}
		return again, t.write(ctx, s.ID, p, r)
	}
	if !due {
		return left, nil
	}
	if r.late == 0 || overdue {
		return look, nil
	}
	if left = time.Duration(r.late.Milliseconds()-passed) * time.Millisecond; left > 0 {
		return left, nil
	}
	return again, t.write(ctx, s.ID, job.TimerOverdue{Timer: r.name, N: r.n, Cause: r.cause.String(), AtLeast: !sure}, r)
}

// until is how long it is until the wall time of a timer. Where nobody vouches for the
// clock, what has passed since the timer began counts, of the time that its author's
// clock saw before it then: a clock that is days or decades ahead makes nothing due.
func (t *Timers) until(r running, now clocks.Reading, passed int64) (left time.Duration, sure bool) {
	if now.Quality >= clocks.Synchronised {
		return time.Duration(r.at-now.WallMS) * time.Millisecond, true
	}
	if at := t.cfg.Clocks.Time(now); at.Sure {
		return time.Duration(r.at-at.MS) * time.Millisecond, true
	}
	from := t.cfg.Clocks.Time(r.from)
	span := r.at - from.MS
	if !from.Sure && (span <= 0 || r.from.Quality == 0) {
		return look, false // that clock was no measure
	}
	return time.Duration(span-passed) * time.Millisecond, false
}

// startMS is when something began, by the wall; 0 where no clock can say.
func (t *Timers) startMS(from clocks.Reading) int64 {
	if at := t.cfg.Clocks.Time(from); at.Sure || from.Quality > 0 {
		return at.MS
	}
	return 0
}

func firedOf(s job.State, name, n string) (due, overdue bool) {
	for _, f := range s.Timers {
		if f.Timer == name && f.N == n {
			return f.DueMS != 0, f.OverdueMS != 0
		}
	}
	return false, false
}

// write appends a firing. Its request id is made of what fires: after a crash in the
// middle it is written again, and is there once.
func (t *Timers) write(ctx context.Context, id string, p job.Payload, r running) error {
	work, err := job.Encode(p)
	if err != nil {
		return fmt.Errorf("write that a timer has fired: %w", err)
	}
	sum := sha256.Sum256([]byte(p.Kind() + "\x00" + id + "\x00" + r.name + "\x00" + r.n + "\x00" + cmp.Or(r.cause.String(), "-")))
	_, err = t.cfg.Journal.Append(ctx, journal.Draft{Kind: p.Kind(), Job: id, Work: work, Request: journal.RequestID(sum[:16]), Device: true})
	if err != nil {
		return fmt.Errorf("write that a timer has fired: %w", err)
	}
	return nil
}
