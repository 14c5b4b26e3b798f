package main

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pitlane/edge"
	"pitlane/edge/shop"
)

func TestDescriptorsStayWithinWhatSelectCanHold(t *testing.T) {
	if err := limitFiles(); err != nil {
		t.Fatal(err)
	}
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		t.Fatal(err)
	}
	if l.Cur > maxFiles {
		t.Errorf("%d files may be open, want at most %d", l.Cur, maxFiles)
	}
}

func TestErrorsAreOneLineWithTheHint(t *testing.T) {
	file := filepath.Join(t.TempDir(), "edge.toml")
	if err := os.WriteFile(file, []byte("languagse = []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := run(t.Context(), file, slog.New(slog.DiscardHandler))
	if err == nil || exitCode(err) != 2 {
		t.Fatalf("got %v with exit code %d, want 2", err, exitCode(err))
	}
	line := oneLine(err)
	if strings.Contains(line, "\n") || !strings.Contains(line, ":1:1:") || !strings.Contains(line, "did you mean languages?") {
		t.Errorf("got %q", line)
	}
}

// TestABrokerThatCannotListenIsAFault: the screens go on and say so.
func TestABrokerThatCannotListenIsAFault(t *testing.T) {
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	root := filepath.Join(t.TempDir(), "shop")
	if err := shop.Init(root, "demo"); err != nil {
		t.Fatal(err)
	}
	added, err := shop.Add(root, "front", shop.RoleReception, "")
	if err != nil {
		t.Fatal(err)
	}
	member, err := shop.Load(added.Dir)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := edge.ParseConfig(filepath.Join(added.Dir, "edge.toml"), []byte(
		"[http]\nlisten = \"127.0.0.1:0\"\n[broker]\nlisten = \""+taken.Addr().String()+"\"\n[[link]]\nurl = \"tcp://"+taken.Addr().String()+"\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	rooms := join(t.Context(), cfg, member, log)
	if len(rooms.Faults) != 1 || rooms.Faults[0].Kind != "broker" || rooms.Faults[0].Hint == "" || len(rooms.Couriers) != 1 {
		t.Fatalf("got faults %v and %d couriers", rooms.Faults, len(rooms.Couriers))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	rooms.Serving = func(net.Addr) { cancel() }
	if err := edge.Run(ctx, cfg, rooms, log); err != nil {
		t.Errorf("the edge did not run without its broker: %v", err)
	}
}
