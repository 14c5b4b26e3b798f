package board_test

import (
	"testing"
	"testing/synctest"

	"pitlane/edge/board"
	"pitlane/edge/job"
	"pitlane/edge/journal"
)

// The desk names approved lines and what they come to: nothing that was offered and not
// signed for, and nothing of who declined (K-093), whose bill the cashier can settle.
func TestTheDeskListsOnlyWhatWasApproved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		write := func(id string, payloads ...job.Payload) {
			for _, p := range payloads {
				work, err := job.Encode(p)
				if err != nil {
					t.Fatal(err)
				}
				m.append(journal.Entry{Origin: reception, Kind: p.Kind(), Job: id, Quality: 3, Work: &journal.Opening{Payload: work}})
			}
		}
		offer := job.Offered{Lines: []job.Line{{ID: "l1", Text: "diagnosis", Price: 100}}, Total: 100, TextHash: "h1", Text: "text"}
		write("j1", opened("A001"), offer)
		write("j2", opened("A002"), offer, job.Signed{TextHash: "h1"})
		write("j3", opened("A003"), offer, job.Declined{})
		b := running(t, config(m))
		want := map[string]int64{"A001": 0, "A002": 100, "A003": 0}
		for _, j := range b.View(board.Desk).Body.(board.DeskView).Jobs {
			if j.Total != want[j.Ticket] || (len(j.Lines) > 0) != (want[j.Ticket] > 0) {
				t.Errorf("%s lists %v with a total of %d, want a total of %d", j.Ticket, j.Lines, j.Total, want[j.Ticket])
			}
		}
	})
}
