package seal_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

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
