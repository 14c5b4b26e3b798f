package desk_test

import (
	"net/http"
	"testing"

	"pitlane/edge/board"
)

func TestACallStandsOnTheDeskUntilSomebodyHasGone(t *testing.T) {
	f := newFront(t)
	calls := func() []board.Call { return f.board.View(board.Desk).Body.(board.DeskView).Calls }
	const request = "000000000000000000000000000000aa"
	for range 2 { // the second is a repeat after a lost answer
		if status, _, kind := f.call("kiosk/call", object{"request": request, "page": "sign"}); status != http.StatusOK {
			t.Fatalf("the call was answered with %d %s", status, kind)
		}
	}
	if got := calls(); len(got) != 1 || got[0].ID != request || got[0].Page != "sign" {
		t.Fatalf("got calls %v, want one", got)
	}
	if status, _, kind := f.call("desk/answered", object{"by": "stranger", "call": request}); status != http.StatusForbidden || len(calls()) != 1 {
		t.Errorf("a stranger got %d %s, and %d calls are left", status, kind, len(calls()))
	}
	if status, _, kind := f.call("desk/answered", object{"by": "sa", "call": request}); status != http.StatusOK || len(calls()) != 0 {
		t.Errorf("the advisor got %d %s, and %d calls are left", status, kind, len(calls()))
	}
}
