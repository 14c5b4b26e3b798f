package desk_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pitlane/devices"
	"pitlane/devices/keycab"
	"pitlane/edge/board"
	"pitlane/edge/desk"
	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/shop"
	"pitlane/edge/web"
)

// cabinet is a key cabinet with a hand before it: it writes what edge/bay writes.
type cabinet struct {
	log     *journal.Journal
	outcome keycab.Outcome
	hand    bool // hangs or takes the key at once

	mu    sync.Mutex
	given map[journal.RequestID]keycab.Outcome
}

func (c *cabinet) FreeSlot() (int, error) { return 3, nil }

func (c *cabinet) ReturnSlot(string) (int, error) { return 3, nil }

// Acknowledge takes every alarm for one that stands.
func (c *cabinet) Acknowledge(ctx context.Context, a desk.Acknowledge) error {
	if a.Alarm == "gone" {
		return &devices.Fault{Kind: "moved", Message: "gone", Hint: "look again"}
	}
	return c.write(ctx, "", job.AlarmAcknowledged{Alarm: a.Alarm, What: "forced", Cabinet: "wall", Slot: 3, By: a.By, Note: a.Note}, a.Request)
}

func (c *cabinet) write(ctx context.Context, id string, p job.Payload, request journal.RequestID) error {
	work, err := job.Encode(p)
	if err != nil {
		return err
	}
	_, err = c.log.Append(ctx, journal.Draft{Kind: p.Kind(), Job: id, Work: work, Request: request, Device: true})
	return err
}

func (c *cabinet) Unlock(ctx context.Context, u desk.Unlock) (keycab.Outcome, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if o, ok := c.given[u.Request]; ok {
		return o, nil
	}
	c.given[u.Request] = c.outcome
	if err := c.write(ctx, u.Job, job.UnlockIntended{Cabinet: "wall", Slot: u.Slot, Purpose: u.Purpose, By: u.By, Wish: u.Wish}, u.Request); err != nil {
		return keycab.OutcomeUnknown, err
	}
	if c.outcome != keycab.Opened {
		return c.outcome, c.write(ctx, u.Job, job.UnlockFailed{Cabinet: "wall", Slot: u.Slot, Why: "jammed"}, fresh())
	}
	if err := c.write(ctx, u.Job, job.SlotOpened{Cabinet: "wall", Slot: u.Slot}, fresh()); err != nil || !c.hand {
		return c.outcome, err
	}
	if u.Purpose == "hang" || u.Purpose == "return" {
		return c.outcome, c.write(ctx, u.Job, job.KeyHung{Cabinet: "wall", Slot: u.Slot}, fresh())
	}
	return c.outcome, c.write(ctx, u.Job, job.KeyTaken{Cabinet: "wall", Slot: u.Slot, Authorised: true}, fresh())
}

func fresh() (id journal.RequestID) {
	_, _ = rand.Read(id[:])
	return id
}

// front is a reception with a real journal and a real board.
type front struct {
	t         *testing.T
	dir       string
	journal   *journal.Journal
	board     *board.Board
	desk      *desk.Desk
	keys      *cabinet
	api       http.Handler
	now       *clock
	idle      time.Duration
	receipts  func(context.Context, string) ([]byte, error)
	public    string
	witnessed func(string) desk.Witnessed
	since     atomic.Int64 // of the boot, in milliseconds
	alter     func(*desk.Config)
	stop      func()
}

// clock stands still until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func newFront(t *testing.T) *front {
	t.Helper()
	root := filepath.Join(t.TempDir(), "shop")
	if err := shop.Init(root, "demo"); err != nil {
		t.Fatal(err)
	}
	added, err := shop.Add(root, "front", shop.RoleReception, "")
	if err != nil {
		t.Fatal(err)
	}
	// Of yesterday: the journal goes by the machine's own clock, whatever the year is.
	y, m, d := time.Now().UTC().AddDate(0, 0, -1).Date()
	f := &front{t: t, dir: added.Dir, now: &clock{at: time.Date(y, m, d, 9, 1, 0, 0, time.UTC)}}
	f.open()
	t.Cleanup(func() { f.stop() })
	return f
}

