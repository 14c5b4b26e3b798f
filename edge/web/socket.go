package web

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/gorilla/websocket"
)

// Feed is what a screen's WebSocket is fed from. Both methods are called from the
// goroutine of each open screen.
type Feed interface {
	// Wait blocks until there is something newer than version for the screen, and
	// returns it with its version. An unknown version gets the whole state at once.
	// A cancelled ctx ends it with the ctx's error.
	Wait(ctx context.Context, screen, version string) (message any, newer string, err error)
	// Heartbeat is the message sent when nothing is new; nil means that there is no
	// such screen.
	Heartbeat(screen string) any
}

// Versioned is a heartbeat that names the version which the screen has already
// been given.
type Versioned interface{ At(version string) any }

// Heartbeat says that the state is unchanged, and how old each node's news is.
type Heartbeat struct {
	Version string               `json:"version"`
	Now     time.Time            `json:"now"`
	AsOf    map[string]time.Time `json:"as_of"`
}

// At implements Versioned: a heartbeat names the version that the screen has, never a
// newer one that it was not given.
func (b Heartbeat) At(version string) any {
	b.Version = version
	return b
}

// The limits of a screen's socket.
const (
	pingEvery = 10 // beats
	answerIn  = 60 * time.Second
	readLimit = 4 << 10
)

// pace is how often a screen hears that nothing is new, and how long it may take
// for a message.
type pace struct{ beat, write time.Duration }

// Socket is GET /ws?screen=NAME&since=VERSION on feed. A screen that does not take
// a message within 5 s is dropped; it comes back by itself and gets a snapshot.
func Socket(feed Feed, m *Metrics) Action {
	return socket(feed, m, pace{beat: 2 * time.Second, write: 5 * time.Second})
}

func socket(feed Feed, m *Metrics, p pace) Action {
	s := &sockets{feed: feed, metrics: m, pace: p, up: websocket.Upgrader{
		HandshakeTimeout: p.write, ReadBufferSize: 1024, WriteBufferSize: 16 << 10,
		// Guard has held the Origin against the list; a request that did not come
		// through it is refused.
		CheckOrigin: guarded,
		Error: func(w http.ResponseWriter, _ *http.Request, status int, _ error) {
			WriteError(w, Fail(status, "websocket", "this address speaks WebSocket only", "open it as ws:// or wss://"))
		},
	}}
	return NewPage("/ws", "live state of a screen (WebSocket)", jsonType, s.serve,
		Param{"screen", "name of the screen"}, Param{"since", "version of the state that the screen already has"})
}

type sockets struct {
	feed    Feed
	metrics *Metrics
	pace    pace
	up      websocket.Upgrader
}

func (s *sockets) serve(w http.ResponseWriter, r *http.Request) {
	screen := r.URL.Query().Get("screen")
	if s.feed.Heartbeat(screen) == nil {
		WriteError(w, Fail(http.StatusNotFound, "screen", "there is no such screen", "see /api/openapi.json"))
		return
	}
	ctx, done := adopt(r.Context())
	defer done()
	conn, err := s.up.Upgrade(hijackable{w}, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	open := s.metrics.sockets.WithLabelValues(screen)
	open.Inc()
	defer open.Dec()
	ctx, cancel := context.WithCancel(ctx)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		defer cancel()
		listen(conn)
	}()
	if slow := s.tell(ctx, conn, screen, r.URL.Query().Get("since")); slow {
		s.metrics.dropped.Inc()
	}
	_ = conn.Close() // ends listen; an error says that it is closed already
	<-gone
}

// listen takes what a screen sends only to notice that it is still there.
func listen(conn *websocket.Conn) {
	conn.SetReadLimit(readLimit)
	alive := func(string) error { return conn.SetReadDeadline(time.Now().Add(answerIn)) }
	if alive("") != nil {
		return
	}
	conn.SetPongHandler(alive)
	for {
		if _, _, err := conn.NextReader(); err != nil {
			return
		}
	}
}

// tell sends states and heartbeats until ctx ends or the screen fails; it says
// whether the screen was too slow. There is no queue: what was missed while a
// write was under way is skipped, as Wait gives the newest.
func (s *sockets) tell(ctx context.Context, conn *websocket.Conn, screen, version string) (slow bool) {
	for beats := 1; ; {
		wait, cancel := context.WithTimeout(ctx, s.pace.beat)
		message, newer, err := s.feed.Wait(wait, screen, version)
		cancel()
		switch {
		case ctx.Err() != nil:
			farewell(conn)
			return false
		case err == nil:
			version = newer
		case errors.Is(err, context.DeadlineExceeded):
			if message = s.feed.Heartbeat(screen); message == nil {
				return false
			}
			if v, ok := message.(Versioned); ok {
				message = v.At(version)
			}
			beats++
		default:
			farewell(conn)
			return false
		}
		if err := s.send(conn, message, beats%pingEvery == 0); err != nil {
			var timeout net.Error
			return errors.As(err, &timeout) && timeout.Timeout()
		}
	}
}

func (s *sockets) send(conn *websocket.Conn, message any, ping bool) error {
	body, err := json.Marshal(message)
	if err != nil {
		return err
	}
	until := time.Now().Add(s.pace.write)
	if err := conn.SetWriteDeadline(until); err != nil {
		return err
	}
	if err := conn.WriteMessage(websocket.TextMessage, body); err != nil || !ping {
		return err
	}
	return conn.WriteControl(websocket.PingMessage, nil, until)
}

func farewell(conn *websocket.Conn) {
	goodbye := websocket.FormatCloseMessage(websocket.CloseGoingAway, "")
	// Best effort: the screen reconnects by itself whether it hears this or not.
	_ = conn.WriteControl(websocket.CloseMessage, goodbye, time.Now().Add(100*time.Millisecond))
}

// hijackable finds the Hijacker behind the wrappers of the chain, which gorilla
// asks for by type.
type hijackable struct{ http.ResponseWriter }

func (h hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(h.ResponseWriter).Hijack()
}
