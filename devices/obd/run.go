package obd

import (
	"context"
	"errors"
	"time"

	"pitlane/devices"
)

// idleTick bounds how long a wish waits for a reader that waits for bytes.
const idleTick = 25 * time.Millisecond

// mostWait is the longest pause between two attempts: with the longest attempt at an
// adapter that is dead it keeps the way back under 3 s.
const mostWait = time.Second

// Run owns the line until ctx ends: it opens it, greets the adapter, answers
// wishes, and starts over after each break.
func (s *Scanner) Run(ctx context.Context, emit func(devices.Reading)) error {
	defer s.once.Do(func() { close(s.done) })
	o := &owner{Scanner: s, emit: emit, backoff: devices.Backoff{Most: mostWait}}
	for ctx.Err() == nil {
		o.once(ctx)
	}
	o.endLive(failureOf(ctx.Err(), true), ctx.Err())
	o.dismiss(failureOf(ctx.Err(), true), ctx.Err())
	return nil
}

// owner is the state of the owner goroutine.
type owner struct {
	*Scanner
	emit    func(devices.Reading)
	backoff devices.Backoff
	wish    *wish // one that waits for the adapter
	live    *wish // live values that are under way
	said    string
}

// once opens the line and stays with it until it breaks.
func (o *owner) once(ctx context.Context) {
	c, err := o.connect(ctx)
	met := err == nil
	if met {
		o.backoff.Reset()
		o.tell(c, nil)
		err = o.serve(ctx, c)
	}
	if c != nil {
		c.lower(ctx)
		if closed := c.port.Close(); closed != nil {
			o.log.Debug("the port did not close cleanly", "err", closed)
		}
	}
	if ctx.Err() != nil || errors.Is(err, errAgain) {
		return
	}
	f := failureOf(err, false)
	o.endLive(f, err)
	o.tell(c, f)
	if !met { // a wish that came meanwhile would only meet the same
		o.dismiss(f, err)
	}
	o.wait(ctx)
}

// errAgain: the adapter is well, the talk has to be begun anew.
var errAgain = errors.New("greet the adapter again")

// connect opens the line and greets the adapter. A wish that waits and is given
// up ends it early.
func (o *owner) connect(ctx context.Context) (*conn, error) {
	if o.wish != nil {
		inner, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		wished := o.wish.ctx
		defer context.AfterFunc(wished, func() { cancel(wished.Err()) })()
		ctx = inner
	}
	port, err := o.open(ctx)
	if err != nil {
		return nil, cause(ctx, err)
	}
	c := &conn{port: port, opts: &o.opts, rate: o.opts.Baud, base: o.opts.Baud}
	if o.opts.Baud > 0 {
		c.setter, _ = port.(devices.BaudSetter) // nil where it has one speed
	}
	if !o.opts.Plain {
		c.known = o.memory.known
	}
	err = c.greet(ctx)
	for range 2 { // its supply came with the plug or the port: it may start while it is greeted
		if errors.Is(err, errReset) {
			c.broken = nil
			err = c.greet(ctx)
		}
	}
	c.recorder.rest()
	o.memory.met(c)
	return c, cause(ctx, err)
}

// cause says why ctx ended where that is why err happened.
func cause(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// serve answers wishes and looks after the adapter between them.
func (o *owner) serve(ctx context.Context, c *conn) error {
	poll := o.opts.Clock() + o.opts.Idle
	for {
		if o.wish == nil {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case o.wish = <-o.wishes:
			default:
			}
		}
		if o.wish != nil {
			if err := o.grant(ctx, c); err != nil {
				return err
			}
			o.tell(c, nil)
			poll = o.opts.Clock() + o.opts.Idle
		}
		if o.live != nil {
			if err := o.sample(ctx, c); err != nil {
				return err
			}
			poll = o.opts.Clock() + o.opts.Idle
			continue
		}
		if err := c.listen(); err != nil {
			return err
		}
		if o.opts.Quiet || o.opts.Clock() < poll {
			continue
		}
		if err := c.volts(ctx); err != nil {
			return err
		}
		o.tell(c, nil)
		poll = o.opts.Clock() + o.opts.Idle
	}
}

// listen waits a tick for what the adapter says unasked: nothing, or its name
// after its supply failed. An unplugged cable shows here too.
func (c *conn) listen() error {
	if err := c.port.SetReadTimeout(idleTick); err != nil {
		return c.fail(err)
	}
	var buf [256]byte
	n, err := c.port.Read(buf[:])
	if err != nil {
		return c.fail(err)
	}
	c.rest = append(c.rest, buf[:n]...)
	if n == 0 && c.faster() && odd(c.rest) >= 3 {
		return c.fail(errAgain) // it is back at its own speed
	}
	if n == 0 && len(c.rest) > 0 || len(c.rest) > maxAnswer {
		lines := SplitResponse(append(c.rest, '>'))
		c.rest = nil
		if namesItself(lines) {
			return c.fail(errAgain)
		}
	}
	return nil
}

// grant runs one scan and answers its wish. The talk is begun anew when the scan
// broke it.
func (o *owner) grant(ctx context.Context, c *conn) error {
	w := o.wish
	o.wish = nil
	if w.live != nil {
		o.beginLive(w)
		return nil
	}
	inner, cancel := context.WithCancelCause(w.ctx)
	defer cancel(nil)
	defer context.AfterFunc(ctx, func() { cancel(ctx.Err()) })()
	do, scans := w.do, w.do == nil
	if scans {
		do = func(ctx context.Context, o *owner, c *conn) (*Report, error) { return o.scan(ctx, c, w.tell) }
	}
	report, err := do(inner, o, c)
	if scans && !w.again && report.Requests == 0 && inner.Err() == nil && (errors.Is(err, errSilent) || errors.Is(err, errReset)) {
		w.again, o.wish = true, w // it lost its supply since it was greeted
		return errAgain
	}
	var failed error
	if err != nil {
		err = cause(inner, err)
		f := report.Error
		if inner.Err() != nil {
			f = failureOf(err, true)
			report.Error = f
		}
		failed = f.fault(err)
		o.log.Info("a scan ended early", "kind", f.Kind, "requests", report.Requests)
	}
	w.answer <- answer{report, failed}
	return c.after(ctx)
}

// after is what a wish leaves behind: nothing, or a talk that is over or has to be
// begun anew.
func (c *conn) after(ctx context.Context) error {
	switch {
	case c.broken == nil || ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(c.broken, devices.ErrUnplugged), errors.Is(c.broken, devices.ErrClosed):
		return c.broken
	}
	return errAgain
}

// tell emits the status, and logs it when it changed.
func (o *owner) tell(c *conn, f *Failure) {
	st := Status{Online: f == nil, Fault: f}
	said := "online"
	if c != nil {
		st.Identity, st.Volts = c.adapter.Identity, c.adapter.Volts
	}
	if f != nil {
		said = f.Kind
	}
	if said != o.said {
		o.said = said
		o.log.Info("the adapter's state changed", "state", said)
	}
	o.emit(devices.Reading{Device: o.Name(), At: o.opts.Clock(), Value: st})
}

// dismiss answers the wish that waited for an adapter that cannot be reached.
func (o *owner) dismiss(f *Failure, err error) {
	if o.wish == nil {
		select {
		case o.wish = <-o.wishes:
		default:
			return
		}
	}
	o.wish.answer <- answer{failedReport(f), f.fault(err)}
	o.wish = nil
}

// wait waits before the next attempt; a wish ends the waiting.
func (o *owner) wait(ctx context.Context) {
	t := time.NewTimer(o.backoff.Next())
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	case o.wish = <-o.wishes:
	}
}
