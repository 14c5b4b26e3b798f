package bay_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"pitlane/devices"
	"pitlane/devices/obd"
	"pitlane/devices/serialport"
	"pitlane/devices/sim"
	"pitlane/edge/bay"
	"pitlane/edge/board"
	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/tlog"
)

// seat is a bay whose adapter one can tear at: real driver, real journal.
type seat struct {
	t       *testing.T
	adapter *sim.Adapter
	line    *sim.Line
	bay     *bay.Bay
	journal *journal.Journal

	mu   sync.Mutex
	told chan struct{} // closed and made anew with each word
	scan board.ScanState
	up   bool
}

// Tell implements bay.Board.
func (s *seat) Tell(n board.Now) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n.Scanner != nil {
		s.up = n.Scanner.State == "online"
	}
	if n.Scan != nil {
		s.scan = n.Scan.State
	}
	close(s.told)
	s.told = make(chan struct{})
}

// Job implements bay.Jobs: a car that may always be scanned.
func (s *seat) Job(id string) (job.State, bool) {
	return job.State{ID: id, Opened: true, ConsentScan: true, Received: true, Bay: "bay-1"}, true
}

// until waits until what the screens were told is as wanted.
func (s *seat) until(what string, ok func(scan board.ScanState, online bool) bool) board.ScanState {
	s.t.Helper()
	limit := time.After(patience)
	for {
		s.mu.Lock()
		scan, up, told := s.scan, s.up, s.told
		s.mu.Unlock()
		if ok(scan, up) {
			return scan
		}
		select {
		case <-told:
		case <-limit:
			s.t.Fatalf("never %s: online %v, scan %s %v at %s", what, up, scan.ID, scan.Running, scan.Step)
		}
	}
}

// begin starts a scan as soon as the bay takes one.
func (s *seat) begin() string {
	s.t.Helper()
	for {
		s.until("online", func(_ board.ScanState, online bool) bool { return online })
		id, err := s.bay.Scan(s.t.Context(), bay.ScanOrder{Job: "j1", By: "te1", Request: request()})
		if err == nil {
			return id
		}
		if f, ok := errors.AsType[*devices.Fault](err); !ok || f.Kind != "scanner_offline" && f.Kind != "running" {
			s.t.Fatal(err)
		}
	}
}

func (s *seat) ended(id string) board.ScanState {
	s.t.Helper()
	return s.until("ended", func(x board.ScanState, _ bool) bool { return x.ID == id && !x.Running })
}

