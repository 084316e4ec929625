package s3front_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/secret"
	"muster/internal/sigv4"
)

func TestObjects(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	put := w.ok("PUT", "/photos/cat.txt", "hello", "Content-Type: text/x", "X-Amz-Meta-Colour: grey", "Cache-Control: no-store", "Content-Encoding: aws-chunked,gzip")
	got := w.ok("GET", "/photos/cat.txt")
	if got.body != "hello" || got.header.Get("Etag") != put.header.Get("Etag") || got.header.Get("Content-Encoding") != "gzip" ||
		got.header.Get("Content-Type") != "text/x" || got.header.Get("X-Amz-Meta-Colour") != "grey" || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("GET: got %v %v", got, got.header)
	}
	if got := w.ok("GET", "/photos/cat.txt", "", "Range: bytes=1-2"); got.status != http.StatusPartialContent || got.body != "el" {
		t.Errorf("range: got %v", got)
	}
	if got := w.do(w.root, "HEAD", "/photos/none"); got.status != 404 || got.body != "" {
		t.Errorf("HEAD of nothing: got %v", got)
	}
	if got := w.do(w.root, "GET", "/photos/none"); got.code != "NoSuchKey" || !strings.Contains(got.body, "<RequestId>"+got.header.Get("X-Amz-Request-Id")+"<") {
		t.Errorf("GET of nothing: got %v", got)
	}
	if got := w.ok("GET", "/photos?list-type=2&prefix=c"); !strings.Contains(got.body, "<Key>cat.txt</Key>") {
		t.Errorf("list: got %v", got)
	}
	if got := w.ok("GET", "/cat.txt", "", "Host: photos.muster.test:4600"); got.body != "hello" {
		t.Errorf("bucket in the host name: got %v", got)
	}
	w.ok("PUT", "/photos/copy.txt", "", "X-Amz-Copy-Source: photos/cat.txt")
	if got := w.ok("GET", "/photos/copy.txt"); got.body != "hello" {
		t.Errorf("copy: got %v", got)
	}
	if got := w.do(w.root, "DELETE", "/photos"); got.code != "BucketNotEmpty" || got.status != 409 {
		t.Errorf("DELETE of a full bucket: got %v", got)
	}
	w.ok("DELETE", "/photos/cat.txt")
	w.ok("DELETE", "/photos/copy.txt")
	w.ok("DELETE", "/photos")
	if got := w.do(w.root, "GET", "/photos"); got.code != "NoSuchBucket" || got.status != 404 {
		t.Errorf("deleted bucket: got %v", got)
	}
}

