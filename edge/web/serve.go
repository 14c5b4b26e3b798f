package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// MaxConns is how many connections one process holds. Files, serial lines and
// broker connections need descriptors too, and all must stay below 1,024 (see
// the serial port's select in devices/serialport).
const MaxConns = 700

// Listen opens addr. Its errors carry a next step.
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", addr)
	if err == nil {
		return ln, nil
	}
	e := &Error{Kind: "listen", Message: "cannot listen on " + addr, Err: err,
		Hint: "write the address as host:port, e.g. 127.0.0.1:8080, with an address of this machine"}
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		e.Kind, e.Hint = "port_in_use", "another program listens there (ss -ltnp shows which): stop it, or choose another [http] listen"
	case errors.Is(err, syscall.EACCES):
		e.Hint = "ports below 1024 need rights: choose another [http] listen"
	}
	return nil, e
}

// Serve serves h on ln until ctx ends, then lets running requests finish and
// screens go, within 3 s in all. It returns nil after an end by ctx.
func Serve(ctx context.Context, ln net.Listener, h http.Handler, log *slog.Logger) error {
	house := &house{closing: make(chan struct{})}
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      60 * time.Second, // a key slot may take its time
		IdleTimeout:       90 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context {
			return context.WithValue(context.WithoutCancel(ctx), houseKey{}, house)
		},
	}
	defer house.close()
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(capped(ln, MaxConns)) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve HTTP: %w", err)
	case <-ctx.Done():
	}
	house.close()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	err := srv.Shutdown(grace)
	if err != nil {
		err = errors.Join(fmt.Errorf("stop HTTP: %w", err), srv.Close())
	}
	if gone := <-ended; !errors.Is(gone, http.ErrServerClosed) {
		err = errors.Join(err, gone)
	}
	house.wait(grace)
	return err
}

// house counts the connections that WebSockets have taken over, for which
// http.Server does not wait.
type house struct {
	closing chan struct{}
	closed  sync.Once
	open    sync.WaitGroup
}

type houseKey struct{}

func (h *house) close() { h.closed.Do(func() { close(h.closing) }) }

func (h *house) wait(ctx context.Context) {
	gone := make(chan struct{})
	go func() { h.open.Wait(); close(gone) }()
	select {
	case <-gone:
	case <-ctx.Done():
	}
}

// adopt gives a connection that is about to be taken over a context that ends
// when the server stops, and counts it until the returned func is called.
func adopt(ctx context.Context) (context.Context, func()) {
	h, ok := ctx.Value(houseKey{}).(*house)
	if !ok {
		return ctx, func() {}
	}
	h.open.Add(1)
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		select {
		case <-h.closing:
			cancel()
		case <-own.Done():
		}
	}()
	return own, func() { cancel(); h.open.Done() }
}

func capped(ln net.Listener, most int64) net.Listener { return &limited{Listener: ln, max: most} }

// limited closes what comes after max connections at once: visible to the caller,
// and no descriptor is spent.
type limited struct {
	net.Listener
	max  int64
	open atomic.Int64
}

func (l *limited) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.open.Add(1) <= l.max {
			return &counted{Conn: c, left: func() { l.open.Add(-1) }}, nil
		}
		l.open.Add(-1)
		_ = c.Close() // refused: nothing was said yet
	}
}

type counted struct {
	net.Conn
	once sync.Once
	left func()
}

func (c *counted) Close() error {
	c.once.Do(c.left)
	return c.Conn.Close()
}
