package edge_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pitlane/edge"
	"pitlane/edge/shop"
	"pitlane/edge/web"
	"pitlane/housetest"
)

// node makes a shop with one node and writes its configuration.
func node(t *testing.T, name, role, config string) (dir string) {
	t.Helper()
	root := filepath.Join(t.TempDir(), "shop")
	if err := shop.Init(root, "demo"); err != nil {
		t.Fatal(err)
	}
	added, err := shop.Add(root, name, role, "")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(added.Dir, "edge.toml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return added.Dir
}

// running is an edge under test.
type running struct {
	addr string
	stop func() error
}

func start(t *testing.T, dir string, rooms edge.Rooms) *running {
	t.Helper()
	cfg, err := edge.ReadConfig(filepath.Join(dir, "edge.toml"))
	if err != nil {
		t.Fatal(err)
	}
	cfg.HTTP.Listen = "127.0.0.1:0"
	served := make(chan string, 1)
	rooms.Serving = func(a net.Addr) { served <- a.String() }
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- edge.Run(ctx, cfg, rooms, slog.New(slog.DiscardHandler)) }()
	r := &running{stop: sync.OnceValue(func() error { cancel(); return <-ended })}
	t.Cleanup(func() { _ = r.stop() })
	select {
	case r.addr = <-served:
	case err := <-ended:
		cancel()
		ended <- err
		t.Fatalf("the edge did not open: %v", err)
	}
	return r
}

func (r *running) get(t *testing.T, path string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+r.addr+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// post sends a call as a screen does and decodes the answer into out.
func (r *running) post(t *testing.T, path string, in, out any) (status int, kind string) {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+r.addr+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Pitlane", "1")
	req.Header.Set("Origin", "http://"+r.addr)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		var e web.ErrorBody
		if err := json.Unmarshal(answer, &e); err != nil {
			t.Fatalf("POST %s: %d with a body that is no error form", path, resp.StatusCode)
		}
		return resp.StatusCode, e.Error.Kind
	}
	if out != nil {
		if err := json.Unmarshal(answer, out); err != nil {
			t.Fatal(err)
		}
	}
	return resp.StatusCode, ""
}

func openBody(n int) map[string]any {
	return map[string]any{
		"request": fmt.Sprintf("%032x", n), "lang": "en", "purpose": "repair", "plate": "京A12345", "plate_public": "masked",
		"phone": "", "name": "", "complaint": map[string]any{"taps": []string{"engine light"}, "words": ""},
		"walkround": map[string]any{"none": true, "marks": []string{}}, "belongings": map[string]any{"none": true, "items": []string{}},
		"assistance": false,
	}
}

const bayConfig = `
[bay]
name = "1"
[scanner]
port = "/dev/pitlane-no-such-port"
[[person]]
id = "t1"
name = "T"
role = "TE"
`

func TestAMissingSerialPortIsSaidOnTheScreen(t *testing.T) {
	t.Parallel()
	r := start(t, node(t, "bay-1", shop.RoleBay, bayConfig), edge.Rooms{})
	for _, screen := range []string{"/kiosk", "/board", "/bay", "/desk", "/", "/healthz", "/readyz", "/metrics"} {
		if code, body := r.get(t, screen); code != http.StatusOK {
			t.Errorf("GET %s: got %d: %.200s", screen, code, body)
		}
	}
	housetest.Until(t, "/bay names the port's fault with a hint", func() bool {
		_, body := r.get(t, "/bay")
		return strings.Contains(body, `"state":"fault"`) && strings.Contains(body, `"kind":"port"`) && strings.Contains(body, `"hint":"`)
	})
	if err := r.stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
}

