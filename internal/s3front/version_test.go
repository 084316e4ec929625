package s3front_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The version of before versions is one like any other, by its name null.
func TestTheNullVersion(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/cat", "before versions", "X-Amz-Storage-Class: GLACIER_IR")
	w.ok("PUT", "/photos?versioning", versioning)
	for name, c := range map[string]call{
		"it":            {method: "GET", path: "/photos/cat?versionId=null"},
		"its head":      {method: "HEAD", path: "/photos/cat?versionId=null"},
		"its tags":      {method: "GET", path: "/photos/cat?tagging&versionId=null"},
		"its new tags":  {method: "PUT", path: "/photos/cat?tagging&versionId=null", body: tagging},
		"its attribute": {method: "GET", path: "/photos/cat?attributes&versionId=null", header: []string{"X-Amz-Object-Attributes: ETag"}},
	} {
		if got := w.send(w.request(w.root, c)); got.status != 200 || got.header.Get("X-Amz-Version-Id") != "null" {
			t.Errorf("%s, while it is the newest: got %v %v", name, got, got.header)
		}
	}
	copied := w.ok("PUT", "/photos/copy", "", "X-Amz-Copy-Source: photos/cat?versionId=null")
	if copied.header.Get("X-Amz-Copy-Source-Version-Id") != "null" || copied.header.Get("X-Amz-Version-Id") == "" {
		t.Errorf("a copy of it: got %v", copied.header)
	}
	if got := w.ok("HEAD", "/photos/cat").header.Get("X-Amz-Storage-Class"); got != "GLACIER_IR" {
		t.Errorf("storage class: got %q", got)
	}
	first := w.ok("PUT", "/photos/cat", "1").header.Get("X-Amz-Version-Id")
	second := w.ok("PUT", "/photos/cat", "2").header.Get("X-Amz-Version-Id")
	marker := w.ok("DELETE", "/photos/cat").header
	if marker.Get("X-Amz-Delete-Marker") != "true" || marker.Get("X-Amz-Version-Id") == "" {
		t.Errorf("DELETE: got %v, want a delete marker", marker)
	}
	gone := w.do(w.root, "GET", "/photos/cat")
	if gone.status != 404 || gone.header.Get("X-Amz-Delete-Marker") != "true" || gone.header.Get("X-Amz-Version-Id") != marker.Get("X-Amz-Version-Id") {
		t.Errorf("GET of what is deleted: got %v %v", gone, gone.header)
	}
	for _, method := range []string{"GET", "HEAD"} {
		got := w.do(w.root, method, "/photos/cat?versionId="+marker.Get("X-Amz-Version-Id"))
		if got.status != 405 || got.header.Get("Allow") != "DELETE" || got.header.Get("X-Amz-Delete-Marker") != "true" || got.header.Get("Last-Modified") == "" {
			t.Errorf("%s of the marker: got %v %v, want 405 that allows DELETE", method, got, got.header)
		}
	}
	if got := w.do(w.root, "PUT", "/photos/copy", "", "X-Amz-Copy-Source: photos/cat?versionId="+marker.Get("X-Amz-Version-Id")); got.status != 400 || got.code != "InvalidRequest" {
		t.Errorf("a copy of the marker: got %v, want 400 InvalidRequest", got)
	}
	if got := w.ok("DELETE", "/photos/cat?versionId="+marker.Get("X-Amz-Version-Id")); got.header.Get("X-Amz-Delete-Marker") != "true" {
		t.Errorf("DELETE of the marker: got %v", got.header)
	}
	for version, want := range map[string]string{"": "2", first: "1", second: "2", "null": "before versions"} {
		path := "/photos/cat"
		if version != "" {
			path += "?versionId=" + version
		}
		if got := w.ok("GET", path); got.body != want {
			t.Errorf("version %q: got %v, want %q", version, got, want)
		}
	}
	for _, c := range []call{
		{method: "GET", path: "/photos/cat?versionId=" + noVersion}, {method: "GET", path: "/photos/cat?tagging&versionId=" + noVersion},
		{method: "PUT", path: "/photos/copy", header: []string{"X-Amz-Copy-Source: photos/cat?versionId=" + noVersion}},
	} {
		if got := w.send(w.request(w.root, c)); got.status != 404 || got.code != "NoSuchVersion" {
			t.Errorf("%v of a version that isn't there: got %v, want NoSuchVersion", c, got)
		}
	}
}

