package central

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"pitlane/edge/job"
	"pitlane/edge/journal"
)

// Commit implements Store.
func (s *sqlStore) Commit(ctx context.Context, c Change) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return wrap("begin a transaction", err)
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	for _, step := range []func(context.Context, *sql.Tx, Change) error{
		putMark, putSegment, putEntries, putVehicles, putJobs,
	} {
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
	hashes := make([]byte, 0, len(c.Segment.Hashes)*len(journal.Hash{}))
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
		(origin, seq, hash, job, kind, leaf, work, work_salt, contact, contact_salt) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`)
	if err != nil {
		return wrap("write entries", err)
	}
	defer insert.Close() //nolint:errcheck // it ends with the transaction anyway
	for _, e := range c.Entries {
		work, workSalt := bare(e.Work)
		contact, contactSalt := bare(e.Contact)
		if _, err := insert.ExecContext(ctx, e.Origin, int64(e.Seq), e.Hash[:], e.Job, e.Kind, e.Leaf, work, workSalt, contact, contactSalt); err != nil {
			return wrap("write an entry", err)
		}
	}
	return nil
}

func bare(o *journal.Opening) (payload, salt []byte) {
	if o == nil {
		return nil, nil
	}
	return o.Payload, o.Salt[:]
}

func putVehicles(ctx context.Context, tx *sql.Tx, c Change) error {
	for _, m := range c.Merged {
		if _, err := tx.ExecContext(ctx, `UPDATE jobs SET vehicle = $1 WHERE vehicle = $2`, m.Into, m.From); err != nil {
			return wrap("merge two vehicles", err)
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM vehicles WHERE id = $1`, m.From); err != nil {
			return wrap("merge two vehicles", err)
		}
	}
	for _, v := range c.Vehicles {
		if _, err := tx.ExecContext(ctx, `INSERT INTO vehicles (id, vin, plate, seen_ms) VALUES ($1, $2, $3, $4)
			ON CONFLICT (id) DO UPDATE SET vin = excluded.vin, plate = excluded.plate, seen_ms = excluded.seen_ms`,
			v.ID, v.VIN, v.Plate, v.Seen); err != nil {
			return wrap("write a vehicle", err)
		}
	}
	return nil
}

func putJobs(ctx context.Context, tx *sql.Tx, c Change) error {
	for _, f := range c.Jobs {
		if err := putJob(ctx, tx, f.Job); err != nil {
			return err
		}
		for _, table := range []string{"codes", "scans"} {
			if _, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE job = $1`, f.ID); err != nil {
				return wrap("write a job's scans", err)
			}
		}
		for _, scan := range f.Scans {
			if err := putScan(ctx, tx, f.ID, scan); err != nil {
				return err
			}
		}
	}
	return nil
}

func putJob(ctx context.Context, tx *sql.Tx, j Job) error {
	complaint, err := json.Marshal(j.Complaint)
	if err != nil {
		return wrap("write a job", err)
	}
	lines, err := json.Marshal(j.Lines)
	if err != nil {
		return wrap("write a job", err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO jobs
		(id, shop, ticket, plate, vin, vehicle, phase, word, bay, node, opened_ms, promised_ms, newest_ms, complaint, lines)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		ON CONFLICT (id) DO UPDATE SET shop = excluded.shop, ticket = excluded.ticket, plate = excluded.plate, vin = excluded.vin,
		vehicle = excluded.vehicle, phase = excluded.phase, word = excluded.word, bay = excluded.bay, node = excluded.node,
		opened_ms = excluded.opened_ms, promised_ms = excluded.promised_ms, newest_ms = excluded.newest_ms,
		complaint = excluded.complaint, lines = excluded.lines`,
		j.ID, j.Shop, j.Ticket, j.Plate, j.VIN, j.Vehicle, string(j.Phase), string(j.Word), j.Bay, j.Node,
		j.Opened, j.Promised, j.Newest, string(complaint), string(lines))
	return wrap("write a job", err)
}

func putScan(ctx context.Context, tx *sql.Tx, id string, s job.Scan) error {
	complete := 0
	if s.Complete {
		complete = 1
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO scans (job, id, bay, at_ms, state, why, vin, adapter, protocol, complete, report)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (job, id) DO NOTHING`,
		id, s.ID, s.Bay, s.AtMS, s.State, s.Why, s.VIN, s.Adapter, s.Protocol, complete, s.Report); err != nil {
		return wrap("write a scan", err)
	}
	for n, c := range s.Codes {
		if _, err := tx.ExecContext(ctx, `INSERT INTO codes (job, scan, n, ecu, code, status) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (job, scan, n) DO NOTHING`, id, s.ID, n, c.ECU, c.Code, c.Status); err != nil {
			return wrap("write a code", err)
		}
	}
	return nil
}
