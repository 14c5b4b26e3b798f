package edge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	kioskui "pitlane/kiosk-ui"

	"pitlane/edge/board"
	"pitlane/edge/hub"
	"pitlane/edge/web"
)

// Run is an edge: it opens the journal, lets the board catch up, serves the
// screens, then minds devices and links, until ctx ends. It stops in two breaths:
// intake first, then the links, which send what is left within 3 s; the journal is
// closed last. A nil error means an end by ctx, ErrRestart that the door opens it anew.
func Run(ctx context.Context, cfg Config, rooms Rooms, log *slog.Logger) error {
	h, err := open(ctx, cfg, rooms, log)
	if err != nil {
		return ended(ctx, err)
	}
	err = h.run(ctx)
	if cerr := h.journal.Close(); cerr != nil {
		err = errors.Join(err, fmt.Errorf("close the journal: %w", cerr))
	}
	if cerr := h.vault.Close(); cerr != nil {
		err = errors.Join(err, fmt.Errorf("close the vault: %w", cerr))
	}
	return err
}

// roomEvery is how often the disk is asked for room.
const roomEvery = 5 * time.Second

// run holds the two breaths: what takes in, and what lasts longer than it.
func (h *house) run(ctx context.Context) error {
	intake, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	lasting, end := context.WithCancel(context.WithoutCancel(ctx))
	carrying, ground := context.WithCancel(lasting)
	var late, early, couriers sync.WaitGroup
	defer late.Wait()
	defer end()
	defer couriers.Wait() // they send what is left, before the broker goes
	defer ground()

	late.Go(func() { h.boardRoom(lasting, fail) })
	late.Go(func() { h.mind(lasting, "erasing", h.eraseAsTold) })
	early.Go(func() { h.restart(intake, fail) })
	early.Go(func() { h.mind(intake, "trimming", h.trim) })
	if err := h.caughtUp(intake); err != nil {
		return ended(ctx, err)
	}
	ln, err := h.listener(intake)
	if err != nil {
		return ended(ctx, err)
	}
	h.writeNews(intake)
	for _, f := range h.faults {
		h.board.Tell(board.Now{Fault: &f})
	}
	early.Go(func() { h.screens(intake, ln, fail) })
	early.Go(func() { h.mind(intake, "keys and scanner", h.bay.Run) })
	early.Go(func() { h.mind(intake, "desk", h.desk.Run) })
	early.Go(func() { h.watchClock(intake) })
	early.Go(func() { h.timers(intake) })
	early.Go(func() { h.mind(intake, "retention", h.retain) })
	early.Go(func() { h.watched.watch(intake, roomEvery) })
	if sock := h.openSocket(intake); sock != nil {
		late.Go(func() { h.socket(lasting, sock, ln.Addr()) })
	}
	for _, beside := range h.rooms.Beside {
		late.Go(func() { h.besides(lasting, beside) })
	}
	for _, c := range h.rooms.Couriers {
		couriers.Go(func() {
			h.besides(carrying, func(ctx context.Context) error { return c.Run(ctx, h.journal, h.board) })
		})
	}
	h.log.Info("edge open", "listen", ln.Addr().String())
	if h.rooms.Serving != nil {
		h.rooms.Serving(ln.Addr())
	}
	early.Wait()
	return ended(ctx, context.Cause(intake))
}

// ended tells an end by the caller from one by a fault.
func ended(ctx context.Context, cause error) error {
	if ctx.Err() != nil || errors.Is(cause, context.Canceled) {
		return nil
	}
	return cause
}

func (h *house) boardRoom(ctx context.Context, fail func(error)) {
	if err := h.board.Run(ctx); err != nil && ctx.Err() == nil {
		fail(fmt.Errorf("keep the board: %w", err))
	}
}

func (h *house) caughtUp(ctx context.Context) error {
	select {
	case <-h.board.Ready():
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (h *house) listener(ctx context.Context) (net.Listener, error) {
	if h.rooms.Listener != nil {
		return h.rooms.Listener, nil
	}
	return web.Listen(ctx, h.cfg.HTTP.Listen)
}

// screens serves until ctx ends; without screens there is no edge.
func (h *house) screens(ctx context.Context, ln net.Listener, fail func(error)) {
	api, err := hub.New(hub.Config{
		Title: "pitlane edge", Board: h.board, Files: kioskui.FS(), Actions: h.desk.Actions(),
		Metrics: h.metrics, Ready: h.ready, Zone: h.cfg.zone(), ShopKey: h.shopKey(), Receipt: h.desk.Receipt,
	})
	if err != nil {
		_ = ln.Close() // nothing was served
		fail(err)
		return
	}
	handler := h.cfg.HTTP.guard(ln.Addr(), api)
	if err := web.Serve(ctx, ln, web.Watch(h.metrics, h.log, handler), h.log); err != nil && ctx.Err() == nil {
		fail(err)
		return
	}
	fail(nil)
}

// ready: the screens are served only after the board has caught up.
func (h *house) ready() error {
	select {
	case <-h.board.Ready():
		return nil
	default:
		return errors.New("the board is catching up")
	}
}

// hosts are the configured names and the address itself; on loopback, also its
// other names.
func hosts(configured []string, addr net.Addr) []string {
	all := append([]string{}, configured...)
	all = append(all, addr.String())
	host, port, err := net.SplitHostPort(addr.String())
	if ip := net.ParseIP(strings.Trim(host, "[]")); err == nil && ip != nil && (ip.IsLoopback() || ip.IsUnspecified()) {
		all = append(all, "127.0.0.1:"+port, "localhost:"+port, "[::1]:"+port)
	}
	for _, h := range all { // a browser leaves the port of http and https out
		if name, ok := strings.CutSuffix(h, ":80"); ok {
			all = append(all, name)
		} else if name, ok := strings.CutSuffix(h, ":443"); ok {
			all = append(all, name)
		}
	}
	return all
}

// mind runs a room that the screens can do without: when it ends in error they say
// so and everything else goes on.
func (h *house) mind(ctx context.Context, what string, run func(context.Context) error) {
	if err := run(ctx); err != nil && ctx.Err() == nil {
		h.log.Error("a room has ended", "room", what, "error", err)
		h.board.Tell(board.Now{Fault: &board.Fault{Kind: "config", Message: "a part of this edge has stopped: " + what,
			Hint: "look at the edge's log, then start the edge again"}})
	}
}

// besides runs a link or the broker; a fault of theirs costs news, not work.
func (h *house) besides(ctx context.Context, run func(context.Context) error) {
	if err := run(ctx); err != nil && ctx.Err() == nil {
		h.log.Error("a link has ended", "error", err)
		h.board.Tell(board.Now{Fault: &board.Fault{Kind: "broker", Message: "a link to the other nodes has stopped",
			Hint: "look at the edge's log: " + Hint(err)}})
	}
}
