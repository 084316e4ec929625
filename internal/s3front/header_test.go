package s3front_test

import (
	"log/slog"
	"strings"
	"testing"
)

// What can't be a header, or is larger than S3 takes, is the client's fault and
// no alarm.
func TestHeadersThatCanNotBeKept(t *testing.T) {
	w := newWorld(t)
	var log records
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn})))
	t.Cleanup(func() { slog.SetDefault(before) })
	w.ok("PUT", "/photos")
	for _, value := range []string{"a%0d%0ab", "a%0ab", "a%00b", "a%7fb", "a%0d"} {
		for _, name := range []string{"x-amz-meta-a", "x-amz-acl", "x-amz-tagging", "x-amz-storage-class", "x-amz-website-redirect-location"} {
			if got := w.send(w.presign(w.root, "PUT", "/photos/cat?"+name+"="+value, 0)); got.status != 400 {
				t.Errorf("%s=%s: got %v, want 400", name, value, got)
			}
		}
	}
	for _, name := range []string{"Content-Type", "Content-Disposition", "Content-Encoding", "Content-Language", "Cache-Control", "Expires", "X-Amz-Meta-A"} {
		if got := w.do(w.root, "PUT", "/photos/cat", "x", name+": "+strings.Repeat("x", 40<<10)); got.status != 400 {
			t.Errorf("40 KiB of %s: got %v, want 400", name, got)
		}
	}
	if got := w.do(w.root, "PUT", "/photos/cat", "x", "Content-Type: "+strings.Repeat("x", 5<<10)); got.status != 200 {
		t.Errorf("5 KiB of Content-Type: got %v, want 200", got)
	}
	if log.String() != "" {
		t.Errorf("it was no quiet refusal: %s", &log)
	}
}
