package hub_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gorilla/websocket"

	"pitlane/edge/board"
	"pitlane/edge/hub"
	"pitlane/edge/job"
	"pitlane/edge/web"
	kioskui "pitlane/kiosk-ui"
)

// still is a board that does not move.
type still struct {
	mu    sync.Mutex
	asked map[board.Audience]int
}

func at() time.Time { return time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC) }

func (s *still) View(a board.Audience) board.View {
	v := board.View{Version: "run-1", Now: at(), AsOf: map[string]time.Time{
		"demo-front": at(), "demo-old": at().Add(-90 * time.Second), "demo-dead": at().Add(-10 * time.Minute)}}
	switch a {
	case board.Waiting:
		promised := at().Add(3 * time.Hour)
		v.Body = board.WaitingView{Shop: "A & B", Rows: []board.Row{{Ticket: "K417", Plate: "<b>·345", Word: job.WordRepair, Bay: "2", Promised: &promised, Node: "demo-front"},
			{Ticket: "K418", Bay: "3", Promised: &promised, Node: "demo-old"}, {Ticket: "K419", Bay: "4", Promised: &promised, Node: "demo-dead"}}}
	default:
		v.Body = map[string]string{"audience": string(a), "text": "</script>"}
	}
	return v
}

func (s *still) Wait(ctx context.Context, a board.Audience, version string) (board.View, error) {
	if version == "run-1" {
		<-ctx.Done()
		return board.View{}, ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[a]++
	return s.View(a), nil
}

func serve(t *testing.T, files fstest.MapFS) http.Handler {
	t.Helper()
	api, err := hub.New(hub.Config{Title: "test", Board: &still{asked: map[board.Audience]int{}}, Files: files,
		Metrics: web.NewMetrics(), Ready: func() error { return nil }, Zone: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	return web.Guard([]string{"edge.test"}, api)
}

func get(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://edge.test"+path, nil))
	return w
}

func built() fstest.MapFS {
	files := fstest.MapFS{
		"assets/kiosk-AbCd1234.js": {Data: []byte("run()")}, "assets/icon.svg": {Data: []byte("<svg/>")},
		"secret.txt": {Data: []byte("secret")},
	}
	for _, s := range hub.Screens() {
		files[string(s)+".html"] = &fstest.MapFile{Data: []byte(kioskui.StateMarker + `<div id="app">` + kioskui.BodyMarker + "</div>")}
	}
	return files
}

func TestEachScreenCarriesItsFirstState(t *testing.T) {
	t.Parallel()
	h := serve(t, built())
	for _, s := range hub.Screens() {
		w := get(t, h, "/"+string(s))
		_, state, ok := strings.Cut(w.Body.String(), `<script type="application/json" id="state">`)
		state, _, ended := strings.Cut(state, "</script>")
		var view struct{ Version string }
		if w.Code != http.StatusOK || !ok || !ended || json.Unmarshal([]byte(state), &view) != nil || view.Version != "run-1" {
			t.Errorf("%s: got %d with state %q", s, w.Code, state)
		}
		if strings.Contains(w.Body.String(), "<!--pitlane:") {
			t.Errorf("%s: a marker is left in the page", s)
		}
		if w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: the page may be kept", s)
		}
	}
}

func TestTheWaitingRoomIsUsefulWithoutScripts(t *testing.T) {
	t.Parallel()
	body := get(t, serve(t, built()), "/board").Body.String()
	_, rows, _ := strings.Cut(body, `<div id="app">`)
	for _, want := range []string{"K417", "维修中 · in repair", ">2<", "12:30", "A &amp; B", "&lt;b&gt;", "as of <time>09:30"} {
		if !strings.Contains(rows, want) {
			t.Errorf("the static rows do not show %q:\n%s", want, rows)
		}
	}
	for ticket, want := range map[string][2]string{ // what a row shows, and what it does not
		"K417": {"12:30", "as of"}, "K418": {"as of 09:28", "please ask"}, "K419": {"please ask at the desk", "12:30"},
	} {
		_, row, _ := strings.Cut(rows, ticket)
		row, _, _ = strings.Cut(row, "</tr>")
		if !strings.Contains(row, want[0]) || strings.Contains(row, want[1]) {
			t.Errorf("%s: want %q and not %q in %q", ticket, want[0], want[1], row)
		}
	}
	for _, s := range []string{"/kiosk", "/bay", "/desk"} {
		if strings.Contains(get(t, serve(t, built()), s).Body.String(), "K417") {
			t.Errorf("the rows of the waiting room are on %s", s)
		}
	}
}

func TestMissingScreensSaySo(t *testing.T) {
	t.Parallel()
	h := serve(t, fstest.MapFS{})
	for _, s := range hub.Screens() {
		if w := get(t, h, "/"+string(s)); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "not built") {
			t.Errorf("%s: got %d: %s", s, w.Code, w.Body)
		}
	}
	if w := get(t, h, "/healthz"); w.Code != http.StatusOK {
		t.Errorf("/healthz: got %d", w.Code)
	}
}

func TestAssets(t *testing.T) {
	t.Parallel()
	h := serve(t, built())
	tests := []struct {
		path, kind, cache string
		status            int
	}{
		{"/assets/kiosk-AbCd1234.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", 200},
		{"/assets/icon.svg", "image/svg+xml", "no-store", 200},
		{"/assets/none.js", "application/json; charset=utf-8", "no-store", 404},
		{"/assets/..%2fsecret.txt", "application/json; charset=utf-8", "no-store", 404},
		{"/assets/%2e%2e/secret.txt", "application/json; charset=utf-8", "no-store", 404},
		{"/secret.txt", "application/json; charset=utf-8", "no-store", 404},
	}
	for _, tt := range tests {
		w := get(t, h, tt.path)
		if w.Code == http.StatusMovedPermanently || w.Code == http.StatusTemporaryRedirect { // ServeMux cleans the path
			w = get(t, h, w.Header().Get("Location"))
		}
		if w.Code != tt.status || w.Header().Get("Content-Type") != tt.kind || w.Header().Get("Cache-Control") != tt.cache {
			t.Errorf("GET %s: got %d %q %q", tt.path, w.Code, w.Header().Get("Content-Type"), w.Header().Get("Cache-Control"))
		}
		if strings.Contains(w.Body.String(), "secret") {
			t.Errorf("GET %s: a file outside the assets was given away", tt.path)
		}
	}
}

func TestTheDocumentNamesEveryPage(t *testing.T) {
	t.Parallel()
	doc := get(t, serve(t, built()), "/api/openapi.json").Body.String()
	for _, path := range []string{"/", "/kiosk", "/board", "/bay", "/desk", "/ws", "/assets/{name}", "/healthz", "/readyz", "/metrics", "/api/openapi.json"} {
		if !strings.Contains(doc, fmt.Sprintf("%q: {", path)) {
			t.Errorf("%s is not in the document", path)
		}
	}
}

// TestAViewThatStaysTellsItsAgeAnew: the body may be kept, its age may not.
func TestAViewThatStaysTellsItsAgeAnew(t *testing.T) {
	t.Parallel()
	b := &ageing{still: still{asked: map[board.Audience]int{}}}
	api, err := hub.New(hub.Config{Title: "test", Board: b, Files: built(), Metrics: web.NewMetrics(), Ready: func() error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	defer server.Close()
	host := server.Listener.Addr().String()
	server.Config.Handler = web.Guard([]string{host}, api)
	server.Start()
	for n := range 3 {
		conn, res, err := websocket.DefaultDialer.DialContext(t.Context(), "ws://"+host+"/ws?screen=board", http.Header{"Origin": {"http://" + host}})
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		var got struct {
			Now  time.Time            `json:"now"`
			AsOf map[string]time.Time `json:"as_of"`
			View json.RawMessage      `json:"view"`
		}
		if err := conn.ReadJSON(&got); err != nil {
			t.Fatal(err)
		}
		_ = conn.Close()
		want := at().Add(time.Duration(n) * time.Minute)
		if !got.Now.Equal(want) || !got.AsOf["demo-front"].Equal(at()) || len(got.View) == 0 {
			t.Errorf("screen %d: now %v, as of %v, want now %v", n, got.Now, got.AsOf["demo-front"], want)
		}
	}
}

// ageing is a board whose clock moves on by a minute from one look to the next.
type ageing struct {
	still
	looks int
}

func (a *ageing) Wait(ctx context.Context, who board.Audience, version string) (board.View, error) {
	v, err := a.still.Wait(ctx, who, version)
	if err == nil {
		v.Now = v.Now.Add(time.Duration(a.looks) * time.Minute)
		a.looks++
	}
	return v, err
}
