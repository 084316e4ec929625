package powerloss_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// binary is the server under test. TestMain sets it once.
var binary string

// inside marks the process that has mounts of its own.
const inside = "MUSTER_POWERLOSS_INSIDE"

// lacking says what this machine lacks to run the tests that mount a disk; "" for nothing.
var lacking string

func TestMain(m *testing.M) {
	if os.Getenv(inside) == "" {
		if code, ok := again(); ok {
			os.Exit(code)
		}
	}
	os.Exit(run(m))
}

// again runs this program with mounts of its own, so that whatever becomes of
// it, none is left. ok is false when the machine doesn't allow it.
func again() (code int, ok bool) {
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0, true
	case errors.As(err, &exit):
		return max(exit.ExitCode(), 1), true
	}
	lacking = "mounts of one's own: " + err.Error()
	return 0, false
}

// needFUSE skips a test on a machine that can't mount a disk. In CI it fails.
func needFUSE(t *testing.T) {
	t.Helper()
	switch {
	case lacking == "":
	case os.Getenv("CI") == "true":
		t.Fatalf("CI must have %s", lacking)
	default:
		t.Skipf("this machine lacks %s", lacking)
	}
}

func run(m *testing.M) int {
	if dir := os.Getenv(sharesMemory); dir != "" {
		if err := shareMemory(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	}
	if lacking == "" {
		f, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0)
		if err != nil {
			lacking = "FUSE: " + err.Error()
		} else {
			f.Close()
		}
	}
	if lacking != "" {
		return m.Run()
	}
	if given := os.Getenv("MUSTER_BINARY"); given != "" {
		var err error
		if binary, err = filepath.Abs(given); err != nil {
			fmt.Fprintln(os.Stderr, "powerloss:", err)
			return 1
		}
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "muster-powerloss-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "powerloss:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "muster")
	build := exec.Command("go", "build", "-C", filepath.Join("..", ".."), "-o", binary, "./cmd/muster")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "powerloss: build ./cmd/muster:", err)
		return 1
	}
	return m.Run()
}
