package store_test

import (
	"errors"
	"strings"
	"testing"

	"muster/internal/fault"
	"muster/internal/store"
)

// A write for which the disk has no room is refused as one that may be tried
// again, changes nothing, and is no obstacle to those after it.
func TestAWriteWithoutRoom(t *testing.T) {
	db, _ := open(t)
	most := func(pages int) func(*store.Tx) error {
		return func(tx *store.Tx) error {
			var now int
			return tx.Row("PRAGMA max_page_count = " + strings.Repeat("9", pages)).Scan(&now)
		}
	}
	if err := db.Write(t.Context(), do(`CREATE TABLE filler (text TEXT)`)); err != nil {
		t.Fatal(err)
	}
	err := db.Write(t.Context(), func(tx *store.Tx) error {
		if err := most(1)(tx); err != nil { // SQLite takes what it has for less than that
			return err
		}
		if err := insert(1)(tx); err != nil {
			return err
		}
		return do(`INSERT INTO filler VALUES ($1)`, strings.Repeat("x", 1<<20))(tx)
	})
	if !errors.Is(err, fault.Unavailable) {
		t.Errorf("a write without room: got %v, want %v", err, fault.Unavailable)
	}
	if got := numbers(t, db); len(got) != 0 {
		t.Errorf("after a write without room: got %v, want nothing of it", got)
	}
	if err := errors.Join(db.Write(t.Context(), most(9)), db.Write(t.Context(), insert(2)), db.Write(t.Context(), do(`INSERT INTO filler VALUES ($1)`, strings.Repeat("x", 1<<20)))); err != nil {
		t.Errorf("a write when there is room again: %v", err)
	}
}
