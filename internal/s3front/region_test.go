package s3front_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/internal/sigv4"
)

// signedFor signs for a region.
func (w *world) signedFor(cred sigv4.Credential, region string, c call) *http.Request {
	w.t.Helper()
	r := w.request(sigv4.Credential{}, c)
	sigv4.Sign(r, cred, "s3", region, time.Now(), sigv4.Hash([]byte(c.body)))
	return r
}

// A request must be signed for the region of its bucket, and who errs is told
// which that is. Where there is no bucket, any region will do.
func TestRegions(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/cards", "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>")
	for _, tc := range []struct {
		bucket, region, method, query string
		right                         string // "" where it is fine
	}{
		{"photos", "us-east-1", "GET", "", ""},
		{"photos", "US", "GET", "", ""},
		{"photos", "eu-west-1", "GET", "", "us-east-1"},
		{"photos", "EU", "GET", "", "us-east-1"},
		{"photos", "mars-1", "GET", "", "us-east-1"},
		{"cards", "eu-west-1", "GET", "", ""},
		{"cards", "EU", "GET", "", ""},
		{"cards", "US", "GET", "", "eu-west-1"},
		{"cards", "us-east-1", "HEAD", "", "eu-west-1"},
		{"cards", "us-east-1", "PUT", "?versioning", "eu-west-1"},
		{"cards", "us-east-1", "GET", "?location", ""},
		{"", "mars-1", "GET", "", ""},
		{"made-there", "eu-central-1", "PUT", "", "IllegalLocationConstraintException"},
	} {
		name := tc.method + " of " + tc.bucket + tc.query + " for " + tc.region
		got := w.send(w.signedFor(w.root, tc.region, call{method: tc.method, path: "/" + tc.bucket + tc.query}))
		switch {
		case tc.right == "":
			if got.status != 200 {
				t.Errorf("%s: got %v", name, got)
			}
		case strings.HasSuffix(tc.right, "Exception"):
			if got.code != tc.right {
				t.Errorf("%s: got %v, want %s", name, got, tc.right)
			}
		default:
			want := fmt.Sprintf("<Code>AuthorizationHeaderMalformed</Code><Message>The authorization header is malformed; the region &#39;%s&#39; is wrong; expecting &#39;%s&#39;</Message><Region>%s</Region>", tc.region, tc.right, tc.right)
			if got.status != 400 || got.header.Get("X-Amz-Bucket-Region") != tc.right || tc.method != "HEAD" && !strings.Contains(got.body, want) {
				t.Errorf("%s: got %v %v, want the region %s", name, got, got.header, tc.right)
			}
		}
	}
	r := w.request(sigv4.Credential{}, call{method: "GET", path: "/cards"})
	sigv4.Presign(r, w.root, "s3", "us-east-1", time.Now(), time.Minute, sigv4.UnsignedPayload)
	if got := w.send(r); got.status != 400 || got.code != "AuthorizationQueryParametersError" || !strings.Contains(got.body, "<Region>eu-west-1</Region>") {
		t.Errorf("a URL: got %v", got)
	}
	w.ok("HEAD", "/photos")
	if got := w.send(w.presign2(w.root, "GET", "/cards/", 0)); got.status != 200 {
		t.Errorf("a URL of Version 2: got %v", got)
	}
}

// Who may not know of a bucket isn't told where it is.
func TestRegionsAreNotTold(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/cards", "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>")
	wrong := w.root
	wrong.Secret = w.device.Secret
	for name, cred := range map[string]sigv4.Credential{"another account": w.other, "nobody": wrong} {
		got := w.send(w.signedFor(cred, "us-east-1", call{method: "GET", path: "/cards"}))
		if got.status != 403 || strings.Contains(got.body, "eu-west-1") || got.header.Get("X-Amz-Bucket-Region") != "" {
			t.Errorf("%s: got %v %v", name, got, got.header)
		}
	}
}

