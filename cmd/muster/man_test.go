package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMan(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	dir := filepath.Join(t.TempDir(), "man")
	if out, err := told(t, "man", "--dir", dir); err != nil {
		t.Fatalf("got %q, %v", out, err)
	}
	for page, has := range map[string]string{
		"muster.1": "muster-serve(1)", "muster-serve.1": "<data>/root-credentials", "muster-doctor.1": "(default <data>/master.key)", "muster-completion-zsh.1": "zsh",
	} {
		text, err := os.ReadFile(filepath.Join(dir, page))
		if err != nil || !strings.Contains(string(text), has) || !strings.Contains(string(text), `"Nov 2023"`) {
			t.Errorf("%s: got %d bytes without %q or the date, %v", page, len(text), has, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "muster-man.1")); err == nil {
		t.Error("the hidden command has a page")
	}
}
