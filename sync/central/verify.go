package central

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"

	"pitlane/edge/tlog"
	"pitlane/edge/vault"
	"pitlane/sync/wire"
)

// Verify checks head office's database, strictly, from the segments as they came:
// every leaf, tree and signature anew, and every other row against what follows from
// them. It only reads, and may run beside head office. keys opens what is sealed; nil
// leaves the tables that were made from payloads unread. cosigned are checkpoints
// with cosignatures, as nodes keep them: what head office has cosigned it must hold.
// The error is one of reading; what is wrong is in the report.
func Verify(ctx context.Context, path string, roster *tlog.Roster, keys *vault.Vault, cosigned ...tlog.Cosigned) (tlog.VerifyReport, error) {
	c := check{roster: roster, keys: keys, report: tlog.VerifyReport{OK: true, Findings: []string{}, Proven: []string{}}}
	q := url.Values{"mode": {"ro"}, "_txlock": {"deferred"}, "_pragma": {"busy_timeout(5000)"}}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+q.Encode())
	if err != nil {
		return c.report, wrap("open the database", err)
	}
	defer db.Close() //nolint:errcheck // it was only read
	if c.tx, err = db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}); err != nil {
		return c.report, wrap("open the database", err)
	}
	defer c.tx.Rollback() //nolint:errcheck // it was only read
	if c.codec, err = wire.NewCodec(); err != nil {
		return c.report, err
	}
	defer c.codec.Close()
	if err := c.all(ctx, cosigned); err != nil {
		return c.report, wrap("verify the database", err)
	}
	return c.report, nil
}

// check is one Verify under way: one snapshot of the database.
type check struct {
	tx     *sql.Tx
	codec  *wire.Codec
	roster *tlog.Roster
	keys   *vault.Vault
	report tlog.VerifyReport
	jobs   map[string]bool // of all entries
	trees  map[string]*grown
}

// mostFindings ends a report that would only repeat itself.
const mostFindings = 100

func (c *check) find(format string, args ...any) {
	c.report.OK = false
	if len(c.report.Findings) < mostFindings {
		c.report.Findings = append(c.report.Findings, fmt.Sprintf(format, args...))
	}
}

func (c *check) all(ctx context.Context, cosigned []tlog.Cosigned) error {
	c.jobs, c.trees = map[string]bool{}, map[string]*grown{}
	marks, err := c.marks(ctx)
	if err != nil {
		return err
	}
	origins, err := query(ctx, c.tx, scanText, `SELECT origin FROM marks UNION SELECT origin FROM segments UNION SELECT origin FROM entries ORDER BY 1`)
	if err != nil {
		return err
	}
	if len(origins) == 0 {
		c.find("head office holds nothing")
	}
	for _, origin := range origins {
		before := len(c.report.Findings)
		if err := c.origin(ctx, origin, marks[origin]); err != nil {
			return err
		}
		if len(c.report.Findings) == before {
			c.report.Proven = append(c.report.Proven, fmt.Sprintf("%s: %d entries (0 to %d), under a checkpoint signed by %s",
				origin, c.trees[origin].tree.Size, c.trees[origin].tree.Size-1, tlog.NodeOf(origin)))
		}
	}
	for _, s := range cosigned {
		c.promise(s)
	}
	if c.keys == nil {
		c.report.Proven = append(c.report.Proven, "the tables of jobs, scans and vehicles were not compared: their keys are not here")
		return nil
	}
	return c.tables(ctx)
}

func scanText(scan func(...any) error) (s string, err error) { return s, scan(&s) }

// marks reads the marks one by one, so that a damaged one is a finding.
func (c *check) marks(ctx context.Context) (map[string]*Mark, error) {
	out := map[string]*Mark{}
	_, err := query(ctx, c.tx, func(scan func(...any) error) (m Mark, err error) {
		if m, err = scanMark(scan); err != nil && m.Origin != "" {
			c.find("%s: the mark cannot be read", m.Origin)
			err = nil
		}
		out[m.Origin] = &m
		return m, err
	}, markColumns+` ORDER BY origin`)
	return out, err
}

// grown is the tree of an origin as the segments make it.
type grown struct {
	tree       tlog.Frontier
	tail       []tlog.Hash // the newest leaves, as many as a segment may repeat
	roots      map[uint64]tlog.Hash
	checkpoint []byte // of the last segment
}

