package board_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pitlane/edge/board"
	"pitlane/edge/job"
	"pitlane/edge/journal"
)

func TestNothingBeforeItHasCaughtUp(t *testing.T) {
	m := newMemory()
	checkIn(t, m, "j1", "A001", 4)
	b := board.New(config(m))
	if k := b.View(board.Kiosk).Body.(board.KioskView); k.Accepting || k.Why != "starting" {
		t.Errorf("before it has read: %+v", k)
	}
	if _, there := b.Job("j1"); there {
		t.Error("it knows a job that it has not read")
	}
	select {
	case <-b.Ready():
		t.Error("it is ready before Run")
	default:
	}
	b = running(t, config(m))
	if s, there := b.Job("j1"); !there || s.Phase != job.PhaseHandedOver || s.Name == "" {
		t.Errorf("once ready: known %v, phase %q", there, s.Phase)
	}
}

func TestWaitingRoom(t *testing.T) {
	m := newMemory()
	checkIn(t, m, "j1", "A001", 4)
	shy := opened("A002")
	shy.PlatePublic = "ticket"
	m.tell(t, reception, "j2", shy)
	m.tell(t, bay1, "j3", job.WorkStarted{}) // its opening is still on its way
	now := atomic.Int64{}
	cfg := config(m)
	cfg.Now = func() time.Time { return start().Add(time.Duration(now.Load())) }
	b := running(t, cfg)
	m.tell(t, bay1, "j1", job.BayAssigned{Bay: "1", Lead: "te1"}, job.CarReceived{Bay: "1", By: "te1"})
	v := body(t, b, board.Waiting, func(v board.WaitingView) bool { return len(v.Rows) == 2 && v.Rows[0].Word == job.WordChecking })
	due := start().Add(8 * time.Hour)
	want := board.Row{Ticket: "A001", Plate: "粤B·**345", Word: job.WordChecking, Bay: "1", Progress: 30, Node: "demo-bay-1"}
	got := v.Rows[0]
	if got.Promised == nil || !got.Promised.Equal(due) {
		t.Errorf("promised %v, want %v", got.Promised, due)
	}
	if got.Promised = nil; got != want {
		t.Errorf("row %+v, want %+v", got, want)
	}
	if v.Rows[1].Plate != "" || v.Rows[1].Node != "demo-reception" {
		t.Errorf("who chose the ticket alone is shown as %+v", v.Rows[1])
	}
	now.Store(int64(9 * time.Hour))
	m.tell(t, bay1, "j1", job.WorkStarted{Bay: "1"})
	if v = body(t, b, board.Waiting, func(v board.WaitingView) bool { return v.Rows[0].Word == job.WordRepair }); !v.Rows[0].Late {
		t.Error("an hour after its promise the car is not late")
	}
}

func TestWhoHasLeftIsGoneAfterAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		cfg := config(m)
		var ahead atomic.Int64
		cfg.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		write := func(id string, p job.Payload) {
			work, err := job.Encode(p)
			if err != nil {
				t.Fatal(err)
			}
			m.append(journal.Entry{Origin: reception, Kind: p.Kind(), Job: id, WallMS: time.Now().UnixMilli(), Quality: 3, Work: &journal.Opening{Payload: work}})
		}
		write("j1", opened("A001"))
		write("j2", opened("A002"))
		write("j2", job.Declined{})
		write("j3", opened("A003"))
		write("j3", job.GatepassIssued{})
		write("j3", job.CarHandedBack{})
		b := running(t, cfg)
		tickets := func() string {
			var list []string
			for _, r := range b.View(board.Waiting).Body.(board.WaitingView).Rows {
				list = append(list, r.Ticket)
			}
			return strings.Join(list, " ")
		}
		if got := tickets(); got != "A001 A002 A003" {
			t.Errorf("at once: %s", got)
		}
		version := b.View(board.Waiting).Version
		if _, err := b.Wait(t.Context(), board.Waiting, version); err != nil { // only time passes
			t.Fatal(err)
		}
		if got := tickets(); got != "A001" {
			t.Errorf("after a while: %s", got)
		}
		if len(b.Jobs()) != 3 {
			t.Errorf("%d jobs, the desk still needs three", len(b.Jobs()))
		}
		version = b.View(board.Desk).Version
		ahead.Store(int64(24 * time.Hour))
		if _, err := b.Wait(t.Context(), board.Desk, version); err != nil {
			t.Fatal(err)
		}
		if _, there := b.Job("j3"); there || len(b.Jobs()) != 2 {
			t.Errorf("a day after it left the job is still here; %d jobs", len(b.Jobs()))
		}
		write("j3", job.Rated{Stars: 5})
		synctest.Wait()
		if len(b.Jobs()) != 2 {
			t.Error("a late rating brings half a job back")
		}
	})
}

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		checkIn(t, m, "j1", "A001", 4)
		b := running(t, config(m))
		first, err := b.Wait(t.Context(), board.Waiting, "")
		if err != nil || !strings.HasPrefix(first.Version, "run-") {
			t.Fatalf("no version is answered at once, with %q: %v", first.Version, err)
		}
		for _, other := range []string{"another-run-1", "run-999", "nonsense"} {
			if v, err := b.Wait(t.Context(), board.Waiting, other); err != nil || v.Version != first.Version {
				t.Errorf("version %q: answered with %q, %v", other, v.Version, err)
			}
		}
		answered := make(chan board.View, 1)
		go func() {
			v, err := b.Wait(t.Context(), board.Waiting, first.Version)
			if err == nil {
				answered <- v
			}
			close(answered)
		}()
		m.tell(t, reception, "j1", job.ExtraRaised{Extra: "x", Text: "of no interest to the public", By: "te1"})
		b.Tell(board.Now{Scanner: &board.ScannerState{State: "online"}})
		b.Tell(board.Now{Heard: &board.Heard{Node: "demo-bay-2", At: start(), Online: true}})
		<-time.After(time.Minute) // of the bubble's clock: beats go by
		select {
		case v := <-answered:
			t.Errorf("%q though nothing the public sees has changed: %+v", v.Version, v.Body)
		default:
		}
		m.tell(t, reception, "j1", job.BayAssigned{Bay: "2", Lead: "te2"})
		v := <-answered
		if rows := v.Body.(board.WaitingView).Rows; v.Version == first.Version || rows[0].Bay != "2" {
			t.Errorf("after the change: %q, %+v", v.Version, rows)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := b.Wait(ctx, board.Waiting, v.Version); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		if _, err := b.Wait(t.Context(), "stranger", ""); !errors.Is(err, board.ErrAudience) {
			t.Errorf("a stranger: %v", err)
		}
	})
}

