package s3front_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"muster/internal/sigv4"
)

// presign makes a URL of Signature Version 4 that lasts a minute, made ago.
func (w *world) presign(cred sigv4.Credential, method, path string, ago time.Duration, header ...string) *http.Request {
	w.t.Helper()
	r := w.request(sigv4.Credential{}, call{method: method, path: path, header: header})
	sigv4.Presign(r, cred, "s3", "us-east-1", time.Now().Add(-ago), time.Minute, sigv4.UnsignedPayload)
	return r
}

// presign2 makes one of Signature Version 2, as boto3 does without being told
// otherwise: path is signed as it is sent, after the bucket in the host.
func (w *world) presign2(cred sigv4.Credential, method, path string, ago time.Duration, header ...string) *http.Request {
	w.t.Helper()
	r := w.request(sigv4.Credential{}, call{method: method, path: path, header: header})
	resource, query, _ := strings.Cut(path, "?")
	if bucket, _, ok := strings.Cut(r.Host, ".muster.test"); ok {
		resource = "/" + bucket + resource
	}
	var signed []string
	for part := range strings.SplitSeq(query, "&") {
		if part != "" {
			signed = append(signed, part)
		}
	}
	slices.Sort(signed)
	if len(signed) > 0 {
		text, err := url.PathUnescape(strings.Join(signed, "&"))
		must(w.t, err)
		resource += "?" + text
	}
	expires := strconv.FormatInt(time.Now().Add(time.Minute-ago).Unix(), 10)
	token := ""
	if cred.Token.Reveal() != "" {
		token = "x-amz-security-token:" + cred.Token.Reveal() + "\n"
		signed = append(signed, "x-amz-security-token="+sigv4.Escape(cred.Token.Reveal(), false))
	}
	m := hmac.New(sha1.New, []byte(cred.Secret.Reveal()))
	m.Write([]byte(method + "\n\n" + r.Header.Get("Content-Type") + "\n" + expires + "\n" + token + resource))
	signed = append(signed, "AWSAccessKeyId="+cred.AccessKey, "Expires="+expires, "Signature="+sigv4.Escape(base64.StdEncoding.EncodeToString(m.Sum(nil)), false))
	r.URL.RawQuery = strings.Join(signed, "&")
	return r
}

