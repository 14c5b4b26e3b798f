package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"pitlane/edge/tlog"
)

// branches is what is known of where this node's own logs part from what the others
// hold of them, while it is looked for.
type branches struct {
	mu   sync.Mutex
	open map[string]*branch
}

// branch: up to same the log is that of the others, at differs it no longer is.
type branch struct{ same, differs uint64 }

// AskFrom is from where on a node asks others for an origin: from the end of what it
// holds, or where one of its own logs has another history elsewhere, from where the
// two may part.
func (j *Journal) AskFrom(t Tip) uint64 {
	j.branches.mu.Lock()
	defer j.branches.mu.Unlock()
	if b := j.branches.open[t.Origin]; b != nil {
		return max((b.same+b.differs)/2, t.Low)
	}
	return t.Size
}

// narrow learns from a segment of one of this node's own logs where it parts from what
// is held. Only what this node's key has signed counts as another history: a proof that
// is wrong only makes it ask again. At the parting the node gives way: the others hold
// their history already, and what is only here is written again in the new epoch.
func (j *Journal) narrow(c *tlog.Checked) error {
	h := j.head(c.Origin)
	if tlog.NodeOf(c.Origin) != j.opt.Node || h == nil || c.First > h.Size || c.First < h.Low || j.readOnly {
		return nil
	}
	node := j.node(nil, c.Origin)
	f, err := tlog.FrontierAt(c.First, node)
	if err != nil {
		return err
	}
	j.branches.mu.Lock()
	defer j.branches.mu.Unlock()
	b := j.branches.open[c.Origin]
	if b == nil {
		b = &branch{h.Low, h.Size}
	}
	if _, err := c.Grow(f); err != nil {
		if c.First > b.same {
			b.differs = min(b.differs, c.First)
			j.branches.open[c.Origin] = b
		}
		return nil
	}
	for at := c.First; at < min(c.End(), h.Size); at++ {
		held, err := node(at, 0)
		if err != nil {
			return err
		}
		if held != c.Entries[at-c.First].Hash {
			return j.giveWay(c.Origin, at)
		}
	}
	b.same = max(b.same, min(c.End(), h.Size))
	if b.same >= b.differs {
		delete(j.branches.open, c.Origin)
	}
	return nil
}

// narrowed is narrow while a parting is looked for.
func (j *Journal) narrowed(c *tlog.Checked) error {
	j.branches.mu.Lock()
	looking := j.branches.open[c.Origin] != nil
	j.branches.mu.Unlock()
	if !looking {
		return nil
	}
	return j.narrow(c)
}

// parting is the file DIR/parting: which of the node's own logs is to be rewound, and
// to where. What was held beyond it lies in Orphans.
type parting struct {
	Origin string   `json:"origin"`
	At     uint64   `json:"at"`
	Kept   bool     `json:"kept"` // Orphans are all
	Lost   []orphan `json:"orphans"`
}

// orphan is an entry that only this disk has, as its record was stored.
type orphan struct {
	Seq    uint64 `json:"seq"`
	Record []byte `json:"record"`
}

func (j *Journal) partingPath() string { return filepath.Join(j.opt.Dir, "parting") }

// partedPath is where the evidence of a rewound log stays. A log is rewound once.
func (j *Journal) partedPath(origin string) string {
	return filepath.Join(j.opt.Dir, "forks", "orphans-"+strings.ReplaceAll(origin, "/", "-")+".json")
}

// giveWay has the next start rewind a log, and asks for that start.
func (j *Journal) giveWay(origin string, at uint64) error {
	delete(j.branches.open, origin)
	if _, err := os.Stat(j.partedPath(origin)); err == nil {
		j.log.Error("a log that was rewound once has a third history: it stays as it is", "origin", origin, "seq", at)
		return nil
	}
	if err := j.keepParting(parting{Origin: origin, At: at}); err != nil {
		return err
	}
	j.sicken(fmt.Errorf("%w: %s parts from what the others hold at %d", tlog.ErrForked, origin, at))
	return nil
}

func (j *Journal) keepParting(p parting) error {
	b, err := json.Marshal(p)
	if err == nil {
		err = writeFile(j.partingPath(), append(b, '\n'))
	}
	if err != nil {
		return fmt.Errorf("note where the log parts: %w", err)
	}
	return nil
}

// readParting is nil where no log is to be rewound.
func (j *Journal) readParting() (*parting, error) {
	b, err := os.ReadFile(j.partingPath())
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	p := new(parting)
	if err == nil {
		err = json.Unmarshal(b, p)
	}
	if err != nil {
		return nil, fmt.Errorf("read where the log parts: %w", err)
	}
	return p, nil
}

