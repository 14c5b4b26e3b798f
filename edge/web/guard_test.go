package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"pitlane/edge/web"
)

type echoIn struct {
	Word  string   `json:"word" rule:"required,max=5"`
	Kind  string   `json:"kind" rule:"enum=a|b"`
	Many  []string `json:"many" rule:"items=2,max=3"`
	Inner inner    `json:"inner"`
}

type inner struct {
	Text string `json:"text" rule:"max=4"`
}

type echoOut struct {
	Word string `json:"word"`
}

func echo(_ context.Context, in echoIn) (echoOut, error) {
	if in.Word == "boom" {
		return echoOut{}, io.ErrUnexpectedEOF
	}
	return echoOut{in.Word}, nil
}

func guardedAPI(t *testing.T) http.Handler {
	t.Helper()
	m := web.NewMetrics()
	api, err := web.NewAPI("test", append(web.Health(m, func() error { return nil }),
		web.NewAction("/api/v1/echo", "say it again", echo).Example(echoIn{Word: "hello"}),
		web.NewQuery("/api/v1/things/{id}", "one thing", func(_ context.Context, arg func(string) string) (echoOut, error) {
			return echoOut{arg("id") + arg("more")}, nil
		}, web.Param{Name: "more", Doc: "appended"}))...)
	if err != nil {
		t.Fatal(err)
	}
	return web.Watch(m, slog.New(slog.DiscardHandler), web.Guard([]string{"edge.test:8080"}, api))
}

func request(method, path, body string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host = "edge.test:8080"
	if method == http.MethodPost {
		r.Header.Set("Origin", "http://edge.test:8080")
		r.Header.Set("X-Pitlane", "1")
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

func kindOf(t *testing.T, body []byte) string {
	t.Helper()
	var e web.ErrorBody
	if err := json.Unmarshal(body, &e); err != nil {
		t.Fatalf("the answer is not an error body: %s", body)
	}
	return e.Error.Kind
}

func TestGuardRefuses(t *testing.T) {
	t.Parallel()
	h := guardedAPI(t)
	tests := []struct {
		name   string
		method string
		change func(*http.Request)
		status int
		kind   string
	}{
		{"a good POST passes", "POST", func(*http.Request) {}, 200, ""},
		{"a charset of UTF-8 passes", "POST", func(r *http.Request) { r.Header.Set("Content-Type", "application/json; charset=UTF-8") }, 200, ""},
		{"https of the same host passes", "POST", func(r *http.Request) { r.Header.Set("Origin", "https://edge.test:8080") }, 200, ""},
		{"a GET without Origin passes", "GET", func(*http.Request) {}, 200, ""},
		{"another Host", "POST", func(r *http.Request) { r.Host = "evil.test:8080" }, 421, "host"},
		{"another Host on a GET", "GET", func(r *http.Request) { r.Host = "evil.test" }, 421, "host"},
		{"the Host without its port", "GET", func(r *http.Request) { r.Host = "edge.test" }, 421, "host"},
		{"a Host that only begins so", "GET", func(r *http.Request) { r.Host = "edge.test:80801" }, 421, "host"},
		{"no Host", "GET", func(r *http.Request) { r.Host = "" }, 421, "host"},
		{"no Origin", "POST", func(r *http.Request) { r.Header.Del("Origin") }, 403, "origin"},
		{"Origin null", "POST", func(r *http.Request) { r.Header.Set("Origin", "null") }, 403, "origin"},
		{"an empty Origin", "POST", func(r *http.Request) { r.Header.Set("Origin", "") }, 403, "origin"},
		{"two Origins", "POST", func(r *http.Request) { r.Header.Add("Origin", "http://edge.test:8080") }, 403, "origin"},
		{"another Origin", "POST", func(r *http.Request) { r.Header.Set("Origin", "http://evil.test") }, 403, "origin"},
		{"another Origin on a GET", "GET", func(r *http.Request) { r.Header.Set("Origin", "http://evil.test") }, 403, "origin"},
		{"an Origin of another scheme", "POST", func(r *http.Request) { r.Header.Set("Origin", "file://edge.test:8080") }, 403, "origin"},
		{"an upgrade without Origin", "GET", func(r *http.Request) {
			r.Header.Set("Connection", "keep-alive, Upgrade")
			r.Header.Set("Upgrade", "websocket")
		}, 403, "origin"},
		{"no X-Pitlane", "POST", func(r *http.Request) { r.Header.Del("X-Pitlane") }, 403, "header"},
		{"a form", "POST", func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }, 415, "content_type"},
		{"no content type", "POST", func(r *http.Request) { r.Header.Del("Content-Type") }, 415, "content_type"},
		{"another charset", "POST", func(r *http.Request) { r.Header.Set("Content-Type", "application/json; charset=gbk") }, 415, "content_type"},
		{"PUT", "PUT", func(r *http.Request) { r.Header.Set("Origin", "http://edge.test:8080") }, 405, "method"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path, body := "/api/v1/echo", `{"word":"hello"}`
			if tt.method == http.MethodGet {
				path, body = "/healthz", ""
			}
			r := request(tt.method, path, body)
			tt.change(r)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != tt.status {
				t.Fatalf("got status %d, want %d: %s", w.Code, tt.status, w.Body)
			}
			if tt.kind != "" && kindOf(t, w.Body.Bytes()) != tt.kind {
				t.Fatalf("got %s, want kind %s", w.Body, tt.kind)
			}
			for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Cache-Control"} {
				if w.Header().Get(name) == "" {
					t.Errorf("the answer has no %s", name)
				}
			}
			if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") {
				t.Errorf("the policy is too wide: %s", csp)
			}
		})
	}
}

