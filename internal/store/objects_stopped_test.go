package store_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"muster/internal/store"
)

func TestStoppedObjects(t *testing.T) {
	path := filepath.Join(t.TempDir(), "objects.db")
	if _, err := store.OpenStoppedObjects(t.Context(), path); err == nil {
		t.Error("a file that isn't there was opened")
	}
	if _, err := os.Stat(path); err == nil {
		t.Fatal("a file was made")
	}
	made, err := store.OpenObjects(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"two", "one"} {
		if err := made.Rows().InsertBucket(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	if err := made.Close(); err != nil {
		t.Fatal(err)
	}
	o, err := store.OpenStoppedObjects(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := o.Rows().Buckets(t.Context()); err != nil || !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("Buckets: got %v, %v", got, err)
	}
	if err := o.Rows().InsertBucket(t.Context(), "three"); err == nil {
		t.Error("a write was taken")
	}
	if err := o.Close(); err != nil {
		t.Error(err)
	}
	for _, tc := range []struct{ change, says string }{
		{`UPDATE goose_db_version SET version_id = 9999 WHERE version_id > 0`, "newer version"},
		{`DELETE FROM goose_db_version WHERE version_id > 0`, "older version"},
	} {
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(tc.change); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := store.OpenStoppedObjects(t.Context(), path); err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("got %v, want it to say %q", err, tc.says)
		}
	}
}
