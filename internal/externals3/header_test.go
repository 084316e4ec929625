package externals3_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"muster/internal/objects"
)

// Only what the contract knows is sent, so no vendor's header can be.
func TestHeadersThatAreSent(t *testing.T) {
	f := newFake(t, says(200, "", made, "X-Amz-Server-Side-Encryption: aws:kms"))
	p := put("content")
	p.Headers = objects.Headers{CacheControl: "a", ContentDisposition: "b", ContentEncoding: "c", ContentLanguage: "d", ContentType: "e", Expires: "f", StorageClass: "G",
		Metadata: map[string]string{"serial": "7", "x-amz-key": "of an encryption client"}}
	p.Tags = []objects.Tag{{Key: "a b", Value: "1&2"}, {Key: "z", Value: ""}}
	p.Conditions = objects.Conditions{IfMatch: `"x"`, IfNoneMatch: "*"}
	p.Encryption = "AES256"
	o, err := f.Put(t.Context(), p)
	must(t, err)
	equal(t, "encryption as the store says it", o.Encrypted, "aws:kms")
	h := f.requests()[0].header
	for _, name := range []string{"Authorization", "X-Amz-Date", "Accept-Encoding", "User-Agent"} {
		h.Del(name)
	}
	var got []string
	for _, name := range slices.Sorted(maps.Keys(h)) {
		got = append(got, name+": "+strings.Join(h[name], "|"))
	}
	equal(t, "headers", got, []string{"Cache-Control: a", "Content-Disposition: b", "Content-Encoding: c", "Content-Language: d", "Content-Length: 7", "Content-Type: e", "Expires: f",
		`If-Match: "x"`, "If-None-Match: *", "X-Amz-Content-Sha256: UNSIGNED-PAYLOAD", "X-Amz-Meta-Serial: 7", "X-Amz-Meta-X-Amz-Key: of an encryption client",
		"X-Amz-Server-Side-Encryption: AES256", "X-Amz-Storage-Class: G", "X-Amz-Tagging: a%20b=1%262&z="})
}

func TestHeadersThatAreRead(t *testing.T) {
	f := newFake(t, object("Content-Encoding: aws-chunked, gzip", "X-Amz-Meta-Serial: 7", "X-Amz-Version-Id: v", "X-Amz-Server-Side-Encryption: AES256",
		"X-Amz-Checksum-Sha1: sum-2", "X-Amz-Storage-Class: STANDARD_IA"))
	got, err := f.Head(t.Context(), objects.Read{Ref: ref})
	must(t, err)
	equal(t, "what was read", []string{got.ETag, got.Headers.ContentEncoding, got.Headers.Metadata["serial"], got.Version, got.Encrypted, got.Checksum.Type, got.Headers.StorageClass},
		[]string{"e", "gzip", "7", "v", "AES256", objects.Composite, "STANDARD_IA"})
}

// Names that some store obeys never reach one, by none of the ways that make an object.
func TestMetadataThatStoresObey(t *testing.T) {
	f := newFake(t, says(200, "", made))
	for _, name := range []string{"snowball-auto-extract", "Snowball-Auto-Extract", "snowball_auto_extract", "minio-snowball-prefix", "rustfs-snowball-prefix", "acme-snowball-prefix",
		"x-amz-meta-snowball-auto-extract", "x-amz-meta-x-amz-meta-snowball-auto-extract", "x-amz-snowball-auto-extract", "x-minio-internal-x", "X-Minio-Source-Etag", "rustfs-ec-block-size-hint",
		"x-rustfs-internal-x", "rgwx-version-id", "rgw-x", "RGWX_mtime", "x-rgw-cloud", "x_minio_internal_x", "SCAL_Version_Id", "scal-location-constraint", "scal-version-id", "x-scal-last-modified"} {
		h := objects.Headers{Metadata: map[string]string{name: "true", "harmless": "1"}}
		p := put("a tar")
		p.Headers = h
		for what, err := range map[string]error{
			"Put":          second(f.Put(t.Context(), p)),
			"CreateUpload": second(f.CreateUpload(t.Context(), objects.NewUpload{Bucket: "bucket", Key: "key", Headers: h})),
			"Copy":         second(f.Copy(t.Context(), objects.Copy{From: ref, Bucket: "bucket", Key: "other", Headers: &h})),
		} {
			if r := refusedWith(t, err, objects.NotBuilt); !strings.Contains(r.Message, name) {
				t.Errorf("%s with %s: the message is %q", what, name, r.Message)
			}
		}
	}
	if sent := f.requests(); len(sent) != 0 {
		t.Errorf("the store was asked %q", lines(sent))
	}
	p := put("content")
	p.Headers.Metadata = map[string]string{"s3cmd-attrs": "1", "mtime": "2", "snow": "3", "minion": "4"}
	must(t, second(f.Put(t.Context(), p)))
}

// What can't be in a header is refused before the store is asked: it would look
// as if that were not to be reached.
func TestHeadersThatCantBeSent(t *testing.T) {
	f := newFake(t, says(200, "", made))
	for _, h := range []objects.Headers{
		{ContentType: "a\r\nX-Evil: b"}, {CacheControl: "\x00"}, {Expires: "\x7f"},
		{Metadata: map[string]string{"a": "b\nc"}}, {Metadata: map[string]string{"a b": "c"}}, {Metadata: map[string]string{"a:": "c"}}, {Metadata: map[string]string{"ü": "c"}},
	} {
		p := put("content")
		p.Headers = h
		refusedWith(t, second(f.Put(t.Context(), p)), objects.NotBuilt)
	}
	equal(t, "requests", len(f.requests()), 0)
}

func TestPathsAsTheyAreSent(t *testing.T) {
	f := newFake(t, object())
	for key, want := range map[string]string{
		"..": "/bucket/..", "../other/x": "/bucket/../other/x", "./a/../b": "/bucket/./a/../b", "a//b": "/bucket/a//b", "/": "/bucket//", "//x/": "/bucket///x/",
		"a\x00\n\x7f": "/bucket/a%00%0A%7F", "%2F+ ?#&=": "/bucket/%252F%2B%20%3F%23%26%3D", "ü😀": "/bucket/%C3%BC%F0%9F%98%80", "*'(!)~": "/bucket/%2A%27%28%21%29~",
	} {
		_, err := f.Head(t.Context(), objects.Read{Ref: objects.Ref{Bucket: "bucket", Key: key, Version: "v+1"}})
		must(t, err)
		equal(t, "request", lines(f.requests()), []string{"HEAD " + want + "?versionId=v%2B1"})
	}
	refusedWith(t, second(f.Copy(t.Context(), objects.Copy{From: objects.Ref{Bucket: "bucket", Key: "a?versionId=b"}, Bucket: "bucket", Key: "c"})), objects.NotBuilt)
	equal(t, "requests", len(f.requests()), 0)
}
