package bay_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"pitlane/devices"
	"pitlane/devices/obd"
	"pitlane/edge/bay"
	"pitlane/edge/board"
	"pitlane/edge/job"
	"pitlane/edge/journal"
)

func (r *room) clear(req journal.RequestID) (bay.ClearResult, error) {
	return r.bay.Clear(r.t.Context(), bay.ClearOrder{Job: "j1", By: "t1", Reason: "repaired", Request: req})
}

func TestTheIntentToClearIsOnDiskBeforeItIsSent(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.n.say(t, "j1", received()...)
		from, req := r.n.size(), request()
		ended := make(chan bay.ClearResult, 1)
		go func() {
			res, err := r.clear(req)
			if err != nil {
				t.Error(err)
			}
			ended <- res
		}()
		r.wrote(from, "codes.clear_intended")
		if r.obd.cleared != 1 {
			t.Fatalf("sent %d times, want once", r.obd.cleared)
		}
		want, who := last[job.ClearIntended](t, r.n)
		var before obd.Report
		unpack(t, want.Report, &before)
		if who != "j1" || want.By != "t1" || want.Reason != "repaired" || want.Engine != "off" || len(want.Codes) != 1 || len(before.ECUs) != 1 {
			t.Errorf("the intent is %+v", want)
		}
		if _, err := r.scan("j1", request()); kindOf(err) != "running" {
			t.Errorf("a scan meanwhile: %v, want running", err)
		}
		if _, err := r.clear(request()); kindOf(err) != "running" && kindOf(err) != "clearing" {
			t.Errorf("another clearing meanwhile: %v, want a refusal", err)
		}
		r.obd.clear <- gone
		if res := <-ended; res.Outcome != job.ClearDone || res.ID != want.Clear || len(res.Units) != 1 {
			t.Errorf("got %+v", res)
		}
		r.wrote(from, "codes.clear_intended", "codes.cleared")
		again, err := r.clear(req)
		if err != nil || again.Outcome != job.ClearDone || r.obd.cleared != 1 {
			t.Errorf("the same request: %s, sent %d times, %v", again.Outcome, r.obd.cleared, err)
		}
		if st, _ := r.n.Job("j1"); len(st.Clears) != 1 || st.Clears[0].State != job.ClearDone || st.Clears[0].By != "t1" {
			t.Errorf("the job says %+v", st.Clears)
		}
	})
}

func TestAClearingThatWasRefusedIsNoSuccess(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.n.say(t, "j1", received()...)
		from := r.n.size()
		r.obd.clear <- stays
		res, err := r.clear(request())
		if err != nil || res.Outcome != job.ClearNot || res.Why != "conditions_not_correct" || res.Units[0].NRC != "22" {
			t.Errorf("got %+v, %v", res, err)
		}
		r.wrote(from, "codes.clear_intended", "codes.clear_failed")
	})
}

// What keeps codes from being cleared keeps the request from leaving, and is not
// written down: nothing was begun.
func TestAClearingThatMayNotBeSendsNothing(t *testing.T) {
	t.Parallel()
	without := func(drop string) (out []job.Payload) {
		for _, p := range received() {
			if p.Kind() != drop {
				out = append(out, p)
			}
		}
		return out
	}
	other := append(received(), job.ScanStarted{Scan: "s1", Bay: "bay-1"},
		job.ScanCompleted{Scan: "s1", Bay: "bay-1", VIN: secretVIN, Complete: true}, job.CarMismatched{Scan: "s1"})
	for _, c := range []struct {
		name  string
		past  []job.Payload
		guard error
		order bay.ClearOrder
		kind  string
	}{
		{"without consent", without("job.consented"), nil, bay.ClearOrder{}, "no_consent"},
		{"a car that was not received", without("car.received"), nil, bay.ClearOrder{}, "not_received"},
		{"another car than the job's", other, nil, bay.ClearOrder{}, "mismatch"},
		{"a running engine", received(), &devices.Fault{Kind: "engine_running", Message: "the engine is running"}, bay.ClearOrder{}, "engine_running"},
		{"without a reason", received(), nil, bay.ClearOrder{Reason: "because"}, "no_reason"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inRoom(t, func(t *testing.T, r *room) {
				r.n.say(t, "j1", c.past...)
				r.obd.guard = c.guard
				from := r.n.size()
				o := bay.ClearOrder{Job: "j1", By: "t1", Reason: "repaired", Request: request()}
				if c.order.Reason != "" {
					o.Reason = c.order.Reason
				}
				if _, err := r.bay.Clear(t.Context(), o); kindOf(err) != c.kind {
					t.Errorf("got %v, want %s", err, c.kind)
				}
				r.wrote(from)
				if r.obd.cleared != 0 {
					t.Errorf("sent %d times", r.obd.cleared)
				}
				if now := newest(r.wall, func(n board.Now) *board.ClearNow { return n.Clear }); c.guard != nil && (now == nil || now.State.Error == nil) {
					t.Error("the screen was not told why")
				}
			})
		})
	}
}

