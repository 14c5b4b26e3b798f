package board

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"
)

// ErrAudience means that nobody is known by that name, so nothing is shown.
var ErrAudience = errors.New("no such audience")

// shown is what an audience sees: built when somebody looks, its number moving
// only when its bytes do.
type shown struct {
	asked   time.Time // when somebody last looked
	stale   bool      // something has happened since body was built
	changed chan struct{}
	n       uint64
	body    any
	bytes   []byte
}

// View is the newest snapshot for an audience; an unknown one sees nothing.
func (b *Board) View(a Audience) View {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.view(a)
}

// Wait blocks until the audience's snapshot is another than version. A version of
// another run, or none, is answered at once. A slow caller skips versions.
func (b *Board) Wait(ctx context.Context, a Audience, version string) (View, error) {
	for {
		b.mu.Lock()
		s := b.shown[a]
		if s == nil {
			b.mu.Unlock()
			return View{}, fmt.Errorf("wait for %q: %w", a, ErrAudience)
		}
		v, changed := b.view(a), s.changed
		b.mu.Unlock()
		if v.Version != version {
			return v, nil
		}
		select {
		case <-ctx.Done():
			return View{}, ctx.Err()
		case <-changed:
		}
	}
}

// Comprises blocks until what the board says comprises an entry of the journal, or ctx
// ends. The entry's visit may be forgotten already, and no view be another than before.
func (b *Board) Comprises(ctx context.Context, origin string, seq uint64) error {
	for {
		b.mu.Lock()
		next, moved := b.folded[origin], b.refolded
		b.mu.Unlock()
		if seq < next {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-moved:
		}
	}
}

// tellFolded wakes who waits in Comprises.
func (b *Board) tellFolded() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for origin, p := range b.reader.cursor {
		b.folded[origin] = p.Next
	}
	close(b.refolded)
	b.refolded = make(chan struct{})
}

// stale marks what audiences see as to be built anew.
func (b *Board) stale(list ...Audience) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.staleLocked(list...)
}

func (b *Board) staleLocked(list ...Audience) {
	for _, a := range list {
		s := b.shown[a]
		s.stale = true
		close(s.changed)
		s.changed = make(chan struct{})
	}
}

func (b *Board) view(a Audience) View {
	now := b.cfg.Now()
	s := b.shown[a]
	if s == nil {
		return View{Version: b.cfg.Run + "-0", Now: now, AsOf: map[string]time.Time{}}
	}
	s.asked = now
	if s.stale {
		b.build(a, s, now)
	}
	return View{Version: b.cfg.Run + "-" + strconv.FormatUint(s.n, 10), Now: now, AsOf: b.asOf(now), Body: s.body}
}

// build makes the body anew; with the same bytes as before it is the same version.
func (b *Board) build(a Audience, s *shown, now time.Time) {
	s.stale = false
	body := b.bodyFor(a, now)
	encoded, err := json.Marshal(body)
	if err != nil {
		// Only a report that is not JSON could do this, and newReport lets none in.
		b.cfg.Log.Error("a view cannot be encoded", "audience", string(a), "error", err)
		return
	}
	if s.n > 0 && bytes.Equal(encoded, s.bytes) {
		return
	}
	s.n, s.body, s.bytes = s.n+1, body, encoded
}

func (b *Board) bodyFor(a Audience, now time.Time) any {
	switch a {
	case Kiosk:
		return b.kiosk()
	case Waiting:
		return b.waiting(now)
	case Bay:
		return b.bay()
	case Live:
		return b.liveView()
	case Desk:
		return b.desk()
	}
	return nil
}

// asOf is when each node was last heard from. A node that never was is not in it.
func (b *Board) asOf(now time.Time) map[string]time.Time {
	times := maps.Clone(b.moment.heard)
	times[b.cfg.Node] = now
	return times
}
