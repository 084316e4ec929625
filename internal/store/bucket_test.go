package store_test

import (
	"testing"

	"muster/internal/bucket"
	"muster/internal/index"
	"muster/internal/store/storetest"
)

func TestBuckets(t *testing.T) {
	storetest.Bucket(t, func(t *testing.T) bucket.Store {
		db := storetest.Open(t, t.TempDir(), index.New(1000))
		return db.Buckets()
	})
}
