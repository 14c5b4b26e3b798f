package journal

import (
	"context"
	"errors"
	"iter"
)

// Journal is the notebook of one node: its own log and the copies of the logs of
// its shop. Its methods may be called from any goroutine.
type Journal struct{}

// Open opens or begins the journal of a node. The folder is locked: a second
// process gets an error that says so.
func Open(ctx context.Context, o Options) (*Journal, error) { return nil, errors.ErrUnsupported }

// OpenReadOnly opens a stopped node's folder for the tools: Read, Job, Tips and
// Verify work, Append and Adopt answer ErrReadOnly. The roster is taken from the
// folder (files roster and shop.pub).
func OpenReadOnly(ctx context.Context, dir string) (*Journal, error) {
	return nil, errors.ErrUnsupported
}

// Append writes drafts as one transaction and returns their entries, in the same
// order, after the commit with fsync. A repeated request id yields the first entry.
func (j *Journal) Append(ctx context.Context, drafts ...Draft) ([]Entry, error) {
	return nil, errors.ErrUnsupported
}

// Adopt takes a run of another node's log. Nothing is kept of a segment that does
// not verify; what is held already is compared, not written again.
func (j *Journal) Adopt(ctx context.Context, s Segment) error { return errors.ErrUnsupported }

// Read yields the entries of an origin from a sequence number to the end at the
// time of the call or later.
func (j *Journal) Read(ctx context.Context, origin string, from uint64) iter.Seq2[Entry, error] {
	return nil
}

// Segment is a provable run of an origin beginning at from, with leaves and
// openings of about limit bytes at most (one entry at least). It is empty when
// there is nothing to give.
func (j *Journal) Segment(ctx context.Context, origin string, from uint64, limit int) (Segment, error) {
	return Segment{}, errors.ErrUnsupported
}

// Job reads all entries of a job over all origins, by origin and seq.
func (j *Journal) Job(ctx context.Context, id string) ([]Entry, error) {
	return nil, errors.ErrUnsupported
}

// Request looks a request id up among this node's own entries.
func (j *Journal) Request(ctx context.Context, id RequestID) (Entry, bool, error) {
	return Entry{}, false, errors.ErrUnsupported
}

// Tips says how much of each origin is on this disk, sorted by origin.
func (j *Journal) Tips() []Tip { return nil }

// Origin is the origin this journal writes, "" when it is read-only.
func (j *Journal) Origin() string { return "" }

// Node is the name of the node whose journal this is.
func (j *Journal) Node() string { return "" }

// Heard notes what a peer said it has on disk: origin → [low, size].
func (j *Journal) Heard(peer string, have map[string][2]uint64) error { return errors.ErrUnsupported }

// Peers is what Heard last noted of each peer.
func (j *Journal) Peers() map[string]map[string][2]uint64 { return nil }

// Wake gives a channel that receives after commits. It is a hint, never data:
// several commits may give one wake.
func (j *Journal) Wake() (<-chan struct{}, func()) { return nil, func() {} }

// Verify checks everything that is held, strictly. Its error names all findings.
func (j *Journal) Verify(ctx context.Context) error { return errors.ErrUnsupported }

// VerifyReport checks everything that is held and says what is wrong and what is
// proven.
func (j *Journal) VerifyReport(ctx context.Context) VerifyReport { return VerifyReport{} }

// Close ends the writer after what it has accepted and closes the files.
func (j *Journal) Close() error { return errors.ErrUnsupported }

// VerifyReport is the answer of a full check.
type VerifyReport struct {
	OK       bool     `json:"ok"`
	Findings []string `json:"findings"`
	Proven   []string `json:"proven"`
}

// TailLine is an entry as one line of JSON with its line end, as `pitlane tail`
// prints it. Contact payloads are in it only when contact is set.
func TailLine(e Entry, contact bool) []byte { return nil }
