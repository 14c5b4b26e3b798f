package bay

import (
	"context"
	"iter"
	"log/slog"
	"sync"
	"time"

	"pitlane/devices"
	"pitlane/devices/keycab"
	"pitlane/devices/obd"
	"pitlane/edge/board"
	"pitlane/edge/clocks"
	"pitlane/edge/job"
	"pitlane/edge/journal"
)

// Scanner is an OBD adapter (obd.Scanner). Scan is called from one goroutine at a
// time while Run runs; it ends soon after its ctx.
type Scanner interface {
	devices.Device
	Scan(ctx context.Context, tell func(obd.Progress)) (*obd.Report, error)
}

// Cabinet is a key cabinet (keycab.Cabinet). Unlock may be called from any
// goroutine while Run runs; it never guesses an outcome, with Failed and an error it
// has sent nothing, and what it saw has been emitted before it returns.
type Cabinet interface {
	devices.Device
	Unlock(ctx context.Context, slot int) (keycab.Outcome, error)
}

// Log is the journal (journal.Journal). Append answers after the commit. Read,
// Tips and Origin are used once, at the start, to find what the last run left open.
type Log interface {
	Append(ctx context.Context, drafts ...journal.Draft) ([]journal.Entry, error)
	Read(ctx context.Context, origin string, from uint64) iter.Seq2[journal.Entry, error]
	Tips() []journal.Tip
	Origin() string
}

// Jobs is what is true of the visits (board.Board). It may lag behind the journal
// by a moment; Job is called from any goroutine.
type Jobs interface {
	Job(id string) (job.State, bool)
}

// Board is told what is true only for the moment (board.Board), from any goroutine.
type Board interface {
	Tell(now board.Now)
}

// Config joins a Bay to its devices and to the rooms it writes for.
type Config struct {
	Node    string   // this edge: <shop>-<node>
	Bay     string   // the bay's name; "" when this edge has none
	Scanner Scanner  // nil when this edge has none
	Cabinet Cabinet  // nil when this edge has none
	Lives   Streamer // the same; nil when it reads no live values
	Clears  Clearer  // the scanner once more; nil when it clears no codes
	// Floating: a key hangs wherever its tag is read; else each key has its slot.
	Floating bool
	Journal  Log
	Jobs     Jobs
	Board    Board
	// Watched says whether somebody has live values before him; nil: always.
	Watched func() bool
	// ScanLimit ends a scan that does not end; 0 means five minutes.
	ScanLimit time.Duration
	// DoorLimit is how long an opened slot may stand open before that is an alarm; 0
	// means a minute. Overdue is how long a key may be away for work; 0 means ten hours.
	DoorLimit, Overdue time.Duration
	// Ago is how long ago something of this node was, at least (clocks.Clocks.Ago); nil
	// believes the wall clock.
	Ago func(clocks.Reading) time.Duration
	Log *slog.Logger // nil drops it
}

// ScanOrder is one person's wish to scan the car of a job.
type ScanOrder struct {
	Job     string
	By      string // staff id
	Request journal.RequestID
	Seen    []journal.Hash // the job's tips that the person saw; nil checks nothing
}

// UnlockOrder is one wish to open a slot for a job.
type UnlockOrder struct {
	Job     string // "" when staff opens a slot for no job
	Slot    int
	Purpose string // hang, release, work, return
	By      string // staff id, or kiosk
	Reason  string // of a staff member; "" of a customer
	Wish    string // the id of the wish of another edge that this grants
	Request journal.RequestID
	Seen    []journal.Hash // as in ScanOrder
}

// Bay minds the devices of one edge. Scan, Unlock and FreeSlot may be called from
// any goroutine.
type Bay struct {
	cfg Config
	log *slog.Logger
	ids *ids
	// notes is what the devices said and what is to be looked at again, in order.
	notes chan any

	mu    sync.Mutex
	book  *book                       // what the journal says of the devices here
	awake chan struct{}               // closed once the book is read, or cannot be
	spawn func(func(context.Context)) // starts a task of Run; nil while Run does not run
	scans map[journal.RequestID]*scan // since the start
	scan  *scan                       // the one that runs
	opens map[journal.RequestID]*unlock
	// clears are the clearings of this run that the book does not know by heart.
	clears   map[journal.RequestID]*clearing
	clearing *clearing          // the one that runs
	stream   *stream            // live values that are read
	adapt    board.ScannerState // as last told
	live     cabinetNow         // as last seen
}

// New makes a Bay; Run starts it.
func New(cfg Config) *Bay {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.ScanLimit <= 0 {
		cfg.ScanLimit = 5 * time.Minute
	}
	if cfg.DoorLimit <= 0 {
		cfg.DoorLimit = time.Minute
	}
	if cfg.Overdue <= 0 {
		cfg.Overdue = 10 * time.Hour
	}
	return &Bay{
		cfg: cfg, log: cfg.Log.With("bay", cfg.Bay), ids: newIDs(cfg.Node),
		notes: make(chan any, 256), book: newBook(), awake: make(chan struct{}),
		scans: map[journal.RequestID]*scan{}, opens: map[journal.RequestID]*unlock{},
		clears: map[journal.RequestID]*clearing{},
		live:   newCabinetNow(),
	}
}

// refuse is an error that the person at the screen should read. Its kind is a
// job.Reason or one of the words used here.
func refuse(kind, message, hint string) *devices.Fault {
	return &devices.Fault{Kind: kind, Message: message, Hint: hint}
}

// startLimit is how long a wish waits for the book. Reading it takes milliseconds.
const startLimit = 5 * time.Second

// wake waits until the book is read: a wish that is repeated while the edge starts must
// meet its first answer there. Who waits in vain is told that it is just starting.
func (b *Bay) wake(ctx context.Context) {
	limit := time.NewTimer(startLimit)
	defer limit.Stop()
	select {
	case <-b.awake:
	case <-limit.C:
	case <-ctx.Done():
	}
}

func starting() *devices.Fault {
	return refuse("starting", "this edge is just starting", "try again in a moment")
}
