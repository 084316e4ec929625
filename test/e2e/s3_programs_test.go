package e2e

import (
	"bytes"
	"crypto/rand"
	"encoding/xml"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

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
}

// field skips a test that needs a program few have, unless make field runs it.
// It returns the program's path.
func field(t *testing.T, tool string) string {
	t.Helper()
	fieldOnly(t)
	return need(t, tool)
}

func fieldOnly(t *testing.T) {
	t.Helper()
	if os.Getenv("MUSTER_FIELD") != "1" {
		t.Skip("only with MUSTER_FIELD=1, as make field has it")
	}
}

// rclone with what rclone config writes for a store it doesn't know by name.
func rcloneEnv(s *Server) map[string]string {
	return map[string]string{
		"RCLONE_CONFIG_M_TYPE": "s3", "RCLONE_CONFIG_M_PROVIDER": "Other", "RCLONE_CONFIG_M_ENV_AUTH": "true",
		"RCLONE_CONFIG_M_ENDPOINT": s.URL, "RCLONE_CONFIG_M_REGION": s.Env["AWS_REGION"],
		"RCLONE_LOG_LEVEL": "ERROR",
	}
}

func TestProgramRclone(t *testing.T) {
	t.Parallel()
	rclone := field(t, "rclone")
	s := Start(t)
	dir := t.TempDir()
	plant(t, filepath.Join(dir, "in"))
	ask := func(args ...string) string {
		t.Helper()
		return s.run(t, dir, rcloneEnv(s), append([]string{rclone}, args...)...)
	}
	ask("mkdir", "m:by-rclone")
	// In parts from 5 MiB on: the tree's largest has nine.
	ask("sync", "--s3-upload-cutoff", "5M", "--s3-chunk-size", "5M", "in", "m:by-rclone/x")
	if tag := s.Client().S3(t, "HEAD", "/by-rclone/x/large/nine-mebibytes", "").OK(t).Header.Get("ETag"); !strings.HasSuffix(tag, `-2"`) {
		t.Errorf("ETag of nine MiB sent in parts of five: got %s, want one of two parts", tag)
	}
	ask("check", "in", "m:by-rclone/x")
	ask("check", "--download", "in", "m:by-rclone/x")
	ask("moveto", "m:by-rclone/x", "m:by-rclone/y")
	// A copy on the server in parts.
	ask("copy", "--s3-copy-cutoff", "5M", "m:by-rclone/y", "m:by-rclone/z")
	ask("sync", "m:by-rclone/z", "out")
	sameTree(t, filepath.Join(dir, "out"))
	ask("purge", "m:by-rclone/y")
	if left := ask("lsf", "-R", "--files-only", "m:by-rclone/y"); left != "" {
		t.Errorf("after purge: got %s, want nothing", left)
	}
	if pending := ask("backend", "list-multipart-uploads", "m:by-rclone"); strings.Contains(pending, "UploadId") {
		t.Errorf("uploads left: %s", pending)
	}
}

// rclone shows each version under a name with its time, and takes it out by that.
func TestProgramRcloneVersions(t *testing.T) {
	t.Parallel()
	rclone := field(t, "rclone")
	s := Start(t)
	dir := t.TempDir()
	ask := func(args ...string) string {
		t.Helper()
		return s.run(t, dir, rcloneEnv(s), append([]string{rclone}, args...)...)
	}
	ask("mkdir", "m:versions")
	ask("backend", "versioning", "m:versions", "Enabled")
	for _, text := range []string{"the first", "the second"} {
		if err := os.WriteFile(filepath.Join(dir, "file.txt"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		ask("copyto", "--ignore-times", "file.txt", "m:versions/a/file.txt")
	}
	ask("deletefile", "m:versions/a/file.txt")
	if now := ask("lsf", "m:versions/a"); now != "" {
		t.Errorf("without versions: got %s, want nothing", now)
	}
	// By the folder: Debian's rclone 1.60 doesn't find a single version by its name.
	ask("copy", "--s3-versions", "m:versions/a", "out")
	got := make(map[string]bool)
	entries, err := os.ReadDir(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(dir, "out", entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		got[string(text)] = strings.HasPrefix(entry.Name(), "file-v20")
	}
	if want := map[string]bool{"the first": true, "the second": true}; !maps.Equal(got, want) {
		t.Errorf("the versions that rclone found: got %v, want %v", got, want)
	}
	ask("backend", "cleanup-hidden", "m:versions")
	if left := s.Client().S3(t, "GET", "/versions?versions", "").OK(t).XML("Key"); left != "" {
		t.Errorf("after cleanup-hidden: got %s, want no version", left)
	}
}

func TestProgramRestic(t *testing.T) {
	t.Parallel()
	restic := field(t, "restic")
	s := Start(t)
	dir := t.TempDir()
	in := filepath.Join(dir, "in")
	plant(t, in)
	env := map[string]string{"RESTIC_REPOSITORY": "s3:" + s.URL + "/by-restic", "RESTIC_PASSWORD": "of the test"}
	ask := func(args ...string) string {
		t.Helper()
		return s.run(t, dir, env, append([]string{restic}, args...)...)
	}
	ask("init")
	// The first backup holds what the second doesn't, so that prune has something to remove.
	noise := make([]byte, 3<<20)
	if _, err := rand.Read(noise); err != nil {
		t.Fatal(err)
	}
	passing := filepath.Join(in, "passing")
	if err := os.WriteFile(passing, noise, 0o600); err != nil {
		t.Fatal(err)
	}
	ask("backup", "in")
	if err := os.Remove(passing); err != nil {
		t.Fatal(err)
	}
	ask("backup", "in")
	ask("check", "--read-data")
	ask("restore", "latest", "--target", "out")
	sameTree(t, filepath.Join(dir, "out", "in"))
	before := s.bytesIn(t, "/by-restic?list-type=2&prefix=data/")
	ask("forget", "--keep-last", "1", "--prune")
	if after := s.bytesIn(t, "/by-restic?list-type=2&prefix=data/"); before-after < len(noise)*9/10 {
		t.Errorf("after prune: got %d bytes of data, had %d", after, before)
	}
	ask("check", "--read-data")
	ask("restore", "latest", "--target", "again")
	sameTree(t, filepath.Join(dir, "again", "in"))
	if locks := s.Client().S3(t, "GET", "/by-restic?list-type=2&prefix=locks/", "").OK(t).XML("Key"); locks != "" {
		t.Errorf("a lock is left: %s", locks)
	}
}

// bytesIn adds up the sizes in a page of a list.
func (s *Server) bytesIn(t *testing.T, list string) int {
	t.Helper()
	var page struct {
		Contents []struct{ Size int }
	}
	if err := xml.Unmarshal([]byte(s.Client().S3(t, "GET", list, "").OK(t).Body), &page); err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, object := range page.Contents {
		sum += object.Size
	}
	return sum
}

func TestProgramS3fs(t *testing.T) {
	t.Parallel()
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
	mounted := true
	leave := func() {
		if mounted {
			mounted = false
			if out, err := exec.Command(unmount, "-u", mount).CombinedOutput(); err != nil {
				t.Errorf("unmount: %v\n%s", err, out)
			}
		}
	}
	t.Cleanup(leave)
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
	leave()
}
