package edge_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitlane/devices/keycab"
	"pitlane/devices/sim"
	"pitlane/edge"
	"pitlane/edge/shop"
	"pitlane/housetest"
)

// A commissioning file in the edge's folder is taken up, and who commissioned the
// cabinet stands in the journal once, however often the edge starts.
func TestACommissionedCabinetIsTakenUpAndWrittenDownOnce(t *testing.T) {
	t.Parallel()
	line, err := sim.NewLine(t.TempDir(), "cabinet")
	if err != nil {
		t.Fatal(err)
	}
	b := sim.NewBoard(sim.BoardConfig{Make: sim.Modbus, Locks: 4, KeyInput: 4, HookClosed: 0})
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- b.Serve(ctx, line) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-served, line.Close()); err != nil {
			t.Error(err)
		}
	})
	dir := node(t, "front", shop.RoleReception, "[cabinet]\n")
	zero, one := 0, 1
	file, err := keycab.Commissioned{Version: 1, By: "ada", At: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC), Driver: keycab.DriverModbus,
		Port: line.Path(), Baud: 9600, Boards: []int{1}, Slots: 4, HookClosed: &zero, KeyPresent: &one, KeyInput: 4, Echo: keycab.EchoNone}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "cabinet.json"), file, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		r := start(t, dir, edge.Rooms{})
		housetest.Until(t, "the cabinet's four slots are on the desk", func() bool {
			code, body := r.get(t, "/desk")
			return code == http.StatusOK && strings.Contains(body, `"slot":4`) && strings.Contains(body, `"hook":"closed"`)
		})
		if got := strings.Count(tail(t, dir), `"kind":"cabinet.commissioned"`); got != 1 {
			t.Errorf("the commissioning is written %d times, want once", got)
		}
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "cabinet.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, dir, edge.Rooms{})
	housetest.Until(t, "a broken file is said on the desk", func() bool {
		_, body := r.get(t, "/desk")
		return strings.Contains(body, "not set up")
	})
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
}

// tail is the journal of an edge that runs.
func tail(t *testing.T, dir string) string {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return edge.DialSocket(ctx, dir)
	}}}
	var body []byte
	housetest.Until(t, "the journal is told", func() bool {
		resp, err := ask(t, client, "/tail?follow=0")
		if err != nil {
			return false
		}
		defer func() { _ = resp.Body.Close() }()
		body, err = io.ReadAll(resp.Body)
		return err == nil && len(body) > 0
	})
	return string(body)
}
