package s3front_test

import (
	"net/http"
	"strings"
	"testing"

	"muster/internal/iam"
	"muster/internal/secret"
)

// A request counts as a use of S3 where it was signed for, allowed or not; one
// whose signature doesn't hold counts as none.
func TestARequestIsAUse(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.front.Region = "eu-north-1"
	role, err := w.roles.Role(t.Context(), account, roleName)
	must(t, err)
	forged := w.device
	forged.Secret = secret.New(strings.Repeat("a", 40))
	for _, tc := range []struct {
		name    string
		request *http.Request
		code    string
		want    iam.Place
	}{
		{"a signature that doesn't hold", w.request(forged, call{method: "GET", path: "/photos/cat"}), "SignatureDoesNotMatch", iam.Place{}},
		{"what it may not", w.request(w.device, call{method: "GET", path: "/photos/cat"}), "AccessDenied", iam.Place{Service: "s3", Region: "us-east-1"}},
		{"a URL that names no region", w.presign2(w.device, "GET", "/photos/cat", 0), "AccessDenied", iam.Place{Service: "s3", Region: "us-east-1"}},
		{"a URL that names neither a region nor a bucket that is there", w.presign2(w.device, "GET", "/nowhere/cat", 0), "NoSuchBucket", iam.Place{Service: "s3", Region: "eu-north-1"}},
		{"a URL", w.presign(w.device, "GET", "/photos/cat", 0), "AccessDenied", iam.Place{Service: "s3", Region: "us-east-1"}},
	} {
		if got := w.send(tc.request); got.code != tc.code {
			t.Errorf("%s: got %v, want %s", tc.name, got, tc.code)
		}
		if got, err := w.roles.LastUse(t.Context(), role.Signer()); err != nil || got.Place != tc.want {
			t.Errorf("%s: got %+v, %v, want %+v", tc.name, got, err, tc.want)
		}
	}
}