func TestBay(t *testing.T) {
	m := newMemory()
	checkIn(t, m, "j1", "A001", 4)
	checkIn(t, m, "j2", "A002", 5)
	b := running(t, config(m))
	if v := b.View(board.Bay).Body.(board.BayView); v.Job != nil || v.Bay != "1" || v.Next == nil {
		t.Errorf("an empty bay: %+v", v)
	}
	for _, id := range []string{"j1", "j2"} {
		m.tell(t, reception, id, job.BayAssigned{Bay: "1", Lead: "te1"})
	}
	v := body(t, b, board.Bay, func(v board.BayView) bool { return v.Job != nil && len(v.Next) == 1 })
	if v.Job.Ticket != "A001" || v.Next[0].Ticket != "A002" || v.Job.Locked != "not_received" || v.Job.NoScan != "not_received" {
		t.Errorf("assigned: %+v, next %v", v.Job, v.Next)
	}
	m.tell(t, bay1, "j2", job.CarReceived{Bay: "1", By: "te1"})
	v = body(t, b, board.Bay, func(v board.BayView) bool { return v.Job.Ticket == "A002" })
	if v.Job.Locked != "" || v.Job.NoScan != "scanner_offline" || len(v.Job.Lines) != 1 || len(v.Job.Tips) != 1 {
		t.Errorf("received: %+v", v.Job)
	}
	b.Tell(board.Now{Scanner: &board.ScannerState{State: "online", Identity: "ELM327 v1.5"}})
	body(t, b, board.Bay, func(v board.BayView) bool { return v.Job.NoScan == "" })

	m.tell(t, bay1, "j2", job.ScanStarted{Scan: "s1", Bay: "1"})
	b.Tell(board.Now{Scan: &board.ScanNow{Job: "j2", State: board.ScanState{ID: "s1", Running: true, Step: "vin", Done: 2, Total: 9}}})
	v = body(t, b, board.Bay, func(v board.BayView) bool { return v.Scan != nil && v.Job.Phase == job.PhaseDiagnosing })
	if !v.Scan.Running || v.Scan.Done != 2 || v.Job.NoScan != "running" {
		t.Errorf("while it scans: %+v", v.Scan)
	}
	report, err := job.PackReport([]byte(`{"requests":31}`))
	if err != nil {
		t.Fatal(err)
	}
	m.tell(t, bay1, "j2", job.ScanCompleted{Scan: "s1", Bay: "1", Complete: true, Codes: []job.Code{{ECU: "7E8", Code: "P0133", Status: "stored"}}, Report: report})
	v = body(t, b, board.Bay, func(v board.BayView) bool { return v.Scan != nil && !v.Scan.Running })
	if string(v.Scan.Report) != `{"requests":31}` || v.Scan.Codes[0].Plain["en"] != "the car reports P0133" || v.Job.NoScan != "" {
		t.Errorf("after it: %+v, scan locked by %q", v.Scan, v.Job.NoScan)
	}
	m.tell(t, bay1, "j2", job.WorkStarted{Bay: "1"}, job.WorkFinished{Bay: "1", Cause: "worn"})
	m.tell(t, reception, "j2", job.InspectionPassed{By: "in1"})
	body(t, b, board.Bay, func(v board.BayView) bool { return v.Job.Ticket == "A001" && len(v.Next) == 0 })
}

func TestAScanThatTheJournalHasEndedDoesNotRun(t *testing.T) {
	m := newMemory()
	checkIn(t, m, "j1", "A001", 4)
	m.tell(t, reception, "j1", job.BayAssigned{Bay: "1", Lead: "te1"}, job.CarReceived{Bay: "1", By: "te1"}, job.ScanStarted{Scan: "s1"})
	b := running(t, config(m))
	if v := b.View(board.Bay).Body.(board.BayView); v.Scan != nil {
		t.Errorf("a scan that nobody tells of looks live: %+v", v.Scan)
	}
	b.Tell(board.Now{Scanner: &board.ScannerState{State: "online"}})
	b.Tell(board.Now{Scan: &board.ScanNow{Job: "j1", State: board.ScanState{ID: "s1", Running: true}}})
	m.tell(t, bay1, "j1", job.ScanFailed{Scan: "s1", Why: "interrupted"})
	v := body(t, b, board.Bay, func(v board.BayView) bool { return v.Scan != nil && v.Scan.Error != nil })
	if v.Scan.Running || v.Scan.Error.Kind != "interrupted" || v.Job.NoScan != "" {
		t.Errorf("scan %+v, locked by %q", v.Scan, v.Job.NoScan)
	}
}

