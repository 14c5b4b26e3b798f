package board

import (
	"context"
	"iter"
	"log/slog"
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
}

// Config is what a board is made of.
type Config struct {
	Journal Journal
	Node    string   // this node, <shop>-<node>
	Role    string   // reception, bay, central
	Bay     string   // this edge's bay; "" when it has none
	Shop    string   // the shop's name as screens show it
	Nodes   []Node   // the roster
	People  []Person // the staff as screens may name them
	Run     string   // names this run of the process; new at each start
	Now     func() time.Time
	// Plain is the plain sentence of a trouble code per language; nil gives none.
	Plain func(code string) map[string]string
	Log   *slog.Logger
}

// Node is a node of the shop. Bay is "" where it has none.
type Node struct {
	Node string
	Role string
	Bay  string
}

// Now is something true only for the moment: it is never journalled. Exactly one
// field is set.
type Now struct {
	Heard      *Heard
	Backlog    *Backlog
	Scanner    *ScannerState
	Scan       *ScanNow
	Session    *SessionNow
	Cabinet    *DeskCabinet
	Fault      *Fault      // stays until it is cleared
	ClearFault *ClearFault // ends the fault of that kind
	PeerBay    *PeerBay
}

// Heard says when a node was last heard from, or that it is gone.
type Heard struct {
	Node   string
	At     time.Time
	Online bool
}

// Backlog is how many events of this edge a node does not hold yet.
type Backlog struct {
	Node string
	N    uint64
}

// ScanNow is the progress of a scan that runs.
type ScanNow struct {
	Job   string
	State ScanState
}

// SessionNow is what is under way at this kiosk; nil ends it.
type SessionNow struct{ Session *KioskSession }

// ClearFault ends the fault of a kind.
type ClearFault struct{ Kind string }

// PeerBay says which bay a node has.
type PeerBay struct {
	Node string
	Bay  string
}

// Board holds what is true now.
type Board struct {
	cfg   Config
	ready chan struct{}
}

// New makes a board. It knows nothing before Run has read the journal.
func New(cfg Config) *Board { return &Board{cfg: cfg, ready: make(chan struct{})} }

// Run reads the journal until ctx ends.
func (b *Board) Run(ctx context.Context) error { <-ctx.Done(); return nil }

// Ready is closed when the board has caught up with what the journal held when
// Run began.
func (b *Board) Ready() <-chan struct{} { return b.ready }

// Tell takes what is true for the moment.
func (b *Board) Tell(n Now) {}

// View is the newest snapshot for an audience.
func (b *Board) View(a Audience) View { return View{} }

// Wait blocks until the audience's snapshot is another than version. A version of
// another run, or none, is answered at once.
func (b *Board) Wait(ctx context.Context, a Audience, version string) (View, error) {
	<-ctx.Done()
	return View{}, ctx.Err()
}

// Job is what is true of one job.
func (b *Board) Job(id string) (job.State, bool) { return job.State{}, false }

// Jobs are the jobs that are open or were closed lately, by ticket.
func (b *Board) Jobs() []job.State { return nil }

// Mask is a plate as the public may see it: region prefix, dots and at most the
// last three characters; "" when that would tell too much.
func Mask(plate string) string { return "" }
