package edge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"pitlane/edge/bay"
	"pitlane/edge/board"
	"pitlane/edge/clocks"
	"pitlane/edge/desk"
	"pitlane/edge/journal"
	"pitlane/edge/shop"
	"pitlane/edge/vault"
	"pitlane/edge/web"
)

// Courier carries the journal to other nodes and their news here (sync/link). Run
// is called once, from a goroutine of its own; it keeps trying on its own while the
// other side cannot be reached. When ctx ends, intake has stopped: it sends what is
// left, within 3 s, and returns.
type Courier interface {
	Run(ctx context.Context, j *journal.Journal, b *board.Board) error
}

var _ Courier = CourierFunc(nil)

// CourierFunc is a func as a Courier.
type CourierFunc func(ctx context.Context, j *journal.Journal, b *board.Board) error

// Run implements Courier.
func (f CourierFunc) Run(ctx context.Context, j *journal.Journal, b *board.Board) error {
	return f(ctx, j, b)
}

// Rooms are what a door hands in, since edge does not know it: the couriers, and
// what else runs beside them. The zero value is an edge on its own.
type Rooms struct {
	Couriers []Courier
	// Beside runs as long as the couriers do: the embedded broker.
	Beside []func(ctx context.Context) error
	// Restart says that the door opens the edge anew when Run answers ErrRestart.
	Restart bool
	// Faults are what the door could not make; they stand on the screens.
	Faults []board.Fault
	// Listener serves the screens; nil listens on the configured address.
	Listener net.Listener
	// Boot is this machine's boot id and the time since that boot began; nil asks the
	// machine. The links' heartbeats must say the same.
	Boot func() (id string, since time.Duration)
	// Serving is called once when the screens are served; nil is allowed.
	Serving func(addr net.Addr)
}

// boot is Boot; what is not known grants no wish.
func (r Rooms) boot() func() (string, time.Duration) {
	if r.Boot != nil {
		return r.Boot
	}
	clock, err := journal.SystemClock()
	if err != nil {
		return func() (string, time.Duration) { return "", 0 }
	}
	return clock.Boot
}

// house is one open edge.
type house struct {
	cfg     Config
	rooms   Rooms
	log     *slog.Logger
	started time.Time

	member  *shop.Member
	vault   *vault.Vault
	journal *journal.Journal
	watched *watched
	board   *board.Board
	clocks  *clocks.Clocks // of the shop, as the board hears them
	bay     *bay.Bay
	desk    *desk.Desk
	metrics *web.Metrics
	faults  []board.Fault
	news    []journal.Draft // found in files at the start, not written yet
}

// ErrOtherNode says that the configuration names another node than the folder's.
var ErrOtherNode = errors.New("the folder is another node's")

// open opens the journal and builds the rooms on it; nothing runs yet.
func open(ctx context.Context, cfg Config, rooms Rooms, log *slog.Logger) (*house, error) {
	member, err := shop.Load(cfg.Data)
	if err != nil {
		return nil, hint(fmt.Errorf("read the node's folder: %w", err),
			"make the folder with `pitlane shop add`, and name it with data = in the configuration")
	}
	if err := sameNode(cfg, member); err != nil {
		return nil, err
	}
	h := &house{cfg: cfg, rooms: rooms, log: log.With("node", member.Node), started: time.Now(),
		member: member, metrics: web.NewMetrics(), faults: rooms.Faults}
	h.vault, err = vault.Open(vault.Options{Dir: cfg.Data, Node: member.Node, Key: member.Key, Roster: member.Roster, Log: h.log})
	if err != nil {
		return nil, hint(fmt.Errorf("open the vault: %w", err),
			"only one program may use the folder at a time; its keys must be readable by the program's user alone")
	}
	h.journal, err = journal.Open(ctx, journal.Options{
		Dir: cfg.Data, Node: member.Node, Key: member.Key, Roster: member.Roster, Keys: h.vault,
		MaxSize: cfg.MaxSizeMB << 20, Quality: ClockQuality, Log: h.log,
	})
	if err != nil {
		return nil, hint(errors.Join(fmt.Errorf("open the journal: %w", err), h.vault.Close()),
			"`pitlane doctor --config FILE` says what is wrong with the folder; only one program may use it at a time")
	}
	for _, m := range h.journal.Mended() {
		h.faults = append(h.faults, board.Fault{Kind: "journal", Message: "the journal was damaged and is mended: " + m,
			Hint: "what other nodes hold comes back by itself; look at the disk, and keep the quarantined file until all is there"})
	}
	if err := h.furnish(); err != nil {
		return nil, errors.Join(err, h.journal.Close(), h.vault.Close())
	}
	return h, nil
}

func sameNode(cfg Config, m *shop.Member) error {
	if (cfg.Node != "" && cfg.Node != m.Node) || (cfg.Role != "" && cfg.Role != m.Role) {
		return &ConfigError{File: cfg.File, Err: ErrOtherNode,
			Message: fmt.Sprintf("node and role are %q, %q, but the folder is %s, a %s", cfg.Node, cfg.Role, m.Node, m.Role),
			Hint:    "correct node and role, or data"}
	}
	return nil
}

// furnish builds board, bay and desk in this order: each needs the one before.
func (h *house) furnish() error {
	secret, err := deskSecret(h.cfg.Data)
	if err != nil {
		return err
	}
	h.board = board.New(h.boardConfig())
	h.clocks = h.board.Clocks()
	h.watched = &watched{Journal: h.journal, tell: h.board.Tell}
	h.metrics.Tell("pitlane_disk_full", "1 while what people enter is refused for want of room.", h.watched.figure)
	scanner, cabinet := h.devices()
	cfg := bay.Config{Node: h.member.Node, Bay: h.cfg.Bay.Name, Journal: h.watched, Jobs: h.board, Board: h.board, Log: h.log,
		DoorLimit: h.cfg.layout().DoorLimit.Duration, Overdue: h.cfg.layout().Overdue.Duration, Floating: h.cfg.layout().Floating, Ago: h.ago}
	if scanner != nil {
		cfg.Scanner, cfg.Clears, cfg.Lives = scanner, scanner, scanner
		cfg.Watched = func() bool { return h.board.Watched(board.Live, liveUnseen) }
	}
	if cabinet != nil {
		cfg.Cabinet = cabinet
	}
	h.bay = bay.New(cfg)
	deskCfg := h.deskConfig(secret)
	if scanner != nil {
		deskCfg.Scans, deskCfg.Clears, deskCfg.Lives = scans{h.bay}, clears{h.bay}, lives{h.bay}
	}
	if cabinet != nil {
		deskCfg.Keys, deskCfg.Cabinet = keys{h.bay}, cabinet.Name()
	}
	h.desk = desk.New(deskCfg)
	return nil
}
