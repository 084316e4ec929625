package durable_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"muster/internal/durable"
)

type write = func(path string, content []byte, mode fs.FileMode) error

// expect fails unless the folder holds one file of that name and content.
func expect(t *testing.T, path, content string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != content {
		t.Errorf("%s: got %d bytes, %v; want %d", filepath.Base(path), len(got), err, len(content))
	}
	expectAlone(t, path)
}

func expectAlone(t *testing.T, path string) {
	t.Helper()
	all, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(all) != 1 || all[0].Name() != filepath.Base(path) {
		t.Errorf("the folder holds %v, %v; want %s alone", all, err, filepath.Base(path))
	}
}

func TestAFileIsMade(t *testing.T) {
	for name, write := range map[string]write{"WriteFile": durable.WriteFile, "CreateFile": durable.CreateFile} {
		for _, tc := range []struct {
			name, content string
			mode          fs.FileMode
		}{
			{"for its owner", "secret", 0o600},
			{"for all to read", "public", 0o644},
			{"that all may write, against the umask", "odd", 0o666},
			{"that nobody may write", "fixed", 0o400},
			{"without content", "", 0o600},
			{"of a megabyte", strings.Repeat("x", 1<<20), 0o600},
		} {
			t.Run(name+"/"+tc.name, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "file")
				if err := write(path, []byte(tc.content), tc.mode); err != nil {
					t.Fatal(err)
				}
				expect(t, path, tc.content)
				if info, err := os.Stat(path); err != nil || info.Mode() != tc.mode {
					t.Errorf("mode: got %v, %v; want %v", info.Mode(), err, tc.mode)
				}
			})
		}
	}
}

func TestWriteFileReplaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for _, content := range []string{"a long first content", "short", ""} {
		if err := durable.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		expect(t, path, content)
	}
	if err := durable.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o644 {
		t.Errorf("mode: got %v, %v; want 0644", info.Mode(), err)
	}
}

func TestWriteFileReplacesALinkAndNotItsTarget(t *testing.T) {
	target, path := filepath.Join(t.TempDir(), "target"), filepath.Join(t.TempDir(), "file")
	if err := errors.Join(os.WriteFile(target, []byte("old"), 0o600), os.Symlink(target, path)); err != nil {
		t.Fatal(err)
	}
	if err := durable.WriteFile(path, []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	expect(t, path, "new")
	expect(t, target, "old")
}

func TestAFailureLeavesNothing(t *testing.T) {
	missing := func(t *testing.T, path string) { os.Remove(filepath.Dir(path)) }
	for _, tc := range []struct {
		name  string
		write write
		there func(t *testing.T, path string)
		want  error
	}{
		{"WriteFile over a folder", durable.WriteFile, folder, fs.ErrExist},
		{"WriteFile where the folder is missing", durable.WriteFile, missing, fs.ErrNotExist},
		{"CreateFile over a folder", durable.CreateFile, folder, fs.ErrExist},
		{"CreateFile over a file", durable.CreateFile, file, fs.ErrExist},
		{"CreateFile over a link to nothing", durable.CreateFile, link, fs.ErrExist},
		{"CreateFile where the folder is missing", durable.CreateFile, missing, fs.ErrNotExist},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "inner", "file")
			if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			tc.there(t, path)
			before, _ := os.Lstat(path)
			err := tc.write(path, []byte("new"), 0o600)
			if !errors.Is(err, tc.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v; want %v, with the path", err, tc.want)
			}
			if before == nil {
				return
			}
			expectAlone(t, path)
			if after, err := os.Lstat(path); err != nil || !os.SameFile(before, after) || after.Size() != before.Size() {
				t.Errorf("what was there is another now: %v, %v", after, err)
			}
		})
	}
}

func folder(t *testing.T, path string) {
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
}

func file(t *testing.T, path string) {
	if err := os.WriteFile(path, []byte("something old"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, path string) {
	if err := os.Symlink("nowhere", path); err != nil {
		t.Fatal(err)
	}
}

// TestWhenTheContentDoesNotFit runs in a process of its own whose files may not
// be larger than 4096 bytes, which stands for a full disk.
func TestWhenTheContentDoesNotFit(t *testing.T) {
	const fits = 4096
	if os.Getenv("MUSTER_TEST_SMALL_FILES") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestWhenTheContentDoesNotFit$", "-test.v")
		cmd.Env = append(os.Environ(), "MUSTER_TEST_SMALL_FILES=1")
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "refused") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	dir := t.TempDir()
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: fits, Max: fits}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "file")
	if err := durable.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := durable.WriteFile(path, make([]byte, fits+1), 0o600)
	if !errors.Is(err, syscall.EFBIG) {
		t.Fatalf("got %v, want %v", err, syscall.EFBIG)
	}
	expect(t, path, "old")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := durable.CreateFile(path, make([]byte, fits+1), 0o600); !errors.Is(err, syscall.EFBIG) {
		t.Fatalf("got %v, want %v", err, syscall.EFBIG)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Fatalf("left behind: %v, %v", left, err)
	}
	t.Log("refused")
}

func TestReadersFindOldOrNew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	contents := []string{strings.Repeat("a", 100_000), strings.Repeat("b", 50_000)}
	if err := durable.WriteFile(path, []byte(contents[0]), 0o600); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				got, err := os.ReadFile(path)
				if err != nil || string(got) != contents[0] && string(got) != contents[1] {
					t.Errorf("read %d bytes, %v", len(got), err)
					return
				}
			}
		})
	}
	for i := range 30 {
		if err := durable.WriteFile(path, []byte(contents[i%2]), 0o600); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	wg.Wait()
}

func TestOfSeveralThatCreateAFileOneDoes(t *testing.T) {
	for range 20 {
		path := filepath.Join(t.TempDir(), "file")
		var errs [8]error
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() { errs[i] = durable.CreateFile(path, []byte{byte('a' + i)}, 0o600) })
		}
		wg.Wait()
		winner := ""
		for i, err := range errs {
			switch {
			case err == nil:
				winner += string(rune('a' + i))
			case !errors.Is(err, fs.ErrExist):
				t.Errorf("got %v, want %v", err, fs.ErrExist)
			}
		}
		if len(winner) != 1 {
			t.Fatalf("%q created the file, want one alone", winner)
		}
		expect(t, path, winner)
	}
}

func TestSyncFolder(t *testing.T) {
	if err := durable.SyncFolder(t.TempDir()); err != nil {
		t.Error(err)
	}
	if err := durable.SyncFolder(filepath.Join(t.TempDir(), "missing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want %v", err, fs.ErrNotExist)
	}
}
