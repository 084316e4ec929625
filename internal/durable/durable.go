// Package durable writes files that a power cut leaves whole or not at all.
package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// WriteFile makes content that of the file at path, whether one is there or
// not. Whoever opens the file finds all of the old content or all of the new. A
// symbolic link is replaced, not what it points to.
//
// When WriteFile returns nil, content and name are on the disk, and the file has
// exactly that mode, whatever the umask. Its folder must be there.
//
// When it fails, the file is as it was and nothing is left beside it. One case
// is different: if the folder can't be synced, the new file is there, but a
// power cut may bring the old one back.
//
// A kill or a power cut meanwhile may leave a temporary file beside it, with all
// or a part of content, and mode 0600 or the one asked for. Its name is that of
// the file between a dot and a dot with a random number, as in .name.123.
// Nothing reads such a file; it may be removed.
func WriteFile(path string, content []byte, mode fs.FileMode) error {
	return write(path, content, mode, os.Rename)
}

// CreateFile is WriteFile where nothing may be replaced: when there is a file, it
// stays as it is, and CreateFile fails with fs.ErrExist. Of several that create
// one file at once exactly one succeeds.
func CreateFile(path string, content []byte, mode fs.FileMode) error {
	return write(path, content, mode, os.Link)
}

// write writes a temporary file and has name give it its name.
func write(path string, content []byte, mode fs.FileMode, name func(temporary, path string) error) error {
	folder := filepath.Dir(path)
	f, err := os.CreateTemp(folder, "."+filepath.Base(path)+".") // mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(f.Name()) // after a rename it is gone already
	_, err = f.Write(content)
	if err := errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := name(f.Name(), path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return SyncFolder(folder)
}

// SyncFolder puts on the disk which files a folder holds: what was made in it,
// renamed or removed before.
func SyncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
