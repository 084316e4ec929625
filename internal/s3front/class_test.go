package s3front_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/s3front"
	"muster/internal/sigv4"
)

// Every header and query parameter that S3's API model has is sorted into one
// class: what an operation takes is obeyed, or means nothing, or is refused by
// its name. None is passed over because nobody thought of it.
func TestAllOfTheModelIsSorted(t *testing.T) {
	text, err := os.ReadFile("testdata/model.txt")
	must(t, err)
	seen := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(strings.TrimSpace(line), "|")
		operation := strings.TrimSpace(fields[0])
		seen[operation] = true
		for _, name := range strings.Fields(fields[2]) {
			if !s3front.KnownParam(name) {
				t.Errorf("%s: the parameter %s is in no class", operation, name)
			}
		}
		if !slices.Contains(s3front.Operations(), operation) {
			continue
		}
		for _, name := range strings.Fields(fields[1]) {
			if s3front.HeaderClass(name) == "unknown" {
				t.Errorf("%s: the header %s is in no class", operation, name)
			}
		}
		for _, name := range strings.Fields(fields[2]) {
			if got := s3front.ParamClass(operation, name); got != "obeyed" {
				t.Errorf("%s: the parameter %s is %s", operation, name, got)
			}
		}
	}
	for _, operation := range s3front.Operations() {
		if !seen[operation] && operation != "PostObject" { // which is a form, and in no model
			t.Errorf("%s is not in testdata/model.txt", operation)
		}
	}
}

// What means nothing here is taken, and changes nothing.
func TestHeadersThatMeanNothing(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos", "", "X-Amz-Bucket-Object-Lock-Enabled: false", "X-Amz-Object-Ownership: BucketOwnerEnforced")
	w.ok("PUT", "/photos/cat", "hello", "X-Amz-Request-Payer: requester", "X-Amz-Server-Side-Encryption: AES256", "X-Amz-Expected-Bucket-Owner: "+account)
	w.ok("GET", "/photos/cat", "", "X-Amz-Te: append-md5", "X-Amz-Checksum-Mode: ENABLED")
	w.ok("GET", "/photos?list-type=2", "", "X-Amz-Optional-Object-Attributes: RestoreStatus", "X-Amz-User-Agent: mine")
	w.ok("DELETE", "/photos/cat", "", "X-Amz-Bypass-Governance-Retention: true")
}

// What asks for more than is built is refused by its name, and nothing happens.
func TestHeadersThatAreRefused(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/cat", "hello")
	before := w.kept()
	for _, header := range []string{
		"X-Amz-Object-Lock-Mode: GOVERNANCE", "X-Amz-Object-Lock-Retain-Until-Date: 2030-01-01T00:00:00Z", "X-Amz-Object-Lock-Legal-Hold: ON", "X-Amz-Mfa: 1 2",
		"X-Amz-Server-Side-Encryption: aws:kms", "X-Amz-Server-Side-Encryption: aws:kms:dsse", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id: k", "X-Amz-Server-Side-Encryption-Context: e30=",
		"X-Amz-Server-Side-Encryption-Bucket-Key-Enabled: true", "X-Amz-Server-Side-Encryption-Customer-Algorithm: AES256", "X-Amz-Server-Side-Encryption-Customer-Key: k",
		"X-Amz-Website-Redirect-Location: /x", "X-Amz-Write-Offset-Bytes: 5", "X-Amz-Unheard-Of: 1",
	} {
		name, _, _ := strings.Cut(header, ":")
		for _, c := range []call{
			{method: "PUT", path: "/photos/new", body: "x", header: []string{header}},
			{method: "POST", path: "/photos/new?uploads", header: []string{header}},
			{method: "PUT", path: "/photos/new", header: []string{header, "X-Amz-Copy-Source: photos/cat"}},
		} {
			if got := w.send(w.request(w.root, c)); got.status != 501 || !strings.Contains(got.body, name) {
				t.Errorf("%v with %s: got %v, want 501 that names it", c, header, got)
			}
		}
		// In a URL it is the same.
		param, value, _ := strings.Cut(header, ": ")
		r := w.presign(w.root, "PUT", "/photos/new?"+strings.ToLower(param)+"="+sigv4.Escape(value, false), 0)
		if got := w.send(r); got.status != 501 {
			t.Errorf("a URL with %s: got %v, want 501", header, got)
		}
	}
	w.do(w.root, "DELETE", "/photos/new")
	if diff := cmp.Diff(before, w.kept()); diff != "" {
		t.Errorf("the store has changed (-before +after):\n%s", diff)
	}
}