// A URL is good for its method, its key, its time and who made it, and for
// nothing else; in both versions, and wherever the bucket's name is.
func TestPresignedURLs(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/secret", "secret")
	w.may(allow("s3:*Object", "photos/cat"))
	signers := map[string]func(sigv4.Credential, string, string, time.Duration, ...string) *http.Request{"version 4": w.presign, "version 2": w.presign2}
	places := []struct{ name, base, host string }{{"path", "/photos", "X: y"}, {"host", "", "Host: photos.muster.test:4600"}}
	swap := func(from, to string) func(*http.Request) {
		return func(r *http.Request) {
			if !strings.Contains(r.URL.RequestURI(), from) {
				r.URL.Path = "/no-such-text" // so that the case fails
			}
			r.URL.Path = strings.Replace(r.URL.Path, from, to, 1)
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, from, to, 1)
		}
	}
	as := func(method string) func(*http.Request) { return func(r *http.Request) { r.Method = method } }
	with := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for _, tc := range []struct {
		name, method, path string
		ago                time.Duration
		change             func(*http.Request)
		status             int
		code               string
	}{
		{"get", "GET", "/cat", 0, nil, 200, ""},
		{"head", "HEAD", "/cat", 0, nil, 200, ""},
		{"put", "PUT", "/cat", 0, nil, 200, ""},
		{"delete", "DELETE", "/cat", 0, nil, 204, ""},
		{"get with another type", "GET", "/cat?response-content-type=text%2Fy", 0, nil, 200, ""},
		{"get of a range", "GET", "/cat", 0, with("Range", "bytes=1-2"), 206, ""},
		{"get, expired", "GET", "/cat", 2 * time.Minute, nil, 403, "AccessDenied"},
		{"put, expired", "PUT", "/cat", 2 * time.Minute, nil, 403, "AccessDenied"},
		{"get of what its maker may not read", "GET", "/secret", 0, nil, 403, "AccessDenied"},
		{"put of what its maker may not write", "PUT", "/secret", 0, nil, 403, "AccessDenied"},
		{"get, as put", "GET", "/cat", 0, as("PUT"), 403, "SignatureDoesNotMatch"},
		{"get, as head", "GET", "/cat", 0, as("HEAD"), 403, ""},
		{"get, as delete", "GET", "/cat", 0, as("DELETE"), 403, "SignatureDoesNotMatch"},
		{"put, as get", "PUT", "/cat", 0, as("GET"), 403, "SignatureDoesNotMatch"},
		{"get, of another key", "GET", "/cat", 0, func(r *http.Request) { r.URL.Path = strings.Replace(r.URL.Path, "cat", "secret", 1) }, 403, "SignatureDoesNotMatch"},
		{"get, of another type", "GET", "/cat?response-content-type=text%2Fy", 0, swap("text%2Fy", "text%2Fhtml"), 403, "SignatureDoesNotMatch"},
		{"get, with a type added", "GET", "/cat", 0, func(r *http.Request) { r.URL.RawQuery += "&response-content-type=text%2Fhtml" }, 403, "SignatureDoesNotMatch"},
		{"get, with its tags asked", "GET", "/cat", 0, func(r *http.Request) { r.URL.RawQuery += "&tagging" }, 403, "SignatureDoesNotMatch"},
		{"put, with a source added", "PUT", "/cat", 0, with("X-Amz-Copy-Source", "photos/secret"), 403, ""},
		{"put, with tags added", "PUT", "/cat", 0, with("X-Amz-Tagging", "a=b"), 403, ""},
		{"get, signature altered", "GET", "/cat", 0, func(r *http.Request) {
			q := r.URL.Query()
			for _, name := range []string{"X-Amz-Signature", "Signature"} {
				if s := q.Get(name); s != "" {
					first := map[bool]string{true: "1", false: "0"}[s[0] == '0']
					q.Set(name, first+s[1:])
				}
			}
			r.URL.RawQuery = q.Encode()
		}, 403, "SignatureDoesNotMatch"},
		{"get, another's key", "GET", "/cat", 0, swap(w.device.AccessKey, "AKIATHEIRS"), 0, ""},
		{"get, longer", "GET", "/cat", 0, func(r *http.Request) {
			q := r.URL.Query()
			q.Set(map[bool]string{true: "X-Amz-Expires", false: "Expires"}[q.Has("X-Amz-Expires")], "99999")
			r.URL.RawQuery = q.Encode()
		}, 403, ""},
	} {
		for version, sign := range signers {
			for _, place := range places {
				t.Run(tc.name+", "+version+", "+place.name, func(t *testing.T) {
					w.ok("PUT", "/photos/cat", "hello", "Content-Type: text/x")
					r := sign(w.device, tc.method, place.base+tc.path, tc.ago, place.host)
					if tc.change != nil {
						tc.change(r)
					}
					got := w.send(r)
					if tc.status == 0 { // refused, in one word or another
						if got.status < 400 {
							t.Errorf("got %v, want a refusal", got)
						}
						return
					}
					if got.status != tc.status || (tc.code != "" && got.code != tc.code) {
						t.Errorf("got %v, want %d %s", got, tc.status, tc.code)
					}
					if strings.Contains(tc.path, "response-") && got.status == 200 && got.header.Get("Content-Type") != "text/y" {
						t.Errorf("got Content-Type %q, want text/y", got.header.Get("Content-Type"))
					}
				})
			}
		}
	}
	if got := w.ok("GET", "/photos/secret"); got.body != "secret" {
		t.Errorf("secret is now %q", got.body)
	}
}

// Each part of an answer that a URL may set is set, and is kept nowhere.
func TestPresignedAnswers(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/cat", "hello", "Content-Type: text/x")
	for name, value := range map[string]string{
		"Cache-Control": "no-store", "Content-Disposition": `attachment; filename="x.txt"`, "Content-Encoding": "identity",
		"Content-Language": "eo", "Content-Type": "text/y", "Expires": "Thu, 01 Dec 1994 16:00:00 GMT",
	} {
		param := "response-" + strings.ToLower(name)
		for _, method := range []string{"GET", "HEAD"} {
			got := w.send(w.presign(w.root, method, "/photos/cat?"+param+"="+sigv4.Escape(value, false), 0))
			if got.status != 200 || got.header.Get(name) != value {
				t.Errorf("%s with %s: got %v, %s %q, want %q", method, param, got, name, got.header.Get(name), value)
			}
		}
	}
	if got := w.ok("HEAD", "/photos/cat"); got.header.Get("Content-Type") != "text/x" || got.header.Get("Cache-Control") != "" {
		t.Errorf("afterwards: got %v", got.header)
	}
}

// What a URL may do ends with what its maker may do.
func TestPresignedURLEndsWithItsMaker(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/cat", "hello")
	w.may(allow("s3:GetObject", "photos/cat"))
	v4, v2 := w.presign(w.device, "GET", "/photos/cat", 0), w.presign2(w.device, "GET", "/photos/cat", 0)
	for _, r := range []*http.Request{v4, v2} {
		if got := w.send(r.Clone(t.Context())); got.status != 200 {
			t.Fatalf("got %v", got)
		}
	}
	w.may()
	for _, r := range []*http.Request{v4, v2} {
		if got := w.send(r.Clone(t.Context())); got.code != "AccessDenied" {
			t.Errorf("after the permission is gone: got %v, want AccessDenied", got)
		}
	}
	w.may(allow("s3:GetObject", "photos/cat"))
	w.withdrawn.Store(true)
	for _, r := range []*http.Request{v4, v2} {
		if got := w.send(r.Clone(t.Context())); got.code != "InvalidAccessKeyId" {
			t.Errorf("after its origin is gone: got %v, want InvalidAccessKeyId", got)
		}
	}
}
