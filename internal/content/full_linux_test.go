package content_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"muster/internal/content"
	"muster/internal/objects"
)

// TestFullDisk runs in a process of its own that may mount a small file system
// where nobody else sees it.
func TestFullDisk(t *testing.T) {
	if dir := os.Getenv("MUSTER_TEST_FULL_DISK"); dir != "" {
		fillUp(t, dir)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestFullDisk$", "-test.v")
	cmd.Env = append(os.Environ(), "MUSTER_TEST_FULL_DISK="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	var exited *exec.ExitError
	if err != nil && !errors.As(err, &exited) || strings.Contains(string(out), cantMount) {
		if os.Getenv("CI") != "" {
			t.Fatalf("a small file system can't be mounted here, and CI needs it: %v\n%s", err, out)
		}
		t.Skipf("a small file system can't be mounted here: %v\n%s", err, out)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

const cantMount = "can't mount:"

func mount(t *testing.T, dir, options string) (*content.Store, string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, "")
	if err := syscall.Mount("none", dir, "tmpfs", 0, options); err != nil {
		t.Fatal(cantMount, err)
	}
	contents := filepath.Join(dir, "contents")
	s, err := content.Open(contents)
	if err != nil {
		t.Fatal(err)
	}
	return s, contents
}

func fillUp(t *testing.T, dir string) {
	t.Run("no bytes left", func(t *testing.T) {
		s, contents := mount(t, filepath.Join(dir, "bytes"), "size=256k")
		plain := bytesOf(1 << 20)
		for range 3 {
			err := s.Write(t.Context(), newID(), key, 1<<20, bytes.NewReader(plain))
			if !errors.Is(err, objects.NoSpace) {
				t.Errorf("Write: got %v, want %v", err, objects.NoSpace)
			}
			if left := files(t, contents); len(left) > 0 {
				t.Errorf("%v is left", left)
			}
		}
		id := newID()
		write(t, s, id, plain[:100_000])
		mustRead(t, s, id, plain[:100_000])
	})
	t.Run("no files left", func(t *testing.T) {
		// The root, contents, tmp, 256 folders, and then a folder and a file.
		s, contents := mount(t, filepath.Join(dir, "files"), "size=16m,nr_inodes=262")
		id := objects.ContentID{1, 1, 1}
		write(t, s, id, bytesOf(10))
		kept := len(files(t, contents))
		// A file would fit, its folder does not.
		for range 3 {
			if err := s.Write(t.Context(), objects.ContentID{1, 2, 1}, key, 10, bytes.NewReader(bytesOf(10))); !errors.Is(err, objects.NoSpace) {
				t.Errorf("no room for a folder: got %v, want %v", err, objects.NoSpace)
			}
		}
		write(t, s, objects.ContentID{1, 1, 2}, bytesOf(10))
		if err := s.Write(t.Context(), objects.ContentID{1, 1, 3}, key, 10, bytes.NewReader(bytesOf(10))); !errors.Is(err, objects.NoSpace) {
			t.Errorf("no room for a file: got %v, want %v", err, objects.NoSpace)
		}
		if left := files(t, contents); len(left) != kept+1 {
			t.Errorf("got the files %v, want only those that were kept", left)
		}
		mustRead(t, s, id, bytesOf(10))
	})
	t.Run("too small to begin", func(t *testing.T) {
		small := filepath.Join(dir, "small")
		if err := os.MkdirAll(small, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mount("none", small, "tmpfs", 0, "nr_inodes=50"); err != nil {
			t.Fatal(cantMount, err)
		}
		if _, err := content.Open(filepath.Join(small, "contents")); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("Open: got %v, want %v", err, syscall.ENOSPC)
		}
	})
}
