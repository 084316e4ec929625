package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
)

var errReadOnly = errors.New("the store was opened for reading only")

// OpenStoppedObjects opens the file of objects at path for reading only. It
// makes no file of that name and changes none, nor its tables: it refuses
// those of an older or newer version. SQLite keeps its scratch file
// (objects.db-shm) beside the file while it is open. The caller sees to it that
// no other process has the file open.
func OpenStoppedObjects(ctx context.Context, path string) (*Objects, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	pool, err := openToRead(path)
	if err != nil {
		return nil, fmt.Errorf("open the database %s: %w", path, err)
	}
	if err := asThisVersion(ctx, pool, objectMigrations, "migrations/objects"); err != nil {
		return nil, errors.Join(fmt.Errorf("read the database %s: %w", path, err), pool.Close())
	}
	return &Objects{db: &DB{readers: pool, readOnly: true}}, nil
}

// openToRead opens a pool that can't write. What the last writer left in the
// file beside it (-wal) is read, and stays where it is.
func openToRead(path string) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	pragmas := []string{"busy_timeout(10000)", "query_only(ON)", "temp_store(MEMORY)", "cache_size(-8192)", "trusted_schema(OFF)", "cell_size_check(ON)"}
	query := url.Values{"mode": {"ro"}, "_pragma": pragmas}
	if _, err := os.Stat(abs + "-wal"); errors.Is(err, fs.ErrNotExist) {
		// Nobody has it open and all is in the file: then SQLite needs nothing
		// beside it either.
		query.Set("immutable", "1")
	}
	name := url.URL{Scheme: "file", Path: filepath.ToSlash(abs), RawQuery: query.Encode()}
	return sql.Open("sqlite", name.String())
}

// ErrOlder is the error of reading the tables of an older version.
var ErrOlder = errors.New("it was written by an older version")

// asThisVersion fails unless the tables are those that this version makes.
func asThisVersion(ctx context.Context, pool *sql.DB, migrations fs.FS, dir string) error {
	files, err := fs.Glob(migrations, dir+"/*.sql")
	if err != nil {
		return err
	}
	slices.Sort(files)
	var known, have int64
	if _, err := fmt.Sscanf(filepath.Base(files[len(files)-1]), "%d_", &known); err != nil {
		return err
	}
	// goose notes here which of the files it ran.
	if err := pool.QueryRowContext(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&have); err != nil {
		return err
	}
	switch {
	case have > known:
		return fmt.Errorf("it was written by a newer version: its tables are at %d, this one knows %d", have, known)
	case have < known:
		return fmt.Errorf("%w: its tables are at %d, this one reads %d; use that version, or let a server of this one start and stop once", ErrOlder, have, known)
	}
	return nil
}

func (s objectStore) Buckets(ctx context.Context) ([]string, error) {
	rows, err := s.current(ctx).query(`SELECT name FROM bucket ORDER BY name`)
	return collect(rows, err, func(row scanner) (name string, err error) {
		err = row.Scan(&name)
		return name, err
	})
}
