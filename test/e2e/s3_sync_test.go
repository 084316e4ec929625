package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tree is files of nested folders, by path.
var tree = map[string]string{
	"top.txt":               "top",
	"a/one.txt":             "one",
	"a/b/two words.txt":     "two",
	"a/b/c/d/e/f/g/deep":    strings.Repeat("deep", 10_000),
	"a/b.txt":               "beside a folder of the same beginning",
	"ñandú/über/名前.txt":     "names of the world",
	"empty":                 "",
	"large/nine-mebibytes":  strings.Repeat("0123456789abcdef", 9<<20/16),
	"sp ec+ial&=/a'b(c).py": "special",
}

func plant(t *testing.T, dir string) {
	t.Helper()
	for path, text := range tree {
		path = filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// sameTree fails the test unless dir holds the tree and nothing else.
func sameTree(t *testing.T, dir string) {
	t.Helper()
	found := 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		found++
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if want, known := tree[filepath.ToSlash(name)]; err != nil || !known || want != string(text) {
			t.Errorf("%s: got %d bytes, want %d; expected %v", name, len(text), len(want), known)
		}
		return nil
	})
	if err != nil || found != len(tree) {
		t.Errorf("%s: got %d files, %v; want %d", dir, found, err, len(tree))
	}
}

// Leaving is always possible: aws s3 sync takes out what it took in.
func TestSyncOutOfABucket(t *testing.T) {
	t.Parallel()
	aws, v := awsCLI(t)
	if !v.knowsEndpointURL() {
		missing(t, "this AWS CLI knows no AWS_ENDPOINT_URL")
	}
	s := Start(t)
	dir := t.TempDir()
	plant(t, filepath.Join(dir, "in"))
	s.run(t, dir, nil, aws, "s3", "mb", "s3://leaving")
	s.run(t, dir, nil, aws, "s3", "sync", "--no-progress", "in", "s3://leaving/below/a/prefix")
	s.run(t, dir, nil, aws, "s3", "sync", "--no-progress", "s3://leaving/below/a/prefix", "out")
	sameTree(t, filepath.Join(dir, "out"))
	if said := s.run(t, dir, nil, aws, "s3", "sync", "--no-progress", "in", "s3://leaving/below/a/prefix"); said != "" {
		t.Errorf("a second sync: got %s, want nothing to do", said)
	}
	// And with a folder renamed.
	s.run(t, dir, nil, aws, "s3", "mv", "--recursive", "--quiet", "s3://leaving/below/a", "s3://leaving/moved")
	s.run(t, dir, nil, aws, "s3", "sync", "--no-progress", "s3://leaving/moved/prefix", "moved")
	sameTree(t, filepath.Join(dir, "moved"))
}
