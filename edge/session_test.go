package edge_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pitlane/devices"
	"pitlane/devices/obd"
	"pitlane/devices/serialport"
	"pitlane/devices/sim"
	"pitlane/edge"
	"pitlane/edge/bay"
	"pitlane/edge/board"
	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/tlog"
)

// cars are the simulated cars and the recorded ones.
func cars(t *testing.T) map[string]func() sim.Car {
	t.Helper()
	list := map[string]func() sim.Car{
		"CAN 11":    func() sim.Car { return sim.DemoCAN11(1) },
		"CAN 29":    func() sim.Car { return sim.DemoCAN29(1) },
		"K-line":    func() sim.Car { return sim.DemoKLine(1) },
		"six units": func() sim.Car { return sixUnits() },
	}
	dir := os.Getenv("PITLANE_VEHICLES")
	if dir == "" {
		dir = filepath.Join("..", "devices", "obd", "testdata", "vehicles")
	}
	files, err := filepath.Glob(filepath.Join(dir, "[a-z]*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no vehicle files: %v", err)
	}
	for _, file := range files {
		list[filepath.Base(file)] = func() sim.Car {
			car, err := sim.VehicleFile(file)
			if err != nil {
				t.Fatal(err)
			}
			return car
		}
	}
	return list
}

// sixUnits is a car on CAN with 29-bit identifiers and six units that all have
// something to say.
func sixUnits() *sim.Vehicle {
	car := sim.DemoCAN29(1)
	for i, id := range []string{"18DAF150", "18DAF160"} {
		unit := *car.ECUs[i]
		unit.ID, unit.VIN = id, ""
		car.ECUs = append(car.ECUs, &unit)
	}
	return car
}

// open is a job whose car may be scanned in bay 1.
type open struct{}

func (open) Job(id string) (job.State, bool) {
	return job.State{ID: id, Opened: true, ConsentScan: true, Received: true, Bay: "1"}, true
}

type deaf struct{ online chan struct{} }

func (d deaf) Tell(n board.Now) {
	if n.Scanner != nil && n.Scanner.State == "online" {
		select {
		case d.online <- struct{}{}:
		default:
		}
	}
}

// garage has a journal that cars are scanned into.
func garage(t *testing.T) *journal.Journal {
	t.Helper()
	seed := sha256.Sum256([]byte("demo-bay-1"))
	key := ed25519.NewKeyFromSeed(seed[:])
	roster := &journal.Roster{Shop: "demo", Nodes: []tlog.RosterNode{{Name: "demo-bay-1", Role: "bay", Key: key.Public().(ed25519.PublicKey)}}}
	j, err := journal.Open(t.Context(), journal.Options{Dir: t.TempDir(), Node: "demo-bay-1", Key: key, Roster: roster, Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return j
}

// plugged is a scanner on a line with an adapter in this car.
func plugged(t *testing.T, car sim.Car) *obd.Scanner {
	t.Helper()
	line, err := sim.NewLine(t.TempDir(), "obd")
	if err != nil {
		t.Fatal(err)
	}
	adapter := sim.NewAdapter(sim.AdapterConfig{Timing: sim.Instant()})
	adapter.Plug(car)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- adapter.Serve(ctx, line) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, line.Close()); err != nil {
			t.Error(err)
		}
	})
	return obd.New(serialport.Opener(serialport.Config{Path: line.Path(), Quiet: 5 * time.Millisecond}), obd.Options{})
}

// scanInto scans a car through a whole bay; the scan's id is returned when its
// ending is in the journal.
func scanInto(t *testing.T, j *journal.Journal, id string, car sim.Car) string {
	t.Helper()
	return writtenInto(t, j, id, car, false)
}

