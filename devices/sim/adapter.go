package sim

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"time"
)

// AdapterConfig says which adapter it is. The zero value is a cheap "ELM327 v1.5"
// with the times of the real thing.
type AdapterConfig struct {
	Identity    string   // answer to ATI; "": ELM327 v1.5
	Description string   // answer to AT@1; "": OBDII to RS232 Interpreter
	STN         string   // answer to STI; "": an ELM, which answers ?
	STNDevice   string   // answer to STDI
	Volts       float64  // answer to ATRV; 0: 12.6
	Refuses     []string // commands answered with ? as clones do: ATAL, ATSP6; STPX*: all that begin so
	Banner      bool     // announce yourself when powered, unasked
	Baud        int      // speed after power-up; at another one both sides read garbage. 0: any speed will do
	MaxBaud     int      // above it bytes come out garbled, whatever the speeds say; 0: none
	LossyBaud   int      // above it bytes that it sends are lost,
	LossEvery   int      // one in so many; 0: none
	Buffer      int      // bytes that wait for a slow line before BUFFER FULL; 0: 512
	Timing      *Timing  // nil: Real()
	Seed        uint64   // of what is left to chance
}

// Timing is how long things take. The zero value takes no time at all.
type Timing struct {
	Baud     int           // wire time per byte; 0: none
	P2       time.Duration // from a request to the first frame, on CAN
	P2Slow   time.Duration // the same on older buses
	Idle     time.Duration // wait after the last frame, as set by ATST; shortened by ATAT1 and ATAT2
	Search   time.Duration // of a protocol search
	SlowInit time.Duration // 5 baud initialisation
	FastInit time.Duration
	Reset    time.Duration // ATZ
	Warm     time.Duration // ATWS
}

// Real is the timing of an adapter at 38400 baud on an ordinary car.
func Real() *Timing {
	return &Timing{
		Baud: 38400, P2: 15 * time.Millisecond, P2Slow: 35 * time.Millisecond, Idle: 200 * time.Millisecond,
		Search: 2500 * time.Millisecond, SlowInit: 2600 * time.Millisecond, FastInit: 320 * time.Millisecond,
		Reset: 800 * time.Millisecond, Warm: 200 * time.Millisecond,
	}
}

// Instant is the timing of tests that do not measure time.
func Instant() *Timing { return &Timing{} }

// wire is the time n bytes need on the line.
func (t *Timing) wire(n int) time.Duration {
	if t.Baud <= 0 {
		return 0
	}
	return time.Duration(n) * 10 * time.Second / time.Duration(t.Baud)
}

// Adapter is an ELM327 adapter. One Serve runs at a time; everything else may be
// called from anywhere.
type Adapter struct {
	cfg    AdapterConfig
	timing Timing

	mu     sync.Mutex
	car    Car
	since  time.Time // when the car was plugged in
	plugs  int       // counts changes of the car
	baud   int       // speed after power-up
	faults Faults
	log    []string
}

// NewAdapter makes an adapter that nothing is plugged into.
func NewAdapter(cfg AdapterConfig) *Adapter {
	if cfg.Identity == "" {
		cfg.Identity = "ELM327 v1.5"
	}
	if cfg.Description == "" {
		cfg.Description = "OBDII to RS232 Interpreter"
	}
	if cfg.Volts == 0 {
		cfg.Volts = 12.6
	}
	if cfg.Timing == nil {
		cfg.Timing = Real()
	}
	if cfg.Buffer == 0 {
		cfg.Buffer = 512
	}
	return &Adapter{cfg: cfg, timing: *cfg.Timing, baud: cfg.Baud}
}

// Plug puts the adapter into a car; nil pulls it out, or turns the ignition off.
func (a *Adapter) Plug(c Car) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.car, a.since = c, time.Now()
	a.plugs++
}

// Plugged is the car the adapter is in, or nil.
func (a *Adapter) Plugged() Car {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.car
}

// Faults are the faults switched on now.
func (a *Adapter) Faults() Faults {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.faults
}

// SetFaults switches faults; the next command meets them. Faults{} ends them all.
func (a *Adapter) SetFaults(f Faults) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faults = f
}

// Log lists the commands received so far, upper case and without spaces: the last
// 10,000 of them.
func (a *Adapter) Log() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.log...)
}

// saved is the speed after power-up.
func (a *Adapter) saved() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.baud
}

// save makes a speed the one after power-up (STWBR).
func (a *Adapter) save(baud int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.baud = baud
}

func (a *Adapter) note(command string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.log) >= 10000 {
		a.log = a.log[5000:]
	}
	a.log = append(a.log, command)
}

func (a *Adapter) plugged() (c Car, since time.Duration, plugs int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.car, time.Since(a.since), a.plugs
}

// faultsFor are the faults that meet a command; it counts them down.
func (a *Adapter) faultsFor(command string) Faults {
	a.mu.Lock()
	defer a.mu.Unlock()
	f := a.faults
	if !f.meets(command) {
		return f.lasting()
	}
	if f.Times > 0 {
		if a.faults.Times--; a.faults.Times == 0 {
			a.faults = f.lasting()
		}
	}
	return f
}

// Serve answers what comes over rw until ctx ends (nil) or rw does (its error, or
// nil for io.EOF). A Read that waits is ended by SetReadDeadline where rw has it,
// as Line and net.Conn do; without it Serve returns when rw is closed.
func (a *Adapter) Serve(ctx context.Context, rw io.ReadWriter) error {
	return serve(ctx, rw, func(ctx context.Context, in <-chan []byte) error {
		s := &session{a: a, rw: rw, in: in, rng: rand.New(rand.NewPCG(a.cfg.Seed, 1))}
		return s.run(ctx)
	})
}

// serve reads rw in a goroutine and hands the bytes to run; it returns when both
// have ended.
func serve(ctx context.Context, rw io.ReadWriter, run func(context.Context, <-chan []byte) error) error {
	type deadliner interface{ SetReadDeadline(time.Time) error }
	dl, canEnd := rw.(deadliner)
	if canEnd {
		if err := dl.SetReadDeadline(time.Time{}); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	in := make(chan []byte)
	ended := make(chan error, 1)
	go func() {
		defer close(in)
		ended <- pump(ctx, rw, in)
	}()
	err := run(ctx, in)
	cancel()
	if canEnd {
		_ = dl.SetReadDeadline(time.Unix(1, 0)) // refused only by a line that is closed: its Read has ended
	}
	return errors.Join(err, <-ended)
}

// pump copies reads into in until ctx or the reader ends.
func pump(ctx context.Context, r io.Reader, in chan<- []byte) error {
	for {
		buf := make([]byte, 256)
		n, err := r.Read(buf)
		if n > 0 {
			select {
			case in <- buf[:n]:
			case <-ctx.Done():
				return nil
			}
		}
		switch {
		case ctx.Err() != nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe):
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded) || err == nil:
		default:
			return err
		}
	}
}

// normal is a command as the chip sees it: upper case, without spaces and control
// characters.
func normal(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r <= ' ' || r == 0x7F:
			return -1
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		}
		return r
	}, text)
}