func TestAFullDiskClearsNothing(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.n.say(t, "j1", received()...)
		r.n.full = true
		req := request()
		if _, err := r.clear(req); !errors.Is(err, journal.ErrFull) || r.obd.cleared != 0 {
			t.Errorf("got %v, sent %d times", err, r.obd.cleared)
		}
		r.n.full = false
		r.obd.clear <- gone
		if res, err := r.clear(req); err != nil || res.Outcome != job.ClearDone || r.obd.cleared != 1 {
			t.Errorf("with room again: %s, %v, sent %d times", res.Outcome, err, r.obd.cleared)
		}
	})
}

// The power fails before the k-th transaction, or after its commit and before anybody
// hears of it. The person asks again with the same request: it leaves once in all.
func TestThePowerMayFailWhileCodesAreCleared(t *testing.T) {
	for i := range 6 {
		k, late := i/2, i%2 == 1
		t.Run(fmt.Sprintf("transaction %d, late %v", k, late), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n, a, req := newNotebook(), newAdapter(), request()
				n.say(t, "j1", received()...)
				n.left, n.late = k, late
				a.clear <- gone
				r := open(t, n, newCupboard(), a)
				_, _ = r.clear(req) // the disk may be dead
				synctest.Wait()
				n.left = 0
				r.stop()

				n.left, n.late = -1, false
				a.clear <- gone
				r = open(t, n, newCupboard(), a)
				defer r.stop()
				clearsEndOnce(t, n)
				res, err := r.clear(req)
				if err != nil && kindOf(err) != "unknown_outcome" {
					t.Error(err)
				}
				if a.cleared != 1 {
					st, _ := n.Job("j1")
					if a.cleared > 1 || len(st.Clears) != 1 || st.Clears[0].State != job.ClearNotSeen {
						t.Errorf("sent %d times, the job says %+v", a.cleared, st.Clears)
					}
				}
				if again, _ := r.clear(req); again.Outcome != res.Outcome || a.cleared > 1 {
					t.Errorf("%s, then %s, sent %d times", res.Outcome, again.Outcome, a.cleared)
				}
				clearsEndOnce(t, n)
			})
		})
	}
}

// clearsEndOnce: each intent to clear has one ending, and none is there twice.
func clearsEndOnce(t *testing.T, n *notebook) {
	t.Helper()
	synctest.Wait()
	open := 0
	for _, kind := range n.kinds(0) {
		switch {
		case kind == "codes.clear_intended":
			open++
		case strings.HasPrefix(kind, "codes.clear"):
			open--
		}
		if open < 0 || open > 1 {
			t.Fatalf("%s: %d open", kind, open)
		}
	}
	if open != 0 {
		t.Errorf("%d clearings without an ending", open)
	}
}

func TestAClearingGoesOnWhenNobodyWaits(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.n.say(t, "j1", received()...)
		from, req := r.n.size(), request()
		ctx, gaveUp := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			_, err := r.bay.Clear(ctx, bay.ClearOrder{Job: "j1", By: "t1", Reason: "test", Request: req})
			ended <- err
		}()
		synctest.Wait()
		gaveUp()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		r.obd.clear <- gone
		r.wrote(from, "codes.clear_intended", "codes.cleared")
		if res, err := r.clear(req); err != nil || res.Outcome != job.ClearDone || r.obd.cleared != 1 {
			t.Errorf("asked again: %s, %v, sent %d times", res.Outcome, err, r.obd.cleared)
		}
	})
}

// The intent is on disk and the bay was told that it is not, in the same run: asked
// again with the same request, nobody knows whether it was sent, so it is not.
func TestAnIntentThatNobodyHeardOfIsNotSent(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.n.say(t, "j1", received()...)
		from, req := r.n.size(), request()
		r.n.left, r.n.late = 1, true
		if _, err := r.clear(req); err == nil {
			t.Error("no error, though nothing was heard of the intent")
		}
		r.n.left, r.n.late = -1, false
		if _, err := r.clear(req); kindOf(err) != "unknown_outcome" {
			t.Errorf("asked again: %v, want unknown_outcome", err)
		}
		r.wrote(from, "codes.clear_intended", "codes.clear_unknown")
		if res, err := r.clear(req); err != nil || res.Outcome != job.ClearNotSeen || r.obd.cleared != 0 {
			t.Errorf("and again: %s, %v, sent %d times", res.Outcome, err, r.obd.cleared)
		}
	})
}
