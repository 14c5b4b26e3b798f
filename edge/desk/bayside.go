package desk

import (
	"context"
	"net/http"

	"pitlane/edge/job"
	"pitlane/edge/web"
)

// here adds to a guard that the job is in this edge's bay.
func (d *Desk) here(guard func(job.State) job.Reason) func(job.State) job.Reason {
	return func(s job.State) job.Reason {
		if s.Bay == "" {
			return job.NotAssigned
		}
		if s.Bay != d.cfg.Bay {
			return job.OtherBay
		}
		return guard(s)
	}
}

func (d *Desk) receive(ctx context.Context, in Staff) (Ticketed, error) {
	guard := func(s job.State) job.Reason { return job.CanReceive(s, d.cfg.Bay) }
	return d.decide(ctx, in, d.here(guard), one(job.CarReceived{Bay: d.cfg.Bay, By: in.By}))
}

// ScanOut names the scan that was started.
type ScanOut struct {
	Scan string `json:"scan"`
}

func (d *Desk) scan(ctx context.Context, in Staff) (ScanOut, error) {
	request, err := d.person(in)
	if err != nil {
		return ScanOut{}, err
	}
	s, err := d.state(in.Job)
	if err != nil {
		return ScanOut{}, err
	}
	if d.cfg.Scans == nil {
		return ScanOut{}, web.Fail(http.StatusServiceUnavailable, "no_scanner", "this edge has no scanner", "add a [scanner] to its configuration")
	}
	if e, again, err := d.first(ctx, request, s.ID); err != nil {
		return ScanOut{}, err
	} else if again {
		begun, err := firstAs[job.ScanStarted](e)
		return ScanOut{Scan: begun.Scan}, err
	}
	if r := d.here(job.CanScan)(s); r != job.Free {
		return ScanOut{}, d.moved(s, in.Seen, r)
	}
	id, err := d.cfg.Scans.Scan(ctx, Scan{Job: s.ID, By: in.By, Request: request, Seen: hashes(in.Seen)})
	if err != nil {
		return ScanOut{}, refuse(err)
	}
	return ScanOut{Scan: id}, nil
}

func (d *Desk) start(ctx context.Context, in Staff) (Ticketed, error) {
	return d.decide(ctx, in, d.here(job.CanStart), one(job.WorkStarted{Bay: d.cfg.Bay, By: in.By}))
}

// Pause carries why the work rests.
type Pause struct {
	Staff
	Reason string `json:"reason" rule:"required,max=200"`
}

func (d *Desk) pause(ctx context.Context, in Pause) (Ticketed, error) {
	return d.decide(ctx, in.Staff, d.here(job.CanPause), one(job.WorkPaused{By: in.By, Reason: in.Reason}))
}

func (d *Desk) resume(ctx context.Context, in Staff) (Ticketed, error) {
	return d.decide(ctx, in, d.here(job.CanResume), one(job.WorkResumed{By: in.By}))
}

// Finish is the team's "done", with the cause that was found (K-067).
type Finish struct {
	Staff
	Cause string `json:"cause" rule:"max=500" doc:"the cause, or that none was found"`
}

func (d *Desk) finish(ctx context.Context, in Finish) (Ticketed, error) {
	guard := func(s job.State) job.Reason { return job.CanFinish(s, in.Cause) }
	return d.decide(ctx, in.Staff, d.here(guard), one(job.WorkFinished{Bay: d.cfg.Bay, By: in.By, Cause: in.Cause}))
}

// Raise is an extra item found in the bay (K-160).
type Raise struct {
	Staff
	Text   string `json:"text" rule:"required,max=300"`
	Safety bool   `json:"safety"`
}

func (d *Desk) raise(ctx context.Context, in Raise) (Ticketed, error) {
	return d.decide(ctx, in.Staff, d.here(job.CanRaise),
		one(job.ExtraRaised{Extra: extraID(in.Request), Text: in.Text, Safety: in.Safety, By: in.By}))
}