// Any key comes back as it was, and as itself only.
func TestKeys(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/keys")
	path := func(key string) string { return "/keys/" + sigv4.Escape(key, true) }
	ask := func(method, key, body string, header ...string) reply {
		r := w.request(sigv4.Credential{}, call{method: method, path: "/", body: body, header: header})
		r.URL.Path, r.URL.RawPath = "/keys/"+key, path(key)
		sigv4.Sign(r, w.root, "s3", "us-east-1", time.Now(), sigv4.Hash([]byte(body)))
		return w.send(r)
	}
	keys := []string{"secret", "pub/../secret", "../keys/secret", "./secret", "pub//file", "/secret", "pub/./file", "..", ".", "secret/..", "pub/..", "/", "//", "pub/file", "pub/file/",
		"a\x00b", "a\nb", "a\rb", "a\tb", "a\x01b", "\x7f", "\ufffe", "\uffff", " ", strings.Repeat("k", 1024), strings.Repeat("ü", 512),
		"a b+%&=?#'ü/😀.txt", "..dots/...three", "%2e%2e/secret", "%252e%252e%252fsecret", "pub%2Ffile", "tilde~!*()", ";,:@$", "back\\slash\\..\\x", "C:", "dir/", "dir", "dir/child", "?versionId=x", "a?b=c&d"}
	for _, key := range keys {
		if got := ask("PUT", key, "body of "+key); got.status != 200 {
			t.Errorf("PUT %q: got %v", key, got)
		}
	}
	for _, key := range keys {
		if got := ask("GET", key, ""); got.body != "body of "+key {
			t.Errorf("GET %q: got %v", key, got)
		}
		if got := ask("PUT", "copies/"+key, "", "X-Amz-Copy-Source: keys/"+sigv4.Escape(key, true)); got.status != 200 && len(key) < 1000 {
			t.Errorf("copy of %q: got %v", key, got)
		}
		if got := ask("GET", "copies/"+key, ""); got.body != "body of "+key && len(key) < 1000 {
			t.Errorf("the copy of %q: got %v", key, got)
		}
	}
	listed := w.ok("GET", "/keys?encoding-type=url").body
	for _, key := range keys {
		if strings.Count(listed, "<Key>"+sigv4.Escape(key, true)+"</Key>") != 1 {
			t.Errorf("%q is not listed once: %s", key, listed)
		}
	}
	if !strings.Contains(listed, "<EncodingType>url</EncodingType>") {
		t.Errorf("the encoding is not named: %s", listed)
	}
	for prefix, want := range map[string]int{"%252e": 1, "pub/": 6, "/": 3, "//": 1, "a%0A": 1, "b/../": 0, "%00": 0} {
		if got := w.ok("GET", "/keys?encoding-type=url&prefix="+prefix).body; strings.Count(got, "<Key>") != want {
			t.Errorf("list of %s: got %s, want %d", prefix, got, want)
		}
	}
	plain := w.ok("GET", "/keys").body
	if !strings.Contains(plain, "<Key>a\ufffdb</Key>") || strings.Contains(plain, "EncodingType") {
		t.Errorf("a list without encoding: got %s", plain)
	}
	for _, key := range keys {
		if got := ask("DELETE", key, ""); got.status != 204 {
			t.Errorf("DELETE %q: got %v", key, got)
		}
	}
	if got := w.ok("GET", "/keys?encoding-type=url").body; strings.Contains(strings.ReplaceAll(got, "<Key>copies/", ""), "<Key>") {
		t.Errorf("after all are deleted: got %s", got)
	}
	for key, code := range map[string]string{strings.Repeat("k", 1025): "KeyTooLongError", "\xff": "InvalidURI", "a\xc3": "InvalidURI"} {
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			if got := ask(method, key, ""); got.status != 400 || got.code != code {
				t.Errorf("%s %q: got %v, want %s", method, key, got, code)
			}
		}
		if got := ask("PUT", "copy", "", "X-Amz-Copy-Source: keys/"+sigv4.Escape(key, true)); got.status != 400 {
			t.Errorf("copy of %q: got %v, want 400", key, got)
		}
	}
}

// secret/ is not secret: who may only touch the one gets nothing of the other.
func TestTrailingSlash(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/keys")
	w.ok("PUT", "/keys/secret", "secret")
	w.ok("PUT", "/keys/secret?tagging", `<Tagging><TagSet><Tag><Key>colour</Key><Value>red</Value></Tag></TagSet></Tagging>`)
	before := w.kept()
	for _, c := range []call{
		{method: "GET", path: "/keys/secret/"}, {method: "HEAD", path: "/keys/secret/"},
		{method: "GET", path: "/keys/secret/?tagging"}, {method: "DELETE", path: "/keys/secret/?tagging"},
		{method: "GET", path: "/keys/secret/?attributes", header: []string{"X-Amz-Object-Attributes: ObjectSize"}},
		{method: "PUT", path: "/keys/copy", header: []string{"X-Amz-Copy-Source: keys/secret/"}},
	} {
		if got := w.send(w.request(w.root, c)); got.status != 404 || strings.Contains(got.body, "red") {
			t.Errorf("%v: got %v, want 404", c, got)
		}
	}
	w.ok("DELETE", "/keys/secret/")
	w.ok("POST", "/keys?delete", `<Delete><Object><Key>secret/</Key></Object></Delete>`, sum(`<Delete><Object><Key>secret/</Key></Object></Delete>`))
	if diff := cmp.Diff(before, w.kept()); diff != "" {
		t.Errorf("the store has changed (-before +after):\n%s", diff)
	}
	w.ok("PUT", "/keys/secret/", "another")
	if got := w.ok("GET", "/keys/secret"); got.body != "secret" {
		t.Errorf("secret is now %q", got.body)
	}
	if got := w.ok("GET", "/keys/secret/"); got.body != "another" {
		t.Errorf("secret/ is %q", got.body)
	}
}

