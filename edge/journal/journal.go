package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/mod/sumdb/note"

	"pitlane/edge/tlog"
)

// Journal is the notebook of one node: its own log and the copies of the logs of
// its shop. Its methods may be called from any goroutine.
type Journal struct {
	opt      Options
	id       atomic.Pointer[identity]
	readOnly bool
	sign     note.Signer
	log      *slog.Logger
	lock     *os.File
	shelf    *shelf
	upper    upper
	index    *index
	witness  *witnessBook
	roster   atomic.Pointer[Roster]
	full     atomic.Bool

	mu     sync.RWMutex
	heads  map[string]*head // what is committed; a head is replaced, never changed
	wakers map[chan struct{}]bool

	coming  atomic.Int64 // appends that are being prepared
	queue   queue
	closing chan struct{}
	closed  atomic.Bool
	group   sync.WaitGroup // writer and index writer
	behind  chan struct{}  // asks the index writer

	w writer

	trimming sync.Mutex // held by Trim
	look     *cut       // what Trim saw of the oldest file

	renewed bool     // a new epoch was begun when it was opened
	mended  []string // what was repaired then, and new epochs since

	mendedMu sync.Mutex
	harm     atomic.Pointer[damage]
	ill      illness
	branches branches
	knew     map[string]uint64 // sizes that meta.db knew of when it was opened

	lookup sync.Mutex // read-only: the index is made when it is first needed
	looked bool
}

// Open opens or begins the journal of a node. The folder is locked: a second
// process gets ErrLocked; for one that only looks it is waited a while. The context
// bounds opening only.
func Open(ctx context.Context, o Options) (*Journal, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the journal's folder: %w", err)
	}
	lock, err := lockToWrite(ctx, o.Dir)
	if err != nil {
		return nil, err
	}
	j := newJournal(o, lock)
	if err := j.open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open the journal of %s: %w", o.Node, err), j.release())
	}
	return j, nil
}

// OpenReadOnly opens a stopped node's folder for the tools: Read, Segment, Job,
// Tips and Verify work, Append and Adopt answer ErrReadOnly. The roster is taken
// from the folder (files roster and shop.pub); without one nothing can be proven.
// keys, at most one, opens what is sealed; without, it stays closed.
func OpenReadOnly(ctx context.Context, dir string, keys ...tlog.Sealer) (*Journal, error) {
	id, err := readIdentity(dir)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%s holds no journal (no identity file): give a node's folder: %w", dir, err)
		}
		return nil, err
	}
	lock, err := lockToLook(dir)
	if err != nil {
		return nil, err
	}
	roster, err := LoadRoster(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Join(err, unlock(lock))
	}
	j := newJournal(Options{Dir: dir, Node: id.Node, Roster: roster, Log: slog.New(slog.DiscardHandler)}, lock)
	if len(keys) > 0 {
		j.opt.Keys = keys[0]
	}
	j.become(id)
	j.readOnly = true
	if err := j.openFiles(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open the journal of %s: %w", id.Node, err), j.release())
	}
	return j, nil
}

func newJournal(o Options, lock *os.File) *Journal {
	j := &Journal{
		opt: o, lock: lock, log: o.Log, sign: tlog.NewSigner(o.Node, o.Key), upper: upper{filepath.Join(o.Dir, "upper")},
		wakers: map[chan struct{}]bool{}, queue: queue{filled: make(chan struct{}, 1)},
		closing: make(chan struct{}), behind: make(chan struct{}, 1),
		ill: illness{news: make(chan struct{})}, branches: branches{open: map[string]*branch{}},
	}
	j.roster.Store(o.Roster)
	j.witness = openWitnessBook(o.Dir)
	return j
}

