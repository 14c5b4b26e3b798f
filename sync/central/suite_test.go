package central

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"pitlane/edge/job"
	"pitlane/edge/tlog"
	"pitlane/edge/vault"
)

func TestSQLiteStore(t *testing.T) {
	t.Parallel()
	testStore(t, func(t *testing.T) Store {
		s, err := OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "odd name?#%.db"), columns(t))
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

// testStore is the suite that every Store passes. open gives an empty one.
func testStore(t *testing.T, open func(*testing.T) Store) {
	for name, test := range map[string]func(*testing.T, Store){
		"an unknown origin has an empty mark":     storeEmpty,
		"a change is there whole":                 storeChange,
		"a moved mark refuses a change, whole":    storeMark,
		"entries come back as they went":          storeEntries,
		"a job written again replaces its scans":  storeScansAgain,
		"vehicles are found by VIN and by plate":  storeVehicles,
		"a merged vehicle takes its jobs with it": storeMerge,
		"jobs come newest first":                  storeOrder,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			defer func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}()
			test(t, s)
		})
	}
}

// columns is a vault of its own.
func columns(t *testing.T) Columns {
	t.Helper()
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	roster := &tlog.Roster{Shop: "demo", Nodes: []tlog.RosterNode{{Name: "demo-central", Role: "central", Key: key.Public().(ed25519.PublicKey)}}}
	v, err := vault.Open(vault.Options{Dir: t.TempDir(), Node: "demo-central", Key: key, Roster: roster})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}

const testOrigin = "demo-bay-1/0123456789abcdef0123456789abcdef"

