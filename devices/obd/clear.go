package obd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pitlane/devices"
)

// Steps of clearing codes beside those of a scan.
const (
	StepEngine = "engine" // whether it stands still
	StepIntend = "intend" // the caller writes down what is about to be done
	StepClear  = "clear"
	StepProof  = "proof"
)

// ClearOutcome says what came of clearing codes.
type ClearOutcome string

// The outcomes. Of the whole it is the worst of its units'.
const (
	ClearDone    ClearOutcome = "cleared" // said by the unit, or seen when its codes were read again
	ClearRefused ClearOutcome = "refused" // by the unit, or by us before anything was sent
	ClearFailed  ClearOutcome = "failed"  // the codes are still there, or nothing was sent
	ClearUnknown ClearOutcome = "unknown" // nobody saw: a person looks, nothing is sent again
	ClearNothing ClearOutcome = "nothing" // the unit said nothing and had nothing to clear
)

// ClearOrder is one wish to clear the codes of all units of a car.
type ClearOrder struct {
	// VIN is what the car should be; "" checks nothing.
	VIN string
	// Intend is called once from the owner goroutine when all guards have passed and
	// before anything that changes the car leaves, with what is known so far: Before
	// and Engine. An error ends the order with nothing sent. It may block.
	Intend func(ctx context.Context, soFar Cleared) error
	// Tell is called from the owner goroutine, must not block, and may be nil.
	Tell func(Progress)
}

// Cleared is what came of a ClearOrder.
type Cleared struct {
	Outcome ClearOutcome `json:"outcome"`
	// Sent: the request may have left. It does so at most once an order.
	Sent   bool         `json:"sent"`
	Engine string       `json:"engine"` // off, running, unknown where no unit tells
	ECUs   []ClearedECU `json:"ecus"`
	Before *Report      `json:"before"` // codes, freeze frames, readiness
	After  *Report      `json:"after"`  // codes and readiness; nil when they were not read
	Error  *Failure     `json:"error"`
	// Session is the raw record of the clearing: what was read before it, the request,
	// and what was read after it. Set when it has ended, whichever way.
	Session *Session `json:"-"`
}

// ClearedECU is what came of it in one unit.
type ClearedECU struct {
	ID      string       `json:"id"`
	Outcome ClearOutcome `json:"outcome"`
	// Why: conditions_not_correct (NRC 22), refused, codes_remain, not_read, pending
	// (it asked for time and was not heard again), seen (it said nothing, its codes are
	// gone); "" where it said so and they are.
	Why       string   `json:"why,omitempty"`
	NRC       string   `json:"nrc,omitempty"`
	Gone      []string `json:"gone"`      // stored and pending codes that it no longer has
	Remain    []string `json:"remain"`    // stored and pending codes that it has now
	Permanent []string `json:"permanent"` // codes that only the car itself erases
	// Incomplete are its monitors that have to run again before the car is ready.
	Incomplete int `json:"incomplete"`
}

// How long a unit that asked for time is given (P2*, ISO 15765-4 and ISO 14229-2), and
// how often one that restarts after clearing is asked for its codes.
const (
	limitPending = 5 * time.Second
	proofTries   = 3
	proofPause   = time.Second
)

// Clear reads what there is to clear, asks the caller to write that down, sends the
// request to clear, once, and reads again. The result is never nil. With an error
// nothing is known to have been cleared: its Sent says whether the request may have
// left. Without one the Outcome says what came of it, which may be a refusal.
func (s *Scanner) Clear(ctx context.Context, order ClearOrder) (*Cleared, error) {
	if order.Tell == nil {
		order.Tell = func(Progress) {}
	}
	out := &Cleared{Outcome: ClearFailed, Engine: "unknown", ECUs: []ClearedECU{}}
	a := s.wished(&wish{ctx: ctx, tell: order.Tell, do: func(ctx context.Context, o *owner, c *conn) (*Report, error) {
		started := s.opts.Clock()
		c.recorder.begin()
		err := o.clear(ctx, c, order, out)
		report := Report{}
		if out.Before != nil {
			report = *out.Before
		}
		if err != nil {
			out.Error = failureOf(err, true)
			report.Error = out.Error
		}
		out.Session = c.recorder.session(started, &report)
		return &report, err
	}})
	if a.err != nil {
		out.Error = a.report.Error
	}
	if a.err != nil && out.Sent {
		out.Outcome = ClearUnknown
	}
	return out, a.err
}

