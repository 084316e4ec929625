package s3front_test

import (
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/internal/sigv4"
)

// A key is refused, or is the file of that very name, in its own bucket.
func FuzzKey(f *testing.F) {
	for _, key := range []string{"a", "a/b", "a/../b", "..", "../other/x", "%2e%2e/x", "%252e%252e%252fx", "a//b", "a\\..\\b", "a?b", "a#b", "a+b", "dir/", ".sgwtmp/x", "ü/😀", "a\x00b", " ", "a/ ", "*"} {
		f.Add(key)
	}
	w := newWorld(f)
	w.ok("PUT", "/keys")
	w.ok("PUT", "/other")
	w.ready()
	f.Fuzz(func(t *testing.T, key string) {
		if key == "" {
			return // the bucket
		}
		w := *w
		w.t = t
		r := w.request(sigv4.Credential{}, call{method: "PUT", path: "/", body: key})
		r.URL.Path, r.URL.RawPath = "/keys/"+key, sigv4.Escape("/keys/"+key, true)
		sigv4.Sign(r, w.root, "s3", "us-east-1", time.Now(), sigv4.Hash([]byte(key)))
		got := w.send(r)
		if got.status != http.StatusOK {
			return
		}
		file := filepath.Join(w.data, "objects", "keys") + "/" + key
		if data, err := os.ReadFile(file); err != nil || string(data) != key {
			t.Errorf("PUT %q: its file holds %q, %v", key, data, err)
		}
		if path.Clean(key) != strings.TrimSuffix(key, "/") {
			t.Errorf("PUT %q: a key that a file system reads differently was taken", key)
		}
		w.ok("DELETE", r.URL.EscapedPath())
	})
}