func (g *grown) add(h tlog.Hash) {
	g.tree.Add(h)
	if g.tail = append(g.tail, h); len(g.tail) >= 2*wire.MaxEntries {
		g.tail = append(g.tail[:0], g.tail[wire.MaxEntries:]...)
	}
}

// at is a leaf's hash, if it is among the newest.
func (g *grown) at(seq uint64) (tlog.Hash, bool) {
	back := g.tree.Size - seq
	if seq >= g.tree.Size || back > uint64(len(g.tail)) {
		return tlog.Hash{}, false
	}
	return g.tail[uint64(len(g.tail))-back], true
}

// origin checks one log: its segments, then its entries' rows beside them, then its
// mark.
func (c *check) origin(ctx context.Context, origin string, mark *Mark) error {
	g := &grown{roots: map[uint64]tlog.Hash{}}
	c.trees[origin] = g
	after := int64(-1)
	for {
		rows, err := query(ctx, c.tx, scanFullSegment,
			`SELECT origin, first, hashes, bytes, upto, count FROM segments WHERE origin = $1 AND upto > $2 ORDER BY upto LIMIT 16`, origin, after)
		if err != nil {
			return err
		}
		for _, row := range rows {
			after = int64(row.upto)
			if err := c.segment(ctx, g, row); err != nil {
				return err
			}
		}
		if len(rows) == 0 {
			break
		}
	}
	if err := c.beyond(ctx, origin, g); err != nil {
		return err
	}
	c.mark(origin, g, mark)
	return nil
}

// fullSegment is a segment's row with what it says of itself.
type fullSegment struct {
	SegmentRow
	upto, count uint64
}

func scanFullSegment(scan func(...any) error) (r fullSegment, err error) {
	r.SegmentRow, err = scanSegment(func(to ...any) error { return scan(append(to, &r.upto, &r.count)...) })
	return r, err
}

// segment checks a row and grows the tree by it.
func (c *check) segment(ctx context.Context, g *grown, row fullSegment) error {
	where := fmt.Sprintf("%s: the segment of entries %d to %d", row.Origin, row.First, int64(row.upto)-1)
	seg, err := c.codec.Decode(row.Bytes)
	if err != nil {
		c.find("%s cannot be read: its bytes were changed", where)
		return nil
	}
	if seg.Origin != row.Origin || seg.First != row.First || uint64(len(seg.Entries)) != row.count || row.upto != row.First+row.count {
		c.find("%s holds entries %d to %d of %s: the row was changed or moved", where, seg.First, seg.First+uint64(len(seg.Entries))-1, seg.Origin)
		return nil
	}
	if seg.First > g.tree.Size {
		c.find("%s: entries %d to %d are missing: segments were deleted", row.Origin, g.tree.Size, seg.First-1)
		return nil
	}
	for i, e := range seg.Entries {
		h := tlog.LeafHash(e.Leaf)
		if held, ok := g.at(seg.First + uint64(i)); ok && held != h {
			c.find("%s repeats entry %d otherwise than the segment before it", where, seg.First+uint64(i))
			return nil
		}
		if i >= len(row.Hashes) || row.Hashes[i] != h || len(row.Hashes) != len(seg.Entries) {
			c.find("%s: the hashes in its row are not those of its leaves", where)
			return nil
		}
	}
	entries, after, _, err := c.roster.CheckSegment(g.tree, seg)
	if err != nil {
		c.find("%s does not verify: %v", where, err)
		return nil
	}
	if len(entries) == 0 {
		c.find("%s brings nothing new: the row was put in", where)
		return nil
	}
	for _, e := range entries {
		g.add(e.Hash)
		g.roots[g.tree.Size] = g.tree.Root()
	}
	if g.tree.Root() != after.Root() {
		return errors.New("the tree differs from the one that was checked")
	}
	g.checkpoint = seg.Checkpoint
	return c.entries(ctx, row.Origin, entries)
}

// entryRow is a row of the table of entries.
type entryRow struct {
	seq                               int64
	hash, leaf                        []byte
	job, kind                         string
	work, workKey, contact, contactKy []byte
}

func scanEntryRow(scan func(...any) error) (r entryRow, err error) {
	return r, scan(&r.seq, &r.hash, &r.job, &r.kind, &r.leaf, &r.work, &r.workKey, &r.contact, &r.contactKy)
}

