package central

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	kioskui "pitlane/kiosk-ui"

	"pitlane/devices/obd"
	"pitlane/edge/board"
	"pitlane/edge/job"
	"pitlane/edge/web"
)

const screenName = "office"

// VehicleFile is all that head office knows of one car.
type VehicleFile struct {
	ID    string       `json:"id"`
	Plate string       `json:"plate"`
	VIN   string       `json:"vin,omitempty"`
	Jobs  []VehicleJob `json:"jobs"`
}

// VehicleJob is one visit in a vehicle's file.
type VehicleJob struct {
	ID        string              `json:"id"`
	Shop      string              `json:"shop"`
	Ticket    string              `json:"ticket"`
	Opened    time.Time           `json:"opened"`
	Phase     job.Phase           `json:"phase"`
	Complaint job.Complaint       `json:"complaint"`
	Lines     []job.Line          `json:"lines"`
	Scans     []board.ScanSummary `json:"scans"`
}

// pages is the table of everything head office serves.
func (o *office) pages(m *web.Metrics) (*web.API, error) {
	if err := o.figures(m.Registry); err != nil {
		return nil, err
	}
	files := kioskui.FS()
	actions := []web.Action{
		web.NewPage("/{$}", "the office screen", "text/html", o.page(files)),
		web.NewPage("/assets/{name...}", "scripts, styles and pictures of the screen", "application/octet-stream", web.Assets(files)),
		web.Socket(o, m),
		web.NewQuery("/api/v1/vehicles/{id}", "one car's file: its visits with their scans",
			func(ctx context.Context, arg func(string) string) (VehicleFile, error) {
				return o.vehicle(ctx, arg("id"))
			}),
	}
	ready := func() error { return o.ready() }
	api, err := web.NewAPI("pitlane central", append(actions, web.Health(m, ready)...)...)
	if err != nil {
		return nil, fmt.Errorf("make the office screens: %w", err)
	}
	return api, nil
}

// figures are numbers only: no names of nodes, no personal data.
func (o *office) figures(r *prometheus.Registry) error {
	counter := func(name, help string, of func(counts) uint64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return float64(of(o.counted())) })
	}
	return errors.Join(
		r.Register(counter("pitlane_central_segments_total", "Segments committed.", func(c counts) uint64 { return c.segments })),
		r.Register(counter("pitlane_central_entries_total", "Entries committed.", func(c counts) uint64 { return c.entries })),
		r.Register(counter("pitlane_central_refused_total", "Messages that were none, or did not verify.", func(c counts) uint64 { return c.refused })),
	)
}

func (o *office) ready() error {
	ctx, stop := context.WithTimeout(context.Background(), 2*time.Second)
	defer stop()
	if err := o.store.Ping(ctx); err != nil {
		return errors.New("the database does not answer")
	}
	return nil
}

func (o *office) vehicle(ctx context.Context, id string) (VehicleFile, error) {
	v, err := o.store.Vehicle(ctx, id)
	if errors.Is(err, ErrNone) {
		return VehicleFile{}, web.Fail(http.StatusNotFound, "not_found", "there is no such vehicle", "choose one on the office screen")
	}
	if err != nil {
		return VehicleFile{}, err
	}
	jobs, err := o.store.VehicleJobs(ctx, id)
	if err != nil {
		return VehicleFile{}, err
	}
	out := VehicleFile{ID: v.ID, Plate: v.Plate, VIN: v.VIN, Jobs: []VehicleJob{}}
	for _, j := range jobs {
		scans, err := o.store.Scans(ctx, j.ID)
		if err != nil {
			return VehicleFile{}, err
		}
		out.Jobs = append(out.Jobs, VehicleJob{ID: j.ID, Shop: j.Shop, Ticket: j.Ticket, Opened: time.UnixMilli(j.Opened),
			Phase: j.Phase, Complaint: j.Complaint, Lines: j.Lines, Scans: summaries(scans)})
	}
	return out, nil
}

func summaries(scans []job.Scan) []board.ScanSummary {
	out := []board.ScanSummary{}
	for _, s := range scans {
		sum := board.ScanSummary{ID: s.ID, At: time.UnixMilli(s.AtMS), State: s.State, Why: s.Why, Complete: s.Complete, Codes: []board.CodeText{}}
		for _, c := range s.Codes {
			sum.Codes = append(sum.Codes, board.CodeText{ECU: c.ECU, Code: c.Code, Status: c.Status, Plain: obd.Plain(c.Code)})
		}
		out = append(out, sum)
	}
	return out
}

// page serves the office screen with its first state in it.
func (o *office) page(files fs.FS) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		html, err := fs.ReadFile(files, screenName+".html")
		if err != nil {
			web.WriteError(w, web.Fail(http.StatusServiceUnavailable, "screen", "the office screen is not built into this program", "run make ui and build the program again"))
			return
		}
		view, err := o.view(r.Context())
		if err != nil {
			web.WriteError(w, web.Fail(http.StatusServiceUnavailable, "database", "the database does not answer", "look at the log of pitlane-central"))
			return
		}
		state, err := json.Marshal(view) // escapes <, > and &: it cannot end the script
		if err != nil {
			web.WriteError(w, err)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(strings.NewReplacer( // the caller is gone: nobody is left to tell
			kioskui.StateMarker, `<script type="application/json" id="state">`+string(state)+`</script>`,
			kioskui.BodyMarker, "").Replace(string(html))))
	}
}
