package bay_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"pitlane/devices/sim"
	"pitlane/edge/bay"
	"pitlane/edge/job"
	"pitlane/edge/journal"
)

// sent counts the requests to clear that reached the simulated adapter.
func (y *yard) sent() int { return count(y.adapter.Log(), "04") }

func (e *edge) clear(req journal.RequestID) (bay.ClearResult, error) {
	ctx, stop := context.WithTimeout(e.t.Context(), patience)
	defer stop()
	return e.bay.Clear(ctx, bay.ClearOrder{Job: "j1", By: "t1", Reason: "repaired", Request: req})
}

// inBay starts an edge whose bay has received the car of j1.
func (y *yard) inBay(t *testing.T) *edge {
	t.Helper()
	e := y.start(t)
	e.online()
	e.say(received()...)
	e.until("received", func(s job.State) bool { return s.Received })
	return e
}

// The edge dies at every step of a clearing, on a real journal and through the real
// driver: before the intent, after its commit, while the request is out, before the
// ending, after its commit. Another edge starts, and the person asks again with the
// same request. The adapter has heard the request once, or not at all, and each intent
// has one ending.
func TestAnEdgeKilledWhileClearingSendsItOnce(t *testing.T) {
	t.Parallel()
	for step, c := range []struct {
		left       int64
		late, hold bool // hold: the adapter keeps its answer until the edge is dead
	}{{0, false, false}, {1, true, false}, {1, false, true}, {1, false, false}, {2, true, false}} {
		t.Run(fmt.Sprintf("step %d", step), func(t *testing.T) {
			t.Parallel()
			y := newYard(t)
			e := y.inBay(t)
			if c.hold {
				y.adapter.SetFaults(sim.Faults{Only: "04", Slow: time.Second})
			}
			req, over := request(), make(chan struct{})
			e.power.late.Store(c.late)
			e.power.left.Store(c.left)
			go func() {
				defer close(over)
				_, err := e.clear(req) // the disk may be dead
				for c.hold && err != nil && y.sent() == 0 && t.Context().Err() == nil {
					_, err = e.clear(req) // nothing was sent: the adapter was not back yet
				}
			}()
			if c.hold {
				y.hears(t)
			} else {
				<-over
			}
			e.kill()
			<-over
			y.adapter.SetFaults(sim.Faults{})
			before := y.sent()

			e = y.start(t)
			defer e.kill()
			e.online()
			e.until("known again", func(s job.State) bool { return s.Received })
			res, err := e.clear(req)
			if err != nil && kindOf(err) != "unknown_outcome" {
				t.Fatal(err)
			}
			if n := y.sent(); n > 1 || before == 1 && n != 1 {
				t.Fatalf("the adapter heard the request %d times, %d of them before the kill", n, before)
			}
			if before == 1 && res.Outcome == job.ClearDone && c.left < 2 {
				t.Error("called cleared, though nobody had written what came of it")
			}
			again, err := e.clear(req)
			if err != nil || again.Outcome != res.Outcome || y.sent() > 1 {
				t.Errorf("%s, then %s (%v), heard %d times", res.Outcome, again.Outcome, err, y.sent())
			}
			kinds := e.kinds()
			ends := count(kinds, "codes.cleared") + count(kinds, "codes.clear_failed") + count(kinds, "codes.clear_unknown")
			if intents := count(kinds, "codes.clear_intended"); intents != 1 || ends != 1 {
				t.Errorf("%d intents and %d endings: %v", intents, ends, kinds)
			}
		})
	}
}

// hears waits until the request has reached the adapter.
func (y *yard) hears(t *testing.T) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(patience)
	for y.sent() == 0 {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatal("the request never left")
		}
	}
}
