package s3front_test

import (
	"strings"
	"testing"
)

// What S3 was recorded to answer where its documentation says little; the
// oracle names the recordings.
func TestRecordedAnswers(t *testing.T) {
	const suspended = `<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>`
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos?versioning", suspended)

	// What was made without a version id is not named, though it is when it is read.
	for name, made := range map[string]reply{
		"an object": w.ok("PUT", "/photos/cat", "x"),
		"a copy":    w.ok("PUT", "/photos/copy", "", "X-Amz-Copy-Source: photos/cat"),
	} {
		if id, there := made.header["X-Amz-Version-Id"]; there {
			t.Errorf("%s without an id: got version %q, want none", name, id)
		}
	}
	if got := w.ok("GET", "/photos/cat").header.Get("X-Amz-Version-Id"); got != "null" {
		t.Errorf("GET of it: got version %q, want null", got)
	}

	// The tags of what is deleted can't be asked for; what is deleted can.
	marker := w.ok("DELETE", "/photos/cat").header.Get("X-Amz-Version-Id")
	for _, c := range []call{
		{method: "GET", path: "/photos/cat?tagging"},
		{method: "PUT", path: "/photos/cat?tagging", body: tagging},
		{method: "DELETE", path: "/photos/cat?tagging"},
		{method: "GET", path: "/photos/cat?tagging&versionId=" + marker},
	} {
		if got := w.send(w.request(w.root, c)); got.status != 405 || got.code != "MethodNotAllowed" || got.header.Get("Allow") != "DELETE" {
			t.Errorf("%s %s of a delete marker: got %v, want 405 MethodNotAllowed", c.method, c.path, got)
		}
	}
	if got := w.do(w.root, "GET", "/photos/cat"); got.status != 404 || got.code != "NoSuchKey" {
		t.Errorf("GET of what is deleted: got %v, want 404 NoSuchKey", got)
	}
	if got := w.do(w.root, "GET", "/photos/none?tagging"); got.status != 404 || got.code != "NoSuchKey" {
		t.Errorf("GET of the tags of nothing: got %v, want 404 NoSuchKey", got)
	}

	// What can't be a version id is another refusal among several.
	several := `<Delete><Object><Key>copy</Key><VersionId>no-id</VersionId></Object></Delete>`
	if got := w.ok("POST", "/photos?delete", several, sum(several)); !strings.Contains(got.body, "<Code>NoSuchVersion</Code>") || strings.Contains(got.body, "<Deleted>") {
		t.Errorf("DeleteObjects of no id: got %v, want NoSuchVersion", got)
	}
	if got := w.do(w.root, "DELETE", "/photos/copy?versionId=no-id"); got.status != 400 || got.code != "InvalidArgument" {
		t.Errorf("DELETE of no id: got %v, want 400 InvalidArgument", got)
	}
	w.ok("GET", "/photos/copy")

	// A write takes no If-Match of *; a deletion does.
	if got := w.do(w.root, "PUT", "/photos/copy", "y", "If-Match: *"); got.status != 501 || got.code != "NotImplemented" {
		t.Errorf("PUT with If-Match of *: got %v, want 501 NotImplemented", got)
	}
	if got := w.ok("GET", "/photos/copy"); got.body != "x" {
		t.Errorf("GET after the refusal: got %q, want x", got.body)
	}
	w.ok("DELETE", "/photos/copy", "", "If-Match: *")
}

// The first part of an empty object is all of it: no Content-Range can name it.
func TestThePartOfNothing(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/empty", "")
	for _, method := range []string{"GET", "HEAD"} {
		if got := w.do(w.root, method, "/photos/empty?partNumber=1"); got.status != 200 || got.header.Get("Content-Range") != "" {
			t.Errorf("%s: got %v %v, want 200 without Content-Range", method, got, got.header)
		}
	}
}
