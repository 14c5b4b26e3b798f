package bay

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"pitlane/devices"
	"pitlane/edge/board"
	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/tlog"
)

// farewell is how long what is under way may take to write its ending after ctx
// has ended; what it does not manage is ended at the next start.
const farewell = 3 * time.Second

// Run ends what the last run left open, minds the devices until ctx ends, and
// returns when everything it started has ended. It runs once.
func (b *Bay) Run(ctx context.Context) error {
	awake := sync.OnceFunc(func() { close(b.awake) })
	defer awake()
	if err := b.recall(ctx); err != nil {
		return fmt.Errorf("end what the last run left open: %w", err)
	}
	b.tellStart()
	var tasks, minders sync.WaitGroup
	b.mu.Lock()
	b.spawn = func(f func(context.Context)) { tasks.Go(func() { f(ctx) }) }
	b.mu.Unlock()
	awake()

	b.mu.Lock()
	away := maps.Clone(b.book.held)
	b.mu.Unlock()
	for id, h := range away {
		b.keyAway(id, h)
	}
	for _, d := range b.devices() {
		minders.Go(func() { b.mind(ctx, d) })
	}
	noted := make(chan struct{})
	go func() {
		defer close(noted)
		b.takeNotes(ctx)
	}()
	<-ctx.Done()
	b.mu.Lock()
	b.spawn = nil
	b.mu.Unlock()
	tasks.Wait()
	minders.Wait()
	close(b.notes)
	<-noted
	return nil
}

func (b *Bay) devices() []devices.Device {
	var out []devices.Device
	if b.cfg.Scanner != nil {
		out = append(out, b.cfg.Scanner)
	}
	if b.cfg.Cabinet != nil {
		out = append(out, b.cfg.Cabinet)
	}
	return out
}

// mind runs one device. One that gives up is started again: a bay with a broken
// device still has its other one, and its screens.
func (b *Bay) mind(ctx context.Context, d devices.Device) {
	var again devices.Backoff
	for ctx.Err() == nil {
		err := d.Run(ctx, func(r devices.Reading) { b.notes <- r })
		if ctx.Err() != nil {
			return
		}
		b.log.Error("device gave up", "device", d.Name(), "err", err)
		_ = again.Wait(ctx) // ended ctx ends the loop
	}
}

// takeNotes takes what the devices say, one after the other, until the notes end.
func (b *Bay) takeNotes(ctx context.Context) {
	for n := range b.notes {
		b.take(ctx, n)
	}
}

// recall reads what this node wrote and ends what was left open.
func (b *Bay) recall(ctx context.Context) error {
	known := newBook()
	for _, origin := range b.origins() {
		for e, err := range b.cfg.Journal.Read(ctx, origin.Origin, origin.Low) {
			if errors.Is(err, journal.ErrTrimmed) {
				break // cut off meanwhile: what is gone is long closed
			}
			if err != nil {
				return fmt.Errorf("read %s: %w", origin.Origin, err)
			}
			known.add(e)
		}
	}
	b.mu.Lock()
	b.book = known
	b.mu.Unlock()
	drafts, err := known.endings()
	if err != nil || len(drafts) == 0 {
		return err
	}
	b.log.Warn("ending what was under way when the process died", "events", len(drafts))
	return b.write(ctx, drafts...)
}

// origins are this node's logs, the one being written last.
func (b *Bay) origins() []journal.Tip {
	own, current := []journal.Tip{}, b.cfg.Journal.Origin()
	for _, t := range b.cfg.Journal.Tips() {
		if node, _, ok := strings.Cut(t.Origin, "/"); ok && node == b.cfg.Node {
			own = append(own, t)
		}
	}
	slices.SortStableFunc(own, func(x, y journal.Tip) int {
		return truth(x.Origin == current) - truth(y.Origin == current)
	})
	return own
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// write writes what a device did, as long as it takes: it has happened, so that
// giving up would lose it. The request ids make a repeat harmless. After ctx has
// ended it is tried for farewell.
func (b *Bay) write(ctx context.Context, drafts ...journal.Draft) error {
	if len(drafts) == 0 {
		return nil
	}
	var again devices.Backoff
	for {
		try, stop := lasting(ctx)
		entries, err := b.cfg.Journal.Append(try, drafts...)
		stop()
		if err == nil {
			b.noteEntries(entries)
			return nil
		}
		if hopeless(err) || ctx.Err() != nil {
			return fmt.Errorf("write %s: %w", drafts[0].Kind, err)
		}
		b.log.Error("cannot write what a device did, trying again", "kind", drafts[0].Kind, "err", err)
		_ = again.Wait(ctx) // ended ctx: one more try, then out
	}
}

// hopeless errors stay however often one tries.
func hopeless(err error) bool {
	return errors.Is(err, journal.ErrClosed) || errors.Is(err, tlog.ErrTooLarge)
}

// lasting is a context that outlives ctx by farewell.
func lasting(ctx context.Context) (context.Context, context.CancelFunc) {
	out, stop := context.WithCancel(context.WithoutCancel(ctx))
	unhook := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(farewell):
			stop()
		case <-out.Done():
		}
	})
	return out, func() {
		unhook()
		stop()
	}
}

func (b *Bay) noteEntries(entries []journal.Entry) {
	away := map[string]hold{}
	b.mu.Lock()
	for _, e := range entries {
		b.book.add(e)
		if h, taken := b.book.held[e.Job]; taken && e.Kind == (job.KeyTaken{}).Kind() {
			away[e.Job] = h
		}
	}
	b.mu.Unlock()
	for id, h := range away {
		b.keyAway(id, h)
	}
}

func (b *Bay) tell(n board.Now) {
	if b.cfg.Board != nil {
		b.cfg.Board.Tell(n)
	}
}
