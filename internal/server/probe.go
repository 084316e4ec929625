package server

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"muster/internal/durable"
)

// probes is the folder of the data directory in which its file system is tried
// at each start.
const probes = "probe"

// probe tries whether the file system of a data directory does what is promised
// of Muster's data: that a file, a name and a rename are on the disk when they
// are synced, that an existing file isn't overwritten by one that must be new,
// that names come back as they were given, that modes keep others out, and that
// a lock keeps a second server out. Case doesn't matter: all names that Muster
// gives are in lower case, and keys of objects are never names of files.
//
// It fails with a sentence of what is lacking. A full disk is no lack.
func probe(data string) (err error) {
	dir := filepath.Join(data, probes)
	if err := os.RemoveAll(dir); err != nil { // of a start that was cut
		return fmt.Errorf("try the file system of %s: %w", data, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	for _, try := range []struct {
		what string
		do   func(dir string) error
	}{
		{"make folders and keep modes (chmod)", tryModes},
		{"sync files and folders (fsync) and put a new file in an old one's place (rename)", tryReplace},
		{"make a file under a name that must be free (link)", tryCreate},
		{"give names back as they were given", tryNames},
		{"keep others out of a locked file (flock)", tryLock},
	} {
		err := try.do(dir)
		if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
			return nil // what needs room says so itself, and there is more to do with a full disk than to stay down
		}
		if err != nil {
			return BadConfig{fmt.Errorf("the file system of %s can't %s, which Muster's data need: %w; name a directory of a local file system such as ext4, XFS, Btrfs or APFS with --data", data, try.what, err)}
		}
	}
	return nil
}

func tryModes(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	file := filepath.Join(dir, "mode")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		return err
	}
	for path, mode := range map[string]os.FileMode{dir: 0o700, file: 0o600} {
		if err := os.Chmod(path, mode); err != nil {
			return err
		}
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if got := info.Mode().Perm(); got != mode {
			return fmt.Errorf("a mode of %04o becomes %04o", mode, got)
		}
	}
	return nil
}

func tryReplace(dir string) error {
	file := filepath.Join(dir, "replaced")
	for _, text := range []string{"old", "new"} {
		if err := durable.WriteFile(file, []byte(text), 0o600); err != nil {
			return err
		}
	}
	text, err := os.ReadFile(file)
	if err == nil && string(text) != "new" {
		err = fmt.Errorf("after a rename it holds %q", text)
	}
	return err
}

func tryCreate(dir string) error {
	file := filepath.Join(dir, "created")
	if err := durable.CreateFile(file, nil, 0o600); err != nil {
		return err
	}
	switch err := durable.CreateFile(file, nil, 0o600); {
	case err == nil:
		return errors.New("a file that is there is made again")
	case !errors.Is(err, os.ErrExist):
		return err
	}
	return nil
}

// tryNames makes files of the forms of name that the store gives.
func tryNames(dir string) error {
	dir = filepath.Join(dir, "names")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	content := hex.EncodeToString([]byte("sixteen bytes\xff\xa0\x00"))
	for _, name := range []string{content, "objects.db-wal"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			return err
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if got := strings.Join(names, " "); got != content+" objects.db-wal" {
		return fmt.Errorf("%s and objects.db-wal are listed as %q", content, got)
	}
	return nil
}

func tryLock(dir string) error {
	unlock, err := lockData(dir)
	if err != nil {
		return err
	}
	defer unlock()
	again, err := lockData(dir)
	if err == nil {
		again()
		return errors.New("a second lock is given")
	}
	return nil
}
