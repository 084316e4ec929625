package s3front_test

import (
	"strings"
	"testing"
)

// What the embedded store does otherwise than S3, so that a newer one that
// does better is noticed.
func TestWhatTheStoreCannotDo(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/cat", "before versions")
	w.ok("PUT", "/photos?versioning", versioning)
	w.ok("PUT", "/photos/cat", "1")
	w.ok("PUT", "/photos/cat", "2")
	marker := w.ok("DELETE", "/photos/cat").header.Get("X-Amz-Version-Id")
	w.ok("DELETE", "/photos/cat?versionId="+marker)
	if got := w.ok("GET", "/photos/cat"); got.body != "before versions" {
		t.Errorf("a deletion undone: got %q; S3 has 2, the store took what was there before versions", got.body)
	}

	w.ok("POST", "/photos/film?uploads")
	_, upload, _ := strings.Cut(w.ok("POST", "/photos/film?uploads").body, "<UploadId>")
	upload, _, _ = strings.Cut(upload, "<")

	w.ok("PUT", "/photos/dir/child", "child")
	for _, tc := range []struct {
		name string
		call call
		code string
	}{
		{"an object where a directory is", call{method: "PUT", path: "/photos/dir", body: "x"}, "ExistingObjectIsDirectory"},
		{"an object below an object", call{method: "PUT", path: "/photos/dir/child/grandchild", body: "x"}, "ObjectParentIsFile"},
		{"content of a name that ends with a slash", call{method: "PUT", path: "/photos/full/", body: "x"}, "DirectoryObjectContainsData"},
		{"a page of uploads after one of several of a key", call{method: "GET", path: "/photos?uploads&key-marker=film&upload-id-marker=" + upload}, "InvalidArgument"},
		{"a segment of more than 255 bytes", call{method: "PUT", path: "/photos/" + strings.Repeat("n", 256), body: "x"}, "KeyTooLongError"},
	} {
		if got := w.send(w.request(w.root, tc.call)); got.status < 400 || got.status >= 500 || got.code != tc.code {
			t.Errorf("%s: got %v, want %s", tc.name, got, tc.code)
		}
	}
}
