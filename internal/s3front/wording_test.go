package s3front_test

import (
	"crypto/md5"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"
)

// noVersion is of the form of version ids, and that of none.
var noVersion = strings.Repeat("A", 32)

// What the store says is put into S3's words.
func TestWordsOfS3(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos?versioning", versioning)
	version := w.ok("PUT", "/photos/cat", "meow").header.Get("X-Amz-Version-Id")

	for _, path := range []string{"/photos/mouse", "/photos/mouse?attributes"} {
		got := w.send(w.request(w.root, call{method: "GET", path: path, header: []string{"X-Amz-Object-Attributes: ETag"}}))
		if got.status != 404 || !strings.Contains(got.body, "<Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>mouse</Key>") {
			t.Errorf("GET %s: got %v, want the key named", path, got)
		}
	}
	got := w.send(w.request(w.root, call{method: "GET", path: "/photos/cat?attributes", header: []string{"X-Amz-Object-Attributes: ETag"}}))
	if at, err := time.Parse(http.TimeFormat, got.header.Get("Last-Modified")); err != nil || time.Since(at).Abs() > time.Minute {
		t.Errorf("GetObjectAttributes: Last-Modified %q: %v", got.header.Get("Last-Modified"), err)
	}

	for _, tc := range []struct {
		name, version string
		status        int
		code          string
	}{
		{"one that never was", noVersion, 204, ""},
		{"one that is there", version, 204, ""},
		{"one that was there", version, 204, ""},
		{"one of no kind", "cat", 400, "InvalidArgument"},
	} {
		got := w.send(w.request(w.root, call{method: "DELETE", path: "/photos/cat?versionId=" + tc.version}))
		if got.status != tc.status || got.code != tc.code || tc.status == 204 && got.header.Get("X-Amz-Version-Id") != tc.version {
			t.Errorf("delete the version %s: got %v %v, want %d %s", tc.name, got, got.header, tc.status, tc.code)
		}
	}
	body := "<Delete><Object><Key>cat</Key><VersionId>" + noVersion + "</VersionId></Object><Object><Key>cat</Key><VersionId>cat</VersionId></Object></Delete>"
	sum := md5.Sum([]byte(body))
	got = w.ok("POST", "/photos?delete", body, "Content-Md5: "+base64.StdEncoding.EncodeToString(sum[:]))
	if !strings.Contains(got.body, "<Deleted><Key>cat</Key><VersionId>"+noVersion+"</VersionId></Deleted>") || strings.Count(got.body, "<Error>") != 1 {
		t.Errorf("delete two versions: got %s, want one deleted that never was, and one refused", got.body)
	}
}

// Of several headers that are not implemented, the refusal names always the same.
func TestRefusalIsAlwaysTheSame(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	headers := []string{"X-Amz-Server-Side-Encryption-Customer-Key: k", "X-Amz-Server-Side-Encryption-Customer-Algorithm: AES256", "X-Amz-Object-Lock-Mode: GOVERNANCE", "X-Amz-Website-Redirect-Location: /"}
	for range 20 {
		got := w.send(w.request(w.root, call{method: "PUT", path: "/photos/cat", body: "meow", header: headers}))
		if got.status != 501 || !strings.Contains(got.body, "X-Amz-Object-Lock-Mode<") {
			t.Fatalf("got %v, want a refusal of X-Amz-Object-Lock-Mode", got)
		}
	}
}

// boto3 writes the type that it signs with Version 2 into the URL, and who uses
// the URL sends it as well. What is signed is what is sent.
func TestPresignedVersion2WithItsType(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	for _, tc := range []struct {
		name, inURL, sent string
		status            int
		kept              string
	}{
		{"in the URL", "text/y", "", 403, ""},
		{"sent", "", "text/y", 200, "text/y"},
		{"both", "text/y", "text/y", 200, "text/y"},
		{"another sent", "text/y", "text/html", 403, ""},
		{"another in the URL", "text/html", "text/y", 200, "text/y"},
	} {
		r := w.presign2(w.root, "PUT", "/photos/cat", 0, "Content-Type: text/y") // the type that is signed
		r.Header.Del("Content-Type")
		if tc.sent != "" {
			r.Header.Set("Content-Type", tc.sent)
		}
		if tc.inURL != "" {
			r.URL.RawQuery += "&content-type=" + strings.ReplaceAll(tc.inURL, "/", "%2F")
		}
		if got := w.send(r); got.status != tc.status {
			t.Errorf("%s: got %v, want %d", tc.name, got, tc.status)
		}
		if tc.status != 200 {
			continue
		}
		if got := w.ok("HEAD", "/photos/cat"); got.header.Get("Content-Type") != tc.kept {
			t.Errorf("%s: kept as %q, want %q", tc.name, got.header.Get("Content-Type"), tc.kept)
		}
	}
}

// What a header may hold reaches the store, however it is spaced; what can't
// be in one is refused before.
func TestSpacesInHeaders(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/keys")
	for _, note := range []string{"a\tb", "a  b", "a \t b", "é", "\u2002a\u2002b\u00a0"} {
		w.ok("PUT", "/keys/x", "x", "X-Amz-Meta-Note: "+note, "Cache-Control: "+note)
		if got := w.ok("GET", "/keys/x").header; got.Get("X-Amz-Meta-Note") != note || got.Get("Cache-Control") != note {
			t.Errorf("%q comes back as %q and %q", note, got.Get("X-Amz-Meta-Note"), got.Get("Cache-Control"))
		}
	}
	for _, query := range []string{"response-content-type=a%0d%0ab", "response-cache-control=%00", "response-expires=%7f"} {
		if got := w.do(w.root, "GET", "/keys/x?"+query); got.status != http.StatusBadRequest || got.code != "InvalidArgument" {
			t.Errorf("%s: got %v, want 400 InvalidArgument", query, got)
		}
	}
	if got := w.ok("GET", "/keys/x?response-content-type=text%2Fplain").header.Get("Content-Type"); got != "text/plain" {
		t.Errorf("response-content-type: got %q", got)
	}
	for tags, code := range map[string]string{"a=b&a=c": "InvalidArgument", "a=b;c=d": "InvalidTag", "a=%zz": "InvalidArgument"} {
		if got := w.do(w.root, "PUT", "/keys/x", "x", "X-Amz-Tagging: "+tags); got.status != http.StatusBadRequest || got.code != code {
			t.Errorf("tags %s: got %v, want 400 %s", tags, got, code)
		}
	}
}
