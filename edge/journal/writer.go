package journal

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"runtime/debug"

	"go.etcd.io/bbolt"
)

const (
	maxBatch    = 256      // drafts or adopted entries of one transaction
	maxGraphs   = 512      // jobs whose graph is kept in memory
	flushAt     = 4096     // entries that wait before the index is written behind
	keptRows    = 1 << 20  // bytes of rows whose memory is used again
	batchRoom   = 64 << 10 // what a transaction may take beside its records
	quietYields = 3        // without a new op, and nobody on his way, they end gathering
	mostYields  = 256      // of one gathering
)

// writer is what only the writer's goroutine touches.
type writer struct {
	graphs   map[string]*graph
	gathered int    // ops of the last batch
	leaves   int    // in the newest file
	rows     []byte // of the last batch, to be used again
	older    int64
	reserve  reserve
	noRes    bool         // the reserve was given up
	broken   error        // after a failed fsync nothing may be written
	fault    func() error // a test's disk that fails instead of committing
}

func (j *Journal) openWriter() error {
	j.w = writer{graphs: map[string]*graph{}, reserve: reserve{filepath.Join(j.opt.Dir, "reserve"), j.opt.Reserve}}
	if err := j.w.reserve.keep(); err != nil {
		j.w.noRes = true
		j.log.Warn("no room for the reserve", "error", err)
	}
	if err := j.openRedo(); err != nil {
		return err
	}
	if j.shelf.last() == 0 {
		if err := j.shelf.roll(j.heads); err != nil {
			return err
		}
	}
	j.w.leaves = j.shelf.leavesInNewest(j.heads)
	return j.measure()
}

// measure takes the room of the older files.
func (j *Journal) measure() error {
	n, err := j.shelf.olderBytes()
	j.w.older = n
	return err
}

// write is the one goroutine that writes. Each transaction takes whatever waits;
// no timer: a lone writer waits for nobody, and while a commit is on its way the
// others gather by themselves.
func (j *Journal) write() {
	defer j.group.Done()
	defer j.queue.close()
	for {
		if n, _ := j.queue.waiting(); n == 0 {
			select {
			case <-j.queue.filled:
				continue
			case <-j.closing:
				return
			}
		}
		j.commit(j.gather())
	}
}

// gather takes whatever waits. Those whose last append has just returned get the
// processor, so that they are in this transaction and not in the next: as long as that
// brings another one, one is on its way, or fewer have come than the last time. There
// is no timer: a lone writer loses a few yields.
func (j *Journal) gather() []*op {
	seen := 0
	for quiet, yields := 0, 0; yields < mostYields; yields++ {
		n, leaves := j.queue.waiting()
		if leaves >= maxBatch {
			break
		}
		if n > seen {
			seen, quiet = n, 0
		}
		if quiet++; quiet > quietYields && j.coming.Load() <= 0 && n >= j.w.gathered {
			break
		}
		runtime.Gosched()
	}
	ops := j.queue.take(maxBatch)
	j.w.gathered = max(len(ops), j.w.gathered*31/32) // one small group is no rule
	return ops
}

// commit writes ops in one transaction and answers them.
func (j *Journal) commit(ops []*op) {
	err := j.w.broken
	if err == nil {
		err = j.try(ops)
	}
	switch {
	case err != nil && noRoom(err) && j.w.broken == nil:
		j.commitFull(ops)
	case err != nil:
		for _, o := range ops {
			o.entries, o.err = nil, err
		}
	}
	full, written := false, false
	for _, o := range ops {
		full = full || errors.Is(o.err, ErrFull)
		written = written || (o.wrote || o.look) && o.err == nil && !o.device()
	}
	j.sayFull(full, written)
	for _, o := range ops {
		close(o.done)
	}
}

// commitFull tries one op after the other on a full disk: the small ones may still
// fit, repeats need no room, and what devices did may use the reserve.
func (j *Journal) commitFull(ops []*op) {
	for _, o := range ops {
		err := j.try([]*op{o})
		if err != nil && noRoom(err) && o.device() && j.w.reserve.giveUp() {
			j.w.noRes = true
			err = j.try([]*op{o})
		}
		if err != nil && noRoom(err) && j.w.broken == nil {
			err = fmt.Errorf("%w: %w", ErrFull, err)
		}
		if err != nil {
			o.entries, o.err = nil, err
		}
	}
}

// sayFull tells once that intake is refused, and once that it is not.
func (j *Journal) sayFull(full, written bool) {
	if full && !j.full.Swap(true) {
		j.log.Error("the disk is full: intake is refused", "dir", j.opt.Dir)
	}
	if !full && written && j.full.Swap(false) {
		j.log.Info("there is room again: intake goes on")
	}
}

