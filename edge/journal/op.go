package journal

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"pitlane/edge/tlog"
)

// op is one call of Append or Adopt on its way through the writer.
type op struct {
	drafts   []prepared
	adopt    *tlog.Checked
	look     bool // it writes nothing and asks for room
	cut      *cut
	renew    string // why a new epoch is begun; "" for none
	from     string // and instead of which origin
	coming   bool   // counted in Journal.coming until the writer has it
	answered bool   // counted in Journal.coming until the caller runs
	done     chan struct{}
	entries  []Entry
	wrote    bool // it is no mere repeat
	err      error
}

func (o *op) count() int {
	if o.adopt != nil {
		return len(o.adopt.Entries)
	}
	return len(o.drafts)
}

// countAll is how many leaves ops make.
func countAll(ops []*op) int {
	n := 0
	for _, o := range ops {
		n += o.count()
	}
	return n
}

// device says whether the op may use the reserve.
func (o *op) device() bool {
	for _, d := range o.drafts {
		if !d.Device {
			return false
		}
	}
	return o.adopt == nil && !o.look
}

// room estimates what the op adds to the file: records lie in pages of 4 KiB, a
// page is at worst half used.
func (o *op) room() int64 {
	n := int64(0)
	if o.look {
		n = roomInFile
	}
	for _, d := range o.drafts {
		n += 2 * (1024 + tlog.PayloadLen(d.work) + tlog.PayloadLen(d.contact))
	}
	if o.adopt != nil {
		for _, e := range o.adopt.Entries {
			n += 2 * (int64(len(e.Leaf)) + 256 + e.PayloadBytes())
		}
	}
	return n
}

// roomOf is the room of ops together.
func roomOf(ops []*op) (n int64) {
	for _, o := range ops {
		n += o.room()
	}
	return n
}

// queue is where ops wait for the writer. Who waits in it has been promised nothing.
type queue struct {
	mu     sync.Mutex
	ops    []*op
	count  int           // leaves of ops
	shut   bool          // the writer has gone
	filled chan struct{} // wakes the writer
}

// put waits for nobody. It says whether there is a writer.
func (q *queue) put(o *op) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.shut {
		return false
	}
	q.ops, q.count = append(q.ops, o), q.count+o.count()
	if len(q.ops) == 1 {
		select {
		case q.filled <- struct{}{}:
		default: // it is awake
		}
	}
	return true
}

// waiting is how many ops wait, and how many leaves they make.
func (q *queue) waiting() (ops, leaves int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.ops), q.count
}

// take gives the first ops, of most leaves together but one op at least. They are
// with the writer then.
func (q *queue) take(most int) []*op {
	first := true
	return q.takeWhile(math.MaxInt, func(o *op) bool {
		most -= o.count()
		ok := first || most >= 0
		first = false
		return ok
	})
}

// takeWhile gives the first ops that may be taken, of most leaves together.
func (q *queue) takeWhile(most int, may func(*op) bool) []*op {
	q.mu.Lock()
	defer q.mu.Unlock()
	n, leaves := 0, 0
	for n < len(q.ops) && leaves+q.ops[n].count() <= most && may(q.ops[n]) {
		leaves += q.ops[n].count()
		n++
	}
	out := q.ops[:n:n]
	q.ops, q.count = q.ops[n:], q.count-leaves
	if len(q.ops) == 0 {
		q.ops = nil
	}
	return out
}

// withdraw takes an op back, unless the writer has it.
func (q *queue) withdraw(o *op) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.ops, o)
	if i < 0 {
		return false
	}
	// A copy: what was taken before shares the array.
	q.ops, q.count = slices.Concat(q.ops[:i], q.ops[i+1:]), q.count-o.count()
	return true
}

// close refuses what waits and all that comes.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.shut = true
	for _, o := range q.ops {
		o.err = ErrClosed
		close(o.done)
	}
	q.ops, q.count = nil, 0
}

// submit hands an op to the writer and waits for its commit.
func (j *Journal) submit(ctx context.Context, o *op) error {
	if err := j.enqueue(ctx, o); err != nil {
		return err
	}
	select {
	case <-o.done:
		j.awake(o)
		return o.err
	case <-ctx.Done():
		if j.queue.withdraw(o) {
			return ctx.Err()
		}
		go func() {
			<-o.done
			j.awake(o)
		}()
		return fmt.Errorf("%w: %w", ErrUnknownOutcome, ctx.Err())
	}
}

// awake counts one who was answered and runs now: he is no longer on his way.
func (j *Journal) awake(o *op) {
	if o.answered {
		j.coming.Add(-1)
	}
}

// enqueue lets an op wait for the writer.
func (j *Journal) enqueue(ctx context.Context, o *op) error {
	if o.coming {
		defer j.coming.Add(-1)
	}
	if j.readOnly {
		return ErrReadOnly
	}
	select {
	case <-j.closing:
		return ErrClosed
	default:
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	o.done = make(chan struct{})
	if !j.queue.put(o) {
		return ErrClosed
	}
	return nil
}
