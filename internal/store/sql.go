package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"muster/internal/fault"
)

// scanner is a row about to be read: *sql.Row or *sql.Rows.
type scanner interface{ Scan(into ...any) error }

// notFound turns the absence of a row into a fault.NotFound with that
// sentence; nil and other errors pass.
func notFound(err error, format string, args ...any) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fault.NotFound.Errorf(format, args...)
	}
	return err
}

// ms is how a time is kept: milliseconds since the epoch; 0 for the zero time.
func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// fromMS reads what ms kept, in UTC.
func fromMS(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}

// toJSON writes v as it is kept in a column of text.
func toJSON(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("write a column of JSON: %w", err)
	}
	return string(b), nil
}

// fromJSON reads what toJSON wrote.
func fromJSON(text string, into any) error {
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return fmt.Errorf("read a column of JSON: %w", err)
	}
	return nil
}

// collect reads every row and closes rows.
func collect[T any](rows *sql.Rows, err error, read func(scanner) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		v, err := read(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}
