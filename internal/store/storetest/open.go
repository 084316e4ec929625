package storetest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"muster/internal/index"
	"muster/internal/store"
)

// Open opens a store in the folder dir, which must have none, until the test is
// over. It is the store that store.Open makes there, in a thirtieth of the time:
// a copy of one that was made once.
func Open(t testing.TB, dir string, x *index.Index) *store.DB {
	t.Helper()
	made, err := empty()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "muster.db")
	if err := os.WriteFile(path, made, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(context.Background(), path, x)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// empty returns the file of a store that holds nothing.
var empty = sync.OnceValues(func() (file []byte, err error) {
	dir, err := os.MkdirTemp("", "muster-store-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "muster.db")
	db, err := store.Open(context.Background(), path, index.New(1))
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil { // which writes all into the one file
		return nil, err
	}
	return os.ReadFile(path)
})
