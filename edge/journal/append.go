package journal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"pitlane/edge/tlog"
)

// prepared is a draft whose payloads are salted and committed to.
type prepared struct {
	Draft
	work, contact             *Opening
	workCommit, contactCommit Hash
	fresh                     bool  // its request id was drawn here: nobody has asked before
	again                     *Hash // the leaf of another epoch that this repeats
}

// Append writes drafts as one transaction, all or none, and returns their entries
// in the same order after the commit with fsync. A repeated request id yields the
// first entry; a draft with a zero request id gets a random one.
//
// When the context ends while the drafts wait or are written, the answer is
// ErrUnknownOutcome: sending the same request ids again says what became of them.
func (j *Journal) Append(ctx context.Context, drafts ...Draft) ([]Entry, error) {
	if len(drafts) == 0 {
		return nil, nil
	}
	j.coming.Add(1)
	o := &op{drafts: make([]prepared, len(drafts)), coming: true}
	for i, d := range drafts {
		var err error
		if o.drafts[i], err = prepare(d); err == nil {
			err = j.keysReady(&o.drafts[i])
		}
		if err != nil {
			j.coming.Add(-1)
			return nil, fmt.Errorf("append %s: %w", d.Kind, err)
		}
	}
	if err := j.submit(ctx, o); err != nil {
		return nil, fmt.Errorf("append %s: %w", drafts[0].Kind, err)
	}
	return o.entries, nil
}

// prepare does what needs no order: it is done by the caller's goroutine.
func prepare(d Draft) (p prepared, err error) {
	p.Draft = d
	if err := tlog.CheckNames(d.Kind, d.Job); err != nil {
		return p, err
	}
	if p.work, err = tlog.NewOpening(d.Work); err != nil {
		return p, fmt.Errorf("work payload: %w", err)
	}
	if p.contact, err = tlog.NewOpening(d.Contact); err != nil {
		return p, fmt.Errorf("contact payload: %w", err)
	}
	if p.work != nil {
		p.workCommit = p.work.Commit()
	}
	if p.contact != nil {
		p.contactCommit = p.contact.Commit()
	}
	if p.Request == (RequestID{}) {
		p.fresh = true
		if _, err := rand.Read(p.Request[:]); err != nil {
			return p, fmt.Errorf("draw a request id: %w", err)
		}
	}
	return p, nil
}

// append stages the drafts of one call. Checks come before the first write, so
// that an op that is refused leaves nothing behind.
func (b *batch) append(o *op) error {
	repeats, err := b.repeats(o.drafts)
	if errors.Is(err, ErrTrimmed) {
		o.err = err // it was done, and is no longer held
		return nil
	}
	if err != nil {
		return err
	}
	if len(repeats) < len(o.drafts) {
		if o.err, err = b.refuse(o, repeats); o.err != nil || err != nil {
			return err
		}
	}
	o.entries = make([]Entry, len(o.drafts))
	for i := range o.drafts {
		d, ok := &o.drafts[i], false
		if o.entries[i], ok = repeats[d.Request]; ok {
			continue
		}
		if n, twice := b.requests[d.Request]; twice { // in the same call
			o.entries[i] = b.entries[n]
			continue
		}
		if err := b.draft(d, &o.entries[i]); err != nil {
			return err
		}
	}
	return nil
}

// repeats finds the entries of request ids that were seen before.
func (b *batch) repeats(drafts []prepared) (map[RequestID]Entry, error) {
	var out map[RequestID]Entry
	for i := range drafts {
		d := &drafts[i]
		if d.fresh {
			continue
		}
		if out == nil {
			out = map[RequestID]Entry{}
		}
		if e, ok := b.pending(d.Request); ok {
			out[d.Request] = e
			continue
		}
		at, ok, err := b.j.index.request(d.Request)
		if err != nil {
			return nil, fmt.Errorf("look a request id up: %w", err)
		}
		if !ok {
			continue
		}
		e, err := b.j.entryAt(b.tx, at)
		if err != nil {
			return nil, fmt.Errorf("look a request id up: %w", err)
		}
		b.j.unseal(&e)
		out[d.Request] = e
	}
	return out, nil
}

// pending finds the entry of a request id that is staged.
func (b *batch) pending(id RequestID) (Entry, bool) {
	if n, ok := b.requests[id]; ok {
		return b.entries[n], true
	}
	return Entry{}, false
}