// clear is one order from its guards to its proof.
func (o *owner) clear(ctx context.Context, c *conn, order ClearOrder, out *Cleared) error {
	x := &scan{ctx: ctx, c: c, opts: &o.opts, tell: order.Tell, report: &Report{}, ecus: map[string]*unit{}, total: 16}
	started := o.opts.Clock()
	err := x.steps(x.before(o.memory))
	x.report.DurationMS = (o.opts.Clock() - started).Milliseconds()
	out.Before = x.snapshot()
	if err != nil {
		return err
	}
	x.step = StepEngine
	x.say()
	if out.Engine, err = x.engine(); err != nil {
		return err
	}
	if f := guard(order, out); f != nil {
		out.Outcome = ClearRefused
		return f
	}
	x.step = StepIntend
	x.say()
	if order.Intend != nil {
		if err := order.Intend(ctx, *out); err != nil {
			return fmt.Errorf("write down that codes are to be cleared: %w", err)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	answer, err := x.clearOnce(out)
	if err != nil {
		return err
	}
	after, err := x.proof(answer)
	out.After = after.snapshot()
	out.judge(answer)
	if err == nil {
		x.learned(o.memory)
	}
	return err
}

// guard refuses what must not be cleared; nothing has been sent.
func guard(order ClearOrder, out *Cleared) error {
	vin := out.Before.VIN
	told := 0
	for _, e := range out.Before.ECUs {
		if e.Stored.State == OK {
			told++
		}
	}
	switch {
	case out.Engine == "running":
		return &devices.Fault{Kind: "engine_running", Message: "the engine is running", Hint: "switch the engine off, the ignition on, and try again"}
	case order.VIN != "" && vin.State == OK && vin.Value != order.VIN:
		return &devices.Fault{Kind: "wrong_car", Message: "this is another car than the job's", Hint: "look which car stands in the bay"}
	case told == 0:
		return &devices.Fault{Kind: "not_read", Message: "no unit of the car told its codes", Hint: "scan the car first: what would be cleared is not known"}
	}
	return nil
}

// before are the steps that read what clearing erases, and what tells the car.
func (x *scan) before(m *memory) []step {
	return []step{
		{StepProtocol, func() error { return x.protocol(m) }},
		{StepVIN, x.vin},
		{StepSupported, x.supported},
		{StepCodes, x.codes},
		{StepReadiness, x.readiness},
		{StepReadings, x.freeze},
	}
}

// engine says whether the engine turns, as far as any unit tells (PID 0C).
func (x *scan) engine() (string, error) {
	if !x.anySupports("0C") {
		return "unknown", nil
	}
	a, err := x.request("010C", limitRequest)
	if err != nil {
		return "unknown", err
	}
	state := "unknown"
	for _, e := range a.ECUs {
		for _, r := range e.Readings {
			rpm, ok := r.Value.(float64)
			switch {
			case !ok || r.PID != "0C":
			case rpm > 0:
				return "running", nil
			default:
				state = "off"
			}
		}
	}
	return state, nil
}

// clearRequest is the request that clears the codes of all units: mode 04 of
// SAE J1979, or service 14 for the emission-related group.
func (x *scan) clearRequest() string { return clearRequest(x.report.Protocol.Standard) }

// clearOnce sends the request to clear. It is the only place that does, it is not
// asked again whatever comes back, and it carries no count of answers, since an
// adapter that misreads a count would spoil it. The adapter waits as long as it can,
// for units that ask for time.
func (x *scan) clearOnce(out *Cleared) (Answer, error) {
	x.step = StepClear
	x.say()
	for _, word := range []string{"ATAT0", "ATSTFF"} {
		if err := x.patience(word); err != nil {
			return Answer{}, err
		}
	}
	out.Sent = true
	a, err := x.once(x.clearRequest(), limitRequest)
	if err != nil {
		x.c.bury()
		return a, err
	}
	for _, word := range []string{"ATST32", "ATAT1"} { // and a lone CR repeats this, not the request
		if err := x.patience(word); err != nil {
			return a, err
		}
	}
	return a, nil
}

// bury gives the adapter another last word than the request to clear, when the talk
// with it has broken: a lone CR repeats the last one (ELM327, "Talking to the
// ELM327"), and at another speed a knock may look like one. A byte that interrupts is
// lost, so the first is a blank.
func (c *conn) bury() {
	_, _ = c.port.Write([]byte(" ATI\r")) // the line may be gone, and with it the danger
}

// proof reads codes and readiness again. A unit that asked for time is given it, and
// one that restarts is asked again.
func (x *scan) proof(answer Answer) (*scan, error) {
	x.step = StepProof
	x.say()
	y := x.anew()
	for _, e := range answer.ECUs {
		if e.NRC == "78" {
			if err := x.pause(limitPending); err != nil {
				return y, err
			}
			break
		}
	}
	for try := 1; ; try++ {
		y = x.anew()
		if err := errors.Join(y.codes(), y.readiness()); err != nil || try == proofTries || x.allRead(y) {
			return y, err
		}
		if err := x.pause(proofPause); err != nil {
			return y, err
		}
	}
}

// anew is a scan of the same units of which nothing has been read.
func (x *scan) anew() *scan {
	y := &scan{ctx: x.ctx, c: x.c, opts: x.opts, tell: func(Progress) {}, report: &Report{}, ecus: map[string]*unit{}, step: x.step, uds: x.uds, fast: x.fast, next: x.next}
	y.report.Adapter, y.report.Protocol, y.report.VIN = x.report.Adapter, x.report.Protocol, x.report.VIN
	for id, u := range x.ecus {
		y.unit(id).supported = u.supported
	}
	return y
}

// allRead: every unit that told its stored codes before tells them again.
func (x *scan) allRead(y *scan) bool {
	for id, u := range x.ecus {
		if u.Stored.State == OK && y.unit(id).Stored.State != OK {
			return false
		}
	}
	return true
}

// pause waits for the car.
func (x *scan) pause(d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-x.ctx.Done():
		return x.ctx.Err()
	}
}
