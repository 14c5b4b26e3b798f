package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"syscall"
	"time"

	"pitlane/edge"
	"pitlane/edge/board"
	"pitlane/edge/journal"
	"pitlane/edge/shop"
	"pitlane/sync/broker"
	"pitlane/sync/link"
)

// maxFiles keeps every descriptor within what select can hold: the serial library
// would panic above it, so the process meets "too many open files" instead.
const maxFiles = 1024

func run(ctx context.Context, file string, log *slog.Logger) error {
	if err := limitFiles(); err != nil {
		return err
	}
	cfg, err := edge.ReadConfig(file)
	if err != nil {
		return err
	}
	member, err := shop.Load(cfg.Data)
	if err != nil {
		return &edge.ConfigError{File: file, Message: err.Error(), Err: err,
			Hint: "make the node's folder with `pitlane shop add`, and name it with data ="}
	}
	return edge.Run(ctx, cfg, join(ctx, cfg, member, log), log)
}

func limitFiles() error {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return fmt.Errorf("read the limit of open files: %w", err)
	}
	l.Cur = min(maxFiles, l.Max)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return fmt.Errorf("limit open files: %w", err)
	}
	return nil
}

// join makes what edge does not know: the links and the embedded broker. What
// cannot be made is a fault on the screens, not the end.
func join(ctx context.Context, cfg edge.Config, member *shop.Member, log *slog.Logger) edge.Rooms {
	var rooms edge.Rooms
	fault := func(err error) {
		log.Error("no link", "error", err)
		rooms.Faults = append(rooms.Faults, board.Fault{Kind: "broker", Message: err.Error(), Hint: hintOf(err)})
	}
	if cfg.Broker != nil {
		b, err := listenBroker(ctx, cfg, member, log)
		if err != nil {
			fault(err)
		} else {
			rooms.Beside = append(rooms.Beside, b.Run)
		}
	}
	peers := make([]link.Peer, 0, len(member.Roster.Nodes))
	for _, n := range member.Roster.Nodes {
		peers = append(peers, link.Peer{Node: n.Name, Role: n.Role})
	}
	var boot func() (string, time.Duration)
	if clock, err := journal.SystemClock(); err == nil { // without it the heartbeat names no boot
		boot = clock.Boot
	}
	for _, l := range cfg.Link {
		courier, err := link.New(link.Config{URL: l.URL, Node: member.Node, Password: member.Secret,
			Role: member.Role, Bay: cfg.Bay.Name, Peers: peers, CentralOnly: l.Kind == "central", Boot: boot, Log: log})
		if err != nil {
			fault(err)
			continue
		}
		rooms.Couriers = append(rooms.Couriers, courier)
	}
	return rooms
}

func listenBroker(ctx context.Context, cfg edge.Config, member *shop.Member, log *slog.Logger) (*broker.Broker, error) {
	passwd := cfg.Broker.Passwd
	if passwd == "" {
		passwd = filepath.Join(cfg.Data, "..", "broker.passwd")
	} else if !filepath.IsAbs(passwd) {
		passwd = filepath.Join(filepath.Dir(cfg.File), passwd)
	}
	return broker.Listen(ctx, broker.Config{
		Listen: cfg.Broker.Listen,
		Check: func(user, password string) bool {
			ok, err := shop.CheckPassword(passwd, user, password)
			if err != nil {
				log.Error("broker passwords cannot be read", "error", err)
			}
			return ok && err == nil
		},
		Central: func(user string) bool {
			n, ok := member.Roster.Node(user)
			return ok && n.Role == shop.RoleCentral
		},
		Log: log,
	})
}

func hintOf(err error) string {
	if e, ok := errors.AsType[*broker.ListenError](err); ok {
		return e.Hint
	}
	if h := edge.Hint(err); h != "" {
		return h
	}
	return "correct the configuration and start again"
}

// exitCode: 2 for a wrong configuration, 1 for everything else.
func exitCode(err error) int {
	if _, ok := errors.AsType[*edge.ConfigError](err); ok {
		return 2
	}
	return 1
}
