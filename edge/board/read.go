package board

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"pitlane/edge/clocks"
	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/tlog"
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
	cursor  map[string]passed
	events  map[string][]job.Event
	touched map[string]bool // jobs that are to be folded
	partial bool            // of jobs that are not in events something may have been read
	later   []string        // of the snapshot: jobs of which only the seal is missing
	turned  int             // position in what the keys have changed
	wall    wall
	clocks  *clocks.Clocks
	redated map[[2]string]bool // node and boot whose times are told otherwise now
	unkept  int                // entries read since the last snapshot
	keptAt  time.Time
}

func newReader() reader {
	return reader{
		cursor: map[string]passed{}, events: map[string][]job.Event{}, touched: map[string]bool{},
		wall: newWall(), clocks: clocks.New(), redated: map[[2]string]bool{},
	}
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
	b.resume(ctx)
	for {
		err := b.catchUp(ctx)
		switch {
		case ctx.Err() != nil:
			b.farewell()
			return nil
		case errors.Is(err, journal.ErrClosed):
			return fmt.Errorf("read the journal for the board: %w", err)
		case err != nil:
			b.cfg.Log.Error("the board cannot read the journal", "error", err)
		default:
			b.catch()
			b.keep(false)
			if b.readLater(ctx) {
				continue // with what is new first
			}
		}
		select {
		case <-ctx.Done():
			b.farewell()
			return nil
		case _, open := <-wake:
			if !open {
				wake = nil // the journal is closing; the beat finds out
			}
		case <-turned:
		case <-ticks.C:
			b.mu.Lock()
			b.forget()
			b.mu.Unlock()
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

// farewell keeps a last snapshot, once everything was read.
func (b *Board) farewell() {
	b.mu.Lock()
	caught := b.caught
	b.mu.Unlock()
	if caught {
		b.keep(true)
	}
}

// catchUp reads what is new of every origin and folds again only the jobs it
// touches. What was read before an error is folded too.
func (b *Board) catchUp(ctx context.Context) error {
	failed := b.turn(ctx)
	for _, tip := range b.cfg.Journal.Tips() {
		if err := b.readOrigin(ctx, tip); err != nil {
			failed = errors.Join(failed, err)
		}
	}
	b.redate()
	b.fold()
	return failed
}

// turn reads again the jobs whose keys came or went. It comes before the reading of
// what is new: a key that comes in between is seen at the next turn.
func (b *Board) turn(ctx context.Context) error {
	if b.cfg.Keys == nil {
		return nil
	}
	jobs, next := b.cfg.Keys.Turned(b.reader.turned)
	slices.Sort(jobs)
	for _, id := range slices.Compact(jobs) {
		if b.reader.events[id] == nil && !b.reader.partial {
			continue // not met yet
		}
		if err := b.reread(ctx, id); err != nil {
			return err
		}
	}
	if len(jobs) > 0 {
		if err := b.hangAgain(ctx); err != nil {
			return fmt.Errorf("read the alarms again: %w", err)
		}
	}
	b.reader.turned = next
	return nil
}

func (b *Board) readOrigin(ctx context.Context, tip journal.Tip) error {
	if next := b.reader.cursor[tip.Origin].Next; next > 0 && next < tip.Low {
		if err := b.passOver(ctx, tip); err != nil {
			return err
		}
	}
	from := max(b.reader.cursor[tip.Origin].Next, tip.Low)
	if from >= tip.Size {
		return nil
	}
	for e, err := range b.cfg.Journal.Read(ctx, tip.Origin, from) {
		if err == nil {
			err = b.take(ctx, e)
		}
		if err != nil {
			return fmt.Errorf("read %s from %d: %w", tip.Origin, from, err)
		}
		from = e.Seq + 1
		b.reader.cursor[tip.Origin] = passed{from, e.Hash}
		b.reader.unkept++
		if from >= tip.Size {
			return nil // what came meanwhile has its own wake: show this much first
		}
	}
	return nil
}

// passOver leaves out what the journal has passed over: a node that was away goes on
// where the others begin. Visits that were open then are over since.
func (b *Board) passOver(ctx context.Context, tip journal.Tip) error {
	b.reader.cursor[tip.Origin] = passed{Next: tip.Low}
	gone := func(e job.Event) bool { return e.Origin == tip.Origin && e.Seq < tip.Low }
	for _, id := range slices.Sorted(maps.Keys(b.reader.events)) {
		if !slices.ContainsFunc(b.reader.events[id], gone) {
			continue
		}
		if err := b.reread(ctx, id); err != nil {
			return err
		}
		b.reader.touched[id] = true
	}
	return nil
}

// take takes an entry that is new.
func (b *Board) take(ctx context.Context, e journal.Entry) error {
	if e.Job != "" && b.reader.partial && b.reader.events[e.Job] == nil {
		if err := b.reread(ctx, e.Job); err != nil {
			return err
		}
	}
	b.takeWall(e)
	b.takeClock(e)
	if e.Job != "" {
		b.reader.events[e.Job] = append(b.reader.events[e.Job], b.told(e))
		b.reader.touched[e.Job] = true
	}
	return nil
}

// told is an entry as the fold sees it, with a word in the log where it is not
// understood.
func (b *Board) told(e journal.Entry) job.Event {
	told, err := Event(e)
	if err != nil && !errors.Is(err, job.ErrUnknownKind) {
		b.cfg.Log.Warn("an event has a payload that is not understood", "kind", e.Kind, "origin", e.Origin, "seq", e.Seq, "error", err)
	}
	return told
}

// fold puts the touched jobs on the board, whole.
func (b *Board) fold() {
	defer b.tellFolded()
	touched := b.reader.touched
	if len(touched) == 0 && !b.reader.wall.news {
		return
	}
	b.reader.touched = map[string]bool{}
	fresh := make(map[string]visit, len(touched))
	for id := range touched {
		events := b.dated(b.reader.events[id])
		fresh[id] = visit{job.Fold(events), job.KeyStory(events), movedMS(events)}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hang()
	for id, v := range fresh {
		b.states[id], b.stories[id], b.moved[id] = v.state, v.story, v.movedMS
	}
	b.forget()
	b.staleLocked(Kiosk, Waiting, Bay, Desk)
}

// visit is a job as it is folded.
type visit struct {
	state   job.State
	story   []job.KeyMove
	movedMS int64
}

// movedMS is when something last moved in a visit, in ms since 1970. That it is rated,
// sealed, amended or erased moves nothing: it is no reason to show it again.
func movedMS(events []job.Event) int64 {
	newest := int64(0)
	for _, e := range events {
		switch {
		case job.Erases(e.Kind), e.Kind == (job.Rated{}).Kind(), e.Kind == (job.Sealed{}).Kind(), e.Kind == (job.Amended{}).Kind():
		default:
			newest = max(newest, e.WallMS)
		}
	}
	return newest
}

// forget drops the jobs that were closed long ago, and what trimming has left of
// others. What comes of them later is read with all that came before. b.mu is held.
func (b *Board) forget() {
	now := b.cfg.Now()
	for id, s := range b.states {
		mine := job.Unsealed(s) > 0 && tlog.NodeOf(job.Sealer(s)) == b.cfg.Node // this node has to seal it yet
		if b.past(s, now) && !mine {
			delete(b.states, id)
			delete(b.stories, id)
			delete(b.moved, id)
			b.pairs.Lock()
			delete(b.compared, id)
			b.pairs.Unlock()
			delete(b.reader.events, id)
			b.reader.partial = true
		}
	}
}

// past says that a job was closed long ago, or is what trimming has left of one. b.mu
// is held.
func (b *Board) past(s job.State, now time.Time) bool {
	return (s.Phase == job.PhaseLeft || !s.Opened) && now.Sub(at(b.moved[s.ID])) > keep
}

// Leaf is an entry of the journal as a seal lists it.
func Leaf(e journal.Entry) job.Leaf {
	return job.Leaf{Origin: e.Origin, Seq: e.Seq, Kind: e.Kind, WallMS: e.WallMS, Hash: job.Hash(e.Hash)}
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
