package board_test

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"testing/synctest"

	"pitlane/edge/board"
	"pitlane/edge/job"
)

// visit is one car with both edges writing about it.
func visit() []struct {
	origin  string
	payload job.Payload
} {
	type step = struct {
		origin  string
		payload job.Payload
	}
	return []step{
		{reception, job.Opened{Ticket: "A-17", Lang: "en", Purpose: "repair", Plate: "B12345", PlatePublic: "masked", Owner: "sa1", Urgency: "normal"}},
		{reception, job.Consented{Scan: true, TextHash: "x", Lang: "en"}},
		{reception, job.HandedOver{}},
		{reception, job.BayAssigned{Bay: "1", Lead: "te1", By: "di1"}},
		{bay1, job.CarReceived{Bay: "1", By: "te1"}},
		{bay1, job.ScanStarted{Scan: "s1", Bay: "1", By: "te1"}},
		{bay1, job.ScanCompleted{Scan: "s1", Bay: "1", VIN: "LSVAA4182E2123456", Complete: true, Codes: []job.Code{{ECU: "7E8", Code: "P0133", Status: "stored"}}}},
		{bay1, job.WorkStarted{Bay: "1", By: "te1"}},
	}
}

// TestKeysAndEntriesInAnyOrderGiveOneState: whether a key comes before the entries,
// between them or after them, goes and comes back.
func TestKeysAndEntriesInAnyOrderGiveOneState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		settled := func(b *board.Board) job.State {
			synctest.Wait()
			s, _ := b.Job("j1")
			return s
		}
		plain := newMemory()
		for _, v := range visit() {
			plain.tell(t, v.origin, "j1", v.payload)
		}
		want := settled(running(t, config(plain)))
		if want.Plate == "" || len(want.Scans) != 1 {
			t.Fatalf("the visit is not there: %+v", want)
		}
		chance := rand.New(rand.NewPCG(1, 2))
		for round := range 200 {
			m := newMemory()
			m.lock(reception, "j1", true)
			m.lock(bay1, "j1", true)
			cfg := config(m)
			cfg.Keys = m
			b := running(t, cfg)
			steps := []func(){
				func() { m.lock(reception, "j1", false) }, func() { m.lock(bay1, "j1", false) },
				func() { m.lock(bay1, "j1", true); m.lock(bay1, "j1", false) },
			}
			at := []int{chance.IntN(9), chance.IntN(9), chance.IntN(9)}
			for i, v := range append(visit(), visit()[:1]...) {
				for k, n := range at {
					if n == i {
						steps[k]()
					}
				}
				if i < len(visit()) {
					m.tell(t, v.origin, "j1", v.payload)
				}
				if chance.IntN(2) == 0 {
					synctest.Wait()
				}
			}
			for _, origin := range []string{reception, bay1} {
				m.lock(origin, "j1", false)
			}
			if got := settled(b); !reflect.DeepEqual(got, want) {
				t.Fatalf("round %d, keys at %v:\n got %+v\nwant %+v", round, at, got, want)
			}
		}
	})
}

// TestWhatIsErasedLeavesTheScreens: a key that goes takes what it opened with it.
func TestWhatIsErasedLeavesTheScreens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		cfg := config(m)
		cfg.Keys = m
		m.write(t, reception, "j1", visit()[0].payload, &job.Contact{Name: "somebody", Phone: "123"})
		b := running(t, cfg)
		synctest.Wait()
		if s, _ := b.Job("j1"); s.Name == "" || s.Plate == "" {
			t.Fatal("it was never there")
		}
		m.lock(reception, "j1", true)
		synctest.Wait()
		if s, ok := b.Job("j1"); !ok || s.Name != "" || s.Phone != "" || s.Plate != "" || s.Ticket != "" {
			t.Errorf("it is still there")
		}
	})
}
