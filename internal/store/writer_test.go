package store_test

import (
	"path/filepath"
	"testing"

	"muster/internal/index"
	"muster/internal/store"
)

// open opens a fresh store with a table of numbers.
func open(t testing.TB) (*store.DB, *index.Index) {
	t.Helper()
	x := index.New(1024)
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "muster?.db"), x)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	err = db.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(`CREATE TABLE number (n BIGINT PRIMARY KEY, parent BIGINT REFERENCES number (n))`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return db, x
}

func TestSimple(t *testing.T) {
	db, _ := open(t)
	if err := db.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO number (n) VALUES ($1)`, 1)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := db.Reads().QueryRow(`SELECT count(*) FROM number`).Scan(&n); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if err := db.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Reads().Exec(`INSERT INTO number (n) VALUES (5)`); err == nil {
		t.Error("a reader wrote")
	}
}
