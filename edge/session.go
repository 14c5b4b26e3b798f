package edge

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"time"

	"pitlane/devices/obd"
	"pitlane/edge/job"
	"pitlane/edge/journal"
)

// Notebook is the part of a journal that sessions are read from (journal.Journal).
type Notebook interface {
	Tips() []journal.Tip
	Read(ctx context.Context, origin string, from uint64) iter.Seq2[journal.Entry, error]
}

// SessionInfo is one scan, or one clearing of codes, whose raw record is in a journal.
// What: scan, clear. Outcome is completed or cleared, or why it failed, or running.
type SessionInfo struct {
	Scan    string    `json:"scan"`
	What    string    `json:"what"`
	Job     string    `json:"job"`
	Bay     string    `json:"bay"`
	At      time.Time `json:"at"`
	Outcome string    `json:"outcome"`
	Parts   int       `json:"parts"`
	Whole   bool      `json:"whole"` // all parts are held and open here
}

// What may be said of a scan's record.
var (
	ErrNoScan   = errors.New("no scan of this id is in this journal")
	ErrNoRecord = errors.New("the raw record of this scan is not held whole here")
)

// record is what a journal says of one scan or clearing.
type record struct {
	SessionInfo
	of    int
	parts map[int][]byte
}

// Sessions are the scans and clearings of a journal, oldest first.
func Sessions(ctx context.Context, j Notebook) ([]SessionInfo, error) {
	list := []SessionInfo{}
	known, err := records(ctx, j, "")
	for _, r := range known {
		list = append(list, r.SessionInfo)
	}
	return list, err
}

// Session is the raw record of one scan or clearing: ErrNoScan, ErrNoRecord, or what is wrong
// with the journal.
func Session(ctx context.Context, j Notebook, scan string) (*obd.Session, error) {
	packed, err := packedSession(ctx, j, scan)
	if err != nil {
		return nil, err
	}
	return obd.UnpackSession(packed)
}

func packedSession(ctx context.Context, j Notebook, scan string) ([]byte, error) {
	known, err := records(ctx, j, scan)
	if err != nil {
		return nil, err
	}
	if len(known) == 0 {
		return nil, ErrNoScan
	}
	r := known[0]
	if !r.Whole {
		return nil, ErrNoRecord
	}
	var packed []byte
	for n := range r.of {
		packed = append(packed, r.parts[n+1]...)
	}
	return packed, nil
}

// records reads what is said of scans; of one of them only, where scan names it.
func records(ctx context.Context, j Notebook, scan string) ([]*record, error) {
	var list []*record
	for _, tip := range j.Tips() {
		for e, err := range j.Read(ctx, tip.Origin, tip.Low) {
			if err != nil {
				return nil, fmt.Errorf("read %s: %w", tip.Origin, err)
			}
			if e.Work == nil {
				continue
			}
			p, err := job.Decode(e.Kind, e.Work.Payload)
			if err != nil {
				continue // a kind of a newer node, or a payload that tells nothing here
			}
			list = note(list, e, p, scan)
		}
	}
	slices.SortStableFunc(list, func(a, b *record) int { return a.At.Compare(b.At) })
	return list, nil
}

func note(list []*record, e journal.Entry, p job.Payload, only string) []*record {
	id, what := scanOf(p)
	if id == "" || only != "" && id != only {
		return list
	}
	i := slices.IndexFunc(list, func(r *record) bool { return r.Scan == id })
	if i < 0 {
		list = append(list, &record{SessionInfo: SessionInfo{Scan: id, What: what, Job: e.Job, At: time.UnixMilli(e.WallMS).UTC(), Outcome: job.ScanRuns}, parts: map[int][]byte{}})
		i = len(list) - 1
	}
	r := list[i]
	switch p := p.(type) {
	case job.ScanStarted:
		r.Bay, r.At = p.Bay, time.UnixMilli(e.WallMS).UTC()
	case job.ClearIntended:
		r.What, r.Bay, r.At = what, p.Bay, time.UnixMilli(e.WallMS).UTC()
	case job.ScanRecorded:
		r.of, r.parts[p.Part] = p.Of, p.Data
		r.Parts, r.Whole = len(r.parts), len(r.parts) == p.Of
	case job.ScanCompleted:
		r.Outcome = job.ScanDone
	case job.ScanFailed:
		r.Outcome = p.Why
	case job.CodesCleared:
		r.What, r.Outcome = what, job.ClearDone
	case job.ClearFailed:
		r.What, r.Outcome = what, p.Why
	case job.ClearUnknown:
		if r.What = what; r.Outcome == job.ScanRuns {
			r.Outcome = job.ClearNotSeen
		}
	}
	return list
}

// What a raw record is of.
const (
	OfScan  = "scan"
	OfClear = "clear"
)

// scanOf is the scan or the clearing that an event tells of.
func scanOf(p job.Payload) (id, what string) {
	switch p := p.(type) {
	case job.ScanStarted:
		return p.Scan, OfScan
	case job.ScanRecorded:
		return p.Scan, OfScan
	case job.ScanCompleted:
		return p.Scan, OfScan
	case job.ScanFailed:
		return p.Scan, OfScan
	case job.ClearIntended:
		return p.Clear, OfClear
	case job.CodesCleared:
		return p.Clear, OfClear
	case job.ClearFailed:
		return p.Clear, OfClear
	case job.ClearUnknown:
		return p.Clear, OfClear
	}
	return "", ""
}

// PackedSession is the answer of GET /session on the socket.
type PackedSession struct {
	Packed []byte `json:"packed,omitempty"`
	Error  string `json:"error,omitempty"`
}

// sessionCalls are what the operator's tool asks about scans.
func (h *house) sessionCalls(mux *http.ServeMux) {
	mux.HandleFunc("GET /sessions", func(w http.ResponseWriter, r *http.Request) {
		list, err := Sessions(r.Context(), h.journal)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		answerJSON(w, list)
	})
	mux.HandleFunc("GET /session", func(w http.ResponseWriter, r *http.Request) {
		packed, err := packedSession(r.Context(), h.journal, r.URL.Query().Get("scan"))
		if err != nil {
			answerJSON(w, PackedSession{Error: err.Error()})
			return
		}
		answerJSON(w, PackedSession{Packed: packed})
	})
}
