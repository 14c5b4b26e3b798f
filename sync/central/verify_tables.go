package central

import (
	"context"
	"maps"
	"reflect"
	"slices"

	"pitlane/edge/job"
	"pitlane/edge/tlog"
)

// tables makes the rows of jobs, scans and codes anew from the entries and compares;
// of vehicles it looks whether each job's car is the one that the job names (which
// jobs were one car was decided in the order they came in).
func (c *check) tables(ctx context.Context) error {
	before := len(c.report.Findings)
	s := &sqlStore{columns: c.keys}
	ids, err := query(ctx, c.tx, scanText, `SELECT id FROM jobs UNION SELECT job FROM scans UNION SELECT job FROM codes ORDER BY 1`)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if !c.jobs[id] {
			c.find("job %s: no entry is of this job: its rows were put in", id)
		}
	}
	cars := map[string]bool{}
	for _, id := range slices.Sorted(maps.Keys(c.jobs)) {
		cars[vehicleID(id)] = true
		if err := c.job(ctx, s, id); err != nil {
			return err
		}
	}
	if err := c.vehicles(ctx, s, cars); err != nil {
		return err
	}
	if len(c.report.Findings) == before {
		c.report.Proven = append(c.report.Proven, "the tables of jobs, scans, codes and vehicles are what follows from the entries")
	}
	return nil
}

// job compares the rows of one job.
func (c *check) job(ctx context.Context, s *sqlStore, id string) error {
	entries, err := query(ctx, c.tx, scanEntry, entryColumns+` WHERE job = $1 ORDER BY origin, seq`, id)
	if err != nil {
		return nil //nolint:nilerr // a leaf that cannot be read was found with its segment
	}
	for i := range entries {
		_ = tlog.OpenEntry(c.keys, &entries[i]) // found with its segment
	}
	want := fold(c.roster.Shop, id, entries)
	jobs, err := query(ctx, c.tx, s.scanJob, jobColumns+` WHERE id = $1`, id)
	if err != nil {
		c.find("job %s: what is sealed in its row does not open: it was changed", id)
		return nil
	}
	if len(jobs) == 0 {
		c.find("job %s: its row was deleted", id)
		return nil
	}
	got := jobs[0]
	vehicle := got.Vehicle
	got.Vehicle = ""
	if !alike(got, want.Job) {
		c.find("job %s: its row is not what its entries say", id)
	}
	scans, err := s.scans(ctx, c.tx, id)
	if err != nil {
		c.find("job %s: what is sealed in the rows of its scans does not open: it was changed", id)
	} else if !sameScans(scans, want.Scans) {
		c.find("job %s: the rows of its scans and codes are not what its entries say", id)
	}
	return c.car(ctx, s, id, vehicle, want)
}

// car holds a job's vehicle against what the job says of its car.
func (c *check) car(ctx context.Context, s *sqlStore, id, vehicle string, f JobFile) error {
	vin := bareVIN(f.VIN)
	if vehicle == "" {
		if vin != "" || barePlate(f.Plate) != "" {
			c.find("job %s: it was taken from its vehicle", id)
		}
		return nil
	}
	cars, err := query(ctx, c.tx, s.scanVehicle, vehicleColumns+` FROM vehicles v WHERE v.id = $1`, vehicle)
	switch {
	case err != nil: // found with the vehicle
	case len(cars) == 0:
		c.find("vehicle %s: its row was deleted", vehicle)
	case vin != "" && cars[0].VIN != vin:
		c.find("job %s: its vehicle is another car than the job's", id)
	}
	return nil
}

// carRow is a vehicle with what it is found under.
type carRow struct {
	Vehicle
	vin, plate string // HMACs
	err        error
}

// vehicles holds each vehicle against the jobs there are, and what it is found under
// against what it is.
func (c *check) vehicles(ctx context.Context, s *sqlStore, known map[string]bool) error {
	rows, err := query(ctx, c.tx, func(scan func(...any) error) (r carRow, err error) {
		r.Vehicle, r.err = s.readVehicle(scan, &r.vin, &r.plate)
		if r.ID == "" {
			return r, r.err
		}
		return r, nil
	}, vehicleColumns+`, v.vin_mac, v.plate_mac FROM vehicles v ORDER BY v.id`)
	if err != nil {
		return err
	}
	for _, v := range rows {
		if !known[v.ID] || !c.jobs[v.Job] {
			c.find("vehicle %s: it comes from no job: its row was put in", v.ID)
			continue
		}
		if v.err != nil {
			c.find("vehicle %s: what is sealed in its row does not open: it was changed", v.ID)
			continue
		}
		vin, err := c.keys.Search("vin", v.VIN)
		if err != nil {
			return wrap("look a vehicle up", err)
		}
		plate, err := c.keys.Search("plate", v.Plate)
		if err != nil {
			return wrap("look a vehicle up", err)
		}
		if vin != v.vin || plate != v.plate {
			c.find("vehicle %s: it is filed under another VIN or plate than its own: the row was changed", v.ID)
		}
	}
	return nil
}

// alike compares two jobs; lines that are not there are none.
func alike(a, b Job) bool {
	if len(a.Lines) == 0 && len(b.Lines) == 0 {
		a.Lines, b.Lines = nil, nil
	}
	return reflect.DeepEqual(a, b)
}

// sameScans compares what is stored of scans, whatever their order.
func sameScans(a, b []job.Scan) bool {
	if len(a) != len(b) {
		return false
	}
	of := map[string]job.Scan{}
	for _, s := range a {
		of[s.ID] = stored(s)
	}
	for _, s := range b {
		if got, ok := of[s.ID]; !ok || !reflect.DeepEqual(got, stored(s)) {
			return false
		}
	}
	return true
}

// stored is what the tables keep of a scan.
func stored(s job.Scan) job.Scan {
	out := job.Scan{ID: s.ID, Bay: s.Bay, AtMS: s.AtMS, State: s.State, Why: s.Why, Adapter: s.Adapter, Protocol: s.Protocol,
		Complete: s.Complete, VIN: s.VIN}
	if len(s.Report) > 0 {
		out.Report = s.Report
	}
	for _, code := range s.Codes {
		out.Codes = append(out.Codes, job.Code{ECU: code.ECU, Code: code.Code, Status: code.Status})
	}
	return out
}
