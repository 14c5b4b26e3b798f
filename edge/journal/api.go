package journal

import "errors"

// Draft is an event on its way in.
type Draft struct {
	Kind    string
	Job     string // "" for events without a job
	Work    []byte // JSON, or nil
	Contact []byte // JSON, or nil
	Request RequestID
	// Seen are the job's tips that the author had before him. With Seen nil
	// nothing is checked. Otherwise Append answers ErrMoved when the job has an
	// event that is neither among Seen nor an ancestor of it, and whose kind is in
	// Matters.
	Seen    []Hash
	Matters []string
	// Device marks what a device already did: it may use the reserve of a full disk.
	Device bool
	// Outlives seals the payloads under the shop's key, not the job's: they shall be
	// readable after the job's data is erased.
	Outlives bool
}

// What a caller does differently about an error.
var (
	// ErrMoved: the job has moved on since the author looked; look again.
	ErrMoved = errors.New("the job has moved on since you looked")
	// ErrTrimmed: the entries below Low are no longer held.
	ErrTrimmed = errors.New("these entries are no longer held here")
	// ErrFull: the disk is full; intake is refused until there is room.
	ErrFull = errors.New("the disk is full: cannot accept, call staff")
	// ErrReadOnly: the journal was opened to look only.
	ErrReadOnly = errors.New("the journal is open for reading only")
	// ErrLocked: another process has the folder.
	ErrLocked = errors.New("the journal is in use by another process: stop it, or ask it through its socket")
	// ErrClosed: the journal is closed.
	ErrClosed = errors.New("the journal is closed")
	// ErrUnknownOutcome: cancelled after queuing; ask again with the same request id.
	ErrUnknownOutcome = errors.New("outcome unknown: send the same request again")
)
