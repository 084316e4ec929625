// Package private says which files may hold a secret, and which files and
// directories nobody but their user can have changed.
package private

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Open opens the file of a secret for reading. It must be a regular file that
// others can neither read nor write, as Check says. It is checked once open, so
// that it can't be another than the one that is read.
func Open(path string) (*os.File, error) {
	// A pipe in its place would be waited for without the flag.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		err = Check(path, info)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Check reports what makes the file at path unfit for a secret: that it isn't a
// regular file, or that anybody but its owner may read or write it. A group may
// read a file of root's that nobody may write: so a Kubernetes secret (mode 0440
// and the pod's fsGroup) and a systemd credential, whose access list shows as its
// group's, reach the process, which owns neither.
func Check(path string, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", path)
	}
	mode := info.Mode().Perm()
	if owner, ok := ownerOf(info); mode&0o077 != 0 && !(ok && owner == 0 && mode == 0o440) {
		return fmt.Errorf("%s may be read by others, or written (mode %04o): it must be 0600 or 0400, or 0440 where it is root's; "+
			"if nobody else can have read it, chmod 600 it", path, mode)
	}
	return nil
}

// maxLinks is how many symbolic links a path may lead through, as on Linux.
const maxLinks = 40

// OwnOrRoots fails unless what is at path, and every symbolic link on the way to
// it, is this user's, root's, or one of the users' named: anybody else could
// change it at any time, or has planted it. It fails with fs.ErrNotExist where
// nothing is.
func OwnOrRoots(path string, also ...uint32) error {
	if !filepath.IsAbs(path) {
		here, err := os.Getwd()
		if err != nil {
			return err
		}
		path = here + "/" + path // not cleaned: the system reads link/.. otherwise
	}
	at, todo := "/", strings.Split(path, "/")
	for links := 0; len(todo) > 0; {
		name := todo[0]
		todo = todo[1:]
		switch name {
		case "", ".":
			continue
		case "..":
			at = filepath.Dir(at)
			continue
		}
		next := filepath.Join(at, name)
		info, err := os.Lstat(next)
		if err != nil {
			return err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			at = next
			continue
		}
		if err := owned(next, info, also); err != nil {
			return err
		}
		if links++; links > maxLinks {
			return &fs.PathError{Op: "follow", Path: path, Err: syscall.ELOOP}
		}
		target, err := os.Readlink(next)
		if err != nil {
			return err
		}
		if filepath.IsAbs(target) {
			at = "/"
		}
		todo = append(strings.Split(target, "/"), todo...)
	}
	info, err := os.Lstat(at)
	if err != nil {
		return err
	}
	return owned(at, info, also)
}

func owned(path string, info fs.FileInfo, also []uint32) error {
	owner, ok := ownerOf(info)
	if !ok || owner == 0 || int(owner) == os.Geteuid() || slices.Contains(also, owner) {
		return nil
	}
	return fmt.Errorf("%s belongs to the user with the id %d, who could change it, and not to this one (%d): run Muster as that user, or give it to this one with chown", path, owner, os.Geteuid())
}

func ownerOf(info fs.FileInfo) (uint32, bool) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return s.Uid, true
}
