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
	"muster/internal/index"
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
	dir, err := os.MkdirTemp("", "muster-copy-")
	if err != nil {
		return fmt.Errorf("%w: %w", NotExamined, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	copied := filepath.Join(dir, "muster.db")
	if err := copyFile(copied, filepath.Join(data, "muster.db")); err != nil {
		return err
	}
	// What the last server didn't bring into the file lies beside it.
	if err := copyFile(copied+"-wal", filepath.Join(data, "muster.db-wal")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	db, err := store.Open(ctx, copied, index.New(1))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Check(ctx); err != nil {
		return err
	}
	if !exists(masterKeyFile) {
		return nil // Load would make one
	}
	master, _, err := seal.Load(masterKeyFile)
	if err != nil {
		return nil // the file's own faults are seen without the data
	}
	_, err = ca.Open(ctx, db.Authorities(), master)
	return err
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
