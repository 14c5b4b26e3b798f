package board

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"pitlane/edge/clocks"
	"pitlane/edge/job"
	"pitlane/edge/journal"
)

const (
	// keep is how long a closed job stays known here.
	keep = 24 * time.Hour
	// beat is how often the board looks at the clock: what is late, what is old.
	// It also bounds the delay of a wake that was lost.
	beat = 5 * time.Second
)

// reader is what Run knows: how far it has read, and the events of each job.
type reader struct {
	cursor map[string]uint64
	events map[string][]job.Event
	gone   map[string]bool // closed long ago: not kept
	turned int             // position in what the keys have changed
	wall   wall
	clocks *clocks.Clocks
}

func newReader() reader {
	return reader{cursor: map[string]uint64{}, events: map[string][]job.Event{}, gone: map[string]bool{}, wall: newWall(), clocks: clocks.New()}
}

// Run reads the journal until ctx ends. A read that goes wrong is tried again at
// the next wake or beat: what was read stays shown, with its age.
func (b *Board) Run(ctx context.Context) error {
	wake, stop := b.cfg.Journal.Wake()
	defer stop()
	var turned <-chan struct{}
	if b.cfg.Keys != nil {
		keys, stop := b.cfg.Keys.Wake()
		defer stop()
		turned = keys
	}
	ticks := time.NewTicker(beat)
	defer ticks.Stop()
	for {
		err := b.catchUp(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, journal.ErrClosed):
			return fmt.Errorf("read the journal for the board: %w", err)
		case err != nil:
			b.cfg.Log.Error("the board cannot read the journal", "error", err)
		default:
			b.catch()
		}
		select {
		case <-ctx.Done():
			return nil
		case _, open := <-wake:
			if !open {
				wake = nil // the journal is closing; the beat finds out
			}
		case <-turned:
		case <-ticks.C:
			b.forget()
			b.stale(Kiosk, Waiting, Bay, Desk)
		}
	}
}

// catch says once that the board has caught up.
func (b *Board) catch() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.caught {
		return
	}
	b.caught = true
	close(b.ready)
	b.staleLocked(Kiosk, Waiting, Bay, Desk)
}

// catchUp reads what is new of every origin and folds again only the jobs it
// touches. What was read before an error is folded too.
func (b *Board) catchUp(ctx context.Context) error {
	touched := map[string]bool{}
	failed := b.turn(ctx, touched)
	for _, tip := range b.cfg.Journal.Tips() {
		if err := b.readOrigin(ctx, tip, touched); err != nil {
			failed = errors.Join(failed, err)
		}
	}
	b.fold(touched)
	return failed
}

// turn reads again the jobs whose keys came or went. It comes before the reading of
// what is new: a key that comes in between is seen at the next turn.
func (b *Board) turn(ctx context.Context, touched map[string]bool) error {
	if b.cfg.Keys == nil {
		return nil
	}
	jobs, next := b.cfg.Keys.Turned(b.reader.turned)
	slices.Sort(jobs)
	for _, id := range slices.Compact(jobs) {
		if b.reader.events[id] == nil {
			continue // not met yet, or closed long ago
		}
		entries, err := b.cfg.Journal.Job(ctx, id)
		if err != nil {
			return fmt.Errorf("read a job again: %w", err)
		}
		delete(b.reader.events, id)
		for _, e := range entries {
			b.take(e, touched)
		}
	}
	b.reader.turned = next
	return nil
}

func (b *Board) readOrigin(ctx context.Context, tip journal.Tip, touched map[string]bool) error {
	from := max(b.reader.cursor[tip.Origin], tip.Low)
	if from >= tip.Size {
		return nil
	}
	for e, err := range b.cfg.Journal.Read(ctx, tip.Origin, from) {
		if err != nil {
			return fmt.Errorf("read %s from %d: %w", tip.Origin, from, err)
		}
		b.take(e, touched)
		from = e.Seq + 1
		b.reader.cursor[tip.Origin] = from
		if from >= tip.Size {
			return nil // what came meanwhile has its own wake: show this much first
		}
	}
	return nil
}

func (b *Board) take(e journal.Entry, touched map[string]bool) {
	b.takeWall(e)
	b.takeClock(e, touched)
	if e.Job == "" || b.reader.gone[e.Job] {
		return
	}
	told, err := Event(e)
	if err != nil && !errors.Is(err, job.ErrUnknownKind) {
		b.cfg.Log.Warn("an event has a payload that is not understood", "kind", e.Kind, "origin", e.Origin, "seq", e.Seq, "error", err)
	}
	b.reader.events[e.Job] = append(b.reader.events[e.Job], told)
	touched[e.Job] = true
}

// fold puts the touched jobs on the board, whole.
func (b *Board) fold(touched map[string]bool) {
	if len(touched) == 0 && !b.reader.wall.news {
		return
	}
	fresh := make(map[string]job.State, len(touched))
	stories := make(map[string][]job.KeyMove, len(touched))
	for id := range touched {
		fresh[id] = job.Fold(b.dated(b.reader.events[id]))
		stories[id] = job.KeyStory(b.dated(b.reader.events[id]))
	}
	b.mu.Lock()
	b.hang()
	for id, s := range fresh {
		b.states[id], b.stories[id] = s, stories[id]
	}
	b.staleLocked(Kiosk, Waiting, Bay, Desk)
	b.mu.Unlock()
	b.forget()
}

// forget drops the jobs that were closed long ago.
func (b *Board) forget() {
	now := b.cfg.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, s := range b.states {
		if s.Phase == job.PhaseLeft && now.Sub(at(s.NewestMS)) > keep {
			delete(b.states, id)
			delete(b.stories, id)
			b.pairs.Lock()
			delete(b.compared, id)
			b.pairs.Unlock()
			delete(b.reader.events, id)
			b.reader.gone[id] = true
		}
	}
}

// Event is an entry of the journal as the fold sees it. With an error it is still
// an event: what its payload says is not known here, that it happened is.
func Event(e journal.Entry) (job.Event, error) {
	told := job.Event{
		Kind: e.Kind, Job: e.Job, Origin: e.Origin, Seq: e.Seq, Hash: job.Hash(e.Hash),
		Request: e.Request, WallMS: e.WallMS, Boot: e.Boot, BootMS: e.BootMS, Quality: job.Quality(e.Quality),
	}
	for _, p := range e.Parents {
		told.Parents = append(told.Parents, job.Hash(p))
	}
	var failed error
	if e.Work != nil {
		told.Payload, failed = job.Decode(e.Kind, e.Work.Payload)
	}
	if e.Contact != nil {
		contact, err := job.DecodeContact(e.Contact.Payload)
		told.Contact, failed = contact, errors.Join(failed, err)
	}
	return told, failed
}
