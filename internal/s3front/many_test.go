package s3front_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/internal/sigv4"
)

type lockedWriter struct {
	mu *sync.Mutex
	w  *bytes.Buffer
}

func (l lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
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
