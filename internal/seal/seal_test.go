package seal_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"muster/internal/seal"
)

func load(t *testing.T, path string) (*seal.Master, bool) {
	t.Helper()
	m, created, err := seal.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return m, created
}

func TestWhatIsSealedOpensAgainAfterARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	first, created := load(t, path)
	if !created {
		t.Error("first Load: got created false")
	}
	sealed := first.Seal("authority root", []byte("a private key"))
	if bytes.Contains(sealed, []byte("private")) {
		t.Error("the plain text can be read in what was sealed")
	}
	second, created := load(t, path)
	if created {
		t.Error("second Load: got created true")
	}
	got, err := second.Open("authority root", sealed)
	if err != nil || string(got) != "a private key" {
		t.Errorf("Open: got %q, %v", got, err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode: got %o, want 600", info.Mode().Perm())
	}
}

func TestOpenRefuses(t *testing.T) {
	m, _ := load(t, filepath.Join(t.TempDir(), "a"))
	other, _ := load(t, filepath.Join(t.TempDir(), "b"))
	sealed := m.Seal("token", []byte("x"))
	for _, tc := range []struct {
		name, purpose string
		by            *seal.Master
		sealed        []byte
	}{
		{"another purpose", "authority", m, sealed},
		{"another master key", "token", other, sealed},
		{"nothing", "token", m, nil},
		{"an unknown version", "token", m, append([]byte{9}, sealed[1:]...)},
		{"a cut text", "token", m, sealed[:len(sealed)-1]},
		{"only the version", "token", m, sealed[:1]},
		{"a changed bit", "token", m, append(bytes.Clone(sealed[:len(sealed)-1]), sealed[len(sealed)-1]^1)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got, err := tc.by.Open(tc.purpose, tc.sealed); err == nil {
				t.Errorf("Open: got %q, want a refusal", got)
			}
		})
	}
}

func TestLoadRefusesTheFile(t *testing.T) {
	valid := strings.Repeat("A", 43) + "=\n"
	for _, tc := range []struct {
		name, text string
		mode       os.FileMode
		want       string
	}{
		{"readable by the group", valid, 0o640, "may be read by others"},
		{"readable by everybody", valid, 0o604, "may be read by others"},
		{"empty", "", 0o600, "is not a master key"},
		{"too short", "AAAA\n", 0o600, "is not a master key"},
		{"not base64", strings.Repeat("!", 44), 0o600, "is not a master key"},
		{"two keys", valid + valid, 0o600, "is not a master key"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "master.key")
			if err := os.WriteFile(path, []byte(tc.text), tc.mode); err != nil {
				t.Fatal(err)
			}
			os.Chmod(path, tc.mode)
			_, created, err := seal.Load(path)
			if err == nil || created || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Load: got created %v, %v; want %q", created, err, tc.want)
			}
			if got, _ := os.ReadFile(path); string(got) != tc.text {
				t.Errorf("the file was changed to %q", got)
			}
		})
	}
	t.Run("a directory", func(t *testing.T) {
		if _, _, err := seal.Load(t.TempDir()); err == nil {
			t.Error("Load of a directory succeeded")
		}
	})
}

// A secret of Kubernetes is root's, read by a group, behind two links.
func TestLoadReadsASecretThatIsMounted(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root has files of root's")
	}
	dir := t.TempDir()
	if err := errors.Join(
		os.Mkdir(filepath.Join(dir, "..1"), 0o755),
		os.WriteFile(filepath.Join(dir, "..1", "master.key"), []byte(seal.NewKey()), 0o400),
		os.Chmod(filepath.Join(dir, "..1", "master.key"), 0o440),
		os.Symlink("..1", filepath.Join(dir, "..data")),
		os.Symlink("..data/master.key", filepath.Join(dir, "master.key")),
	); err != nil {
		t.Fatal(err)
	}
	if _, created := load(t, filepath.Join(dir, "master.key")); created {
		t.Error("another key was made")
	}
	if err := os.Chown(filepath.Join(dir, "..1", "master.key"), 65534, 65534); err != nil {
		t.Fatal(err)
	}
	if _, _, err := seal.Load(filepath.Join(dir, "master.key")); err == nil || !strings.Contains(err.Error(), "may be read by others") {
		t.Errorf("another user's, read by its group: got %v", err)
	}
}

func TestReadTakesOneLine(t *testing.T) {
	key := seal.NewKey()
	if key == seal.NewKey() {
		t.Fatal("two new keys are one")
	}
	file := filepath.Join(t.TempDir(), "master.key")
	if err := os.WriteFile(file, []byte(key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	of, _ := load(t, file)
	open, write := io.Pipe() // nobody closes it
	go fmt.Fprintln(write, key)
	for name, in := range map[string]io.Reader{
		"a line": strings.NewReader(key + "\n"), "no end of the line": strings.NewReader(key), "more lines": strings.NewReader(key + "\r\nmore\n"), "a pipe that stays open": open,
	} {
		m, err := seal.Read(in)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, err := of.Open("p", m.Seal("p", []byte("x"))); err != nil || string(got) != "x" {
			t.Errorf("%s: another key was read: %v", name, err)
		}
	}
	for name, text := range map[string]string{
		"nothing": "", "an empty line": "\n" + key, "half": key[:20], "a long line": strings.Repeat("A", 1<<20), "not base64": strings.Repeat("!", 44),
	} {
		if _, err := seal.Read(strings.NewReader(text)); err == nil || len(text) > 10 && strings.Contains(err.Error(), text[1:10]) {
			t.Errorf("%s: got %v, want an error that doesn't say what was read", name, err)
		}
	}
	if _, err := seal.Read(iotest.ErrReader(errors.New("gone"))); err == nil || !strings.Contains(err.Error(), "gone") {
		t.Errorf("what can't be read: got %v", err)
	}
}

func TestTwoWhoCreateAtOnceShareOneKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	var masters [8]*seal.Master
	var wg sync.WaitGroup
	for i := range masters {
		wg.Go(func() { masters[i], _, _ = seal.Load(path) })
	}
	wg.Wait()
	sealed := masters[0].Seal("p", []byte("x"))
	for i, m := range masters {
		if _, err := m.Open("p", sealed); err != nil {
			t.Errorf("master %d: %v", i, err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestPrintingShowsNothing(t *testing.T) {
	m, _ := load(t, filepath.Join(t.TempDir(), "master.key"))
	for _, got := range []string{fmt.Sprint(m), fmt.Sprintf("%v %+v %#v %s", m, m, m, m)} {
		if strings.Trim(got, "REDACT ") != "" {
			t.Errorf("printed: %s", got)
		}
	}
}
