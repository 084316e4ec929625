package s3front_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What the embedded store does otherwise than S3, so that a newer one that
// does better is noticed.
func TestWhatTheStoreCannotDo(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/cat", "before versions")
	w.ok("PUT", "/photos?versioning", versioning)
	if got := w.ok("GET", "/photos/cat?versionId=null"); got.body != "before versions" {
		t.Errorf("the version of before versions: got %v", got)
	}
	for name, c := range map[string]call{
		"its head":      {method: "HEAD", path: "/photos/cat?versionId=null"},
		"its tags":      {method: "GET", path: "/photos/cat?tagging&versionId=null"},
		"a copy of it":  {method: "PUT", path: "/photos/copy", header: []string{"X-Amz-Copy-Source: photos/cat?versionId=null"}},
		"its new tags":  {method: "PUT", path: "/photos/cat?tagging&versionId=null", body: tagging},
		"its attribute": {method: "GET", path: "/photos/cat?attributes&versionId=null", header: []string{"X-Amz-Object-Attributes: ETag"}},
	} {
		if got := w.send(w.request(w.root, c)); got.status != 404 {
			t.Errorf("%s, while it is the newest: got %v; the store had no such version", name, got)
		}
	}
	first := w.ok("PUT", "/photos/cat", "1").header.Get("X-Amz-Version-Id")
	second := w.ok("PUT", "/photos/cat", "2").header.Get("X-Amz-Version-Id")
	marker := w.ok("DELETE", "/photos/cat").header.Get("X-Amz-Version-Id")
	w.ok("DELETE", "/photos/cat?versionId="+marker)
	if got := w.ok("GET", "/photos/cat"); got.body != "before versions" {
		t.Errorf("a deletion undone: got %q; S3 has 2, the store took what was there before versions", got.body)
	}
	for version, want := range map[string]string{first: "1", second: "2"} {
		if got := w.ok("GET", "/photos/cat?versionId="+version); got.body != want {
			t.Errorf("version %s is lost: got %v", want, got)
		}
	}
	w.ok("PUT", "/photos/cold", "x", "X-Amz-Storage-Class: GLACIER")
	if got := w.ok("HEAD", "/photos/cold").header.Get("X-Amz-Storage-Class"); got != "STANDARD" {
		t.Errorf("storage class: got %q; the store had only STANDARD", got)
	}
	id := idIn.FindStringSubmatch(w.ok("POST", "/photos/summed?uploads").body)[1]
	part := w.ok("PUT", "/photos/summed?partNumber=1&uploadId="+id, "hello", "X-Amz-Checksum-Crc32: NhCmhg==").header
	summed := "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>" + part.Get("Etag") + "</ETag><ChecksumCRC32>NhCmhg==</ChecksumCRC32></Part></CompleteMultipartUpload>"
	if got := w.do(w.root, "POST", "/photos/summed?uploadId="+id, summed); got.code != "InvalidPart" {
		t.Errorf("an upload begun without an algorithm, completed with checksums: got %v; the store refused the part", got)
	}
	w.ok("POST", "/photos/summed?uploadId="+id, "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"+part.Get("Etag")+"</ETag></Part></CompleteMultipartUpload>")

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

// Keys that begin like others are told from them, and nothing done to the one,
// or refused, touches the other.
func TestDirectoriesLoseNothing(t *testing.T) {
	w := newWorld(t)
	for _, bucket := range []string{"/plain", "/versioned"} {
		w.ok("PUT", bucket)
		if bucket == "/versioned" {
			w.ok("PUT", bucket+"?versioning", versioning)
		}
		w.ok("PUT", bucket+"/dir/child", "child", "X-Amz-Tagging: a=b")
		w.ok("PUT", bucket+"/file", "file", "X-Amz-Tagging: a=b")
		id := idIn.FindStringSubmatch(w.ok("POST", bucket+"/dir?uploads").body)[1]
		part := strings.ReplaceAll(completeOne, "ETAG", w.ok("PUT", bucket+"/dir?partNumber=1&uploadId="+id, "x").header.Get("Etag"))
		below := idIn.FindStringSubmatch(w.ok("POST", bucket+"/file/x?uploads").body)[1]
		w.ok("PUT", bucket+"/file/x?partNumber=1&uploadId="+below, "x")
		both := "<Delete><Object><Key>dir</Key></Object><Object><Key>dir/</Key></Object><Object><Key>file/</Key></Object><Object><Key>file/x</Key></Object></Delete>"
		for _, tc := range []struct {
			name   string
			call   call
			status int
		}{
			{"write where a directory is", call{method: "PUT", path: "/dir", body: "x"}, 409},
			{"write in parts where a directory is", call{method: "POST", path: "/dir?uploadId=" + id, body: part}, 409},
			{"write in parts below an object", call{method: "POST", path: "/file/x?uploadId=" + below, body: part}, 409},
			{"copy to where a directory is", call{method: "PUT", path: "/dir", header: []string{"X-Amz-Copy-Source: " + bucket + "/file"}}, 409},
			{"write below an object", call{method: "PUT", path: "/file/x", body: "x"}, 409},
			{"copy below an object", call{method: "PUT", path: "/file/x", header: []string{"X-Amz-Copy-Source: " + bucket + "/dir/child"}}, 409},
			{"write a directory where an object is", call{method: "PUT", path: "/file/"}, 409},
			{"read a directory", call{method: "GET", path: "/dir"}, 404},
			{"read a directory by its name", call{method: "GET", path: "/dir/"}, 404},
			{"read below an object", call{method: "GET", path: "/file/x"}, 404},
			{"read tags of a directory", call{method: "GET", path: "/dir?tagging"}, 404},
			{"write tags of a directory", call{method: "PUT", path: "/dir?tagging", body: tagging}, 404},
			{"delete a directory", call{method: "DELETE", path: "/dir"}, 204},
			{"delete a directory by its name", call{method: "DELETE", path: "/dir/"}, 204},
			{"delete below an object", call{method: "DELETE", path: "/file/x"}, 204},
			{"delete them together", call{method: "POST", path: "?delete", body: both, header: []string{sum(both)}}, 200},
		} {
			tc.call.path = bucket + tc.call.path
			got := w.send(w.request(w.root, tc.call))
			if got.status != tc.status || strings.Contains(got.body, "<Error><Key>") {
				t.Errorf("%s in %s: got %v, want %d", tc.name, bucket, got, tc.status)
			}
		}
		for key, want := range map[string]string{"dir/child": "child", "file": "file"} {
			if got := w.ok("GET", bucket+"/"+key); got.body != want {
				t.Errorf("%s%s is now %q", bucket, key, got.body)
			}
			if got := w.tags(bucket + "/" + key); len(got) != 1 {
				t.Errorf("%s%s has tags %v", bucket, key, got)
			}
		}
		for _, path := range []string{"/dir?uploadId=" + id, "/file/x?uploadId=" + below} {
			if got := w.ok("GET", bucket+path); !strings.Contains(got.body, "<PartNumber>1<") {
				t.Errorf("%s%s has lost its part: %v", bucket, path, got)
			}
		}
		if got := w.ok("GET", bucket+"?list-type=2").body; strings.Count(got, "<Key>") != 2 {
			t.Errorf("%s: got %s, want both", bucket, got)
		}
	}
}

// Who deletes a version that there is not deletes nothing, above all not the
// object: least where there are no versions at all.
func TestDeletingNoVersion(t *testing.T) {
	w := newWorld(t)
	const never = "01H00000000000000000000000"
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
		before := w.files()
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
		// The store takes these for versions of its own.
		for _, version := range []string{strings.ToLower(never), "01hlio00000000000000000000", "!" + never[1:], "7" + strings.Repeat("-", 25), never + "0", never[1:], "cat", "NULL"} {
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
		if diff := cmp.Diff(before, w.files()); diff != "" {
			t.Errorf("%s: the store has changed (-before +after):\n%s", bucket, diff)
		}
	}
	w.ok("DELETE", "/plain/cat?versionId=null") // which is the object
	if got := w.do(w.root, "GET", "/plain/cat"); got.status != 404 {
		t.Errorf("after its null version is deleted: got %v", got)
	}
}

// Of directories there is nothing to copy, and that is said.
func TestDirectoriesAreNotCopied(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/dir/child", "child")
	w.ok("PUT", "/photos/made/")
	part := "/photos/film?partNumber=1&uploadId=" + idIn.FindStringSubmatch(w.ok("POST", "/photos/film?uploads").body)[1]
	w.may(allow("s3:*", "photos/*"))
	for _, tc := range []struct {
		path, source string
		root, device int // the device may not list the bucket
	}{
		{"/photos/copy", "dir", 404, 403},
		{"/photos/copy", "dir/", 404, 403},
		{"/photos/copy", "made", 404, 403},
		{"/photos/copy", "made/", 501, 501},
		{part, "dir", 404, 403},
		{part, "dir/", 404, 403},
		{part, "made", 404, 403},
		{part, "made/", 501, 501},
	} {
		c := call{method: "PUT", path: tc.path, header: []string{"X-Amz-Copy-Source: photos/" + tc.source}}
		if got := w.send(w.request(w.root, c)); got.status != tc.root {
			t.Errorf("%s to %s: got %v, want %d", tc.source, tc.path, got, tc.root)
		}
		if got := w.signed(c); got.status != tc.device {
			t.Errorf("%s to %s by who may not list: got %v, want %d", tc.source, tc.path, got, tc.device)
		}
	}
}