// leafOf makes the leaf of a work event.
func leafOf(t *testing.T, seq uint64, id string) tlog.Entry {
	t.Helper()
	leaf := fmt.Appendf(nil, `pl-event/v1`+"\n"+
		`{"o":%q,"s":%d,"b":"00","m":1,"w":1700000000000,"q":3,"k":"work.started","j":%q,"p":[],"cw":"","cp":"","n":"%032x"}`+"\n",
		testOrigin, seq, id, seq)
	e, err := tlog.DecodeLeaf(leaf)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// changeOf is a change of n entries from was on.
func changeOf(t *testing.T, was uint64, n int, id string) Change {
	t.Helper()
	c := Change{Was: was, Segment: SegmentRow{Origin: testOrigin, First: was, Bytes: []byte{1, 2, 3}}}
	for i := range n {
		e := leafOf(t, was+uint64(i), id)
		c.Entries = append(c.Entries, e)
		c.Segment.Hashes = append(c.Segment.Hashes, e.Hash)
	}
	c.Mark = Mark{Origin: testOrigin, Size: was + uint64(n), Frontier: tlog.Frontier{Size: was + uint64(n), Nodes: []tlog.Hash{{1}}},
		Checkpoint: []byte("checkpoint"), At: time.UnixMilli(1700000000000)}
	return c
}

func commit(t *testing.T, s Store, c Change) {
	t.Helper()
	if err := s.Commit(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

func storeEmpty(t *testing.T, s Store) {
	m, err := s.Mark(t.Context(), testOrigin)
	if err != nil || m.Size != 0 || m.Origin != testOrigin {
		t.Errorf("mark %+v, %v", m, err)
	}
	if _, err := s.Job(t.Context(), "none"); !errors.Is(err, ErrNone) {
		t.Errorf("job: %v", err)
	}
	if _, err := s.Vehicle(t.Context(), "none"); !errors.Is(err, ErrNone) {
		t.Errorf("vehicle: %v", err)
	}
	if _, err := s.VehicleByVIN(t.Context(), ""); !errors.Is(err, ErrNone) {
		t.Errorf("vehicle without a VIN: %v", err)
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

func storeChange(t *testing.T, s Store) {
	c := changeOf(t, 0, 3, "j1")
	commit(t, s, c)
	commit(t, s, changeOf(t, 3, 2, "j1"))
	marks, err := s.Marks(t.Context())
	if err != nil || len(marks) != 1 || marks[0].Size != 5 || string(marks[0].Checkpoint) != "checkpoint" || marks[0].Frontier.Nodes[0] != (tlog.Hash{1}) {
		t.Errorf("marks %+v, %v", marks, err)
	}
	hashes, err := s.Hashes(t.Context(), testOrigin, 1, 2)
	if err != nil || !reflect.DeepEqual(hashes, c.Segment.Hashes[1:3]) {
		t.Errorf("hashes %v, %v", hashes, err)
	}
	rows, err := s.SegmentRows(t.Context(), testOrigin, 2, 10)
	if err != nil || len(rows) != 2 || !reflect.DeepEqual(rows[0], c.Segment) || rows[1].First != 3 {
		t.Errorf("segments %+v, %v", rows, err)
	}
}

func storeMark(t *testing.T, s Store) {
	commit(t, s, changeOf(t, 0, 3, "j1"))
	for _, was := range []uint64{0, 2, 4} {
		c := changeOf(t, was, 2, "j2")
		c.Jobs = []JobFile{{Job: Job{ID: "j2"}}}
		if err := s.Commit(t.Context(), c); !errors.Is(err, ErrMark) {
			t.Errorf("a change from %d: %v", was, err)
		}
	}
	if _, err := s.Job(t.Context(), "j2"); !errors.Is(err, ErrNone) {
		t.Errorf("a refused change left its job: %v", err)
	}
	if rows, err := s.SegmentRows(t.Context(), testOrigin, 0, 10); err != nil || len(rows) != 1 {
		t.Errorf("a refused change left its segment: %d, %v", len(rows), err)
	}
}

func storeEntries(t *testing.T, s Store) {
	c := changeOf(t, 0, 4, "j1")
	c.Entries[0].SealedWork = &tlog.Sealed{Key: tlog.KeyID{7}, Box: []byte(`a box`)}
	c.Entries[1].SealedContact = &tlog.Sealed{Box: []byte{}}
	c.Entries[2] = leafOf(t, 2, "j2")
	commit(t, s, c)
	got, err := s.JobEntries(t.Context(), "j1")
	if err != nil || len(got) != 3 {
		t.Fatalf("%d entries, %v", len(got), err)
	}
	if e := got[0]; string(e.Leaf) != string(c.Entries[0].Leaf) || e.Hash != c.Entries[0].Hash || e.SealedWork == nil || string(e.SealedWork.Box) != `a box` || e.SealedWork.Key != (tlog.KeyID{7}) || e.SealedContact != nil || e.Work != nil {
		t.Errorf("got %+v", e)
	}
	bad := changeOf(t, 4, 1, "j1")
	bad.Entries[0].Work = &tlog.Opening{Payload: []byte(`{}`)}
	if err := s.Commit(t.Context(), bad); err == nil {
		t.Error("a payload in clear is kept")
	}
	if e := got[1]; e.SealedContact == nil || len(e.SealedContact.Box) != 0 || e.SealedWork != nil {
		t.Errorf("got %+v", e)
	}
}

func storeScansAgain(t *testing.T, s Store) {
	c := changeOf(t, 0, 1, "j1")
	scan := job.Scan{ID: "s1", Bay: "1", AtMS: 5, State: "running"}
	j := Job{ID: "j1", Shop: "demo", Ticket: "A-1", Phase: job.PhaseDiagnosing, Word: job.WordChecking, Complaint: job.Complaint{Words: "noise"}, Lines: []job.Line{{ID: "l", Text: "t", Price: 3}}, Newest: 4}
	c.Jobs = []JobFile{{Job: j, Scans: []job.Scan{scan}}}
	commit(t, s, c)
	c = changeOf(t, 1, 1, "j1")
	scan.State, scan.Complete, scan.Report = "completed", true, []byte{1, 2}
	scan.Codes = []job.Code{{ECU: "7E8", Code: "P0133", Status: "stored"}, {ECU: "7E8", Code: "P0133", Status: "pending"}}
	j.Phase = job.PhaseInRepair
	c.Jobs = []JobFile{{Job: j, Scans: []job.Scan{scan, {ID: "s2", AtMS: 9, State: "failed", Why: "no_data"}}}}
	commit(t, s, c)
	if got, err := s.Job(t.Context(), "j1"); err != nil || !reflect.DeepEqual(got, j) {
		t.Errorf("job %+v, %v", got, err)
	}
	got, err := s.Scans(t.Context(), "j1")
	if err != nil || len(got) != 2 || !reflect.DeepEqual(got[0], scan) || got[1].Why != "no_data" {
		t.Errorf("scans %+v, %v", got, err)
	}
}

func storeVehicles(t *testing.T, s Store) {
	c := changeOf(t, 0, 1, "j1")
	c.Vehicles = []Vehicle{{ID: "v1", VIN: "VIN1", Plate: "P1", Seen: 1}, {ID: "v2", Plate: "P1", Seen: 2}, {ID: "v3", Seen: 3}}
	c.Jobs = []JobFile{{Job: Job{ID: "j1", Vehicle: "v1"}, Scans: []job.Scan{{ID: "s1"}, {ID: "s2"}}}}
	commit(t, s, c)
	if v, err := s.VehicleByVIN(t.Context(), "VIN1"); err != nil || v != c.Vehicles[0] {
		t.Errorf("by VIN %+v, %v", v, err)
	}
	if v, err := s.VehicleByPlate(t.Context(), "P1"); err != nil || v.ID != "v2" {
		t.Errorf("by plate %+v, %v: want the one seen last", v, err)
	}
	if _, err := s.VehicleByPlate(t.Context(), ""); !errors.Is(err, ErrNone) {
		t.Errorf("without a plate: %v", err)
	}
	all, err := s.Vehicles(t.Context(), 10)
	if err != nil || len(all) != 3 || all[0].ID != "v3" || all[2].Jobs != 1 || all[2].Scans != 2 {
		t.Errorf("vehicles %+v, %v", all, err)
	}
}

func storeMerge(t *testing.T, s Store) {
	c := changeOf(t, 0, 1, "j1")
	c.Vehicles = []Vehicle{{ID: "v1", Plate: "P1"}, {ID: "v2", VIN: "VIN1"}}
	c.Jobs = []JobFile{{Job: Job{ID: "j1", Vehicle: "v1"}}}
	commit(t, s, c)
	c = changeOf(t, 1, 1, "j2")
	c.Merged = []Merge{{From: "v1", Into: "v2"}}
	c.Vehicles = []Vehicle{{ID: "v2", VIN: "VIN1", Plate: "P1"}}
	c.Jobs = []JobFile{{Job: Job{ID: "j2", Vehicle: "v2"}}}
	commit(t, s, c)
	if _, err := s.Vehicle(t.Context(), "v1"); !errors.Is(err, ErrNone) {
		t.Errorf("the merged vehicle: %v", err)
	}
	if jobs, err := s.VehicleJobs(t.Context(), "v2"); err != nil || len(jobs) != 2 {
		t.Errorf("%d jobs, %v, want both", len(jobs), err)
	}
}

func storeOrder(t *testing.T, s Store) {
	c := changeOf(t, 0, 1, "j1")
	for i := range 5 {
		c.Jobs = append(c.Jobs, JobFile{Job: Job{ID: fmt.Sprintf("j%d", i), Newest: int64(i)}})
	}
	commit(t, s, c)
	jobs, err := s.Jobs(t.Context(), 2)
	if err != nil || len(jobs) != 2 || jobs[0].ID != "j4" || jobs[1].ID != "j3" {
		t.Errorf("jobs %+v, %v", jobs, err)
	}
}

func TestDatabaseIsOpenedAgainAsItWas(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "central.db")
	keys := columns(t)
	for want := range uint64(3) {
		s, err := OpenSQLite(t.Context(), path, keys)
		if err != nil {
			t.Fatal(err)
		}
		if m, err := s.Mark(t.Context(), testOrigin); err != nil || m.Size != want {
			t.Errorf("mark %d, %v, want %d", m.Size, err, want)
		}
		commit(t, s, changeOf(t, want, 1, "j1"))
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
