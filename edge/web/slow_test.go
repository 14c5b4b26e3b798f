package web_test

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pitlane/edge/web"
)

func TestASlowScreenIsDropped(t *testing.T) {
	t.Parallel()
	feed := newCounter()
	feed.size = 8 << 20 // more than the kernel takes for a screen that does not read
	m := web.NewMetrics()
	api, err := web.NewAPI("test", append(web.Health(m, func() error { return nil }),
		web.HastySocket(feed, m, time.Second, 100*time.Millisecond))...)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(nil)
	addr := srv.Listener.Addr().String()
	srv.Config.Handler = web.Watch(m, slog.New(slog.DiscardHandler), web.Guard([]string{addr}, api))
	srv.Start()
	defer srv.Close()
	if _, _, err := dial(t, addr, "?screen=board", origin(addr)); err != nil {
		t.Fatal(err)
	}
	dropped := func() bool {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/metrics", nil)
		srv.Config.Handler.ServeHTTP(w, r)
		return strings.Contains(w.Body.String(), "pitlane_screens_dropped_total 1")
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(time.Minute); !dropped(); {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatal("a screen that does not read was not dropped")
		}
	}
}

func TestConnectionsAreCapped(t *testing.T) {
	t.Parallel()
	inner, err := web.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln := web.Capped(inner, 2)
	held := make(chan net.Conn, 8)
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				close(held)
				return
			}
			held <- c
		}
	}()
	connect := func() net.Conn {
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	connect()
	connect()
	first := <-held
	<-held
	third := connect()
	_ = third.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := third.Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !isReset(err) {
		t.Fatalf("the third connection reads %v, want its end", err)
	}
	_ = first.Close()
	_ = first.Close() // counted once
	connect()
	<-held // accepted again
	if err := ln.Close(); err != nil {
		t.Error(err)
	}
}

func isReset(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && !op.Timeout()
}