// writtenInto scans a car through a whole bay, or clears its codes.
func writtenInto(t *testing.T, j *journal.Journal, id string, car sim.Car, clear bool) string {
	t.Helper()
	d := deaf{make(chan struct{}, 1)}
	scanner := plugged(t, car)
	b := bay.New(bay.Config{Node: "demo-bay-1", Bay: "1", Scanner: scanner, Clears: scanner, Journal: j, Jobs: open{}, Board: d})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = b.Run(ctx) })
	defer running.Wait()
	defer cancel()
	<-d.online
	wake, stop := j.Wake()
	defer stop()
	var request journal.RequestID
	copy(request[:], id)
	if clear {
		r, err := b.Clear(ctx, bay.ClearOrder{Job: id, By: "te", Reason: "repaired", Request: request})
		if err != nil || r.Outcome != job.ClearDone {
			t.Fatalf("%s %s %v", r.Outcome, r.Why, err)
		}
		return r.ID
	}
	scan, err := b.Scan(ctx, bay.ScanOrder{Job: id, By: "te", Request: request})
	if err != nil {
		t.Fatal(err)
	}
	for {
		list, err := edge.Sessions(ctx, j)
		if err != nil {
			t.Fatal(err)
		}
		if i := slices.IndexFunc(list, func(s edge.SessionInfo) bool { return s.Scan == scan }); i >= 0 && list[i].Outcome != job.ScanRuns {
			return scan
		}
		select {
		case <-wake:
		case <-time.After(time.Minute):
			t.Fatal("the scan has no end in the journal")
		}
	}
}

// kept is what the journal says of a scan: the facts of its report, or why it failed.
func kept(t *testing.T, j *journal.Journal, scan string) (facts string, sizes []int) {
	t.Helper()
	var events []job.Event
	for e, err := range j.Read(t.Context(), j.Origin(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		ev, err := board.Event(e)
		if err != nil {
			t.Fatal(err)
		}
		if p, ok := ev.Payload.(job.ScanRecorded); ok && p.Scan == scan {
			sizes = append(sizes, len(e.Work.Payload))
		}
		events = append(events, ev)
	}
	for _, x := range job.Fold(events).Scans {
		switch {
		case x.ID != scan:
		case x.State == job.ScanNot:
			return x.Why, sizes
		default:
			var r obd.Report
			body, err := job.UnpackReport(x.Report)
			if err != nil || json.Unmarshal(body, &r) != nil {
				t.Fatalf("the report is not readable: %v", err)
			}
			return factsOf(t, &r), sizes
		}
	}
	t.Fatal("no such scan")
	return "", nil
}

// factsOf is what a report says of the car.
func factsOf(t *testing.T, r *obd.Report) string {
	t.Helper()
	slices.SortStableFunc(r.Errors, func(a, b obd.RequestError) int { return strings.Compare(a.Request+a.ECU, b.Request+b.ECU) })
	data, err := json.Marshal(struct {
		Protocol obd.Protocol
		VIN      obd.VIN
		ECUs     []obd.ECU
		Errors   []obd.RequestError
	}{r.Protocol, r.VIN, r.ECUs, r.Errors})
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// playedBack is the car in the vehicle file that a record makes.
func playedBack(t *testing.T, s *obd.Session) sim.Car {
	t.Helper()
	data, err := json.Marshal(s.Vehicle())
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "car.json")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	car, err := sim.VehicleFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return car
}

// TestEveryScanInTheJournalReplays: each car is scanned by the real driver through
// a bay into a real journal; its record is taken out as a vehicle file, and the car
// in that file says the same, or fails for the same reason.
func TestEveryScanInTheJournalReplays(t *testing.T) {
	t.Parallel()
	for name, car := range cars(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // it waits for lines and disks
			j := garage(t)
			scan := scanInto(t, j, "j1", car())
			was, sizes := kept(t, j, scan)
			for _, size := range sizes {
				if size > job.MaxPayload {
					t.Errorf("a part has %d bytes, an event holds %d", size, job.MaxPayload)
				}
			}
			s, err := edge.Session(t.Context(), j, scan)
			if err != nil {
				t.Fatal(err)
			}
			if s.StartedMS == 0 || s.EndedMS < s.StartedMS || s.Adapter.Identity == "" {
				t.Errorf("the record does not say when it was and with which adapter: %d to %d", s.StartedMS, s.EndedMS)
			}
			t.Logf("%d exchanges in events of %d bytes", len(s.Exchanges), sizes)
			played := playedBack(t, s)
			if is := said(t, played); is != was {
				t.Errorf("played back it says %s\nit said %s", is, was)
			}
		})
	}
}

