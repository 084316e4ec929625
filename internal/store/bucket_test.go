package store_test

import (
	"path/filepath"
	"testing"

	"muster/internal/bucket"
	"muster/internal/index"
	"muster/internal/store"
	"muster/internal/store/storetest"
)

func TestBuckets(t *testing.T) {
	storetest.Bucket(t, func(t *testing.T) bucket.Store {
		db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "muster.db"), index.New(1000))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		return db.Buckets()
	})
}
