package keycab_test

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pitlane/devices"
	"pitlane/devices/devicetest"
	"pitlane/devices/keycab"
	"pitlane/devices/serialport"
	"pitlane/devices/sim"
)

// patience is how long a test waits for something before it is a failure.
const patience = time.Minute

// scene is a test among others that are played at the same time.
type scene struct {
	name string
	play func(t *testing.T)
}

func together(t *testing.T, scenes []scene) {
	t.Helper()
	var all sync.WaitGroup
	for _, s := range scenes {
		all.Go(func() { t.Run(s.name, s.play) })
	}
	all.Wait()
}

// calmly plays a test with a clock of its own: no other work of this machine makes a
// reply late or a tag seem gone.
func calmly(play func(t *testing.T)) func(t *testing.T) {
	return func(t *testing.T) { synctest.Test(t, play) }
}

// cable is a practice line: a pty, or one in memory.
type cable interface {
	io.ReadWriteCloser
	Unplug() error
	Replug() error
}

// rig is a practice cabinet on a line and the driver on the other end of it.
type rig struct {
	t     *testing.T
	board *sim.Board
	line  cable
	path  string // of a pty
	cab   *keycab.Cabinet
	says  chan any
	all   []any // what was heard so far

	mu    sync.Mutex
	asked map[int]bool // slots that were to be opened
}

// newRig is a cabinet on a line in memory whose driver runs, for calmly.
func newRig(t *testing.T, cfg sim.BoardConfig, opts keycab.Options) *rig {
	t.Helper()
	r := inMind(t, cfg, opts)
	r.run()
	return r
}

// inMind is a cabinet on a line in memory that answers, and a driver that does not run
// yet.
func inMind(t *testing.T, cfg sim.BoardConfig, opts keycab.Options) *rig {
	t.Helper()
	line := devicetest.NewWire()
	return rigOn(t, cfg, opts, &rig{line: line}, line.Opener())
}

// run starts the driver.
func (r *rig) run() {
	t := r.t
	ctx, stop := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- r.cab.Run(ctx, func(x devices.Reading) { r.says <- x.Value }) }()
	t.Cleanup(func() {
		stop()
		if err := <-ran; err != nil {
			t.Errorf("run: %v", err)
		}
	})
}

// wire is a cabinet on a pty that answers, and a driver that does not run yet.
func wire(t *testing.T, cfg sim.BoardConfig, opts keycab.Options) *rig {
	t.Helper()
	line, err := sim.NewLine(t.TempDir(), "cabinet")
	if err != nil {
		t.Fatal(err)
	}
	open := serialport.Opener(serialport.Config{Path: line.Path(), Baud: keycab.Baud(opts.Driver)})
	return rigOn(t, cfg, opts, &rig{line: line, path: line.Path()}, open)
}

func rigOn(t *testing.T, cfg sim.BoardConfig, opts keycab.Options, r *rig, open devices.Opener) *rig {
	t.Helper()
	cfg.Make = opts.Driver
	r.t, r.board, r.says, r.asked = t, sim.NewBoard(cfg), make(chan any, 1024), map[int]bool{}
	opts.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	opts.Name, opts.Boards = "cabinet", cfg.Addresses
	var err error
	if r.cab, err = keycab.New(open, opts); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- r.board.Serve(ctx, r.line) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
		if err := r.line.Close(); err != nil {
			t.Errorf("close the line: %v", err)
		}
		r.onlyAskedFor()
	})
	return r
}

// onlyAskedFor: whatever happened, no frame left that opens a slot which nobody had
// asked for, or two at once, and none went to all boards.
func (r *rig) onlyAskedFor() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.board.Log() {
		if len(f.Opens) > 1 || len(f.Opens) == 1 && !r.asked[f.Opens[0]] || f.Addr&0xF0 == 0xF0 {
			r.t.Errorf("sent % X, which opens %v", f.Bytes, f.Opens)
		}
	}
}

// unlocks are the frames the boards got that open something.
func (r *rig) unlocks() [][]byte {
	var out [][]byte
	for _, f := range r.board.Log() {
		if len(f.Opens) > 0 {
			out = append(out, f.Bytes)
		}
	}
	return out
}

// await hears until match says yes.
func (r *rig) await(what string, match func(any) bool) any {
	r.t.Helper()
	limit := time.After(patience)
	for {
		select {
		case v := <-r.says:
			r.all = append(r.all, v)
			if match(v) {
				return v
			}
		case <-limit:
			r.t.Fatalf("no %s; heard %v", what, r.all)
		}
	}
}

func (r *rig) snapshot(online bool) keycab.Snapshot {
	r.t.Helper()
	return r.await("snapshot", func(v any) bool {
		s, ok := v.(keycab.Snapshot)
		return ok && s.Online == online
	}).(keycab.Snapshot)
}

func (r *rig) change(slot int) keycab.Slot {
	r.t.Helper()
	return r.await("change", func(v any) bool {
		c, ok := v.(keycab.Change)
		return ok && c.Slot.Number == slot
	}).(keycab.Change).Slot
}

func (r *rig) warning(kind string) keycab.Warning {
	r.t.Helper()
	return r.await("warning "+kind, func(v any) bool {
		w, ok := v.(keycab.Warning)
		return ok && w.Kind == kind
	}).(keycab.Warning)
}

// polls waits until the boards were asked n more times.
func (r *rig) polls(n int) {
	r.t.Helper()
	count := func() int {
		return len(slices.DeleteFunc(r.board.Log(), func(f sim.BoardFrame) bool { return len(f.Opens) > 0 }))
	}
	want := count() + n
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(patience)
	for count() < want {
		select {
		case <-tick.C:
		case <-limit:
			r.t.Fatalf("the boards were not asked %d more times", n)
		}
	}
}

// heard takes what has been said so far without waiting.
func (r *rig) heard() []any {
	for {
		select {
		case v := <-r.says:
			r.all = append(r.all, v)
		default:
			return r.all
		}
	}
}

func (r *rig) changes() []keycab.Change {
	var out []keycab.Change
	for _, v := range r.heard() {
		if c, ok := v.(keycab.Change); ok {
			out = append(out, c)
		}
	}
	return out
}

func (r *rig) unlock(slot int) (keycab.Outcome, error) {
	r.t.Helper()
	r.ask(slot)
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	return r.cab.Unlock(ctx, slot)
}

// ask notes that a slot is to be opened.
func (r *rig) ask(slot int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked[slot] = true
}

func closedIs(bit int) *int { return &bit }
