package node

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"pitlane/edge"
	"pitlane/edge/board"
	"pitlane/edge/journal"
	"pitlane/edge/shop"
	"pitlane/sync/broker"
	"pitlane/sync/link"
	"pitlane/sync/wire"
)

// Options differ between a daemon and a laptop shop. The zero value is a daemon's.
type Options struct {
	// Floor and Ceiling bound a link's wait before a new connection; see link.Config.
	Floor, Ceiling time.Duration
	// Now is the machine's clock for certificates; nil: time.Now.
	Now func() time.Time
	// Boot is the boot id and the time since it began; nil: the machine's.
	Boot func() (id string, since time.Duration)
	// Started is called once when the screens are served; nil is allowed.
	Started func()
}

// Run is a whole node: the edge of cfg with its links and, where cfg asks for one,
// its broker. It blocks until ctx ends (nil) or the node cannot go on.
func Run(ctx context.Context, cfg edge.Config, opt Options, log *slog.Logger) error {
	member, err := shop.Load(cfg.Data)
	if err != nil {
		return &edge.ConfigError{File: cfg.File, Message: err.Error(), Err: err,
			Hint: "make the node's folder with `pitlane shop add`, and name it with data ="}
	}
	started := sync.OnceFunc(func() {
		if opt.Started != nil {
			opt.Started()
		}
	})
	for n := 0; ; n++ {
		rooms := Join(ctx, cfg, member, opt, log)
		rooms.Restart = n < restarts
		rooms.Serving = func(net.Addr) { started() }
		err := edge.Run(ctx, cfg, rooms, log)
		shut(ctx, rooms, log)
		if ctx.Err() != nil || !errors.Is(err, edge.ErrRestart) {
			return err
		}
		log.Warn("the node opens its journal anew", "time", n+1)
	}
}

// once is a room that runs at most once: told again that it ended, it has ended.
func once(run func(context.Context) error) func(context.Context) error {
	var begun atomic.Bool
	return func(ctx context.Context) error {
		if begun.Swap(true) {
			return nil
		}
		return run(ctx)
	}
}

// shut ends what listens since Join and was never run: an edge may find damage before it
// comes to that, and the next one needs the address.
func shut(ctx context.Context, rooms edge.Rooms, log *slog.Logger) {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	for _, run := range rooms.Beside {
		if err := run(ended); err != nil {
			log.Warn("the broker of an edge that did not come up is not closed", "error", err)
		}
	}
}

// restarts bounds how often a node opens its journal anew by itself: what is not
// mended then stands on the screens, which a dying disk shall not keep dark.
const restarts = 5

// Join makes what edge does not know: the links and the embedded broker. What
// cannot be made is a fault on the screens, not the end.
func Join(ctx context.Context, cfg edge.Config, member *shop.Member, opt Options, log *slog.Logger) edge.Rooms {
	var rooms edge.Rooms
	if opt.Now == nil {
		opt.Now = time.Now
	}
	fault := func(err error) {
		log.Error("no link", "error", err)
		rooms.Faults = append(rooms.Faults, board.Fault{Kind: "broker", Message: err.Error(), Hint: hintOf(err)})
	}
	if cfg.Broker != nil {
		b, err := listenBroker(ctx, cfg, member, opt.Now, log)
		if err != nil {
			fault(err)
		} else {
			rooms.Beside = append(rooms.Beside, once(b.Run))
		}
	}
	peers := make([]link.Peer, 0, len(member.Roster.Nodes))
	for _, n := range member.Roster.Nodes {
		peers = append(peers, link.Peer{Node: n.Name, Role: n.Role})
	}
	boot := opt.Boot
	if clock, err := journal.SystemClock(); boot == nil && err == nil { // without it the heartbeat names no boot
		boot = clock.Boot
	}
	rooms.Boot = boot
	for _, l := range cfg.Link {
		secure, err := linkTLS(l, member, opt.Now)
		if err != nil {
			fault(err)
			continue
		}
		courier, err := link.New(link.Config{URL: l.URL, TLS: secure, Node: member.Node, Password: member.Secret,
			Role: member.Role, Bay: cfg.Bay.Name, Peers: peers, Boot: boot, Log: log, CentralOnly: l.Kind == "central",
			Floor: opt.Floor, Ceiling: opt.Ceiling})
		if err != nil {
			fault(err)
			continue
		}
		rooms.Couriers = append(rooms.Couriers, courier)
	}
	return rooms
}

// linkTLS is nil for a link in clear.
func linkTLS(l edge.LinkConfig, member *shop.Member, now func() time.Time) (*tls.Config, error) {
	if !wire.Secure(l.URL) {
		return nil, nil
	}
	return member.DialTLS(wire.ServerName(l.URL, l.ServerName), now)
}

func listenBroker(ctx context.Context, cfg edge.Config, member *shop.Member, now func() time.Time, log *slog.Logger) (*broker.Broker, error) {
	var secure *tls.Config
	if cfg.Broker.Secure() {
		var err error
		if secure, err = member.ListenTLS(now); err != nil {
			return nil, err
		}
	}
	passwd := passwords(cfg)
	return broker.Listen(ctx, broker.Config{
		Listen: cfg.Broker.Listen,
		TLS:    secure,
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

// passwords is the broker's password file: as configured, else the node's own copy,
// else that of the shop's folder around it.
func passwords(cfg edge.Config) string {
	if p := cfg.Broker.Passwd; p != "" {
		if filepath.IsAbs(p) {
			return p
		}
		return filepath.Join(filepath.Dir(cfg.File), p)
	}
	own := filepath.Join(cfg.Data, "broker.passwd")
	if _, err := os.Stat(own); err == nil {
		return own
	}
	return filepath.Join(cfg.Data, "..", "broker.passwd")
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
