package journal

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"go.etcd.io/bbolt"

	"pitlane/edge/tlog"
)

// mendFiles opens the files, and mends what is damaged. What was damaged keeps its
// bytes under another name. Damage in an older file is found by who reads there; a
// file of that name tells the next start.
func (j *Journal) mendFiles(ctx context.Context) error {
	err := j.toMend()
	if err == nil {
		err = j.openFiles(ctx)
	}
	for tries := 0; err != nil && !j.readOnly && tries < 3; tries++ {
		var d *damage
		if !errors.As(err, &d) {
			return err
		}
		if cerr := j.closeFiles(); cerr != nil {
			j.log.Warn("close what is damaged", "error", cerr)
		}
		if !j.renewed {
			if err := j.renew("a segment file is damaged"); err != nil {
				return err
			}
		}
		if err = j.mend(d); err == nil {
			err = os.RemoveAll(j.mendMark())
		}
		if err != nil {
			return fmt.Errorf("mend segments/%06d.db: %w", d.file, errors.Join(err, d))
		}
		err = j.openFiles(ctx)
	}
	return err
}

// renew gives the node a new epoch before anything else is done: whatever of the old
// one is lost, nothing is ever written in its place.
func (j *Journal) renew(why string) error {
	id, err := newIdentity(j.opt.Node)
	if err == nil {
		err = writeIdentity(j.opt.Dir, id)
	}
	if err != nil {
		return fmt.Errorf("begin a new epoch: %w", err)
	}
	was := ""
	if before := j.id.Load(); before != nil {
		was = before.origin()
	}
	j.become(id)
	j.renewed = true
	j.mendedMu.Lock()
	defer j.mendedMu.Unlock()
	j.mended = append(j.mended, why+": the node writes a new log from now on; its old one is kept as far as it could be read")
	j.log.Error("the node begins a new epoch", "why", why, "origin", id.origin(), "before", was)
	return nil
}

// Mended says in words what was repaired when the journal was opened, and when a new
// epoch was begun since; nothing where all was well.
func (j *Journal) Mended() []string {
	j.mendedMu.Lock()
	defer j.mendedMu.Unlock()
	return slices.Clone(j.mended)
}

func (j *Journal) mendMark() string { return filepath.Join(j.opt.Dir, "mend") }

// toMend is the damage that was found while the journal was open the last time.
func (j *Journal) toMend() error {
	b, err := os.ReadFile(j.mendMark())
	if j.readOnly || errors.Is(err, os.ErrNotExist) {
		return nil
	}
	n, nerr := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 32)
	if err != nil || nerr != nil {
		return errors.Join(err, os.RemoveAll(j.mendMark()))
	}
	return &damage{uint32(n), errors.New("damage was found while it was read")}
}

func (j *Journal) closeFiles() error {
	var errs []error
	if j.index != nil {
		errs = append(errs, j.index.close())
	}
	if j.shelf != nil {
		errs = append(errs, j.shelf.close())
	}
	j.index, j.shelf = nil, nil
	return errors.Join(errs...)
}

// mend puts a new file in the place of a damaged one and of all after it: the heads of
// the file before it, and of what was found all that follows from them. Own entries
// need their hashes, which they bring; a peer's need a checkpoint that the peer signed.
func (j *Journal) mend(d *damage) error { return j.mendTo(d, nil) }