// rewind takes out of a log of this node what only this disk has. It is in the file
// parting, whole and on disk, before anything is changed.
func (j *Journal) rewind(ctx context.Context) error {
	p, err := j.readParting()
	if err != nil || p == nil {
		return err
	}
	if p.Origin == j.Origin() {
		if err := j.renew("its log has another history elsewhere"); err != nil {
			return err
		}
	}
	h := j.heads[p.Origin]
	if !p.Kept {
		if err := j.keepOrphans(ctx, p, h); err != nil {
			return err
		}
	}
	if h == nil || h.Size <= p.At {
		return nil // done before a crash
	}
	d := &damage{j.shelf.find(p.Origin, p.At), fmt.Errorf("the entries of %s from %d on are not those of the others", p.Origin, p.At)}
	if err := j.closeFiles(); err != nil {
		j.log.Warn("close the files of a log that is rewound", "error", err)
	}
	if err := j.mendTo(d, map[string]uint64{p.Origin: p.At}); err != nil {
		return fmt.Errorf("rewind %s to %d: %w", p.Origin, p.At, err)
	}
	return j.openFiles(ctx)
}

func (j *Journal) keepOrphans(ctx context.Context, p *parting, h *head) error {
	for at := max(p.At, h.low()); h != nil && at < h.Size; {
		if err := ctx.Err(); err != nil {
			return err
		}
		raws, err := j.shelf.chunk(nil, p.Origin, at, h.Size)
		if err == nil && len(raws) == 0 {
			err = fmt.Errorf("%s seq %d is missing", p.Origin, at)
		}
		if err != nil {
			return fmt.Errorf("read what only this disk has: %w", err)
		}
		for _, x := range raws {
			p.Lost = append(p.Lost, orphan{x.seq, slices.Clone(x.record)})
		}
		at += uint64(len(raws))
	}
	p.Kept = true
	return j.keepParting(*p)
}

func (h *head) low() uint64 {
	if h == nil {
		return 0
	}
	return h.Low
}

// writeAgain appends what only this disk had to the new log, each naming its old leaf
// and under its old request id, so that a crash in between repeats nothing.
func (j *Journal) writeAgain(ctx context.Context) error {
	p, err := j.readParting()
	if err != nil || p == nil {
		return err
	}
	wrote, closed := 0, 0
	for _, o := range p.Lost {
		e, shut, err := j.orphaned(o)
		if err != nil {
			return fmt.Errorf("write %s seq %d again: %w", p.Origin, o.Seq, err)
		}
		if !repeated(e.Kind) {
			continue
		}
		if err := j.appendAgain(ctx, e); err != nil {
			return fmt.Errorf("write %s seq %d again: %w", p.Origin, o.Seq, err)
		}
		wrote++
		if shut {
			closed++
		}
	}
	kept := j.partedPath(p.Origin)
	if err := os.MkdirAll(filepath.Dir(kept), 0o700); err != nil {
		return fmt.Errorf("keep the evidence: %w", err)
	}
	if err := commitRename(j.partingPath(), kept); err != nil {
		return fmt.Errorf("keep the evidence: %w", err)
	}
	said := fmt.Sprintf("an older copy of this disk had written %d entries that nobody else is known to have: they are written again in the new log", wrote)
	if closed > 0 {
		said += fmt.Sprintf("; the keys of %d are not here, these say only that it happened", closed)
	}
	j.mendedMu.Lock()
	defer j.mendedMu.Unlock()
	j.mended = append(j.mended, said)
	j.log.Error("what only an older copy of the disk had is written again", "entries", wrote, "without_key", closed)
	return nil
}

// orphaned opens an orphan, and says whether a payload stays shut for want of its key.
func (j *Journal) orphaned(o orphan) (Entry, bool, error) {
	r, err := decodeRecord(o.Record)
	if err != nil {
		return Entry{}, false, err
	}
	e, err := r.entry()
	if err != nil {
		return Entry{}, false, err
	}
	j.unseal(&e)
	return e, e.SealedWork != nil && e.Work == nil || e.SealedContact != nil && e.Contact == nil, nil
}

// repeated says whether an event is written again: not what belongs to its log alone.
func repeated(kind string) bool {
	switch kind {
	case "log.opened", "job.merged", "job.sealed", "job.amended":
		return false
	}
	return !strings.HasPrefix(kind, "clock.") && !strings.HasPrefix(kind, "time.")
}

func (j *Journal) appendAgain(ctx context.Context, e Entry) error {
	d := Draft{Kind: e.Kind, Job: e.Job, Request: e.Request, Device: true, Outlives: e.Kind == "subject.erased" || e.Kind == "subject.contact_erased"}
	if e.Work != nil {
		d.Work = e.Work.Payload
	}
	if e.Contact != nil {
		d.Contact = e.Contact.Payload
	}
	p, err := prepare(d)
	if err != nil {
		return err
	}
	if err := j.keysReady(&p); err != nil {
		return err
	}
	p.again = &e.Hash
	return j.submit(ctx, &op{drafts: []prepared{p}})
}
