package content

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"muster/internal/objects"
)

// Walk calls fn for each file. What isn't a content's file at the place where
// it belongs is skipped, and so is what vanishes meanwhile.
func (s *Store) Walk(ctx context.Context, fn func(objects.File) error) error {
	if err := s.walkTemporaries(ctx, fn); err != nil {
		return err
	}
	for i := range s.folders {
		outer := s.firstLevel(byte(i))
		inner, err := list(outer)
		if err != nil {
			return err
		}
		for _, d := range inner {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !d.IsDir() {
				continue
			}
			if err := s.walkFolder(filepath.Join(outer, d.Name()), fn); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Store) walkFolder(path string, fn func(objects.File) error) error {
	return eachNamed(path, func(id objects.ContentID, info fs.FileInfo) error {
		if filepath.Dir(s.path(id)) != path {
			return nil
		}
		return fn(objects.File{ID: id, Size: info.Size(), Changed: info.ModTime()})
	})
}

// walkTemporaries calls fn for what writes of an earlier run left. They are
// named by the ids that they were to have.
func (s *Store) walkTemporaries(ctx context.Context, fn func(objects.File) error) error {
	return eachNamed(filepath.Join(s.dir, temporaries), func(id objects.ContentID, info fs.FileInfo) error {
		if err := ctx.Err(); err != nil || s.isWriting(id) {
			return err
		}
		path := filepath.Join(temporaries, info.Name())
		return fn(objects.File{Temporary: true, Path: path, Size: info.Size(), Changed: info.ModTime()})
	})
}

// eachNamed calls fn for each file of a folder that is named by an id.
func eachNamed(path string, fn func(id objects.ContentID, info fs.FileInfo) error) error {
	files, err := list(path)
	if err != nil {
		return err
	}
	for _, d := range files {
		id, ok := parseName(d.Name())
		if !ok {
			continue
		}
		info, ok, err := look(d)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if err := fn(id, info); err != nil {
			return err
		}
	}
	return nil
}

// Discard removes a temporary file that Walk named. It refuses everything else.
func (s *Store) Discard(f objects.File) error {
	folder, name := filepath.Split(f.Path)
	id, ok := parseName(name)
	if !f.Temporary || folder != temporaries+string(filepath.Separator) || !ok {
		return fmt.Errorf("discard %q: that is no temporary file", f.Path)
	}
	if s.isWriting(id) {
		return fmt.Errorf("discard %q: it is being written", f.Path)
	}
	if err := os.Remove(s.temporary(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("discard a temporary file: %w", err)
	}
	return nil
}

// list returns what is in a folder; nothing when it is gone or is no folder.
func list(path string) ([]fs.DirEntry, error) {
	all, err := os.ReadDir(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, unix.ENOTDIR) {
		return nil, fmt.Errorf("list the contents: %w", err)
	}
	return all, nil
}

// look returns what is known of a file, and reports whether it is one and is
// still there.
func look(d fs.DirEntry) (info fs.FileInfo, ok bool, err error) {
	if !d.Type().IsRegular() {
		return nil, false, nil
	}
	info, err = d.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("list the contents: %w", err)
	}
	return info, true, nil
}

// parseName returns the id that a file is named by.
func parseName(name string) (id objects.ContentID, ok bool) {
	raw, err := hex.DecodeString(name)
	if err != nil || len(raw) != len(id) || hex.EncodeToString(raw) != name {
		return id, false
	}
	return objects.ContentID(raw), true
}
