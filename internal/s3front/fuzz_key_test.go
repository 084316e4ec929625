package s3front_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"muster/internal/sigv4"
)

// Every UTF-8 of 1 to 1024 bytes is a key: it is read back, listed and deleted
// as it was written, and is no other one.
func FuzzKey(f *testing.F) {
	for _, key := range []string{"a", "a/b", "a/../b", "..", "../other/x", "%2e%2e/x", "%252e%252e%252fx", "a//b", "a\\..\\b", "a?b", "a#b", "a+b", "dir/", "/x", "/", "ü/😀", "a\x00b", "a\nb", " ", "a/ ", "*", "\ufffe", "\xff"} {
		f.Add(key)
	}
	w := newWorld(f)
	w.ok("PUT", "/keys")
	w.ok("PUT", "/other")
	f.Fuzz(func(t *testing.T, key string) {
		if key == "" {
			return // the bucket
		}
		w := w.in(t)
		ask := func(method, body string) reply {
			r := w.request(sigv4.Credential{}, call{method: method, path: "/", body: body})
			r.URL.Path, r.URL.RawPath = "/keys/"+key, sigv4.Escape("/keys/"+key, true)
			sigv4.Sign(r, w.root, "s3", "us-east-1", time.Now(), sigv4.Hash([]byte(body)))
			return w.send(r)
		}
		got := ask("PUT", key)
		if fits := len(key) <= 1024 && utf8.ValidString(key); fits != (got.status == http.StatusOK) || !fits && got.status != http.StatusBadRequest {
			t.Fatalf("PUT %q: got %v", key, got)
		}
		if got.status != http.StatusOK {
			return
		}
		if got := ask("GET", ""); got.body != key {
			t.Errorf("GET %q: got %v", key, got)
		}
		if got := w.ok("GET", "/keys?encoding-type=url").body; !strings.Contains(got, "<Key>"+sigv4.Escape(key, true)+"</Key>") || strings.Count(got, "<Key>") != 1 {
			t.Errorf("list of %q: got %s", key, got)
		}
		if got := ask("DELETE", ""); got.status != http.StatusNoContent {
			t.Errorf("DELETE %q: got %v", key, got)
		}
		if got := w.ok("GET", "/keys").body; strings.Contains(got, "<Key>") {
			t.Errorf("after %q is deleted: got %s", key, got)
		}
	})
}