func sum(body string) string {
	v, _ := sigv4.Checksum("x-amz-checksum-sha256", []byte(body))
	return "X-Amz-Checksum-Sha256: " + v
}

func TestBuckets(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	for _, tc := range []struct {
		name   string
		cred   sigv4.Credential
		call   call
		status int
		code   string
	}{
		{"again by its owner", w.root, call{method: "PUT", path: "/photos"}, 200, ""},
		{"by another account", w.other, call{method: "PUT", path: "/photos"}, 409, "BucketAlreadyExists"},
		{"again, elsewhere", w.root, call{method: "PUT", path: "/photos", body: `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>`}, 409, "BucketAlreadyOwnedByYou"},
		{"elsewhere", w.root, call{method: "PUT", path: "/cards", body: `<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>`}, 200, ""},
		{"its location", w.root, call{method: "GET", path: "/cards?location"}, 200, ""},
		{"a name against the rules", w.root, call{method: "PUT", path: "/Photos"}, 400, "InvalidBucketName"},
		{"no XML", w.root, call{method: "PUT", path: "/third", body: "region"}, 400, "MalformedXML"},
		{"with object lock", w.root, call{method: "PUT", path: "/third", header: []string{"X-Amz-Bucket-Object-Lock-Enabled: true"}}, 501, "NotImplemented"},
		{"open to the world", w.root, call{method: "PUT", path: "/third", header: []string{"X-Amz-Acl: public-read"}}, 400, "AccessControlListNotSupported"},
		{"another account's list", w.other, call{method: "GET", path: "/photos"}, 403, "AccessDenied"},
		{"another account's delete", w.other, call{method: "DELETE", path: "/photos"}, 403, "AccessDenied"},
		{"another account's object", w.other, call{method: "PUT", path: "/photos/x", body: "x"}, 403, "AccessDenied"},
		{"copy into another account's", w.other, call{method: "PUT", path: "/photos/x", header: []string{"X-Amz-Copy-Source: photos/y"}}, 403, "AccessDenied"},
		{"unknown", w.root, call{method: "GET", path: "/nowhere"}, 404, "NoSuchBucket"},
		{"unknown, its object", w.root, call{method: "GET", path: "/nowhere/x"}, 404, "NoSuchBucket"},
		{"of somebody else than expected", w.root, call{method: "GET", path: "/photos", header: []string{"X-Amz-Expected-Bucket-Owner: " + theirs}}, 403, "AccessDenied"},
		{"head", w.root, call{method: "HEAD", path: "/photos"}, 200, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := w.send(w.request(tc.cred, tc.call)); got.status != tc.status || got.code != tc.code {
				t.Errorf("got %v, want %d %s", got, tc.status, tc.code)
			}
		})
	}
	if got := w.ok("GET", "/cards?location"); !strings.Contains(got.body, ">eu-west-1</LocationConstraint>") {
		t.Errorf("location: got %v", got)
	}
	if got := w.ok("GET", "/photos?location"); strings.Contains(got.body, "us-east-1") {
		t.Errorf("location of us-east-1: got %v, want none", got)
	}
	if got := w.ok("GET", "/"); !strings.Contains(got.body, "<Name>photos</Name>") || !strings.Contains(got.body, "<Name>cards</Name>") {
		t.Errorf("ListBuckets: got %v", got)
	}
	if got := w.do(w.other, "GET", "/"); got.status != 200 || strings.Contains(got.body, "<Name>") {
		t.Errorf("ListBuckets of another account: got %v", got)
	}
	if got := w.ok("GET", "/?max-buckets=1"); !strings.Contains(got.body, "<ContinuationToken>") || strings.Contains(got.body, "photos") {
		t.Errorf("ListBuckets by pages: got %v", got)
	}
}

