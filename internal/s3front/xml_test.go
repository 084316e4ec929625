package s3front_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A document that is larger, deeper or of more elements than any of its kind is
// refused while it is read: it costs no more than its bytes.
func TestDocumentsWithoutMeasure(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/cat", "hello")
	id := w.newUpload("/photos/film")
	w.may(allow("s3:*", "*"))
	before := w.kept()
	for name, body := range map[string]string{
		"many elements":        "<Delete>" + strings.Repeat("<a>", 1<<20) + "</Delete>",
		"many empty ones":      "<Tagging>" + strings.Repeat("<a/>", 900_000) + "</Tagging>",
		"many objects":         "<Delete>" + strings.Repeat("<Object/>", 400_000) + "</Delete>",
		"many attributes":      "<Delete" + strings.Repeat(` a="b"`, 500_000) + "></Delete>",
		"a long text":          "<Delete><Object><Key>" + strings.Repeat("k", 3<<20) + "</Key></Object></Delete>",
		"a long comment":       "<Delete><!--" + strings.Repeat("k", 3<<20) + "--></Delete>",
		"a deep one":           strings.Repeat("<Delete>", 1000) + strings.Repeat("</Delete>", 1000),
		"something after it":   "<Delete><Object><Key>cat</Key></Object></Delete><Delete/>",
		"text after it":        "<Delete><Object><Key>cat</Key></Object></Delete>x",
		"an entity of its own": `<!DOCTYPE Delete [<!ENTITY a "cat">]><Delete><Object><Key>&a;</Key></Object></Delete>`,
	} {
		for _, c := range []call{
			{method: "POST", path: "/photos?delete"}, {method: "PUT", path: "/photos/cat?tagging"}, {method: "PUT", path: "/made"},
			{method: "PUT", path: "/photos?versioning"}, {method: "POST", path: "/photos/film?uploadId=" + id},
		} {
			c.body, c.header = body, []string{sum(body)}
			if c.method == "POST" && strings.Contains(c.path, "uploadId") {
				c.header = nil
			}
			var was, is runtime.MemStats
			r := w.request(w.device, c)
			runtime.ReadMemStats(&was)
			began := time.Now()
			got := w.send(r)
			took := time.Since(began)
			runtime.ReadMemStats(&is)
			if got.status != 400 || got.code != "MalformedXML" && got.code != "MaxMessageLengthExceeded" {
				t.Errorf("%s to %v: got %v, want it refused", name, c, got)
			}
			if grown := is.TotalAlloc - was.TotalAlloc; grown > 8<<20 || took > time.Second {
				t.Errorf("%s to %v: took %d bytes of memory and %v", name, c, grown, took)
			}
		}
	}
	if diff := cmp.Diff(before, w.kept()); diff != "" {
		t.Errorf("the store has changed (-before +after):\n%s", diff)
	}
}

// A thousand of the longest keys, all escaped, are deleted at once.
func TestDeleteTheLongestKeys(t *testing.T) {
	alone(t)
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/"+strings.Repeat("%22", 1020)+"1000", "hello")
	var body strings.Builder
	body.WriteString("<Delete><Quiet>false</Quiet>")
	for i := range 1000 {
		fmt.Fprintf(&body, "<Object><Key>%s%d</Key></Object>", strings.Repeat("&quot;", 1020), 1000+i)
	}
	body.WriteString("</Delete>")
	got := w.ok("POST", "/photos?delete", body.String(), sum(body.String()))
	if n := strings.Count(got.body, "<Deleted>"); n != 1000 {
		t.Errorf("got %d deleted: %.500s", n, got.body)
	}
	if got := w.ok("GET", "/photos"); strings.Contains(got.body, "<Key>") {
		t.Errorf("left: %v", got)
	}
}

// Who may not is refused before the body is read.
func TestPermissionBeforeBody(t *testing.T) {
	w := newWorld(t)
	w.front.Stall = 300 * time.Millisecond // after which net/http gives up on the body and sends the answer
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/cat", "hello")
	w.may(allow("s3:GetObject", "*"))
	for _, c := range []call{
		{method: "PUT", path: "/photos/cat?tagging"}, {method: "PUT", path: "/photos?versioning"}, {method: "PUT", path: "/made"}, {method: "POST", path: "/photos/cat?uploadId=x"},
		{method: "PUT", path: "/photos/cat"}, {method: "PUT", path: "/photos/cat?partNumber=1&uploadId=x"},
	} {
		c.body = strings.Repeat("x", 1000)
		if got := w.begin(t, w.device, c, 1000, "").finish(""); got.status != 403 {
			t.Errorf("%v: got %v, want 403", c, got)
		}
	}
}

// Several objects can be deleted each on condition that it is what it is.
func TestConditionsOfDeletions(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	cat := w.ok("PUT", "/photos/cat", "meow", "X-Amz-Tagging: kind=public").header.Get("Etag")
	w.ok("PUT", "/photos/dog", "bark", "X-Amz-Tagging: kind=public")
	w.ok("PUT", "/photos/fox", "ring", "X-Amz-Tagging: kind=secret")
	fox := w.ok("HEAD", "/photos/fox").header.Get("Etag")
	remove := func() reply {
		body := "<Delete><Object><Key>cat</Key><ETag>" + cat + "</ETag></Object><Object><Key>dog</Key><ETag>" + cat + "</ETag></Object><Object><Key>none</Key><ETag>" + cat + "</ETag></Object><Object><Key>fox</Key><ETag>" + fox + "</ETag></Object></Delete>"
		return w.signed(call{method: "POST", path: "/photos?delete", body: body, header: []string{sum(body)}})
	}
	w.may(allow("s3:DeleteObject", "photos/*"))
	if got := remove(); strings.Count(got.body, "<Code>AccessDenied</Code>") != 4 {
		t.Errorf("by who may not read: got %v, want all denied", got)
	}
	w.may(allow("s3:DeleteObject", "photos/*"), allow("s3:GetObject", "photos/*"), deny("s3:GetObject", "photos/*").when(when{"StringEquals", "s3:ExistingObjectTag/kind", "secret"}))
	got := remove()
	for key, code := range map[string]string{"dog": "PreconditionFailed", "none": "NoSuchKey", "fox": "AccessDenied"} {
		if !strings.Contains(got.body, "<Error><Key>"+key+"</Key><Code>"+code+"</Code>") {
			t.Errorf("%s: got %v, want %s", key, got, code)
		}
	}
	if strings.Count(got.body, "<Deleted>") != 1 || w.do(w.root, "HEAD", "/photos/cat").status != 404 || w.do(w.root, "HEAD", "/photos/fox").status != 200 {
		t.Errorf("got %v, want cat deleted and no other", got)
	}
}
