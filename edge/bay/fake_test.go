package bay_test

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pitlane/devices"
	"pitlane/devices/keycab"
	"pitlane/devices/obd"
	"pitlane/edge/bay"
	"pitlane/edge/board"
	"pitlane/edge/journal"
)

const (
	node   = "demo-bay-1"
	origin = node + "/0123456789abcdef0123456789abcdef"
)

// adapter is a scanner that works: it scans when the test says what it finds.
type adapter struct {
	offline bool
	begun   chan struct{} // a scan has begun
	find    chan found
	guard   error                         // what keeps codes from being cleared
	clear   chan func(*obd.Cleared)       // what came of clearing
	cleared int                           // how often the request to clear was sent
	looks   atomic.Int64                  // live values being read
	fault   atomic.Pointer[devices.Fault] // what ends them next
}

type found struct {
	report *obd.Report
	err    error
}

func newAdapter() *adapter {
	return &adapter{begun: make(chan struct{}, 8), find: make(chan found, 8), clear: make(chan func(*obd.Cleared), 8)}
}

func (a *adapter) Name() string { return "obd" }

func (a *adapter) Run(ctx context.Context, emit func(devices.Reading)) error {
	st := obd.Status{Online: !a.offline, Identity: "ELM327 v1.5"}
	if a.offline {
		st.Fault = &obd.Failure{Kind: "port", Message: "there is no port", Hint: "plug it in"}
	}
	emit(devices.Reading{Device: "obd", Value: st})
	<-ctx.Done()
	return nil
}

func (a *adapter) Scan(ctx context.Context, tell func(obd.Progress)) (*obd.Report, error) {
	a.begun <- struct{}{}
	tell(obd.Progress{Step: "codes", Done: 3, Total: 9, Report: report()})
	select {
	case f := <-a.find:
		return f.report, f.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Clear sends when the intent is on disk; what it then sees the test says.
func (a *adapter) Clear(ctx context.Context, o obd.ClearOrder) (*obd.Cleared, error) {
	out := &obd.Cleared{Outcome: obd.ClearFailed, Engine: "off", Before: report()}
	if a.guard != nil {
		out.Outcome = obd.ClearRefused
		return out, a.guard
	}
	if err := o.Intend(ctx, *out); err != nil {
		return out, err
	}
	a.cleared++
	out.Sent = true
	select {
	case f := <-a.clear:
		f(out)
		return out, nil
	case <-ctx.Done():
		out.Outcome = obd.ClearUnknown
		return out, ctx.Err()
	}
}

// Live tells a reading a second.
func (a *adapter) Live(ctx context.Context, o obd.LiveOrder, tell func(obd.LiveReading)) error {
	a.looks.Add(1)
	o.Begun([]obd.LivePID{{ECU: "7E8", PID: "0C", Names: []string{"engine_rpm"}, Unit: "rpm", Read: true}})
	name := "engine_rpm"
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-tick.C:
			if f := a.fault.Swap(nil); f != nil {
				return f
			}
			tell(obd.LiveReading{ECU: "7E8", Reading: obd.Reading{PID: "0C", Name: &name, Value: float64(n), Unit: "rpm"}})
		case <-ctx.Done():
			a.looks.Add(-1)
			return nil
		}
	}
}

// gone is a car that cleared its code; stays one that did not want to.
func gone(out *obd.Cleared) {
	out.Outcome, out.After = obd.ClearDone, report()
	out.After.ECUs[0].Stored.Codes = nil
	out.ECUs = []obd.ClearedECU{{ID: "7E8", Outcome: obd.ClearDone, Gone: []string{"P0133"}, Incomplete: 3}}
}

func stays(out *obd.Cleared) {
	out.Outcome, out.After = obd.ClearRefused, report()
	out.ECUs = []obd.ClearedECU{{ID: "7E8", Outcome: obd.ClearRefused, Why: "conditions_not_correct", NRC: "22", Remain: []string{"P0133"}}}
}

// report is a car with one code.
func report() *obd.Report {
	return &obd.Report{
		Adapter: obd.Adapter{Identity: "ELM327 v1.5"}, Protocol: obd.Protocol{Number: "6", Name: "CAN"},
		VIN: obd.VIN{State: obd.OK, Value: secretVIN},
		ECUs: []obd.ECU{{
			ID: "7E8", Stored: obd.Codes{State: obd.OK, Codes: []obd.Code{{Code: "P0133"}}},
			Pending: obd.Codes{State: obd.OK}, Permanent: obd.Codes{State: obd.Unsupported},
		}},
	}
}

// cupboard is a cabinet that works: Unlock opens the slot, see shows what hangs
// there. What happens while nobody runs it is in its next snapshot.
type cupboard struct {
	made   time.Time
	mu     sync.Mutex
	slots  []keycab.Slot
	emit   func(devices.Reading) // nil while nobody runs it
	unlock func(slot int) (keycab.Outcome, error)
	sent   []int
}

func newCupboard() *cupboard {
	c := &cupboard{made: time.Now()}
	for i := range 4 {
		c.slots = append(c.slots, keycab.Slot{Number: i + 1, Hook: keycab.HookClosed, Key: keycab.KeyAbsent})
	}
	c.unlock = func(slot int) (keycab.Outcome, error) {
		c.hook(slot, keycab.HookOpen)
		<-time.After(200 * time.Millisecond) // it is seen before it is said
		return keycab.Opened, nil
	}
	return c
}