// TestEveryClearingInTheJournalReplays: the record of a clearing (what was read before
// it, the request, what was read after it) comes out of the journal as a vehicle file,
// and clearing the car in that file ends the same in every unit.
func TestEveryClearingInTheJournalReplays(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func() *sim.Vehicle{
		"CAN 11":      func() *sim.Vehicle { return sim.DemoCAN11(1) },
		"K-line":      func() *sim.Vehicle { return sim.DemoKLine(1) },
		"six units":   sixUnits,
		"SAE J1979-2": func() *sim.Vehicle { return sim.DemoUDS(1) },
	} {
		car := func() sim.Car {
			v := make()
			v.SetEngine(false)
			return v
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel() // it waits for lines and disks
			j := garage(t)
			id := writtenInto(t, j, "j1", car(), true)
			list, err := edge.Sessions(t.Context(), j)
			if err != nil || len(list) != 1 || list[0].Scan != id || list[0].What != edge.OfClear || list[0].Outcome != job.ClearDone || !list[0].Whole {
				t.Fatalf("the journal says %+v, %v", list, err)
			}
			s, err := edge.Session(t.Context(), j, id)
			if err != nil {
				t.Fatal(err)
			}
			order := requests(s)
			cleared := slices.IndexFunc(order, func(r string) bool { return r == "04" || r == "14FFFF33" })
			codes := func(r string) bool { return strings.HasPrefix(r, "03") || strings.HasPrefix(r, "1942") }
			if cleared < 0 || !slices.ContainsFunc(order[:cleared], codes) || !slices.ContainsFunc(order[cleared:], codes) {
				t.Errorf("the record is not the reading before, the request and the reading after: %q", order)
			}
			if s.StartedMS == 0 || s.EndedMS < s.StartedMS {
				t.Errorf("the record does not say when it was: %d to %d", s.StartedMS, s.EndedMS)
			}
			played := playedBack(t, s)
			if was, is := clearedIn(t, car()), clearedIn(t, played); is != was {
				t.Errorf("played back it ends %s\nit ended %s", is, was)
			}
		})
	}
}

// requests are what was sent in a session, in order.
func requests(s *obd.Session) []string {
	var out []string
	for _, e := range s.Exchanges {
		out = append(out, e.Request)
	}
	return out
}

// clearedIn is what comes of clearing the codes of a car by a scanner alone.
func clearedIn(t *testing.T, car sim.Car) string {
	t.Helper()
	s := plugged(t, car)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var running sync.WaitGroup
	running.Go(func() { _ = s.Run(ctx, func(devices.Reading) {}) })
	defer running.Wait()
	defer cancel()
	out, err := s.Clear(ctx, obd.ClearOrder{})
	if err != nil || out.Before == nil || out.After == nil {
		t.Fatalf("%+v %v", out, err)
	}
	units, err := json.Marshal(out.ECUs)
	if err != nil {
		t.Fatal(err)
	}
	return string(out.Outcome) + out.Engine + string(units) + factsOf(t, out.Before) + factsOf(t, out.After)
}

// said is what a car says to a scanner alone.
func said(t *testing.T, car sim.Car) string {
	t.Helper()
	s := plugged(t, car)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var running sync.WaitGroup
	running.Go(func() { _ = s.Run(ctx, func(devices.Reading) {}) })
	defer running.Wait()
	defer cancel()
	report, err := s.Scan(ctx, nil)
	if err != nil {
		return report.Error.Kind
	}
	return factsOf(t, report)
}
