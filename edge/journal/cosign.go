package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"pitlane/edge/tlog"
)

// Cosign gives the newest checkpoint of another node's log that is held here, with
// this node's cosignature; nil when there is none. Asked again it gives the same
// bytes until there is a newer one. What was adopted under a checkpoint is
// consistent with all that was held before, so that the promise of a witness holds.
func (j *Journal) Cosign(origin string, now time.Time) ([]byte, error) {
	h := j.head(origin)
	if h == nil || tlog.NodeOf(origin) == j.opt.Node || h.CheckpointSize == 0 || j.opt.Key == nil {
		return nil, nil
	}
	if b, ok := j.witness.signed(origin, h.CheckpointSize); ok {
		return b, nil
	}
	sec := uint64(0)
	if j.opt.Quality() > 0 {
		sec = uint64(max(now.Unix(), 0))
	}
	b, err := tlog.AddCosignature([]byte(h.Checkpoint), j.opt.Node, j.opt.Key, sec)
	if err != nil {
		return nil, fmt.Errorf("cosign %s at size %d: %w", origin, h.CheckpointSize, err)
	}
	j.witness.sign(origin, tlog.Cosigned{Size: h.CheckpointSize, Note: b})
	return b, j.TakeCosigned(b)
}

// TakeCosigned takes a cosigned checkpoint of any origin that is held: cosignatures
// that verify are joined to those held for the same size; a larger size replaces.
// What is signed must be the tree that is held.
func (j *Journal) TakeCosigned(signed []byte) error {
	text, lines, err := tlog.NoteLines(signed)
	if err != nil {
		return fmt.Errorf("%w: %w", tlog.ErrForged, err)
	}
	cp, err := tlog.ParseCheckpoint(text)
	if err != nil {
		return fmt.Errorf("%w: %w", tlog.ErrForged, err)
	}
	if _, err := j.Roster().CheckCheckpoint(cp.Origin, signed); err != nil {
		return err
	}
	h := j.head(cp.Origin)
	if h != nil && cp.Size > h.Size && cp.Origin == j.Origin() {
		defer j.leaveForked(cp.Origin)
		return fmt.Errorf("take a cosigned checkpoint: %w: others cosigned %d entries of this node's log, this disk holds %d", tlog.ErrForked, cp.Size, h.Size)
	}
	if h == nil || cp.Size > h.Size {
		return fmt.Errorf("take a cosigned checkpoint: %w", tlog.ErrGap)
	}
	if err := j.sameTree(cp, h); errors.Is(err, ErrTrimmed) {
		return nil // a witness who was away for long: what it saw is proven and gone
	} else if err != nil {
		return err
	}
	good, err := j.Roster().Cosignatures(text, lines)
	if err != nil || len(good) == 0 {
		return err
	}
	return j.witness.join(cp, text, lines[:1], good)
}

// sameTree holds a signed tree head against the tree that is held.
func (j *Journal) sameTree(cp tlog.Checkpoint, h *head) error {
	root := h.Root()
	if cp.Size != h.Size {
		f, err := tlog.FrontierAt(cp.Size, j.nodeOf(h, nil, cp.Origin))
		if err != nil {
			return fmt.Errorf("take a cosigned checkpoint: %w", err)
		}
		root = f.Root()
	}
	if root != cp.Root {
		return fmt.Errorf("take a cosigned checkpoint: %w: at size %d %s signed another tree", tlog.ErrForked, cp.Size, cp.Origin)
	}
	return nil
}

// Cosigned is the newest checkpoint of an origin that others have cosigned.
func (j *Journal) Cosigned(origin string) (tlog.Cosigned, bool) {
	j.witness.mu.Lock()
	defer j.witness.mu.Unlock()
	c, ok := j.witness.held[origin]
	return c, ok
}

// witnessBook keeps the newest cosigned checkpoint of each origin in
// DIR/cosigned.json. Losing it loses no event: peers cosign the next checkpoint
// again.
type witnessBook struct {
	path string

	mu   sync.Mutex
	held map[string]tlog.Cosigned
	mine map[string]tlog.Cosigned // what this node itself has cosigned since it started
}

func openWitnessBook(dir string) *witnessBook {
	w := &witnessBook{path: filepath.Join(dir, "cosigned.json"), held: map[string]tlog.Cosigned{}, mine: map[string]tlog.Cosigned{}}
	b, err := os.ReadFile(w.path)
	if err == nil {
		err = json.Unmarshal(b, &w.held)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) || w.held == nil {
		w.held = map[string]tlog.Cosigned{}
	}
	return w
}

// signed is what this node has cosigned of an origin already, at this size or a
// larger one.
func (w *witnessBook) signed(origin string, size uint64) ([]byte, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, ok := w.mine[origin]
	return c.Note, ok && c.Size >= size
}

func (w *witnessBook) sign(origin string, c tlog.Cosigned) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mine[origin] = c
}

// join adds cosignatures and writes the book.
func (w *witnessBook) join(cp tlog.Checkpoint, text string, own [][2]string, good map[string]string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	lines, was := own, w.held[cp.Origin]
	if was.Size > cp.Size {
		return nil
	}
	if was.Size == cp.Size && was.Size > 0 {
		if _, before, err := tlog.NoteLines(was.Note); err == nil {
			lines = before
		}
	}
	w.held[cp.Origin] = tlog.Cosigned{Size: cp.Size, Note: tlog.JoinLines(text, lines, good)}
	b, err := json.Marshal(w.held)
	if err != nil {
		return fmt.Errorf("write the cosigned checkpoints: %w", err)
	}
	if err := writeFile(w.path, b); err != nil {
		return fmt.Errorf("write the cosigned checkpoints: %w", err)
	}
	return nil
}