func (c *cupboard) Name() string { return "cabinet" }

func (c *cupboard) Run(ctx context.Context, emit func(devices.Reading)) error {
	c.mu.Lock()
	c.emit = emit
	c.say(keycab.Snapshot{Online: true, Slots: slices.Clone(c.slots)})
	c.mu.Unlock()
	<-ctx.Done()
	c.mu.Lock()
	c.emit = nil
	c.mu.Unlock()
	return nil
}

// say needs c.mu.
func (c *cupboard) say(v any) {
	if c.emit != nil {
		c.emit(devices.Reading{Device: "cabinet", At: time.Since(c.made), Value: v})
	}
}

func (c *cupboard) Unlock(ctx context.Context, slot int) (keycab.Outcome, error) {
	if err := ctx.Err(); err != nil {
		return keycab.Failed, err
	}
	c.mu.Lock()
	c.sent = append(c.sent, slot)
	f := c.unlock
	c.mu.Unlock()
	return f(slot)
}

// see changes a slot and says so.
func (c *cupboard) see(slot int, f func(*keycab.Slot)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.slots[slot-1])
	c.say(keycab.Change{Slot: c.slots[slot-1]})
}

func (c *cupboard) key(slot int, k keycab.Key)   { c.see(slot, func(s *keycab.Slot) { s.Key = k }) }
func (c *cupboard) hook(slot int, h keycab.Hook) { c.see(slot, func(s *keycab.Slot) { s.Hook = h }) }

// warn says that something is odd.
func (c *cupboard) warn(w keycab.Warning) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.say(w)
}

// gone and back are a cable pulled out and put in.
func (c *cupboard) gone() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.say(keycab.Snapshot{
		Why: keycab.WhyUnplugged, Slots: slices.Clone(c.slots),
		Fault: &devices.Fault{Kind: "cabinet", Message: "gone", Hint: "plug it in"},
	})
}

func (c *cupboard) back(change func(slots []keycab.Slot)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(c.slots)
	c.say(keycab.Snapshot{Online: true, Slots: slices.Clone(c.slots)})
}

// wall is a board that keeps what it is told.
type wall struct {
	mu  sync.Mutex
	now []board.Now
}

func (w *wall) Tell(n board.Now) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = append(w.now, n)
}

// newest is the newest of what one field was told; nil when none was.
func newest[T any](w *wall, field func(board.Now) *T) *T {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range slices.Backward(w.now) {
		if f := field(n); f != nil {
			return f
		}
	}
	return nil
}

// room is a bay among fakes that work, in a synctest bubble.
type room struct {
	t    *testing.T
	n    *notebook
	bay  *bay.Bay
	obd  *adapter
	cab  *cupboard
	wall *wall
	logs *bytes.Buffer
	stop func()

	alone atomic.Bool // nobody watches
}

// open starts a bay on a notebook; stop ends it as SIGTERM does.
func open(t *testing.T, n *notebook, cab *cupboard, a *adapter) *room {
	t.Helper()
	return openWith(t, n, cab, a, func(*bay.Config) {})
}

// openWith starts a bay of another configuration.
func openWith(t *testing.T, n *notebook, cab *cupboard, a *adapter, alter func(*bay.Config)) *room {
	t.Helper()
	r := built(t, n, cab, a, alter)
	r.run()
	synctest.Wait()
	return r
}

// built is a bay that does not run yet.
func built(t *testing.T, n *notebook, cab *cupboard, a *adapter, alter func(*bay.Config)) *room {
	t.Helper()
	r := &room{t: t, n: n, obd: a, cab: cab, wall: &wall{}, logs: &bytes.Buffer{}}
	cfg := bay.Config{
		Node: node, Bay: "bay-1", Scanner: a, Clears: a, Lives: a, Watched: func() bool { return !r.alone.Load() }, Cabinet: cab, Journal: n, Jobs: n, Board: r.wall,
		Log: slog.New(slog.NewTextHandler(r.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	alter(&cfg)
	r.bay = bay.New(cfg)
	return r
}

func (r *room) run() {
	ctx, cancel := context.WithCancel(r.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.bay.Run(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil && r.n.left != 0 {
			r.t.Errorf("run: %v", err)
		}
		if bytes.Contains(r.logs.Bytes(), []byte(secretPlate)) || bytes.Contains(r.logs.Bytes(), []byte(secretVIN)) {
			r.t.Error("a plate or a VIN is in the log")
		}
	})
}

// inRoom plays a test in a bubble with a fresh bay.
func inRoom(t *testing.T, play func(t *testing.T, r *room)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := open(t, newNotebook(), newCupboard(), newAdapter())
		defer r.stop()
		play(t, r)
	})
}

// scan begins a scan.
func (r *room) scan(id string, req journal.RequestID) (string, error) {
	return r.bay.Scan(r.t.Context(), bay.ScanOrder{Job: id, By: "t1", Request: req})
}

func (r *room) unlock(id string, slot int, purpose string, req journal.RequestID) (keycab.Outcome, error) {
	return r.bay.Unlock(r.t.Context(), bay.UnlockOrder{Job: id, Slot: slot, Purpose: purpose, By: "u1", Request: req})
}

// wrote checks what was written since the notebook had from entries.
func (r *room) wrote(from int, want ...string) {
	r.t.Helper()
	synctest.Wait()
	if got := r.n.kinds(from); !slices.Equal(got, want) {
		r.t.Errorf("wrote %v, want %v", got, want)
	}
}