// entries holds the rows of entries against the segment that brought them.
func (c *check) entries(ctx context.Context, origin string, want []tlog.Entry) error {
	first := want[0].Seq
	rows, err := query(ctx, c.tx, scanEntryRow,
		`SELECT seq, hash, job, kind, leaf, work, work_key, contact, contact_key FROM entries WHERE origin = $1 AND seq >= $2 AND seq < $3 ORDER BY seq`,
		origin, int64(first), int64(first)+int64(len(want)))
	if err != nil {
		return err
	}
	held := map[int64]entryRow{}
	for _, r := range rows {
		held[r.seq] = r
	}
	for _, e := range want {
		if e.Job != "" {
			c.jobs[e.Job] = true
		}
		r, ok := held[int64(e.Seq)]
		if !ok {
			c.find("%s seq %d: the row of the entry was deleted", origin, e.Seq)
			continue
		}
		work, workKey := bare(e.SealedWork)
		contact, contactKey := bare(e.SealedContact)
		switch {
		case !bytes.Equal(r.leaf, e.Leaf) || !bytes.Equal(r.hash, e.Hash[:]):
			c.find("%s seq %d: the row of the entry holds another leaf than was signed", origin, e.Seq)
		case r.job != e.Job || r.kind != e.Kind:
			c.find("%s seq %d: the row of the entry is filed under another job or kind than its leaf says", origin, e.Seq)
		case !bytes.Equal(r.work, work) || !bytes.Equal(r.workKey, workKey) || !bytes.Equal(r.contact, contact) || !bytes.Equal(r.contactKy, contactKey):
			c.find("%s seq %d: the sealed payload in the row is not the one that came", origin, e.Seq)
		case c.keys != nil:
			if err := tlog.OpenEntry(c.keys, &e); err != nil {
				c.find("%s seq %d: %v", origin, e.Seq, err)
			}
		}
	}
	return nil
}

// beyond finds rows of entries that no segment brought.
func (c *check) beyond(ctx context.Context, origin string, g *grown) error {
	more, err := query(ctx, c.tx, func(scan func(...any) error) (n int64, err error) { return n, scan(&n) },
		`SELECT seq FROM entries WHERE origin = $1 AND (seq >= $2 OR seq < 0) ORDER BY seq LIMIT 10`, origin, int64(g.tree.Size))
	for _, seq := range more {
		c.find("%s seq %d: the row of the entry is in no segment: it was put in, or its segment was deleted", origin, seq)
	}
	return err
}

// mark holds the mark against the tree of the segments.
func (c *check) mark(origin string, g *grown, m *Mark) {
	switch {
	case m == nil:
		c.find("%s: the mark was deleted: %d entries are there", origin, g.tree.Size)
	case m.Size < g.tree.Size:
		c.find("%s: the mark says %d entries, %d are there: it was set back", origin, m.Size, g.tree.Size)
	case m.Size > g.tree.Size:
		c.find("%s: the mark says %d entries, %d are there: the newest were deleted", origin, m.Size, g.tree.Size)
	case m.Frontier.Size != g.tree.Size || !slices.Equal(m.Frontier.Nodes, g.tree.Nodes):
		c.find("%s: the tree of the mark is not that of the entries", origin)
	case !bytes.Equal(m.Checkpoint, g.checkpoint):
		c.find("%s: the checkpoint of the mark is not the one that came with the newest entries", origin)
	}
}

// promise holds a cosigned checkpoint against the tree: who cosigns has seen all of
// it.
func (c *check) promise(s tlog.Cosigned) {
	cp, err := c.roster.CheckCosigned(s.Note)
	if err != nil {
		c.find("a cosigned checkpoint does not verify: %v", err)
		return
	}
	if !slices.ContainsFunc(slices.Collect(maps.Keys(cp.Witness)), c.office) {
		return // nothing that head office has said
	}
	g := c.trees[cp.Origin]
	if g == nil || g.tree.Size < cp.Size {
		size := uint64(0)
		if g != nil {
			size = g.tree.Size
		}
		c.find("%s: head office cosigned %d entries and holds %d: the newest were deleted, or an older copy was put back", cp.Origin, cp.Size, size)
		return
	}
	if g.roots[cp.Size] != cp.Root {
		c.find("%s: head office cosigned another tree of %d entries than the one it holds", cp.Origin, cp.Size)
	}
}

func (c *check) office(node string) bool {
	n, ok := c.roster.Node(node)
	return ok && n.Role == "central"
}
