package board_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pitlane/edge/board"
	"pitlane/edge/job"
)

func TestLiveValuesAreForTheBayAlone(t *testing.T) {
	m := newMemory()
	checkIn(t, m, "j1", "A001", 4)
	m.tell(t, reception, "j1", job.BayAssigned{Bay: "1", Lead: "te1"})
	b := running(t, config(m))
	if b.View(board.Bay).Body.(board.BayView).Job == nil {
		t.Fatal("no car in the bay")
	}
	const secret = "X4711Z"
	b.Tell(board.Now{Live: &board.LiveState{On: true, Job: "j1", Values: []board.LiveValue{{ECU: secret, PID: "0C", Value: secret}}}})
	b.Tell(board.Now{Fault: &board.Fault{Kind: "clock"}}) // every screen is made anew
	for _, a := range []board.Audience{board.Kiosk, board.Waiting, board.Bay, board.Desk, board.Live, "stranger"} {
		body, err := json.Marshal(b.View(a))
		if err != nil {
			t.Fatal(err)
		}
		if there := strings.Contains(string(body), secret); there != (a == board.Live) {
			t.Errorf("%s: live values in it: %v", a, there)
		}
	}
}

// A change of a value is no change of any screen but its own.
func TestLiveValuesMoveNoOtherScreen(t *testing.T) {
	b := running(t, config(newMemory()))
	before, live := b.View(board.Bay).Version, b.View(board.Live).Version
	b.Tell(board.Now{Live: &board.LiveState{On: true, Values: []board.LiveValue{{ECU: "7E8", PID: "0C", Value: 800.0}}}})
	if b.View(board.Bay).Version != before || b.View(board.Live).Version == live {
		t.Error("the bay's screen moved, or its live values did not")
	}
}

func TestItIsKnownWhetherSomebodyWatches(t *testing.T) {
	now := time.Now()
	c := config(newMemory())
	c.Now = func() time.Time { return now }
	b := running(t, c)
	if b.Watched(board.Live, time.Second) || b.Watched("stranger", time.Second) {
		t.Error("watched before anybody looked")
	}
	b.View(board.Live)
	if !b.Watched(board.Live, time.Second) {
		t.Error("not watched though somebody has just looked")
	}
	if now = now.Add(2 * time.Second); b.Watched(board.Live, time.Second) {
		t.Error("watched long after the last look")
	}
}
