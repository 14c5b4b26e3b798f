package obd

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"pitlane/devices"
)

// Options say how a scanner talks to its adapter. The zero value is usable.
type Options struct {
	// Name names the scanner in Readings; "" means "obd".
	Name string
	// Port is the configured name of the line: the key under which the adapter, and
	// the last car's protocol and habits, are remembered, and what a hint names.
	Port string
	// Baud is the speed the line is opened with; 0 where it is not known, so that no
	// other one is tried.
	Baud int
	// NoRaise leaves the line at the speed at which the adapter is found. Otherwise it is
	// made faster while the scanner runs, and put back at its end.
	NoRaise bool
	// Protocol is an ELM327 protocol number (1..C) to use and nothing else; "" and
	// "auto" search.
	Protocol string
	// Cold forgets what is remembered of this port.
	Cold bool
	// Cache is the file that remembers it across restarts; "" keeps it in memory only.
	Cache string
	// Units are control units to ask by their address for all codes they keep, beside
	// those that answer what asks all: see CheckUnit. One that is no address fails the
	// scan.
	Units []string
	// Plain asks for one thing at a time and waits for every answer to the end: slow,
	// and the measure of the faster ways.
	Plain bool
	// Rate caps the requests a second; 0 means as fast as the car answers, and for live
	// values LiveRate.
	Rate int
	// Quiet asks for no more than is wished: no voltage between wishes, and QuietRate
	// where Rate is 0.
	Quiet bool
	// Idle is how often the adapter is asked for its voltage between scans; 0 means
	// every 5 s.
	Idle time.Duration
	// Trace is called with every exchange, from the owner goroutine; nil drops it.
	Trace func(Exchange)
	// Clock is the monotonic time since the process started; nil counts from New.
	Clock func() time.Duration
	// Log takes what an operator wants to read later; nil drops it.
	Log *slog.Logger
}

// Status is what a scanner knows of its adapter between scans: the Value of the
// devices.Reading that Run emits when it changes, and at every idle poll.
type Status struct {
	Online   bool
	Identity string
	Volts    *float64
	Fault    *Failure // why it is offline; nil while online
}

// ErrNotRunning says that Run has ended, so nobody owns the port.
var ErrNotRunning = errors.New("the scanner is not running")

// Scanner is one OBD adapter on one serial line. Run owns the line; Scan hands
// its request to Run and may be called from any goroutine.
type Scanner struct {
	open   devices.Opener
	opts   Options
	log    *slog.Logger
	memory *memory
	wishes chan *wish
	done   chan struct{} // closed when Run has returned
	once   sync.Once
}

var _ devices.Device = (*Scanner)(nil)

// wish is one call of Scan on its way to the owner and back.
type wish struct {
	ctx    context.Context //nolint:containedctx // it travels to the owner goroutine and no further
	tell   func(Progress)
	do     func(context.Context, *owner, *conn) (*Report, error) // nil: a scan
	live   *live                                                 // not nil: live values, which do not end by themselves
	answer chan answer
	again  bool // it was begun once on a talk that had ended
}

type answer struct {
	report *Report
	err    error
}

// New makes a scanner; nothing is opened before Run.
func New(open devices.Opener, opts Options) *Scanner {
	if opts.Name == "" {
		opts.Name = "obd"
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Idle <= 0 {
		opts.Idle = 5 * time.Second
	}
	if opts.Quiet && opts.Rate <= 0 {
		opts.Rate = QuietRate
	}
	if opts.Clock == nil {
		start := time.Now()
		opts.Clock = func() time.Duration { return time.Since(start) }
	}
	s := &Scanner{
		open:   open,
		opts:   opts,
		log:    opts.Log.With("device", opts.Name),
		memory: newMemory(opts.Cache, opts.Port, opts.Cold, opts.Log),
		wishes: make(chan *wish),
		done:   make(chan struct{}),
	}
	return s
}

// Name is the configured name.
func (s *Scanner) Name() string { return s.opts.Name }

// Scan reads the car behind the adapter. It waits for Run to own the line; while
// the adapter cannot be reached it answers with the failure of the attempt under
// way, or of one made at once. The report is never nil: with an error it holds what was known when
// the scan ended, and its Error says the same as the error (a *devices.Fault).
// tell is called from the owner goroutine, must not block, and may be nil.
func (s *Scanner) Scan(ctx context.Context, tell func(Progress)) (*Report, error) {
	if tell == nil {
		tell = func(Progress) {}
	}
	a := s.wished(&wish{ctx: ctx, tell: tell})
	return a.report, a.err
}

// wished hands a wish to the owner and waits for its answer.
func (s *Scanner) wished(w *wish) answer {
	w.answer = make(chan answer, 1)
	select {
	case s.wishes <- w:
	case <-s.done:
		return answer{failedReport(notRunning()), ErrNotRunning}
	case <-w.ctx.Done():
		f := failureOf(w.ctx.Err(), true)
		return answer{failedReport(f), f.fault(w.ctx.Err())}
	}
	select {
	case a := <-w.answer:
		return a
	case <-s.done:
	}
	select {
	case a := <-w.answer: // it was the last thing that Run did
		return a
	default:
		return answer{failedReport(notRunning()), ErrNotRunning}
	}
}

func notRunning() *Failure {
	return &Failure{Kind: "adapter_fault", Message: ErrNotRunning.Error(), Hint: "start the edge again"}
}
