package main

import (
	"strings"
	"testing"
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
