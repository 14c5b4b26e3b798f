package desk

import (
	"context"

	"pitlane/edge/job"
)

// Mismatch is a person's word on a car whose number is not the job's.
type Mismatch struct {
	Staff
	Scan     string `json:"scan" rule:"required,max=64" doc:"the scan that met the car (wrong.scan of the view)"`
	Decision string `json:"decision" rule:"required,enum=same_car|wrong_car|earlier_wrong"`
	Reason   string `json:"reason" rule:"max=300" doc:"why; may be left out with wrong_car only"`
}

func sampleMismatch() Mismatch {
	return Mismatch{Staff: sampleStaff(), Scan: sampleJob, Decision: job.SameCar, Reason: "the control unit was exchanged"}
}

func (d *Desk) mismatch(ctx context.Context, in Mismatch) (Ticketed, error) {
	return d.onCar(ctx, in, func(guard func(job.State) job.Reason) func(job.State) job.Reason { return guard })
}

func (d *Desk) mismatchHere(ctx context.Context, in Mismatch) (Ticketed, error) {
	return d.onCar(ctx, in, d.here)
}

func (d *Desk) onCar(ctx context.Context, in Mismatch, where func(func(job.State) job.Reason) func(job.State) job.Reason) (Ticketed, error) {
	p := job.MismatchDecided{Scan: in.Scan, Decision: in.Decision, Reason: in.Reason, By: in.By}
	return d.decide(ctx, in.Staff, where(func(s job.State) job.Reason { return job.CanDecide(s, p) }), one(p))
}