// mendTo is mend that takes no entry of an origin from its end on: origin → end.
func (j *Journal) mendTo(d *damage, ends map[string]uint64) error {
	s := &shelf{dir: filepath.Join(j.opt.Dir, "segments")}
	path := s.path(d.file)
	f, later, err := s.scanFrom(d.file)
	if err != nil || len(later) == 0 {
		return err // nothing is there any more
	}
	for origin, end := range ends {
		maps.DeleteFunc(f.records[origin], func(seq uint64, _ []byte) bool { return seq >= end })
	}
	f.signed(j.Roster())
	heads, starts := s.before(d.file, f)
	if starts == nil {
		return fmt.Errorf("the file before it is damaged too: `pitlane salvage` takes out what is there")
	}
	good := path + ".mended"
	if err := createSegment(good, f.format(j.opt.Keys != nil), 1, d.file, starts, heads); err != nil {
		return err
	}
	kept, err := j.refill(good, heads, f)
	if err != nil {
		return errors.Join(err, os.Remove(good))
	}
	if err := setRedoAside(j.opt.Dir); err != nil { // it leads on from what goes now
		return err
	}
	for _, name := range later { // the newest first
		if err := putAside(name); err != nil {
			return err
		}
	}
	if err := commitRename(good, path); err != nil {
		return err
	}
	if ends != nil {
		return nil // nothing was damaged
	}
	total := 0
	for _, of := range f.records {
		total += len(of)
	}
	j.mendedMu.Lock()
	defer j.mendedMu.Unlock()
	j.mended = append(j.mended, fmt.Sprintf("segments/%06d.db was damaged: %d of the %d entries found in it and after it are kept; what was damaged is still there under the name .quarantine",
		d.file, kept, total))
	j.log.Error("a segment file was damaged and is mended", "file", filepath.Base(path), "entries", kept, "found", total, "error", d.err)
	return nil
}

// putAside gives a file a name under which nobody reads it.
func putAside(path string) error {
	aside := path + ".quarantine"
	for n := 2; ; n++ {
		if _, err := os.Lstat(aside); errors.Is(err, os.ErrNotExist) {
			return os.Rename(path, aside)
		}
		aside = fmt.Sprintf("%s.quarantine-%d", path, n)
	}
}

// scanFrom scans a file and all after it, those too that were put aside by a mending
// that did not end. It names the files that are to be put aside, the newest first.
func (s *shelf) scanFrom(n uint32) (*found, []string, error) {
	names, err := filepath.Glob(filepath.Join(s.dir, "*.db*"))
	if err != nil {
		return nil, nil, err
	}
	slices.Sort(names)
	slices.Reverse(names)
	all := newFound()
	var here []string
	for _, name := range names {
		stem, rest, _ := strings.Cut(filepath.Base(name), ".db")
		number, err := strconv.ParseUint(stem, 10, 32)
		if err != nil || uint32(number) < n || rest != "" && !strings.HasPrefix(rest, ".quarantine") {
			continue
		}
		if rest == "" {
			here = append(here, name)
		} else if uint32(number) == n {
			continue // of an earlier mending, which is done
		}
		if err := scanFile(name, all); err != nil {
			return nil, nil, err
		}
	}
	return all, here, s.scanRedo(n, math.MaxUint32, all)
}

// before is what stood when a file was begun: the heads and starts of the file before
// it. Without one, an origin begins at its cut, as the damaged file has it.
func (s *shelf) before(n uint32, f *found) (heads map[string]*head, starts []map[string]uint64) {
	heads, starts = map[string]*head{}, make([]map[string]uint64, n-1)
	if _, err := os.Stat(s.path(n - 1)); n == 1 || errors.Is(err, os.ErrNotExist) {
		for i := range starts {
			starts[i] = map[string]uint64{}
		}
		for origin, h := range f.heads {
			if h.Low > 0 {
				heads[origin] = &head{Low: h.Low, Cut: h.Cut, Frontier: tlog.Frontier{Size: h.Low, Nodes: h.Cut}}
			}
		}
		return heads, starts
	}
	db, err := openSegment(s.path(n-1), true)
	if err != nil {
		return nil, nil
	}
	err = guarded(db, func(tx *bbolt.Tx) error {
		var err error
		if heads, err = readHeads(tx); err == nil {
			starts, err = readStarts(tx, n-1)
		}
		return err
	})
	if err = errors.Join(err, db.Close()); err != nil {
		return nil, nil
	}
	return heads, starts
}

func (f *found) format(sealed bool) string {
	for _, of := range f.records {
		for _, raw := range of {
			if r, err := decodeRecord(raw); err == nil && (r.sealedWork != nil || r.sealedContact != nil) {
				sealed = true
			}
		}
	}
	if sealed {
		return segmentSealed
	}
	return segmentClear
}

