package server

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A directory that is neither empty nor Muster's is refused as it is.
func TestWhoseDataDirectoryItIs(t *testing.T) {
	for _, tc := range []struct {
		name   string
		files  map[string]string
		says   string // of the refusal; "" when it is taken
		before os.FileMode
	}{
		{"empty", nil, "", 0o755},
		{"empty and closed", nil, "", 0o700},
		{"keys put there beforehand", map[string]string{"master.key": "k", "root-credentials": "r"}, "", 0o755},
		{"a file system's root", map[string]string{"lost+found/": ""}, "", 0o755},
		{"marked", map[string]string{marker: markerText, "anything": "x"}, "", 0o755},
		{"of before the marker", map[string]string{"muster.db": "x", "content/00/": ""}, "", 0o755},
		{"somebody's files", map[string]string{"notes.txt": "mine"}, `such as "notes.txt"`, 0o755},
		{"somebody's folders", map[string]string{"run/n": "x", "server.json": "{}"}, "holds what isn't Muster's", 0o777},
		{"a folder named like the database", map[string]string{"muster.db/x": "x"}, `such as "muster.db"`, 0o755},
		{"a layout to come", map[string]string{marker: "This directory holds the data of a Muster server, in layout 2.\n"}, "a newer one made it", 0o755},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range tc.files {
				path := filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if strings.HasSuffix(name, "/") {
					if err := os.MkdirAll(path, 0o755); err != nil {
						t.Fatal(err)
					}
					continue
				}
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Chmod(dir, tc.before); err != nil {
				t.Fatal(err)
			}
			found := entries(t, dir)
			err := claimData(dir)
			info, statErr := os.Stat(dir)
			if statErr != nil {
				t.Fatal(statErr)
			}
			if tc.says != "" {
				if err == nil || !strings.Contains(err.Error(), tc.says) {
					t.Errorf("got %v, want an error that says %s", err, tc.says)
				}
				if after := entries(t, dir); after != found || info.Mode().Perm() != tc.before {
					t.Errorf("refused, and yet it became %s, mode %v", after, info.Mode())
				}
				return
			}
			if err != nil || info.Mode().Perm() != 0o700 {
				t.Errorf("got %v, and mode %v", err, info.Mode())
			}
			if text, err := os.ReadFile(filepath.Join(dir, marker)); err != nil || string(text) != markerText {
				t.Errorf("the marker: got %q, %v", text, err)
			}
			if err := claimData(dir); err != nil {
				t.Errorf("again: %v", err)
			}
		})
	}
	missing := filepath.Join(t.TempDir(), "a", "b")
	if err := claimData(missing); err != nil {
		t.Errorf("one that isn't there: %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := claimData(file); err == nil {
		t.Error("a file was taken for a directory")
	}
}

// What belongs to another user, who could change it, is not used.
func TestKeysOfAnotherUserAreNotUsed(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file away")
	}
	const nobody = 65534
	for _, planted := range []string{"", "master.key", "root-credentials"} {
		c := Default()
		c.Data, c.API, c.Devices = t.TempDir(), "127.0.0.1:0", "127.0.0.1:0"
		c.Getenv, c.Log = func(string) string { return "" }, slog.New(slog.DiscardHandler)
		s, err := Open(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.close(); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(filepath.Join(c.Data, planted), nobody, nobody); err != nil {
			t.Fatal(err)
		}
		if s, err := Open(t.Context(), c); err == nil || !strings.Contains(err.Error(), "belongs to the user with the id 65534") {
			t.Errorf("%q of another: got %v", planted, err)
			if err == nil {
				s.close()
			}
		}
	}
}

// entries are the names in dir and below.
func entries(t *testing.T, dir string) string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		all = append(all, path)
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrPermission) {
		t.Fatal(err)
	}
	return strings.Join(all, "\n")
}
