package journal

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Witnessed is a checkpoint with those who have cosigned it.
type Witnessed struct {
	Checkpoint
	Witness map[string]time.Time // node → what its clock said; zero where it gave no time
}

// CheckCosigned verifies a cosigned checkpoint: the origin's signature, and of the
// cosignatures those that verify; others are dropped.
func (r *Roster) CheckCosigned(signed []byte) (Witnessed, error) {
	text, lines, err := noteLines(signed)
	if err != nil {
		return Witnessed{}, fmt.Errorf("%w: %w", ErrForged, err)
	}
	cp, err := parseCheckpoint(text)
	if err != nil {
		return Witnessed{}, fmt.Errorf("%w: %w", ErrForged, err)
	}
	if _, err := r.CheckCheckpoint(cp.Origin, signed); err != nil {
		return Witnessed{}, err
	}
	out := Witnessed{cp, map[string]time.Time{}}
	for _, l := range lines[1:] {
		node, ok := r.Node(l[0])
		raw, err := base64.StdEncoding.DecodeString(l[1])
		if !ok || err != nil || len(raw) < 12 {
			continue
		}
		w := witness{node.Name, node.Key}
		if binary.BigEndian.Uint32(raw) != w.KeyHash() || !w.Verify([]byte(text), raw[4:]) {
			continue
		}
		at := time.Time{}
		if sec := binary.BigEndian.Uint64(raw[4:]); sec > 0 {
			at = time.Unix(int64(sec), 0)
		}
		out.Witness[l[0]] = at
	}
	return out, nil
}

// ReadCosigned reads the cosigned checkpoints that a node keeps (DIR/cosigned.json),
// by origin. None is no error. Nothing of them is verified.
func ReadCosigned(dir string) ([]Cosigned, error) {
	b, err := os.ReadFile(filepath.Join(dir, "cosigned.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	held := map[string]Cosigned{}
	if err == nil {
		err = json.Unmarshal(b, &held)
	}
	if err != nil {
		return nil, fmt.Errorf("read the cosigned checkpoints: %w", err)
	}
	var out []Cosigned
	for _, origin := range slices.Sorted(maps.Keys(held)) {
		out = append(out, held[origin])
	}
	return out, nil
}

// verifyCosigned holds the cosigned checkpoints that are kept against the logs: who
// cosigned has seen all of it, so that an end that was cut off shows even where it was
// cut off whole.
func (j *Journal) verifyCosigned(r *VerifyReport) {
	all, err := ReadCosigned(j.opt.Dir)
	heads := j.allHeads() // what is cosigned meanwhile was committed before
	if err != nil {
		r.find("cosigned.json: %v", err)
		return
	}
	for _, c := range all {
		cp, err := j.Roster().CheckCosigned(c.Note)
		if err == nil && (cp.Size != c.Size || len(cp.Witness) == 0) {
			err = errors.New("it is not what it is kept as, or nobody of the shop has cosigned it")
		}
		if err == nil {
			err = j.allSigned(c.Note, cp)
		}
		if err != nil {
			r.find("cosigned.json: a cosigned checkpoint does not verify: %v", err)
			continue
		}
		by := strings.Join(slices.Sorted(maps.Keys(cp.Witness)), " and ")
		h := heads[cp.Origin]
		if h == nil || h.Size < cp.Size {
			held := uint64(0)
			if h != nil {
				held = h.Size
			}
			r.find("%s: %d entries were cosigned by %s, %d are here: the newest were deleted, or an older copy was put back", cp.Origin, cp.Size, by, held)
			continue
		}
		if cp.Size < h.Low {
			continue
		}
		f, err := frontierAt(cp.Size, j.nodeOf(h, nil, cp.Origin))
		if err == nil && f.Root() != cp.Root {
			r.find("%s: %d entries were cosigned by %s with another tree than is here: the log was rewritten", cp.Origin, cp.Size, by)
		}
	}
}

// allSigned finds a cosignature of a node of the shop that does not verify: such a
// one is never kept.
func (j *Journal) allSigned(signed []byte, cp Witnessed) error {
	_, lines, err := noteLines(signed)
	if err != nil {
		return err
	}
	for _, l := range lines[1:] {
		_, known := j.Roster().Node(l[0])
		if _, good := cp.Witness[l[0]]; known && !good {
			return fmt.Errorf("the cosignature of %s was changed", l[0])
		}
	}
	return nil
}
