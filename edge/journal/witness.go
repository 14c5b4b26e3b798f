package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pitlane/edge/tlog"
)

// ReadCosigned reads the cosigned checkpoints that a node keeps (DIR/cosigned.json),
// by origin. None is no error. Nothing of them is verified.
func ReadCosigned(dir string) ([]tlog.Cosigned, error) {
	b, err := os.ReadFile(filepath.Join(dir, "cosigned.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	held := map[string]tlog.Cosigned{}
	if err == nil {
		err = json.Unmarshal(b, &held)
	}
	if err != nil {
		return nil, fmt.Errorf("read the cosigned checkpoints: %w", err)
	}
	var out []tlog.Cosigned
	for _, origin := range slices.Sorted(maps.Keys(held)) {
		out = append(out, held[origin])
	}
	return out, nil
}

// verifyCosigned holds the cosigned checkpoints that are kept against the logs: who
// cosigned has seen all of it, so that an end that was cut off shows even where it was
// cut off whole.
func (j *Journal) verifyCosigned(r *tlog.VerifyReport) {
	if j.Roster() == nil {
		return // that is said
	}
	all, err := ReadCosigned(j.opt.Dir)
	heads := j.allHeads() // what is cosigned meanwhile was committed before
	if err != nil {
		r.Find("cosigned.json: %v", err)
		r.Advise(adviceCosigned)
		return
	}
	for _, c := range all {
		cp, err := j.Roster().CheckCosigned(c.Note)
		if err == nil && (cp.Size != c.Size || len(cp.Witness) == 0) {
			err = errors.New("it is not what it is kept as, or nobody of the shop has cosigned it")
		}
		if err == nil {
			err = j.Roster().AllSigned(c.Note, cp)
		}
		if err != nil {
			r.Find("cosigned.json: a cosigned checkpoint does not verify: %v", err)
			r.Advise(adviceCosigned)
			continue
		}
		by := strings.Join(slices.Sorted(maps.Keys(cp.Witness)), " and ")
		h := heads[cp.Origin]
		if h == nil || h.Size < cp.Size {
			held := uint64(0)
			if h != nil {
				held = h.Size
			}
			r.Find("%s: %d entries were cosigned by %s, %d are here: the newest were deleted, or an older copy was put back", cp.Origin, cp.Size, by, held)
			r.Advise(adviceOlder)
			continue
		}
		if cp.Size < h.Low {
			continue
		}
		f, err := tlog.FrontierAt(cp.Size, j.nodeOf(h, nil, cp.Origin))
		if err == nil && f.Root() != cp.Root {
			r.Find("%s: %d entries were cosigned by %s with another tree than is here: the log was rewritten", cp.Origin, cp.Size, by)
			r.Advise(adviceRewritten)
		}
	}
}
