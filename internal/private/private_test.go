package private_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"muster/internal/private"
)

const nobody = 65534

// chown gives path away, or skips the test where it can't.
func chown(t *testing.T, path string, uid int) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file away")
	}
	if err := os.Lchown(path, uid, uid); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path string, mode fs.FileMode) string {
	t.Helper()
	if err := errors.Join(os.WriteFile(path, []byte("secret"), 0o600), os.Chmod(path, mode)); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWhichFilesMayHoldASecret(t *testing.T) {
	for _, tc := range []struct {
		name    string
		mode    fs.FileMode
		roots   bool // root's file, else another user's or this one's
		allowed bool
	}{
		{"its owner's", 0o600, false, true},
		{"its owner's to read", 0o400, false, true},
		{"read by the group", 0o640, false, false},
		{"read by the group alone", 0o440, false, false},
		{"root's", 0o600, true, true},
		{"root's, read by the group", 0o440, true, true},
		{"root's to write, read by the group", 0o640, true, false},
		{"root's, written by the group", 0o460, true, false},
		{"root's, run by the group", 0o450, true, false},
		{"root's, read by everybody", 0o444, true, false},
		{"root's, written by others", 0o602, true, false},
		{"root's, run by others", 0o401, true, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := write(t, filepath.Join(t.TempDir(), "key"), tc.mode)
			if tc.roots || os.Geteuid() == 0 {
				chown(t, path, map[bool]int{true: 0, false: nobody}[tc.roots])
			}
			f, err := private.Open(path)
			if (err == nil) != tc.allowed || err != nil && !strings.Contains(err.Error(), "may be read by others") {
				t.Errorf("Open: got %v, want allowed %v", err, tc.allowed)
			}
			if err == nil {
				f.Close()
			}
		})
	}
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"a directory": t.TempDir(), "a pipe": pipe, "a device": "/dev/zero"} {
		if _, err := private.Open(path); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := private.Open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: got %v, want %v", err, fs.ErrNotExist)
	}
}

// A secret of Kubernetes is a link to a link to a directory that is swapped.
func kubernetes(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	version := filepath.Join(dir, "..2026_11_28_10_15_04.12345")
	if err := errors.Join(
		os.Mkdir(version, 0o755),
		os.Symlink("..2026_11_28_10_15_04.12345", filepath.Join(dir, "..data")),
		os.Symlink("..data/master.key", filepath.Join(dir, "master.key")),
	); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(version, "master.key"), 0o440)
	return dir
}

func TestWhoseFilesAreUsed(t *testing.T) {
	file := func(t *testing.T) string { return write(t, filepath.Join(t.TempDir(), "key"), 0o600) }
	for _, tc := range []struct {
		name  string
		make  func(t *testing.T) string
		also  []uint32
		wants string // of the refusal; "" when it is used
	}{
		{"this user's", file, nil, ""},
		{"a secret of Kubernetes", func(t *testing.T) string { return filepath.Join(kubernetes(t), "master.key") }, nil, ""},
		{"an absolute link", func(t *testing.T) string {
			link := filepath.Join(t.TempDir(), "link")
			if err := os.Symlink(file(t), link); err != nil {
				t.Fatal(err)
			}
			return link
		}, nil, ""},
		{"another user's", func(t *testing.T) string {
			path := file(t)
			chown(t, path, nobody)
			return path
		}, nil, "belongs to the user with the id 65534"},
		{"that user's, who is named", func(t *testing.T) string {
			path := file(t)
			chown(t, path, nobody)
			return path
		}, []uint32{nobody}, ""},
		{"another user's link to the file", func(t *testing.T) string {
			dir := kubernetes(t)
			chown(t, filepath.Join(dir, "master.key"), nobody)
			return filepath.Join(dir, "master.key")
		}, nil, "belongs to the user with the id 65534"},
		{"another user's link on the way", func(t *testing.T) string {
			dir := kubernetes(t)
			chown(t, filepath.Join(dir, "..data"), nobody)
			return filepath.Join(dir, "master.key")
		}, nil, "belongs to the user with the id 65534"},
		{"another user's link that is left again", func(t *testing.T) string {
			dir := t.TempDir()
			if err := os.Symlink(filepath.Dir(file(t)), filepath.Join(dir, "link")); err != nil {
				t.Fatal(err)
			}
			chown(t, filepath.Join(dir, "link"), nobody)
			return dir + "/link/./" + "../" // wherever the link's parent is
		}, nil, "belongs to the user with the id 65534"},
		{"links in a circle", func(t *testing.T) string {
			dir := t.TempDir()
			if err := errors.Join(os.Symlink("b", filepath.Join(dir, "a")), os.Symlink("a", filepath.Join(dir, "b"))); err != nil {
				t.Fatal(err)
			}
			return filepath.Join(dir, "a")
		}, nil, "too many levels"},
		{"nothing", func(t *testing.T) string { return filepath.Join(t.TempDir(), "none") }, nil, "no such file"},
		{"a link to nothing", func(t *testing.T) string {
			path := filepath.Join(t.TempDir(), "link")
			if err := os.Symlink("none", path); err != nil {
				t.Fatal(err)
			}
			return path
		}, nil, "no such file"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := private.OwnOrRoots(tc.make(t), tc.also...)
			if tc.wants == "" && err != nil || tc.wants != "" && (err == nil || !strings.Contains(err.Error(), tc.wants)) {
				t.Errorf("got %v, want %q", err, tc.wants)
			}
		})
	}
	t.Run("a relative path", func(t *testing.T) {
		t.Chdir(kubernetes(t))
		if err := private.OwnOrRoots("./..data/../master.key"); !errors.Is(err, fs.ErrNotExist) && err != nil {
			t.Error(err)
		}
		if err := private.OwnOrRoots("master.key"); err != nil {
			t.Error(err)
		}
		chown(t, "..data", nobody)
		if err := private.OwnOrRoots("master.key"); err == nil {
			t.Error("another user's link on a relative path was followed")
		}
	})
}
