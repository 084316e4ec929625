package s3front_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/s3front"
	"muster/internal/secret"
)

// configurations are the sub-resources of a bucket that are its configuration,
// with the methods they have and the name of each.
var configurations = map[string][]string{
	"?abac":                   {"GET GetBucketAbac", "PUT PutBucketAbac"},
	"?accelerate":             {"PUT PutBucketAccelerateConfiguration"},
	"?analytics":              {"GET ListBucketAnalyticsConfigurations"},
	"?analytics&id=1":         {"GET GetBucketAnalyticsConfiguration", "PUT PutBucketAnalyticsConfiguration", "DELETE DeleteBucketAnalyticsConfiguration"},
	"?intelligent-tiering":    {"GET ListBucketIntelligentTieringConfigurations"},
	"?intelligent-tiering&id": {"GET GetBucketIntelligentTieringConfiguration", "PUT PutBucketIntelligentTieringConfiguration", "DELETE DeleteBucketIntelligentTieringConfiguration"},
	"?inventory":              {"GET ListBucketInventoryConfigurations"},
	"?inventory&id=1":         {"GET GetBucketInventoryConfiguration", "PUT PutBucketInventoryConfiguration", "DELETE DeleteBucketInventoryConfiguration"},
	"?logging":                {"PUT PutBucketLogging"},
	"?metadataConfiguration":  {"GET GetBucketMetadataConfiguration", "POST CreateBucketMetadataConfiguration", "DELETE DeleteBucketMetadataConfiguration"},
	"?metadataTable":          {"GET GetBucketMetadataTableConfiguration", "POST CreateBucketMetadataTableConfiguration", "DELETE DeleteBucketMetadataTableConfiguration"},
	"?metadataInventoryTable": {"PUT UpdateBucketMetadataInventoryTableConfiguration"},
	"?metadataJournalTable":   {"PUT UpdateBucketMetadataJournalTableConfiguration"},
	"?metrics":                {"GET ListBucketMetricsConfigurations"},
	"?metrics&id=1":           {"GET GetBucketMetricsConfiguration", "PUT PutBucketMetricsConfiguration", "DELETE DeleteBucketMetricsConfiguration"},
	"?notification":           {"PUT PutBucketNotificationConfiguration"},
	"?object-lock":            {"PUT PutObjectLockConfiguration"},
	"?policy":                 {"PUT PutBucketPolicy"},
	"?replication":            {"PUT PutBucketReplication"},
	"?requestPayment":         {"PUT PutBucketRequestPayment"},
	"?session":                {"GET CreateSession"},
	"?website":                {"PUT PutBucketWebsite"},

	"/cat?encryption":             {"PUT UpdateObjectEncryption"},
	"/cat?legal-hold":             {"GET GetObjectLegalHold", "PUT PutObjectLegalHold"},
	"/cat?renameObject":           {"PUT RenameObject"},
	"/cat?restore":                {"POST RestoreObject"},
	"/cat?retention":              {"GET GetObjectRetention", "PUT PutObjectRetention"},
	"/cat?select&select-type=2":   {"POST SelectObjectContent"},
	"/cat?torrent":                {"GET GetObjectTorrent"},
	"/cat?tagging&acl":            {"PUT PUT of an object with the query parameters acl, tagging"},
	"/cat?versionId=null":         {"PUT PUT of an object with the query parameters versionId"},
	"/cat?unheard-of&versions":    {"GET GET of an object with the query parameters versions"},
	"/cat?partNumber=1&uploads=1": {"PATCH PATCH of an object with the query parameters partNumber, uploads"},
}

// What is not built is refused by its name, and nothing happens; every name
// that is listed as not built can be met.
func TestUnbuiltOperationsAreNamed(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/cat", "hello")
	before := w.kept()
	met := map[string]bool{}
	for path, all := range configurations {
		for _, one := range all {
			method, name, _ := strings.Cut(one, " ")
			met[name] = true
			got := w.do(w.root, method, "/photos"+path, "")
			if got.status != 501 || got.code != "NotImplemented" || !strings.Contains(got.body, "<Message>"+name+" is not implemented by Muster</Message>") {
				t.Errorf("%s /photos%s: got %v, want 501 that names %s", method, path, got, name)
			}
		}
	}
	if diff := cmp.Diff(before, w.kept()); diff != "" {
		t.Errorf("the store has changed (-before +after):\n%s", diff)
	}
	for _, name := range s3front.Unbuilt() {
		if !met[name] {
			t.Errorf("%s is listed as not built, and no request is refused by that name", name)
		}
		if slices.Contains(s3front.Operations(), name) {
			t.Errorf("%s is listed both as built and as not built", name)
		}
	}
	if got := w.do(w.root, "GET", "/photos/cat", "", "X-Amz-Copy-Source: photos/cat"); !strings.Contains(got.body, "GET of an object with x-amz-copy-source") {
		t.Errorf("a copy that is none: got %v", got)
	}
}

