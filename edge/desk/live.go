package desk

import (
	"context"
	"net/http"

	"pitlane/edge/job"
	"pitlane/edge/web"
)

// Lives is the scanner as edge/bay minds it, where it reads live values.
type Lives interface {
	Live(Live) error
}

// Live is a wish to see values of a job's car live, or no longer.
type Live struct {
	Job  string
	On   bool
	ECU  string
	PIDs []string
}

// LiveIn begins, changes or ends live values on the bay's screen. They end by
// themselves after ten minutes without this call.
type LiveIn struct {
	Staff
	On   bool     `json:"on"`
	ECU  string   `json:"ecu" rule:"max=8" doc:"one unit only; empty for all"`
	PIDs []string `json:"pids" rule:"items=32,max=2" doc:"two hex digits each (mode 01); none for the usual ones"`
}

func sampleLive() LiveIn {
	return LiveIn{Staff: sampleStaff(), On: true, PIDs: []string{"0C", "0D"}}
}

func (d *Desk) live(_ context.Context, in LiveIn) (Nothing, error) {
	if _, err := d.person(in.Staff); err != nil {
		return Nothing{}, err
	}
	s, err := d.state(in.Job)
	if err != nil {
		return Nothing{}, err
	}
	if d.cfg.Lives == nil {
		return Nothing{}, web.Fail(http.StatusServiceUnavailable, "no_scanner", "this edge has no scanner", "add a [scanner] to its configuration")
	}
	if r := d.here(job.CanScan)(s); in.On && r != job.Free && r != job.Running {
		return Nothing{}, reject(r)
	}
	if err := d.cfg.Lives.Live(Live{Job: s.ID, On: in.On, ECU: in.ECU, PIDs: in.PIDs}); err != nil {
		return Nothing{}, refuse(err)
	}
	return Nothing{}, nil
}
