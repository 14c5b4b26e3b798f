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
	"pitlane/housetest"
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

// TestABrokerThatNeverRanGivesItsAddressBack: an edge that finds damage before it comes to
// its broker is opened anew, and that one listens there again.
func TestABrokerThatNeverRanGivesItsAddressBack(t *testing.T) {
	t.Parallel()
	cfg, _ := member(t)
	own, err := shop.Load(cfg.Data)
	if err != nil {
		t.Fatal(err)
	}
	if cfg, err = edge.ParseConfig(cfg.File, []byte("[http]\nlisten = \"127.0.0.1:0\"\n[broker]\nlisten = \""+housetest.OwnAddress(t)+"\"\n")); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	for n := range 3 {
		rooms := Join(t.Context(), cfg, own, Options{}, log)
		if len(rooms.Faults) != 0 || len(rooms.Beside) != 1 {
			t.Fatalf("time %d: %v", n, rooms.Faults)
		}
		if n == 1 { // this one was run, and has ended
			ended, cancel := context.WithCancel(t.Context())
			cancel()
			if err := rooms.Beside[0](ended); err != nil {
				t.Error(err)
			}
		}
		shut(t.Context(), rooms, log)
	}
}
