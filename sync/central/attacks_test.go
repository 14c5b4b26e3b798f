package central

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pitlane/edge/tlog"
)

// ledger is head office's database after a day, closed: every attack gets a copy.
type ledger struct {
	*house
	path   string
	origin string
	early  string          // the same database before its last segment
	note   []tlog.Cosigned // what head office has cosigned
}

func newLedger(t *testing.T) *ledger {
	t.Helper()
	l := &ledger{house: newHouse(t)}
	l.origin = l.bay.Origin()
	take := func() {
		_, _, err := l.intake.take(t.Context(), l.bytes(l.bay, l.mark(l.origin), 1<<20))
		l.must(err)
	}
	for i := range 10 {
		id := fmt.Sprint("j", i)
		l.write(l.bay, id, opened(fmt.Sprint("A-", i), fmt.Sprintf("粤B%05d", i)))
		l.write(l.bay, id, scanned("s1", fmt.Sprintf("WVWZZZ1JZXW0000%02d", i), "P0133", "P0420")...)
		take()
		if i == 8 {
			l.early = l.dump(t)
		}
	}
	m, err := l.store.Mark(t.Context(), l.origin)
	l.must(err)
	signed, err := tlog.AddCosignature(m.Checkpoint, "demo-central", l.member("demo-central").Key, uint64(time.Now().Unix()))
	l.must(err)
	l.note = []tlog.Cosigned{{Size: m.Size, Note: signed}}
	l.path = l.dump(t)
	return l
}

// dump is the database as one file.
func (l *ledger) dump(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dump.db")
	_, err := l.store.(*sqlStore).write.ExecContext(t.Context(), `VACUUM INTO '`+path+`'`)
	l.must(err)
	return path
}

// after does a statement to a copy and gives what verify says.
func (l *ledger) after(t *testing.T, from string, statements ...string) tlog.VerifyReport {
	t.Helper()
	b, err := os.ReadFile(from)
	l.must(err)
	path := filepath.Join(t.TempDir(), "central.db")
	l.must(os.WriteFile(path, b, 0o600))
	db, err := sql.Open("sqlite", "file:"+path)
	l.must(err)
	for _, s := range statements {
		r, err := db.ExecContext(t.Context(), s)
		l.must(err)
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			t.Fatalf("%s: it changes nothing (%v)", s, err)
		}
	}
	l.must(db.Close())
	r, err := Verify(t.Context(), path, l.intake.roster, l.intake.keys, l.note...)
	l.must(err)
	return r
}

type dbAttack struct {
	name, want string
	do         []string
}

