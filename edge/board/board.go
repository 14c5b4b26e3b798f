package board

import (
	"context"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"pitlane/edge/job"
	"pitlane/edge/journal"
)

// Journal is what the board reads. Wake is called once by Run; Read and Tips
// often, from the goroutine of Run only.
type Journal interface {
	Read(ctx context.Context, origin string, from uint64) iter.Seq2[journal.Entry, error]
	Tips() []journal.Tip
	Wake() (<-chan struct{}, func())
	// Job is all entries of a job; called when its payloads have become readable, or
	// unreadable.
	Job(ctx context.Context, id string) ([]journal.Entry, error)
}

// Keys says which jobs' payloads became readable or unreadable (edge/vault). Turned
// is called often, Wake once, both from the goroutine of Run.
type Keys interface {
	Turned(from int) (jobs []string, next int)
	Wake() (<-chan struct{}, func())
}

var _ Journal = (*journal.Journal)(nil)

// Config is what a board is made of.
type Config struct {
	Journal Journal
	Keys    Keys     // nil: payloads are readable from the start
	Memory  Memory   // nil: each start reads everything
	Node    string   // this node, <shop>-<node>
	Role    string   // reception, bay, central
	Bay     string   // this edge's bay; "" when it has none
	Shop    string   // the shop's name as screens show it
	Nodes   []Node   // the roster
	People  []Person // the staff as screens may name them
	// Rows and Columns are the cabinet as it hangs on the wall; 0 is not said.
	Rows, Columns int
	Run           string // names this run of the process; new at each start
	Now           func() time.Time
	// Plain is the plain sentence of a trouble code per language; nil gives none.
	Plain func(code string) map[string]string
	// Compare puts two scans side by side; nil compares none.
	Compare func(before, after job.Scan) Comparison
	Log     *slog.Logger
}

// Node is a node of the shop. Bay is "" where it has none.
type Node struct {
	Node string
	Role string
	Bay  string
}

// Board holds what is true now. Its methods may be called from any goroutine. What
// they return is shared: read it, never write into it.
type Board struct {
	cfg    Config
	ready  chan struct{}
	reader reader // of the goroutine of Run alone

	mu     sync.Mutex
	states map[string]job.State
	moment moment
	// standing, refused and stories are what the journal says of keys.
	standing []standing
	refused  map[string][]Refusal
	stories  map[string][]job.KeyMove
	moved    map[string]int64  // job → when something last moved in it, ms since 1970
	caught   bool              // Ready is closed
	folded   map[string]uint64 // origin → entries that states comprise
	refolded chan struct{}     // closed when folded has moved on
	shown    map[Audience]*shown

	pairs    sync.Mutex
	compared map[string]pair // job → its newest comparison
}

// New makes a board. It knows nothing before Run has read the journal.
func New(cfg Config) *Board {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	b := &Board{
		cfg: cfg, ready: make(chan struct{}), reader: newReader(),
		states: map[string]job.State{}, moment: newMoment(cfg), stories: map[string][]job.KeyMove{}, moved: map[string]int64{}, shown: map[Audience]*shown{}, compared: map[string]pair{},
		folded: map[string]uint64{}, refolded: make(chan struct{}),
	}
	for _, a := range []Audience{Kiosk, Waiting, Bay, Live, Desk} {
		b.shown[a] = &shown{stale: true, changed: make(chan struct{})}
	}
	return b
}

// Ready is closed when the board has caught up with what the journal held when
// Run began.
func (b *Board) Ready() <-chan struct{} { return b.ready }

// Job is what is true of one job that is open or was closed lately.
func (b *Board) Job(id string) (job.State, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s, there := b.states[id]
	return s, there
}

// Jobs are the jobs that are open or were closed lately, oldest first.
func (b *Board) Jobs() []job.State {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sorted()
}

// sorted are the jobs by the time of their opening. It only sorts the display; the
// id keeps two of the same millisecond apart.
func (b *Board) sorted() []job.State {
	list := make([]job.State, 0, len(b.states))
	for _, s := range b.states {
		list = append(list, s)
	}
	slices.SortFunc(list, func(x, y job.State) int {
		if x.OpenedMS != y.OpenedMS {
			return int(min(max(x.OpenedMS-y.OpenedMS, -1), 1))
		}
		return strings.Compare(x.ID, y.ID)
	})
	return list
}

// nodeOf is the node of an origin <shop>-<node>/<epoch>.
func nodeOf(origin string) string {
	node, _, _ := strings.Cut(origin, "/")
	return node
}
