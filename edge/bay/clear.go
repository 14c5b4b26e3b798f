package bay

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"pitlane/devices"
	"pitlane/devices/obd"
	"pitlane/edge/board"
	"pitlane/edge/job"
	"pitlane/edge/journal"
)

// Clearer is an OBD adapter that can clear codes (obd.Scanner). Clear sends the request
// at most once, after Intend has returned nil, and never guesses an outcome.
type Clearer interface {
	Clear(ctx context.Context, order obd.ClearOrder) (*obd.Cleared, error)
}

// ClearOrder is one person's wish to clear the codes of the car of a job.
type ClearOrder struct {
	Job     string
	By      string // staff id
	Reason  string // one of job.ClearReasons
	Words   string // in the person's own
	Request journal.RequestID
	Seen    []journal.Hash // as in ScanOrder
}

// ClearResult is what came of a ClearOrder. Outcome: cleared, failed, unknown.
type ClearResult struct {
	ID      string
	Outcome string
	Why     string
	Units   []job.ClearedUnit
}

// clearing is one clearing of this run.
type clearing struct {
	id       string
	order    ClearOrder
	vin      string // that the job's car has
	done     chan struct{}
	began    int64 // wall clock when the scanner set to work, ms since 1970
	intended bool  // on disk by this run; the request may leave
	refused  error
	result   ClearResult
	err      error
}

// Clear reads what there is to clear, writes codes.clear_intended, sends the request
// once and writes what came of it; the same Request again returns the same result and
// sends nothing. With an error nothing was sent and nothing is written. An error that
// the person should read is a *devices.Fault; journal.ErrMoved means to look again.
// When ctx ends first the clearing goes on: ask again with the same Request.
func (b *Bay) Clear(ctx context.Context, o ClearOrder) (ClearResult, error) {
	b.wake(ctx)
	c, err := b.beginClear(o)
	if err != nil {
		return ClearResult{}, err
	}
	select {
	case <-c.done:
		return c.result, c.err
	case <-ctx.Done():
		return ClearResult{ID: c.id, Outcome: job.ClearNotSeen}, fmt.Errorf("wait for codes to be cleared: %w", ctx.Err())
	}
}

func (b *Bay) beginClear(o ClearOrder) (*clearing, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c, ok := b.clears[o.Request]; ok {
		return c, nil
	}
	if r, ok := b.book.cleared[o.Request]; ok {
		c := &clearing{id: r.ID, result: r, done: make(chan struct{})}
		close(c.done)
		return c, nil
	}
	if b.spawn == nil {
		return nil, starting()
	}
	if c := b.writtenClear(o); c != nil {
		return c, nil
	}
	st, err := b.mayClear(o)
	if err != nil {
		return nil, err
	}
	c := &clearing{id: clearID(o.Request), order: o, vin: st.VIN, done: make(chan struct{})}
	b.clears[o.Request], b.clearing = c, c
	b.spawn(func(ctx context.Context) { b.runClear(ctx, c) })
	return c, nil
}

// writtenClear is the clearing of this request that the journal knows and this run does
// not; nil when there is none. One without an ending is given the one that nobody
// knows: its intent was written, and the bay was told that it was not. b.mu is held.
func (b *Bay) writtenClear(o ClearOrder) *clearing {
	st, _ := b.cfg.Jobs.Job(o.Job)
	c := &clearing{id: clearID(o.Request), order: o, done: make(chan struct{})}
	i := slices.IndexFunc(st.Clears, func(x job.Clearing) bool { return x.ID == c.id })
	if i < 0 {
		return nil
	}
	if x := st.Clears[i]; x.State != job.ClearRuns {
		c.result = ClearResult{ID: x.ID, Outcome: x.State, Why: x.Why, Units: x.Units}
		close(c.done)
		return c
	}
	b.clears[o.Request] = c
	b.spawn(func(ctx context.Context) {
		defer b.endClear(c)
		c.err = b.disown(ctx, c)
	})
	return c
}

// mayClear refuses with its reason: what a scan needs (K-060), the job's own car, and
// a reason. b.mu is held.
func (b *Bay) mayClear(o ClearOrder) (job.State, error) {
	st, err := b.mayScan(o.Job)
	if err != nil {
		return st, err
	}
	switch why := job.CanClear(st); {
	case why == job.Mismatched:
		return st, refuse(string(why), "it is open whether this is the job's car", "decide that first")
	case why != job.Free:
		return st, refuse(string(why), "the codes of this car are being cleared", "wait for the end")
	case b.cfg.Clears == nil:
		return st, refuse("no_scanner", "this bay has no scanner that clears codes", "set [scanner] in the edge's configuration")
	case !slices.Contains(job.ClearReasons(), o.Reason) || o.By == "":
		return st, refuse("no_reason", "codes are cleared for a reason, by a person", "give both")
	}
	return st, nil
}

