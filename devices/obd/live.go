package obd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"pitlane/devices"
)

// Requests a second at most where Options.Rate says nothing: some cars take a tester
// that asks without a pause for a fault, and light a warning.
const (
	LiveRate  = 60
	QuietRate = 10
)

// ErrLive says that live values are being read already: one reader at a time.
var ErrLive = errors.New("live values are being read already")

// LiveOrder says which values to read, again and again.
type LiveOrder struct {
	ECU  string   // one unit's; "" for those of every unit that has them
	PIDs []string // two hex digits each; none: what most look at, as far as the car has it
	// Begun is called once, before the first reading, with everything that may be
	// asked for; nil drops it. Like tell it comes from the owner goroutine and must
	// not block.
	Begun func([]LivePID)
}

// LivePID is a value that a unit says it can tell.
type LivePID struct {
	ECU   string   `json:"ecu"`
	PID   string   `json:"pid"`
	Names []string `json:"names"` // of its readings; empty where the PID is not in the table
	Unit  string   `json:"unit,omitempty"`
	// Read: it is among those being read.
	Read bool `json:"read"`
}

// LiveReading is one value of one unit, fresh from the line.
type LiveReading struct {
	ECU string `json:"ecu"`
	Reading
	At time.Duration `json:"-"` // by Options.Clock
}

// live is one order while it is read.
type live struct {
	order LiveOrder
	tell  func(LiveReading)
	x     *scan // nil before the car has been asked what it has
	pids  []string
	todo  []string // of this round
}

// usual is what most look at, in this order: engine speed, speed, coolant, throttle,
// load, air, intake temperature, module voltage.
func usual() []string { return []string{"0C", "0D", "05", "11", "04", "0B", "10", "0F", "42"} }

// mostUsual keeps a first look quick.
const mostUsual = 6

// lastAnswer is how long an answer is waited for after its order has ended.
const lastAnswer = 500 * time.Millisecond

// Live reads values until ctx ends (nil), or the talk with the car does (a
// *devices.Fault). Scans and clearing codes go before it: it rests meanwhile and goes
// on by itself. While one order is read another is refused with ErrLive. tell is
// called from the owner goroutine and must not block.
func (s *Scanner) Live(ctx context.Context, order LiveOrder, tell func(LiveReading)) error {
	a := s.wished(&wish{ctx: ctx, live: &live{order: order, tell: tell}})
	if ctx.Err() != nil {
		return nil
	}
	return a.err
}

// beginLive takes up an order.
func (o *owner) beginLive(w *wish) {
	if o.live != nil {
		w.answer <- answer{failedReport(&Failure{Kind: "wrong_usage", Message: ErrLive.Error(), Hint: "end the other reader"}), ErrLive}
		return
	}
	o.live = w
}

// endLive answers the order under way with why it ended.
func (o *owner) endLive(f *Failure, err error) {
	if o.live == nil {
		return
	}
	o.live.answer <- answer{failedReport(f), f.fault(err)}
	o.live = nil
}

// sample sends the next request of the order under way. The end of the order waits
// for the answer under way, so that the talk need not be begun anew.
func (o *owner) sample(ctx context.Context, c *conn) error {
	w := o.live
	if w.ctx.Err() != nil {
		o.endLive(failureOf(w.ctx.Err(), true), w.ctx.Err())
		return nil
	}
	inner, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(w.ctx, func() {
		time.AfterFunc(lastAnswer, func() { cancel(w.ctx.Err()) })
	})()
	l := w.live
	var err error
	if l.x == nil || l.x.c != c {
		err = l.begin(inner, o, c)
	}
	if err == nil {
		l.x.ctx = inner
		err = l.round()
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(c.broken, errReset) && inner.Err() == nil:
		l.x = nil // its supply broke down for a moment: it goes on
	default:
		err = cause(inner, err)
		o.endLive(failureOf(err, true), err)
	}
	return c.after(ctx)
}

// begin asks the car what it has.
func (l *live) begin(ctx context.Context, o *owner, c *conn) error {
	opts := o.opts
	if opts.Rate <= 0 {
		opts.Rate = LiveRate
	}
	x := &scan{ctx: ctx, c: c, opts: &opts, tell: func(Progress) {}, report: &Report{}, ecus: map[string]*unit{}, step: StepProtocol, total: 1}
	if err := x.protocol(o.memory); err != nil {
		return err
	}
	x.step = StepSupported
	if err := x.supported(); err != nil {
		return err
	}
	l.pids = l.choose(x)
	if len(l.pids) == 0 {
		return &devices.Fault{Kind: "unsupported", Message: "the car has none of these values", Hint: "choose others"}
	}
	x.step = StepReadings
	l.x, l.todo = x, nil
	if l.order.Begun != nil {
		l.order.Begun(l.offered())
	}
	return nil
}

// choose are the PIDs to read: those wished that the unit, or any, has.
func (l *live) choose(x *scan) []string {
	has := func(pid string) bool {
		ids := x.claiming(pid)
		return len(ids) > 0 && (l.order.ECU == "" || slices.Contains(ids, l.order.ECU))
	}
	var out []string
	wished := l.order.PIDs
	if len(wished) == 0 {
		wished = usual()
	}
	for _, pid := range wished {
		pid = strings.ToUpper(pid)
		if number := parseRequest(pid); len(number.data) == 1 && number.data[0]%0x20 != 0 && has(pid) && !slices.Contains(out, pid) {
			out = append(out, pid)
		}
	}
	if len(l.order.PIDs) == 0 {
		out = out[:min(len(out), mostUsual)]
	}
	return out
}

// offered is everything that may be asked for.
func (l *live) offered() []LivePID {
	out := []LivePID{}
	for _, id := range l.x.ids() {
		for n := 0x03; n < 0x100; n++ {
			pid := fmt.Sprintf("%02X", n)
			if n%0x20 == 0 || !l.x.ecus[id].supported[pid] {
				continue
			}
			p := LivePID{ECU: id, PID: pid, Names: []string{}, Read: slices.Contains(l.pids, pid)}
			for _, f := range pidTable()[n].fields {
				p.Names, p.Unit = append(p.Names, f.name), f.unit
			}
			out = append(out, p)
		}
	}
	return out
}

// round sends one request of a round: as many values as go in one, so that a round is
// as short as the bus allows. The first is asked for alone where it is not known yet
// whether the adapter takes a count.
func (l *live) round() error {
	x := l.x
	if len(l.todo) == 0 {
		l.todo = slices.Clone(l.pids)
	}
	group := x.group(l.todo)
	if x.fast.counts == "" {
		group = group[:1]
	}
	l.todo = slices.DeleteFunc(l.todo, func(pid string) bool { return slices.Contains(group, pid) })
	for _, u := range x.ecus {
		u.Readings = nil
	}
	x.report.Errors = nil
	if err := x.read(group); err != nil {
		return err
	}
	at := x.opts.Clock()
	for _, id := range x.ids() {
		if l.order.ECU != "" && id != l.order.ECU {
			continue
		}
		for _, r := range x.ecus[id].Readings {
			l.tell(LiveReading{ECU: id, Reading: r, At: at})
		}
	}
	return nil
}
