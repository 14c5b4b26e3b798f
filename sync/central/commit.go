package central

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"pitlane/edge/job"
	"pitlane/edge/tlog"
)

// Commit implements Store.
func (s *sqlStore) Commit(ctx context.Context, c Change) error {
	return s.change(ctx, c, putMark, putSegment, putEntries, s.putVehicles, s.putJobs)
}

// Refresh implements Store.
func (s *sqlStore) Refresh(ctx context.Context, c Change) error {
	return s.change(ctx, c, s.putVehicles, s.putJobs)
}

func (s *sqlStore) change(ctx context.Context, c Change, steps ...func(context.Context, *sql.Tx, Change) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return wrap("begin a transaction", err)
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	for _, step := range steps {
		if err := step(ctx, tx, c); err != nil {
			return err
		}
	}
	return wrap("commit a segment", tx.Commit())
}

// putMark moves the mark from where the caller saw it; somebody else may have
// moved it since.
func putMark(ctx context.Context, tx *sql.Tx, c Change) error {
	frontier, err := json.Marshal(c.Mark.Frontier)
	if err != nil {
		return wrap("write a frontier", err)
	}
	m := c.Mark
	args := []any{m.Origin, int64(m.Size), string(frontier), m.Checkpoint, m.At.UnixMilli()}
	text := `INSERT INTO marks (origin, size, frontier, checkpoint, at_ms) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (origin) DO NOTHING`
	if c.Was > 0 {
		text = `UPDATE marks SET size = $2, frontier = $3, checkpoint = $4, at_ms = $5 WHERE origin = $1 AND size = $6`
		args = append(args, int64(c.Was))
	}
	r, err := tx.ExecContext(ctx, text, args...)
	if err != nil {
		return wrap("move a mark", err)
	}
	if n, err := r.RowsAffected(); err != nil || n != 1 {
		return fmt.Errorf("move the mark of %s from %d: %w", m.Origin, c.Was, ErrMark)
	}
	return nil
}

func putSegment(ctx context.Context, tx *sql.Tx, c Change) error {
	hashes := make([]byte, 0, len(c.Segment.Hashes)*len(tlog.Hash{}))
	for _, h := range c.Segment.Hashes {
		hashes = append(hashes, h[:]...)
	}
	n := len(c.Segment.Hashes)
	_, err := tx.ExecContext(ctx, `INSERT INTO segments (origin, upto, first, count, hashes, bytes) VALUES ($1, $2, $3, $4, $5, $6)`,
		c.Segment.Origin, int64(c.Segment.First)+int64(n), int64(c.Segment.First), n, hashes, c.Segment.Bytes)
	return wrap("write a segment", err)
}

func putEntries(ctx context.Context, tx *sql.Tx, c Change) error {
	insert, err := tx.PrepareContext(ctx, `INSERT INTO entries
		(origin, seq, hash, job, kind, leaf, work, work_key, contact, contact_key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`)
	if err != nil {
		return wrap("write entries", err)
	}
	defer insert.Close() //nolint:errcheck // it ends with the transaction anyway
	for _, e := range c.Entries {
		if e.Work != nil && e.SealedWork == nil || e.Contact != nil && e.SealedContact == nil {
			return errors.New("write an entry: its payload is not sealed")
		}
		work, workKey := bare(e.SealedWork)
		contact, contactKey := bare(e.SealedContact)
		if _, err := insert.ExecContext(ctx, e.Origin, int64(e.Seq), e.Hash[:], e.Job, e.Kind, e.Leaf, work, workKey, contact, contactKey); err != nil {
			return wrap("write an entry", err)
		}
	}
	return nil
}

func bare(s *tlog.Sealed) (box, key []byte) {
	if s == nil {
		return nil, nil
	}
	return s.Box, s.Key[:]
}

