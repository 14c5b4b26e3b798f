package bay_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"pitlane/devices/keycab"
	"pitlane/edge/job"
	"pitlane/edge/journal"
)

// A morning: a key is hung, a car is scanned, the key goes home. The power fails
// before the k-th transaction, for every k; the next start, on the same journal,
// ends what was open, and the people do again, with the same requests, what they
// got no answer to.
func TestThePowerMayFailAnywhere(t *testing.T) {
	for i := range 18 {
		k, late := i/2, i%2 == 1
		name := fmt.Sprintf("before transaction %d", k+1)
		if late {
			name = fmt.Sprintf("after the commit of transaction %d, before its answer", k)
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n, cab := newNotebook(), newCupboard()
				n.say(t, "j1", signed()...)
				n.say(t, "j1", job.BayAssigned{Bay: "bay-1", Lead: "t1"}, job.CarReceived{Bay: "bay-1", By: "t1"})
				requests := []journal.RequestID{request(), request(), request()}
				n.left, n.late = k, late
				r := open(t, n, cab, newAdapter())
				r.morning(requests)
				synctest.Wait()
				n.left = 0 // dead, whatever was left
				r.stop()

				n.left, n.late = -1, false
				r = open(t, n, cab, newAdapter())
				defer r.stop()
				r.endsOnce()
				r.morning(requests)
				synctest.Wait()
				r.endsOnce()
				if st, _ := n.Job("j1"); st.Key.In || !st.HandedOver {
					t.Errorf("in the end the key is %+v, handed over %v", st.Key, st.HandedOver)
				}
			})
		})
	}
}

// morning plays on from wherever the cabinet and the journal stand. Errors are
// those of a dead disk: the journal is looked at afterwards.
func (r *room) morning(req []journal.RequestID) {
	if st, _ := r.n.Job("j1"); !st.Key.In && !st.Key.Taken {
		r.openAgain("hang", req[0])
		if r.really(2, keycab.HookOpen, keycab.KeyAbsent) {
			r.cab.key(2, keycab.KeyPresent)
			r.cab.hook(2, keycab.HookClosed)
		}
		synctest.Wait()
	}
	r.obd.find <- found{report: report()}
	_, _ = r.scan("j1", req[1])
	synctest.Wait()
	r.openAgain("release", req[2])
	if r.really(2, keycab.HookOpen, keycab.KeyPresent) {
		r.cab.key(2, keycab.KeyAbsent)
		r.cab.hook(2, keycab.HookClosed)
	}
	synctest.Wait()
}

// openAgain sends a request once more. Where nobody knows what came of it, a person
// looks, and where the slot is closed asks anew.
func (r *room) openAgain(purpose string, req journal.RequestID) {
	outcome, _ := r.unlock("j1", 2, purpose, req)
	synctest.Wait()
	if outcome == keycab.OutcomeUnknown && !r.really(2, keycab.HookOpen, keycab.KeyAbsent) && !r.really(2, keycab.HookOpen, keycab.KeyPresent) {
		_, _ = r.unlock("j1", 2, purpose, request())
	}
	synctest.Wait()
}

func (r *room) really(slot int, h keycab.Hook, k keycab.Key) bool {
	r.cab.mu.Lock()
	defer r.cab.mu.Unlock()
	s := r.cab.slots[slot-1]
	return s.Hook == h && s.Key == k
}

// endsOnce: each scan that began has one ending, each intent one outcome, and no
// request is there twice.
func (r *room) endsOnce() {
	r.t.Helper()
	synctest.Wait()
	r.n.mu.Lock()
	defer r.n.mu.Unlock()
	scans, open, requests := map[string]int{}, 0, map[journal.RequestID]bool{}
	for _, e := range r.n.entries {
		if requests[e.Request] {
			r.t.Errorf("%s is there twice", e.Kind)
		}
		requests[e.Request] = true
		p, err := job.Decode(e.Kind, e.Work.Payload)
		if err != nil {
			r.t.Fatal(err)
		}
		switch p := p.(type) {
		case job.ScanStarted:
			scans[p.Scan]++
		case job.ScanCompleted:
			scans[p.Scan]--
		case job.ScanFailed:
			scans[p.Scan]--
		case job.UnlockIntended:
			open++
		case job.SlotOpened, job.UnlockFailed, job.OutcomeUnknown:
			open--
		}
		if open < 0 {
			r.t.Errorf("%s ends an unlock that was ended", e.Kind)
		}
	}
	for id, balance := range scans {
		if balance != 0 {
			r.t.Errorf("scan %s: beginnings less endings %d", id, balance)
		}
	}
	if open != 0 {
		r.t.Errorf("%d unlocks without an outcome", open)
	}
}