// A parameter that S3 doesn't have says nothing, nor one that another
// operation has; one that makes another operation of it is never passed over.
func TestParametersThatMeanNothing(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos?x-user=ana")
	w.ok("PUT", "/photos/cat?x-user=ana&x-user=bob&unheard-of", "hello")
	for _, path := range []string{"/photos/cat?x-user=ana", "/photos/cat?metadata=true&cache=1", "/photos/cat?prefix=x&marker=y&max-keys=no", "/photos/cat?x-id=GetObject", "/photos/cat?versionid=1"} {
		if got := w.ok("GET", path); got.body != "hello" {
			t.Errorf("GET %s: got %v", path, got)
		}
	}
	if got := w.ok("GET", "/photos?list-type=2&metadata=true&marker=zzz&max-uploads=0"); !strings.Contains(got.body, "<Key>cat</Key>") {
		t.Errorf("list: got %v", got)
	}
	for _, path := range []string{"/photos/cat?restore", "/photos/cat?retention&x-user=ana", "/photos/cat?legal-hold=1", "/photos/cat?versionId=null", "/photos/cat?partNumber=1", "/photos/cat?renameObject"} {
		if got := w.do(w.root, "PUT", path, "other"); got.status != 501 {
			t.Errorf("PUT %s: got %v, want 501", path, got)
		}
	}
	if got := w.ok("GET", "/photos/cat"); got.body != "hello" {
		t.Errorf("cat is now %v", got)
	}
	r := w.presign(w.root, "GET", "/photos/cat?x-user=ana", 0)
	if got := w.send(r); got.body != "hello" {
		t.Errorf("a URL: got %v", got)
	}
	r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "ana", "bob", 1)
	if got := w.send(r.Clone(t.Context())); got.code != "SignatureDoesNotMatch" {
		t.Errorf("a URL with another value: got %v, want SignatureDoesNotMatch", got)
	}
}

// The SDKs write the checksum of no body into URLs of uploads: it is part of
// the signature and no more. One in a header holds.
func TestChecksumsInURLs(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	id := w.newUpload("/photos/film")
	for _, query := range []string{
		"x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32", "X-Amz-Checksum-Sha256=47DEQpj8HBSa%2B%2FTImW%2B5JCeuQeRkm5NMpJWZG3hSuFU%3D&X-Amz-Sdk-Checksum-Algorithm=SHA256",
		"x-amz-checksum-crc64nvme=AAAAAAAAAAA%3D", "x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-checksum-sha1=no",
	} {
		for _, path := range []string{"/photos/cat?", "/photos/film?partNumber=1&uploadId=" + id + "&"} {
			r := w.presign(w.root, "PUT", path+query, 0)
			r.Body, r.ContentLength = readCloser("hello"), 5
			if got := w.send(r); got.status != 200 {
				t.Errorf("PUT %s%s: got %v", path, query, got)
			}
		}
		if got := w.ok("GET", "/photos/cat"); got.body != "hello" {
			t.Errorf("%s: got %v", query, got)
		}
	}
	r := w.presign(w.root, "PUT", "/photos/cat", 0, "X-Amz-Checksum-Crc32: AAAAAA==")
	r.Body, r.ContentLength = readCloser("other"), 5
	if got := w.send(r); got.code != "BadDigest" {
		t.Errorf("a wrong one in a signed header: got %v, want BadDigest", got)
	}
	w.ok("PUT", "/photos/cat", "hello", "X-Amz-Checksum-Crc32: NhCmhg==")
	got := w.send(w.presign(w.root, "GET", "/photos/cat?x-amz-checksum-mode=ENABLED", 0))
	if got.header.Get("X-Amz-Checksum-Crc32") != "NhCmhg==" {
		t.Errorf("GET that asks for the checksum in its URL: got %v", got.header)
	}
	for _, query := range []string{"x-amz-meta-a=a%0d%0ab", "x-amz-storage-class=%00", "X-Amz-Tagging=a%7f"} {
		if got := w.send(w.presign(w.root, "PUT", "/photos/cat?"+query, 0)); got.status != 400 || got.code != "InvalidArgument" {
			t.Errorf("%s: got %v, want 400 InvalidArgument", query, got)
		}
	}
	if got := w.send(w.presign(w.root, "PUT", "/photos/cat?x-amz-meta-colour=grey", 0)); got.status != 200 || w.ok("HEAD", "/photos/cat").header.Get("X-Amz-Meta-Colour") != "grey" {
		t.Errorf("metadata in a URL: got %v", got)
	}
}