func (j *Journal) open(ctx context.Context) error {
	id, err := readIdentity(j.opt.Dir)
	begun := err == nil
	if errors.Is(err, errIdentity) {
		path := filepath.Join(j.opt.Dir, "identity")
		if err := os.Rename(path, path+".quarantine"); err != nil {
			return fmt.Errorf("put a damaged identity aside: %w", err)
		}
		if err := j.renew("the identity is damaged"); err != nil {
			return err
		}
		id, begun, err = *j.id.Load(), true, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	j.become(id)
	if begun && id.Node != j.opt.Node {
		return fmt.Errorf("the folder holds the journal of %s", id.Node)
	}
	if err := j.mendFiles(ctx); err != nil {
		return err
	}
	if begun && j.shrunk() {
		if err := j.renew("the disk holds less of the node's log than it did: the newest commits were damaged, or an older copy was put back"); err != nil {
			return err
		}
	}
	if begun && !j.renewed && j.heads[j.Origin()] == nil {
		if err := j.renew("the segment files of the node's log are gone"); err != nil {
			return err
		}
	}
	if err := j.rewind(ctx); err != nil {
		return err
	}
	if err := j.openWriter(); err != nil {
		return err
	}
	j.group.Add(2)
	go j.write()
	go j.writeBehind()
	j.wakeBehind() // it may have been closed before its index was written anew
	if j.renewed {
		if _, err := j.Append(ctx, Draft{Kind: "log.opened"}); err != nil {
			return err
		}
	}
	if begun {
		return j.writeAgain(ctx)
	}
	return j.begin(ctx)
}

// shrunk says whether the node's own log is shorter than it once was. The index is
// written after the commits that it knows of: they were on disk.
func (j *Journal) shrunk() bool {
	own := j.heads[j.Origin()]
	return own != nil && j.knew[j.Origin()] > own.Size
}

// begin opens a new epoch: its first leaf, then the identity, so that an identity
// never names an epoch that has no leaf. After a crash between the two, the leaf
// is found and its epoch used.
func (j *Journal) begin(ctx context.Context) error {
	id, err := newIdentity(j.opt.Node)
	if err != nil {
		return err
	}
	for origin, h := range j.heads {
		if tlog.NodeOf(origin) == j.opt.Node && h.Size == 1 {
			id.Epoch = strings.TrimPrefix(origin, j.opt.Node+"/")
		}
	}
	j.become(id)
	if j.heads[id.origin()] == nil {
		if _, err := j.Append(ctx, Draft{Kind: "log.opened"}); err != nil {
			return err
		}
	}
	return writeIdentity(j.opt.Dir, id)
}

// Close ends the writer after what it has accepted and closes the files.
func (j *Journal) Close() error {
	if j.closed.Swap(true) {
		return ErrClosed
	}
	return j.release()
}

// release ends the goroutines, if they have begun, and closes the files.
func (j *Journal) release() error {
	close(j.closing)
	j.group.Wait()
	var errs []error
	if j.index != nil {
		if !j.readOnly && j.index.db != nil {
			if err := j.index.flush(); err != nil {
				j.log.Warn("the index is not written; the next start rebuilds it", "error", err)
			}
		}
		errs = append(errs, j.index.close())
	}
	if j.shelf != nil {
		errs = append(errs, j.settle(), j.shelf.close())
	}
	return errors.Join(append(errs, unlock(j.lock))...)
}

// settle leaves nothing to be done again, unless the writer has given up.
func (j *Journal) settle() error {
	if j.shelf.durable.log == nil || j.w.broken != nil {
		return nil
	}
	if sure, err := j.shelf.settle(); err != nil && sure {
		j.log.Warn("the redo log stays: the next start does again what is in it", "error", err)
		return nil
	} else if err != nil {
		return err
	}
	return forgetRedo(redoLog(j.opt.Dir))
}

// Origin is the origin of this node's own log.
func (j *Journal) Origin() string { return j.id.Load().origin() }

// Node is the name of the node whose journal this is.
func (j *Journal) Node() string { return j.id.Load().Node }

// Keys is what seals and opens here; nil where payloads are in clear.
func (j *Journal) Keys() tlog.Sealer { return j.opt.Keys }

// Full says whether intake is refused for want of room.
func (j *Journal) Full() bool { return j.full.Load() }

// Roster is whose origins are taken in now.
func (j *Journal) Roster() *Roster { return j.roster.Load() }

// SetRoster takes a newer roster.
func (j *Journal) SetRoster(r *Roster) { j.roster.Store(r) }

// head is where an origin stands, nil when nothing of it is held.
func (j *Journal) head(origin string) *head {
	j.mu.RLock()
	defer j.mu.RUnlock()
	return j.heads[origin]
}

// Tips says how much of each origin is on this disk, sorted by origin.
func (j *Journal) Tips() []Tip {
	j.mu.RLock()
	defer j.mu.RUnlock()
	out := make([]Tip, 0, len(j.heads))
	for _, origin := range slices.Sorted(maps.Keys(j.heads)) {
		h := j.heads[origin]
		out = append(out, Tip{Origin: origin, Low: h.Low, Size: h.Size, Checkpoint: []byte(h.Checkpoint)})
	}
	return out
}

// Wake gives a channel that receives after commits. It is a hint, never data:
// several commits may give one wake, and a wake may find nothing new.
func (j *Journal) Wake() (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.wakers[c] = true
	return c, func() {
		j.mu.Lock()
		defer j.mu.Unlock()
		delete(j.wakers, c)
	}
}

// Heard notes what a peer said it has on disk: origin → [low, size]. It answers
// ErrForked when a peer has more of this node's own log than is here: then this
// disk is an older copy, and the node goes on in a new epoch.
func (j *Journal) Heard(peer string, have map[string][2]uint64) error {
	own := j.head(j.Origin())
	if own != nil && have[j.Origin()][1] > own.Size {
		j.log.Error("a peer holds more of this node's log than this disk", "peer", peer, "size", have[j.Origin()][1], "held", own.Size)
		defer j.leaveForked(j.Origin())
		return fmt.Errorf("%w: %s holds %d entries of this node's log, this disk %d", tlog.ErrForked, peer, have[j.Origin()][1], own.Size)
	}
	j.index.hear(peer, have)
	return nil
}

// Peers is what Heard last noted of each peer.
func (j *Journal) Peers() map[string]map[string][2]uint64 { return j.index.peers() }
