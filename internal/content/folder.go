package content

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"muster/internal/objects"
)

// folder knows which of the folders in one of the first level are on the disk.
// A file is lost with its folder when the power is cut before the folder's
// parent was synced, so that must happen once before a file in it counts.
type folder struct {
	mu sync.Mutex
	// swept is set once the folder was synced: what was in it when the store was
	// opened is on the disk since.
	swept bool
	inner [256]state // by the second byte of the id
}

type state uint8

const (
	unknown state = iota
	made          // by this store, and its parent wasn't synced since
	durable
)

// makeFolders makes the folder of all, and those of the first level, durable.
func (s *Store) makeFolders() error {
	if err := makeIfMissing(s.dir); err != nil {
		return err
	}
	if err := s.syncPath(filepath.Dir(s.dir)); err != nil {
		return err
	}
	if err := makeIfMissing(filepath.Join(s.dir, temporaries)); err != nil {
		return err
	}
	for i := range s.folders {
		if err := makeIfMissing(s.firstLevel(byte(i))); err != nil {
			return err
		}
	}
	return s.syncPath(s.dir)
}

// makeFolder makes the folder of a file, if it is missing.
func (s *Store) makeFolder(id objects.ContentID) error {
	parent := s.firstLevel(id[0])
	f := &s.folders[id[0]]
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.swept {
		if err := s.syncPath(parent); err != nil {
			return err
		}
		f.swept = true
	}
	if f.inner[id[1]] != unknown {
		return nil
	}
	err := os.Mkdir(filepath.Dir(s.path(id)), folderMode)
	switch {
	case err == nil:
		f.inner[id[1]] = made
	case errors.Is(err, fs.ErrExist):
		f.inner[id[1]] = durable
	default:
		return err
	}
	return nil
}

// syncFolder makes the name of a file durable, and that of its folder unless it
// is already.
func (s *Store) syncFolder(id objects.ContentID) error {
	if err := s.syncPath(filepath.Dir(s.path(id))); err != nil {
		return err
	}
	f := &s.folders[id[0]]
	f.mu.Lock()
	known := f.inner[id[1]]
	f.mu.Unlock()
	if known == durable {
		return nil
	}
	// Outside of the lock: those who write beside this one sync on their own.
	if err := s.syncPath(s.firstLevel(id[0])); err != nil {
		return err
	}
	f.mu.Lock()
	f.inner[id[1]] = durable
	f.mu.Unlock()
	return nil
}

func (s *Store) firstLevel(b byte) string {
	return filepath.Join(s.dir, fmt.Sprintf("%02x", b))
}

// syncPath syncs a folder.
func (s *Store) syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return s.sync(f)
}

func makeIfMissing(path string) error {
	if err := os.Mkdir(path, folderMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
