package store

import (
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
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

// constraint answers SQLite's extended result code of a violated constraint,
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
