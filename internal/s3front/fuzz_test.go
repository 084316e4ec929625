package s3front_test

import (
	"crypto/md5"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"muster/internal/sigv4"
)

// Whatever document comes with an operation that takes one, it is answered or
// refused in S3's words: nothing breaks.
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

// sent sends what fuzzing made of a request; what net/http doesn't send is
// skipped, and so are headers that no server of Muster's reads to their end: it
// hangs up on who sends them.
func (w *world) sent(t *testing.T, r *http.Request) reply {
	t.Helper()
	size := len(r.URL.String()) + len(r.Host)
	for name, values := range r.Header {
		size += len(name) + len(strings.Join(values, ""))
	}
	if size > 60<<10 {
		t.Skip()
	}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		t.Skip(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	return reply{status: resp.StatusCode, body: string(body), header: resp.Header}
}

// What an object is tagged with is what its caller may tag it with, however
// the header says it: who may say only team=blue, and who may say anything but
// team=red.
func FuzzTags(f *testing.F) {
	w := newWorld(f)
	w.ok("PUT", "/tags")
	only := allow("s3:PutObjectTagging", "tags/only")
	only.Condition = map[string]map[string]string{
		"StringEquals":              {"s3:RequestObjectTag/team": "blue"},
		"ForAllValues:StringEquals": {"s3:RequestObjectTagKeys": "team"},
	}
	never := statement{Effect: "Deny", Action: "s3:PutObjectTagging", Resource: "arn:aws:s3:::tags/any", Condition: map[string]map[string]string{
		"StringEquals": {"s3:RequestObjectTag/team": "red"},
	}}
	w.may(allow("s3:PutObject", "tags/*"), only, allow("s3:PutObjectTagging", "tags/any"), never)
	for _, seed := range []string{
		"", "team=blue", "team=red", "team=blue&x=y", "team=red&team=blue", "Team=red&team=blue", "team=red&Team=blue", "t%65am=re%64", "+team=red", "team=red&a;b", "team=red;a=b",
		"team=red&%zz", "&team=red", "team=red&=", "team", "0\t0", "team==red", "team=red#", "team=%00red", "tea\u200dm=red", "\u2002", "team=red\u00a0",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		w := w.in(t)
		for _, key := range []string{"only", "any"} {
			r, err := http.NewRequest("PUT", w.server.URL+"/tags/"+key, strings.NewReader(""))
			must(t, err)
			r.Header["X-Amz-Tagging"] = []string{header}
			sigv4.Sign(r, w.device, "s3", "us-east-1", time.Now(), sigv4.EmptyHash)
			got := w.sent(t, r)
			if got.status >= 500 {
				t.Errorf("tags %q: got %v", header, got)
			}
			if got.status != http.StatusOK {
				continue
			}
			tags := w.ok("GET", "/tags/"+key+"?tagging").body
			blue := strings.Contains(tags, "<TagSet><Tag><Key>team</Key><Value>blue</Value></Tag></TagSet>")
			if key == "only" && !blue && strings.Contains(tags, "<Tag>") {
				t.Errorf("tags %q: it is now %s", header, tags)
			}
			if strings.Contains(tags, "<Key>team</Key><Value>red</Value>") {
				t.Errorf("tags %q: it is now %s", header, tags)
			}
		}
	})
}

// Whatever host a request is for, the bucket in its name is decided on like
// one in its path.
func FuzzHost(f *testing.F) {
	const secret = "the secret model"
	w := newWorld(f)
	for _, name := range []string{"/open", "/closed"} {
		w.ok("PUT", name)
		w.ok("PUT", name+"/pub/model", secret)
	}
	w.ok("PUT", "/open/pub/model", "a public model")
	w.may(allow("s3:*", "open/pub/*"))
	for _, seed := range [][2]string{
		{"open.muster.test", "/pub/model"}, {"closed.muster.test", "/pub/model"}, {"muster.test", "/closed/pub/model"}, {"CLOSED.Muster.Test:80", "/pub/model"},
		{"open.muster.test.", "/pub/model"}, {".muster.test", "/open/pub/model"}, {"open.closed.muster.test", "/pub/model"}, {"[::1]:80", "/open/pub/model"}, {"closed", "/pub/model"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, host, path string) {
		w := w.in(t)
		if _, err := url.ParseRequestURI(path); err != nil || !strings.HasPrefix(path, "/") {
			t.Skip()
		}
		r, err := http.NewRequest("GET", w.server.URL+path, nil)
		if err != nil || r.URL.Host != strings.TrimPrefix(w.server.URL, "http://") {
			t.Skip()
		}
		r.Host = host
		sigv4.Sign(r, w.device, "s3", "us-east-1", time.Now(), sigv4.EmptyHash)
		got := w.sent(t, r)
		if got.status >= 500 && got.status != http.StatusNotImplemented || strings.Contains(got.body, secret) {
			t.Errorf("%q of %q: got %v", path, host, got)
		}
	})
}

// Whatever is asked of an object with conditions and ranges, the answer is of
// that object, or none.
func FuzzConditions(f *testing.F) {
	const model = "0123456789"
	w := newWorld(f)
	w.ok("PUT", "/open")
	tag := w.ok("PUT", "/open/model", model).header.Get("Etag")
	f.Add("bytes=2-4", tag, "*", "Sat, 29 Oct 1994 19:43:31 GMT", "")
	f.Add("bytes=-0,9-", "W/"+tag, `"a","b"`, "soon", "partNumber=1")
	f.Add("a\tb", "c\td", "", "", "response-content-type=%00")
	f.Add("bytes=18446744073709551615-", "", "", "", "response-content-type=a%0d%0ab")
	f.Fuzz(func(t *testing.T, span, match, noneMatch, since, query string) {
		w := w.in(t)
		if _, err := url.ParseRequestURI("/open/model?" + query); err != nil {
			t.Skip()
		}
		r, err := http.NewRequest("GET", w.server.URL+"/open/model?"+query, nil)
		if err != nil {
			t.Skip()
		}
		for name, value := range map[string]string{"Range": span, "If-Match": match, "If-None-Match": noneMatch, "If-Modified-Since": since} {
			if value != "" {
				r.Header[name] = []string{value}
			}
		}
		sigv4.Sign(r, w.root, "s3", "us-east-1", time.Now(), sigv4.EmptyHash)
		got := w.sent(t, r)
		switch {
		case got.status >= 500 && got.status != http.StatusNotImplemented:
			t.Errorf("got %v", got)
		case got.status == http.StatusPartialContent && !strings.Contains(model, got.body):
			t.Errorf("%q: got %v", span, got)
		case got.status == http.StatusOK && query == "" && got.body != model:
			t.Errorf("got %v", got)
		}
	})
}
