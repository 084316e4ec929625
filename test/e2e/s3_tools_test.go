package e2e

import (
	"bytes"
	"fmt"
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
	s.failedNothing(t)
}

// s3cmd with what its own configuration has by default.
func TestProgramS3cmd(t *testing.T) {
	t.Parallel()
	s3cmd := need(t, "s3cmd")
	s := Start(t)
	dir := t.TempDir()
	host := strings.TrimPrefix(s.URL, "http://")
	config := fmt.Sprintf("[default]\naccess_key = %s\nsecret_key = %s\nbucket_location = US\nhost_base = %s\nhost_bucket = %s/%%(bucket)\nuse_https = False\n",
		s.Env["AWS_ACCESS_KEY_ID"], s.Env["AWS_SECRET_ACCESS_KEY"], host, host)
	if err := os.WriteFile(filepath.Join(dir, "s3cfg"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	plant(t, filepath.Join(dir, "in"))
	ask := func(args ...string) string {
		t.Helper()
		return s.run(t, dir, nil, append([]string{s3cmd, "-c", "s3cfg", "--no-progress"}, args...)...)
	}
	ask("mb", "s3://by-s3cmd")
	ask("sync", "in/", "s3://by-s3cmd/x/")
	ask("info", "s3://by-s3cmd/x/top.txt")
	ask("cp", "s3://by-s3cmd/x/top.txt", "s3://by-s3cmd/y/top.txt")
	ask("mv", "--recursive", "s3://by-s3cmd/x/", "s3://by-s3cmd/z/")
	if err := os.Mkdir(filepath.Join(dir, "out"), 0o700); err != nil {
		t.Fatal(err)
	}
	ask("get", "--recursive", "s3://by-s3cmd/z/", "out/")
	sameTree(t, filepath.Join(dir, "out"))
	ask("modify", "--add-header=Content-Type:text/x-mine", "s3://by-s3cmd/y/top.txt")
	if got := s.Client().S3(t, "HEAD", "/by-s3cmd/y/top.txt", "").OK(t).Header.Get("Content-Type"); got != "text/x-mine" {
		t.Errorf("the type that s3cmd modified: got %s", got)
	}
	ask("del", "--recursive", "--force", "s3://by-s3cmd/")
	ask("rb", "s3://by-s3cmd")
	s.failedNothing(t)
}

// field skips a test that needs a program few have, unless `make field` runs it.
func field(t *testing.T, tool string) string {
	t.Helper()
	if os.Getenv("MUSTER_FIELD") != "1" {
		t.Skip("only with MUSTER_FIELD=1, as make field has it")
	}
	path := need(t, tool)
	return path
}

func TestProgramRclone(t *testing.T) {
	rclone := field(t, "rclone")
	s := Start(t)
	dir := t.TempDir()
	plant(t, filepath.Join(dir, "in"))
	env := map[string]string{
		"RCLONE_CONFIG_M_TYPE": "s3", "RCLONE_CONFIG_M_PROVIDER": "Other", "RCLONE_CONFIG_M_ENV_AUTH": "true",
		"RCLONE_CONFIG_M_ENDPOINT": s.URL, "RCLONE_CONFIG_M_REGION": s.Env["AWS_REGION"],
	}
	s.run(t, dir, env, rclone, "mkdir", "m:by-rclone")
	s.run(t, dir, env, rclone, "sync", "in", "m:by-rclone/x")
	s.run(t, dir, env, rclone, "check", "in", "m:by-rclone/x")
	s.run(t, dir, env, rclone, "moveto", "m:by-rclone/x", "m:by-rclone/y")
	s.run(t, dir, env, rclone, "sync", "m:by-rclone/y", "out")
	sameTree(t, filepath.Join(dir, "out"))
	s.run(t, dir, env, rclone, "purge", "m:by-rclone/y")
	s.failedNothing(t)
}

func TestProgramRestic(t *testing.T) {
	restic := field(t, "restic")
	s := Start(t)
	dir := t.TempDir()
	plant(t, filepath.Join(dir, "in"))
	env := map[string]string{"RESTIC_REPOSITORY": "s3:" + s.URL + "/by-restic", "RESTIC_PASSWORD": "of the test"}
	s.run(t, dir, env, restic, "init")
	s.run(t, dir, env, restic, "backup", "in")
	s.run(t, dir, env, restic, "check", "--read-data")
	s.run(t, dir, env, restic, "restore", "latest", "--target", "out")
	sameTree(t, filepath.Join(dir, "out", "in"))
	s.run(t, dir, env, restic, "forget", "--keep-last", "1", "--prune")
	s.failedNothing(t)
}

func TestProgramS3fs(t *testing.T) {
	s3fs := field(t, "s3fs")
	unmount := need(t, "fusermount")
	s := Start(t)
	s.Client().S3(t, "PUT", "/by-s3fs", "").OK(t)
	dir := t.TempDir()
	mount := filepath.Join(dir, "mount")
	if err := os.Mkdir(mount, 0o700); err != nil {
		t.Fatal(err)
	}
	s.run(t, dir, map[string]string{"AWSACCESSKEYID": s.Env["AWS_ACCESS_KEY_ID"], "AWSSECRETACCESSKEY": s.Env["AWS_SECRET_ACCESS_KEY"]},
		s3fs, "by-s3fs", mount, "-o", "url="+s.URL, "-o", "use_path_request_style")
	t.Cleanup(func() { s.run(t, dir, nil, unmount, "-u", mount) })
	plant(t, mount)
	if err := os.Rename(filepath.Join(mount, "a"), filepath.Join(mount, "renamed")); err != nil {
		t.Errorf("rename a folder: %v", err)
	}
	if err := os.Rename(filepath.Join(mount, "renamed"), filepath.Join(mount, "a")); err != nil {
		t.Errorf("and back: %v", err)
	}
	sameTree(t, mount)
	text := bytes.Repeat([]byte("appended"), 1000)
	if err := os.WriteFile(filepath.Join(mount, "top.txt"), text, 0o600); err != nil {
		t.Error(err)
	}
	if got := s.Client().S3(t, "GET", "/by-s3fs/top.txt", "").OK(t).Body; got != string(text) {
		t.Errorf("written by s3fs: got %d bytes, want %d", len(got), len(text))
	}
	if err := os.Remove(filepath.Join(mount, "top.txt")); err != nil {
		t.Error(err)
	}
	s.Client().S3(t, "HEAD", "/by-s3fs/top.txt", "").Refused(t, 404, "")
	s.failedNothing(t)
}
