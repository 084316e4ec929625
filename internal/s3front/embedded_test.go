package s3front_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/versity/versitygw/backend/meta"

	"muster/internal/s3front"
	"muster/internal/sigv4"
)

func TestEmbeddedKeepsObjectsAsPlainFiles(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/a/cat.txt", "hello")
	data, err := os.ReadFile(filepath.Join(w.data, "objects", "photos", "a", "cat.txt"))
	if err != nil || string(data) != "hello" {
		t.Errorf("file: got %q, %v", data, err)
	}
	must(t, filepath.WalkDir(w.data, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 && !strings.Contains(path, ".vgwlocks") && filepath.Base(path) != ".sgwtmp" {
			t.Errorf("%s: got %v, want nothing for others", path, info.Mode())
		}
		return err
	}))
}

func TestEmbeddedAgain(t *testing.T) {
	dir := t.TempDir()
	for i := range 2 {
		e, err := s3front.OpenEmbedded(t.Context(), filepath.Join(dir, "s3"), dir)
		must(t, err)
		if err := e.Store().MakeBucket(t.Context(), "photos"); err != nil {
			t.Errorf("MakeBucket, start %d: %v", i, err)
		}
		if _, err := s3front.OpenEmbedded(t.Context(), filepath.Join(dir, "other"), dir); err == nil {
			t.Error("a second store in one process: no error")
		}
		must(t, e.Store().MakeBucket(t.Context(), "cards"))
		if _, err := os.Stat(filepath.Join(dir, "s3", "objects", "cards")); err != nil {
			t.Errorf("bucket made after the refusal of a second store: %v", err)
		}
		must(t, e.Store().Ready(t.Context()))
		must(t, e.Close())
		if err := e.Store().Ready(t.Context()); err == nil {
			t.Error("Ready after Close: no error")
		}
		left, err := filepath.Glob(filepath.Join(dir, "s3-*"))
		if err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	}
}

func TestEmbeddedSocketPath(t *testing.T) {
	deep := filepath.Join(t.TempDir(), strings.Repeat("d", 100))
	must(t, os.MkdirAll(deep, 0o700))
	e, err := s3front.OpenEmbedded(t.Context(), filepath.Join(deep, "s3"), deep)
	must(t, err)
	must(t, e.Store().Ready(t.Context()))
	must(t, e.Close())
}

// What the store prints becomes records, and the process gets its streams back.
func TestEmbeddedOutput(t *testing.T) {
	var mu sync.Mutex
	var log bytes.Buffer
	old := slog.Default()
	t.Cleanup(func() { slog.SetDefault(old) })
	slog.SetDefault(slog.New(slog.NewTextHandler(lockedWriter{&mu, &log}, nil)))
	stdout, stderr := os.Stdout, os.Stderr
	e, err := s3front.OpenEmbedded(t.Context(), filepath.Join(t.TempDir(), "s3"), t.TempDir())
	must(t, err)
	if os.Stdout != stdout {
		t.Error("os.Stdout was not given back")
	}
	fmt.Fprintln(os.Stderr, "\x1b[31m[INTERNAL ERROR]: disk on fire\x1b[0m")
	must(t, e.Close())
	if os.Stderr != stderr {
		t.Error("os.Stderr was not given back")
	}
	mu.Lock()
	defer mu.Unlock()
	for _, want := range []string{"Bucket versioning enabled", `level=ERROR msg="object store" says="[INTERNAL ERROR]: disk on fire"`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("log: got %s, want %s in it", log.String(), want)
		}
	}
}

type lockedWriter struct {
	mu *sync.Mutex
	w  *bytes.Buffer
}

