package desk

import (
	"context"
	"net/http"

	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/web"
)

// Clears is the scanner as edge/bay minds it, where it clears codes. The same request
// again gives the same result and sends nothing.
type Clears interface {
	Clear(ctx context.Context, c Clear) (ClearOut, error)
}

// Clear is a wish to clear the codes of a job's car.
type Clear struct {
	Job     string
	By      string
	Reason  string
	Words   string
	Request journal.RequestID
	Seen    []journal.Hash // the tips that the person saw; nil checks nothing
}

// ClearIn clears the codes of the car in the bay.
type ClearIn struct {
	Staff
	Reason string `json:"reason" rule:"required,enum=repaired|test|wrong_code|other"`
	Words  string `json:"words" rule:"max=300" doc:"the reason in the person's own words; required with other"`
}

// ClearOut is what came of it. Outcome: cleared, failed, unknown.
type ClearOut struct {
	Clear   string         `json:"clear"`
	Outcome string         `json:"outcome" doc:"cleared, failed or unknown; unknown means to scan and look, it is not sent again"`
	Why     string         `json:"why"`
	Units   []ClearOutUnit `json:"units"`
}

// ClearOutUnit is what came of it in one control unit.
type ClearOutUnit struct {
	ECU     string `json:"ecu"`
	Outcome string `json:"outcome" doc:"cleared, refused, failed, unknown or nothing"`
	Why     string `json:"why"`
	NRC     string `json:"nrc" doc:"negative response code of ISO 14229-1, two hex digits"`
}

func sampleClear() ClearIn { return ClearIn{Staff: sampleStaff(), Reason: "repaired"} }

func (d *Desk) clear(ctx context.Context, in ClearIn) (ClearOut, error) {
	request, err := d.person(in.Staff)
	if err != nil {
		return ClearOut{}, err
	}
	s, err := d.state(in.Job)
	if err != nil {
		return ClearOut{}, err
	}
	if d.cfg.Clears == nil {
		return ClearOut{}, web.Fail(http.StatusServiceUnavailable, "no_scanner", "this edge has no scanner", "add a [scanner] to its configuration")
	}
	if in.Reason == "other" && in.Words == "" {
		return ClearOut{}, reject(job.NoReason)
	}
	again, err := d.done(ctx, request, s.ID)
	if err != nil {
		return ClearOut{}, err
	}
	if r := d.here(job.CanClear)(s); r != job.Free && !again && r != job.BeingCleared {
		return ClearOut{}, d.moved(s, in.Seen, r)
	}
	out, err := d.cfg.Clears.Clear(ctx, Clear{
		Job: s.ID, By: in.By, Reason: in.Reason, Words: in.Words, Request: request, Seen: hashes(in.Seen),
	})
	if err != nil {
		return ClearOut{}, refuse(err)
	}
	return out, nil
}
