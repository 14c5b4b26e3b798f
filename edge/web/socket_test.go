package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"pitlane/edge/web"
)

// counter is a feed whose state is a number.
type counter struct {
	mu   sync.Mutex
	n    int
	news chan struct{}
	size int
}

func newCounter() *counter { return &counter{news: make(chan struct{})} }

func (c *counter) add() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	close(c.news)
	c.news = make(chan struct{})
}

func (c *counter) Wait(ctx context.Context, _, version string) (any, string, error) {
	for {
		c.mu.Lock()
		n, news := c.n, c.news
		c.mu.Unlock()
		if v := strconv.Itoa(n); v != version {
			return map[string]any{"version": v, "view": strings.Repeat("x", c.size)}, v, nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return nil, "", ctx.Err()
		}
	}
}

type beat struct {
	Version string `json:"version"`
}

func (b beat) At(version string) any { return beat{version} }

func (c *counter) Heartbeat(screen string) any {
	if screen != "board" {
		return nil
	}
	return beat{}
}

// serve starts a server and returns its address and what stops it.
func serve(t *testing.T, feed web.Feed) (addr string, stop func() error) {
	t.Helper()
	ln, err := web.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := web.NewMetrics()
	api, err := web.NewAPI("test", web.Socket(feed, m))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	log := slog.New(slog.DiscardHandler)
	go func() {
		ended <- web.Serve(ctx, ln, web.Watch(m, log, web.Guard([]string{ln.Addr().String()}, api)), log)
	}()
	stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() { _ = stop() })
	return ln.Addr().String(), stop
}

func dial(t *testing.T, addr, query string, header http.Header) (*websocket.Conn, *http.Response, error) {
	t.Helper()
	c, resp, err := websocket.DefaultDialer.DialContext(t.Context(), "ws://"+addr+"/ws"+query, header)
	if err == nil {
		t.Cleanup(func() { _ = c.Close() })
	}
	return c, resp, err
}

func origin(addr string) http.Header { return http.Header{"Origin": {"http://" + addr}} }

func read(t *testing.T, c *websocket.Conn) map[string]any {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(time.Minute))
	_, body, err := c.ReadMessage()
	if err != nil {
		t.Fatalf("read from the socket: %v", err)
	}
	var m map[string]any
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSocketGivesASnapshotThenNewsThenAHeartbeat(t *testing.T) {
	t.Parallel()
	feed := newCounter()
	addr, _ := serve(t, feed)
	c, _, err := dial(t, addr, "?screen=board&since=other-1", origin(addr))
	if err != nil {
		t.Fatal(err)
	}
	if m := read(t, c); m["version"] != "0" {
		t.Fatalf("the first message is %v, want the snapshot", m)
	}
	feed.add()
	if m := read(t, c); m["version"] != "1" {
		t.Fatalf("got %v, want version 1", m)
	}
	m := read(t, c)
	if _, ok := m["view"]; ok || m["version"] != "1" {
		t.Fatalf("got %v, want a heartbeat of version 1 without view", m)
	}
}

func TestSocketWithTheNewestVersionBeginsWithAHeartbeat(t *testing.T) {
	t.Parallel()
	addr, _ := serve(t, newCounter())
	c, _, err := dial(t, addr, "?screen=board&since=0", origin(addr))
	if err != nil {
		t.Fatal(err)
	}
	if m := read(t, c); m["view"] != nil {
		t.Fatalf("got %v, want a heartbeat", m)
	}
}

func TestSocketRefuses(t *testing.T) {
	t.Parallel()
	addr, _ := serve(t, newCounter())
	tests := []struct {
		name, query string
		header      http.Header
		status      int
	}{
		{"a missing Origin", "?screen=board", nil, 403},
		{"another Origin", "?screen=board", origin("evil.test"), 403},
		{"an unknown screen", "?screen=secrets", origin(addr), 404},
	}
	for _, tt := range tests {
		_, resp, err := dial(t, addr, tt.query, tt.header)
		if err == nil || resp == nil || resp.StatusCode != tt.status {
			t.Errorf("%s: got %v, %v, want status %d", tt.name, resp, err, tt.status)
		}
	}
}

func TestSocketOverItsReadLimitIsClosed(t *testing.T) {
	t.Parallel()
	addr, _ := serve(t, newCounter())
	c, _, err := dial(t, addr, "?screen=board", origin(addr))
	if err != nil {
		t.Fatal(err)
	}
	// The server may hang up in the middle of it: that is what is wanted.
	_ = c.WriteMessage(websocket.TextMessage, make([]byte, 64<<10))
	_ = c.SetReadDeadline(time.Now().Add(time.Minute))
	for {
		if _, _, err := c.ReadMessage(); err != nil {
			if netErr, ok := errors.AsType[net.Error](err); ok && netErr.Timeout() {
				t.Fatal("the socket was not closed")
			}
			return
		}
	}
}

func TestServeEndsWithOpenSockets(t *testing.T) {
	t.Parallel()
	addr, stop := serve(t, newCounter())
	c, _, err := dial(t, addr, "?screen=board", origin(addr))
	if err != nil {
		t.Fatal(err)
	}
	read(t, c)
	if err := stop(); err != nil {
		t.Fatalf("stop with an open socket: %v", err)
	}
	for err == nil {
		_, _, err = c.ReadMessage()
	}
	if !websocket.IsCloseError(err, websocket.CloseGoingAway) {
		t.Errorf("the screen was told %v, want going away", err)
	}
}

func TestPortInUseSaysWhatToDo(t *testing.T) {
	t.Parallel()
	ln, err := web.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	_, err = web.Listen(t.Context(), ln.Addr().String())
	e, ok := errors.AsType[*web.Error](err)
	if !ok || e.Kind != "port_in_use" || e.Hint == "" {
		t.Errorf("got %v, want port_in_use with a hint", err)
	}
}