// refuse says why an op must not be written (the first result), against the state
// before the op.
func (b *batch) refuse(o *op, repeats map[RequestID]Entry) (error, error) {
	for i := range o.drafts {
		d := &o.drafts[i]
		if _, ok := repeats[d.Request]; ok || d.Seen == nil || d.Job == "" {
			continue
		}
		g, err := b.graph(d.Job)
		if err != nil {
			return nil, err
		}
		if g.moved(d.Seen, d.Matters) {
			return ErrMoved, nil
		}
	}
	return b.j.checkRoom(b, o), nil
}

// checkRoom holds an op against MaxSize and the reserve.
func (j *Journal) checkRoom(b *batch, o *op) error {
	if j.w.noRes && !o.device() {
		if err := j.w.reserve.keep(); err != nil {
			return ErrFull
		}
		j.w.noRes = false
	}
	if j.opt.MaxSize <= 0 {
		return nil
	}
	limit := j.opt.MaxSize
	if !o.device() {
		limit -= j.opt.Reserve
	}
	need := o.room()
	if j.w.older+b.tx.Size()+b.room+batchRoom+need > limit {
		if err := j.measure(); err != nil {
			return err
		}
		if j.w.older+b.tx.Size()+b.room+batchRoom+need > limit {
			return ErrFull
		}
	}
	b.room += need
	return nil
}

// draft makes the next leaf of this node's own log.
func (b *batch) draft(d *prepared, into *Entry) error {
	var parents []Hash
	if d.Job != "" {
		g, err := b.graph(d.Job)
		if err != nil {
			return err
		}
		parents = g.tipsOfOthers(b.j.Origin())
		room := tlog.MaxParents
		if d.again != nil {
			room--
		}
		for len(parents) > room {
			merge := prepared{Draft: Draft{Kind: "job.merged", Job: d.Job}}
			if _, err := rand.Read(merge.Request[:]); err != nil {
				return fmt.Errorf("draw a request id: %w", err)
			}
			if err := b.own(&merge, parents[:min(tlog.MaxParents, len(parents))], new(Entry)); err != nil {
				return err
			}
			parents = g.tipsOfOthers(b.j.Origin())
		}
	}
	if d.again != nil {
		parents = append(parents, *d.again)
	}
	return b.own(d, parents, into)
}

// own writes one leaf of this node.
func (b *batch) own(d *prepared, parents []Hash, e *Entry) error {
	boot, since := b.j.opt.Clock.Boot()
	origin := b.j.Origin()
	*e = Entry{
		Origin: origin, Seq: b.head(origin).Size,
		Boot: boot, BootMS: since.Milliseconds(), WallMS: b.j.opt.Clock.Now().UnixMilli(),
		Quality: b.j.opt.Quality(), Kind: d.Kind, Job: d.Job, Parents: parents,
		Request: d.Request, Work: d.work, Contact: d.contact,
	}
	e.WorkCommit, e.ContactCommit = d.commitments()
	var err error
	if e.Leaf, err = tlog.EncodeLeaf(e); err != nil {
		return err
	}
	e.Hash = tlog.LeafHash(e.Leaf)
	if err := b.seal(e, d.Outlives); err != nil {
		return err
	}
	b.requests[e.Request] = len(b.entries)
	return b.put(e)
}

// commitments are those that prepare has made, or else they are made here: of what
// is written again nobody has prepared anything.
func (d *prepared) commitments() (work, contact Hash) {
	work, contact = d.workCommit, d.contactCommit
	if d.work != nil && work == (Hash{}) {
		work = d.work.Commit()
	}
	if d.contact != nil && contact == (Hash{}) {
		contact = d.contact.Commit()
	}
	return work, contact
}

// Request looks a request id up among this node's own entries.
func (j *Journal) Request(ctx context.Context, id RequestID) (Entry, bool, error) {
	if err := j.indexed(ctx); err != nil {
		return Entry{}, false, err
	}
	at, ok, err := j.index.request(id)
	if err != nil || !ok {
		return Entry{}, false, err
	}
	e, err := j.entryAt(nil, at)
	if err != nil {
		return Entry{}, false, fmt.Errorf("look a request id up: %w", err)
	}
	j.unseal(&e)
	return e, true, nil
}
