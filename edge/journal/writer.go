package journal

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime/debug"

	"go.etcd.io/bbolt"
)

const (
	maxBatch  = 256      // drafts or adopted entries of one transaction
	maxGraphs = 512      // jobs whose graph is kept in memory
	flushAt   = 4096     // entries that wait before the index is written behind
	keptRows  = 1 << 20  // bytes of rows whose memory is used again
	batchRoom = 64 << 10 // what a transaction may take beside its records
)

// writer is what only the writer's goroutine touches.
type writer struct {
	graphs   map[string]*graph
	gathered int     // entries of the last batch
	leaves   int     // in the newest file
	rows     []byte  // of the last batch, and
	entries  []Entry // its entries: memory that is used again
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
	for j.await() {
		j.commit(j.queue.take(maxBatch))
	}
}

// await waits until something waits; false when the journal is closed.
func (j *Journal) await() bool {
	for {
		if n, _ := j.queue.waiting(); n > 0 {
			return true
		}
		select {
		case <-j.queue.filled:
		case <-j.closing:
			return false
		}
	}
}

// commit writes ops, and those who come meanwhile, in one transaction and answers them.
func (j *Journal) commit(ops []*op) {
	err := j.w.broken
	if err == nil {
		ops, err = j.try(ops, (*batch).gather)
	}
	if err != nil && noRoom(err) && j.w.broken == nil {
		err = nil
		j.commitFull(ops)
	}
	j.answer(ops, err)
}

// answer tells callers what became of their ops. An error is that of all.
func (j *Journal) answer(ops []*op, err error) {
	full, written := false, false
	for _, o := range ops {
		if err != nil {
			o.entries, o.err = nil, err
		}
		full = full || errors.Is(o.err, ErrFull)
		written = written || (o.wrote || o.look) && o.err == nil && !o.device()
	}
	j.sayFull(full, written)
	j.coming.Add(int64(len(ops)))
	for _, o := range ops {
		o.answered = true
		close(o.done)
	}
}

// commitFull tries one op after the other on a full disk: the small ones may still
// fit, repeats need no room, and what devices did may use the reserve.
func (j *Journal) commitFull(ops []*op) {
	for _, o := range ops {
		err := j.tryAlone(o)
		if err != nil && noRoom(err) && o.device() && j.w.reserve.giveUp() {
			j.w.noRes = true
			err = j.tryAlone(o)
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

// tryAlone runs one op's transaction. Nobody is taken along: who answers him?
func (j *Journal) tryAlone(o *op) error {
	if j.w.broken != nil {
		return j.w.broken
	}
	_, err := j.try([]*op{o}, nil)
	return err
}

// try runs one transaction, of ops and of those whom more takes along; all are those that
// are to be answered. An error is the transaction's; what is wrong with a single op is in
// the op.
func (j *Journal) try(ops []*op, more func(*batch) error) (all []*op, err error) {
	if err := j.makeReady(ops); err != nil {
		return ops, err
	}
	tx, err := j.shelf.newest.Begin(true)
	if err != nil {
		return ops, fmt.Errorf("begin a transaction: %w", err)
	}
	b := newBatch(j, tx, ops)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil { // bbolt's word for a damaged page
			_ = tx.Rollback() // nothing of it counts any more
			all, err = b.ops, j.torn(&damagedPage{p})
		}
		if err != nil {
			clear(j.w.graphs)
		}
		j.w.keep(b)
	}()
	if err = b.stageAll(ops); err == nil && more != nil {
		err = more(b)
	}
	if err == nil && len(b.changed) > 0 {
		err = b.finish()
	}
	if err != nil || len(b.changed) == 0 {
		return b.ops, errors.Join(err, tx.Rollback())
	}
	return b.ops, j.commitTx(b)
}

// keep keeps the memory of a batch that is done, to be used again.
func (w *writer) keep(b *batch) {
	clear(b.entries)
	w.gathered, w.entries = len(b.entries), b.entries[:0]
	if cap(b.rows) <= keptRows {
		w.rows = b.rows[:0]
	}
}

// makeReady does what must come before a transaction.
func (j *Journal) makeReady(ops []*op) error {
	for _, o := range ops {
		if o.renew != "" && j.Origin() == o.from {
			if err := j.renew(o.renew); err != nil {
				return err
			}
		}
	}
	return j.rollFor(ops)
}

// commitTx commits the batch and makes it known. When that fails for another reason than
// a full disk, nobody knows what is on disk, and fsync may not say it again: the journal
// then refuses everything until it is opened anew and looks.
func (j *Journal) commitTx(b *batch) error {
	if err := j.shelf.prepare(); err != nil {
		return j.unsure(errors.Join(err, b.tx.Rollback()))
	}
	sure, err := true, error(nil)
	if j.w.fault != nil {
		err = j.w.fault()
	}
	if err != nil {
		err = errors.Join(err, b.tx.Rollback())
	} else {
		sure, err = j.shelf.commit(b.tx, b.rows, b.later)
	}
	if err == nil {
		j.w.leaves += len(b.entries)
		return j.publish(b)
	}
	if page := (*damagedPage)(nil); errors.As(err, &page) {
		return j.torn(page)
	}
	err = fmt.Errorf("commit: %w", err)
	if sure && noRoom(err) && j.unchanged() {
		return err
	}
	return j.unsure(err)
}

// damagedPage is what bbolt says of a page that it cannot read.
type damagedPage struct{ said any }

func (d *damagedPage) Error() string { return fmt.Sprint("a page is damaged: ", d.said) }

// torn ends all writing in a newest file that is damaged.
func (j *Journal) torn(page *damagedPage) error {
	j.w.broken = fmt.Errorf("%w; restart: the newest segment file is damaged: %v", ErrUnknownOutcome, page.said)
	j.log.Error("the newest segment file is damaged: restart the node, it mends what it can", "error", page.said)
	j.sicken(j.w.broken)
	return j.w.broken
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

// rollFor begins a new segment file when the ops would overfill the newest.
func (j *Journal) rollFor(ops []*op) error {
	size, err := j.shelf.newestBytes()
	if err != nil || j.w.leaves == 0 || j.fits(size, countAll(ops), roomOf(ops)) {
		return err
	}
	if sure, err := j.shelf.settle(); err != nil && !sure {
		return j.unsure(err)
	} else if err != nil {
		return err
	}
	if err := j.shelf.roll(j.heads); err != nil {
		return fmt.Errorf("begin a segment file: %w", err)
	}
	j.w.leaves = 0
	return j.measure()
}

// fits says whether so many leaves, of so many bytes, do not overfill the newest file,
// which has so many bytes in use.
func (j *Journal) fits(size int64, leaves int, room int64) bool {
	return j.w.leaves+leaves <= j.opt.SegmentLeaves && size+batchRoom+room <= j.opt.SegmentBytes
}
