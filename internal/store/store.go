// Package store keeps what the rooms know, in two SQLite files: one of objects,
// and one of everything else.
//
// Each room declares the store it needs; the file named after it here meets
// that need, on the room's own types. The rules stay in the rooms: the store
// knows SQL, durability and the order in which a change becomes true.
//
// Writes pass through one writer, which commits many of them together; see
// write. The order of truth is COMMIT, then the publication of the changed
// keys to the decision index, then the acknowledgement.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"sync"

	"muster/internal/index"
)

var errClosed = errors.New("the store is closed")

// DB is an open store. Its methods may be called concurrently.
type DB struct {
	readers  *sql.DB
	writer   *writer // nil where readOnly
	readOnly bool

	mu     sync.RWMutex // held for reading by every write under way
	closed bool
}

// Open opens the database file at path, made with mode 0600 when it is absent,
// and brings its tables up to date. Changes are published to x, which nothing
// else may publish to. The caller sees to it that no other process has the
// file open.
func Open(ctx context.Context, path string, x *index.Index) (*DB, error) {
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return nil, err
	}
	return open(ctx, path, files, x)
}

// open opens a file whose tables are made by the migrations in files, with
// pragmas beside those of all files.
func open(ctx context.Context, path string, files fs.FS, x *index.Index, pragmas ...string) (*DB, error) {
	if err := private(path); err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if err := checkLog(path); err != nil {
		return nil, err
	}
	writes, err := openSQLite(path, false, pragmas...)
	if err != nil {
		return nil, fmt.Errorf("open the database %s: %w", path, err)
	}
	writes.SetMaxOpenConns(1)
	if err := migrate(ctx, writes, files); err != nil {
		return nil, errors.Join(fmt.Errorf("bring the database %s up to date: %w", path, err), writes.Close())
	}
	readers, err := openSQLite(path, true, pragmas...)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the database %s for reading: %w", path, err), writes.Close())
	}
	// Kept open: opening a connection costs more than most reads.
	most := max(4, 2*runtime.GOMAXPROCS(0))
	readers.SetMaxOpenConns(most)
	readers.SetMaxIdleConns(most)
	return &DB{readers: readers, writer: startWriter(writes, x)}, nil
}

// private makes the file if it is absent, and readable by its owner only.
// SQLite gives the files beside it the same mode.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(0o600), f.Close())
}

// Close lets the writes under way finish, refuses later ones and closes the
// file. Closing twice is fine.
func (db *DB) Close() error {
	db.mu.Lock() // waits for every write that began
	defer db.mu.Unlock()
	if db.closed {
		return nil
	}
	db.closed = true
	if db.readOnly {
		return db.readers.Close()
	}
	return errors.Join(db.writer.stop(), db.readers.Close())
}

// Ping reads from the file. It fails when the store can't answer.
func (db *DB) Ping(ctx context.Context) error {
	var n int64
	if err := db.readers.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&n); err != nil {
		return fmt.Errorf("read from the database: %w", err)
	}
	return nil
}

// Check reads the whole file and fails when it is damaged.
func (db *DB) Check(ctx context.Context) error {
	var found string
	if err := db.readers.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&found); err != nil {
		return fmt.Errorf("check the database: %w", err)
	}
	if found != "ok" {
		return fmt.Errorf("the database is damaged: %s", found)
	}
	return nil
}

// reads returns the pool for reading. Its connections can't write. What it
// reads is committed, and at least as new as every acknowledged write.
func (db *DB) reads() *sql.DB { return db.readers }
