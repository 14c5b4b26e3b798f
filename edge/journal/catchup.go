package journal

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
)

func (j *Journal) openFiles(ctx context.Context) error {
	err := j.redoPending()
	if err == nil {
		err = j.sealFiles(ctx)
	}
	if err != nil {
		return err
	}
	if j.shelf, j.heads, err = openShelf(j.opt.Dir, j.readOnly); err != nil {
		return err
	}
	if err := j.sameForm(); err != nil {
		return err
	}
	if j.index, err = openIndex(filepath.Join(j.opt.Dir, "meta.db"), j.readOnly); err != nil {
		return err
	}
	if j.readOnly {
		return nil // the tools mostly need no index, and shall open what is damaged
	}
	return j.catchUp(ctx)
}

// indexed makes sure that the index is there before something is looked up in it.
func (j *Journal) indexed(ctx context.Context) error {
	if !j.readOnly {
		return nil
	}
	j.lookup.Lock()
	defer j.lookup.Unlock()
	if j.looked {
		return nil
	}
	err := j.catchUp(ctx)
	j.looked = err == nil
	return err
}

// catchUp brings the index to the heads. An index that knows more than the
// segment files is of another time and is made anew.
func (j *Journal) catchUp(ctx context.Context) error {
	marks, err := j.index.marks()
	j.knew = maps.Clone(marks)
	tooFar := err != nil
	for origin, m := range marks {
		tooFar = tooFar || j.heads[origin] == nil || j.heads[origin].Size < m
	}
	if tooFar && j.readOnly {
		err, j.index.db = j.index.close(), nil
		marks = map[string]uint64{}
	} else if tooFar {
		err = j.index.reset()
		marks = map[string]uint64{}
	}
	if err != nil {
		return fmt.Errorf("bring the index up to date: %w", err)
	}
	for origin, h := range j.heads {
		if err := j.indexFrom(ctx, origin, max(h.Low, marks[origin]), h.Size); err != nil {
			return fmt.Errorf("bring the index up to date: %w", err)
		}
	}
	return nil
}

func (j *Journal) indexFrom(ctx context.Context, origin string, from, to uint64) error {
	for from < to {
		entries, err := j.entries(nil, origin, from, to)
		if err != nil {
			return err
		}
		from += uint64(len(entries))
		if j.index.add(j.opt.Node, entries) >= flushAt && !j.readOnly {
			if err := j.index.flush(); err != nil {
				return err
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}
