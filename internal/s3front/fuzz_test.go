package s3front_test

import (
	"crypto/md5"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Whatever document comes with an operation that takes one, it is answered or
// refused in S3's words: nothing breaks, here or in the store behind.
func FuzzDocument(f *testing.F) {
	w := newWorld(f)
	w.ok("PUT", "/open")
	w.ok("PUT", "/open/kept", "a model")
	operations := []call{
		{method: "POST", path: "/open?delete="},
		{method: "PUT", path: "/open?tagging="},
		{method: "PUT", path: "/open/kept?tagging="},
		{method: "PUT", path: "/open?versioning="},
		{method: "POST", path: "/open/kept?uploadId=none"},
		{method: "PUT", path: "/open"},
	}
	for i, body := range []string{
		`<Delete><Quiet>true</Quiet><Object><Key>a</Key><VersionId>b</VersionId></Object></Delete>`,
		`<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>`,
		`<Tagging><TagSet></TagSet></Tagging>`,
		`<VersioningConfiguration><Status>Suspended</Status><MfaDelete>Disabled</MfaDelete></VersioningConfiguration>`,
		`<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"a"</ETag></Part></CompleteMultipartUpload>`,
		`<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>`,
	} {
		f.Add(i, body)
	}
	f.Add(0, `<?xml version="1.0"?><!DOCTYPE Delete [<!ENTITY a "b">]><Delete><Object><Key>&a;</Key></Object></Delete>`)
	f.Add(0, `<Delete><Object><Key>../../muster.db</Key></Object></Delete>`)
	f.Fuzz(func(t *testing.T, which int, body string) {
		w := w.in(t)
		c := operations[uint(which)%uint(len(operations))]
		sum := md5.Sum([]byte(body))
		c.body, c.header = body, []string{"Content-Md5: " + base64.StdEncoding.EncodeToString(sum[:])}
		if got := w.send(w.request(w.root, c)); got.status >= 500 && got.status != http.StatusNotImplemented {
			t.Errorf("%v with %q: got %v", c, body, got)
		}
	})
}

// Whatever path, query and source a request has, what its caller may not read
// isn't in the answer, and what it may not write stays as it was.
func FuzzTarget(f *testing.F) {
	const secret = "the secret model"
	w := newWorld(f)
	for _, name := range []string{"/open", "/closed"} {
		w.ok("PUT", name)
	}
	w.ok("PUT", "/open/pub/model", "a public model")
	w.ok("PUT", "/open/secret/model", secret)
	w.ok("PUT", "/closed/pub/model", secret)
	w.may(allow("s3:*", "open/pub/*"), allow("s3:ListBucket", "open"))
	for _, seed := range [][3]string{
		{"/open/pub/model", "", ""},
		{"/open/pub/../secret/model", "", ""},
		{"/open/pub/%2e%2e/secret/model", "", ""},
		{"/open/pub//model", "versionId=null", ""},
		{"/open/pub/copy", "", "open/secret/model"},
		{"/open/pub/copy", "", "/closed/pub/model?versionId=1"},
		{"/open", "list-type=2&prefix=pub/../secret/", ""},
		{"/open/pub/model", "partNumber=1&uploadId=../../../closed/pub/model", ""},
		{"/open/pub/model", "x-amz-copy-source=open/secret/model", ""},
	} {
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			f.Add(method, seed[0], seed[1], seed[2])
		}
	}
	f.Fuzz(func(t *testing.T, method, path, query, source string) {
		w := w.in(t)
		target := path + "?" + query
		if _, err := url.ParseRequestURI(target); err != nil || !strings.HasPrefix(path, "/") || strings.ContainsAny(source, "\r\n") {
			t.Skip()
		}
		switch method {
		case "GET", "PUT", "DELETE", "HEAD", "POST":
		default:
			t.Skip()
		}
		c := call{method: method, path: target}
		if source != "" {
			c.header = []string{"X-Amz-Copy-Source: " + source}
		}
		r, err := http.NewRequest(c.method, w.server.URL+c.path, nil)
		if err != nil || r.URL.Host != strings.TrimPrefix(w.server.URL, "http://") {
			t.Skip()
		}
		r = w.request(w.device, c)
		resp, err := transport.RoundTrip(r.Clone(t.Context()))
		if err != nil {
			t.Skip() // no request that net/http sends
		}
		resp.Body.Close()
		got := w.send(w.request(w.device, c))
		if got.status >= 500 && got.status != http.StatusNotImplemented {
			t.Errorf("%v: got %v", c, got)
		}
		if strings.Contains(got.body, secret) {
			t.Errorf("%v with source %q: answered what the caller may not read: %v", c, source, got)
		}
		for _, name := range []string{"/open/secret/model", "/closed/pub/model"} {
			if kept := w.do(w.root, "GET", name); kept.body != secret {
				t.Fatalf("%v: %s is now %v", c, name, kept)
			}
		}
		if copied := w.do(w.device, "GET", "/open/pub/copy"); strings.Contains(copied.body, secret) {
			t.Fatalf("%v with source %q copied what the caller may not read", c, source)
		}
	})
}

// in is the world for one input of a fuzz target.
func (w *world) in(t *testing.T) *world {
	one := *w
	one.t = t
	return &one
}
