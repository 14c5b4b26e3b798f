package board_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"pitlane/edge/board"
	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/tlog"
)

// realShop opens a journal on disk for each of the nodes.
func realShop(t *testing.T, nodes ...string) map[string]*journal.Journal {
	t.Helper()
	roster := &journal.Roster{Shop: "demo"}
	keys := map[string]ed25519.PrivateKey{}
	for _, n := range nodes {
		seed := sha256.Sum256([]byte(n))
		keys[n] = ed25519.NewKeyFromSeed(seed[:])
		roster.Nodes = append(roster.Nodes, tlog.RosterNode{Name: n, Role: "bay", Key: keys[n].Public().(ed25519.PublicKey)})
	}
	journals := map[string]*journal.Journal{}
	for _, n := range nodes {
		j, err := journal.Open(t.Context(), journal.Options{Dir: filepath.Join(t.TempDir(), n), Node: n, Key: keys[n], Roster: roster, Reserve: -1, SegmentLeaves: 20, Quality: func() uint8 { return 2 }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := j.Close(); err != nil {
				t.Error(err)
			}
		})
		journals[n] = j
	}
	return journals
}

// append writes what a person at this node decides, having seen all that is here.
func appendTo(t *testing.T, j *journal.Journal, id string, payloads ...job.Payload) {
	t.Helper()
	for i, p := range payloads {
		work, err := job.Encode(p)
		if err != nil {
			t.Fatal(err)
		}
		request := sha256.Sum256(fmt.Append(nil, j.Origin(), j.Tips(), i))
		if _, err := j.Append(t.Context(), journal.Draft{Kind: p.Kind(), Job: id, Work: work, Request: journal.RequestID(request[:16])}); err != nil {
			t.Fatal(err)
		}
	}
}

// carry gives to one journal what another holds of an origin.
func carry(t *testing.T, from, to *journal.Journal, origin string) {
	t.Helper()
	at := uint64(0)
	for _, tip := range to.Tips() {
		if tip.Origin == origin {
			at = tip.Size
		}
	}
	s, err := from.Segment(t.Context(), origin, at, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if err := to.Adopt(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

// TestTwoEdgesAgree runs a board over each of two real journals, which hear of
// each other late and in pieces.
func TestTwoEdgesAgree(t *testing.T) {
	journals := realShop(t, "demo-bay-1", "demo-bay-2")
	one, two := journals["demo-bay-1"], journals["demo-bay-2"]
	boards := map[string]*board.Board{}
	for n, j := range journals {
		cfg := config(nil)
		cfg.Journal, cfg.Node = j, n
		boards[n] = running(t, cfg)
	}
	appendTo(t, one, "j1", opened("A001"), job.Inspected{None: true}, job.Belongings{None: true}, offered(), job.Consented{Scan: true}, job.Signed{TextHash: "h1"}, job.KeyHung{Slot: 4}, job.HandedOver{})
	carry(t, one, two, one.Origin())
	body(t, boards["demo-bay-2"], board.Waiting, func(v board.WaitingView) bool { return len(v.Rows) == 1 && v.Rows[0].Node == "demo-bay-1" })

	appendTo(t, one, "j1", job.BayAssigned{Bay: "1", Lead: "te1"}) // neither knows of the other
	appendTo(t, two, "j1", job.BayAssigned{Bay: "2", Lead: "te2"}, job.CarReceived{Bay: "2", By: "te2"})
	carry(t, two, one, two.Origin())
	carry(t, one, two, one.Origin())
	conflict := func(v board.DeskView) bool {
		return len(v.Jobs) == 1 && slices.Equal(v.Jobs[0].Conflicts, []string{job.TwoBays})
	}
	for _, b := range boards {
		body(t, b, board.Desk, conflict)
	}
	if a, b := boards["demo-bay-1"].Jobs(), boards["demo-bay-2"].Jobs(); !reflect.DeepEqual(a, b) {
		t.Errorf("the edges do not agree:\n%+v\n%+v", a, b)
	}
	appendTo(t, one, "j1", job.BayAssigned{Bay: "2", Lead: "te2"}) // who knows both decides
	carry(t, one, two, one.Origin())
	for _, b := range boards {
		body(t, b, board.Desk, func(v board.DeskView) bool { return len(v.Jobs[0].Conflicts) == 0 && v.Jobs[0].Bay == "2" })
	}
}
