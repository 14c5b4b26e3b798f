package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"pitlane/edge/board"
	"pitlane/edge/web"
)

// Viewer is what is true now (board.Board), per audience. Both methods are called
// from the goroutine of each open screen.
type Viewer interface {
	View(a board.Audience) board.View
	Wait(ctx context.Context, a board.Audience, version string) (board.View, error)
}

// Config joins the screens to what they show and do.
type Config struct {
	Title   string // of the OpenAPI document
	Board   Viewer
	Files   fs.FS // the built screens: kiosk.html, assets/…
	Actions []web.Action
	Metrics *web.Metrics
	Ready   func() error // nil once the edge can take work
	Zone    *time.Location
	// ShopKey is the shop's verifier key, for the page that checks receipts.
	ShopKey string
	// Receipt gives the receipt of a token; nil: there are none here.
	Receipt func(ctx context.Context, token string) (name string, file []byte, ok bool)
}

// Screens are the names of an edge's screens, each the name of its audience too.
func Screens() []board.Audience {
	return []board.Audience{board.Kiosk, board.Waiting, board.Bay, board.Desk}
}

// feeds are the screens and what a part of one is told on a socket of its own.
func feeds() []board.Audience { return append(Screens(), board.Live) }

// New makes the table of everything an edge serves. Put web.Guard before it.
func New(cfg Config) (*web.API, error) {
	if cfg.Zone == nil {
		cfg.Zone = time.Local
	}
	h := &hub{cfg: cfg, sent: map[board.Audience]sent{}}
	actions := []web.Action{
		web.NewPage("/{$}", "the screens of this edge", "text/html", h.index),
		web.NewPage("/assets/{name...}", "scripts, styles and pictures of the screens", "application/octet-stream", web.Assets(cfg.Files)),
		web.Socket(h, cfg.Metrics),
		web.NewPage("/verify", "the page that checks a receipt, offline", "text/html", h.verifyPage),
		web.NewPage("/receipt/{token}", "a customer's receipt (C2SP tlog-proof)", "application/octet-stream", h.receipt),
	}
	for _, a := range Screens() {
		actions = append(actions, web.NewPage("/"+string(a), "the "+screenName(a)+" screen", "text/html", h.page(a)))
	}
	actions = append(actions, web.Health(cfg.Metrics, cfg.Ready)...)
	api, err := web.NewAPI(cfg.Title, append(actions, cfg.Actions...)...)
	if err != nil {
		return nil, fmt.Errorf("make the hub: %w", err)
	}
	return api, nil
}

type hub struct {
	cfg  Config
	mu   sync.Mutex
	sent map[board.Audience]sent
}

// sent is the newest body of an audience in bytes, made once for all its screens.
// Its age is not part of it: that is told anew to each.
type sent struct {
	version string
	body    json.RawMessage
}

// Wait implements web.Feed.
func (h *hub) Wait(ctx context.Context, screen, version string) (any, string, error) {
	view, err := h.cfg.Board.Wait(ctx, board.Audience(screen), version)
	if err != nil {
		return nil, "", err
	}
	body, err := h.bytes(board.Audience(screen), view)
	if err != nil {
		return nil, "", err
	}
	view.Body = body
	return view, view.Version, nil
}

func (h *hub) bytes(a board.Audience, view board.View) (json.RawMessage, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.sent[a]; s.version == view.Version && s.body != nil {
		return s.body, nil
	}
	body, err := json.Marshal(view.Body)
	if err != nil {
		return nil, fmt.Errorf("write a view: %w", err)
	}
	h.sent[a] = sent{view.Version, body}
	return body, nil
}

// Heartbeat implements web.Feed.
func (h *hub) Heartbeat(screen string) any {
	for _, a := range feeds() {
		if string(a) == screen {
			v := h.cfg.Board.View(a)
			return web.Heartbeat{Now: v.Now, AsOf: v.AsOf}
		}
	}
	return nil
}
