package main

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/content"
	"muster/internal/objects"
	"muster/internal/seal"
	"muster/internal/store"
)

// larder is the data directory of a server that was stopped, with objects.
type larder struct {
	data string
	rows *store.Objects
	kept *objects.Objects
}

// newLarder returns one that is open for writing; stop closes it.
func newLarder(t *testing.T) *larder {
	t.Helper()
	l := &larder{data: t.TempDir()}
	master, _, err := seal.Load(filepath.Join(l.data, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := content.Open(filepath.Join(l.data, "content"))
	if err != nil {
		t.Fatal(err)
	}
	if l.rows, err = store.OpenObjects(t.Context(), filepath.Join(l.data, "objects.db")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.rows.Close() })
	if l.kept, err = objects.New(t.Context(), l.rows.Rows(), files, master); err != nil {
		t.Fatal(err)
	}
	l.kept.MinPart = 1
	return l
}

func (l *larder) stop(t *testing.T) {
	t.Helper()
	if err := l.rows.Close(); err != nil {
		t.Fatal(err)
	}
}

func (l *larder) bucket(t *testing.T, name string, v objects.Versioning) {
	t.Helper()
	if err := l.kept.MakeBucket(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	if err := l.kept.SetVersioning(t.Context(), name, v); err != nil {
		t.Fatal(err)
	}
}

func (l *larder) put(t *testing.T, bucket, key, text string) objects.Object {
	t.Helper()
	o, err := l.kept.Put(t.Context(), objects.Put{
		Bucket: bucket, Key: key, Tags: []objects.Tag{{Key: "of", Value: key[:min(len(key), 100)]}},
		Headers: objects.Headers{ContentType: "text/<plain>", Metadata: map[string]string{"a": "b"}},
		Body:    objects.Body{Reader: strings.NewReader(text), Size: int64(len(text)), Checksum: objects.Checksum{Algorithm: "CRC32", Type: objects.FullObject}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// upload begins an upload of one part, and completes it if told to.
func (l *larder) upload(t *testing.T, bucket, key, text string, complete bool) {
	t.Helper()
	id, err := l.kept.CreateUpload(t.Context(), objects.NewUpload{Bucket: bucket, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	u := objects.Upload{Bucket: bucket, Key: key, ID: id}
	var parts []objects.Part
	for i := range 2 {
		part, err := l.kept.PutPart(t.Context(), objects.PutPart{Upload: u, Number: i + 1, Body: objects.Body{Reader: strings.NewReader(text), Size: int64(len(text))}})
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, part)
	}
	if !complete {
		return
	}
	if _, err := l.kept.Complete(t.Context(), objects.Completion{Upload: u, Parts: parts, Size: -1}); err != nil {
		t.Fatal(err)
	}
}

// files returns the files of contents but for temporary ones, the largest first.
func (l *larder) files(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(l.data, "content", "??", "??", "*"))
	if err != nil {
		t.Fatal(err)
	}
	size := func(path string) int64 {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	slices.SortStableFunc(all, func(a, b string) int { return cmp.Compare(size(b), size(a)) })
	return all
}

// keptFiles returns what must not change: all files but SQLite's scratch files and the lock.
func keptFiles(t *testing.T, data string) map[string]string {
	t.Helper()
	all := contents(t, data)
	for _, name := range []string{"lock", "objects.db-shm"} {
		delete(all, filepath.Join(data, name))
	}
	if all[filepath.Join(data, "objects.db-wal")] == contentsOfNothing {
		delete(all, filepath.Join(data, "objects.db-wal"))
	}
	return all
}

// contentsOfNothing is the hash of no bytes.
const contentsOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

var hardKeys = []string{"../x", "..", ".", "a//b", "/x", "dir", "dir/", "dir/child", "\x01\x1f\x7f", "nul\x00", "\u2028<&>\"\\", "objects.jsonl", "1", strings.Repeat("ä", 512)}

func exportedLines(t *testing.T, dir string) []exported {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "objects.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var lines []exported
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	for d.More() {
		var line exported
		if err := d.Decode(&line); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	if n := bytes.Count(raw, []byte("\n")); n != len(lines) {
		t.Errorf("%d objects are on %d lines", len(lines), n)
	}
	return lines
}

func TestObjectsExport(t *testing.T) {
	l := newLarder(t)
	l.bucket(t, "plain", objects.NeverVersioned)
	l.bucket(t, "empty", objects.NeverVersioned)
	want := map[string]string{}
	for i, key := range hardKeys {
		want[key] = strings.Repeat(fmt.Sprint("content of ", i, " "), 1+i*600) // some in rows, some in files
		l.put(t, "plain", key, want[key])
	}
	want["none"] = ""
	l.put(t, "plain", "none", "")
	part := strings.Repeat("a part ", 5000)
	l.upload(t, "plain", "parts", part, true)
	want["parts"] = part + part
	l.stop(t)
	before := keptFiles(t, l.data)

	to := filepath.Join(t.TempDir(), "out")
	out, err := told(t, "objects", "export", "--data", l.data, "--to", to)
	if err != nil || !strings.HasPrefix(out, fmt.Sprintf("2 buckets, %d objects, ", len(want))) {
		t.Fatalf("got %q, %v", out, err)
	}
	got := map[string]string{}
	for _, line := range exportedLines(t, filepath.Join(to, "plain")) {
		raw, err := os.ReadFile(filepath.Join(to, "plain", line.File))
		if err != nil {
			t.Fatal(err)
		}
		got[line.Key] = string(raw)
		if modified, err := time.Parse(time.RFC3339, line.Modified); err != nil || time.Since(modified) > time.Hour {
			t.Errorf("key %q: modified %q", line.Key, line.Modified)
		}
		if line.Size != int64(len(raw)) || line.Version != "null" || !line.Newest || line.ETag == "" {
			t.Errorf("got %+v of %d bytes", line, len(raw))
		}
		if line.Key == "parts" {
			continue
		}
		if line.Headers["Content-Type"] != "text/<plain>" || line.Metadata["a"] != "b" || len(line.Tags) != 1 || line.Checksum == nil || line.Checksum.Algorithm != "CRC32" || line.Checksum.Value == "" {
			t.Errorf("got %+v", line)
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("the contents differ: got %d, want %d", len(got), len(want))
	}
	if lines := exportedLines(t, filepath.Join(to, "empty")); len(lines) > 0 {
		t.Errorf("an empty bucket: got %v", lines)
	}
	// Nothing was written anywhere else: each file is a number or the index.
	err = filepath.WalkDir(filepath.Dir(to), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() != "objects.jsonl" && strings.Trim(d.Name(), "0123456789") != "" {
			t.Errorf("a file %q", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if after := keptFiles(t, l.data); !maps.Equal(before, after) {
		t.Errorf("the data were %v and are %v", before, after)
	}
	if _, err := told(t, "objects", "export", "--data", l.data, "--to", to); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("into the same directory: got %v", err)
	}
}

func TestObjectsExportOfVersions(t *testing.T) {
	l := newLarder(t)
	l.bucket(t, "versions", objects.Enabled)
	l.bucket(t, "other", objects.NeverVersioned)
	old, current := l.put(t, "versions", "k", "old"), l.put(t, "versions", "k", "new")
	l.put(t, "versions", "gone", "was here")
	if deleted, err := l.kept.Delete(t.Context(), "versions", []objects.Deletion{{Key: "gone"}}); err != nil || deleted[0].Err != nil {
		t.Fatal(deleted, err)
	}
	l.stop(t)
	export := func(args ...string) ([]exported, string) {
		t.Helper()
		to := filepath.Join(t.TempDir(), "out")
		if out, err := told(t, append([]string{"objects", "export", "--data", l.data, "--bucket", "versions", "--to", to}, args...)...); err != nil {
			t.Fatal(out, err)
		}
		if _, err := os.Stat(filepath.Join(to, "other")); err == nil {
			t.Error("another bucket was written")
		}
		return exportedLines(t, filepath.Join(to, "versions")), filepath.Join(to, "versions")
	}
	newest, dir := export()
	if raw, err := os.ReadFile(filepath.Join(dir, "1")); len(newest) != 1 || newest[0].Version != current.Version || err != nil || string(raw) != "new" {
		t.Errorf("the newest: got %+v, %q, %v", newest, raw, err)
	}
	all, dir := export("--versions")
	if len(all) != 4 {
		t.Fatalf("all versions: got %+v", all)
	}
	if !all[0].Marker || !all[0].Newest || all[0].File != "" || all[1].Marker || all[1].Newest || all[2].Version != current.Version || !all[2].Newest || all[3].Newest {
		t.Errorf("got %+v", all)
	}
	if raw, err := os.ReadFile(filepath.Join(dir, all[3].File)); err != nil || string(raw) != "old" || all[3].Version != old.Version {
		t.Errorf("the old version: got %+v, %q, %v", all[3], raw, err)
	}
}

func TestObjectsExportRefuses(t *testing.T) {
	l := newLarder(t)
	l.bucket(t, "jar", objects.NeverVersioned)
	l.stop(t)
	to := filepath.Join(t.TempDir(), "out")
	for _, tc := range []struct {
		name string
		args []string
		says string
	}{
		{"no directory", nil, "--to"},
		{"a bucket that isn't there", []string{"--to", to, "--bucket", "c"}, `no bucket "c"`},
		{"a file in the directory's place", []string{"--to", filepath.Join(l.data, "master.key")}, "not a directory"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := told(t, append([]string{"objects", "export", "--data", l.data}, tc.args...)...)
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("got %v", err)
			}
			if _, err := os.Stat(to); err == nil {
				t.Error("the directory was made")
			}
		})
	}
}

// A row may name anything: it must not become a path.
func TestObjectsExportOfABucketThatIsNone(t *testing.T) {
	l := newLarder(t)
	l.bucket(t, "../out", objects.NeverVersioned)
	l.stop(t)
	to := filepath.Join(t.TempDir(), "out")
	if _, err := told(t, "objects", "export", "--data", l.data, "--to", to); err == nil || !strings.Contains(err.Error(), `"../out"`) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(to); err == nil {
		t.Error("the directory was made")
	}
}

// change changes the file at path.
func change(t *testing.T, path string, fn func([]byte) []byte) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, fn(raw), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestObjectsVerify(t *testing.T) {
	large := strings.Repeat("x", 100_000)
	for _, tc := range []struct {
		name     string
		damage   func(t *testing.T, files []string)
		damaged  int
		affected int
		orphans  int64
	}{
		{"whole data", func(*testing.T, []string) {}, 0, 0, 0},
		{"a flipped byte", func(t *testing.T, files []string) {
			change(t, files[0], func(b []byte) []byte { b[len(b)/2] ^= 1; return b })
		}, 1, 1, 0},
		{"a file that was cut", func(t *testing.T, files []string) {
			change(t, files[0], func(b []byte) []byte { return b[:len(b)-1] })
		}, 1, 1, 0},
		{"a missing file", func(t *testing.T, files []string) { os.Remove(files[0]) }, 1, 1, 0},
		{"two files that were swapped", func(t *testing.T, files []string) {
			other, err := os.ReadFile(files[1])
			if err != nil {
				t.Fatal(err)
			}
			change(t, files[0], func(b []byte) []byte {
				os.WriteFile(files[1], b, 0o600)
				return other
			})
		}, 2, 2, 0},
		{"a file that no object has", func(t *testing.T, files []string) {
			folder := filepath.Join(filepath.Dir(filepath.Dir(filepath.Dir(files[0]))), "ab", "cd")
			if err := os.MkdirAll(folder, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, "abcd"+strings.Repeat("0", 28)), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, 0, 0, 1},
		{"no file at all", func(t *testing.T, files []string) {
			for _, f := range files {
				os.Remove(f)
			}
		}, 6, 5, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := newLarder(t)
			l.bucket(t, "jar", objects.Enabled)
			l.put(t, "jar", "../x\n", large+"1") // the two versions are the largest files
			l.put(t, "jar", "../x\n", large+"2")
			l.put(t, "jar", "small", "in a row")
			l.upload(t, "jar", "parts", large, true)
			l.upload(t, "jar", "under way", large, false)
			l.stop(t)
			tc.damage(t, l.files(t))
			before := keptFiles(t, l.data)

			out, err := told(t, "objects", "verify", "--data", l.data, "-o", "json")
			var got verifyReport
			if jsonErr := json.Unmarshal([]byte(out), &got); jsonErr != nil {
				t.Fatal(out, err, jsonErr)
			}
			if (err != nil) != (tc.damaged > 0) {
				t.Errorf("got %v with %d damaged", err, tc.damaged)
			}
			if got.Contents != 8 || got.Damaged != int64(tc.damaged) || len(got.Affected) != tc.affected || got.Orphans != tc.orphans {
				t.Errorf("got %+v", got)
			}
			for _, a := range got.Affected {
				if a.Bucket != "jar" || a.Key == "" || (a.Version == "") != (a.Upload != "" && a.Part > 0) || a.Reason == "" {
					t.Errorf("got %+v", a)
				}
			}
			if after := keptFiles(t, l.data); !maps.Equal(before, after) {
				t.Errorf("the data were %v and are %v", before, after)
			}
			out, _ = told(t, "objects", "verify", "--data", l.data)
			if n := strings.Count(out, "\n"); n != tc.affected+2 || strings.Count(out, "damaged: bucket \"jar\", key \"") != tc.affected {
				t.Errorf("got %q", out)
			}
		})
	}
}

// What can't be read has a line and no file, and all else is written.
func TestObjectsExportOfDamagedContents(t *testing.T) {
	l := newLarder(t)
	l.bucket(t, "jar", objects.NeverVersioned)
	l.put(t, "jar", "bad", strings.Repeat("bad", 100_000))
	files := l.files(t)
	l.put(t, "jar", "good", strings.Repeat("good", 100_000))
	l.put(t, "jar", "missing", strings.Repeat("missing", 100_000))
	for _, f := range l.files(t) {
		if raw, err := os.ReadFile(f); err == nil && len(raw) > 600_000 {
			os.Remove(f)
		}
	}
	l.stop(t)
	change(t, files[0], func(b []byte) []byte { b[len(b)-1] ^= 1; return b }) // seen only at the end
	to := filepath.Join(t.TempDir(), "out")
	_, err := told(t, "objects", "export", "--data", l.data, "--to", to)
	if err == nil || !strings.Contains(err.Error(), "2 objects are damaged") {
		t.Errorf("got %v", err)
	}
	lines := exportedLines(t, filepath.Join(to, "jar"))
	if len(lines) != 3 || lines[0].Damaged == "" || lines[0].File != "" || lines[1].File != "2" || lines[1].Damaged != "" || lines[2].Damaged == "" {
		t.Errorf("got %+v", lines)
	}
	if _, err := os.Stat(filepath.Join(to, "jar", "1")); err == nil {
		t.Error("a damaged content was written")
	}
}

func TestStoppedObjectsAreRefused(t *testing.T) {
	for _, tc := range []struct {
		name   string
		damage func(t *testing.T, data string)
		says   string
	}{
		{"another master key", func(t *testing.T, data string) {
			change(t, filepath.Join(data, "master.key"), func([]byte) []byte {
				return []byte(base64.StdEncoding.EncodeToString(make([]byte, 32)))
			})
		}, "another master key"},
		{"no master key", func(t *testing.T, data string) { os.Remove(filepath.Join(data, "master.key")) }, "master key"},
		{"no data", func(t *testing.T, data string) { os.RemoveAll(data) }, "there is no"},
		{"no database", func(t *testing.T, data string) { os.Remove(filepath.Join(data, "objects.db")) }, "there is no"},
		{"a database that is none", func(t *testing.T, data string) {
			change(t, filepath.Join(data, "objects.db"), func([]byte) []byte { return []byte("not a database, though longer than a header") })
		}, "not a database"},
		{"objects of an earlier build", func(t *testing.T, data string) {
			if err := os.MkdirAll(filepath.Join(data, "s3", "b"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(data, "s3", "b", "k"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "aws s3 sync"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := newLarder(t)
			l.bucket(t, "jar", objects.NeverVersioned)
			l.put(t, "jar", "k", "content")
			l.stop(t)
			tc.damage(t, l.data)
			for _, args := range [][]string{{"verify"}, {"export", "--to", filepath.Join(t.TempDir(), "out")}} {
				_, err := told(t, append([]string{"objects", args[0], "--data", l.data}, args[1:]...)...)
				if err == nil || !strings.Contains(err.Error(), tc.says) {
					t.Errorf("%s: got %v, want it to say %q", args[0], err, tc.says)
				}
			}
			for _, name := range []string{"master.key", "objects.db"} {
				if _, err := os.Stat(filepath.Join(l.data, name)); tc.name == "no data" && err == nil {
					t.Errorf("%s was made", name)
				}
			}
		})
	}
}

func TestStoppedObjectsOfARunningServer(t *testing.T) {
	p := newPatient(t, nil)
	for _, args := range [][]string{{"verify"}, {"export", "--to", filepath.Join(t.TempDir(), "out")}} {
		if _, err := told(t, append([]string{"objects", args[0], "--data", p.data}, args[1:]...)...); err == nil || !strings.Contains(err.Error(), "stop it first") {
			t.Errorf("%s: got %v", args[0], err)
		}
	}
	p.stop()
	if out, err := told(t, "objects", "verify", "--data", p.data); err != nil || !strings.HasPrefix(out, "0 contents read") {
		t.Errorf("once it is stopped: got %q, %v", out, err)
	}
}

// A server that was killed leaves writes beside its database: they are read.
func TestObjectsOfAKilledServer(t *testing.T) {
	l := newLarder(t)
	l.bucket(t, "jar", objects.NeverVersioned)
	l.put(t, "jar", "k", "content")
	killed := t.TempDir()
	for _, name := range []string{"master.key", "objects.db", "objects.db-wal"} { // as they are now, with the store open
		raw, err := os.ReadFile(filepath.Join(l.data, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(killed, name), raw, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	before := keptFiles(t, killed)
	if out, err := told(t, "objects", "verify", "--data", killed); err != nil || !strings.HasPrefix(out, "1 contents read, 7 bytes") {
		t.Errorf("got %q, %v", out, err)
	}
	if after := keptFiles(t, killed); !maps.Equal(before, after) {
		t.Errorf("the data were %v and are %v", before, after)
	}
}