// aws:RequestedRegion is where the bucket is, whatever the signature says.
func TestRequestedRegionIsTheBuckets(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/cards", "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>")
	w.may(allow("s3:*", "*").when(when{"StringEquals", "aws:RequestedRegion", "eu-west-1"}))
	for _, tc := range []struct {
		bucket, region, query string
		status                int
	}{
		{"cards", "eu-west-1", "", 200}, {"cards", "EU", "", 200}, {"cards", "us-east-1", "?location", 200},
		{"photos", "us-east-1", "", 403}, {"photos", "eu-west-1", "", 400}, {"photos", "eu-west-1", "?location", 403},
	} {
		if got := w.send(w.signedFor(w.device, tc.region, call{method: "GET", path: "/" + tc.bucket + tc.query})); got.status != tc.status {
			t.Errorf("%s%s for %s: got %v, want %d", tc.bucket, tc.query, tc.region, got, tc.status)
		}
	}
}

func TestCreateBucketLocations(t *testing.T) {
	w := newWorld(t)
	for i, tc := range []struct{ signed, constraint, code string }{
		{"us-east-1", "us-east-1", "InvalidLocationConstraint"},
		{"us-east-1", "EU", ""},
		{"us-east-1", "Mars", "InvalidLocationConstraint"},
		{"US", "", ""},
		{"EU", "EU", ""},
		{"eu-west-1", "eu-west-1", ""},
		{"eu-west-1", "us-east-1", "IllegalLocationConstraintException"},
	} {
		c := call{method: "PUT", path: fmt.Sprintf("/bucket-%d", i)}
		if tc.constraint != "" {
			c.body = "<CreateBucketConfiguration><LocationConstraint>" + tc.constraint + "</LocationConstraint></CreateBucketConfiguration>"
		}
		if got := w.send(w.signedFor(w.root, tc.signed, c)); got.code != tc.code || tc.code == "" && got.status != 200 {
			t.Errorf("%s, signed for %s: got %v, want %q", tc.constraint, tc.signed, got, tc.code)
		}
	}
}

// s3cmd signs for US by default, and for the region it is told afterwards.
func TestS3cmd(t *testing.T) {
	alone(t)
	if _, err := exec.LookPath("s3cmd"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("s3cmd is needed: %v", err)
		}
		t.Skip("no s3cmd")
	}
	w := newWorld(t)
	w.ok("PUT", "/cards", "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>")
	dir := t.TempDir()
	host := strings.TrimPrefix(w.server.URL, "http://")
	must(t, os.WriteFile(filepath.Join(dir, "s3cfg"), []byte("[default]\naccess_key="+w.root.AccessKey+"\nsecret_key="+w.root.Secret.Reveal()+
		"\nhost_base="+host+"\nhost_bucket="+host+"/%(bucket)\nuse_https=False\n"), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "cat"), []byte("meow"), 0o600))
	s3cmd := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "s3cmd", append([]string{"-c", filepath.Join(dir, "s3cfg")}, args...)...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("s3cmd %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	s3cmd("mb", "s3://by-s3cmd")
	for _, bucket := range []string{"by-s3cmd", "cards"} {
		s3cmd("put", "cat", "s3://"+bucket+"/a//b c/ü")
		if got := s3cmd("ls", "-r", "s3://"+bucket); !strings.Contains(got, "s3://"+bucket+"/a//b c/ü") {
			t.Errorf("ls of %s: got %s", bucket, got)
		}
		s3cmd("get", "--force", "s3://"+bucket+"/a//b c/ü", "got")
		if got, err := os.ReadFile(filepath.Join(dir, "got")); err != nil || string(got) != "meow" {
			t.Errorf("get from %s: got %q, %v", bucket, got, err)
		}
		s3cmd("mv", "s3://"+bucket+"/a//b c/ü", "s3://"+bucket+"/dir/")
		s3cmd("del", "--recursive", "s3://"+bucket+"/dir/")
	}
	s3cmd("rb", "s3://by-s3cmd")
}
