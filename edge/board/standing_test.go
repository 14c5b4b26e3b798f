package board_test

import (
	"testing"

	"pitlane/edge/board"
	"pitlane/edge/job"
)

// TestALimitThatHasComeCallsTheDeskUntilItsMatterIsDone: with what it is about and
// since when; the other screens are told nothing of it.
func TestALimitThatHasComeCallsTheDeskUntilItsMatterIsDone(t *testing.T) {
	t.Parallel()
	m := newMemory()
	checkIn(t, m, "j1", "A001", 4)
	m.tell(t, reception, "j1", job.ExtraRaised{Extra: "x", Text: "brake pads", By: "te1"})
	m.tell(t, reception, "j1", job.TimerDue{Timer: job.TimerExtraToCustomer, N: "x", Cause: "c", AtLeast: true})
	m.tell(t, reception, "j1", job.TimerOverdue{Timer: job.TimerExtraToCustomer, N: "x", Cause: "c"})
	of := func() []board.DeskTimer {
		return running(t, config(m)).View(board.Desk).Body.(board.DeskView).Jobs[0].Timers
	}
	got := of()
	if len(got) != 1 || got[0].Timer != "extra_to_customer" || got[0].Since == nil || got[0].Overdue == nil || !got[0].AtLeast || got[0].Text != "brake pads" {
		t.Fatalf("the desk is called by %+v", got)
	}
	m.tell(t, reception, "j1", job.ExtraOffered{Extra: "x", Price: 1, Promised: 1})
	if got := of(); len(got) != 0 {
		t.Errorf("once the customer was asked, %+v stands", got)
	}
}
