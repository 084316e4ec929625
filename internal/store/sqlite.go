package store

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"muster/internal/fault"
)

// openSQLite opens a pool on the file at path. The pragmas stand in the name
// given to the driver, so that every connection of the pool has them; more are
// added to those of all files.
func openSQLite(path string, readOnly bool, more ...string) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	pragmas := []string{
		"busy_timeout(10000)", // ms; before journal_mode, which may have to wait
		"journal_mode(WAL)",
		"synchronous(FULL)", // an acknowledged write survives a power cut
		"foreign_keys(ON)",
		"temp_store(MEMORY)",
		"cache_size(-8192)", // KiB, for each connection
		"journal_size_limit(67108864)",
		"trusted_schema(OFF)",
		"cell_size_check(ON)",
	}
	pragmas = append(pragmas, more...)
	if readOnly {
		pragmas = append(pragmas, "query_only(ON)")
	}
	name := url.URL{Scheme: "file", Path: filepath.ToSlash(abs), RawQuery: url.Values{"_pragma": pragmas}.Encode()}
	return sql.Open("sqlite", name.String())
}

// full reports whether err is that of a statement for which the disk had no room.
func full(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_FULL || e.Code() == sqlite3.SQLITE_IOERR_SHMSIZE)
}

// forWantOfRoom says, to the caller as well, that err may pass where it is that
// of a write for which the disk had no room.
func forWantOfRoom(err error) error {
	if full(err) {
		return fmt.Errorf("%w: %w", fault.Unavailable.Errorf("There is no room left on the disk of the server"), err)
	}
	return err
}

// constraint returns SQLite's extended result code of a violated constraint,
// or 0 when err is something else.
func constraint(err error) int {
	var e *sqlite.Error
	if !errors.As(err, &e) || e.Code()&0xff != sqlite3.SQLITE_CONSTRAINT {
		return 0
	}
	return e.Code()
}

// uniqueViolation reports whether err is that of a statement that would have
// kept a second row under one key.
func uniqueViolation(err error) bool {
	switch constraint(err) {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return true
	}
	return false
}
