package main

import (
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/internal/awsapi/adminapi"
	"muster/internal/awswire"
	"muster/internal/objects"
)

func TestDoctorFindsInKeptObjects(t *testing.T) {
	for _, tc := range []sick{
		{"whole objects", func(*testing.T, *patient) {}, "objects", fine, "whole", ""},
		{"a database that is gone", func(t *testing.T, p *patient) { os.Remove(filepath.Join(p.data, "objects.db")) }, "objects", broken, "is gone", "your copy"},
		{"a page that was overwritten", func(t *testing.T, p *patient) { overwrite(t, filepath.Join(p.data, "objects.db")) }, "objects", broken, "can't be used", "your copy"},
		{"another master key", func(t *testing.T, p *patient) {
			change(t, filepath.Join(p.data, "master.key"), func([]byte) []byte { return []byte(base64.StdEncoding.EncodeToString(make([]byte, 32))) })
		}, "objects", broken, "the master key is another", "restore the master key"},
		{"a database that is too large", func(t *testing.T, p *patient) {
			if err := os.Truncate(filepath.Join(p.data, "objects.db"), 1<<30); err != nil { // a sparse file
				t.Fatal(err)
			}
		}, "objects", doubt, "larger than", "--deep"},
		{"a database that can't be read", func(t *testing.T, p *patient) {
			file := filepath.Join(p.data, "objects.db")
			if err := errors.Join(os.Remove(file), os.Mkdir(file, 0o700)); err != nil {
				t.Fatal(err)
			}
		}, "objects", doubt, "not a regular file", "muster objects verify"},
		{"contents open to others", func(t *testing.T, p *patient) { chmod(t, 0o755, p.data, "content") }, "content directory", broken, "mode 0755", "chmod 700 "},
		{"objects of an earlier build", func(t *testing.T, p *patient) {
			if err := os.MkdirAll(filepath.Join(p.data, "s3", "jar"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(p.data, "s3", "jar", "k"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "object store", broken, "aws s3 sync", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			l := newLarder(t)
			l.bucket(t, "jar", objects.NeverVersioned)
			l.put(t, "jar", "k", strings.Repeat("content ", 10_000))
			l.stop(t)
			chmod(t, 0o700, l.data)
			tc.look(t, &patient{doctor: newDoctor(l.data), data: l.data})
			if left := contents(t, os.TempDir()); len(left) > 0 {
				t.Errorf("left behind: %d files", len(left))
			}
		})
	}
}

func TestDoctorJudgesObjects(t *testing.T) {
	now := time.Now()
	at := func(ago time.Duration) *awswire.Time { return &awswire.Time{Time: now.Add(-ago)} }
	n := func(n int64) *int64 { return &n }
	held := "there are more than 1000"
	const day = 24 * time.Hour
	for _, tc := range []struct {
		name  string
		found adminapi.GetObjectStoreResponse
		want  state
		says  string
	}{
		{"nothing was looked at yet", adminapi.GetObjectStoreResponse{Damaged: n(0)}, fine, ""},
		{"all is well", adminapi.GetObjectStoreResponse{Damaged: n(0), Scrub: &adminapi.Scrub{Began: at(60 * day), Ended: at(59 * day), Damaged: n(0)}, Sweep: &adminapi.Sweep{Orphans: n(3)}}, fine, ""},
		{"an answer without a word", adminapi.GetObjectStoreResponse{}, doubt, "doesn't say"},
		{"a read found damage", adminapi.GetObjectStoreResponse{Damaged: n(2)}, broken, "2 contents"},
		{"a scrub found damage", adminapi.GetObjectStoreResponse{Damaged: n(0), Scrub: &adminapi.Scrub{Began: at(day), Damaged: n(1)}}, broken, "1 contents"},
		{"orphans are held back", adminapi.GetObjectStoreResponse{Damaged: n(0), Sweep: &adminapi.Sweep{Orphans: n(1001), Held: &held}}, doubt, "1001 files"},
		{"the last scrub is old", adminapi.GetObjectStoreResponse{Damaged: n(0), Scrub: &adminapi.Scrub{Began: at(62 * day), Ended: at(61 * day), Damaged: n(0)}}, doubt, "not all contents"},
		{"a scrub doesn't end", adminapi.GetObjectStoreResponse{Damaged: n(0), Scrub: &adminapi.Scrub{Began: at(61 * day), Damaged: n(0)}}, doubt, "not all contents"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := newDoctor(t.TempDir())
			d.now = func() time.Time { return now }
			d.judgeObjects(&tc.found)
			if len(d.found) != 1 || d.found[0].State != tc.want || !strings.Contains(d.found[0].Detail, tc.says) {
				t.Errorf("got %+v, want %s that says %q", d.found, tc.want, tc.says)
			}
		})
	}
}
