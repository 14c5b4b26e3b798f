//go:build real

package main

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"pitlane/edge/board"
	"pitlane/edge/job"
)

// watcher keeps every message of one screen.
type watcher struct {
	mu   sync.Mutex
	all  []message
	eyes *eyes[json.RawMessage]
}

// watch looks at a screen until the test ends.
func (r *rig) watch(base, name string) *watcher {
	w := &watcher{eyes: newEyes[json.RawMessage]()}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s := newScreen(base)
		for ctx.Err() == nil {
			_ = s.look(ctx, name, func(m message) bool { // opened again when it ends
				w.mu.Lock()
				w.all = append(w.all, m)
				w.mu.Unlock()
				if m.View != nil {
					w.eyes.put(m.View)
				}
				return true
			})
			pause(ctx, 100*time.Millisecond)
		}
	}()
	r.t.Cleanup(func() { stop(); <-done })
	return w
}

// frames is everything the screen was sent, as text.
func (w *watcher) frames() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var b strings.Builder
	for _, m := range w.all {
		b.Write(m.View)
		b.WriteByte('\n')
	}
	return b.String()
}

// sees waits until a view of type V is as wanted.
func sees[V any](r *rig, w *watcher, limit time.Duration, what string, ok func(V) bool) V {
	r.t.Helper()
	end := time.After(limit)
	for {
		raw, seen, changed := w.eyes.now()
		if seen {
			var v V
			if err := json.Unmarshal(raw, &v); err != nil {
				r.t.Fatalf("decode the view: %v", err)
			}
			if ok(v) {
				return v
			}
		}
		select {
		case <-end:
			r.t.Fatalf("%s was not seen within %v; the last view had %d bytes", what, limit, len(raw))
			panic("not reached")
		case <-changed:
		}
	}
}

func deskJob(v board.DeskView, id string) board.DeskJob {
	if j := find(v, id); j != nil {
		return *j
	}
	return board.DeskJob{}
}

func inPhase(id string, p job.Phase) func(board.DeskView) bool {
	return func(v board.DeskView) bool { return deskJob(v, id).Phase == p }
}
