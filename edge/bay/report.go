package bay

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"pitlane/devices/obd"
	"pitlane/edge/job"
	"pitlane/edge/journal"
)

const (
	// partSize is the bytes of a packed report that go into one event: in base64
	// they fit a payload with room to spare.
	partSize = 15 << 10
	// mostCodes are named in scan.completed; all of them are in the report.
	mostCodes = 128
)

// endDrafts are the one ending of a scan: its raw record, the parts of its report
// where that is too large for one event, and what came of it.
func (b *Bay) endDrafts(s *scan, r *obd.Report, failure *obd.Failure) ([]journal.Draft, error) {
	raw, err := recorded(s, r)
	if err != nil {
		b.log.Error("the raw record of a scan is not kept", "scan", s.id, "err", err)
	}
	end, err := b.outcomeDrafts(s, r, failure)
	return append(raw, end...), err
}

// outcomeDrafts are what came of a scan.
func (b *Bay) outcomeDrafts(s *scan, r *obd.Report, failure *obd.Failure) ([]journal.Draft, error) {
	if failure != nil {
		d, err := draft(s.order.Job, endOf("scan", s.id), job.ScanFailed{
			Scan: s.id, Bay: b.cfg.Bay, Why: cmp.Or(failure.Kind, "adapter_fault"), Message: short(failure.Message),
		})
		return []journal.Draft{d}, err
	}
	done, err := completed(s.id, b.cfg.Bay, r)
	if err != nil {
		return nil, err
	}
	drafts, err := parts(s, &done)
	if err != nil {
		return nil, err
	}
	d, err := draft(s.order.Job, endOf("scan", s.id), done)
	if err != nil {
		return nil, err
	}
	drafts = append(drafts, d)
	if s.vin == "" || done.VIN == "" || s.vin == done.VIN {
		return drafts, nil
	}
	d, err = draft(s.order.Job, endOf("mismatch", s.id), job.CarMismatched{Scan: s.id})
	return append(drafts, d), err
}

// completed is a report as the journal keeps it.
func completed(id, bay string, r *obd.Report) (job.ScanCompleted, error) {
	whole, err := json.Marshal(r)
	if err != nil {
		return job.ScanCompleted{}, fmt.Errorf("write the report of a scan: %w", err)
	}
	packed, err := job.PackReport(whole)
	if err != nil {
		return job.ScanCompleted{}, fmt.Errorf("pack the report of a scan: %w", err)
	}
	p := job.ScanCompleted{
		Scan: id, Bay: bay, Adapter: r.Adapter.Identity, Protocol: cmp.Or(r.Protocol.Name, r.Protocol.Number),
		Volts: r.Adapter.Volts, Complete: r.CodesKnown(), Codes: codesOf(r), Report: packed,
	}
	if r.VIN.State == obd.OK {
		p.VIN = r.VIN.Value
	}
	p.Codes = p.Codes[:min(len(p.Codes), mostCodes)]
	return p, nil
}

// recorded is the raw record of a scan in numbered parts; none where the scanner
// has not said a word.
func recorded(s *scan, r *obd.Report) ([]journal.Draft, error) {
	if r == nil || r.Session == nil {
		return nil, nil
	}
	said := *r.Session
	said.StartedMS, said.EndedMS = s.began, s.began+r.DurationMS
	return rawDrafts(s.order.Job, s.id, &said)
}

// rawDrafts are the raw record of a scan, or of a clearing, in numbered parts.
func rawDrafts(jobID, id string, said *obd.Session) ([]journal.Draft, error) {
	packed, err := obd.PackSession(said)
	if err != nil {
		return nil, err
	}
	chunks := slices.Collect(slices.Chunk(packed, partSize))
	out := make([]journal.Draft, 0, len(chunks))
	for i, chunk := range chunks {
		p := job.ScanRecorded{Scan: id, Part: i + 1, Of: len(chunks), Data: chunk}
		d, err := draft(jobID, endOf("raw", fmt.Sprintf("%s/%d", id, p.Part)), p)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// parts takes what is too much out of done and returns it as scan.part events.
func parts(s *scan, done *job.ScanCompleted) ([]journal.Draft, error) {
	if len(done.Report) <= partSize-mostCodes*codeSize {
		return nil, nil
	}
	var out []journal.Draft
	for chunk := range slices.Chunk(done.Report, partSize) {
		n := len(out) + 1
		d, err := draft(s.order.Job, endOf("part", fmt.Sprintf("%s/%d", s.id, n)), job.ScanPart{Scan: s.id, Part: n, Data: chunk})
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	done.Report, done.Parts = nil, len(out)
	return out, nil
}

// codeSize is what one code takes in JSON, at most about.
const codeSize = 64

// codesOf are all codes of all ECUs, one line each.
func codesOf(r *obd.Report) []job.Code {
	out := []job.Code{}
	for _, e := range r.ECUs {
		for _, list := range []struct {
			status string
			codes  obd.Codes
		}{{"stored", e.Stored}, {"pending", e.Pending}, {"permanent", e.Permanent}} {
			for _, c := range list.codes.Codes {
				out = append(out, job.Code{ECU: e.ID, Code: c.Code, Status: list.status})
			}
		}
	}
	return out
}

// short keeps a message readable.
func short(s string) string {
	r := []rune(s)
	return string(r[:min(len(r), 300)])
}
