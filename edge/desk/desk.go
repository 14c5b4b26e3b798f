package desk

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"

	"pitlane/devices/keycab"
	"pitlane/edge/board"
	"pitlane/edge/clocks"
	"pitlane/edge/job"
	"pitlane/edge/journal"
)

// Log is the journal (journal.Journal). Both methods are called from many
// goroutines; Append answers after the commit.
type Log interface {
	Append(ctx context.Context, drafts ...journal.Draft) ([]journal.Entry, error)
	Request(ctx context.Context, id journal.RequestID) (journal.Entry, bool, error)
	Job(ctx context.Context, id string) ([]journal.Entry, error)
	Jobs(ctx context.Context) ([]string, error)
}

// Board is what is true now (board.Board). It may lag behind the journal.
type Board interface {
	Job(id string) (job.State, bool)
	Jobs() []job.State
	Wait(ctx context.Context, a board.Audience, version string) (board.View, error)
	Comprises(ctx context.Context, origin string, seq uint64) error
	View(a board.Audience) board.View
	Tell(board.Now)
}

// Keys is the key cabinet as edge/bay minds it. Unlock with a request that was
// seen before answers as it did then. ReturnSlot is the slot that is kept for a job's
// key, else a free one.
type Keys interface {
	Unlock(ctx context.Context, u Unlock) (keycab.Outcome, error)
	FreeSlot() (int, error)
	ReturnSlot(job string) (int, error)
	Acknowledge(ctx context.Context, a Acknowledge) error
}

// Acknowledge is a named person's look at an alarm or a warning.
type Acknowledge struct {
	Alarm   string
	By      string
	Note    string
	Request journal.RequestID
}

// Scans is the scanner as edge/bay minds it. The same request again gives the same
// scan.
type Scans interface {
	Scan(ctx context.Context, s Scan) (scanID string, err error)
}

// Unlock is a wish to open a slot. Purpose: hang, release, work, return.
type Unlock struct {
	Job     string
	Slot    int
	Purpose string
	By      string
	Reason  string
	Wish    string // the id of the wish of another edge that this grants
	Request journal.RequestID
}

// Scan is a wish to scan the car of a job.
type Scan struct {
	Job     string
	By      string
	Request journal.RequestID
	Seen    []journal.Hash // the tips that the person saw; nil checks nothing
}

// Config joins a Desk to the other rooms.
type Config struct {
	Node    string // <shop>-<node>
	Shop    string // the name customers know
	Bay     string // this edge's bay; "" when it has none
	Cabinet string // this edge's cabinet; "" when it has none
	Journal Log
	Board   Board
	Guesses Guesses // nil knows those of this run only
	Keys    Keys    // nil when this edge has no cabinet
	Scans   Scans   // nil when this edge has no scanner
	Clears  Clears  // nil when this edge has no scanner
	Lives   Lives   // nil when this edge has no scanner
	People  []board.Person
	Order   OrderConfig
	// Secret makes the pick-up codes; it never leaves this node.
	Secret []byte
	// Random is where tickets and salts come from; Now is the wall clock.
	Random io.Reader
	Now    func() time.Time
	// Plain is the plain sentence of a trouble code per language; nil gives none.
	Plain func(code string) map[string]string
	// Compare is the comparison of the job's own scans (board.Board); nil, or a nil
	// answer, gives none.
	Compare func(job.State) *board.Comparison
	// Idle wipes an abandoned kiosk session; 0 means 90 s.
	Idle time.Duration
	// Receipt makes the receipt of a sealed visit; nil: none are given out here.
	Receipt func(ctx context.Context, job string) ([]byte, error)
	// Erasure says how far a visit's data is erased; nil: nothing is sealed here.
	Erasure func(job string) ErasureState
	// Dropped says of a visit that its entries were dropped here when it was over, and
	// that keys of its data are kept; nil: of none.
	Dropped func(job string) bool
	// Public is the address that customers' phones reach this edge by, without a
	// slash at the end; "" is the one by which the asking screen reached it.
	Public string
	// Clocks are those of the shop (board.Board); nil believes each author's clock.
	Clocks *clocks.Clocks
	// Boot is this machine's boot id and the time since that boot began: wishes are held
	// against it. Nil: none is granted. Beat is the newest heartbeat of another node
	// (board.Board); nil: none is known, and nothing can be wished of it.
	Boot func() (id string, since time.Duration)
	Beat func(node string) (board.Beat, bool)
	// Witnessed says who has cosigned an origin, and how far; nil: nobody is known.
	Witnessed func(origin string) Witnessed
	Log       *slog.Logger
}

// Desk writes down what people say.
type Desk struct {
	cfg     Config
	opening sync.Mutex // one check-in begins at a time: its ticket and code are unique
	guesses guesses
	session session
	old     oldTokens
	wishes  wishes
}

// New makes a Desk; Run lets it follow keys and sessions.
func New(cfg Config) *Desk {
	if cfg.Idle <= 0 {
		cfg.Idle = 90 * time.Second
	}
	return &Desk{cfg: cfg, session: session{tell: cfg.Board.Tell}}
}

// kiosk is who acts when the customer does.
const kiosk = "kiosk"
