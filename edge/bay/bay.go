package bay

import (
	"context"
	"iter"
	"log/slog"

	"pitlane/devices"
	"pitlane/devices/keycab"
	"pitlane/devices/obd"
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
// goroutine; it never guesses an outcome.
type Cabinet interface {
	devices.Device
	Unlock(ctx context.Context, slot int) (keycab.Outcome, error)
}

// Log is the journal (journal.Journal). Append answers after the commit; Read and
// Tips are used once, at the start, to find what the last run left open.
type Log interface {
	Append(ctx context.Context, drafts ...journal.Draft) ([]journal.Entry, error)
	Read(ctx context.Context, origin string, from uint64) iter.Seq2[journal.Entry, error]
	Tips() []journal.Tip
}

// Jobs is what is true of the visits (board.Board). It may lag behind the journal.
type Jobs interface {
	Job(id string) (job.State, bool)
}

// Config joins a Bay to its devices and to the rooms it writes for.
type Config struct {
	Node    string  // this edge: <shop>-<node>
	Bay     string  // the bay's name; "" when this edge has none
	Scanner Scanner // nil when this edge has none
	Cabinet Cabinet // nil when this edge has none
	Journal Log
	Jobs    Jobs
	Log     *slog.Logger
}

// Bay minds the devices of one edge.
type Bay struct{ cfg Config }

// ScanOrder is one person's wish to scan the car of a job.
type ScanOrder struct {
	Job     string
	By      string // staff id
	Request journal.RequestID
}

// UnlockOrder is one wish to open a slot for a job.
type UnlockOrder struct {
	Job     string
	Slot    int
	Purpose string // hang, release
	By      string // staff id, or kiosk
	Request journal.RequestID
}

// New makes a Bay; Run starts it.
func New(cfg Config) *Bay { return &Bay{cfg: cfg} }

// Run ends what the last run left open, minds the devices until ctx ends, and
// returns when everything it started has ended.
func (b *Bay) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// Scan writes scan.started and scans in the background; the same Request again
// returns the same scan. An error that the person should read is a *devices.Fault.
func (b *Bay) Scan(_ context.Context, _ ScanOrder) (string, error) { return "", nil }

// Unlock writes slot.unlock_intended, opens the slot and writes what came of it;
// the same Request again returns the same outcome. An error that the person should
// read is a *devices.Fault.
func (b *Bay) Unlock(_ context.Context, _ UnlockOrder) (keycab.Outcome, error) {
	return keycab.OutcomeUnknown, nil
}

// FreeSlot is an empty slot that no job has: the one to offer for hanging a key.
func (b *Bay) FreeSlot() (int, error) { return 0, nil }
