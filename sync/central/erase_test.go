package central

import (
	"errors"
	"testing"

	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/tlog"
	"pitlane/edge/vault"
)

// order writes an order to erase a visit.
func (h *house) order(id string) {
	h.t.Helper()
	work, err := job.Encode(job.SubjectErased{By: "SA1", Reason: "asked for it"})
	h.must(err)
	_, err = h.bay.Append(h.t.Context(), journal.Draft{Kind: vault.KindErased, Job: id, Work: work, Outlives: true})
	h.must(err)
	h.give(h.bay)
}

func TestErasedRowsAreBlankWithTheOrder(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	// One car with two visits, and a plate that only the first knows; another car.
	h.write(h.bay, "j1", opened("A-1", "粤B12345"))
	h.write(h.bay, "j1", scanned("s1", vin1, "P0133")...)
	h.write(h.bay, "j2", opened("A-2", ""))
	h.write(h.bay, "j2", scanned("s2", vin1, "P0171")...)
	h.write(h.bay, "j3", opened("A-3", "粤B99999"))
	_, _, err := h.intake.take(t.Context(), h.bytes(h.bay, 0, 1<<20))
	h.must(err)
	if v, err := h.store.VehicleByPlate(t.Context(), "粤B12345"); err != nil || v.VIN != vin1 {
		t.Fatalf("before: %v", err)
	}
	before := h.size(h.bay)
	h.order("j1")
	_, _, err = h.intake.take(t.Context(), h.bytes(h.bay, before, 1<<20))
	h.must(err)

	j, err := h.store.Job(t.Context(), "j1")
	h.must(err)
	if j.Plate != "" || j.VIN != "" || j.Ticket != "" || j.Vehicle != "" || j.Complaint.Words != "" || j.Phase != job.PhaseLeft {
		t.Errorf("the visit is still told of: %+v", j)
	}
	if scans, err := h.store.Scans(t.Context(), "j1"); err != nil || len(scans) != 0 {
		t.Errorf("%d scans are left, %v", len(scans), err)
	}
	if _, err := h.store.VehicleByPlate(t.Context(), "粤B12345"); !errors.Is(err, ErrNone) {
		t.Errorf("its plate is still found: %v", err)
	}
	v, err := h.store.VehicleByVIN(t.Context(), vin1)
	h.must(err)
	if jobs, err := h.store.VehicleJobs(t.Context(), v.ID); err != nil || len(jobs) != 1 || jobs[0].ID != "j2" || v.Plate != "" {
		t.Errorf("the car's other visit: %+v, %v", jobs, err)
	}
	if other, err := h.store.VehicleByPlate(t.Context(), "粤B99999"); err != nil || other.ID == "" {
		t.Errorf("another car is gone: %v", err)
	}

	// Then the keys go, and nothing changes but that nothing opens.
	h.must(h.intake.turn(t.Context(), func() {}))
	if !h.intake.keys.Erased("j1", tlog.Work) || h.intake.keys.Erased("j2", tlog.Work) {
		t.Error("the keys of the visit are still there, or those of another are gone")
	}
	es, err := h.store.JobEntries(t.Context(), "j1")
	h.must(err)
	for _, e := range es {
		if err := tlog.OpenEntry(h.intake.keys, &e); err != nil || e.Kind != vault.KindErased && e.Work != nil {
			t.Errorf("%s opens: %v", e.Kind, err)
		}
	}
	if again, err := h.store.Job(t.Context(), "j1"); err != nil || again.Phase != job.PhaseLeft {
		t.Errorf("%+v, %v", again, err)
	}
}

func TestNewsThatComeBeforeTheirKeyAreFoldedAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	work, err := job.Encode(opened("A-1", "粤B12345"))
	h.must(err)
	_, err = h.bay.Append(t.Context(), journal.Draft{Kind: "job.opened", Job: "j1", Work: work})
	h.must(err)
	_, _, err = h.intake.take(t.Context(), h.bytes(h.bay, 0, 1<<20))
	h.must(err)
	if j, err := h.store.Job(t.Context(), "j1"); err != nil || j.Ticket != "" {
		t.Fatalf("without the key: %+v, %v", j, err)
	}
	h.give(h.bay)
	h.must(h.intake.turn(t.Context(), func() {}))
	j, err := h.store.Job(t.Context(), "j1")
	h.must(err)
	if v, err := h.store.VehicleByPlate(t.Context(), "粤B12345"); err != nil || j.Ticket != "A-1" || j.Vehicle != v.ID {
		t.Errorf("with the key: %+v, %v", j, err)
	}
}
