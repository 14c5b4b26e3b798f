package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"pitlane/edge/job"
)

// screen is what a person does at one edge: he looks (WebSocket) and taps (POST).
type screen struct {
	base string // http://127.0.0.1:8080
	http *http.Client
}

func newScreen(base string) *screen {
	return &screen{base: base, http: &http.Client{Timeout: 30 * time.Second}}
}

// refusal is the edge's "no", with its reason from the closed list.
type refusal struct {
	Status              int
	Kind, Message, Hint string
}

func (r *refusal) Error() string { return fmt.Sprintf("%s (%d): %s", r.Kind, r.Status, r.Message) }

// tap sends one state-changing call with a new request id and reads the answer
// into out (nil: ignored).
func (s *screen) tap(ctx context.Context, path string, in map[string]any, out any) error {
	if in["request"] == nil {
		in["request"] = newRequest()
	}
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Pitlane", "1")
	req.Header.Set("Origin", s.base)
	res, err := s.http.Do(req)
	if err != nil {
		return fmt.Errorf("call %s: %w", path, err)
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("read the answer of %s: %w", path, err)
	}
	if res.StatusCode/100 != 2 {
		var e struct{ Error refusal }
		_ = json.Unmarshal(data, &e) // a broken answer leaves the status to speak
		e.Error.Status = res.StatusCode
		return fmt.Errorf("call %s: %w", path, &e.Error)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(data, out); err != nil {
		return fmt.Errorf("decode the answer of %s: %w", path, err)
	}
	return nil
}

func newRequest() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}

// message is one frame of /ws. View is nil in a heartbeat.
type message struct {
	Version string               `json:"version"`
	Now     time.Time            `json:"now"`
	AsOf    map[string]time.Time `json:"as_of"`
	View    json.RawMessage      `json:"view"`
}

// look opens the screen's WebSocket and calls f with each message until f returns
// false, the connection ends or ctx does.
func (s *screen) look(ctx context.Context, name string, f func(message) bool) error {
	u, err := url.Parse(s.base)
	if err != nil {
		return err
	}
	u.Scheme, u.Path, u.RawQuery = "ws", "/ws", "screen="+url.QueryEscape(name)
	conn, res, err := websocket.DefaultDialer.DialContext(ctx, u.String(), http.Header{"Origin": {s.base}})
	if err != nil {
		return fmt.Errorf("open the %s screen: %w", name, err)
	}
	if res != nil && res.Body != nil {
		_ = res.Body.Close()
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	defer func() { _ = conn.Close() }()
	for {
		var m message
		if err := conn.ReadJSON(&m); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("read the %s screen: %w", name, err)
		}
		if !f(m) {
			return nil
		}
	}
}

// eyes keeps the newest view of one screen, reconnecting by itself.
type eyes[V any] struct {
	mu    sync.Mutex
	view  V
	seen  bool
	fresh chan struct{} // closed and replaced at each change
}

func newEyes[V any]() *eyes[V] { return &eyes[V]{fresh: make(chan struct{})} }

// run looks until ctx ends.
func (e *eyes[V]) run(ctx context.Context, s *screen, name string) {
	for ctx.Err() == nil {
		_ = s.look(ctx, name, func(m message) bool { // a lost connection is opened again
			if m.View != nil {
				e.put(m.View)
			}
			return true
		})
		pause(ctx, 200*time.Millisecond)
	}
}

func (e *eyes[V]) put(raw json.RawMessage) {
	var v V
	if json.Unmarshal(raw, &v) != nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.view, e.seen = v, true
	close(e.fresh)
	e.fresh = make(chan struct{})
}

// now is the newest view; ok is false before the first.
func (e *eyes[V]) now() (v V, ok bool, changed <-chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.view, e.seen, e.fresh
}

// pause waits for d or the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// customer is a person with a car.
type customer struct {
	Lang   string
	Plate  string
	Public string // masked or ticket
	Name   string
	Phone  string
	Taps   []string
	Words  string
	Items  []string // belongings
	Extra  string   // what the technician will find
}

// checkin is what the kiosk gave back.
type checkin struct {
	Job    string `json:"job"`
	Ticket string `json:"ticket"`
	Code   string `json:"code"`
	Slot   int    `json:"slot"`
	Order  struct {
		TextHash string `json:"text_hash"`
	} `json:"order"`
}

// open gives plate, fault, walk-round and belongings.
func (s *screen) open(ctx context.Context, c customer) (checkin, error) {
	var got checkin
	err := s.tap(ctx, "/api/v1/checkin/open", map[string]any{
		"lang": c.Lang, "purpose": "repair", "plate": c.Plate, "plate_public": c.Public,
		"phone": c.Phone, "name": c.Name,
		"complaint":  job.Complaint{Taps: c.Taps, Words: c.Words},
		"walkround":  map[string]any{"none": true, "marks": []string{}},
		"belongings": map[string]any{"none": len(c.Items) == 0, "items": append([]string{}, c.Items...)},
		"assistance": false,
	}, &got)
	return got, err
}

// sign consents to the diagnosis and signs exactly the text that was shown.
func (s *screen) sign(ctx context.Context, c checkin) error {
	return s.tap(ctx, "/api/v1/checkin/sign", map[string]any{
		"job": c.Job, "text_hash": c.Order.TextHash, "consent_scan": true, "strokes": scribble(),
	}, nil)
}

// scribble is a signature of one stroke, in signature_pad's form.
func scribble() json.RawMessage {
	var b strings.Builder
	b.WriteString(`[{"points":[`)
	for i := range 12 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"x":%d,"y":%d,"pressure":0.5,"time":%d}`, 20+i*9, 40+(i%3)*12, i*16)
	}
	b.WriteString(`]}]`)
	return json.RawMessage(b.String())
}
