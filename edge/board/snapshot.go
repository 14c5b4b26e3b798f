package board

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"pitlane/edge/clocks"
	"pitlane/edge/job"
	"pitlane/edge/journal"
)

// Memory keeps a snapshot of the board between two runs. Both are called from the
// goroutine of Run: Recall once, Keep now and then.
type Memory interface {
	// Recall is what was kept last, nil where there is nothing that still counts.
	Recall() []byte
	// Keep keeps a snapshot in the place of the last. It may be lost.
	Keep(snapshot []byte)
}

// A snapshot is kept after so many entries or so much time, and when Run ends.
const (
	keepAfter = 4096
	keepEvery = 10 * time.Minute
)

// snapshot is how far the board has read, and which of what it has read it needs: the
// jobs that are on it, and the entries that the cabinets' alarms follow from. It holds
// none of their words: those are read again. What is here can be thrown away at any time.
type snapshot struct {
	Read   map[string]passed   `json:"read"`
	Jobs   []string            `json:"jobs"`
	Later  []string            `json:"later"` // jobs of long ago, to be sealed by this node
	Wall   map[string][]uint64 `json:"wall"`  // origin → seqs
	Clocks clocks.Saved        `json:"clocks"`
}

// passed is the end of what was read of an origin.
type passed struct {
	Next uint64       `json:"next"`
	Last journal.Hash `json:"last"` // of the entry before it
}

// keep hands a snapshot over when it is time, or at the end.
func (b *Board) keep(end bool) {
	r := &b.reader
	if b.cfg.Memory == nil || r.unkept == 0 || !end && r.unkept < keepAfter && b.cfg.Now().Sub(r.keptAt).Abs() < keepEvery {
		return
	}
	s := snapshot{Read: r.cursor, Wall: map[string][]uint64{}, Clocks: r.clocks.Save()}
	s.Jobs, s.Later = b.split()
	for _, n := range r.wall.of {
		for _, at := range n.refs() {
			s.Wall[at.origin] = append(s.Wall[at.origin], at.seq)
		}
	}
	raw, err := json.Marshal(s)
	if err != nil {
		b.cfg.Log.Warn("no snapshot of the board is kept: the next start reads everything", "error", err)
		return
	}
	b.cfg.Memory.Keep(raw)
	r.unkept, r.keptAt = 0, b.cfg.Now()
}

// split are the jobs that a start has to know, and those that it can wait for.
func (b *Board) split() (jobs, later []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.cfg.Now()
	later = slices.DeleteFunc(slices.Clone(b.reader.later), func(id string) bool { return b.reader.events[id] != nil })
	for id := range b.reader.events {
		if s, there := b.states[id]; there && b.past(s, now) {
			later = append(later, id)
		} else {
			jobs = append(jobs, id)
		}
	}
	slices.Sort(jobs)
	slices.Sort(later)
	return jobs, later
}

// laterAtOnce bounds how many jobs of long ago are read before what is new.
const laterAtOnce = 32

// readLater reads some of the jobs that no start waits for, and says whether there are
// more.
func (b *Board) readLater(ctx context.Context) bool {
	r := &b.reader
	if len(r.later) == 0 {
		return false
	}
	for range min(len(r.later), laterAtOnce) {
		if err := b.reread(ctx, r.later[0]); err != nil {
			b.cfg.Log.Error("a visit of long ago cannot be read, tried again soon", "job", r.later[0], "error", err)
			return false
		}
		r.later = r.later[1:]
	}
	b.fold()
	return len(r.later) > 0
}

// resume begins where the last run left the journal. A snapshot that does not fit it
// is no error and nothing to tell: then everything is read.
func (b *Board) resume(ctx context.Context) {
	if b.cfg.Memory == nil {
		return
	}
	raw := b.cfg.Memory.Recall()
	if raw == nil {
		return
	}
	b.reader.keptAt = b.cfg.Now()
	if err := b.recall(ctx, raw); err != nil {
		b.cfg.Log.Debug("the snapshot of the board is not used", "error", err)
		known := b.reader.clocks
		_ = known.Restore(clocks.Saved{}) // of nothing: it fits
		b.reader = newReader()
		b.reader.clocks = known
	}
}

func (b *Board) recall(ctx context.Context, raw []byte) error {
	var s snapshot
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return err
	}
	if err := b.fits(ctx, s); err != nil {
		return err
	}
	r := &b.reader
	maps.Copy(r.cursor, s.Read)
	r.partial, r.later = true, s.Later
	if err := r.clocks.Restore(s.Clocks); err != nil {
		return err
	}
	for _, id := range s.Jobs {
		if err := b.reread(ctx, id); err != nil {
			return err
		}
	}
	for _, origin := range slices.Sorted(maps.Keys(s.Wall)) {
		var refs []ref
		for _, seq := range s.Wall[origin] {
			if seq >= s.Read[origin].Next {
				return fmt.Errorf("an alarm of %s beyond what was read", origin)
			}
			refs = append(refs, ref{origin, seq})
		}
		if err := b.readWall(ctx, refs); err != nil {
			return err
		}
	}
	return nil
}

// fits holds a snapshot against the journal: each log that was read is there, as long
// as it was and with the same end. A part may have been trimmed since.
func (b *Board) fits(ctx context.Context, s snapshot) error {
	tips := map[string]journal.Tip{}
	for _, t := range b.cfg.Journal.Tips() {
		tips[t.Origin] = t
	}
	for origin, p := range s.Read {
		tip, here := tips[origin]
		if !here || tip.Size < p.Next || p.Next == 0 {
			return fmt.Errorf("of %s other entries are held than were read", origin)
		}
		if p.Next <= tip.Low {
			continue
		}
		if e, err := b.entry(ctx, ref{origin, p.Next - 1}); err != nil || e.Hash != p.Last {
			return errors.Join(fmt.Errorf("%s is another log than was read", origin), err)
		}
	}
	return nil
}

// reread makes the events of a job those of all that was passed of it.
func (b *Board) reread(ctx context.Context, id string) error {
	entries, err := b.cfg.Journal.Job(ctx, id)
	if err != nil {
		return fmt.Errorf("read a job again: %w", err)
	}
	var events []job.Event
	for _, e := range entries {
		if e.Seq < b.reader.cursor[e.Origin].Next {
			events = append(events, b.told(e))
		}
	}
	if len(events) == 0 {
		delete(b.reader.events, id)
		return nil
	}
	b.reader.events[id] = events
	b.reader.touched[id] = true
	return nil
}

// entry reads one entry.
func (b *Board) entry(ctx context.Context, at ref) (journal.Entry, error) {
	for e, err := range b.cfg.Journal.Read(ctx, at.origin, at.seq) {
		return e, err
	}
	return journal.Entry{}, fmt.Errorf("%s holds no entry %d", at.origin, at.seq)
}
