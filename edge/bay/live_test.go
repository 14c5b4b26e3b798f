package bay_test

import (
	"testing"
	"testing/synctest"
	"time"

	"pitlane/devices"
	"pitlane/edge/bay"
	"pitlane/edge/board"
	"pitlane/edge/job"
)

// look asks for live values of j1.
func (r *room) look(on bool, pids ...string) error {
	return r.bay.Live(bay.LiveOrder{Job: "j1", On: on, PIDs: pids})
}

// shows waits d and returns what the board was told last.
func (r *room) shows(d time.Duration) board.LiveState {
	r.t.Helper()
	<-time.After(d) // of the bubble
	synctest.Wait()
	now := newest(r.wall, func(n board.Now) *board.LiveState { return n.Live })
	if now == nil {
		r.t.Fatal("the board was told nothing")
	}
	return *now
}

func TestLiveValuesAreToldAndNotWrittenDown(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.n.say(t, "j1", received()...)
		from := r.n.size()
		if err := r.look(true, "0C"); err != nil {
			t.Fatal(err)
		}
		now := r.shows(4500 * time.Millisecond)
		if !now.On || now.Job != "j1" || len(now.Offered) != 1 || len(now.Values) != 1 || now.Values[0].Value != 3.0 || now.Values[0].At.IsZero() {
			t.Errorf("told %+v", now)
		}
		if err := r.look(true, "0D"); err != nil { // others
			t.Fatal(err)
		}
		if now := r.shows(3 * time.Second); !now.On || r.obd.looks.Load() != 1 {
			t.Errorf("with other values: on %v, %d readers", now.On, r.obd.looks.Load())
		}
		if err := r.look(false); err != nil {
			t.Fatal(err)
		}
		if now := r.shows(time.Second); now.On || now.Why != "stopped" || r.obd.looks.Load() != 0 {
			t.Errorf("stopped: on %v, why %s, %d readers", now.On, now.Why, r.obd.looks.Load())
		}
		r.wrote(from)
	})
}

func TestLiveValuesEndByThemselves(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		why   string
		happy time.Duration // it still runs then
		end   time.Duration // and has ended then
		do    func(t *testing.T, r *room)
	}{
		{"expired", 9 * time.Minute, 11 * time.Minute, func(*testing.T, *room) {}},
		{"nobody", 5 * time.Second, 15 * time.Second, func(_ *testing.T, r *room) { r.alone.Store(true) }},
		{"left", time.Second, 5 * time.Second, func(t *testing.T, r *room) {
			time.AfterFunc(2*time.Second, func() { r.n.say(t, "j1", job.BayAssigned{Bay: "bay-2", Lead: "t2"}) })
		}},
	} {
		t.Run(c.why, func(t *testing.T) {
			inRoom(t, func(t *testing.T, r *room) {
				r.n.say(t, "j1", received()...)
				if err := r.look(true); err != nil {
					t.Fatal(err)
				}
				c.do(t, r)
				if now := r.shows(c.happy); !now.On {
					t.Fatalf("after %s it had ended: %s", c.happy, now.Why)
				}
				if now := r.shows(c.end - c.happy); now.On || now.Why != c.why || r.obd.looks.Load() != 0 {
					t.Errorf("after %s: on %v, why %q, %d readers", c.end, now.On, now.Why, r.obd.looks.Load())
				}
			})
		})
	}
	inRoom(t, func(t *testing.T, r *room) {
		r.n.say(t, "j1", received()...)
		for range 4 { // asked for anew
			if err := r.look(true); err != nil {
				t.Fatal(err)
			}
			if now := r.shows(8 * time.Minute); !now.On {
				t.Fatalf("it had ended: %s", now.Why)
			}
		}
		if n := r.obd.looks.Load(); n != 1 {
			t.Errorf("%d readers, want the same one", n)
		}
	})
}

func TestLiveValuesSurviveAFaultAndGiveWayToNothing(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.n.say(t, "j1", received()...)
		if err := r.look(true); err != nil {
			t.Fatal(err)
		}
		r.obd.fault.Store(&devices.Fault{Kind: "adapter_fault", Message: "it fell silent", Hint: "pull it"})
		if now := r.shows(1500 * time.Millisecond); !now.On || now.Error == nil || now.Error.Kind != "adapter_fault" {
			t.Errorf("at the fault: %+v", now)
		}
		if now := r.shows(3 * time.Second); !now.On || now.Error != nil || len(now.Values) != 1 {
			t.Errorf("after it: %+v", now)
		}
	})
	inRoom(t, func(t *testing.T, r *room) {
		if err := r.look(true); kindOf(err) != "unknown_job" {
			t.Errorf("of no job: %v", err)
		}
		past := received()
		r.n.say(t, "j1", append(past[:4], past[5:]...)...)
		if err := r.look(true); kindOf(err) != "no_consent" {
			t.Errorf("without consent: %v", err)
		}
	})
}