// open opens everything on the folder, as a start or a restart does.
func (f *front) open() {
	f.t.Helper()
	member, err := shop.Load(f.dir)
	if err != nil {
		f.t.Fatal(err)
	}
	f.journal, err = journal.Open(f.t.Context(), journal.Options{Dir: f.dir, Node: member.Node, Key: member.Key, Roster: member.Roster})
	if err != nil {
		f.t.Fatal(err)
	}
	people := []board.Person{{ID: "sa", Name: "S", Role: "SA"}, {ID: "te", Name: "T", Role: "TE"}}
	log := slog.New(slog.DiscardHandler)
	f.board = board.New(board.Config{Journal: f.journal, Node: member.Node, Role: member.Role, Bay: "1", Shop: "Demo",
		Nodes: []board.Node{{Node: member.Node, Role: member.Role, Bay: "1"}}, People: people, Run: "run", Now: f.now.Now, Compare: held, Log: log})
	f.keys = &cabinet{log: f.journal, outcome: keycab.Opened, hand: true, given: map[journal.RequestID]keycab.Outcome{}}
	cfg := desk.Config{Node: member.Node, Shop: "Demo", Bay: "1", Cabinet: "wall", Journal: f.journal, Board: f.board, Guesses: f.board,
		Keys: f.keys, People: people, Order: prices(), Secret: []byte("secret"), Random: rand.Reader, Now: f.now.Now, Idle: f.idle, Compare: f.board.Compare, Receipt: f.receipts,
		Boot:   func() (string, time.Duration) { return "b1", time.Duration(f.since.Load()) * time.Millisecond },
		Public: f.public, Clocks: f.board.Clocks(), Witnessed: f.witnessed, Log: log}
	if f.alter != nil {
		f.alter(&cfg)
	}
	f.desk = desk.New(cfg)
	f.api, err = web.NewAPI("test", f.desk.Actions()...)
	if err != nil {
		f.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(f.t.Context())
	var rooms sync.WaitGroup
	rooms.Go(func() { _ = f.board.Run(ctx) })
	<-f.board.Ready()
	rooms.Go(func() { _ = f.desk.Run(ctx) })
	f.stop = sync.OnceFunc(func() {
		cancel()
		rooms.Wait()
		if err := f.journal.Close(); err != nil {
			f.t.Error(err)
		}
	})
}

func (f *front) restart() {
	f.t.Helper()
	f.stop()
	f.open()
}

func prices() desk.OrderConfig {
	text := func(s string) map[string]string { return map[string]string{"zh-Hans": s, "zh-Hant": s, "en": s} }
	return desk.OrderConfig{Currency: "CNY", Promise: 4 * time.Hour, WarrantyDays: 90, Zone: time.UTC, Prices: []desk.Price{
		{ID: "diagnosis", Amount: 10000, Text: text("diagnosis")},
		{ID: "repair", Amount: 20050, Purposes: []string{"repair"}, Text: text("repair")},
	}}
}

type object = map[string]any

// call posts to an action and returns status, answer and, of a refusal, its kind.
func (f *front) call(path string, in object) (int, object, string) {
	f.t.Helper()
	if _, ok := in["request"]; !ok {
		id := fresh()
		in["request"] = hex.EncodeToString(id[:])
	}
	body, err := json.Marshal(in)
	if err != nil {
		f.t.Fatal(err)
	}
	w := httptest.NewRecorder()
	f.api.ServeHTTP(w, httptest.NewRequestWithContext(f.t.Context(), http.MethodPost, "/api/v1/"+path, bytes.NewReader(body)))
	var out object
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		f.t.Fatal(err)
	}
	kind := ""
	if e, ok := out["error"].(object); ok {
		kind, _ = e["kind"].(string)
		if e["message"] == "" || e["hint"] == "" {
			f.t.Errorf("POST %s: the refusal %s has no message or no hint", path, kind)
		}
	}
	return w.Code, out, kind
}

// must is a call that is granted.
func (f *front) must(path string, in object) object {
	f.t.Helper()
	code, out, kind := f.call(path, in)
	if code != http.StatusOK {
		f.t.Fatalf("POST %s: %d %s", path, code, kind)
	}
	return out
}

// refused is a call that must be refused so.
func (f *front) refused(path string, in object, status int, kind string) {
	f.t.Helper()
	if code, _, got := f.call(path, in); code != status || got != kind {
		f.t.Errorf("POST %s: got %d %q, want %d %q", path, code, got, status, kind)
	}
}

func (f *front) state(id string) job.State {
	s, _ := f.board.Job(id)
	return s
}

// until waits for the board to show something of a job.
func (f *front) until(what, id string, holds func(job.State) bool) {
	f.t.Helper()
	f.untilView(what, func() bool { return holds(f.state(id)) })
}

func (f *front) untilView(what string, holds func() bool) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			f.t.Fatalf("it did not come true: %s", what)
		}
	}
}

func (f *front) session() *board.KioskSession {
	v, _ := f.board.View(board.Kiosk).Body.(board.KioskView)
	return v.Session
}

func opening() object {
	return object{
		"lang": "en", "purpose": "repair", "plate": "京a·12345", "plate_public": "masked", "phone": "138 0000 0000", "name": "N",
		"complaint": object{"taps": []string{"engine light"}}, "walkround": object{"marks": []string{"scratch left"}},
		"belongings": object{"none": true},
	}
}

func strokes() any { return []object{{"points": []object{{"x": 1, "y": 1}}}} }

// left is a visit that ended before it began: the order declined, the gate pass given.
func (f *front) left() (id string) {
	f.t.Helper()
	id, _ = f.must("checkin/open", opening())["job"].(string)
	f.must("checkin/decline", object{"job": id})
	f.must("desk/gatepass", staff(id, nil))
	return id
}

// keyAsked is a visit whose order is signed and whose key is asked for, and not hung.
func (f *front) keyAsked() (id string) {
	f.t.Helper()
	f.keys.hand = false
	out := f.must("checkin/open", opening())
	id, _ = out["job"].(string)
	order, _ := out["order"].(object)
	f.must("checkin/sign", object{"job": id, "text_hash": order["text_hash"], "consent_scan": true, "strokes": strokes()})
	f.must("checkin/key", object{"job": id})
	return id
}

// second adds another reception to the shop, whose edge is down, and starts it with the new
// roster.
func (f *front) second() shop.AddResult {
	f.t.Helper()
	added, err := shop.Add(filepath.Dir(f.dir), "second", shop.RoleReception, "")
	if err != nil {
		f.t.Fatal(err)
	}
	f.open()
	return added
}
