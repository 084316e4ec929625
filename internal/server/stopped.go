package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"muster/internal/content"
	"muster/internal/objects"
	"muster/internal/seal"
	"muster/internal/store"
)

// StoppedObjects is the store of objects of a data directory that no server
// holds, for reading. While it is open no server can start on the data.
type StoppedObjects struct {
	*objects.Objects
	db     *store.Objects
	unlock func()
}

// OpenStoppedObjects opens the objects in data. It needs nothing but the
// directory and the master key, and changes neither: without a data directory,
// a database of objects or a master key it fails. The key is read from standard
// input where its file is OnInput.
func OpenStoppedObjects(ctx context.Context, data, masterKeyFile string) (_ *StoppedObjects, err error) {
	if err := RefuseOldObjects(data); err != nil {
		return nil, err
	}
	file := objectsFile(data)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no %s: name the data directory of a server with --data; the objects of one that runs with --s3 are in that S3", file)
	} else if err != nil {
		return nil, err
	}
	master, err := loadMasterKey(ctx, masterKeyFile, os.Stdin)
	if err != nil {
		return nil, err
	}
	unlock, err := lockStopped(data)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			unlock()
		}
	}()
	files, err := content.Stopped(contentDir(data))
	if err != nil {
		return nil, err
	}
	if err := store.CheckLog(file); err != nil {
		return nil, err
	}
	db, err := store.OpenStoppedObjects(ctx, file)
	if err != nil {
		return nil, err
	}
	kept, err := objects.New(ctx, db.Rows(), files, master)
	if errors.Is(err, seal.ErrWrongKey) {
		err = fmt.Errorf("%s is another master key than that of the objects: %w", masterKeyFile, err)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &StoppedObjects{kept, db, unlock}, nil
}

// Check reads the whole database and fails when it is damaged.
func (s *StoppedObjects) Check(ctx context.Context) error { return s.db.Check(ctx) }

// Close lets the data go.
func (s *StoppedObjects) Close() error {
	defer s.unlock()
	return s.db.Close()
}

// lockStopped takes a data directory that is there, as lockData does, and
// leaves it as it is but for the lock.
func lockStopped(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(lockFile(dir), os.O_RDONLY|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("a muster serves the data in %s: stop it first", dir)
		}
		return nil, fmt.Errorf("lock the data directory: %w", err)
	}
	return func() { f.Close() }, nil
}