func (s *sqlStore) putVehicles(ctx context.Context, tx *sql.Tx, c Change) error {
	for _, id := range c.Dropped {
		if _, err := tx.ExecContext(ctx, `DELETE FROM vehicles WHERE id = $1`, id); err != nil {
			return wrap("drop a vehicle", err)
		}
		if _, err := tx.ExecContext(ctx, `UPDATE jobs SET vehicle = '' WHERE vehicle = $1`, id); err != nil {
			return wrap("drop a vehicle", err)
		}
	}
	for _, m := range c.Merged {
		if _, err := tx.ExecContext(ctx, `UPDATE jobs SET vehicle = $1 WHERE vehicle = $2`, m.Into, m.From); err != nil {
			return wrap("merge two vehicles", err)
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM vehicles WHERE id = $1`, m.From); err != nil {
			return wrap("merge two vehicles", err)
		}
	}
	for _, v := range c.Vehicles {
		if err := s.putVehicle(ctx, tx, v); err != nil {
			return err
		}
	}
	return nil
}

func (s *sqlStore) putVehicle(ctx context.Context, tx *sql.Tx, v Vehicle) error {
	sealed, err := s.seal(v.Job, "vehicle "+v.ID, vehicleColumn{v.VIN, v.Plate})
	if err != nil {
		return err
	}
	vin, err := s.columns.Search("vin", v.VIN)
	if err != nil {
		return wrap("write a vehicle", err)
	}
	plate, err := s.columns.Search("plate", v.Plate)
	if err != nil {
		return wrap("write a vehicle", err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO vehicles (id, vin_mac, plate_mac, seen_ms, job, sealed) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id) DO UPDATE SET vin_mac = excluded.vin_mac, plate_mac = excluded.plate_mac, seen_ms = excluded.seen_ms,
		job = excluded.job, sealed = excluded.sealed`, v.ID, vin, plate, v.Seen, v.Job, sealed)
	return wrap("write a vehicle", err)
}

func (s *sqlStore) putJobs(ctx context.Context, tx *sql.Tx, c Change) error {
	for _, f := range c.Jobs {
		if err := s.putJob(ctx, tx, f.Job); err != nil {
			return err
		}
		for _, table := range []string{"codes", "scans"} {
			if _, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE job = $1`, f.ID); err != nil {
				return wrap("write a job's scans", err)
			}
		}
		for _, scan := range f.Scans {
			if err := s.putScan(ctx, tx, f.ID, scan); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *sqlStore) putJob(ctx context.Context, tx *sql.Tx, j Job) error {
	sealed, err := s.seal(j.ID, "job", jobColumn{j.Plate, j.VIN, j.Complaint, j.Lines})
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO jobs
		(id, shop, ticket, vehicle, phase, word, bay, node, opened_ms, promised_ms, newest_ms, sealed)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (id) DO UPDATE SET shop = excluded.shop, ticket = excluded.ticket,
		vehicle = excluded.vehicle, phase = excluded.phase, word = excluded.word, bay = excluded.bay, node = excluded.node,
		opened_ms = excluded.opened_ms, promised_ms = excluded.promised_ms, newest_ms = excluded.newest_ms, sealed = excluded.sealed`,
		j.ID, j.Shop, j.Ticket, j.Vehicle, string(j.Phase), string(j.Word), j.Bay, j.Node,
		j.Opened, j.Promised, j.Newest, sealed)
	return wrap("write a job", err)
}

func (s *sqlStore) putScan(ctx context.Context, tx *sql.Tx, id string, scan job.Scan) error {
	complete := 0
	if scan.Complete {
		complete = 1
	}
	sealed, err := s.seal(id, "scan "+scan.ID, scanColumn{scan.VIN, scan.Report})
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO scans (job, id, bay, at_ms, state, why, adapter, protocol, complete, sealed)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (job, id) DO NOTHING`,
		id, scan.ID, scan.Bay, scan.AtMS, scan.State, scan.Why, scan.Adapter, scan.Protocol, complete, sealed); err != nil {
		return wrap("write a scan", err)
	}
	for n, c := range scan.Codes {
		if _, err := tx.ExecContext(ctx, `INSERT INTO codes (job, scan, n, ecu, code, status) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (job, scan, n) DO NOTHING`, id, scan.ID, n, c.ECU, c.Code, c.Status); err != nil {
			return wrap("write a code", err)
		}
	}
	return nil
}
