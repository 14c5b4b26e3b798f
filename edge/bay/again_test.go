package bay_test

import (
	"testing"
	"testing/synctest"

	"pitlane/devices/keycab"
	"pitlane/edge/bay"
)

// TestAWishRepeatedWhileTheEdgeStartsHasItsFirstAnswer: the screens are served before
// the bay knows what it had written. Who asks again then is not told to try later.
func TestAWishRepeatedWhileTheEdgeStartsHasItsFirstAnswer(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.n.say(t, "j1", received()...)
		scanned, opened := request(), request()
		first, err := r.scan("j1", scanned)
		if err != nil {
			t.Fatal(err)
		}
		<-r.obd.begun
		r.obd.find <- found{report: report()}
		outcome, err := r.unlock("j1", 2, "hang", opened)
		if outcome != keycab.Opened || err != nil {
			t.Fatalf("got %q and %v", outcome, err)
		}
		synctest.Wait()
		r.stop()

		r = built(t, r.n, newCupboard(), newAdapter(), func(*bay.Config) {})
		answers := make(chan string, 2)
		go func() {
			again, err := r.scan("j1", scanned)
			if again != first || err != nil {
				t.Errorf("the scan: %q and %v, want %q", again, err, first)
			}
			answers <- again
		}()
		go func() {
			again, err := r.unlock("j1", 2, "hang", opened)
			if again != outcome || err != nil {
				t.Errorf("the unlock: %q and %v, want %q", again, err, outcome)
			}
			answers <- string(again)
		}()
		synctest.Wait() // both have asked
		r.run()
		defer r.stop()
		<-answers
		<-answers
		if got := len(r.cab.sent); got != 0 {
			t.Errorf("%d frames were sent again", got)
		}
	})
}

func TestABayThatDoesNotStartSaysSo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := built(t, newNotebook(), newCupboard(), newAdapter(), func(*bay.Config) {})
		if _, err := r.scan("j1", request()); kindOf(err) != "starting" {
			t.Errorf("a scan: %v, want that it is just starting", err)
		}
		if _, err := r.unlock("j1", 2, "hang", request()); kindOf(err) != "starting" {
			t.Errorf("an unlock: %v, want that it is just starting", err)
		}
	})
}
