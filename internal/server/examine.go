package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"muster/internal/ca"
	"muster/internal/content"
	"muster/internal/objects"
	"muster/internal/seal"
	"muster/internal/store"
)

// NotExamined is the answer of Examine where it could not look.
var NotExamined = errors.New("not looked into")

// examinable is how large a database is that Examine reads whole.
const examinable = 512 << 20 // bytes

// checkQuickly reads a database whole if that is done quickly. left says that it
// isn't, to be said when all else was right.
func checkQuickly(ctx context.Context, file string, check func(context.Context) error) (left, err error) {
	if info, err := os.Stat(file); err == nil && info.Size() > examinable {
		return fmt.Errorf("%w: %s is larger than %d MiB", NotExamined, file, examinable>>20), nil
	}
	return nil, check(ctx)
}

// Examine looks into the data that no server holds as a start would: whether
// the database is whole, whether this version reads it, and whether the master
// key opens what is sealed in it. It reads the file where it is and changes
// nothing. It fails with fs.ErrNotExist where there is no database yet, and with
// seal.ErrWrongKey.
func Examine(ctx context.Context, data, masterKeyFile string) (err error) {
	if err := readable(filepath.Join(data, "muster.db")); err != nil {
		return err
	}
	if err := store.CheckLog(filepath.Join(data, "muster.db")); err != nil {
		return err
	}
	db, err := store.OpenSnapshot(ctx, filepath.Join(data, "muster.db"))
	if err = notExamined(err); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	left, err := checkQuickly(ctx, filepath.Join(data, "muster.db"), db.Check)
	if err != nil {
		return err
	}
	master := masterToOpen(masterKeyFile)
	if master == nil {
		return left
	}
	kept, err := db.Authorities(ctx)
	if err == nil && len(kept) > 0 { // none: the first start was cut, and the next makes them
		err = ca.CheckAll(kept, master)
	}
	if err != nil {
		return err
	}
	return left
}

// ExamineObjects does the same with the database of objects: it fails with
// fs.ErrNotExist where there is none and no file of a content either.
func ExamineObjects(ctx context.Context, data, masterKeyFile string) (err error) {
	switch err := readable(objectsFile(data)); {
	case errors.Is(err, fs.ErrNotExist):
		return errors.Join(err, noContents(ctx, data))
	case err != nil:
		return err
	}
	if err := store.CheckLog(objectsFile(data)); err != nil {
		return err
	}
	db, err := store.OpenStoppedObjects(ctx, objectsFile(data))
	if err = notExamined(err); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	left, err := checkQuickly(ctx, objectsFile(data), db.Check)
	if err != nil {
		return err
	}
	master := masterToOpen(masterKeyFile)
	if master == nil {
		return left
	}
	files, err := content.Stopped(contentDir(data))
	if err != nil {
		return err
	}
	if _, err = objects.New(ctx, db.Rows(), files, master); err != nil {
		return err
	}
	return left
}

// readable fails with fs.ErrNotExist where there is no file, and with NotExamined
// where it can't be read.
func readable(file string) error {
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", file)
	}
	if err == nil {
		var f *os.File
		if f, err = os.Open(file); err == nil {
			err = f.Close()
		}
	}
	if err != nil {
		return fmt.Errorf("%w: %w", NotExamined, err)
	}
	return nil
}

// notExamined makes NotExamined of what keeps a database from being looked into
// and the next start not from using it.
func notExamined(err error) error {
	if errors.Is(err, store.ErrOlder) {
		return fmt.Errorf("%w: %w", NotExamined, err)
	}
	return err
}

// masterToOpen returns the master key, nil where there is none that can be
// read: Load would make one, or its own faults are seen without the data.
func masterToOpen(file string) *seal.Master {
	if !exists(file) {
		return nil
	}
	master, _, err := seal.Load(file)
	if err != nil {
		return nil
	}
	return master
}

// ErrRowsGone is what ExamineObjects fails with, too, where there are contents
// and no database that says whose they are.
var ErrRowsGone = errors.New("there are contents of objects without their database")

// noContents fails with ErrRowsGone where there is a file of a content.
func noContents(ctx context.Context, data string) error {
	files, err := content.Stopped(contentDir(data))
	if err != nil {
		return err
	}
	return files.Walk(ctx, func(objects.File) error { return ErrRowsGone })
}