func TestRegionOfTheSignature(t *testing.T) {
	w := newWorld(t)
	for _, tc := range []struct{ name, constraint, want string }{
		{"none", "", "IllegalLocationConstraintException"},
		{"another", "eu-west-1", "IllegalLocationConstraintException"},
		{"its own", "us-west-2", ""},
	} {
		body := ""
		if tc.constraint != "" {
			body = "<CreateBucketConfiguration><LocationConstraint>" + tc.constraint + "</LocationConstraint></CreateBucketConfiguration>"
		}
		r := w.request(sigv4.Credential{}, call{method: "PUT", path: "/photos", body: body})
		sigv4.Sign(r, w.root, "s3", "us-west-2", time.Now(), sigv4.Hash([]byte(body)))
		if got := w.send(r); got.code != tc.want {
			t.Errorf("%s: got %v, want %q", tc.name, got, tc.want)
		}
	}
}

func TestSignatures(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/cat", "hello")
	w.ok("PUT", "/photos/secret", "secret")
	w.may(allow("s3:*", "photos/cat"))
	signed := func(cred sigv4.Credential) *http.Request {
		return w.request(cred, call{method: "GET", path: "/photos/cat"})
	}
	presigned := func(method, path, hash string) *http.Request {
		r := w.request(sigv4.Credential{}, call{method: method, path: path})
		sigv4.Presign(r, w.device, "s3", "us-east-1", time.Now(), time.Minute, hash)
		return r
	}
	with := func(r *http.Request, change func(*http.Request)) *http.Request { change(r); return r }
	wrong := w.root
	wrong.Secret = secret.New("wrong")
	forged := w.device
	forged.Token = secret.New("forged")
	for _, tc := range []struct {
		name   string
		r      *http.Request
		status int
		code   string
	}{
		{"none", signed(sigv4.Credential{}), 403, "AccessDenied"},
		{"of a session", signed(w.device), 200, ""},
		{"wrong secret", signed(wrong), 403, "SignatureDoesNotMatch"},
		{"unknown key", signed(sigv4.Credential{AccessKey: "AKIANOBODY", Secret: secret.New("x")}), 403, "InvalidAccessKeyId"},
		{"forged token", signed(forged), 400, "InvalidToken"},
		{"presigned", presigned("GET", "/photos/cat", sigv4.UnsignedPayload), 200, ""},
		{"presigned put", presigned("PUT", "/photos/cat", sigv4.UnsignedPayload), 200, ""},
		{"presigned put with a copy source", with(presigned("PUT", "/photos/cat", sigv4.UnsignedPayload), func(r *http.Request) {
			r.Header.Set("X-Amz-Copy-Source", "photos/secret")
		}), 403, "AccessDenied"},
		{"presigned put with a signed copy source", presigned("PUT", "/photos/cat?x-amz-copy-source=photos%2Fsecret", sigv4.UnsignedPayload), 403, "AccessDenied"},
		{"presigned put with an ACL as parameter", presigned("PUT", "/photos/cat?X-Amz-Acl=public-read", sigv4.UnsignedPayload), 400, "AccessControlListNotSupported"},
		{"presigned for another object", with(presigned("GET", "/photos/cat", sigv4.UnsignedPayload), func(r *http.Request) {
			r.URL.Path = "/photos/secret"
		}), 403, "SignatureDoesNotMatch"},
		{"another service", with(signed(sigv4.Credential{}), func(r *http.Request) {
			sigv4.Sign(r, w.root, "iot", "us-east-1", time.Now(), sigv4.EmptyHash)
		}), 400, "AuthorizationHeaderMalformed"},
		{"old", with(signed(sigv4.Credential{}), func(r *http.Request) {
			sigv4.Sign(r, w.root, "s3", "us-east-1", time.Now().Add(-time.Hour), sigv4.EmptyHash)
		}), 403, "RequestTimeTooSkewed"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := w.send(tc.r); got.status != tc.status || got.code != tc.code {
				t.Errorf("got %v, want %d %s", got, tc.status, tc.code)
			}
		})
	}
	w.withdrawn.Store(true)
	if got := w.send(signed(w.device)); got.status != 403 || got.code != "InvalidAccessKeyId" {
		t.Errorf("session whose origin is gone: got %v", got)
	}
}