func TestACheckInSurvivesARestart(t *testing.T) {
	t.Parallel()
	dir := node(t, "front", shop.RoleReception, "")
	r := start(t, dir, edge.Rooms{})
	var first struct {
		Job, Ticket string
	}
	if code, kind := r.post(t, "/api/v1/checkin/open", openBody(1), &first); code != http.StatusOK {
		t.Fatalf("open a check-in: %d %s", code, kind)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	r = start(t, dir, edge.Rooms{})
	_, page := r.get(t, "/board")
	if !strings.Contains(page, first.Ticket) {
		t.Error("the ticket is not on the waiting room's page after a restart")
	}
	if strings.Contains(page, "京A12345") {
		t.Error("the whole plate is on the waiting room's page")
	}
	var again struct {
		Job, Ticket string
	}
	if code, kind := r.post(t, "/api/v1/checkin/open", openBody(1), &again); code != http.StatusOK || again != first {
		t.Errorf("the same request after a restart: %d %s, same ticket: %v", code, kind, again == first)
	}
}

func TestTheFirstStateStandsInThePage(t *testing.T) {
	t.Parallel()
	r := start(t, node(t, "front", shop.RoleReception, `shop = "</script><b>"`), edge.Rooms{})
	_, page := r.get(t, "/desk")
	_, state, ok := strings.Cut(page, `<script type="application/json" id="state">`)
	state, _, ended := strings.Cut(state, "</script>")
	if !ok || !ended {
		t.Fatal("the page has no state")
	}
	var view struct {
		Version string         `json:"version"`
		AsOf    map[string]any `json:"as_of"`
		View    struct {
			Shop string `json:"shop"`
		} `json:"view"`
	}
	if err := json.Unmarshal([]byte(state), &view); err != nil {
		t.Fatalf("the state is not JSON: %v", err)
	}
	if view.Version == "" || view.AsOf == nil || view.View.Shop != "</script><b>" {
		t.Errorf("the state is %s", state)
	}
}

func TestPortInUseEndsWithAHint(t *testing.T) {
	t.Parallel()
	ln, err := web.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	dir := node(t, "front", shop.RoleReception, "")
	cfg, err := edge.ReadConfig(filepath.Join(dir, "edge.toml"))
	if err != nil {
		t.Fatal(err)
	}
	cfg.HTTP.Listen = ln.Addr().String()
	err = edge.Run(t.Context(), cfg, edge.Rooms{}, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(edge.Hint(err), "http") {
		t.Errorf("got %v with hint %q, want a hint about [http] listen", err, edge.Hint(err))
	}
}

func TestAnotherNodesFolderIsRefused(t *testing.T) {
	t.Parallel()
	dir := node(t, "front", shop.RoleReception, `node = "demo-other"`)
	cfg, err := edge.ReadConfig(filepath.Join(dir, "edge.toml"))
	if err != nil {
		t.Fatal(err)
	}
	err = edge.Run(t.Context(), cfg, edge.Rooms{}, slog.New(slog.DiscardHandler))
	if !errors.Is(err, edge.ErrOtherNode) || edge.Hint(err) == "" {
		t.Errorf("got %v, want ErrOtherNode with a hint", err)
	}
}

func TestSocketAnswersTheOperator(t *testing.T) {
	t.Parallel()
	dir := node(t, "front", shop.RoleReception, "")
	if err := os.WriteFile(filepath.Join(dir, edge.SocketName), nil, 0o600); err != nil { // a dead one's
		t.Fatal(err)
	}
	r := start(t, dir, edge.Rooms{})
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return edge.DialSocket(ctx, dir)
	}}}
	var status edge.Status
	housetest.Until(t, "the socket answers /status", func() bool {
		resp, err := ask(t, client, "/status")
		if err != nil {
			return false
		}
		defer func() { _ = resp.Body.Close() }()
		return json.NewDecoder(resp.Body).Decode(&status) == nil
	})
	if status.Node != "demo-front" || status.Listen != r.addr || len(status.Origins) != 1 {
		t.Errorf("the status is %+v", status)
	}
	if info, err := os.Stat(filepath.Join(dir, edge.SocketName)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket is %v, %v, want mode 0600", info, err)
	}
	for path, want := range map[string]string{"/sessions": "[]", "/session?scan=none": `{"error":"` + edge.ErrNoScan.Error() + `"}`} {
		resp, err := ask(t, client, path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err := errors.Join(err, resp.Body.Close()); err != nil || strings.TrimSpace(string(body)) != want {
			t.Errorf("%s says %s, %v, want %s", path, body, err, want)
		}
	}
	resp, err := ask(t, client, "/tail?follow=1")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if code, kind := r.post(t, "/api/v1/checkin/open", openBody(7), nil); code != http.StatusOK {
		t.Fatalf("open a check-in: %d %s", code, kind)
	}
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if strings.Contains(lines.Text(), `"kind":"job.opened"`) {
			return
		}
	}
	t.Error("the tail ended before it showed what was written")
}

func ask(t *testing.T, client *http.Client, path string) (*http.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://pitlane"+path, nil)
	if err != nil {
		return nil, err
	}
	return client.Do(req)
}

func TestTheDocumentOfAnEdgeIsTrue(t *testing.T) {
	t.Parallel()
	r := start(t, node(t, "front", shop.RoleReception, ""), edge.Rooms{})
	_, body := r.get(t, "/api/openapi.json")
	var doc struct {
		Paths map[string]map[string]struct {
			RequestBody struct {
				Content map[string]struct {
					Example any `json:"example"`
				} `json:"content"`
			} `json:"requestBody"`
		} `json:"paths"`
	}
	if err := json.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatal(err)
	}
	posts := 0
	for path, ops := range doc.Paths {
		op, ok := ops["post"]
		if !ok {
			continue
		}
		posts++
		example := op.RequestBody.Content["application/json"].Example
		if example == nil {
			t.Errorf("POST %s has no example", path)
			continue
		}
		if strings.HasSuffix(path, "/checkin/open") { // its wish must be new to this edge
			example.(map[string]any)["request"] = hex.EncodeToString([]byte("0123456789abcdef"))
		}
		code, kind := r.post(t, path, example, nil)
		if code == http.StatusBadRequest || code >= 500 && kind != "no_cabinet" && kind != "no_scanner" {
			t.Errorf("POST %s refuses its own example: %d %s", path, code, kind)
		}
	}
	if posts != 36 {
		t.Errorf("got %d calls, want 36", posts)
	}
}