// runClear is a whole clearing: the scanner reads, the intent goes to disk, the
// request leaves once, and one ending is written, whatever happens.
func (b *Bay) runClear(ctx context.Context, c *clearing) {
	defer b.endClear(c)
	b.tellClear(c, obd.Progress{Step: obd.StepConnect})
	limited, stop := context.WithTimeout(ctx, b.cfg.ScanLimit)
	out, err := b.cfg.Clears.Clear(limited, obd.ClearOrder{
		VIN:    c.vin,
		Intend: func(_ context.Context, soFar obd.Cleared) error { return b.intendClear(ctx, c, soFar) },
		Tell:   func(p obd.Progress) { b.tellClear(c, p) },
	})
	stop()
	if !c.intended {
		c.err = refusedClear(c, err)
		b.log.Info("codes were not cleared: nothing was sent", "job", c.order.Job, "err", c.err)
		return
	}
	p, result := ending(c, b.cfg.Bay, out, err)
	c.result = result
	drafts := b.clearRaw(c, out)
	d, err := draft(c.order.Job, endOf("clear", c.id), p)
	if err == nil {
		err = b.write(ctx, append(drafts, d)...)
	}
	if err != nil {
		b.log.Error("clearing ended without its ending on disk; the next start writes it", "clear", c.id, "err", err)
	}
	b.log.Info("codes cleared", "clear", c.id, "job", c.order.Job, "outcome", result.Outcome, "why", result.Why)
}

// refusedClear is why nothing was sent, in the words of the first who knew.
func refusedClear(c *clearing, err error) error {
	if c.refused != nil {
		return c.refused
	}
	if f, ok := errors.AsType[*devices.Fault](err); ok {
		return f
	}
	return refuse("adapter_fault", "the codes were not cleared", "scan again; if it stays, unplug the adapter and plug it in")
}

func (b *Bay) endClear(c *clearing) {
	b.mu.Lock()
	if b.clearing == c {
		b.clearing = nil
	}
	if _, written := b.book.cleared[c.order.Request]; written || !c.intended {
		delete(b.clears, c.order.Request) // the book knows it, or nothing was begun
	}
	b.mu.Unlock()
	b.tell(board.Now{Clear: &board.ClearNow{Job: c.order.Job, State: board.ClearState{ID: c.id, Error: faultShown(c.err)}}})
	close(c.done)
}

func faultShown(err error) *board.Fault {
	if f, ok := errors.AsType[*devices.Fault](err); ok {
		return &board.Fault{Kind: f.Kind, Message: f.Message, Hint: f.Hint}
	}
	return nil
}

// intendClear puts the intent on disk, with what is there to be cleared. An error
// means that nothing may be sent: the intent is not there, or is that of an earlier
// run, which may have sent it.
func (b *Bay) intendClear(ctx context.Context, c *clearing, soFar obd.Cleared) error {
	first, err := b.writeClearIntent(ctx, c, soFar)
	if err == nil && !first {
		err = b.disown(ctx, c)
	}
	c.refused, c.intended = err, err == nil
	return err
}

func (b *Bay) writeClearIntent(ctx context.Context, c *clearing, soFar obd.Cleared) (first bool, err error) {
	scanned, err := completed(c.id, b.cfg.Bay, soFar.Before)
	if err != nil {
		return false, err
	}
	if len(scanned.Report) > partSize-mostCodes*codeSize {
		return false, refuse("too_large", "there is more to clear than can be written down before it", "scan the car and print the report first")
	}
	o := c.order
	p := job.ClearIntended{
		Clear: c.id, Bay: b.cfg.Bay, By: o.By, Reason: o.Reason, Words: o.Words, Engine: soFar.Engine,
		Complete: scanned.Complete, Codes: scanned.Codes, Report: scanned.Report,
	}
	entries, first, err := b.intend(ctx, o.Job, o.Request, o.Seen, p)
	if err != nil {
		return false, fmt.Errorf("clear codes: %w", err)
	}
	written, err := workOf[job.ClearIntended](entries[0])
	if err != nil {
		return false, fmt.Errorf("clear codes: %w", err)
	}
	b.noteEntries(entries)
	c.began = entries[0].WallMS - soFar.Before.DurationMS
	if !first {
		c.id = written.Clear
	}
	return first, nil
}

// disown ends an intent of an earlier run that had no ending yet: nobody knows
// whether it was sent, so it is not sent.
func (b *Bay) disown(ctx context.Context, c *clearing) error {
	d, err := draft(c.order.Job, endOf("clear", c.id), job.ClearUnknown{Clear: c.id, Bay: b.cfg.Bay, Why: interrupted})
	if err == nil {
		err = b.write(ctx, d)
	}
	if err != nil {
		return err
	}
	return refuse("unknown_outcome", "it is not known what came of this wish", "scan the car: nothing is sent again")
}
