package sim_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"pitlane/devices/sim"
)

// talk is a client of a served adapter over an in-memory line.
type talk struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

// serve serves until the test ends, and waits for the end.
func serve(t *testing.T, run func(context.Context, io.ReadWriter) error) net.Conn {
	t.Helper()
	near, far := net.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, far) }()
	t.Cleanup(func() {
		cancel()
		if err := near.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Errorf("serve ended with %v", err)
		}
	})
	return near
}

// serveAdapter serves until the test ends, and waits for the end.
func serveAdapter(t *testing.T, a *sim.Adapter) *talk {
	t.Helper()
	near := serve(t, a.Serve)
	return &talk{t: t, conn: near, in: bufio.NewReader(near)}
}

// ask sends a command with CR and returns all bytes up to the prompt.
func (k *talk) ask(command string) string {
	k.t.Helper()
	k.send(command + "\r")
	return k.answer()
}

func (k *talk) send(text string) {
	k.t.Helper()
	go func() { _, _ = k.conn.Write([]byte(text)) }() // echo needs a reader meanwhile
}

func (k *talk) answer() string {
	k.t.Helper()
	if err := k.conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		k.t.Fatal(err)
	}
	got, err := k.in.ReadString('>')
	if err != nil {
		k.t.Fatalf("read an answer: %v after %q", err, got)
	}
	return got
}

// setUp turns echo off and the rest as named: H1, S0, ...
func (k *talk) setUp(commands ...string) {
	k.t.Helper()
	if got := k.ask("ATE0"); !strings.HasSuffix(got, "OK\r\r>") {
		k.t.Fatalf("ATE0 = %q", got)
	}
	for _, c := range commands {
		if got := k.ask(c); got != "OK\r\r>" {
			k.t.Fatalf("%s = %q", c, got)
		}
	}
}

func instant(c sim.Car) *sim.Adapter {
	a := sim.NewAdapter(sim.AdapterConfig{Timing: sim.Instant()})
	if c != nil {
		a.Plug(c)
	}
	return a
}
