package store

import (
	"context"
	"database/sql"

	sqlite3 "modernc.org/sqlite/lib"

	"muster/internal/index"
)

// The core, as the sub-stores use it, for the tests of the core.

const GroupSize = groupSize

type Tx = tx

func (db *DB) Write(ctx context.Context, fn func(*Tx) error) error { return db.write(ctx, fn) }
func (db *DB) Reads() *sql.DB                                      { return db.reads() }

func (t *tx) Exec(query string, args ...any) (sql.Result, error) { return t.exec(query, args...) }
func (t *tx) Query(query string, args ...any) (*sql.Rows, error) { return t.query(query, args...) }
func (t *tx) Row(query string, args ...any) *sql.Row             { return t.row(query, args...) }
func (t *tx) Publish(keys ...index.Key)                          { t.publish(keys...) }

var (
	UniqueViolation = uniqueViolation
	Beyond          = beyond
)

func ForeignKeyViolation(err error) bool {
	return constraint(err) == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY
}
