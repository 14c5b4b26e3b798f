package central

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"pitlane/edge/job"
	"pitlane/edge/tlog"
	"pitlane/edge/vault"
)

// sqlStore is the Store on database/sql, in the subset that SQLite and PostgreSQL
// share. One connection writes; reads never wait for it.
type sqlStore struct {
	write   *sql.DB
	read    *sql.DB
	columns Columns
}

var _ Store = (*sqlStore)(nil)

// Tidy implements Store.
func (s *sqlStore) Tidy(ctx context.Context) error {
	_, err := s.write.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	return wrap("tidy the database", err)
}

// Ping implements Store.
func (s *sqlStore) Ping(ctx context.Context) error {
	return errors.Join(s.write.PingContext(ctx), s.read.PingContext(ctx))
}

// Close implements Store.
func (s *sqlStore) Close() error { return errors.Join(s.read.Close(), s.write.Close()) }

// asked is what answers queries: a database, or a transaction.
type asked interface {
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
}

// query runs a query and reads each row.
func query[T any](ctx context.Context, db asked, scan func(func(...any) error) (T, error), text string, args ...any) ([]T, error) {
	rows, err := db.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err says what went wrong
	var out []T
	for rows.Next() {
		v, err := scan(rows.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// one is query for at most one row; ErrNone without it.
func one[T any](ctx context.Context, db *sql.DB, scan func(func(...any) error) (T, error), text string, args ...any) (T, error) {
	v, err := scan(db.QueryRowContext(ctx, text, args...).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return v, ErrNone
	}
	return v, err
}

const markColumns = `SELECT origin, size, frontier, checkpoint, at_ms FROM marks`

func scanMark(scan func(...any) error) (m Mark, err error) {
	var frontier string
	var at int64
	if err := scan(&m.Origin, &m.Size, &frontier, &m.Checkpoint, &at); err != nil {
		return m, err
	}
	m.At = time.UnixMilli(at)
	return m, json.Unmarshal([]byte(frontier), &m.Frontier)
}

// Marks implements Store.
func (s *sqlStore) Marks(ctx context.Context) ([]Mark, error) {
	out, err := query(ctx, s.read, scanMark, markColumns+` ORDER BY origin`)
	return out, wrap("read the marks", err)
}

// Mark implements Store.
func (s *sqlStore) Mark(ctx context.Context, origin string) (Mark, error) {
	m, err := one(ctx, s.read, scanMark, markColumns+` WHERE origin = $1`, origin)
	if errors.Is(err, ErrNone) {
		return Mark{Origin: origin}, nil
	}
	return m, wrap("read a mark", err)
}

func scanHash(scan func(...any) error) (h tlog.Hash, err error) {
	var b []byte
	if err := scan(&b); err != nil {
		return h, err
	}
	if len(b) != len(h) {
		return h, errors.New("a stored hash has another length")
	}
	return tlog.Hash(b), nil
}

// Hashes implements Store.
func (s *sqlStore) Hashes(ctx context.Context, origin string, from uint64, n int) ([]tlog.Hash, error) {
	out, err := query(ctx, s.read, scanHash,
		`SELECT hash FROM entries WHERE origin = $1 AND seq >= $2 AND seq < $3 ORDER BY seq`, origin, int64(from), int64(from)+int64(n))
	return out, wrap("read hashes", err)
}

func scanEntry(scan func(...any) error) (tlog.Entry, error) {
	var leaf, work, workKey, contact, contactKey []byte
	if err := scan(&leaf, &work, &workKey, &contact, &contactKey); err != nil {
		return tlog.Entry{}, err
	}
	e, err := tlog.DecodeLeaf(leaf)
	if err != nil {
		return tlog.Entry{}, err
	}
	e.SealedWork, e.SealedContact = box(work, workKey), box(contact, contactKey)
	return e, nil
}

func box(b, key []byte) *tlog.Sealed {
	s := &tlog.Sealed{Box: b}
	if copy(s.Key[:], key) != len(s.Key) {
		return nil
	}
	return s
}

const entryColumns = `SELECT leaf, work, work_key, contact, contact_key FROM entries`

// JobEntries implements Store.
func (s *sqlStore) JobEntries(ctx context.Context, id string) ([]tlog.Entry, error) {
	out, err := query(ctx, s.read, scanEntry,
		entryColumns+` WHERE job = $1 ORDER BY origin, seq`, id)
	return out, wrap("read the entries of a job", err)
}

func scanSegment(scan func(...any) error) (r SegmentRow, err error) {
	var hashes []byte
	if err := scan(&r.Origin, &r.First, &hashes, &r.Bytes); err != nil {
		return r, err
	}
	for ; len(hashes) >= len(tlog.Hash{}); hashes = hashes[len(tlog.Hash{}):] {
		r.Hashes = append(r.Hashes, tlog.Hash(hashes[:len(tlog.Hash{})]))
	}
	return r, nil
}

// SegmentRows implements Store.
func (s *sqlStore) SegmentRows(ctx context.Context, origin string, from uint64, n int) ([]SegmentRow, error) {
	out, err := query(ctx, s.read, scanSegment,
		`SELECT origin, first, hashes, bytes FROM segments WHERE origin = $1 AND upto > $2 ORDER BY upto LIMIT $3`, origin, int64(from), n)
	return out, wrap("read segments", err)
}

const jobColumns = `SELECT id, shop, ticket, vehicle, phase, word, bay, node, opened_ms, promised_ms, newest_ms, sealed FROM jobs`

func (s *sqlStore) scanJob(scan func(...any) error) (j Job, err error) {
	var sealed []byte
	if err := scan(&j.ID, &j.Shop, &j.Ticket, &j.Vehicle, &j.Phase, &j.Word, &j.Bay, &j.Node,
		&j.Opened, &j.Promised, &j.Newest, &sealed); err != nil {
		return j, err
	}
	var c jobColumn
	err = s.open(j.ID, "job", sealed, &c)
	j.Plate, j.VIN, j.Complaint, j.Lines = c.Plate, c.VIN, c.Complaint, c.Lines
	if j.Lines == nil {
		j.Lines = []job.Line{}
	}
	return j, err
}

// Job implements Store.
func (s *sqlStore) Job(ctx context.Context, id string) (Job, error) {
	j, err := one(ctx, s.read, s.scanJob, jobColumns+` WHERE id = $1`, id)
	return j, wrap("read a job", err)
}

// Jobs implements Store.
func (s *sqlStore) Jobs(ctx context.Context, n int) ([]Job, error) {
	out, err := query(ctx, s.read, s.scanJob, jobColumns+` ORDER BY newest_ms DESC, id LIMIT $1`, n)
	return out, wrap("read jobs", err)
}

// VehicleJobs implements Store.
func (s *sqlStore) VehicleJobs(ctx context.Context, vehicle string) ([]Job, error) {
	out, err := query(ctx, s.read, s.scanJob, jobColumns+` WHERE vehicle = $1 ORDER BY opened_ms DESC, id`, vehicle)
	return out, wrap("read a vehicle's jobs", err)
}

func (s *sqlStore) scanScan(scan func(...any) error) (c job.Scan, err error) {
	var complete int64
	var of string
	var sealed []byte
	if err := scan(&of, &c.ID, &c.Bay, &c.AtMS, &c.State, &c.Why, &c.Adapter, &c.Protocol, &complete, &sealed); err != nil {
		return c, err
	}
	var x scanColumn
	err = s.open(of, "scan "+c.ID, sealed, &x)
	c.Complete, c.VIN, c.Report = complete != 0, x.VIN, x.Report
	return c, err
}

type scanCode struct {
	scan string
	job.Code
}

func scanCodes(scan func(...any) error) (c scanCode, err error) {
	return c, scan(&c.scan, &c.ECU, &c.Code.Code, &c.Status)
}

// Scans implements Store.
func (s *sqlStore) Scans(ctx context.Context, id string) ([]job.Scan, error) {
	return s.scans(ctx, s.read, id)
}

func (s *sqlStore) scans(ctx context.Context, db asked, id string) ([]job.Scan, error) {
	scans, err := query(ctx, db, s.scanScan,
		`SELECT job, id, bay, at_ms, state, why, adapter, protocol, complete, sealed FROM scans WHERE job = $1 ORDER BY at_ms, id`, id)
	if err != nil {
		return nil, wrap("read scans", err)
	}
	codes, err := query(ctx, db, scanCodes, `SELECT scan, ecu, code, status FROM codes WHERE job = $1 ORDER BY scan, n`, id)
	if err != nil {
		return nil, wrap("read codes", err)
	}
	for i := range scans {
		for _, c := range codes {
			if c.scan == scans[i].ID {
				scans[i].Codes = append(scans[i].Codes, c.Code)
			}
		}
	}
	return scans, nil
}

const vehicleColumns = `SELECT v.id, v.seen_ms, v.job, v.sealed`

func (s *sqlStore) scanVehicle(scan func(...any) error) (v Vehicle, err error) {
	return s.readVehicle(scan)
}

// readVehicle reads the columns of a vehicle and whatever stands behind them.
func (s *sqlStore) readVehicle(scan func(...any) error, more ...any) (v Vehicle, err error) {
	var sealed []byte
	if err := scan(append([]any{&v.ID, &v.Seen, &v.Job, &sealed}, more...)...); err != nil {
		return v, err
	}
	var c vehicleColumn
	err = s.open(v.Job, "vehicle "+v.ID, sealed, &c)
	v.VIN, v.Plate = c.VIN, c.Plate
	return v, err
}

// Vehicle implements Store.
func (s *sqlStore) Vehicle(ctx context.Context, id string) (Vehicle, error) {
	v, err := one(ctx, s.read, s.scanVehicle, vehicleColumns+` FROM vehicles v WHERE v.id = $1`, id)
	return v, wrap("read a vehicle", err)
}

// VehicleByVIN implements Store.
func (s *sqlStore) VehicleByVIN(ctx context.Context, vin string) (Vehicle, error) {
	return s.vehicleBy(ctx, "vin", vin)
}

// VehicleByPlate implements Store.
func (s *sqlStore) VehicleByPlate(ctx context.Context, plate string) (Vehicle, error) {
	return s.vehicleBy(ctx, "plate", plate)
}

func (s *sqlStore) vehicleBy(ctx context.Context, kind, word string) (Vehicle, error) {
	mac, err := s.columns.Search(kind, word)
	if err != nil {
		return Vehicle{}, wrap("look a vehicle up", err)
	}
	v, err := one(ctx, s.read, s.scanVehicle, vehicleColumns+` FROM vehicles v WHERE v.`+kind+`_mac = $1 AND v.`+kind+`_mac <> '' ORDER BY v.seen_ms DESC, v.id LIMIT 1`, mac)
	return v, wrap("look a vehicle up", err)
}

// VehiclesOf implements Store.
func (s *sqlStore) VehiclesOf(ctx context.Context, id string) ([]string, error) {
	out, err := query(ctx, s.read, func(scan func(...any) error) (v string, err error) { return v, scan(&v) },
		`SELECT id FROM vehicles WHERE job = $1 OR id = (SELECT vehicle FROM jobs WHERE id = $1) ORDER BY id`, id)
	return out, wrap("read the vehicles of a job", err)
}

func (s *sqlStore) scanCount(scan func(...any) error) (v VehicleCount, err error) {
	v.Vehicle, err = s.readVehicle(scan, &v.Jobs, &v.Scans)
	return v, err
}

// Vehicles implements Store.
func (s *sqlStore) Vehicles(ctx context.Context, n int) ([]VehicleCount, error) {
	out, err := query(ctx, s.read, s.scanCount, vehicleColumns+`,
		(SELECT count(*) FROM jobs j WHERE j.vehicle = v.id),
		(SELECT count(*) FROM scans s JOIN jobs j ON j.id = s.job WHERE j.vehicle = v.id)
		FROM vehicles v ORDER BY v.seen_ms DESC, v.id LIMIT $1`, n)
	return out, wrap("read vehicles", err)
}

// Erasures implements Store.
func (s *sqlStore) Erasures(ctx context.Context, origin string, from uint64) ([]tlog.Entry, error) {
	out, err := query(ctx, s.read, scanEntry, entryColumns+` WHERE origin = $1 AND seq >= $2 AND kind IN ($3, $4) ORDER BY seq`,
		origin, int64(from), vault.KindErased, vault.KindContactErased)
	return out, wrap("read erasures", err)
}

// wrap says what was being done; the errors that callers test stay themselves.
func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}
