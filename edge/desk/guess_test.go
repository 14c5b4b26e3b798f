package desk_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"pitlane/devices/keycab"
	"pitlane/edge/board"
	"pitlane/edge/desk"
	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/web"
)

// wrongCode is another code than the right one.
func wrongCode(code string, n int) string {
	if c := fmt.Sprintf("%08d", n); c != code {
		return c
	}
	return "99999999"
}

// TestGuessingIsHeldUpAlsoByAKill: a wrong code is on disk before it is answered, so
// that a restart wins nothing, and the pause doubles.
func TestGuessingIsHeldUpAlsoByAKill(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	// The journal's clock is the machine's, and the desk's is so much ahead of it.
	ahead := func(d time.Duration) { f.now.add(time.Now().Add(d).Sub(f.now.Now())) }
	ahead(0)
	_, code := f.checkedIn()
	for i := range 5 {
		f.refused("pickup/open", object{"code": wrongCode(code, i)}, http.StatusNotFound, "wrong_code")
		if got := f.refusals(); got != i+1 {
			t.Fatalf("%d wrong codes are on disk when the answer has come, want %d", got, i+1)
		}
		f.restart()
	}
	ahead(0)
	f.refused("pickup/open", object{"code": code}, http.StatusTooManyRequests, "too_many")
	ahead(61 * time.Second)
	f.must("pickup/open", object{"code": code[:4] + " " + code[4:]})
	f.refused("pickup/open", object{"code": wrongCode(code, 7)}, http.StatusNotFound, "wrong_code")
	f.restart()
	ahead(61 * time.Second)
	f.refused("pickup/open", object{"code": code}, http.StatusTooManyRequests, "too_many") // two minutes now, though one was right
	ahead(121 * time.Second)
	f.must("pickup/open", object{"code": code})
	ahead(time.Hour)
	f.refused("pickup/open", object{"code": wrongCode(code, 8)}, http.StatusNotFound, "wrong_code")
	f.must("pickup/open", object{"code": code})
}

// refusals counts pickup.refused in the journal.
func (f *front) refusals() int {
	f.t.Helper()
	n := 0
	for e, err := range f.journal.Read(f.t.Context(), f.journal.Origin(), 0) {
		if err != nil {
			f.t.Fatal(err)
		}
		if e.Kind == (job.PickupRefused{}).Kind() {
			n++
		}
	}
	return n
}

// tokenOf makes the token as the QR code holds it: it must be what opens the visit.
func (f *front) tokenOf(id string) string {
	f.t.Helper()
	if f.state(id).Pickup.TokenHash == "" {
		f.t.Fatal("no token is bound")
	}
	return desk.TokenForTest([]byte("secret"), id)
}

func TestATokenOpensItsVisitOnce(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	id, code := f.checkedIn()
	f.repaired(id)
	f.until("the token is bound", id, func(s job.State) bool { return s.Pickup.Slot == 3 })
	token := f.tokenOf(id)
	if !regexp.MustCompile(`^K[0-9a-f]+\.[0-9a-f]{32}$`).MatchString(token) {
		t.Fatalf("a token has another form: %d characters", len(token))
	}
	for e, err := range f.journal.Read(t.Context(), f.journal.Origin(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Work != nil && (strings.Contains(string(e.Work.Payload), token) || strings.Contains(string(e.Work.Payload), code)) {
			t.Errorf("%s holds a token or a code in clear", e.Kind)
		}
	}
	other := token[:len(token)-1] + map[bool]string{true: "0", false: "1"}[token[len(token)-1] != '0']
	f.refused("pickup/open", object{"code": other}, http.StatusNotFound, "wrong_code")
	f.must("pickup/open", object{"code": token})
	f.keys.hand = false // the slot opens, and the key stays
	id1 := fresh()
	request := object{"code": token, "strokes": strokes(), "request": hex.EncodeToString(id1[:])}
	if out := f.must("pickup/key", request); out["outcome"] != "opened" {
		t.Fatalf("the slot answers %v", out)
	}
	f.until("it is spent", id, func(s job.State) bool { return s.Pickup.Used })
	f.must("pickup/key", request) // the same wish again is no second use
	for _, with := range []string{token, code} {
		f.refused("pickup/key", object{"code": with, "strokes": strokes()}, http.StatusGone, "used")
		f.refused("pickup/open", object{"code": with}, http.StatusGone, "used")
	}
	f.must("desk/release", staff(id, object{"slot": 3, "reason": "shut without taking the key"})) // staff, by name and reason
}

func TestWrongTokensHoldUpTheirJobAtEveryKiosk(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	id, code := f.checkedIn()
	for range 5 {
		if err := f.keys.write(t.Context(), id, job.PickupRefused{Kiosk: "demo-elsewhere", Why: "wrong_token"}, fresh()); err != nil {
			t.Fatal(err)
		}
	}
	f.until("they are known", id, func(s job.State) bool { return len(s.Pickup.Refused) == 5 })
	// The journal's clock is the machine's; the desk is told that as its time.
	f.now.add(time.UnixMilli(f.state(id).Pickup.Refused[4].WallMS).Sub(f.now.Now()))
	f.refused("pickup/open", object{"code": code}, http.StatusTooManyRequests, "too_many")
	f.now.add(61 * time.Second)
	f.must("pickup/open", object{"code": code})
}

// TestOnlyTheEdgeWithTheCabinetGivesAKeyOut: another edge knows the visit and has a
// cabinet of the same name, and opens nothing.
func TestOnlyTheEdgeWithTheCabinetGivesAKeyOut(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	id, code := f.checkedIn()
	f.repaired(id)
	f.until("bound", id, func(s job.State) bool { return s.Pickup.Kiosk != "" })
	there := &cabinet{log: f.journal, outcome: keycab.Opened, hand: true, given: map[journal.RequestID]keycab.Outcome{}}
	other := desk.New(desk.Config{Node: "demo-other", Shop: "Demo", Cabinet: "wall", Journal: f.journal, Board: f.board, Guesses: f.board,
		Keys: there, People: []board.Person{{ID: "sa", Name: "S", Role: "SA"}}, Order: prices(), Secret: []byte("secret"), Random: rand.Reader,
		Now: f.now.Now, Log: slog.New(slog.DiscardHandler)})
	api, err := web.NewAPI("test", other.Actions()...)
	if err != nil {
		t.Fatal(err)
	}
	here := f.api
	f.api = api
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	_ = other.Run(ctx) // it follows the same news, and binds nothing
	f.refused("pickup/key", object{"code": code, "strokes": strokes()}, http.StatusConflict, "other_cabinet")
	f.refused("pickup/key", object{"code": f.tokenOf(id), "strokes": strokes()}, http.StatusConflict, "other_cabinet")
	f.refused("desk/release", staff(id, object{"slot": 4, "reason": "code lost"}), http.StatusConflict, "other_slot")
	f.refused("desk/release", staff(id, object{"slot": 3, "reason": "code lost"}), http.StatusServiceUnavailable, "owner_away")
	f.refused("keys/take", staff(id, nil), http.StatusServiceUnavailable, "owner_away")
	if len(there.given) > 0 {
		t.Errorf("the other cabinet was asked to open %d slots", len(there.given))
	}
	if k := f.state(id).Pickup.Kiosk; k != f.state(id).Key.Node {
		t.Errorf("the code is bound to %s", k)
	}
	f.api = here
	f.must("pickup/key", object{"code": code, "strokes": strokes()})
}
