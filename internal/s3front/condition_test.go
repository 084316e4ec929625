package s3front_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Conditions hold of reading, of writing, and of what is copied. ETAG stands
// for that of the object, BEFORE and AFTER for times around its own.
func TestConditions(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	etag := w.ok("PUT", "/photos/cat", "hello").header.Get("Etag")
	fill := strings.NewReplacer("ETAG", etag, "BARE", strings.Trim(etag, `"`), "OTHER", `"d41d8cd98f00b204e9800998ecf8427e"`,
		"BEFORE", time.Now().Add(-time.Hour).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT"),
		"AFTER", time.Now().Add(2*time.Second).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")).Replace
	time.Sleep(2100 * time.Millisecond) // a time to come says nothing: AFTER must have passed
	for _, tc := range []struct {
		name, method, path, conditions string
		status                         int
	}{
		{"read what it is", "GET", "cat", "If-Match: ETAG", 200},
		{"read what it is, without quotes", "GET", "cat", "If-Match: BARE", 200},
		{"read whatever it is", "GET", "cat", "If-Match: *", 200},
		{"read what it is not", "GET", "cat", "If-Match: OTHER", 412},
		{"read unless it is the same", "GET", "cat", "If-None-Match: ETAG", 304},
		{"read unless it is another", "GET", "cat", "If-None-Match: OTHER", 200},
		{"read what has changed since before", "GET", "cat", "If-Modified-Since: BEFORE", 200},
		{"read what has not changed since", "GET", "cat", "If-Modified-Since: AFTER", 304},
		{"read what is as old", "GET", "cat", "If-Unmodified-Since: AFTER", 200},
		{"read what is newer", "GET", "cat", "If-Unmodified-Since: BEFORE", 412},
		{"the right tag outweighs the time", "GET", "cat", "If-Match: ETAG\nIf-Unmodified-Since: BEFORE", 200},
		{"the same tag outweighs the time", "GET", "cat", "If-None-Match: ETAG\nIf-Modified-Since: BEFORE", 304},
		{"head of what it is", "HEAD", "cat", "If-Match: ETAG", 200},
		{"head of what it is not", "HEAD", "cat", "If-Match: OTHER", 412},
		{"head unless it is the same", "HEAD", "cat", "If-None-Match: ETAG", 304},
		{"head of what has not changed since", "HEAD", "cat", "If-Modified-Since: AFTER", 304},
		{"head of what is newer", "HEAD", "cat", "If-Unmodified-Since: BEFORE", 412},
		{"write only what is new, and it is", "PUT", "new", "If-None-Match: *", 200},
		{"write only what is new, and it is not", "PUT", "cat", "If-None-Match: *", 412},
		{"write over another", "PUT", "cat", "If-Match: OTHER", 412},
		{"write over nothing", "PUT", "none", "If-Match: ETAG", 404},
		{"copy what it is", "PUT", "copy", "X-Amz-Copy-Source: photos/cat\nX-Amz-Copy-Source-If-Match: ETAG", 200},
		{"copy what it is not", "PUT", "copy-2", "X-Amz-Copy-Source: photos/cat\nX-Amz-Copy-Source-If-Match: OTHER", 412},
		{"copy unless it is the same", "PUT", "copy-2", "X-Amz-Copy-Source: photos/cat\nX-Amz-Copy-Source-If-None-Match: ETAG", 412},
		{"copy unless it is another", "PUT", "copy", "X-Amz-Copy-Source: photos/cat\nX-Amz-Copy-Source-If-None-Match: OTHER", 200},
		{"copy what has changed since before", "PUT", "copy", "X-Amz-Copy-Source: photos/cat\nX-Amz-Copy-Source-If-Modified-Since: BEFORE", 200},
		{"copy what has not changed since", "PUT", "copy-2", "X-Amz-Copy-Source: photos/cat\nX-Amz-Copy-Source-If-Modified-Since: AFTER", 412},
		{"copy what is newer", "PUT", "copy-2", "X-Amz-Copy-Source: photos/cat\nX-Amz-Copy-Source-If-Unmodified-Since: BEFORE", 412},
		{"copy only over nothing, and there is none", "PUT", "copied", "X-Amz-Copy-Source: photos/cat\nIf-None-Match: *", 200},
		{"copy only over nothing, and there is", "PUT", "copied", "X-Amz-Copy-Source: photos/cat\nIf-None-Match: *", 412},
		{"copy over what it is", "PUT", "copied", "X-Amz-Copy-Source: photos/cat\nIf-Match: ETAG", 200},
		{"copy over what it is not", "PUT", "copied", "X-Amz-Copy-Source: photos/cat\nIf-Match: OTHER", 412},
		{"write over the same, which is newer then", "PUT", "cat", "If-Match: ETAG", 200},
	} {
		t.Run(tc.name, func(t *testing.T) {
			body := ""
			if tc.method == "PUT" && !strings.Contains(tc.conditions, "Copy-Source") {
				body = "hello" // so that cat stays what it is
			}
			got := w.do(w.root, tc.method, "/photos/"+tc.path, append([]string{body}, strings.Split(fill(tc.conditions), "\n")...)...)
			if got.status != tc.status {
				t.Errorf("got %v, want %d", got, tc.status)
			}
			if tc.status == 412 && tc.method != "HEAD" && got.code != "PreconditionFailed" {
				t.Errorf("got %v, want PreconditionFailed", got)
			}
		})
	}
	for _, key := range []string{"none", "copy-2"} {
		if got := w.do(w.root, "HEAD", "/photos/"+key); got.status != 404 {
			t.Errorf("%s was written against its condition: got %v", key, got)
		}
	}
}

// A completed upload obeys the conditions of a write.
func TestConditionsOfAnUpload(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/cat", "hello")
	id := w.newUpload("/photos/cat")
	etag := w.ok("PUT", "/photos/cat?partNumber=1&uploadId="+id, "part").header.Get("Etag")
	complete := strings.ReplaceAll(completeOne, "ETAG", etag)
	if got := w.do(w.root, "POST", "/photos/cat?uploadId="+id, complete, "If-None-Match: *"); got.code != "PreconditionFailed" {
		t.Errorf("over what is there: got %v, want PreconditionFailed", got)
	}
	if got := w.ok("GET", "/photos/cat"); got.body != "hello" {
		t.Errorf("cat is now %q", got.body)
	}
	w.ok("DELETE", "/photos/cat")
	if got := w.do(w.root, "POST", "/photos/cat?uploadId="+id, complete, "If-None-Match: *"); got.status != 200 {
		t.Errorf("where nothing is: got %v", got)
	}
}

func TestConditionsOfADeletion(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	etag := w.ok("PUT", "/photos/cat", "hello").header.Get("Etag")
	if got := w.do(w.root, "DELETE", "/photos/cat", "", `If-Match: "d41d8cd98f00b204e9800998ecf8427e"`); got.code != "PreconditionFailed" {
		t.Errorf("of another: got %v, want PreconditionFailed", got)
	}
	w.ok("HEAD", "/photos/cat")
	w.ok("DELETE", "/photos/cat", "", "If-Match: "+etag)
}

// A condition that an operation that writes doesn't obey is refused, not ignored.
func TestConditionsThatAreNotObeyed(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/cat", "hello")
	w.ok("PUT", "/photos/dog", "bark")
	id := w.newUpload("/photos/cat")
	before := w.kept()
	for _, tc := range []struct {
		name   string
		call   call
		status int
	}{
		{"a write over what is old", call{method: "PUT", path: "/photos/cat", body: "new", header: []string{"If-Unmodified-Since: Thu, 01 Dec 1994 16:00:00 GMT"}}, 501},
		{"a write over what is another", call{method: "PUT", path: "/photos/cat", body: "new", header: []string{`If-None-Match: "x"`}}, 501},
		{"a deletion of what is old", call{method: "DELETE", path: "/photos/cat", header: []string{"If-Unmodified-Since: Thu, 01 Dec 1994 16:00:00 GMT"}}, 501},
		{"a deletion of what is another", call{method: "DELETE", path: "/photos/cat", header: []string{`If-None-Match: "x"`}}, 501},
		{"a part", call{method: "PUT", path: "/photos/cat?partNumber=1&uploadId=" + id, body: "part", header: []string{"If-None-Match: *"}}, 501},
		{"tags of what it is", call{method: "PUT", path: "/photos/cat?tagging", body: tagging, header: []string{`If-Match: "x"`}}, 501},
		{"a list, which is only read", call{method: "GET", path: "/photos", header: []string{`If-None-Match: "x"`}}, 200},
		{"several objects' deletion", call{method: "POST", path: "/photos?delete", body: deleteOne, header: []string{sum(deleteOne), `If-Match: "x"`}}, 501},
	} {
		if got := w.send(w.request(w.root, tc.call)); got.status != tc.status {
			t.Errorf("%s: got %v, want %d", tc.name, got, tc.status)
		}
	}
	if diff := cmp.Diff(before, w.kept()); diff != "" {
		t.Errorf("the store has changed (-before +after):\n%s", diff)
	}
}

// Policies can ask for a condition of every write.
func TestConditionalWritesAreEnforced(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	only := allow("s3:PutObject", "photos/*")
	only.Condition = map[string]map[string]string{"StringEquals": {"s3:if-none-match": "*"}}
	w.may(only)
	if got := w.do(w.device, "PUT", "/photos/cat", "hello"); got.status != 403 {
		t.Errorf("without: got %v, want 403", got)
	}
	if got := w.do(w.device, "PUT", "/photos/cat", "hello", "If-None-Match: *"); got.status != 200 {
		t.Errorf("with: got %v", got)
	}
}

func TestRanges(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/digits", "0123456789")
	w.ok("PUT", "/photos/empty", "")
	for _, tc := range []struct {
		name, asked, body, within string
		status                    int
	}{
		{"the beginning", "bytes=0-3", "0123", "bytes 0-3/10", 206},
		{"one byte", "bytes=9-9", "9", "bytes 9-9/10", 206},
		{"from a place on", "bytes=7-", "789", "bytes 7-9/10", 206},
		{"the last", "bytes=-4", "6789", "bytes 6-9/10", 206},
		{"more of the last than there is", "bytes=-40", "0123456789", "bytes 0-9/10", 206},
		{"further than the end", "bytes=8-100", "89", "bytes 8-9/10", 206},
		{"beyond the end", "bytes=10-", "", "", 416},
		{"the last none", "bytes=-0", "", "", 416},
		{"several", "bytes=0-1,4-5", "0123456789", "", 200}, // S3 answers one range only
		{"backwards", "bytes=5-2", "0123456789", "", 200},
		{"of another unit", "lines=0-1", "0123456789", "", 200},
		{"no range", "bytes=x", "0123456789", "", 200},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := w.do(w.root, "GET", "/photos/digits", "", "Range: "+tc.asked)
			if got.status != tc.status || (got.status < 300 && (got.body != tc.body || got.header.Get("Content-Range") != tc.within)) {
				t.Errorf("GET: got %v, Content-Range %q, want %d %q %q", got, got.header.Get("Content-Range"), tc.status, tc.body, tc.within)
			}
			if tc.status == 416 && got.code != "InvalidRange" {
				t.Errorf("GET: got %v, want InvalidRange", got)
			}
			if got := w.do(w.root, "HEAD", "/photos/digits", "", "Range: "+tc.asked); got.status != tc.status {
				t.Errorf("HEAD: got %v, want %d", got, tc.status)
			}
		})
	}
	if got := w.do(w.root, "GET", "/photos/empty", "", "Range: bytes=0-0"); got.status != 416 {
		t.Errorf("of an empty object: got %v, want 416", got)
	}
}