// try runs one transaction. An error is the transaction's; what is wrong with a
// single op is in the op.
func (j *Journal) try(ops []*op) (err error) {
	for _, o := range ops {
		if o.renew != "" && j.Origin() == o.from {
			if err := j.renew(o.renew); err != nil {
				return err
			}
		}
	}
	size, err := j.rollFor(ops)
	if err != nil {
		return err
	}
	if err := j.shelf.prepare(size); err != nil {
		return j.unsure(err)
	}
	tx, err := j.shelf.newest.Begin(true)
	if err != nil {
		return fmt.Errorf("begin a transaction: %w", err)
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil { // bbolt's word for a damaged page
			_ = tx.Rollback() // nothing of it counts any more
			j.w.broken = fmt.Errorf("%w; restart: the newest segment file is damaged: %v", ErrUnknownOutcome, p)
			j.log.Error("the newest segment file is damaged: restart the node, it mends what it can", "error", p)
			clear(j.w.graphs)
			err = j.w.broken
			j.sicken(err)
		}
	}()
	b := newBatch(j, tx, countAll(ops))
	b.rows = j.w.rows[:0]
	defer func() {
		if j.w.rows = b.rows; cap(b.rows) > keptRows {
			j.w.rows = nil
		}
	}()
	for _, o := range ops {
		o.entries, o.err, o.wrote = nil, nil, false
		before := len(b.entries)
		if err = b.stage(o); err != nil {
			break
		}
		o.wrote = len(b.entries) > before
	}
	if err == nil && len(b.changed) > 0 {
		err = b.finish()
	}
	if err != nil {
		clear(j.w.graphs)
	}
	if err != nil || len(b.changed) == 0 {
		return errors.Join(err, tx.Rollback())
	}
	if err := j.commitTx(tx, b.rows); err != nil {
		clear(j.w.graphs)
		return err
	}
	return j.publish(b)
}

// commitTx makes the transaction durable. When that fails for another reason than
// a full disk, nobody knows what is on disk, and fsync may not say it again: the
// journal then refuses everything until it is opened anew and looks.
func (j *Journal) commitTx(tx *bbolt.Tx, rows []byte) error {
	sure, err := true, error(nil)
	if j.w.fault != nil {
		err = j.w.fault()
	}
	if err != nil {
		err = errors.Join(err, tx.Rollback())
	} else {
		sure, err = j.shelf.commit(tx, rows)
	}
	if err == nil {
		return nil
	}
	err = fmt.Errorf("commit: %w", err)
	if sure && noRoom(err) && j.unchanged() {
		return err
	}
	return j.unsure(err)
}

// unsure ends all writing: only a start that looks at the disk knows what is on it.
func (j *Journal) unsure(err error) error {
	j.w.broken = fmt.Errorf("%w; restart: %w", ErrUnknownOutcome, err)
	j.log.Error("the disk does not keep what is written: restart the node, look at the disk", "error", err)
	j.sicken(j.w.broken)
	return j.w.broken
}

// unchanged says whether the file still stands where the last commit left it.
func (j *Journal) unchanged() bool {
	same := true
	err := guarded(j.shelf.newest, func(tx *bbolt.Tx) error {
		heads, err := readHeads(tx)
		for origin, h := range heads {
			same = same && j.heads[origin] != nil && j.heads[origin].Size == h.Size
		}
		return err
	})
	return same && err == nil
}

// publish makes a committed batch known.
func (j *Journal) publish(b *batch) error {
	j.w.leaves += len(b.entries)
	var err error
	if j.opt.SelfCheck {
		if err = j.selfCheck(b); err != nil {
			j.w.broken = fmt.Errorf("self-check: %w", err)
			j.sicken(j.w.broken)
			return j.w.broken
		}
	}
	// The index first: who is woken finds the job's new entries.
	waiting := j.index.add(j.opt.Node, b.entries)
	j.mu.Lock()
	for origin := range b.changed {
		j.heads[origin] = b.heads[origin]
	}
	for c := range j.wakers {
		select {
		case c <- struct{}{}:
		default: // it has a wake waiting already
		}
	}
	j.mu.Unlock()
	if waiting >= flushAt {
		j.wakeBehind()
	}
	return nil
}

func (j *Journal) wakeBehind() {
	select {
	case j.behind <- struct{}{}:
	default: // asked already
	}
}

// writeBehind is the goroutine that writes the index.
func (j *Journal) writeBehind() {
	defer j.group.Done()
	for {
		select {
		case <-j.behind:
		case <-j.closing:
			return
		}
		if err := j.index.flush(); err != nil {
			j.log.Warn("the index stays in memory for now", "error", err)
			continue
		}
		slimmer, err := true, error(nil)
		for slimmer && err == nil && !j.closed.Load() { // more may be trimmed while it is written anew
			slimmer, err = j.index.shed(j.Tips())
		}
		if err != nil {
			j.log.Warn("the index keeps what was trimmed for now", "error", err)
		}
	}
}

// rollFor begins a new segment file when the ops would overfill the newest. It gives
// the bytes that the newest has in use.
func (j *Journal) rollFor(ops []*op) (size int64, err error) {
	count, room := countAll(ops), int64(batchRoom)
	for _, o := range ops {
		room += o.room()
	}
	if size, err = j.shelf.newestBytes(); err != nil {
		return 0, err
	}
	if j.w.leaves == 0 || j.w.leaves+count <= j.opt.SegmentLeaves && size+room <= j.opt.SegmentBytes {
		return size, nil
	}
	if err := j.shelf.settle(); err != nil {
		return 0, j.unsure(err)
	}
	if err := j.shelf.roll(j.heads); err != nil {
		return 0, fmt.Errorf("begin a segment file: %w", err)
	}
	j.w.leaves = 0
	if err := j.measure(); err != nil {
		return 0, err
	}
	return j.shelf.newestBytes()
}
