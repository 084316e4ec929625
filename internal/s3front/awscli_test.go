package s3front_test

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"muster/internal/sigv4"
)

// What aws s3 reads from standard input it sends without knowing its length:
// in one piece when it is small, else in parts.
func TestAWSCLIStreams(t *testing.T) {
	alone(t)
	if _, err := exec.LookPath("aws"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("aws is needed: %v", err)
		}
		t.Skip("no aws")
	}
	w := newWorld(t)
	w.ok("PUT", "/photos")
	aws := func(in []byte, args ...string) []byte {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "aws", args...)
		cmd.Dir = t.TempDir()
		cmd.Stdin = bytes.NewReader(in)
		cmd.Env = []string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_EC2_METADATA_DISABLED=true", "AWS_REGION=us-east-1",
			"AWS_ENDPOINT_URL=" + strings.Replace(w.server.URL, "localhost", "127.0.0.1", 1),
			"AWS_ACCESS_KEY_ID=" + w.root.AccessKey, "AWS_SECRET_ACCESS_KEY=" + w.root.Secret.Reveal(),
		}
		var log bytes.Buffer
		cmd.Stderr = &log
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("aws %v: %v\n%s", args, err, log.String())
		}
		return out
	}
	for name, want := range map[string][]byte{"small": []byte("hello"), "large": bytes.Repeat([]byte("0123456789abcdef"), 600_000)} {
		aws(want, "s3", "cp", "-", "s3://photos/"+name)
		if got := aws(nil, "s3", "cp", "s3://photos/"+name, "-"); !bytes.Equal(got, want) {
			t.Errorf("%s: got %d bytes back, want %d", name, len(got), len(want))
		}
	}
	if etag := w.ok("HEAD", "/photos/large").header.Get("Etag"); !strings.HasSuffix(etag, `-2"`) {
		t.Errorf("large: got ETag %s, want that of two parts", etag)
	}
	link := strings.TrimSpace(string(aws(nil, "s3", "presign", "s3://photos/small")))
	r := w.request(sigv4.Credential{}, call{method: "GET", path: "/"}) // the URL alone is signed
	r.URL = mustURL(t, link)
	r.Host = r.URL.Host
	if got := w.send(r); got.body != "hello" {
		t.Errorf("aws s3 presign: %s: got %v", link, got)
	}
}
