package hub

import (
	"bytes"
	"encoding/json"
	"html/template"
	"io/fs"
	"net/http"
	"strings"
	"time"

	kioskui "pitlane/kiosk-ui"

	"pitlane/edge/board"
	"pitlane/edge/job"
)

func screenName(a board.Audience) string {
	switch a {
	case board.Kiosk:
		return "customer's"
	case board.Waiting:
		return "waiting-room"
	case board.Bay:
		return "technician's"
	default:
		return "advisor's"
	}
}

// page serves a screen with its first state in it.
func (h *hub) page(a board.Audience) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		view := h.cfg.Board.View(a)
		html, err := fs.ReadFile(h.cfg.Files, string(a)+".html")
		if err != nil {
			writeHTML(w, http.StatusServiceUnavailable, missingPage(a))
			return
		}
		state, err := json.Marshal(view) // escapes <, > and &: it cannot end the script
		if err != nil {
			writeHTML(w, http.StatusInternalServerError, missingPage(a))
			return
		}
		body := ""
		if rows, ok := view.Body.(board.WaitingView); ok {
			body = waitingRows(rows, view, h.cfg.Zone)
		}
		writeHTML(w, http.StatusOK, strings.NewReplacer(
			kioskui.StateMarker, `<script type="application/json" id="state">`+string(state)+`</script>`,
			kioskui.BodyMarker, body).Replace(string(html)))
	}
}

func writeHTML(w http.ResponseWriter, status int, html string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(html)) // the caller is gone: nobody is left to tell
}

func missingPage(a board.Audience) string {
	return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>pitlane</title></head><body>` +
		`<h1>The ` + screenName(a) + ` screen is not built into this program.</h1>` +
		`<p>Run <code>make ui</code> and build the program again. The edge itself works: see <a href="/api/openapi.json">/api/openapi.json</a>.</p></body></html>`
}

func (h *hub) index(w http.ResponseWriter, _ *http.Request) {
	writeHTML(w, http.StatusOK, `<!doctype html><html lang="en"><head><meta charset="utf-8">`+
		`<meta name="viewport" content="width=device-width, initial-scale=1"><title>pitlane</title></head><body><main><h1>pitlane</h1><ul>`+
		`<li><a href="/kiosk">/kiosk</a> 自助接车 · customers</li><li><a href="/board">/board</a> 候车看板 · waiting room</li>`+
		`<li><a href="/bay">/bay</a> 工位 · technician</li><li><a href="/desk">/desk</a> 前台 · advisor</li></ul></main></body></html>`)
}

const rowsTemplate = `<main class="static"><h1>{{.Shop}}</h1><p>更新于 · as of <time>{{.Now}}</time></p>
<table><thead><tr><th>票号 · Ticket</th><th>车牌 · Plate</th><th>状态 · State</th><th>工位 · Bay</th><th>交车 · Promised</th></tr></thead>
<tbody>{{range .Rows}}<tr{{if .Old}} class="old"{{end}}><td>{{.Ticket}}</td><td>{{.Plate}}</td><td>{{.Word}}</td><td>{{.Bay}}</td><td>{{.Promised}}{{if .Old}} {{.Old}}{{end}}</td></tr>
{{else}}<tr><td colspan="5">暂无车辆 · no cars</td></tr>{{end}}</tbody></table></main>`

type staticRow struct{ Ticket, Plate, Word, Bay, Promised, Old string }

// From these ages on a row is no longer shown as live, and no longer with times
// (the rules of every screen).
const (
	oldAfter   = 5 * time.Second
	blindAfter = 2 * time.Minute
)

// aged says in a row how old its news is, where it is not live.
func (s *staticRow) aged(now, heard time.Time, zone *time.Location) {
	switch age := now.Sub(heard); {
	case heard.IsZero() || age >= blindAfter:
		s.Promised, s.Old = "", "请询问前台 · please ask at the desk"
	case age >= oldAfter:
		s.Old = "截至 · as of " + heard.In(zone).Format("15:04")
	}
}

// waitingRows is the waiting room as a plain table: what a panel without scripts
// shows, loaded again by the page itself.
func waitingRows(v board.WaitingView, view board.View, zone *time.Location) string {
	rows := make([]staticRow, 0, len(v.Rows))
	for _, r := range v.Rows {
		s := staticRow{Ticket: r.Ticket, Plate: r.Plate, Word: publicWord(r.Word), Bay: r.Bay}
		if r.Promised != nil {
			s.Promised = r.Promised.In(zone).Format("15:04")
		}
		s.aged(view.Now, view.AsOf[r.Node], zone)
		rows = append(rows, s)
	}
	t, err := template.New("rows").Parse(rowsTemplate)
	if err != nil {
		return "" // the template is a constant: TestStaticBoard reads it
	}
	var b bytes.Buffer
	err = t.Execute(&b, struct {
		Shop, Now string
		Rows      []staticRow
	}{v.Shop, view.Now.In(zone).Format("15:04"), rows})
	if err != nil {
		return ""
	}
	return b.String()
}

// publicWord is one of the eight words for people (K-171).
func publicWord(w job.Word) string {
	switch w {
	case job.WordChecking:
		return "检测中 · checking"
	case job.WordAnswer:
		return "等待您的答复 · waiting for your answer"
	case job.WordRepair:
		return "维修中 · in repair"
	case job.WordParts:
		return "等待配件 · waiting for parts"
	case job.WordInspection:
		return "质检中 · inspection"
	case job.WordPreparing:
		return "准备交车 · getting ready"
	case job.WordReady:
		return "可以取车 · ready"
	default:
		return "等候中 · waiting"
	}
}