// refill writes what follows from the heads into a new file and says how many entries.
func (j *Journal) refill(path string, heads map[string]*head, f *found) (kept int, err error) {
	db, err := openBolt(path, false)
	if err != nil {
		return 0, err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for origin := range f.records {
			h := heads[origin]
			if h == nil {
				h = new(head)
			}
			n, err := j.refillOrigin(tx, origin, h, f)
			if err != nil {
				return err
			}
			kept += n
		}
		return nil
	})
	return kept, errors.Join(err, db.Close())
}

// refillOrigin takes the entries of an origin that join to its head without a gap, up
// to the last place that is proven.
func (j *Journal) refillOrigin(tx *bbolt.Tx, origin string, h *head, f *found) (int, error) {
	from, tree := h.Size, h.Frontier
	roots := map[uint64]Hash{}
	for raw := f.records[origin][tree.Size]; raw != nil; raw = f.records[origin][tree.Size] {
		r, err := decodeRecord(raw)
		next := tree
		if err != nil || !slices.Equal(next.Add(tlog.LeafHash(r.leaf)), r.hashes) {
			break
		}
		tree = next
		roots[tree.Size] = tree.Root()
	}
	end, err := j.provenEnd(origin, h, f, roots, tree)
	if err != nil || end == from {
		return 0, err
	}
	for seq := from; seq < end; seq++ {
		raw := f.records[origin][seq]
		if err := putIn(tx, bucketLeaves, origin, seq, raw); err != nil {
			return 0, err
		}
		r, err := decodeRecord(raw)
		if err != nil {
			return 0, err
		}
		h.Add(tlog.LeafHash(r.leaf))
	}
	for signed, c := range f.notes[origin] {
		if c.Size%keptCheckpoints == 0 && c.Size > from && roots[c.Size] == c.Root {
			if err := putIn(tx, bucketCheckpoints, origin, c.Size, []byte(signed)); err != nil {
				return 0, err
			}
		}
	}
	if err := putAnchors(tx, origin, h.anchors); err != nil {
		return 0, err
	}
	return int(end - from), putHead(tx, origin, h)
}

// provenEnd finds how far what was found is under a checkpoint, and makes that
// checkpoint or anchor the head's. This node signs its own tree itself.
func (j *Journal) provenEnd(origin string, h *head, f *found, roots map[uint64]Hash, tree tlog.Frontier) (uint64, error) {
	if tlog.NodeOf(origin) == j.opt.Node && tree.Size > h.Size {
		signed, err := tlog.SignCheckpoint(tlog.Checkpoint{Origin: origin, Size: tree.Size, Root: tree.Root()}, j.sign)
		h.Checkpoint, h.CheckpointSize, h.anchors = string(signed), tree.Size, nil
		return tree.Size, err
	}
	end := h.Size
	for signed, c := range f.notes[origin] {
		if c.Size > end && roots[c.Size] == c.Root {
			h.Checkpoint, h.CheckpointSize, h.anchors, end = signed, c.Size, nil, c.Size
		}
	}
	for _, a := range f.anchors[origin] {
		c, err := j.Roster().CheckCheckpoint(origin, []byte(a.Checkpoint))
		if err == nil && a.At > end && c.Size == a.Size && c.Root == a.Root &&
			roots[a.At] != (Hash{}) && tlog.CheckConsistency(a.Proof, c.Size, c.Root, a.At, roots[a.At]) == nil {
			h.anchors, end = []anchor{a}, a.At
		}
	}
	return end, nil
}

// finish gives a mended file its name when a crash came between the two.
func (s *shelf) finish(name string) error {
	path, ok := strings.CutSuffix(filepath.Join(s.dir, name), ".mended")
	if !ok {
		return nil
	}
	if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) {
		return commitRename(path+".mended", path)
	}
	return os.Remove(path + ".mended")
}
