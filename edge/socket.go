package edge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"pitlane/edge/journal"
	"pitlane/edge/receipt"
	"pitlane/edge/tlog"
)

// SocketName is the file in the node's folder through which the operator's tool
// speaks to a running node.
const SocketName = "pitlane.sock"

// StatusNotSealed is the answer to GET /receipt for a visit that is not over.
const StatusNotSealed = http.StatusConflict

// StatusClosed is the answer to GET /receipt for a visit whose data are erased, or whose
// keys this node does not have.
const StatusClosed = http.StatusGone

// StatusNoJob is the answer to GET /receipt for a job that this node holds nothing of.
const StatusNoJob = http.StatusNotFound

// receipt makes the receipt of a visit from what this node holds.
func (h *house) receipt(ctx context.Context, job string) ([]byte, error) {
	shop, err := receipt.ShopOf(h.cfg.Data)
	if err != nil {
		return nil, err
	}
	return receipt.OfJob(ctx, h.journal, shop, job)
}

// shopKey is the shop's verifier key; "" where the folder does not hold it.
func (h *house) shopKey() string {
	shop, err := receipt.ShopOf(h.cfg.Data)
	if err != nil {
		h.log.Warn("the shop's key is not here: pages cannot name it", "error", err)
	}
	return shop.Key
}

// Status is the answer of GET /status on the socket.
type Status struct {
	Node    string      `json:"node"`
	Role    string      `json:"role"`
	Shop    string      `json:"shop"`
	PID     int         `json:"pid"`
	Started time.Time   `json:"started"`
	Listen  string      `json:"listen"`
	Clock   uint8       `json:"clock"` // quality, 0 to 3
	Origins []OriginTip `json:"origins"`
}

// OriginTip is how much of an origin is on the disk.
type OriginTip struct {
	Origin string `json:"origin"`
	Low    uint64 `json:"low"`
	Size   uint64 `json:"size"`
}

// DialSocket connects to the socket of the node whose folder is dir. A folder
// whose path is longer than a socket's may be is reached through a descriptor.
func DialSocket(ctx context.Context, dir string) (net.Conn, error) {
	var d net.Dialer
	short, release, err := shortPath(dir)
	if err != nil {
		return nil, err
	}
	defer release()
	return d.DialContext(ctx, "unix", short)
}

func shortPath(dir string) (path string, release func(), err error) {
	path = filepath.Join(dir, SocketName)
	if len(path) < 100 {
		return path, func() {}, nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return "", nil, fmt.Errorf("open the node's folder: %w", err)
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", f.Fd(), SocketName), func() { _ = f.Close() }, nil
}

// openSocket makes the socket. Without it the tool does not reach the running
// node; the work of the shop goes on.
func (h *house) openSocket(ctx context.Context) net.Listener {
	ln, err := listenSocket(ctx, h.cfg.Data)
	if err != nil {
		h.log.Warn("no socket for the operator's tool", "error", err)
		return nil
	}
	return ln
}

// socket serves the operator's tool until ctx ends.
func (h *house) socket(ctx context.Context, ln net.Listener, listen net.Addr) {
	serving, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	srv := &http.Server{
		Handler: h.socketCalls(listen), ReadHeaderTimeout: 5 * time.Second,
		BaseContext: func(net.Listener) context.Context { return serving },
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		<-ctx.Done()
		cancel() // those who follow end first
		end, done := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer done()
		if srv.Shutdown(end) != nil {
			_ = srv.Close() // whoever is left has had his second
		}
	}()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		h.log.Warn("the socket for the operator's tool has ended", "error", err)
	}
	<-stopped
}

// listenSocket makes the socket for the owner alone. The journal's lock is held,
// so a socket that is there already is a dead one's.
func listenSocket(ctx context.Context, dir string) (net.Listener, error) {
	path := filepath.Join(dir, SocketName)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove the old socket: %w", err)
	}
	short, release, err := shortPath(dir)
	if err != nil {
		return nil, err
	}
	defer release()
	ln, err := new(net.ListenConfig).Listen(ctx, "unix", short)
	if err != nil {
		return nil, fmt.Errorf("listen on the socket: %w", err)
	}
	if u, ok := ln.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(short == path)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("keep the socket to its owner: %w", err), ln.Close())
	}
	return ln, nil
}

func (h *house) socketCalls(listen net.Addr) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) {
		answerJSON(w, h.status(listen))
	})
	mux.HandleFunc("GET /verify", func(w http.ResponseWriter, r *http.Request) {
		answerJSON(w, h.journal.VerifyReport(r.Context()))
	})
	mux.HandleFunc("GET /receipt", func(w http.ResponseWriter, r *http.Request) {
		file, err := h.receipt(r.Context(), r.URL.Query().Get("job"))
		switch {
		case errors.Is(err, receipt.ErrNotSealed):
			http.Error(w, err.Error(), StatusNotSealed)
		case errors.Is(err, receipt.ErrClosed):
			http.Error(w, err.Error(), StatusClosed)
		case errors.Is(err, receipt.ErrNoJob):
			http.Error(w, err.Error(), StatusNoJob)
		case err != nil:
			http.Error(w, err.Error(), http.StatusInternalServerError)
		default:
			_, _ = w.Write(file) // the caller is gone: nobody is left to tell
		}
	})
	mux.HandleFunc("POST /erase", h.socketErase)
	mux.HandleFunc("GET /erase", func(w http.ResponseWriter, r *http.Request) {
		answerJSON(w, h.eraseState(r.URL.Query().Get("job")))
	})
	mux.HandleFunc("GET /tail", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		w.Header().Set("Content-Type", "application/x-ndjson")
		t := tail{journal: h.journal, contact: yes(q.Get("contact")), next: map[string]uint64{}}
		t.run(r.Context(), w, yes(q.Get("follow")))
	})
	h.sessionCalls(mux)
	return mux
}

func yes(s string) bool { return s == "1" || s == "true" }

func answerJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the caller is gone: nobody is left to tell
}

func (h *house) status(listen net.Addr) Status {
	s := Status{Node: h.member.Node, Role: h.member.Role, Shop: h.cfg.Shop, PID: os.Getpid(),
		Started: h.started, Listen: listen.String(), Clock: ClockQuality(), Origins: []OriginTip{}}
	for _, t := range h.journal.Tips() {
		s.Origins = append(s.Origins, OriginTip{t.Origin, t.Low, t.Size})
	}
	return s
}

// tail writes entries as lines, origin by origin, from its own cursors.
type tail struct {
	journal *journal.Journal
	contact bool
	next    map[string]uint64
}

func (t *tail) run(ctx context.Context, w http.ResponseWriter, follow bool) {
	wake, stop := t.journal.Wake()
	defer stop()
	flush := http.NewResponseController(w)
	for {
		if err := t.all(ctx, w); err != nil || !follow {
			return
		}
		if flush.Flush() != nil {
			return
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return
		}
	}
}

func (t *tail) all(ctx context.Context, w http.ResponseWriter) error {
	for _, tip := range t.journal.Tips() {
		from := max(t.next[tip.Origin], tip.Low)
		for e, err := range t.journal.Read(ctx, tip.Origin, from) {
			if err != nil {
				return err
			}
			if _, err := w.Write(tlog.TailLine(e, t.contact)); err != nil {
				return err
			}
			t.next[tip.Origin] = e.Seq + 1
		}
	}
	return nil
}