// Who deletes a version that there is not deletes nothing, above all not the
// object: least where there are no versions at all.
func TestDeletingNoVersion(t *testing.T) {
	w := newWorld(t)
	never := noVersion
	for _, bucket := range []string{"/plain", "/versioned", "/suspended"} {
		w.ok("PUT", bucket)
		if bucket != "/plain" {
			w.ok("PUT", bucket+"?versioning", versioning)
		}
		if bucket == "/suspended" {
			w.ok("PUT", bucket+"?versioning", strings.ReplaceAll(versioning, "Enabled", "Suspended"))
		}
		w.ok("PUT", bucket+"/cat", "hello")
		w.ok("PUT", bucket+"/dir/")
		before := w.kept()
		w.may(allow("s3:DeleteObjectVersion", "*"))
		both := ""
		for _, key := range []string{"cat", "dir/"} {
			both += "<Object><Key>" + key + "</Key><VersionId>" + never + "</VersionId></Object>"
			got := w.signed(call{method: "DELETE", path: bucket + "/" + key + "?versionId=" + never})
			if got.status != 204 || got.header.Get("X-Amz-Version-Id") != never {
				t.Errorf("%s/%s: got %v, want 204 and the version", bucket, key, got)
			}
		}
		for quiet, want := range map[string]int{"": 2, "<Quiet>true</Quiet>": 0} {
			body := "<Delete>" + quiet + both + "</Delete>"
			got := w.signed(call{method: "POST", path: bucket + "?delete", body: body, header: []string{sum(body)}})
			if strings.Count(got.body, "<Deleted>") != want || strings.Contains(got.body, "<Error>") {
				t.Errorf("%s, both: got %v, want %d deleted", bucket, got, want)
			}
		}
		for _, version := range []string{strings.ToLower(never), "!" + never[1:], strings.Repeat("-", 32), never + "0", never[1:], never + "=", "cat", "NULL", "."} {
			for _, key := range []string{"cat", "dir/"} {
				body := "<Delete><Object><Key>" + key + "</Key><VersionId>" + version + "</VersionId></Object></Delete>"
				for _, c := range []call{
					{method: "DELETE", path: bucket + "/" + key + "?versionId=" + version},
					{method: "POST", path: bucket + "?delete", body: body, header: []string{sum(body)}},
				} {
					if got := w.signed(c); got.status != 204 && got.status != 400 && got.status != 200 {
						t.Errorf("%v of %q: got %v, want it deleted, as what isn't there is, or refused", c, version, got)
					}
				}
			}
		}
		if diff := cmp.Diff(before, w.kept()); diff != "" {
			t.Errorf("%s: the store has changed (-before +after):\n%s", bucket, diff)
		}
	}
	w.ok("DELETE", "/plain/cat?versionId=null") // which is the object
	if got := w.do(w.root, "GET", "/plain/cat"); got.status != 404 {
		t.Errorf("after its null version is deleted: got %v", got)
	}
}

// What can't be a version id is refused everywhere, before a store could take it
// for one and before a header repeats it.
func TestVersionIDsThatAreNone(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos?versioning", versioning)
	w.ok("PUT", "/photos/cat", "hello")
	upload := w.newUpload("/photos/parts")
	before := w.kept()
	for _, id := range []string{"a%0D%0AX-Injected:%20yes", "%00", "%09", "null%0A", "%7F", "%C2%85", strings.Repeat("v", 1025)} {
		source := "X-Amz-Copy-Source: photos/cat?versionId=" + id
		for _, c := range []call{
			{method: "GET", path: "/photos/cat?versionId=" + id},
			{method: "HEAD", path: "/photos/cat?versionId=" + id},
			{method: "DELETE", path: "/photos/cat?versionId=" + id},
			{method: "GET", path: "/photos/cat?attributes&versionId=" + id, header: []string{"X-Amz-Object-Attributes: ETag"}},
			{method: "GET", path: "/photos/cat?tagging&versionId=" + id},
			{method: "PUT", path: "/photos/cat?tagging&versionId=" + id, body: tagging},
			{method: "DELETE", path: "/photos/cat?tagging&versionId=" + id},
			{method: "GET", path: "/photos/cat?acl&versionId=" + id},
			{method: "PUT", path: "/photos/cat?acl&versionId=" + id, header: []string{"X-Amz-Acl: private"}},
			{method: "PUT", path: "/photos/copy", header: []string{source}},
			{method: "PUT", path: "/photos/parts?partNumber=1&uploadId=" + upload, header: []string{source}},
		} {
			got := w.send(w.request(w.root, c))
			says := c.method == "HEAD" || got.code == "InvalidArgument" && strings.Contains(got.body, "<Message>Invalid version id specified</Message><ArgumentName>versionId</ArgumentName>")
			if got.status != 400 || !says || got.header.Get("X-Injected") != "" || got.header.Get("X-Amz-Version-Id") != "" || got.header.Get("X-Amz-Copy-Source-Version-Id") != "" {
				t.Errorf("%v: got %v %v, want 400 InvalidArgument about the version id", c, got, got.header)
			}
		}
	}
	body := "<Delete><Object><Key>cat</Key><VersionId>a&#10;b</VersionId></Object></Delete>"
	if got := w.ok("POST", "/photos?delete", body, sum(body)); !strings.Contains(got.body, "<Code>NoSuchVersion</Code>") {
		t.Errorf("DeleteObjects: got %v, want NoSuchVersion", got)
	}
	if diff := cmp.Diff(before, w.kept()); diff != "" {
		t.Errorf("the store has changed (-before +after):\n%s", diff)
	}
}
