package s3front_test

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/sigv4"
)

// form is a way in which the body of an upload is sent.
type form struct {
	name string
	send func(path string) (head, body string) // the head without the empty line after it
}

// forms are all of them, for the content hello.
func (w *world) forms() []form {
	const content = "hello"
	signed := call{method: "PUT", body: content}
	unsigned := call{method: "PUT", body: content, header: []string{"X-Amz-Content-Sha256: UNSIGNED-PAYLOAD"}}
	length := func(n int) string { return fmt.Sprintf("Content-Length: %d\r\n", n) }
	plain := func(c call, body string) func(string) (string, string) {
		return func(path string) (string, string) {
			c.path = path
			return strings.TrimSuffix(w.wire(c, length(len(body)), ""), "\r\n"), body
		}
	}
	trailed := "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"
	at := time.Now()
	chunked := func(path string) (head, body string) {
		r := w.request(sigv4.Credential{}, call{method: "PUT", path: path, header: []string{"X-Amz-Decoded-Content-Length: 5", "Content-Encoding: aws-chunked"}})
		sigv4.Sign(r, w.root, "s3", "us-east-1", at, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
		_, seed, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
		first := chunkSignature(w.root, at, seed, content)
		body = "5;chunk-signature=" + first + "\r\n" + content + "\r\n0;chunk-signature=" + chunkSignature(w.root, at, first, "") + "\r\n\r\n"
		var b strings.Builder
		fmt.Fprintf(&b, "PUT %s HTTP/1.1\r\nHost: %s\r\n", path, r.URL.Host)
		must(w.t, r.Header.Write(&b))
		return b.String() + length(len(body)), body
	}
	return []form{
		{"signed", plain(signed, content)},
		{"unsigned", plain(unsigned, content)},
		{"with an unsigned trailer", plain(call{method: "PUT", header: []string{"X-Amz-Content-Sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER", "X-Amz-Decoded-Content-Length: 5", "X-Amz-Trailer: x-amz-checksum-crc32"}}, trailed)},
		{"in unsigned chunks without a trailer", plain(call{method: "PUT", header: []string{"X-Amz-Content-Sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER", "X-Amz-Decoded-Content-Length: 5"}}, "5\r\nhello\r\n0\r\n\r\n")},
		{"in signed chunks", chunked},
		{"by URL", func(path string) (string, string) {
			r := w.presign(w.root, "PUT", path, 0)
			return fmt.Sprintf("PUT %s HTTP/1.1\r\nHost: %s\r\n%s", r.URL.RequestURI(), r.URL.Host, length(5)), content
		}},
	}
}

func chunkSignature(cred sigv4.Credential, at time.Time, previous, chunk string) string {
	mac := func(key []byte, text string) []byte {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	day := at.UTC().Format("20060102")
	key := mac(mac(mac(mac([]byte("AWS4"+cred.Secret.Reveal()), day), "us-east-1"), "s3"), "aws4_request")
	text := "AWS4-HMAC-SHA256-PAYLOAD\n" + at.UTC().Format("20060102T150405Z") + "\n" + day + "/us-east-1/s3/aws4_request\n" + previous + "\n" + sigv4.EmptyHash + "\n" + sigv4.Hash([]byte(chunk))
	return hex.EncodeToString(mac(key, text))
}

// An upload that breaks off at any byte, in whatever form it is sent, is
// refused and replaces nothing: no object, no version, no part.
func TestBrokenOffUploads(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/cat", "the old one")
	w.ok("PUT", "/versioned")
	w.ok("PUT", "/versioned?versioning", versioning)
	w.ok("PUT", "/versioned/cat", "the old one")
	id := w.newUpload("/photos/film")
	part := "/photos/film?partNumber=1&uploadId=" + id
	w.ok("PUT", part, "the old part")
	before := w.kept()
	for _, f := range w.forms() {
		for _, path := range []string{"/photos/cat", "/versioned/cat", part} {
			head, body := f.send(path)
			for at := range len(body) {
				if f.name == "in signed chunks" && at > 10 && at < 80 {
					continue // within a signature
				}
				got := w.raw(head+"\r\n"+body[:at], true)
				inTrailer := strings.Contains(body[:at], "\r\n0\r\n") && strings.Contains(got, "<Code>MalformedTrailerError</Code>")
				if !strings.HasPrefix(got, "HTTP/1.1 400 ") || !strings.Contains(got, "<Code>IncompleteBody</Code>") && !inTrailer {
					t.Errorf("%s, cut after %d of %d bytes, to %s: got %s, want 400 IncompleteBody", f.name, at, len(body), path, got)
				}
			}
		}
	}
	if diff := cmp.Diff(before, w.kept()); diff != "" {
		t.Errorf("the store has changed (-before +after):\n%s", diff)
	}
	for _, f := range w.forms() {
		head, body := f.send("/photos/" + sigv4.Escape(f.name, false))
		if got := w.raw(head+"Connection: close\r\n\r\n"+body, false); !strings.HasPrefix(got, "HTTP/1.1 200 ") {
			t.Errorf("%s, whole: got %s", f.name, got)
		}
		if got := w.ok("GET", "/photos/"+sigv4.Escape(f.name, false)); got.body != "hello" {
			t.Errorf("%s, whole: it is %q", f.name, got.body)
		}
	}
}

// begun is a request whose body is under way.
type begun struct {
	t    *testing.T
	conn net.Conn
}

// begin sends a signed request as far as the first bytes of its body.
func (w *world) begin(t *testing.T, cred sigv4.Credential, c call, length int, first string) *begun {
	t.Helper()
	r := w.request(cred, c)
	conn, err := net.Dial("tcp", w.server.Listener.Addr().String())
	must(t, err)
	t.Cleanup(func() { conn.Close() })
	must(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", r.Method, r.URL.RequestURI(), r.URL.Host)
	must(t, r.Header.Write(&b))
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", length, first)
	_, err = io.WriteString(conn, b.String())
	must(t, err)
	return &begun{t, conn}
}

// finish sends the rest and returns the answer.
func (b *begun) finish(rest string) reply {
	b.t.Helper()
	_, err := io.WriteString(b.conn, rest)
	must(b.t, err)
	resp, err := http.ReadResponse(bufio.NewReader(b.conn), nil)
	must(b.t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	must(b.t, err)
	got := reply{status: resp.StatusCode, body: string(body), header: resp.Header}
	if _, code, ok := strings.Cut(got.body, "<Code>"); ok {
		got.code, _, _ = strings.Cut(code, "<")
	}
	return got
}

// An upload that is begun before a revocation does not finish after it.
func TestUploadsEndWithTheirPermission(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/cat", "the old one")
	id := w.newUpload("/photos/film")
	part := "/photos/film?partNumber=1&uploadId=" + id
	all := allow("s3:*", "*")
	tagged := "If-Match: " + w.ok("HEAD", "/photos/cat").header.Get("Etag")
	for _, tc := range []struct {
		name    string
		revoke  func()
		restore func()
		code    string
	}{
		{"the policy is gone", func() { w.may() }, func() {}, "AccessDenied"},
		{"the policy denies", func() { w.may(all, deny("s3:PutObject", "photos/*")) }, func() {}, "AccessDenied"},
		{"what the session was made from is gone", func() { w.withdrawn.Store(true) }, func() { w.withdrawn.Store(false) }, "InvalidAccessKeyId"},
		{"nothing", func() {}, func() {}, ""},
	} {
		for _, c := range []call{
			{method: "PUT", path: "/photos/cat", body: "hello"},
			{method: "PUT", path: "/photos/cat", body: "hello", header: []string{"X-Amz-Content-Sha256: UNSIGNED-PAYLOAD"}},
			{method: "PUT", path: "/photos/cat", body: "hello", header: []string{tagged}},
			{method: "PUT", path: part, body: "hello"},
		} {
			w.may(all)
			before := w.kept()
			upload := w.begin(t, w.device, c, 5, "hell")
			time.Sleep(20 * time.Millisecond)
			tc.revoke()
			got := upload.finish("o")
			tc.restore()
			if got.code != tc.code || tc.code == "" && got.status != 200 {
				t.Errorf("%s during %v %v: got %v, want %q", tc.name, c, c.header, got, tc.code)
			}
			if diff := cmp.Diff(before, w.kept()); diff != "" && tc.code != "" {
				t.Errorf("%s during %v: the store has changed (-before +after):\n%s", tc.name, c, diff)
			}
			w.ok("PUT", "/photos/cat", "the old one")
		}
	}
}

// A read that lasts is cut when its permission is gone, and else is not.
func TestReadsEndWithTheirPermission(t *testing.T) {
	w := newWorld(t)
	w.front.Rejudge = 20 * time.Millisecond
	w.ok("PUT", "/photos")
	const size = 48 << 20
	w.ok("PUT", "/photos/film", strings.Repeat("f", size), "X-Amz-Tagging: kind=public")
	for _, tc := range []struct {
		name   string
		revoke func()
		whole  bool
	}{
		{"nothing happens", func() {}, true},
		{"the policy is gone", func() { w.may() }, false},
		{"tags of its kind are denied", func() {
			w.may(allow("s3:*", "*"), deny("s3:GetObject", "*").when(when{"StringEquals", "s3:ExistingObjectTag/kind", "public"}))
		}, false},
	} {
		w.may(allow("s3:*", "*"))
		resp, err := transport.RoundTrip(w.request(w.device, call{method: "GET", path: "/photos/film"}))
		must(t, err)
		if _, err := io.CopyN(io.Discard, resp.Body, 1000); err != nil {
			t.Fatal(err)
		}
		tc.revoke()
		time.Sleep(200 * time.Millisecond)
		n, err := io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if whole := err == nil && n == size-1000; whole != tc.whole {
			t.Errorf("%s: got %d bytes more and %v, want whole %v", tc.name, n, err, tc.whole)
		}
	}
}