// A body that is not what was signed is never kept.
func TestForgedBodies(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	const trailed = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
	for _, tc := range []struct {
		name, body, hash string
		header           []string
		code             string
	}{
		{"another body", "HELLO", sigv4.Hash([]byte("hello")), nil, "XAmzContentSHA256Mismatch"},
		{"chunks without signatures", "5\r\nhello\r\n0\r\n\r\n", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", []string{"X-Amz-Decoded-Content-Length: 5"}, "SignatureDoesNotMatch"},
		{"wrong checksum in the trailer", "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", trailed, []string{"X-Amz-Decoded-Content-Length: 5", "X-Amz-Trailer: x-amz-checksum-crc32"}, "BadDigest"},
		{"breaks off", "5\r\nhel", trailed, []string{"X-Amz-Decoded-Content-Length: 5", "X-Amz-Trailer: x-amz-checksum-crc32"}, "IncompleteBody"},
		{"wrong checksum", "hello", sigv4.UnsignedPayload, []string{"X-Amz-Checksum-Crc32: AAAAAA=="}, "BadDigest"},
		{"wrong MD5", "hello", sigv4.UnsignedPayload, []string{"Content-Md5: 1B2M2Y8AsgTpgAmY7PhCfg=="}, "BadDigest"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := w.send(w.request(w.root, call{method: "PUT", path: "/photos/cat", body: tc.body, header: append(tc.header, "X-Amz-Content-Sha256: "+tc.hash)}))
			if got.code != tc.code {
				t.Errorf("got %v, want %s", got, tc.code)
			}
			if got := w.do(w.root, "HEAD", "/photos/cat"); got.status != 404 {
				t.Errorf("it was kept: got %v", got)
			}
		})
	}
}

func TestNotImplemented(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/cat", "hello")
	before := w.kept()
	for _, c := range []call{
		{method: "PUT", path: "/photos?policy", body: `{"Statement":[]}`}, {method: "DELETE", path: "/photos?metrics&id=1"},
		{method: "PUT", path: "/photos?website"}, {method: "PUT", path: "/photos?replication"}, {method: "PUT", path: "/photos?metrics&id=1"},
		{method: "PUT", path: "/photos?object-lock"},
		{method: "PUT", path: "/photos/cat?retention"}, {method: "PUT", path: "/photos/cat?legal-hold"}, {method: "POST", path: "/photos/cat?select&select-type=2"},
		{method: "POST", path: "/photos/cat?restore"}, {method: "GET", path: "/photos/cat?torrent"}, {method: "PUT", path: "/photos/cat?versionId=null"}, {method: "PUT", path: "/photos/cat?partNumber=1"},
		{method: "GET", path: "/photos/cat?uploads"}, {method: "PATCH", path: "/photos/create"}, {method: "PATCH", path: "/create-user"}, {method: "PUT", path: "/photos/cat?tagging&acl"},
		{method: "PUT", path: "/photos/cat", header: []string{"X-Amz-Server-Side-Encryption: aws:kms"}}, {method: "PUT", path: "/photos/cat", header: []string{"X-Amz-Object-Lock-Mode: GOVERNANCE"}},
		{method: "PUT", path: "/photos/cat?uploadId=1"}, {method: "GET", path: "/photos/cat?versions"}, {method: "PUT", path: "/photos/cat", header: []string{"X-Amz-Website-Redirect-Location: /x"}},
		{method: "PUT", path: "/photos/cat", header: []string{"X-Amz-Unheard-Of: 1"}}, {method: "GET", path: "/photos/cat", header: []string{"X-Amz-Copy-Source: photos/cat"}},
	} {
		if got := w.send(w.request(w.root, c)); got.status != 501 || got.code != "NotImplemented" {
			t.Errorf("%v %v: got %v, want 501 NotImplemented", c, c.header, got)
		}
	}
	if diff := cmp.Diff(before, w.kept()); diff != "" {
		t.Errorf("the store has changed (-before +after):\n%s", diff)
	}
}