func (l lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

func TestUnreachableStore(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	gone := httptest.NewServer(nil)
	gone.Close()
	w.front.Store = s3front.NewStore(mustURL(t, gone.URL), "us-east-1", w.root)
	got := w.do(w.root, "PUT", "/photos/cat", "hello")
	if got.status != 503 || got.code != "SlowDown" || strings.Contains(got.body, "connect") {
		t.Errorf("got %v, want 503 SlowDown and no more", got)
	}
}

// Another Muster is as good a store as any other S3.
func TestExternalStore(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/outer")
	front := &s3front.Front{Buckets: w.front.Buckets, IAM: w.front.IAM, Authenticate: w.front.Authenticate, Hostname: w.front.Hostname,
		Store: s3front.NewStore(mustURL(t, w.server.URL), "us-east-1", w.root)}
	outer := httptest.NewServer(front)
	t.Cleanup(outer.Close)
	inner := w.server
	w.server = outer
	w.ok("PUT", "/outer/a b+c", "hello")
	if got := w.ok("GET", "/outer/a%20b+c"); got.body != "hello" {
		t.Errorf("GET: got %v", got)
	}
	trailed := "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"
	w.ok("PUT", "/outer/trailed", trailed, "X-Amz-Content-Sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER", "X-Amz-Decoded-Content-Length: 5", "X-Amz-Trailer: x-amz-checksum-crc32")
	w.server = inner
	if got := w.ok("GET", "/outer/trailed"); got.body != "hello" {
		t.Errorf("trailed: got %v", got)
	}
}

func TestManyAtOnce(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	var all sync.WaitGroup
	for i := range 32 {
		all.Go(func() {
			path := fmt.Sprintf("/photos/%d", i)
			body := strings.Repeat(path, 1000)
			r := w.request(sigv4.Credential{}, call{method: "PUT", path: path, body: body})
			sigv4.Sign(r, w.root, "s3", "us-east-1", time.Now(), sigv4.Hash([]byte(body)))
			resp, err := transport.RoundTrip(r)
			if err != nil || resp.StatusCode != 200 {
				t.Errorf("PUT %s: %v %v", path, resp, err)
				return
			}
			resp.Body.Close()
		})
	}
	all.Wait()
	if got := w.ok("GET", "/photos?list-type=2"); strings.Count(got.body, "<Key>") != 32 {
		t.Errorf("got %d objects, want 32", strings.Count(got.body, "<Key>"))
	}
}

// What kill -9 leaves of a bucket, at each point of its making.
func TestEmbeddedMakesHalfMadeBucketsAnew(t *testing.T) {
	for _, tc := range []struct {
		name  string
		leave func(t *testing.T, dir string)
		fails bool
	}{
		{"nothing", func(*testing.T, string) {}, false},
		{"a directory", func(t *testing.T, dir string) { must(t, os.Mkdir(dir, 0o700)) }, false},
		{"a directory with the first attribute", func(t *testing.T, dir string) {
			must(t, os.Mkdir(dir, 0o700))
			must(t, meta.XattrMeta{}.StoreAttribute(nil, filepath.Base(dir), "", "acl", []byte(`{"owner":"muster"}`)))
		}, false},
		{"a directory that holds something", func(t *testing.T, dir string) {
			must(t, os.Mkdir(dir, 0o700))
			must(t, os.WriteFile(filepath.Join(dir, "kept"), nil, 0o600))
		}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			data := t.TempDir()
			e, err := s3front.OpenEmbedded(t.Context(), filepath.Join(data, "s3"), data)
			must(t, err)
			defer e.Close()
			dir := filepath.Join(data, "s3", "objects", "photos")
			tc.leave(t, dir)
			for range 2 { // the second finds a whole bucket
				if err := e.MakeBucket(t.Context(), "photos"); (err != nil) != tc.fails {
					t.Fatalf("MakeBucket: got %v, want failure %v", err, tc.fails)
				}
			}
			if _, err := os.Stat(filepath.Join(dir, "kept")); tc.fails && err != nil {
				t.Errorf("what it held is gone: %v", err)
			}
			if err := e.RemoveBucket(t.Context(), "photos"); !tc.fails && err != nil {
				t.Errorf("the bucket made can't be removed: %v", err)
			}
		})
	}
}