func takeSeat(t *testing.T) *seat {
	t.Helper()
	seed := sha256.Sum256([]byte(node))
	key := ed25519.NewKeyFromSeed(seed[:])
	roster := &journal.Roster{Shop: "demo", Nodes: []tlog.RosterNode{{Name: node, Role: "bay", Key: key.Public().(ed25519.PublicKey)}}}
	j, err := journal.Open(t.Context(), journal.Options{Dir: t.TempDir(), Node: node, Key: key, Roster: roster, Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	s := &seat{t: t, adapter: sim.NewAdapter(sim.AdapterConfig{Timing: sim.Instant()}), line: plug(t, "scanner"), journal: j, told: make(chan struct{})}
	s.adapter.Plug(sim.DemoKLine(1))
	scanner := obd.New(serialport.Opener(serialport.Config{Path: s.line.Path(), Quiet: 5 * time.Millisecond}), obd.Options{Port: s.line.Path()})
	s.bay = bay.New(bay.Config{Node: node, Bay: "bay-1", Scanner: scanner, Journal: j, Jobs: s, Board: s})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() { ended <- s.adapter.Serve(ctx, s.line) }()
	go func() { ended <- s.bay.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, <-ended, j.Close()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// trouble is what happens to the adapter in the middle of a scan, and how it ends.
type trouble struct {
	name string
	come func(*seat) error
	goes func(*seat) error
}

func troubles() []trouble {
	faults := func(f sim.Faults) func(*seat) error {
		return func(s *seat) error { s.adapter.SetFaults(f); return nil }
	}
	return []trouble{
		{"unplugged", func(s *seat) error { return s.line.Unplug() }, func(s *seat) error { return s.line.Replug() }},
		{"the supply breaks down", faults(sim.Faults{BrownOut: true, Times: 1}), faults(sim.Faults{})},
		{"the ignition is off", faults(sim.Faults{Error: "BUS INIT: ...ERROR"}), faults(sim.Faults{})},
	}
}

// failures are the kinds that a scan may end with in these troubles.
var failures = []string{"port", "adapter_fault", "bus_init", "unable_to_connect", "can_error", "no_data", "low_voltage", "interrupted"}

// TestAThousandUnplugs: whatever happens to adapter or car in the middle of a scan,
// the scan ends with a typed failure or whole, its raw record in the journal; when
// the other side is back the next scan is whole, and nothing is left over: no
// goroutine, no descriptor. 20 troubles here; 1,000 with PITLANE_SOAK, and there
// each is over within 3 s of the other side's return.
func TestAThousandUnplugs(t *testing.T) {
	rounds, soak := 20, os.Getenv("PITLANE_SOAK") != ""
	if soak {
		rounds = 1000
	}
	s := takeSeat(t)
	rng := rand.New(rand.NewPCG(1, 2))
	kinds := map[string]int{}
	var goroutines, descriptors int
	var longest time.Duration
	for n := range rounds {
		if n == 5 { // by now everything has been opened once
			goroutines, descriptors = s.left()
		}
		x := troubles()[n%len(troubles())]
		kind, back := s.meet(x, 1+rng.IntN(20))
		kinds[x.name+": "+kind]++
		longest = max(longest, back)
		if soak && back > 3*time.Second {
			t.Errorf("round %d, %s: back after %s", n, x.name, back)
		}
	}
	t.Logf("%d troubles: %v; back after %s at most", rounds, kinds, longest.Round(time.Millisecond))
	if got, want := s.records(), 2*rounds; got != want {
		t.Errorf("%d scans have their raw record, want %d", got, want)
	}
	for end := time.Now().Add(patience); ; runtime.Gosched() {
		g, d := s.left()
		if g <= goroutines && d <= descriptors {
			t.Logf("%d goroutines and %d descriptors, %d and %d after five", g, d, goroutines, descriptors)
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%d goroutines and %d descriptors are left, %d and %d were there after five troubles", g, d, goroutines, descriptors)
		}
	}
}

// meet lets the trouble come when a scan has made so many requests, and go again.
// Back is how long after that the car answers a new scan.
func (s *seat) meet(x trouble, requests int) (kind string, back time.Duration) {
	s.t.Helper()
	id := s.begin()
	s.until("under way", func(now board.ScanState, _ bool) bool { return now.ID == id && (now.Done >= requests || !now.Running) })
	if err := x.come(s); err != nil {
		s.t.Fatal(err)
	}
	end := s.ended(id)
	kind = "completed"
	if end.Error != nil {
		kind = end.Error.Kind
		if !slices.Contains(failures, kind) || end.Error.Message == "" || end.Error.Hint == "" {
			s.t.Errorf("%s: the scan ended with %+v", x.name, end.Error)
		}
	}
	if err := x.goes(s); err != nil {
		s.t.Fatal(err)
	}
	gone := time.Now()
	again := s.begin()
	s.until("read again", func(now board.ScanState, _ bool) bool { return now.ID == again && (now.Done >= 3 || !now.Running) })
	back = time.Since(gone)
	if next := s.ended(again); next.Error != nil {
		s.t.Errorf("%s: the next scan ends with %s", x.name, next.Error.Kind)
	}
	return kind, back
}

// left counts what there is while the scanner rests.
func (s *seat) left() (goroutines, descriptors int) {
	s.t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		s.t.Fatal(err)
	}
	return runtime.NumGoroutine(), len(list)
}

// records counts the scans whose raw record is whole.
func (s *seat) records() (n int) {
	s.t.Helper()
	for e, err := range s.journal.Read(s.t.Context(), s.journal.Origin(), 0) {
		if err != nil {
			s.t.Fatal(err)
		}
		if p, ok := whole(e); ok && p.Part == p.Of {
			n++
		}
	}
	return n
}

func whole(e journal.Entry) (job.ScanRecorded, bool) {
	if e.Work == nil || e.Kind != (job.ScanRecorded{}).Kind() {
		return job.ScanRecorded{}, false
	}
	p, err := job.Decode(e.Kind, e.Work.Payload)
	r, ok := p.(job.ScanRecorded)
	return r, ok && err == nil
}
