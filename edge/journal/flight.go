package journal

import "fmt"

// flight is a batch that the newest file has taken, and whose rows are on their way to
// the disk. The next batch is staged meanwhile, on top of it; nobody is answered, and
// nothing more is given to the file, before it has landed.
type flight struct {
	*batch
	logged <-chan error
}

// way receives when the flight has landed; never without one.
func (f *flight) way() <-chan error {
	if f == nil {
		return nil
	}
	return f.logged
}

// land waits for what is in the air.
func (j *Journal) land() {
	if j.w.air != nil {
		j.landed(<-j.w.air.logged)
	}
}

// landed answers those whose batch was in the air.
func (j *Journal) landed(err error) {
	ops := j.w.air.ops
	j.answer(ops, j.arrive(err))
}

// arrive makes known what was in the air, or ends all writing.
func (j *Journal) arrive(err error) error {
	b := j.w.air.batch
	j.w.air = nil
	j.w.spare(b.rows)
	if err != nil {
		clear(j.w.graphs)
		return j.unsure(fmt.Errorf("commit: %w", err))
	}
	return j.publish(b)
}

// tryAlone runs one op's transaction to its end, without answering it.
func (j *Journal) tryAlone(o *op) error {
	if j.w.broken != nil {
		return j.w.broken
	}
	_, err := j.try([]*op{o})
	if err == nil && j.w.air != nil {
		err = j.arrive(<-j.w.air.logged)
	}
	return err
}

// spare keeps the memory of rows that nobody reads any more.
func (w *writer) spare(rows []byte) {
	if cap(rows) <= keptRows {
		w.rows = append(w.rows, rows[:0])
	}
}

// spareRows is memory for rows.
func (w *writer) spareRows() []byte {
	n := len(w.rows)
	if n == 0 {
		return nil
	}
	rows := w.rows[n-1]
	w.rows = w.rows[:n-1]
	return rows
}

// plain says whether ops only append: these may be staged on top of a batch that is in
// the air.
func plain(ops ...*op) bool {
	for _, o := range ops {
		if o.adopt != nil || o.look || o.cut != nil || o.renew != "" {
			return false
		}
	}
	return true
}

// stageAll stages ops. What has landed meanwhile is answered at once.
func (b *batch) stageAll(ops []*op) error {
	b.ops = append(b.ops, ops...)
	for _, o := range ops {
		o.entries, o.err, o.wrote = nil, nil, false
		before := len(b.entries)
		if err := b.stage(o); err != nil {
			return err
		}
		o.wrote = len(b.entries) > before
		b.glance()
	}
	return nil
}

// glance answers the batch in the air if it has landed.
func (b *batch) glance() {
	select {
	case err := <-b.j.w.air.way():
		b.j.landed(err)
	default:
	}
}

// stageMore stages what comes as long as a batch is in the air, and then waits for
// those who were in it, unless what is staged is enough.
func (b *batch) stageMore() error {
	flew := b.j.w.air != nil
	for b.j.w.air != nil {
		more := b.takeMore()
		if err := b.stageAll(more); err != nil {
			return err
		}
		if len(more) > 0 || b.j.w.air == nil {
			continue
		}
		select {
		case err := <-b.j.w.air.way():
			b.j.landed(err)
		case <-b.j.queue.filled:
		}
	}
	if flew && b.j.w.broken == nil {
		b.j.gather(len(b.entries))
		if err := b.stageAll(b.takeMore()); err != nil {
			return err
		}
	}
	b.j.w.gathered = max(len(b.ops), b.j.w.gathered*31/32) // one small group is no rule
	return nil
}

// takeMore takes from the queue what fits and may be staged on top of what is in the air.
func (b *batch) takeMore() []*op {
	count, room := countAll(b.ops), roomOf(b.ops)
	return b.j.queue.takeWhile(maxBatch-count, func(o *op) bool {
		count, room = count+o.count(), room+o.room()
		return plain(o) && b.j.fits(b.tx.Size(), count, room)
	})
}
