package keycab

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"pitlane/devices"
)

// Run owns the line until ctx ends: it opens it, polls the boards, unlocks what
// Unlock asks for, and opens the line again after each break. It runs once at a
// time and returns nil.
func (c *Cabinet) Run(ctx context.Context, emit func(devices.Reading)) error {
	defer c.begin()()
	t := &teller{c: c, emit: emit}
	again := devices.Backoff{Rand: rand.Float64}
	for ctx.Err() == nil {
		port, err := c.open(ctx)
		if err == nil {
			s := newSession(c, port, t)
			err = errors.Join(s.run(ctx), port.Close())
			if s.begun {
				again.Reset()
			}
			if ctx.Err() == nil {
				t.offline(WhyUnplugged, err)
			}
		} else if ctx.Err() == nil {
			t.offline(whyOf(err), err)
		}
		c.refuseFor(ctx, again.Next(), faultOf(t.why, err))
	}
	return nil
}

// begin lets Unlock know when Run has ended.
func (c *Cabinet) begin() (end func()) {
	gone := make(chan struct{})
	c.mu.Lock()
	c.gone = gone
	c.mu.Unlock()
	return func() { close(gone) }
}

// refuseFor waits before the next attempt to open the line; whoever wants a slot
// opened meanwhile hears why not.
func (c *Cabinet) refuseFor(ctx context.Context, d time.Duration, why *devices.Fault) {
	t := time.NewTimer(d)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			return
		case <-ctx.Done():
			return
		case o := <-c.orders:
			o.done <- result{outcome: Failed, err: why}
		}
	}
}

func whyOf(err error) string {
	switch {
	case errors.Is(err, devices.ErrMissing):
		return WhyMissing
	case errors.Is(err, devices.ErrBusy):
		return WhyBusy
	case errors.Is(err, devices.ErrUnplugged):
		return WhyUnplugged
	}
	return WhyPort
}

// teller says what is believed now, and no more than that: a snapshot first, then
// changes, nothing between offline and the next snapshot, nothing twice.
type teller struct {
	c    *Cabinet
	emit func(devices.Reading)

	online bool
	why    string // newest reason not to be online
	last   []Slot // as last told
}

func (t *teller) tell(v any) {
	t.emit(devices.Reading{Device: t.c.opts.Name, At: t.c.clock(), Value: v})
}

func (t *teller) snapshot(slots []Slot) {
	t.online, t.why, t.last = true, "", slots
	t.c.log.Info("cabinet online", "slots", len(slots))
	t.tell(Snapshot{Online: true, Slots: clone(slots)})
	if t.c.opts.HookClosed == nil {
		t.tell(Warning{Kind: WarnNotCommissioned})
	}
}

func (t *teller) offline(why string, err error) {
	if !t.online && t.why == why {
		return
	}
	if t.last == nil {
		t.last = newRack(len(t.c.opts.Boards), t.c.opts.Locks, nil).slots()
	}
	t.online, t.why = false, why
	t.c.log.Warn("cabinet offline", "why", why, "err", err)
	t.tell(Snapshot{Why: why, Fault: faultOf(why, err), Slots: clone(t.last)})
}

// notice passes a Change or Warning on once the snapshot has been told.
func (t *teller) notice(v any) {
	if !t.online {
		return
	}
	switch v := v.(type) {
	case Change:
		t.last[v.Slot.Number-1] = v.Slot
	case Warning:
		t.c.log.Warn("cabinet warning", "kind", v.Kind, "slot", v.Slot)
	}
	t.tell(v)
}

// faultOf is the next step for a person; the port's own words where it has some.
func faultOf(why string, err error) *devices.Fault {
	if f, ok := errors.AsType[*devices.Fault](err); ok {
		return f
	}
	f := offline(why, err)
	switch why {
	case WhySilent:
		f.Message = "the key cabinet does not answer"
		f.Hint = "check its power, the two wires of the bus (A and B), its speed and the board address"
	case WhyNoise:
		f.Message = "the line to the key cabinet says nothing that a lock board says"
		f.Hint = "check the speed, the driver and the two wires of the bus (A and B may be swapped)"
	case WhyRefused:
		f.Message = "the module refuses what it is asked"
		if err != nil {
			f.Message = "the key cabinet cannot be read: " + err.Error()
		}
		f.Hint = "check the number of slots (--slots) and the first key sensor (--key-input) against the module's inputs"
	}
	return f
}

func clone(s []Slot) []Slot { return append([]Slot(nil), s...) }
