package bay_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"pitlane/devices/keycab"
	"pitlane/devices/obd"
	"pitlane/devices/serialport"
	"pitlane/devices/sim"
	"pitlane/edge/bay"
	"pitlane/edge/board"
	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/tlog"
)

// patience is how long a test waits for something before it is a failure.
const patience = time.Minute

// yard is what stays when an edge dies: the disk, the wires, a car and a cabinet.
type yard struct {
	dir      string
	key      ed25519.PrivateKey
	cab      *sim.Board
	adapter  *sim.Adapter
	cabLine  *sim.Line
	scanLine *sim.Line
	boards   []int
	// more is what the cabinet is besides its line of boards; nil: nothing.
	more func(*keycab.Cabinet) (bay.Cabinet, error)
	make string
}

func newYard(t testing.TB) *yard {
	t.Helper()
	return yardOf(t, sim.BoardConfig{HookClosed: 1}, true)
}

// yardOf is a yard with other boards; without a hand nobody hangs or takes keys.
func yardOf(t testing.TB, cfg sim.BoardConfig, hand bool) *yard {
	t.Helper()
	seed := sha256.Sum256([]byte(node))
	y := &yard{dir: t.TempDir(), key: ed25519.NewKeyFromSeed(seed[:]), cab: sim.NewBoard(cfg), boards: cfg.Addresses, make: cfg.Make}
	adapter := sim.NewAdapter(sim.AdapterConfig{Timing: sim.Instant()})
	car := sim.DemoCAN11(1)
	car.SetEngine(false)
	adapter.Plug(car)
	y.adapter = adapter
	y.cabLine, y.scanLine = plug(t, "cabinet"), plug(t, "scanner")
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 3)
	go func() { ended <- y.cab.Serve(ctx, y.cabLine) }()
	go func() { ended <- adapter.Serve(ctx, y.scanLine) }()
	go func() {
		if !hand {
			ended <- nil
			return
		}
		ended <- sim.Hand{Board: y.cab, Delay: 300 * time.Millisecond}.Run(ctx)
	}()
	t.Cleanup(func() {
		stop()
		for range 3 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	})
	return y
}

func plug(t testing.TB, name string) *sim.Line {
	t.Helper()
	line, err := sim.NewLine(t.TempDir(), name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := line.Close(); err != nil {
			t.Error(err)
		}
	})
	return line
}

// power is a journal that a power cut stops.
type power struct {
	*journal.Journal
	left atomic.Int64 // transactions until the power fails
	late atomic.Bool  // the last of them is on disk, but nobody hears of it
	// heard is told the kinds of what is on disk; nil tells nobody.
	heard chan<- string
	worst atomic.Int64 // the longest Append so far, in nanoseconds
}

func (p *power) Append(ctx context.Context, drafts ...journal.Draft) ([]journal.Entry, error) {
	if p.left.Add(-1) < 0 {
		return nil, journal.ErrClosed
	}
	begun := time.Now()
	entries, err := p.Journal.Append(ctx, drafts...)
	for took := int64(time.Since(begun)); took > p.worst.Load(); {
		p.worst.Store(took)
	}
	if p.late.Load() && p.left.Load() == 0 {
		return nil, journal.ErrClosed
	}
	if p.heard != nil && err == nil {
		for _, e := range entries {
			p.heard <- e.Kind
		}
	}
	return entries, err
}

// edge is one run of an edge in the yard: real journal, real board, real drivers.
type edge struct {
	t     testing.TB
	power *power
	board *board.Board
	bay   *bay.Bay
	kill  func()
}

