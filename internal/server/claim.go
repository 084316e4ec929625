package server

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"muster/internal/durable"
	"muster/internal/private"
)

// marker is the file that says that a directory is Muster's data, and in which
// layout.
const (
	marker     = "muster-data"
	markerText = "This directory holds the data of a Muster server, in layout 1.\n"
)

// before are what an operator may put into a data directory before the first
// start, and what a file system has in it by itself.
var before = []string{"master.key", "root-credentials", "lost+found"}

// claimData makes dir the data directory, if it is one or can become one. A
// directory of somebody else's, or with anybody else's files in it, is refused
// as it is: nothing in it is removed, and its mode is left alone.
func claimData(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	if err := private.OwnOrRoots(dir); err != nil {
		return err
	}
	switch text, err := os.ReadFile(filepath.Join(dir, marker)); {
	case err == nil && string(text) != markerText:
		return fmt.Errorf("%s is of a layout that this Muster doesn't know: a newer one made it", dir)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("look whose data directory it is: %w", err)
	case err != nil:
		if err := vacant(dir); err != nil {
			return err
		}
		if err := durable.WriteFile(filepath.Join(dir, marker), []byte(markerText), 0o600); err != nil {
			return fmt.Errorf("mark the data directory, on whose file system write, rename and fsync must work: %w", err)
		}
	}
	info, err := os.Stat(dir)
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		err = os.Chmod(dir, 0o700)
	}
	if err != nil {
		return fmt.Errorf("close the data directory to others: %w", err)
	}
	return nil
}

// vacant fails unless dir holds nothing, or what a server of before the marker
// left.
func vacant(dir string) error {
	if info, err := os.Lstat(filepath.Join(dir, "muster.db")); err == nil && info.Mode().IsRegular() {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("look into the data directory: %w", err)
	}
	for _, e := range entries {
		if !slices.Contains(before, e.Name()) {
			return BadConfig{fmt.Errorf("--data %s holds what isn't Muster's, such as %q: name an empty directory, or one that isn't there yet", dir, e.Name())}
		}
	}
	return nil
}