func TestBodiesAreTakenStrictly(t *testing.T) {
	t.Parallel()
	h := guardedAPI(t)
	big := `{"word":"` + strings.Repeat("x", web.MaxBody) + `"}`
	tests := []struct {
		name, body string
		status     int
		kind       string
	}{
		{"an unknown field", `{"word":"a","wrod":"b"}`, 400, "unknown_field"},
		{"an unknown field inside", `{"word":"a","inner":{"x":1}}`, 400, "unknown_field"},
		{"a missing field", `{}`, 400, "missing"},
		{"blanks where something must be said", `{"word":" \t\n "}`, 400, "missing"},
		{"a field that is too long", `{"word":"123456"}`, 400, "too_long"},
		{"characters are counted, not bytes", `{"word":"一二三四五"}`, 200, ""},
		{"a field inside that is too long", `{"word":"a","inner":{"text":"12345"}}`, 400, "too_long"},
		{"an entry that is too long", `{"word":"a","many":["1234"]}`, 400, "too_long"},
		{"too many entries", `{"word":"a","many":["1","2","3"]}`, 400, "too_long"},
		{"a word of no list", `{"word":"a","kind":"c"}`, 400, "not_one_of"},
		{"control characters", `{"word":"a\u0000"}`, 400, "text"},
		{"another type", `{"word":1}`, 400, "json"},
		{"no JSON", `word=a`, 400, "json"},
		{"nothing", ``, 400, "json"},
		{"half of it", `{"word":"a"`, 400, "json"},
		{"two values", `{"word":"a"}{"word":"b"}`, 400, "json"},
		{"64 KiB and more", big, 413, "too_large"},
		{"what goes wrong inside is not told", `{"word":"boom"}`, 500, "internal"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, known := range []bool{true, false} {
				r := request("POST", "/api/v1/echo", tt.body)
				if !known {
					r.ContentLength = -1
					r.Body = io.NopCloser(bytes.NewBufferString(tt.body))
				}
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				if w.Code != tt.status || (tt.kind != "" && kindOf(t, w.Body.Bytes()) != tt.kind) {
					t.Fatalf("got %d %.200s, want %d %s", w.Code, w.Body, tt.status, tt.kind)
				}
				if strings.Contains(w.Body.String(), "unexpected EOF") {
					t.Fatalf("the answer tells what went wrong inside: %s", w.Body)
				}
			}
		})
	}
}

func TestUnknownAddressesAnswerInJSON(t *testing.T) {
	t.Parallel()
	h := guardedAPI(t)
	for path, want := range map[string]int{"/nothing": 404, "/api/v1/echo": 405} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, request("GET", path, ""))
		if w.Code != want || kindOf(t, w.Body.Bytes()) == "" {
			t.Errorf("GET %s: got %d %s, want %d", path, w.Code, w.Body, want)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, request("GET", "/api/v1/things/7?more=8", ""))
	if got := strings.TrimSpace(w.Body.String()); got != `{"word":"78"}` {
		t.Errorf("a query answers %s", got)
	}
}

func TestLogAndMetricsNameRoutesNotAddresses(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	m := web.NewMetrics()
	api, err := web.NewAPI("test", append(web.Health(m, func() error { return nil }),
		web.NewQuery("/api/v1/things/{id}", "one thing", func(context.Context, func(string) string) (echoOut, error) {
			return echoOut{}, nil
		}))...)
	if err != nil {
		t.Fatal(err)
	}
	h := web.Watch(m, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), web.Guard([]string{"edge.test:8080"}, api))
	h.ServeHTTP(httptest.NewRecorder(), request("GET", "/api/v1/things/SECRET?q=SECRET", ""))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, request("GET", "/metrics", ""))
	if !strings.Contains(w.Body.String(), `route="GET /api/v1/things/{id}"`) {
		t.Errorf("the metrics do not name the route:\n%s", w.Body)
	}
	if strings.Contains(log.String()+w.Body.String(), "SECRET") {
		t.Error("an address is in the log or the metrics")
	}
}
