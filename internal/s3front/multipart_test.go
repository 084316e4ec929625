package s3front_test

import (
	"fmt"
	"strings"
	"testing"
)

// An upload is completed of parts in order, and only if it is there: who asks
// for one that isn't must not take what lies under its key for uploaded.
func TestCompleteUpload(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/film", "an older film")
	begin := func() string {
		_, upload, _ := strings.Cut(w.ok("POST", "/photos/film?uploads").body, "<UploadId>")
		upload, _, _ = strings.Cut(upload, "<")
		return "/photos/film?uploadId=" + upload
	}
	list := func(etag string, numbers ...int) string {
		var parts strings.Builder
		for _, n := range numbers {
			fmt.Fprintf(&parts, "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>", n, etag)
		}
		return "<CompleteMultipartUpload>" + parts.String() + "</CompleteMultipartUpload>"
	}
	upload, aborted := begin(), begin()
	etag := w.ok("PUT", upload+"&partNumber=1", "small").header.Get("Etag")
	w.ok("PUT", upload+"&partNumber=2", "small")
	w.ok("PUT", aborted+"&partNumber=1", "small")
	w.ok("DELETE", aborted)
	never := "/photos/film?uploadId=00000000-0000-4000-8000-000000000001"
	for _, tc := range []struct {
		name, upload, parts, code string
	}{
		{"in another order", upload, list(etag, 2, 1), "InvalidPartOrder"},
		{"a part twice", upload, list(etag, 1, 1), "InvalidPartOrder"},
		{"of parts too small", upload, list(etag, 1, 2), "EntityTooSmall"},
		{"of a part that isn't there", upload, list(etag, 3), "InvalidPart"},
		{"malformed", upload, "<CompleteMultipartUpload>", "MalformedXML"},
		{"of none", upload, list(etag), "MalformedXML"},
		{"one that was aborted", aborted, list(etag, 1), "NoSuchUpload"},
		{"one that never was", never, list(etag, 1), "NoSuchUpload"},
		{"as it should be", upload, list(etag, 1), ""},
		{"again", upload, list(etag, 1), ""},
		{"again, of other parts", upload, list(`"5d41402abc4b2a76b9719d911017c592"`, 1), "NoSuchUpload"},
		{"again, of parts of no kind", upload, list(`"x"`, 1), "NoSuchUpload"},
	} {
		got := w.do(w.root, "POST", tc.upload, tc.parts)
		if got.code != tc.code || tc.code == "" && got.status != 200 {
			t.Errorf("%s: got %v, want %q", tc.name, got, tc.code)
		}
		if location := "<Location>" + w.server.URL + "/photos/film</Location>"; tc.code == "" && !strings.Contains(got.body, location) {
			t.Errorf("%s: got %s, want %s", tc.name, got.body, location)
		}
	}
	if got := w.ok("GET", "/photos/film"); got.body != "small" {
		t.Errorf("the film is %q", got.body)
	}
	w.ok("PUT", "/photos/film", "a newer film")
	if got := w.do(w.root, "POST", upload, list(etag, 1)); got.code != "NoSuchUpload" {
		t.Errorf("again, of what is there no more: got %v, want NoSuchUpload", got)
	}
}
