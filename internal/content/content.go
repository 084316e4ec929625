// Package content keeps the contents of objects as sealed files, one for each,
// under random ids. It knows how a content is sealed, how it gets on the disk
// so that it stays there, and how a part of it is read. Whose a content is and
// how long it is needed is known to package objects, whose Files it is.
//
// The files lie two folders deep, named by the id in hex: ab/cd/abcd…. A file
// is written in the folder tmp, synced, renamed and its folder synced, so that
// a file under an id is always whole.
package content

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"

	"muster/internal/objects"
)

const (
	temporaries = "tmp"

	folderMode = 0o700
	fileMode   = 0o600
)

// Store is the folder of all contents. It must have no other writer.
type Store struct {
	dir     string
	sync    func(*os.File) error // (*os.File).Sync but in tests
	folders [256]folder          // by the first byte of the id

	mu      sync.Mutex
	writing map[objects.ContentID]bool
}

var _ objects.Files = (*Store)(nil)

// Open returns the store of the folder dir, which it makes if it is missing.
func Open(dir string) (*Store, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open the folder of contents: %w", err)
	}
	s := &Store{dir: dir, sync: (*os.File).Sync, writing: map[objects.ContentID]bool{}}
	if err := s.makeFolders(); err != nil {
		return nil, fmt.Errorf("open the folder of contents: %w", err)
	}
	return s, nil
}

// Write keeps a content. It refuses an id that is taken.
func (s *Store) Write(ctx context.Context, id objects.ContentID, key objects.SealingKey, size int64, r io.Reader) error {
	if _, err := sealedSize(size); err != nil {
		return err
	}
	if !s.claim(id) {
		return fmt.Errorf("write content %s: %w", id, fs.ErrExist)
	}
	defer s.unclaim(id)
	_, err := os.Lstat(s.path(id))
	if err == nil {
		return fmt.Errorf("write content %s: %w", id, fs.ErrExist)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return keeping(id, err)
	}
	return s.write(ctx, id, key, size, r)
}

// write is Write once the id is claimed. Nothing is left when it fails, nor
// when r panics.
func (s *Store) write(ctx context.Context, id objects.ContentID, key objects.SealingKey, size int64, r io.Reader) error {
	temporary, path := s.temporary(id), s.path(id)
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return keeping(id, err)
	}
	left := temporary // what must go unless all succeeds
	defer func() {
		f.Close()
		if left != "" {
			os.Remove(left)
		}
	}()
	if err := seal(ctx, f, id, key, size, r); err != nil {
		return err
	}
	if err := s.sync(f); err != nil {
		return keeping(id, err)
	}
	if err := s.makeFolder(id); err != nil {
		return keeping(id, err)
	}
	if err := os.Rename(temporary, path); err != nil {
		return keeping(id, err)
	}
	left = path
	if err := s.syncFolder(id); err != nil {
		return keeping(id, err)
	}
	left = ""
	return nil
}

// claim reports whether the caller is now the only writer of that id.
func (s *Store) claim(id objects.ContentID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writing[id] {
		return false
	}
	s.writing[id] = true
	return true
}

func (s *Store) unclaim(id objects.ContentID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.writing, id)
}

// isWriting reports whether a temporary file of that id belongs to a Write.
func (s *Store) isWriting(id objects.ContentID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writing[id]
}

// Remove removes a file. That isn't synced: after a power cut it may be there
// again, and is swept as one that nobody needs.
func (s *Store) Remove(id objects.ContentID) error {
	if err := os.Remove(s.path(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove content %s: %w", id, err)
	}
	return nil
}

func (s *Store) path(id objects.ContentID) string {
	name := hex.EncodeToString(id[:])
	return filepath.Join(s.dir, name[:2], name[2:4], name)
}

func (s *Store) temporary(id objects.ContentID) string {
	return filepath.Join(s.dir, temporaries, hex.EncodeToString(id[:]))
}

// keeping returns err, a failure of the disk, with what was being tried; or
// objects.NoSpace when the disk or a quota of it is used up.
func keeping(id objects.ContentID, err error) error {
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
		return objects.NoSpace
	}
	return fmt.Errorf("write content %s: %w", id, err)
}
