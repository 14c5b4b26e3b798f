package central

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// pragmas are set on every connection and read back at start: a driver that
// ignored one would cost the promise that a commit is on disk.
func pragmas() [][2]string {
	return [][2]string{
		{"journal_mode", "wal"},
		{"synchronous", "2"}, // FULL: the log is synced with every commit
		{"foreign_keys", "1"},
		{"busy_timeout", "5000"},
		{"wal_autocheckpoint", "1000"},
		{"secure_delete", "1"}, // what is deleted or replaced is written over
	}
}

// OpenSQLite opens or makes a database file, whose personal columns are sealed.
func OpenSQLite(ctx context.Context, path string, columns Columns) (Store, error) {
	write, err := openSQLite(path, "immediate", 1)
	if err != nil {
		return nil, err
	}
	read, err := openSQLite(path, "deferred", 4)
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	s := &sqlStore{write: write, read: read, columns: columns}
	if err := s.prepare(ctx); err != nil {
		return nil, fmt.Errorf("open the database %s: %w", path, errors.Join(err, s.Close()))
	}
	return s, nil
}

func openSQLite(path, lock string, conns int) (*sql.DB, error) {
	q := url.Values{"_txlock": {lock}}
	for _, p := range pragmas() {
		q.Add("_pragma", p[0]+"("+p[1]+")")
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+q.Encode())
	if err != nil {
		return nil, fmt.Errorf("open the database %s: %w", path, err)
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

func (s *sqlStore) prepare(ctx context.Context) error {
	for _, db := range []*sql.DB{s.write, s.read} {
		if err := assertPragmas(ctx, db); err != nil {
			return err
		}
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, s.write, files)
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	return nil
}

func assertPragmas(ctx context.Context, db *sql.DB) error {
	for _, p := range pragmas() {
		var got string
		if err := db.QueryRowContext(ctx, "PRAGMA "+p[0]).Scan(&got); err != nil {
			return fmt.Errorf("read PRAGMA %s: %w", p[0], err)
		}
		if !strings.EqualFold(got, p[1]) {
			return fmt.Errorf("PRAGMA %s is %s, not %s: the file system may not carry a write-ahead log", p[0], got, p[1])
		}
	}
	return nil
}
