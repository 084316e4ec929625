package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster/internal/server"
)

// A value can't end its quotes in any shell.
func TestQuotesOfEachShell(t *testing.T) {
	vars := []variable{{"A", `it's ‘a’ ‚b‛ \ "c" $d`}}
	for shell, want := range map[string]string{
		"sh":         `export A='it'\''s ‘a’ ‚b‛ \ "c" $d'`,
		"fish":       `set -gx A 'it\'s ‘a’ ‚b‛ \\ "c" $d';`,
		"powershell": `$env:A = 'it''s ‘‘a’’ ‚‚b‛‛ \ "c" $d'`,
	} {
		var out strings.Builder
		if err := printEnvironment(&out, shell, vars); err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSpace(out.String()); got != want {
			t.Errorf("%s: got %s, want %s", shell, got, want)
		}
	}
}

// A data directory that another user put where muster env looks by itself is
// not believed.
func TestEnvInSomebodysDirectory(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a directory away")
	}
	t.Chdir(t.TempDir())
	data := server.Default().Data
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, _, err := running(data); !errors.Is(err, server.NotRunning) {
		t.Errorf("one's own: got %v", err)
	}
	if err := os.Chown(data, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	if _, _, err := running(data); err == nil || !strings.Contains(err.Error(), "belongs to the user with the id 65534") {
		t.Errorf("another's: got %v", err)
	}
	named, err := filepath.Abs(data)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := running(named); !errors.Is(err, server.NotRunning) {
		t.Errorf("another's that root names: got %v", err)
	}
}
