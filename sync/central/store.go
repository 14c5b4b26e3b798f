package central

import (
	"context"
	"errors"
	"time"

	"pitlane/edge/job"
	"pitlane/edge/tlog"
)

// Store keeps what head office holds. Its methods may be called from any
// goroutine; Commit is called by one at a time. A cancelled ctx ends each with
// the ctx's error and without effect.
type Store interface {
	// Marks says how much of each origin is held, sorted by origin.
	Marks(ctx context.Context) ([]Mark, error)
	// Mark is that of one origin; of an unknown one it has size 0.
	Mark(ctx context.Context, origin string) (Mark, error)
	// Hashes are the leaf hashes [from, from+n) of an origin, as far as held.
	Hashes(ctx context.Context, origin string, from uint64, n int) ([]tlog.Hash, error)
	// JobEntries are all entries of a job, by origin and seq.
	JobEntries(ctx context.Context, id string) ([]tlog.Entry, error)
	// SegmentRows are the segments of an origin as they came, from the one that
	// holds entry from on, at most n.
	SegmentRows(ctx context.Context, origin string, from uint64, n int) ([]SegmentRow, error)
	// Commit writes a change as one transaction, with fsync. ErrMark: the origin's
	// mark is not Was; nothing was written.
	Commit(ctx context.Context, c Change) error
	// Refresh writes a change's vehicles and jobs alone: nothing new has come, and
	// what is held reads otherwise.
	Refresh(ctx context.Context, c Change) error
	// Erasures are the entries of an origin from a number on that order an erasure.
	Erasures(ctx context.Context, origin string, from uint64) ([]tlog.Entry, error)

	// Job is one job; ErrNone without it.
	Job(ctx context.Context, id string) (Job, error)
	// Jobs are the n jobs with the newest news, newest first.
	Jobs(ctx context.Context, n int) ([]Job, error)
	// VehicleJobs are the jobs of a vehicle, newest first.
	VehicleJobs(ctx context.Context, vehicle string) ([]Job, error)
	// Scans are the scans of a job, oldest first, with their codes.
	Scans(ctx context.Context, id string) ([]job.Scan, error)

	// Vehicle is one vehicle; ErrNone without it.
	Vehicle(ctx context.Context, id string) (Vehicle, error)
	// Vehicles are the n vehicles seen last, with their counts.
	Vehicles(ctx context.Context, n int) ([]VehicleCount, error)
	// VehicleByVIN is the vehicle with a VIN; ErrNone without it.
	VehicleByVIN(ctx context.Context, vin string) (Vehicle, error)
	// VehiclesOf are the ids of the vehicles in whose rows something of a job is.
	VehiclesOf(ctx context.Context, job string) ([]string, error)
	// VehicleByPlate is the vehicle seen last with a plate; ErrNone without it.
	VehicleByPlate(ctx context.Context, plate string) (Vehicle, error)

	// Tidy leaves nothing of what was deleted in the files, after an erasure.
	Tidy(ctx context.Context) error
	// Ping says whether the store answers.
	Ping(ctx context.Context) error
	// Close ends the store.
	Close() error
}

// What a caller does differently about the store.
var (
	// ErrNone: there is no such row.
	ErrNone = errors.New("there is none")
	// ErrMark: somebody else has moved the mark; look again.
	ErrMark = errors.New("the origin's mark has moved")
)

// Mark is how much of an origin is held: leaves [0, Size).
type Mark struct {
	Origin     string
	Size       uint64
	Frontier   tlog.Frontier
	Checkpoint []byte
	At         time.Time // when the newest was taken
}

// SegmentRow is a segment as it came.
type SegmentRow struct {
	Origin string
	First  uint64
	Hashes []tlog.Hash // of its leaves
	Bytes  []byte
}

// Change is what one segment changes.
type Change struct {
	Was      uint64 // size of the mark before
	Mark     Mark
	Segment  SegmentRow
	Entries  []tlog.Entry // those from Was on
	Dropped  []string     // vehicles that are made anew from their jobs, or go; before Merged
	Merged   []Merge      // before Vehicles
	Vehicles []Vehicle
	Jobs     []JobFile
}

// Job is a visit as the office sees it.
type Job struct {
	ID        string
	Shop      string
	Ticket    string
	Plate     string
	VIN       string
	Vehicle   string // "" while neither VIN nor plate is known
	Phase     job.Phase
	Word      job.Word
	Bay       string
	Node      string // whose news the newest is
	Opened    int64  // ms since 1970
	Promised  int64
	Newest    int64
	Complaint job.Complaint
	Lines     []job.Line
}

// JobFile is a job with its scans.
type JobFile struct {
	Job
	Scans []job.Scan

	erased bool
}

// Vehicle is a car: one file each. VIN and Plate are in their bare form.
type Vehicle struct {
	ID    string
	VIN   string
	Plate string
	Seen  int64 // ms since 1970
	// Job is whose news the newest is; with its data the row ends.
	Job string
}

// VehicleCount is a vehicle with the number of its jobs and scans.
type VehicleCount struct {
	Vehicle
	Jobs  int
	Scans int
}

// Merge says that two vehicles are one car: From goes up in Into.
type Merge struct{ From, Into string }