func TestDesk(t *testing.T) {
	m := newMemory()
	checkIn(t, m, "j1", "A001", 4)
	b := running(t, config(m))
	b.Tell(board.Now{Cabinet: &board.DeskCabinet{State: "online", Slots: []board.DeskSlot{{Slot: 3, Hook: "closed", Key: "absent"}, {Slot: 4, Hook: "closed", Key: "present"}}}})
	b.Tell(board.Now{Heard: &board.Heard{Node: "demo-bay-2", At: start(), Online: true}})
	b.Tell(board.Now{Heard: &board.Heard{Node: "demo-reception", At: start(), Online: true}})
	b.Tell(board.Now{Heard: &board.Heard{Node: "demo-reception", At: start().Add(time.Hour), Online: false}})
	b.Tell(board.Now{Backlog: &board.Backlog{Node: "demo-bay-2", N: 12}})
	m.tell(t, reception, "j1", job.BayAssigned{Bay: "2", Lead: "te2"}, job.CarReceived{Bay: "2", By: "te2"})
	v := body(t, b, board.Desk, func(v board.DeskView) bool { return v.Jobs[0].Phase == job.PhaseReceived })
	j := v.Jobs[0]
	if j.Name != "Wang" || j.Phone == "" || j.Total != 9900 || !j.KeyIn || j.Slot != 4 || !j.Assistance || !slices.Equal(j.Next, []string{"assign"}) {
		t.Errorf("the desk sees less than all: slot %d, key %v, next %v", j.Slot, j.KeyIn, j.Next)
	}
	if v.Cabinet.Slots[1].Ticket != "A001" || v.Cabinet.Slots[0].Ticket != "" {
		t.Errorf("cabinet %+v", v.Cabinet)
	}
	if want := []board.DeskBay{{Bay: "1", Node: "demo-bay-1"}, {Bay: "2", Node: "demo-bay-2", Ticket: "A001"}}; !slices.Equal(v.Bays, want) {
		t.Errorf("bays %+v, want %+v", v.Bays, want)
	}
	want := []board.DeskNode{
		{Node: "demo-bay-1", Role: "bay", Online: true}, {Node: "demo-bay-2", Role: "bay", Online: true, Backlog: 12}, {Node: "demo-reception", Role: "reception"},
	}
	if !slices.Equal(v.Nodes, want) {
		t.Errorf("nodes %+v, want %+v", v.Nodes, want)
	}
	asOf := b.View(board.Desk).AsOf
	if len(asOf) != 3 || !asOf["demo-reception"].Equal(start()) || !asOf["demo-bay-1"].Equal(start().Add(time.Hour)) {
		t.Errorf("as of %v: a will is no sign of life, and this node's time is now", asOf)
	}
}

func TestAnEdgeKnowsItself(t *testing.T) {
	cfg := config(newMemory())
	cfg.Nodes = nil
	nodes := running(t, cfg).View(board.Desk).Body.(board.DeskView).Nodes
	if want := []board.DeskNode{{Node: "demo-bay-1", Role: "bay", Online: true}}; !slices.Equal(nodes, want) {
		t.Errorf("without a roster: %+v, want %+v", nodes, want)
	}
}

func TestKiosk(t *testing.T) {
	b := running(t, config(newMemory()))
	see := func() board.KioskView { return b.View(board.Kiosk).Body.(board.KioskView) }
	if v := see(); v.Accepting || v.Why != "no_cabinet" {
		t.Errorf("without a cabinet: %+v", v)
	}
	b.Tell(board.Now{Cabinet: &board.DeskCabinet{State: "offline"}})
	if v := see(); v.Why != "cabinet_offline" {
		t.Errorf("with the cabinet gone: %+v", v)
	}
	b.Tell(board.Now{Cabinet: &board.DeskCabinet{State: "online"}})
	b.Tell(board.Now{Session: &board.SessionNow{Session: &board.KioskSession{Ticket: "A001", Step: "sign"}}})
	if v := see(); !v.Accepting || v.Why != "" || v.Session == nil || v.Session.Ticket != "A001" {
		t.Errorf("in order: %+v", v)
	}
	b.Tell(board.Now{Session: &board.SessionNow{}})
	b.Tell(board.Now{Fault: &board.Fault{Kind: "disk_full", Message: "internal", Hint: "internal"}})
	if v := see(); v.Accepting || v.Why != "disk_full" || v.Session != nil || v.Faults[0].Message != "" {
		t.Errorf("with a full disk: %+v", v)
	}
	b.Tell(board.Now{ClearFault: &board.ClearFault{Kind: "disk_full"}})
	if v := see(); !v.Accepting || len(v.Faults) != 0 {
		t.Errorf("with room again: %+v", v)
	}
}