// Who is not known is not told what is built.
func TestUnbuiltOperationsAskWhoAsks(t *testing.T) {
	w := newWorld(t)
	wrong := w.root
	wrong.Secret = secret.New("wrong")
	if got := w.do(wrong, "PUT", "/photos?policy", "{}"); got.code != "SignatureDoesNotMatch" {
		t.Errorf("wrong secret: got %v, want SignatureDoesNotMatch", got)
	}
	r, err := http.NewRequest("PUT", w.server.URL+"/photos?policy", nil)
	must(t, err)
	if got := w.send(r); got.code != "AccessDenied" {
		t.Errorf("nobody: got %v, want AccessDenied", got)
	}
}

// A page of another origin may nothing, and no bucket is told from another.
func TestPreflight(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	presigned := w.presign(w.device, "PUT", "/photos/cat", 0)
	for _, tc := range []struct {
		name, url string
		header    []string
		status    int
		code      string
	}{
		{"of a bucket", w.server.URL + "/photos", []string{"Origin: https://example.org", "Access-Control-Request-Method: GET"}, 403, "AccessForbidden"},
		{"of a presigned URL", presigned.URL.String(), []string{"Origin: https://example.org", "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: content-type"}, 403, "AccessForbidden"},
		{"of no bucket", w.server.URL + "/nowhere/cat", []string{"Origin: https://example.org", "Access-Control-Request-Method: GET"}, 403, "AccessForbidden"},
		{"without an origin", w.server.URL + "/photos", []string{"Access-Control-Request-Method: GET"}, 400, "BadRequest"},
		{"without a method", w.server.URL + "/photos", []string{"Origin: https://example.org"}, 403, "AccessForbidden"},
		{"of a method that S3 has not", w.server.URL + "/photos", []string{"Origin: https://example.org", "Access-Control-Request-Method: PATCH"}, 400, "BadRequest"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, err := http.NewRequest("OPTIONS", tc.url, nil)
			must(t, err)
			for _, h := range tc.header {
				name, value, _ := strings.Cut(h, ": ")
				r.Header.Set(name, value)
			}
			got := w.send(r)
			if got.status != tc.status || got.code != tc.code || (got.status == 403 && !strings.Contains(got.body, "CORSResponse: CORS is not enabled for this bucket.")) {
				t.Errorf("got %v, want %d %s", got, tc.status, tc.code)
			}
			for name := range got.header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("got %s: %s", name, got.header.Get(name))
				}
			}
		})
	}
	got := w.ok("GET", "/photos", "", "Origin: https://example.org")
	if allowed := got.header.Get("Access-Control-Allow-Origin"); allowed != "" {
		t.Errorf("a request with an origin: got Access-Control-Allow-Origin %q", allowed)
	}
}

// The record of a refused request says what it asked for, whoever asked.
func TestRecordsNameTheOperation(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	for _, tc := range []struct {
		name, method, path, want string
		before                   func()
	}{
		{"denied", "PUT", "/photos/cat", "PutObject", func() {}},
		{"not built", "PUT", "/photos?policy", "PutBucketPolicy", func() {}},
		{"of a key that is refused", "GET", "/photos/" + strings.Repeat("k", 1025), "", func() {}},
		{"of a session whose origin is gone", "PUT", "/photos/cat", "PutObject", func() { w.withdrawn.Store(true) }},
		{"of such a session, a copy", "PUT", "/photos/cat?partNumber=1&uploadId=1&x-amz-copy-source=a%2Fb", "UploadPartCopy", func() {}},
		{"of such a session, not built", "GET", "/photos/cat?torrent", "GetObjectTorrent", func() {}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var mu sync.Mutex
			var log bytes.Buffer
			old := slog.Default()
			defer slog.SetDefault(old)
			slog.SetDefault(slog.New(slog.NewTextHandler(lockedWriter{&mu, &log}, nil)))
			tc.before()
			if got := w.do(w.device, tc.method, tc.path, ""); got.status < 400 {
				t.Fatalf("got %v, want a refusal", got)
			}
			mu.Lock()
			defer mu.Unlock()
			if tc.want == "" && strings.Contains(log.String(), "operation=") || !strings.Contains(log.String(), "operation="+tc.want) && tc.want != "" {
				t.Errorf("got %s, want operation=%s", log.String(), tc.want)
			}
		})
	}
}
