package s3front_test

import (
	"path/filepath"
	"testing"

	"muster/internal/content"
	"muster/internal/objects"
	"muster/internal/seal"
	"muster/internal/store"
)

// newKeeper opens the store that the tests of the door stand on, in dir.
func newKeeper(t testing.TB, dir string, master *seal.Master) objects.Keeper {
	t.Helper()
	rows, err := store.OpenObjects(t.Context(), filepath.Join(dir, "objects.db"))
	must(t, err)
	t.Cleanup(func() { must(t, rows.Close()) })
	files, err := content.Open(filepath.Join(dir, "content"))
	must(t, err)
	o, err := objects.New(t.Context(), rows.Rows(), files, master)
	must(t, err)
	return o
}