func TestFaultsStayUntilTheyAreCleared(t *testing.T) {
	b := running(t, config(newMemory()))
	b.Tell(board.Now{Fault: &board.Fault{Kind: "port", Message: "a"}})
	b.Tell(board.Now{Fault: &board.Fault{Kind: "broker", Message: "b"}})
	b.Tell(board.Now{Fault: &board.Fault{Kind: "port", Message: "c"}})
	before := b.View(board.Bay)
	b.Tell(board.Now{ClearFault: &board.ClearFault{Kind: "port"}})
	if got := before.Body.(board.BayView).Faults; len(got) != 2 || got[0].Kind != "broker" || got[1].Message != "c" {
		t.Errorf("faults %+v", got)
	}
	if got := b.View(board.Bay).Body.(board.BayView).Faults; len(got) != 1 {
		t.Errorf("cleared: %+v", got)
	}
}

func TestAPayloadThatIsNotUnderstoodHappenedAllTheSame(t *testing.T) {
	m := newMemory()
	checkIn(t, m, "j1", "A001", 4)
	for _, kind := range []string{"thing.of_tomorrow", "job.rated"} {
		m.append(journal.Entry{Origin: reception, Kind: kind, Job: "j1", Work: &journal.Opening{Payload: []byte(`{"stars":77}`)}})
	}
	m.append(journal.Entry{Origin: reception, Kind: "cabinet.online"}) // of no job
	s, there := running(t, config(m)).Job("j1")
	if !there || s.Events != 11 || s.Phase != job.PhaseHandedOver || s.Stars != 0 {
		t.Errorf("%d events, phase %q, %d stars", s.Events, s.Phase, s.Stars)
	}
}

func TestABrokenReadIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		checkIn(t, m, "j1", "A001", 4)
		m.fail(errors.New("the disk stumbles"))
		b := board.New(config(m))
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- b.Run(ctx) }()
		synctest.Wait()
		m.fail(nil)
		<-b.Ready()
		if len(b.Jobs()) != 1 {
			t.Errorf("%d jobs after the disk came back", len(b.Jobs()))
		}
		m.fail(journal.ErrClosed)
		m.tell(t, reception, "j1", job.HandedOver{})
		if err := <-ended; !errors.Is(err, journal.ErrClosed) {
			t.Errorf("with the journal closed it ends with %v", err)
		}
		cancel()
	})
}

// TestManyEvents: a year's jobs are read, and those of long ago are not kept.
func TestManyEvents(t *testing.T) {
	m := newMemory()
	for n := range 300 {
		id := fmt.Sprintf("j%03d", n)
		checkIn(t, m, id, "T"+id, 1+n)
		m.tell(t, reception, id, job.BayAssigned{Bay: "1", Lead: "te1"}, job.CarReceived{Bay: "1", By: "te1"}, job.WorkStarted{Bay: "1"}, job.GatepassIssued{})
		if n < 290 {
			m.tell(t, reception, id, job.KeyTaken{Slot: 1 + n, Authorised: true}, job.CarHandedBack{})
		}
	}
	cfg := config(m)
	cfg.Now = func() time.Time { return start().AddDate(1, 0, 0) }
	b := running(t, cfg)
	if got := len(b.Jobs()); got != 10 {
		t.Errorf("%d jobs are kept, want the ten that are open", got)
	}
}

// TestAudiencesEncode: what the hub sends is whole for each audience, lists are lists.
func TestAudiencesEncode(t *testing.T) {
	b := running(t, config(newMemory()))
	for _, a := range []board.Audience{board.Kiosk, board.Waiting, board.Bay, board.Desk} {
		encoded, err := json.Marshal(b.View(a))
		if err != nil || strings.Contains(string(encoded), "null") {
			t.Errorf("%s: %s, %v", a, encoded, err)
		}
	}
}