func (y *yard) start(t testing.TB) *edge {
	t.Helper()
	roster := &journal.Roster{Shop: "demo", Nodes: []tlog.RosterNode{{Name: node, Role: "bay", Key: y.key.Public().(ed25519.PublicKey)}}}
	j, err := journal.Open(t.Context(), journal.Options{Dir: y.dir, Node: node, Key: y.key, Roster: roster, Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	e := &edge{t: t, power: &power{Journal: j}}
	e.power.left.Store(1 << 30)
	e.board = board.New(board.Config{Journal: j, Node: node, Role: "bay", Bay: "bay-1", Shop: "demo", Run: "r", Now: time.Now})
	closed := 1
	boards, err := keycab.New(serialport.Opener(serialport.Config{Path: y.cabLine.Path(), Baud: 19200}), keycab.Options{Name: "cabinet", Driver: y.make, HookClosed: &closed, Boards: y.boards})
	cab := bay.Cabinet(boards)
	if err == nil && y.more != nil {
		cab, err = y.more(boards)
	}
	if err != nil {
		t.Fatal(err)
	}
	scanner := obd.New(serialport.Opener(serialport.Config{Path: y.scanLine.Path()}), obd.Options{Port: y.scanLine.Path()})
	e.bay = bay.New(bay.Config{Node: node, Bay: "bay-1", Scanner: scanner, Clears: scanner, Cabinet: cab, Floating: y.more != nil, Journal: e.power, Jobs: e.board, Board: e.board})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() { ended <- e.board.Run(ctx) }()
	go func() { ended <- e.bay.Run(ctx) }()
	e.kill = func() {
		e.power.left.Store(0) // nothing more reaches the disk
		stop()
		for range 2 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	}
	return e
}

// until waits until the board says so of j1.
func (e *edge) until(what string, ok func(job.State) bool) job.State {
	e.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(patience)
	for {
		st, known := e.board.Job("j1")
		if known && ok(st) {
			return st
		}
		select {
		case <-tick.C:
		case <-limit:
			e.t.Fatalf("never %s: phase %s, key %+v, %d scans", what, st.Phase, st.Key, len(st.Scans))
		}
	}
}

// online waits for the cabinet and the scanner.
func (e *edge) online() {
	e.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(patience)
	for {
		b, _ := e.board.View(board.Bay).Body.(board.BayView)
		d, _ := e.board.View(board.Desk).Body.(board.DeskView)
		if b.Scanner.State == "online" && d.Cabinet.State == "online" {
			return
		}
		select {
		case <-tick.C:
		case <-limit:
			e.t.Fatalf("scanner %+v, cabinet %s %s", b.Scanner, d.Cabinet.State, d.Cabinet.Why)
		}
	}
}

func (e *edge) say(payloads ...job.Payload) {
	e.t.Helper()
	for _, p := range payloads {
		work, err := job.Encode(p)
		if err != nil {
			e.t.Fatal(err)
		}
		if _, err := e.power.Append(e.t.Context(), journal.Draft{Kind: p.Kind(), Job: "j1", Work: work, Request: request()}); err != nil {
			e.t.Fatal(err)
		}
	}
}

func (e *edge) unlock(slot int, purpose string, req journal.RequestID) (keycab.Outcome, error) {
	ctx, stop := context.WithTimeout(e.t.Context(), patience)
	defer stop()
	return e.bay.Unlock(ctx, bay.UnlockOrder{Job: "j1", Slot: slot, Purpose: purpose, By: "kiosk", Request: req})
}

// freeSlot waits for one: on a busy machine the boards may be silent for a moment.
func (e *edge) freeSlot() int {
	e.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(patience)
	for {
		slot, err := e.bay.FreeSlot()
		if err == nil {
			return slot
		}
		select {
		case <-tick.C:
		case <-limit:
			e.t.Fatal(err)
		}
	}
}

// kinds of the whole log.
func (e *edge) kinds() []string {
	e.t.Helper()
	var out []string
	for entry, err := range e.power.Read(e.t.Context(), e.power.Origin(), 0) {
		if err != nil {
			e.t.Fatal(err)
		}
		out = append(out, entry.Kind)
	}
	return out
}

func count(kinds []string, kind string) int {
	return len(slices.DeleteFunc(slices.Clone(kinds), func(k string) bool { return k != kind }))
}

// signs waits for the devices, and has a customer sign.
func (e *edge) signs() {
	e.t.Helper()
	e.online()
	e.say(signed()...)
	e.until("signed", func(s job.State) bool { return s.Signed })
}

func TestAVisitFromTheSerialBytes(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	e := y.start(t)
	defer e.kill()
	e.signs()
	slot := e.freeSlot()
	if outcome, err := e.unlock(slot, "hang", request()); outcome != keycab.Opened || err != nil {
		t.Fatalf("got %s and %v, want opened", outcome, err)
	}
	e.until("handed over", func(s job.State) bool { return s.HandedOver && s.Key.In && s.Key.Slot == slot })

	e.say(job.BayAssigned{Bay: "bay-1", Lead: "t1", By: "d1"}, job.CarReceived{Bay: "bay-1", By: "t1"})
	e.until("received", func(s job.State) bool { return s.Received })
	id, err := e.bay.Scan(t.Context(), bay.ScanOrder{Job: "j1", By: "t1", Request: request()})
	if err != nil {
		t.Fatal(err)
	}
	st := e.until("scanned", func(s job.State) bool { return len(s.Scans) == 1 && s.Scans[0].State != "running" })
	if x := st.Scans[0]; x.ID != id || x.State != "completed" || len(x.Codes) == 0 || x.VIN == "" {
		t.Errorf("the scan is %s (%s) with %d codes", x.State, x.Why, len(x.Codes))
	}
	if outcome, err := e.unlock(slot, "release", request()); outcome != keycab.Opened || err != nil {
		t.Fatalf("got %s and %v, want opened", outcome, err)
	}
	e.until("key taken", func(s job.State) bool { return s.Key.Taken && !s.Key.In })
	if got := count(e.kinds(), "cabinet.forced"); got != 0 {
		t.Errorf("%d forced openings", got)
	}
}

func TestAnEdgeKilledInTheMiddleGoesOn(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	e := y.start(t)
	e.signs()
	hang := request()
	e.power.left.Store(1) // the intent, and nothing after it
	if outcome, err := e.unlock(5, "hang", hang); outcome != keycab.Opened || err != nil {
		t.Fatalf("got %s and %v, want opened", outcome, err)
	}
	e.kill()
	y.closed(t, 5)

	e = y.start(t)
	e.until("handed over", func(s job.State) bool { return s.HandedOver && s.Key.In && s.Key.Slot == 5 })
	if outcome, err := e.unlock(5, "hang", hang); outcome != keycab.OutcomeUnknown || err != nil {
		t.Errorf("the same request: %s and %v, want unknown and no second frame", outcome, err)
	}
	e.say(job.BayAssigned{Bay: "bay-1", Lead: "t1", By: "d1"}, job.CarReceived{Bay: "bay-1", By: "t1"})
	e.until("received", func(s job.State) bool { return s.Received })
	e.online()
	scan := request()
	id, err := e.bay.Scan(t.Context(), bay.ScanOrder{Job: "j1", By: "t1", Request: scan})
	if err != nil {
		t.Fatal(err)
	}
	e.kill()

	e = y.start(t)
	defer e.kill()
	st := e.until("ended", func(s job.State) bool { return len(s.Scans) == 1 && s.Scans[0].State != "running" })
	if x := st.Scans[0]; x.ID != id || x.State != "failed" || x.Why != "interrupted" {
		t.Errorf("the scan that died is %s (%s)", x.State, x.Why)
	}
	e.online()
	if again, err := e.bay.Scan(t.Context(), bay.ScanOrder{Job: "j1", By: "t1", Request: scan}); again != id || err != nil {
		t.Errorf("the same request: %q and %v, want %q", again, err, id)
	}
	if _, err := e.bay.Scan(t.Context(), bay.ScanOrder{Job: "j1", By: "t1", Request: request()}); err != nil {
		t.Fatal(err)
	}
	e.until("scanned", func(s job.State) bool { return len(s.Scans) == 2 && s.Scans[1].State == "completed" })
	kinds := e.kinds()
	for kind, want := range map[string]int{"slot.unlock_intended": 1, "slot.outcome_unknown": 1, "key.hung": 1, "job.handed_over": 1, "key.taken": 0, "scan.started": 2, "scan.failed": 1, "scan.completed": 1} {
		if got := count(kinds, kind); got != want {
			t.Errorf("%s is there %d times, want %d: %v", kind, got, want, kinds)
		}
	}
}

// closed waits for the hand to be done with a slot.
func (y *yard) closed(t *testing.T, slot int) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(patience)
	for {
		if closed, key := y.cab.Slot(slot); closed && key {
			return
		}
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("nobody hung a key into slot %d", slot)
		}
	}
}
