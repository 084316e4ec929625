package server

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTheProbeLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, probes, "names", "left by a cut"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := probe(dir); err != nil {
		t.Fatal(err)
	}
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}
