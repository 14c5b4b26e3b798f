package journal

import (
	"runtime"
	"time"
)

const (
	quietYields = 3    // without a new op, and nobody on his way, they end gathering
	mostYields  = 4096 // without a new op; and
	mostWait    = time.Millisecond
)

// gather takes those into the batch who are about to come: whose last append has just
// been answered, or whose next is being prepared. They get the processor, so that they
// are in this transaction and not in the next, and what has come is staged meanwhile.
// There is no timer: a lone writer loses a few yields, and who is long on his way is
// waited for a millisecond at most.
func (b *batch) gather() error {
	quiet, yields, since := 0, 0, time.Now()
	for quiet <= quietYields && yields < mostYields && time.Since(since) < mostWait {
		waiting, _ := b.j.queue.waiting()
		more := b.takeMore()
		if err := b.stageAll(more); err != nil {
			return err
		}
		switch {
		case len(more) > 0:
			quiet, yields, since = 0, 0, time.Now()
			continue
		case waiting > 0:
			return nil // they do not go into this transaction
		case b.j.coming.Load() <= 0:
			quiet++
		}
		yields++
		runtime.Gosched()
	}
	return nil
}

// takeMore takes from the queue what may go into a transaction that has begun.
func (b *batch) takeMore() []*op {
	count, room := countAll(b.ops), roomOf(b.ops)
	return b.j.queue.takeWhile(maxBatch-count, func(o *op) bool {
		count, room = count+o.count(), room+o.room()
		return plain(o) && b.j.fits(b.tx.Size(), count, room)
	})
}

// plain says whether ops only append. What they write is given to the file when all of
// it is known, and they may go into a transaction that has begun.
func plain(ops ...*op) bool {
	for _, o := range ops {
		if o.adopt != nil || o.look || o.cut != nil || o.renew != "" {
			return false
		}
	}
	return true
}

// stageAll stages ops.
func (b *batch) stageAll(ops []*op) error {
	b.ops = append(b.ops, ops...)
	for _, o := range ops {
		o.entries, o.err, o.wrote = nil, nil, false
		before := len(b.entries)
		if err := b.stage(o); err != nil {
			return err
		}
		o.wrote = len(b.entries) > before
	}
	return nil
}
