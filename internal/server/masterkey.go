package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"muster/internal/private"
	"muster/internal/seal"
)

// OnInput is the name of a master key's file that stands for standard input.
const OnInput = "-"

// masterKey loads the master key, and makes it at the first start only: a new
// one would not open what is in a database that is there already.
func (s *Server) masterKey(ctx context.Context, database string) (*seal.Master, error) {
	file := s.config.MasterKeyFile
	if file == OnInput {
		s.log.Info("reading the master key from standard input")
		return readMasterKey(ctx, s.config.Stdin)
	}
	if err := private.OwnOrRoots(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if exists(database) && !exists(file) {
		return nil, fmt.Errorf("the master key %s is missing, and %s was sealed with it: restore it from your copy, or name it with --master-key-file", file, database)
	}
	master, made, err := seal.Load(file)
	if made {
		s.log.Info("made the master key; keep a copy of it elsewhere", "file", file)
	}
	return master, err
}

// readMasterKey reads one line of in, and gives up when ctx ends.
func readMasterKey(ctx context.Context, in io.Reader) (*seal.Master, error) {
	var master *seal.Master
	done := make(chan error, 1)
	go func() {
		var err error
		master, err = seal.Read(in)
		done <- err
	}()
	select {
	case err := <-done:
		if err != nil {
			return nil, fmt.Errorf("--master-key-file -: %w", err)
		}
		return master, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("--master-key-file -: %w", context.Cause(ctx))
	}
}

// loadMasterKey loads the master key of data that are there, and makes none.
func loadMasterKey(ctx context.Context, file string, in io.Reader) (*seal.Master, error) {
	if file == OnInput {
		return readMasterKey(ctx, in)
	}
	if !exists(file) {
		return nil, fmt.Errorf("the master key %s is missing: restore it from your copy, or name it with --master-key-file", file)
	}
	master, _, err := seal.Load(file)
	return master, err
}

func exists(file string) bool {
	_, err := os.Lstat(file)
	return err == nil
}
