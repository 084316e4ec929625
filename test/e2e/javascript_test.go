package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// nodeProgram copies the files of a folder and installs the packages of its
// lock file beside the copies. Where node or the packages can't be had it is
// as with a missing tool.
func nodeProgram(t *testing.T, from string) (node, dir string) {
	t.Helper()
	if testing.Short() {
		t.Skip("installs the AWS SDK for JavaScript")
	}
	node, npm := need(t, "node"), need(t, "npm")
	said, err := exec.Command(node, "--version").Output()
	if err != nil {
		missing(t, "%s --version: %v", node, err)
	}
	if v := parseVersion(strings.TrimPrefix(string(said), "v")); !v.atLeast(20, 0) {
		t.Skipf("node %v is too old for the AWS SDK for JavaScript", v)
	}
	dir = t.TempDir()
	files, err := filepath.Glob(filepath.Join(from, "*.*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: got %d files, %v", from, len(files), err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(path)), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), clientLimit)
	defer cancel()
	install := exec.CommandContext(ctx, npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", "--fetch-retries=1")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		missing(t, "npm ci: %v\n%s", err, out)
	}
	return node, dir
}

// The AWS SDK for JavaScript signs URLs and forms, and a browser uses them.
func TestPresignedByTheJavaScriptSDK(t *testing.T) {
	t.Parallel()
	node, dir := nodeProgram(t, absolute(t, "testdata/javascript"))
	s := Start(t)
	s.run(t, dir, nil, node, filepath.Join(dir, "presigned.mjs"))
}
