package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"runtime/debug"

	"muster/internal/index"
)

// A tx is what a member may do.
type tx struct {
	ctx    context.Context
	writer *writer
	keys   []index.Key
	open   []*sql.Rows
	single []*sql.Row
	err    error // of the first statement that failed
}

var errOver = errors.New("the write is over")

func (t *tx) run(fn func(*tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a write: %v\n%s", p, debug.Stack())
		}
		// What is left unread would hold up everybody's COMMIT.
		for _, rows := range t.open {
			rows.Close()
		}
		for _, row := range t.single {
			row.Scan() // closes; it has no other way
		}
		if err == nil && t.err != nil {
			err = fmt.Errorf("a statement failed unheeded: %w", t.err)
		}
		t.err = errOver
	}()
	return fn(t)
}

// fail remembers the first failed statement, after which no other runs: it may
// have ended the transaction, and what ran then would be committed by itself.
// PostgreSQL refuses them by itself.
func (t *tx) fail(err error) error {
	if err != nil && t.err == nil {
		t.err = err
	}
	return err
}

// exec runs a statement.
func (t *tx) exec(query string, args ...any) (sql.Result, error) {
	if t.err != nil {
		return nil, t.err
	}
	stmt, err := t.writer.prepare(query)
	if err != nil {
		return nil, t.fail(err)
	}
	result, err := stmt.ExecContext(t.ctx, args...)
	return result, t.fail(err)
}

// query runs a query; the rows are closed with the write if not before.
func (t *tx) query(query string, args ...any) (*sql.Rows, error) {
	if t.err != nil {
		return nil, t.err
	}
	// Not a kept statement: the same text may be run again while rows are read.
	rows, err := t.writer.conn.QueryContext(t.ctx, query, args...)
	if err != nil {
		return nil, t.fail(err)
	}
	t.open = append(t.open, rows)
	return rows, nil
}

// row runs a query of one row, which the caller scans before it runs the same text again.
func (t *tx) row(query string, args ...any) *sql.Row {
	if t.err != nil {
		return t.writer.conn.QueryRowContext(t.ctx, "SELECT $1", refused{t.err})
	}
	stmt, err := t.writer.prepare(query)
	if err != nil {
		t.fail(err)
		return t.writer.conn.QueryRowContext(t.ctx, "SELECT $1", refused{err})
	}
	row := stmt.QueryRowContext(t.ctx, args...)
	t.single = append(t.single, row)
	t.fail(row.Err())
	return row
}

// refused is an argument that can't be had: a query with it fails with err
// before it reaches the database.
type refused struct{ err error }

func (r refused) Value() (driver.Value, error) { return nil, r.err }

// changeOne runs a statement that changes or deletes one row, or fails with
// missing if there is none.
func (t *tx) changeOne(missing error, query string, args ...any) error {
	result, err := t.exec(query, args...)
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	if err == nil && n == 0 {
		return missing
	}
	return err
}

// publish names what the write changes. The keys leave the decision index
// when the write is committed and before it is acknowledged.
func (t *tx) publish(keys ...index.Key) { t.keys = append(t.keys, keys...) }
