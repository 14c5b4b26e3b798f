package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/web"
)

// requestID reads the 32 hex digits that name one wish.
func requestID(s string) (journal.RequestID, error) {
	var id journal.RequestID
	if len(s) != hex.EncodedLen(len(id)) {
		return id, web.Fail(http.StatusBadRequest, "request", "the request id is not 32 hex digits", "make a new random one for each wish")
	}
	if _, err := hex.Decode(id[:], []byte(s)); err != nil || id == (journal.RequestID{}) {
		return id, web.Fail(http.StatusBadRequest, "request", "the request id is not 32 hex digits", "make a new random one for each wish")
	}
	return id, nil
}

// derive names a second event of the same wish, or an event that must be written
// once whoever asks for it: the same words give the same id in every run.
func derive(words ...string) journal.RequestID {
	h := sha256.New()
	for _, w := range words {
		_, _ = h.Write(append([]byte(strings.ToLower(w)), 0)) // a hash does not fail
	}
	return journal.RequestID(h.Sum(nil)[:16])
}

// note is one event to write.
type note struct {
	request journal.RequestID
	payload job.Payload
	contact *job.Contact
}

// write appends the notes about one job as one transaction, unless the job has
// moved on from seen where it matters to the first of them, and waits until the
// board shows them, so that whoever calls next is judged by what he has just done.
func (d *Desk) write(ctx context.Context, id string, seen []job.Hash, notes ...note) error {
	drafts := make([]journal.Draft, 0, len(notes))
	for i, n := range notes {
		draft, err := draftOf(id, n)
		if err != nil {
			return err
		}
		if i == 0 && len(seen) > 0 {
			draft.Matters = job.Matters(draft.Kind)
			draft.Seen = hashes(seen)
		}
		drafts = append(drafts, draft)
	}
	entries, err := d.cfg.Journal.Append(ctx, drafts...)
	if err != nil {
		return refuse(err)
	}
	d.shown(ctx, entries[len(entries)-1])
	return nil
}

func hashes(tips []job.Hash) []journal.Hash {
	var out []journal.Hash
	for _, h := range tips {
		out = append(out, journal.Hash(h))
	}
	return out
}

func draftOf(id string, n note) (journal.Draft, error) {
	work, err := job.Encode(n.payload)
	if err != nil {
		return journal.Draft{}, refuse(err)
	}
	draft := journal.Draft{Kind: n.payload.Kind(), Job: id, Work: work, Request: n.request, Outlives: job.Erases(n.payload.Kind())}
	if n.contact != nil {
		if draft.Contact, err = job.EncodeContact(*n.contact); err != nil {
			return journal.Draft{}, refuse(err)
		}
	}
	return draft, nil
}

// shown waits, bounded, until the board has folded what was just written. The
// events are on disk already: when the board takes longer, only the next answer is
// a little old.
func (d *Desk) shown(ctx context.Context, last journal.Entry) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	_ = d.cfg.Board.Comprises(ctx, last.Origin, last.Seq) // late is no error, see above
}

// state is the job that a call is about.
func (d *Desk) state(id string) (job.State, error) {
	s, ok := d.cfg.Board.Job(id)
	if !ok || !s.Opened {
		return s, reject(job.Unknown)
	}
	return s, nil
}

// done says whether the wish about a job was written before.
func (d *Desk) done(ctx context.Context, id journal.RequestID, about string) (bool, error) {
	_, again, err := d.first(ctx, id, about)
	return again, err
}

// first is what was written of the wish about a job, where it was written before.
func (d *Desk) first(ctx context.Context, id journal.RequestID, about string) (journal.Entry, bool, error) {
	e, ok, err := d.cfg.Journal.Request(ctx, id)
	if err != nil {
		return e, false, refuse(err)
	}
	if ok && e.Job != about {
		return e, false, usedOtherwise()
	}
	return e, ok, nil
}

// firstAs reads an entry of a repeated wish as the kind that such a wish writes.
func firstAs[P job.Payload](e journal.Entry) (P, error) {
	var none P
	if e.Work == nil {
		return none, usedOtherwise()
	}
	p, err := job.Decode(e.Kind, e.Work.Payload)
	if err != nil {
		return none, refuse(err)
	}
	if w, ok := p.(P); ok {
		return w, nil
	}
	return none, usedOtherwise()
}

func usedOtherwise() error {
	return web.Fail(http.StatusConflict, "request", "this request id was used for something else", "make a new random one for each wish")
}
