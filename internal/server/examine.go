package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"muster/internal/ca"
	"muster/internal/content"
	"muster/internal/index"
	"muster/internal/objects"
	"muster/internal/seal"
	"muster/internal/store"
)

// NotExamined is the answer of Examine where it could not look.
var NotExamined = errors.New("not looked into")

// examinable is how large a database Examine copies.
const examinable = 512 << 20 // bytes

// Examine looks into the data that no server holds as a start would: whether
// the database is whole, whether this version reads it, and whether the master
// key opens what is sealed in it. It looks into a copy and changes nothing. It
// fails with fs.ErrNotExist where there is no database yet, and with
// seal.ErrWrongKey.
func Examine(ctx context.Context, data, masterKeyFile string) (err error) {
	copied, remove, err := copyDatabase(filepath.Join(data, "muster.db"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	db, err := store.Open(ctx, copied, index.New(1))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Check(ctx); err != nil {
		return err
	}
	if masterKeyFile == OnInput || !exists(masterKeyFile) {
		return nil // Load would make one
	}
	master, _, err := seal.Load(masterKeyFile)
	if err != nil {
		return nil // the file's own faults are seen without the data
	}
	_, err = ca.Open(ctx, db.Authorities(), master)
	return err
}

// ExamineObjects does the same with the database of objects: it fails with
// fs.ErrNotExist where there is none and no file of a content either.
func ExamineObjects(ctx context.Context, data, masterKeyFile string) (err error) {
	copied, remove, err := copyDatabase(objectsFile(data))
	if errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, noContents(ctx, data))
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	db, err := store.OpenObjects(ctx, copied)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Check(ctx); err != nil {
		return err
	}
	if masterKeyFile == OnInput || !exists(masterKeyFile) {
		return nil // Load would make one
	}
	master, _, err := seal.Load(masterKeyFile)
	if err != nil {
		return nil // the file's own faults are seen without the data
	}
	files, err := content.Stopped(contentDir(data))
	if err != nil {
		return err
	}
	_, err = objects.New(ctx, db.Rows(), files, master)
	return err
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

// copyDatabase copies a database to where nothing else is. It fails as copyFile does.
func copyDatabase(file string) (copied string, remove func() error, err error) {
	dir, err := os.MkdirTemp("", "muster-copy-")
	if err != nil {
		return "", nil, fmt.Errorf("%w: %w", NotExamined, err)
	}
	remove = func() error { return os.RemoveAll(dir) }
	copied = filepath.Join(dir, filepath.Base(file))
	err = copyFile(copied, file)
	if err == nil {
		// What the last server didn't bring into the file lies beside it.
		if err = copyFile(copied+"-wal", file+"-wal"); errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	}
	if err != nil {
		return "", nil, errors.Join(err, remove())
	}
	return copied, remove, nil
}

// copyFile fails with fs.ErrNotExist where there is none, else with NotExamined.
func copyFile(to, from string) error {
	in, err := os.Open(from)
	if errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err != nil {
		return fmt.Errorf("%w: %w", NotExamined, err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("%w: %w", NotExamined, err)
	}
	n, err := io.Copy(out, io.LimitReader(in, examinable+1))
	if err = errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("%w: copy %s: %w", NotExamined, from, err)
	}
	if n > examinable {
		return fmt.Errorf("%w: %s is larger than %d MB", NotExamined, from, examinable>>20)
	}
	return nil
}
