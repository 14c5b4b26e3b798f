package link

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"pitlane/edge/board"
	"pitlane/edge/journal"
	"pitlane/sync/wire"
)

// Peer is a node of the roster. Bay is "" where it has none.
type Peer struct {
	Node string
	Role string // bay, reception, central
}

// roleCentral is the one role that writes down topics.
const roleCentral = "central"

// Config is what a link needs. Fields that say so have a default.
type Config struct {
	URL      string // tls://demo-reception:8883, or tcp://127.0.0.1:1883
	Node     string
	Password string
	TLS      *tls.Config // needed for tls://

	// CentralOnly marks a broker at head office, where a node reads only what is
	// meant for it; else it hears all nodes of its shop.
	CentralOnly bool

	Role  string // of this node, for the others' displays
	Bay   string // of this node; "" where it has none
	Peers []Peer // the roster; only these count. This node may be among them

	// Boot is the boot id and the time since it began, for the heartbeat. Nil
	// leaves both out.
	Boot func() (id string, since time.Duration)
	Now  func() time.Time // nil: time.Now

	// Floor and Ceiling bound the wait before a new connection: 1 s and 60 s.
	Floor, Ceiling time.Duration
	// Patience is how long a holder may take before another is asked: 5 s.
	Patience time.Duration
	// CosignEvery is how often the logs of others are cosigned where they have grown: a
	// minute. What promises something to a customer is cosigned at once.
	CosignEvery time.Duration

	Log *slog.Logger // nil: silence
}

// Keys is a vault as the courier needs it: a journal whose keys are of this kind has
// them carried (edge/vault). Its methods may be called
// from any goroutine.
type Keys interface {
	wire.Vault
	// Confirmation says up to where of each origin erasures are carried out here;
	// Confirmed notes what another node says of itself.
	Confirmation() map[string]uint64
	Confirmed(node string, done map[string]uint64) error
	// Wake gives a channel that receives when there may be something to send.
	Wake() (<-chan struct{}, func())
}

// Link is the courier over one broker.
type Link struct {
	cfg     Config
	codec   *wire.Codec
	central string // node name of the shop's central; "" without one
	peers   map[string]Peer

	mu    sync.Mutex
	stats Stats
	heard map[string]time.Time // by node, on this link
}

// Stats counts what went through the link since New.
type Stats struct {
	Connected bool
	Dials     uint64 // connections opened
	Pushed    uint64 // segments sent to everybody
	Answered  uint64 // segments sent to one node
	Adopted   uint64 // segments taken
	Cosigned  uint64 // cosignatures of this node's log that came
	Refused   uint64 // messages that were no message, or segments that do not verify
	Dropped   uint64 // messages that found the queue full
	Wants     uint64 // requests for what is missing
	Parcels   uint64 // messages about keys, sent
}

// New makes a link; Run opens it.
func New(c Config) (*Link, error) {
	if err := wire.CheckURL(c.URL); err != nil {
		return nil, fmt.Errorf("make a link: %w", err)
	}
	if !wire.ValidNode(c.Node) {
		return nil, fmt.Errorf("make a link: %q is not a node name", c.Node)
	}
	codec, err := wire.NewCodec()
	if err != nil {
		return nil, fmt.Errorf("make a link: %w", err)
	}
	l := &Link{cfg: defaults(c), codec: codec, peers: map[string]Peer{}, heard: map[string]time.Time{}}
	for _, p := range c.Peers {
		if p.Node == c.Node {
			continue
		}
		l.peers[p.Node] = p
		if p.Role == roleCentral && l.central == "" {
			l.central = p.Node
		}
	}
	return l, nil
}

func defaults(c Config) Config {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Boot == nil {
		c.Boot = func() (string, time.Duration) { return "", 0 }
	}
	if c.Floor <= 0 {
		c.Floor = time.Second
	}
	if c.Ceiling < c.Floor {
		c.Ceiling = max(time.Minute, c.Floor)
	}
	if c.Patience <= 0 {
		c.Patience = 5 * time.Second
	}
	if c.CosignEvery <= 0 {
		c.CosignEvery = time.Minute
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Log = c.Log.With("broker", c.URL)
	return c
}

// Stats is the count so far.
func (l *Link) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stats
}

