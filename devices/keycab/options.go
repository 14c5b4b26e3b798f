package keycab

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"pitlane/devices"
)

// Options say how a cabinet is wired.
type Options struct {
	// Name names the cabinet in Readings and in the journal.
	Name string
	// Driver is the make of the boards; "" means kerong-cu16.
	Driver string
	// Boards are the bus addresses, in any order; none means the driver's first (0 of
	// kerong-cu16, 1 of the others).
	Boards []int
	// Locks is how many locks of each board are fitted; 0 means as many as its make
	// usually has: 16, of lock-8a 24, of modbus 8 or those below KeyInput.
	Locks int
	// HookClosed is the bit (0 or 1) that the feedback switch shows for a closed
	// hook. Makes differ, so nothing is assumed: with nil every hook is unknown and
	// Unlock refuses.
	HookClosed *int
	// KeyPresent is the bit that a key sensor shows for a key; nil means 1.
	KeyPresent *int
	// KeyInput is the discrete input at which the key sensors of a modbus module
	// begin, counted from 0; 0 means that it has none.
	KeyInput int
	// Pulse is how a modbus module drives a lock: PulseTimed (also "") by itself,
	// PulseHost switched on and off by us, with the risk that host.go states.
	Pulse string
	// Echo is what the adapter does with our own bytes: EchoAuto (also ""), EchoNone
	// or EchoStrip.
	Echo string
	// Baud is the speed of the line, for the silence between Modbus frames; 0 means
	// 9600. The speed itself is the opener's.
	Baud int
	// Clock is the monotonic time since the process started; nil counts from New.
	Clock func() time.Duration
	// Log takes what an operator wants to read later; nil drops it.
	Log *slog.Logger
}

// Cabinet is a key cabinet on one serial line. Run owns the line; Unlock may be
// called from any goroutine.
type Cabinet struct {
	open   devices.Opener
	talk   talk
	opts   Options
	log    *slog.Logger
	clock  func() time.Duration
	orders chan *order

	mu   sync.Mutex
	gone chan struct{} // closed when the newest Run has returned; nil before the first
}

var _ devices.Device = (*Cabinet)(nil)

// New checks the options; nothing is opened before Run.
func New(open devices.Opener, opts Options) (*Cabinet, error) {
	if open == nil {
		return nil, errors.New("a cabinet needs an opener for its line")
	}
	t, err := talkOf(opts)
	if err != nil {
		return nil, err
	}
	if opts, err = opts.filled(t.Limits()); err != nil {
		return nil, err
	}
	c := &Cabinet{
		open: open, talk: t, opts: opts, log: opts.Log, clock: opts.Clock,
		orders: make(chan *order),
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	c.log = c.log.With("cabinet", opts.Name)
	if c.clock == nil {
		c.clock = sinceNow()
	}
	return c, nil
}

// filled is the options with what a make usually has where nothing is said.
func (o Options) filled(l limits) (Options, error) {
	var err error
	if o.Boards, err = checkBoards(o.Boards, l); err != nil {
		return o, err
	}
	if o.Locks == 0 {
		o.Locks = l.Usual
	}
	if o.Echo == "" {
		o.Echo = EchoAuto
	}
	bit := func(p *int) bool { return p == nil || *p == 0 || *p == 1 }
	switch {
	case o.Locks < 1 || o.Locks > l.Locks:
		return o, fmt.Errorf("%d locks a board: a board has 1 to %d", o.Locks, l.Locks)
	case !bit(o.HookClosed):
		return o, fmt.Errorf("hook closed %d: the bit of a closed hook is 0 or 1", *o.HookClosed)
	case !bit(o.KeyPresent):
		return o, fmt.Errorf("key present %d: the bit of a key is 0 or 1", *o.KeyPresent)
	case o.Echo != EchoAuto && o.Echo != EchoNone && o.Echo != EchoStrip:
		return o, fmt.Errorf("echo %q: it is %s, %s or %s", o.Echo, EchoAuto, EchoNone, EchoStrip)
	}
	return o, nil
}

// Boards are the bus addresses in their order.
func (c *Cabinet) Boards() []int { return append([]int(nil), c.opts.Boards...) }

// Name implements devices.Device.
func (c *Cabinet) Name() string { return c.opts.Name }

// Slots is how many slots the cabinet has, over all its boards.
func (c *Cabinet) Slots() int { return len(c.opts.Boards) * c.opts.Locks }

// Unlock opens one slot (1..Slots) and says what came of it: Opened only when the
// hook was seen open afterwards, Failed when it was seen to stay closed through
// one retry, OutcomeUnknown when nobody could see. With an error and Failed no
// frame has left; the error is then a *devices.Fault with a next step, or that of
// ctx. It waits for an unlock that is under way.
func (c *Cabinet) Unlock(ctx context.Context, slot int) (Outcome, error) {
	if slot < 1 || slot > c.Slots() {
		return Failed, fault("wrong_usage", fmt.Sprintf("there is no slot %d", slot),
			fmt.Sprintf("this cabinet has slots 1 to %d", c.Slots()), nil)
	}
	if c.opts.HookClosed == nil {
		return Failed, fault("not_commissioned", "the cabinet is not commissioned: which bit means a closed hook is not known",
			"commission it: pitlane keys commission", nil)
	}
	o := &order{ended: ctx.Err, slot: slot, done: make(chan result, 1)}
	c.mu.Lock()
	gone := c.gone
	c.mu.Unlock()
	select {
	case c.orders <- o:
	case <-ctx.Done():
		return Failed, fmt.Errorf("wait for the cabinet's line: %w", ctx.Err())
	case <-gone:
		return Failed, offline("stopped", nil)
	}
	r := <-o.done // the owner answers soon after ctx ends, whatever happens
	return r.outcome, r.err
}

// order is one wish to unlock, on its way to the owner of the line.
type order struct {
	slot  int
	ended func() error // why nobody waits for it any more; nil while somebody does
	done  chan result
}

type result struct {
	outcome Outcome
	err     error
}

func fault(kind, message, hint string, err error) *devices.Fault {
	return &devices.Fault{Kind: kind, Message: message, Hint: hint, Err: err}
}

// offline is the fault of a cabinet that cannot be reached.
func offline(why string, err error) *devices.Fault {
	return fault("cabinet", "the key cabinet is not reachable ("+why+")",
		"check the cabinet's power and its cable; it is taken up again by itself", err)
}
