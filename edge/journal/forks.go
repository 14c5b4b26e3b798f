package journal

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"pitlane/edge/tlog"
)

// fork is the evidence that an origin has two histories: what it signed, beside
// what is held. Payloads are not in it.
type fork struct {
	Origin     string   `json:"origin"`
	What       string   `json:"what"`
	First      uint64   `json:"first"`
	Leaves     []string `json:"leaves"`
	Checkpoint string   `json:"checkpoint"`
	Proof      []Hash   `json:"proof"`
	Held       string   `json:"held_checkpoint"`
	HeldSize   uint64   `json:"held_size"`
}

// forked keeps the evidence in DIR/forks, once for each checkpoint and place, and
// answers ErrForked. Nothing that is held is changed.
func (j *Journal) forked(c *tlog.Checked, h *head, what error) error {
	err := fmt.Errorf("%w: %s: %w", tlog.ErrForked, c.Origin, what)
	if kept := j.keepEvidence(c, h, what); kept != nil {
		return fmt.Errorf("%w (and its evidence is not kept: %w)", err, kept)
	}
	return err
}

// KeepFork keeps as evidence, once for each log, what a log's own node has sent and signed
// and what does not follow from what is held: where that node's other history is the longer
// one, nobody here can say yet where the two part.
func (j *Journal) KeepFork(s Segment, what error) error {
	have, err := filepath.Glob(filepath.Join(j.opt.Dir, "forks", evidenceName(s.Origin)+"-*.json"))
	if err != nil || len(have) > 0 {
		return err
	}
	c, err := j.Roster().CheckAlone(s)
	h := j.head(s.Origin)
	if err == nil && h != nil {
		err = j.keepEvidence(c, h, what)
	}
	if err != nil {
		return fmt.Errorf("keep the evidence of a fork: %w", err)
	}
	return nil
}

func evidenceName(origin string) string { return strings.ReplaceAll(origin, "/", "-") }

func (j *Journal) keepEvidence(c *tlog.Checked, h *head, what error) error {
	f := fork{
		Origin: c.Origin, What: what.Error(), First: c.First, Checkpoint: c.Signed,
		Proof: c.Proof, Held: h.Checkpoint, HeldSize: h.Size,
	}
	for _, e := range c.Entries {
		f.Leaves = append(f.Leaves, string(e.Leaf))
	}
	dir := filepath.Join(j.opt.Dir, "forks")
	name := fmt.Sprintf("%s-%d-%.8s.json", evidenceName(c.Origin), c.First, c.Checkpoint.Root)
	if _, have := os.Stat(filepath.Join(dir, name)); have == nil {
		return nil
	}
	b, err := json.MarshalIndent(f, "", " ")
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err == nil {
		err = writeFile(filepath.Join(dir, name), append(b, '\n'))
	}
	return err
}

// leaveForked begins a new epoch when this node's own log is longer elsewhere or has
// another history there: whatever this disk wrote on in the old one would be written
// into a place that is taken. The old log stays as it is; what the peers hold beyond
// it is adopted like any other node's.
func (j *Journal) leaveForked(origin string) {
	if j.readOnly {
		return
	}
	o := &op{renew: "this node's log has gone on elsewhere: its disk is an older copy, or was copied", from: origin,
		drafts: []prepared{{Draft: Draft{Kind: "log.opened", Device: true}}}}
	if _, err := rand.Read(o.drafts[0].Request[:]); err != nil {
		return // crypto/rand does not fail
	}
	if j.Origin() != origin {
		return // done already
	}
	if err := j.submit(context.Background(), o); err != nil && !errors.Is(err, ErrClosed) {
		j.log.Error("a new epoch is not begun yet", "error", err)
	}
}
