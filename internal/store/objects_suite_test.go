package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"muster/internal/content"
	"muster/internal/objects"
	"muster/internal/objects/objectstest"
	"muster/internal/seal"
	"muster/internal/store"
)

// minPart makes parts small, and with them the tests fast.
const minPart = 20_000

// ownStore is Muster's own store of objects on a directory, which can be closed
// and opened again.
type ownStore struct {
	t     testing.TB
	dir   string
	rows  *store.Objects
	files *content.Store
}

func newOwnStore(t testing.TB) *ownStore {
	t.Helper()
	s := &ownStore{t: t, dir: t.TempDir()}
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *ownStore) close() error {
	if s.rows == nil {
		return nil
	}
	rows, ctx := s.rows, context.Background() // a test's own is over when it is cleaned up
	s.rows = nil
	return errors.Join(s.sound(ctx, rows), rows.Check(ctx), rows.Close())
}

// filesAreThoseOfRows fails unless each content that is kept in a file has one,
// and each file has a content.
func (s *ownStore) filesAreThoseOfRows(ctx context.Context, rows *store.Objects) error {
	want := map[objects.ContentID]bool{}
	for after := int64(0); ; {
		page, err := rows.Rows().Contents(ctx, after, 1000)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			break
		}
		for _, c := range page {
			after = c.ID
			if c.Kind == objects.InFile {
				want[c.Name] = true
			}
		}
	}
	err := s.files.Walk(ctx, func(f objects.File) error {
		if !want[f.ID] {
			return fmt.Errorf("the file %v is left behind, temporary: %v", f.ID, f.Temporary)
		}
		delete(want, f.ID)
		return nil
	})
	if err == nil && len(want) > 0 {
		err = fmt.Errorf("%d contents have no file", len(want))
	}
	return err
}

func (s *ownStore) open() (objects.Keeper, error) {
	if err := s.close(); err != nil {
		return nil, err
	}
	master, _, err := seal.Load(filepath.Join(s.dir, "master.key"))
	if err != nil {
		return nil, err
	}
	if s.files, err = content.Open(filepath.Join(s.dir, "content")); err != nil {
		return nil, err
	}
	if s.rows, err = store.OpenObjects(s.t.Context(), filepath.Join(s.dir, "objects.db")); err != nil {
		return nil, err
	}
	own, err := objects.New(s.t.Context(), s.rows.Rows(), s.files, master)
	if err != nil {
		return nil, err
	}
	own.MinPart = minPart
	return own, nil
}

func TestObjectsKeepTheirPromises(t *testing.T) {
	objectstest.Run(t, func(t *testing.T) objects.Keeper {
		keeper, err := newOwnStore(t).open()
		if err != nil {
			t.Fatal(err)
		}
		return keeper
	}, objectstest.Options{MinPart: minPart})
}

// TestObjectsWalk does random operations to the store and to the model, closes
// and opens the store now and then, and compares.
func TestObjectsWalk(t *testing.T) {
	seeds := 1
	if objectstest.Night() {
		seeds = 200
	}
	for seed := range uint64(seeds) {
		s := newOwnStore(t)
		keeper, err := s.open()
		if err != nil {
			t.Fatal(err)
		}
		objectstest.Random(t, keeper, objectstest.Walk{Seed: seed, Steps: 2000, MinPart: minPart, CopiesKeepParts: true, Between: s.open})
		if err := s.close(); err != nil {
			t.Fatal(err)
		}
	}
}
