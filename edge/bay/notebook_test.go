package bay_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"pitlane/edge/job"
	"pitlane/edge/journal"
)

// notebook is a journal in memory that works: numbers, request ids, one
// transaction a call, and jobs folded from it.
type notebook struct {
	mu      sync.Mutex
	entries []journal.Entry
	calls   [][]string // kinds of each transaction
	full    bool       // intake is refused
	stuck   int        // so many writes of devices fail first
	left    int        // transactions until the power fails; below 0: never
	late    bool       // the last transaction before that is on disk, but nobody hears of it
}

func newNotebook() *notebook { return &notebook{left: -1} }

func (n *notebook) Append(ctx context.Context, drafts ...journal.Draft) ([]journal.Entry, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if n.left == 0 {
		return nil, journal.ErrClosed
	}
	if n.full && slices.ContainsFunc(drafts, func(d journal.Draft) bool { return !d.Device }) {
		return nil, journal.ErrFull
	}
	if n.stuck > 0 && drafts[0].Device {
		n.stuck--
		return nil, journal.ErrFull
	}
	n.left--
	var out []journal.Entry
	var kinds []string
	for _, d := range drafts {
		e, fresh := n.one(d)
		out = append(out, e)
		if fresh {
			kinds = append(kinds, e.Kind)
		}
	}
	n.calls = append(n.calls, kinds)
	if n.late && n.left == 0 {
		return nil, journal.ErrClosed
	}
	return out, nil
}

func (n *notebook) one(d journal.Draft) (e journal.Entry, fresh bool) {
	for _, e := range n.entries {
		if e.Request == d.Request {
			return e, false
		}
	}
	seq := uint64(len(n.entries))
	e = journal.Entry{
		Origin: origin, Seq: seq, Kind: d.Kind, Job: d.Job, Request: d.Request, Quality: 3, WallMS: time.Now().UnixMilli(),
		Hash: sha256.Sum256(binary.BigEndian.AppendUint64(nil, seq)), Work: &journal.Opening{Payload: d.Work},
	}
	n.entries = append(n.entries, e)
	return e, true
}

func (n *notebook) Read(_ context.Context, o string, from uint64) iter.Seq2[journal.Entry, error] {
	n.mu.Lock()
	all := slices.Clone(n.entries)
	n.mu.Unlock()
	return func(yield func(journal.Entry, error) bool) {
		for _, e := range all[from:] {
			if o != origin || !yield(e, nil) {
				return
			}
		}
	}
}

func (n *notebook) Tips() []journal.Tip {
	n.mu.Lock()
	defer n.mu.Unlock()
	return []journal.Tip{{Origin: origin, Size: uint64(len(n.entries))}}
}

func (n *notebook) Origin() string { return origin }

// Job folds.
func (n *notebook) Job(id string) (job.State, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var events []job.Event
	for _, e := range n.entries {
		if e.Job != id {
			continue
		}
		p, _ := job.Decode(e.Kind, e.Work.Payload)
		events = append(events, job.Event{Kind: e.Kind, Job: id, Origin: e.Origin, Seq: e.Seq, Hash: job.Hash(e.Hash), Quality: 3, Payload: p})
	}
	return job.Fold(events), len(events) > 0
}

// kinds are the kinds of all entries, from a number on.
func (n *notebook) kinds(from int) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := []string{}
	for _, e := range n.entries[min(from, len(n.entries)):] {
		out = append(out, e.Kind)
	}
	return out
}

func (n *notebook) size() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.entries)
}

// last is the payload of the newest entry of a kind.
func last[P job.Payload](t *testing.T, n *notebook) (P, string) {
	t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	var none P
	for _, e := range slices.Backward(n.entries) {
		if e.Kind != none.Kind() {
			continue
		}
		p, err := job.Decode(e.Kind, e.Work.Payload)
		if err != nil {
			t.Fatal(err)
		}
		return p.(P), e.Job
	}
	t.Fatalf("no %s in the journal", none.Kind())
	return none, ""
}

// say writes what people said.
func (n *notebook) say(t *testing.T, id string, payloads ...job.Payload) {
	t.Helper()
	for _, p := range payloads {
		work, err := job.Encode(p)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.Append(t.Context(), journal.Draft{Kind: p.Kind(), Job: id, Work: work, Request: request()}); err != nil {
			t.Fatal(err)
		}
	}
}

func request() journal.RequestID {
	b := sha256.Sum256([]byte(rand.Text()))
	return journal.RequestID(b[:16])
}

// signed is a visit up to the signature; received is one up to the bay.
func signed() []job.Payload {
	return []job.Payload{
		job.Opened{Ticket: "A1", Lang: "en", Owner: "u1", PlatePublic: "A1", Plate: secretPlate},
		job.Inspected{None: true}, job.Belongings{None: true},
		job.Offered{Lines: []job.Line{{ID: "l1", Text: "diagnosis", Price: 100}}, Total: 100, TextHash: "h1", Text: "text"},
		job.Consented{Scan: true, TextHash: "h1", Lang: "en"}, job.Signed{TextHash: "h1", Lang: "en"},
	}
}

func received() []job.Payload {
	return append(signed(), job.KeyHung{Cabinet: "other", Slot: 1}, job.HandedOver{},
		job.BayAssigned{Bay: "bay-1", Lead: "t1", By: "d1"}, job.CarReceived{Bay: "bay-1", By: "t1"})
}

const (
	secretPlate = "FAKE-PLATE-77"
	secretVIN   = "1FTFW1E50PFA12010"
)