func (l *Link) count(add func(*Stats)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	add(&l.stats)
}

// Run carries until ctx ends, then sends what is left within 3 s. Its error is nil
// or says why it cannot go on (the journal is closed). The board may be nil.
func (l *Link) Run(ctx context.Context, j *journal.Journal, b *board.Board) error {
	tell := func(board.Now) {}
	if b != nil {
		tell = b.Tell
		l.cfg.TLS = l.anchored(b.Clocks().Newest)
	}
	return l.run(ctx, j, tell)
}

func (l *Link) run(ctx context.Context, j *journal.Journal, tell func(board.Now)) error {
	var watch sync.WaitGroup
	watching, stop := context.WithCancel(ctx)
	watch.Go(func() { l.watchBacklog(watching, j, tell) })
	defer watch.Wait()
	defer stop()

	for attempt := 0; ; attempt++ {
		line, err := wire.Dial(ctx, l.dialer())
		if err == nil {
			attempt = 0
			err = l.carry(ctx, line, j, tell)
		}
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, journal.ErrClosed) {
			return fmt.Errorf("carry entries: %w", err)
		}
		l.report(err, attempt, tell)
		select {
		case <-time.After(wire.Backoff(attempt, l.cfg.Floor, l.cfg.Ceiling)):
		case <-ctx.Done():
			return nil
		}
	}
}

// report says that there is no connection: to the log once, to the board as often
// as it is tried.
func (l *Link) report(err error, attempt int, tell func(board.Now)) {
	f := board.Fault{
		Kind:    "broker",
		Message: "no connection to the other nodes of the shop",
		Hint:    "look at the broker and the network; this node goes on alone and catches up by itself",
	}
	if t, ok := errors.AsType[*wire.TrustError](err); ok {
		f.Message, f.Hint = t.Message, t.Hint
	}
	if errors.Is(err, wire.ErrRefused) {
		f.Message = "the broker refuses this node"
		f.Hint = "the broker's password file does not have this node, or another password: run pitlane shop add again, or copy broker.passwd to the broker"
	}
	tell(board.Now{Fault: &f})
	if attempt == 0 {
		l.cfg.Log.Warn("link is down", "error", err)
		return
	}
	l.cfg.Log.Debug("link is still down", "error", err, "attempt", attempt)
}

func (l *Link) dialer() wire.Dialer {
	me := l.cfg.Node
	filters := []string{wire.AllDown(me)}
	if !l.cfg.CentralOnly {
		filters = append(filters, wire.AllUp)
	}
	return wire.Dialer{
		URL: l.cfg.URL, Node: me, Password: l.cfg.Password, TLS: l.cfg.TLS,
		Filters: filters,
		Will:    wire.Message{Topic: l.own(wire.OnLine), Payload: wire.Online{}.Encode(), Retained: true},
	}
}

func (l *Link) own(k wire.Kind) string {
	return wire.Topic{Node: l.cfg.Node, Kind: k}.String()
}

// watchBacklog tells the board how much of this node's own log each peer has not
// got yet, also while there is no connection.
func (l *Link) watchBacklog(ctx context.Context, j *journal.Journal, tell func(board.Now)) {
	told := map[string]uint64{}
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		for node, n := range l.backlog(j) {
			if was, ok := told[node]; !ok || was != n {
				told[node] = n
				tell(board.Now{Backlog: &board.Backlog{Node: node, N: n}})
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (l *Link) backlog(j *journal.Journal) map[string]uint64 {
	own := j.Origin()
	var size uint64
	for _, t := range j.Tips() {
		if t.Origin == own {
			size = t.Size
		}
	}
	out := map[string]uint64{}
	have := j.Peers()
	for node := range l.peers {
		out[node] = size - min(size, have[node][own][1])
	}
	return out
}
