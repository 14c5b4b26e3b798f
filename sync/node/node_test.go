package node

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"testing"
	"time"

	"pitlane/edge"
	"pitlane/edge/shop"
)

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
	rooms := Join(t.Context(), cfg, member, Options{}, log)
	if len(rooms.Faults) != 1 || rooms.Faults[0].Kind != "broker" || rooms.Faults[0].Hint == "" || len(rooms.Couriers) != 1 {
		t.Fatalf("got faults %v and %d couriers", rooms.Faults, len(rooms.Couriers))
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	rooms.Serving = func(net.Addr) { cancel() }
	if err := edge.Run(ctx, cfg, rooms, log); err != nil {
		t.Errorf("the edge did not run without its broker: %v", err)
	}
}
