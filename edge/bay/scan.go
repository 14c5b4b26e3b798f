package bay

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"pitlane/devices"
	"pitlane/devices/obd"
	"pitlane/edge/job"
	"pitlane/edge/journal"
)

// interrupted is the why of a scan that ended with its process, or by its limit.
const interrupted = "interrupted"

// scan is one scan of this run.
type scan struct {
	id      string
	order   ScanOrder
	vin     string        // that the job had before
	began   int64         // wall clock of scan.started, ms since 1970
	started chan struct{} // closed when scan.started is on disk, or err is set
	err     error
	// Of the scanner's goroutine: the step it told last, and the report of the steps before.
	step string
	read json.RawMessage
}

// Scan writes scan.started and scans in the background; the same Request again
// returns the same scan. It returns when scan.started is on disk. An error that
// the person should read is a *devices.Fault; journal.ErrMoved means to look again.
func (b *Bay) Scan(ctx context.Context, o ScanOrder) (string, error) {
	b.wake(ctx)
	s, err := b.beginScan(o)
	if err != nil {
		return "", err
	}
	select {
	case <-s.started:
		return s.id, s.err
	case <-ctx.Done():
		return "", fmt.Errorf("wait for the scan to begin: %w", ctx.Err())
	}
}

// beginScan checks the rules and starts the scan, or finds the one that this
// request has started before.
func (b *Bay) beginScan(o ScanOrder) (*scan, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s, ok := b.scans[o.Request]; ok {
		return s, nil
	}
	if id, ok := b.book.started[o.Request]; ok {
		s := &scan{id: id, started: make(chan struct{})}
		close(s.started)
		return s, nil
	}
	if b.spawn == nil {
		return nil, starting()
	}
	st, err := b.mayScan(o.Job)
	if err != nil {
		return nil, err
	}
	s := &scan{id: scanID(), order: o, vin: st.VIN, started: make(chan struct{})}
	b.scans[o.Request], b.scan = s, s
	b.spawn(func(ctx context.Context) { b.runScan(ctx, s) })
	return s, nil
}

// mayScan refuses a scan with its reason (K-060, K-118). b.mu is held.
func (b *Bay) mayScan(id string) (job.State, error) {
	st, ok := b.cfg.Jobs.Job(id)
	if !ok {
		return st, refuseScan(job.Unknown)
	}
	switch why := job.CanScan(st); {
	case why != job.Free && why != job.Running:
		return st, refuseScan(why)
	case st.Bay != b.cfg.Bay:
		return st, refuseScan(job.OtherBay)
	case why == job.Running || b.scan != nil || b.clearing != nil:
		return st, refuseScan(job.Running)
	case b.cfg.Scanner == nil:
		return st, refuse("no_scanner", "this bay has no scanner", "set [scanner] in the edge's configuration")
	case b.adapt.State != scannerOnline:
		f := refuse("scanner_offline", "the scanner is not connected", "check its cable and power; it connects by itself")
		if a := b.adapt.Fault; a != nil {
			f.Message, f.Hint = cmp.Or(a.Message, f.Message), cmp.Or(a.Hint, f.Hint)
		}
		return st, f
	}
	return st, nil
}

func refuseScan(why job.Reason) error {
	message, hint := "the car cannot be scanned now", "look at the job again"
	switch why {
	case job.Unknown:
		message, hint = "this edge does not know the job yet", "wait until it has arrived here, or check the network"
	case job.NoConsent:
		message, hint = "the customer has not agreed to a diagnosis", "ask at the desk: without consent no scan starts"
	case job.NotReceived:
		message, hint = "the car has not been received in this bay", "sign the car in first"
	case job.OtherBay:
		message, hint = "the car is assigned to another bay", "ask at the desk to assign it here"
	case job.Running:
		message, hint = "a scan is running", "wait for its end"
	case job.WasDeclined, job.Closed:
		message, hint = "the visit is over", "ask at the desk"
	}
	return refuse(string(why), message, hint)
}

// runScan is a whole scan: its start on disk, the talk with the car, and one
// ending, whatever happens.
func (b *Bay) runScan(ctx context.Context, s *scan) {
	defer b.endScan(s)
	fresh, err := b.writeStart(ctx, s)
	if err != nil {
		s.err = err
		b.mu.Lock()
		delete(b.scans, s.order.Request) // nothing was begun: the person may try again
		b.mu.Unlock()
	}
	close(s.started)
	if err != nil || !fresh {
		return
	}
	b.log.Info("scan started", "scan", s.id, "job", s.order.Job)
	b.tellScan(s, obd.Progress{Step: "connect"})
	limited, stop := context.WithTimeout(ctx, b.cfg.ScanLimit)
	report, err := b.cfg.Scanner.Scan(limited, func(p obd.Progress) { b.tellScan(s, p) })
	stop()
	failure := failureOf(report, err)
	drafts, err := b.endDrafts(s, report, failure)
	if err == nil {
		err = b.write(ctx, drafts...)
	}
	if err != nil {
		b.log.Error("scan ended without its ending on disk; the next start writes it", "scan", s.id, "err", err)
	}
	b.log.Info("scan ended", "scan", s.id, "job", s.order.Job, "why", failureKind(failure))
	b.tellScanEnd(s, report, failure)
}

func (b *Bay) endScan(s *scan) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.scan == s {
		b.scan = nil
	}
}

// writeStart puts scan.started on disk. Not fresh means that an earlier run had
// written it for this request: that scan is the answer.
func (b *Bay) writeStart(ctx context.Context, s *scan) (fresh bool, err error) {
	p := job.ScanStarted{Scan: s.id, Bay: b.cfg.Bay, By: s.order.By}
	entries, _, err := b.intend(ctx, s.order.Job, s.order.Request, s.order.Seen, p)
	if err != nil {
		return false, fmt.Errorf("begin a scan: %w", err)
	}
	first, err := workOf[job.ScanStarted](entries[0])
	if err != nil {
		return false, fmt.Errorf("begin a scan: %w", err)
	}
	if first.Scan != s.id {
		s.id = first.Scan
		return false, nil
	}
	s.began = entries[0].WallMS
	b.noteEntries(entries)
	return true, nil
}

// errOther: the request id was used for something else before.
var errOther = errors.New("this request id was used for something else")

// workOf reads an entry's work payload as the kind it must be.
func workOf[P job.Payload](e journal.Entry) (P, error) {
	var none P
	if e.Work == nil {
		return none, errOther
	}
	p, err := job.Decode(e.Kind, e.Work.Payload)
	if err != nil {
		return none, err
	}
	if w, ok := p.(P); ok {
		return w, nil
	}
	return none, errOther
}

// failureOf is why a scan has no result; nil when it has one.
func failureOf(r *obd.Report, err error) *obd.Failure {
	switch f, ok := errors.AsType[*devices.Fault](err); {
	case r != nil && r.Error != nil:
		return r.Error
	case ok:
		return &obd.Failure{Kind: f.Kind, Message: f.Message, Hint: f.Hint}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &obd.Failure{Kind: interrupted, Message: "the scan was interrupted", Hint: "scan again"}
	case err != nil, r == nil:
		return &obd.Failure{Kind: "adapter_fault", Message: "the scanner gave no report", Hint: "scan again; if it stays, unplug the adapter and plug it in"}
	}
	return nil
}

func failureKind(f *obd.Failure) string {
	if f == nil {
		return "completed"
	}
	return f.Kind
}