// dbAttacks are what an administrator of head office's database can do.
func dbAttacks(origin string) []dbAttack {
	var out []dbAttack
	add := func(name, want string, do ...string) { out = append(out, dbAttack{name, want, do}) }
	for _, seq := range []int{0, 1, 14, 29, 30} {
		at := fmt.Sprintf(` WHERE origin = '%s' AND seq = %d`, origin, seq)
		in := fmt.Sprintf(` WHERE origin = '%s' AND first <= %d AND upto > %d`, origin, seq, seq)
		n := fmt.Sprintf("seq %d: ", seq)
		add(fmt.Sprint("delete entry ", seq), n+"the row of the entry was deleted", `DELETE FROM entries`+at)
		add(fmt.Sprint("edit the leaf of entry ", seq), n+"the row of the entry holds another leaf", `UPDATE entries SET leaf = CAST(replace(CAST(leaf AS TEXT), '"q":', '"q": ') AS BLOB)`+at)
		add(fmt.Sprint("another hash for entry ", seq), n+"the row of the entry holds another leaf", `UPDATE entries SET hash = zeroblob(32)`+at)
		add(fmt.Sprint("move entry to another job ", seq), n+"the row of the entry is filed under another job", `UPDATE entries SET job = 'j77'`+at)
		add(fmt.Sprint("call entry otherwise ", seq), n+"the row of the entry is filed under another job or kind", `UPDATE entries SET kind = 'work.done'`+at)
		add(fmt.Sprint("another payload for entry ", seq), n+"the sealed payload in the row is not the one that came", `UPDATE entries SET work = x'0102', work_key = zeroblob(16)`+at)
		add(fmt.Sprint("delete the segment of entry ", seq), map[bool]string{true: "the newest were deleted", false: "segments were deleted"}[seq > 27], `DELETE FROM segments`+in)
		add(fmt.Sprint("edit the segment of entry ", seq), "its bytes were changed", `UPDATE segments SET bytes = substr(bytes, 1, length(bytes)-9) || x'00' || substr(bytes, -8)`+in)
		add(fmt.Sprint("backdate the segment's hashes of entry ", seq), "the hashes in its row", `UPDATE segments SET hashes = zeroblob(length(hashes))`+in)
		add(fmt.Sprint("delete entry and its segment ", seq), map[bool]string{true: "the newest were deleted", false: "segments were deleted"}[seq > 27], `DELETE FROM segments`+in, `DELETE FROM entries`+at)
	}
	for _, j := range []string{"j0", "j4", "j9"} {
		at := ` WHERE id = '` + j + `'`
		of := ` WHERE job = '` + j + `'`
		add("delete job "+j, "job "+j+": its row was deleted", `DELETE FROM jobs`+at)
		add("edit the phase of job "+j, "job "+j+": its row is not what its entries say", `UPDATE jobs SET phase = 'closed'`+at)
		add("backdate job "+j, "job "+j+": its row is not what its entries say", `UPDATE jobs SET opened_ms = opened_ms - 86400000`+at)
		add("swap what is sealed of job "+j, "job "+j+": what is sealed in its row does not open", `UPDATE jobs SET sealed = (SELECT sealed FROM jobs WHERE id = 'j5')`+at)
		add("delete a scan of job "+j, "job "+j+": the rows of its scans and codes", `DELETE FROM scans`+of)
		add("delete a code of job "+j, "job "+j+": the rows of its scans and codes", `DELETE FROM codes`+of+` AND n = 1`)
		add("edit a code of job "+j, "job "+j+": the rows of its scans and codes", `UPDATE codes SET code = 'P0000'`+of)
		add("insert a code into job "+j, "job "+j+": the rows of its scans and codes", `INSERT INTO codes VALUES ('`+j+`', 's1', 9, '7E8', 'P0999', 'stored')`)
		add("give job "+j+" another's car", "job "+j+": its vehicle is another car", `UPDATE jobs SET vehicle = (SELECT vehicle FROM jobs WHERE id = 'j5')`+at)
		add("take the car from job "+j, "job "+j+": it was taken from its vehicle", `UPDATE jobs SET vehicle = ''`+at)
		add("delete the vehicle of job "+j, ": its row was deleted", `DELETE FROM vehicles`+of)
		add("file the vehicle under another VIN, of job "+j, "it is filed under another VIN", `UPDATE vehicles SET vin_mac = 'ab'`+of)
		add("swap what is sealed of the vehicle of job "+j, "what is sealed in its row does not open", `UPDATE vehicles SET sealed = (SELECT sealed FROM vehicles WHERE job = 'j5')`+of)
	}
	add("insert an entry", "it was put in, or its segment was deleted", `INSERT INTO entries SELECT origin, 99, hash, job, kind, leaf, work, work_key, contact, contact_key FROM entries WHERE seq = 3`)
	add("insert a segment", "the row was changed or moved", `INSERT INTO segments SELECT origin, 99, 96, 3, hashes, bytes FROM segments WHERE first = 4`)
	add("insert a job", "job j99: no entry is of this job", `INSERT INTO jobs SELECT 'j99', shop, ticket, vehicle, phase, word, bay, node, opened_ms, promised_ms, newest_ms, sealed FROM jobs WHERE id = 'j1'`)
	add("insert a vehicle", "it comes from no job", `INSERT INTO vehicles VALUES ('ff', '', '', 1, 'j1', NULL)`)
	add("delete the mark", "the mark was deleted", `DELETE FROM marks`)
	add("set the mark back", "it was set back", `UPDATE marks SET size = size - 3`)
	add("set the mark ahead", "the newest were deleted", `UPDATE marks SET size = size + 3`)
	add("another tree in the mark", "the tree of the mark is not that of the entries", `UPDATE marks SET frontier = replace(frontier, '"nodes":["', '"nodes":["00')`)
	add("another checkpoint in the mark", "the checkpoint of the mark is not the one", `UPDATE marks SET checkpoint = x'00'`)
	add("forget the origin", "head office cosigned 31 entries and holds 0: the newest were deleted", `DELETE FROM marks`, `DELETE FROM entries`, `DELETE FROM segments`)
	return out
}

func TestAttacksOnHeadOfficesDatabaseAreFoundAndNamed(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	if r := l.after(t, l.path); !r.OK {
		t.Fatalf("before any attack: %v", r.Findings)
	}
	attacks := dbAttacks(l.origin)
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			r := l.after(t, l.path, a.do...)
			if r.OK {
				t.Fatal("not detected")
			}
			if !slices.ContainsFunc(r.Findings, func(f string) bool { return strings.Contains(f, a.want) }) {
				t.Errorf("it is found, and not by its name %q: %q", a.want, r.Findings)
			}
		})
	}
	if len(attacks) < 90 {
		t.Errorf("%d attacks", len(attacks))
	}
}

// An older copy of the database is right in itself. What head office has cosigned since
// names it, and the nodes give the rest again.
func TestAnOlderDatabaseIsFoundByWhatWasCosigned(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	r := l.after(t, l.early)
	if r.OK || !strings.Contains(r.Findings[0], "head office cosigned 31 entries and holds 28") {
		t.Errorf("an older copy: %q", r.Findings)
	}
	l.note = nil
	if r := l.after(t, l.early); !r.OK {
		t.Errorf("in itself it is right: %q", r.Findings)
	}
}

// Whoever has no keys still proves the log.
func TestWithoutKeysTheLogIsVerifiedAndTheTablesAreNot(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	r, err := Verify(t.Context(), l.path, l.intake.roster, nil, l.note...)
	l.must(err)
	if !r.OK || !strings.Contains(strings.Join(r.Proven, "\n"), "were not compared") {
		t.Errorf("%+v", r)
	}
}
