package s3front_test

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/secret"
	"muster/internal/sigv4"
)

// Of many who write only what is new, one does: by an upload or in parts.
func TestOneOfManyWriters(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	for round := range 10 {
		for _, way := range []string{"put", "parts"} {
			path := fmt.Sprintf("/photos/%s-%d", way, round)
			var writers sync.WaitGroup
			var won, refused atomic.Int32
			var winner atomic.Value
			for i := range 20 {
				body := fmt.Sprintf("writer %d", i)
				write := func() reply { return w.do(w.root, "PUT", path, body, "If-None-Match: *") }
				if way == "parts" {
					id := w.newUpload(path + "")
					etag := w.ok("PUT", path+"?partNumber=1&uploadId="+id, body).header.Get("Etag")
					write = func() reply {
						return w.do(w.root, "POST", path+"?uploadId="+id, strings.ReplaceAll(completeOne, "ETAG", etag), "If-None-Match: *")
					}
				}
				writers.Go(func() {
					switch got := write(); {
					case got.status == 200:
						won.Add(1)
						winner.Store(body)
					case got.status == 412, got.status == 409:
						refused.Add(1)
					default:
						t.Errorf("%s: got %v", path, got)
					}
				})
			}
			writers.Wait()
			if won.Load() != 1 || refused.Load() != 19 {
				t.Errorf("%s: %d of 20 wrote it, %d were refused, want 1 and 19", path, won.Load(), refused.Load())
			}
			if got := w.ok("GET", path); got.body != winner.Load() {
				t.Errorf("%s: got %q, who was told to have written it: %q", path, got.body, winner.Load())
			}
		}
	}
}

// Whoever is not the one that a signature is of, or not now, is nobody.
func TestBorrowedSignatures(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/cat", "hello")
	w.may(allow("s3:*", "*"))
	at := func(cred sigv4.Credential, when time.Duration) *http.Request {
		r := w.request(sigv4.Credential{}, call{method: "GET", path: "/photos/cat"})
		sigv4.Sign(r, cred, "s3", "us-east-1", time.Now().Add(when), sigv4.EmptyHash)
		return r
	}
	with := func(cred sigv4.Credential, token string) sigv4.Credential {
		cred.Token = secret.New(token)
		return cred
	}
	secretOf := func(cred sigv4.Credential, of sigv4.Credential) sigv4.Credential {
		cred.Secret = of.Secret
		return cred
	}
	early := w.request(sigv4.Credential{}, call{method: "GET", path: "/photos/cat"})
	sigv4.Presign(early, w.device, "s3", "us-east-1", time.Now().Add(20*time.Minute), time.Hour, sigv4.UnsignedPayload)
	for _, tc := range []struct {
		name string
		r    *http.Request
		code string
	}{
		{"a session's token on the root key", at(with(w.root, w.device.Token.Reveal()), 0), "InvalidToken"},
		{"a session's token on another's key", at(with(w.other, w.device.Token.Reveal()), 0), "InvalidToken"},
		{"a session's key without its token", at(with(w.device, ""), 0), "InvalidAccessKeyId"},
		{"a session's key with part of its token", at(with(w.device, w.device.Token.Reveal()[:50]), 0), "InvalidToken"},
		{"a session's key with the root's secret", at(secretOf(w.device, w.root), 0), "SignatureDoesNotMatch"},
		{"14 minutes slow", at(w.device, -14*time.Minute), ""},
		{"16 minutes slow", at(w.device, -16*time.Minute), "RequestTimeTooSkewed"},
		{"14 minutes fast", at(w.device, 14*time.Minute), ""},
		{"16 minutes fast", at(w.device, 16*time.Minute), "RequestTimeTooSkewed"},
		{"a URL of 20 minutes hence", early, "AccessDenied"},
		{"a URL that lasts longer than a week", w.longURL(8 * 24 * time.Hour), "AuthorizationQueryParametersError"},
		{"a URL that lasts no time", w.longURL(0), "AuthorizationQueryParametersError"},
	} {
		got := w.send(tc.r)
		if got.code != tc.code || tc.code == "" && got.body != "hello" {
			t.Errorf("%s: got %v, want %q", tc.name, got, tc.code)
		}
	}
}

func (w *world) longURL(life time.Duration) *http.Request {
	w.t.Helper()
	r := w.request(sigv4.Credential{}, call{method: "GET", path: "/photos/cat"})
	sigv4.Presign(r, w.device, "s3", "us-east-1", time.Now(), life, sigv4.UnsignedPayload)
	return r
}

// The bucket in the host name is the bucket: what follows is a key of it.
func TestHostsAndPaths(t *testing.T) {
	w := newWorld(t)
	for _, bucket := range []string{"mine", "theirs", "muster.test"} {
		w.ok("PUT", "/"+bucket)
		w.ok("PUT", "/"+bucket+"/cat", "of "+bucket)
	}
	w.ok("PUT", "/mine/theirs/cat", "of mine, named like theirs")
	w.may(allow("s3:*", "mine*"))
	for _, tc := range []struct {
		host, path string
		status     int
		body       string
	}{
		{"mine.muster.test", "/cat", 200, "of mine"},
		{"MINE.Muster.Test:80", "/cat", 200, "of mine"},
		{"mine.muster.test", "/theirs/cat", 200, "of mine, named like theirs"},
		{"mine.muster.test", "//theirs/cat", 404, ""},
		{"mine.muster.test", "/../theirs/cat", 404, ""},
		{"mine.muster.test", "/%2e%2e/theirs/cat", 404, ""},
		{"mine.muster.test", "/..%2ftheirs%2fcat", 404, ""},
		{"mine.muster.test", "/theirs%2fcat", 200, "of mine, named like theirs"},
		{"theirs.muster.test", "/cat", 403, ""},
		{"theirs.muster.test", "/mine/cat", 403, ""},
		{"muster.test", "/mine/cat", 200, "of mine"},
		{"muster.test", "/theirs/cat", 403, ""},
		{"muster.test", "/mine%2fcat", 200, "of mine"},
		{"muster.test", "/mine/..%2ftheirs/cat", 404, ""},
		{"muster.test", "/mine%2f..%2ftheirs/cat", 404, ""},
		{"muster.test.muster.test", "/cat", 403, ""},
		{"mine.muster.test.", "/mine/cat", 200, "of mine"}, // another name, so the path's bucket
		{"theirs.muster.test.", "/mine/cat", 200, "of mine"},
		{".muster.test", "/mine/cat", 200, "of mine"},
		{"mine.theirs.muster.test", "/cat", 404, ""},
		{"mine.muster.test:80:80", "/mine/cat", 200, "of mine"},
		{"elsewhere.test", "/theirs/cat", 403, ""},
		{"", "/theirs/cat", 403, ""},
	} {
		r := w.request(sigv4.Credential{}, call{method: "GET", path: tc.path})
		r.Host = tc.host
		sigv4.Sign(r, w.device, "s3", "us-east-1", time.Now(), sigv4.EmptyHash)
		got := w.send(r)
		if got.status != tc.status || tc.body != "" && got.body != tc.body {
			t.Errorf("%q %s: got %v, want %d %q", tc.host, tc.path, got, tc.status, tc.body)
		}
		if strings.Contains(got.body, "of theirs") {
			t.Errorf("%q %s: got what is theirs", tc.host, tc.path)
		}
	}
}

// An upload is of one key, whoever knows its id.
func TestUploadsOfOthers(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/shared")
	w.ok("PUT", "/other")
	id := w.newUpload("/shared/theirs")
	etag := w.ok("PUT", "/shared/theirs?partNumber=1&uploadId="+id, "theirs").header.Get("Etag")
	complete := strings.ReplaceAll(completeOne, "ETAG", etag)
	w.may(allow("s3:*", "shared/mine*"), allow("s3:*", "other*"), allow("s3:GetBucketLocation", "shared"))
	before := w.kept()
	for _, c := range []call{
		{method: "PUT", path: "/shared/theirs?partNumber=1&uploadId=" + id, body: "mine"},
		{method: "GET", path: "/shared/theirs?uploadId=" + id},
		{method: "POST", path: "/shared/theirs?uploadId=" + id, body: complete},
		{method: "DELETE", path: "/shared/theirs?uploadId=" + id},
		{method: "GET", path: "/shared?uploads"},
	} {
		if got := w.signed(c); got.status != 403 {
			t.Errorf("%v: got %v, want 403", c, got)
		}
	}
	for _, path := range []string{"/shared/mine", "/other/theirs", "/shared/mine%2Ftheirs"} {
		for _, c := range []call{
			{method: "PUT", path: path + "?partNumber=1&uploadId=" + id, body: "mine"},
			{method: "GET", path: path + "?uploadId=" + id},
			{method: "POST", path: path + "?uploadId=" + id, body: complete},
			{method: "DELETE", path: path + "?uploadId=" + id},
		} {
			if got := w.signed(c); got.status != 404 || got.code != "NoSuchUpload" {
				t.Errorf("%v: got %v, want NoSuchUpload", c, got)
			}
		}
	}
	if diff := cmp.Diff(before, w.kept()); diff != "" {
		t.Errorf("the store has changed (-before +after):\n%s", diff)
	}
	if got := w.do(w.root, "POST", "/shared/theirs?uploadId="+id, complete); got.status != 200 {
		t.Errorf("by who began it: got %v", got)
	}
}

// Where a list goes on is the client's to say; what it may list is not.
func TestListsGoOn(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	for _, key := range []string{"a/1", "a/2", "a/3", "secret/1", "secret/2", "z/1"} {
		w.ok("PUT", "/photos/"+key, key)
	}
	w.may(allow("s3:ListBucket*", "photos").when(when{"StringEquals", "s3:prefix", "a/"}))
	all := w.ok("GET", "/photos?list-type=2&max-keys=4").body
	_, token, _ := strings.Cut(all, "<NextContinuationToken>")
	token, _, _ = strings.Cut(token, "<")
	for _, query := range []string{
		"list-type=2&continuation-token=" + token, "list-type=2&continuation-token=x", "list-type=2&continuation-token=", "list-type=2&continuation-token=c2VjcmV0LzA%3D",
		"list-type=2&continuation-token=..%2F..%2Fetc", "list-type=2&start-after=a/9", "list-type=2&start-after=..%2f", "list-type=2&continuation-token=%00",
		"marker=a/9", "marker=secret/", "marker=..", "versions&key-marker=a/9", "versions&key-marker=secret/1&version-id-marker=null", "uploads&key-marker=secret/",
		"delimiter=/&marker=secret/", "delimiter=..&marker=secret/", "list-type=2&delimiter=%00",
	} {
		got := w.signed(call{method: "GET", path: "/photos?prefix=a/&" + query})
		if strings.Contains(got.body, "<Key>secret/") || strings.Contains(got.body, "<Key>z/") || got.status >= 500 {
			t.Errorf("%s: got %v", query, got)
		}
		if got := w.signed(call{method: "GET", path: "/photos?" + query}); got.status != 403 && got.status != 400 {
			t.Errorf("%s without a prefix: got %v, want a refusal", query, got)
		}
	}
}

// A thousand keys, many of them twice, and who may delete half of them.
func TestDeleteAThousand(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	for i := range 4 {
		w.ok("PUT", fmt.Sprintf("/photos/mine/%d", i), "x")
		w.ok("PUT", fmt.Sprintf("/photos/theirs/%d", i), "x")
	}
	w.may(allow("s3:DeleteObject", "photos/mine/*"))
	var body strings.Builder
	body.WriteString("<Delete>")
	for i := range 500 {
		fmt.Fprintf(&body, "<Object><Key>mine/%d</Key></Object><Object><Key>theirs/%d</Key></Object>", i%8, i%8)
	}
	body.WriteString("</Delete>\n")
	got := w.do(w.device, "POST", "/photos?delete", body.String(), sum(body.String()))
	if got.status != 200 || strings.Count(got.body, "<Deleted>") != 500 || strings.Count(got.body, "<Code>AccessDenied</Code>") != 500 {
		t.Errorf("got %d, %d deleted, %d denied, want 500 of both", got.status, strings.Count(got.body, "<Deleted>"), strings.Count(got.body, "<Code>AccessDenied</Code>"))
	}
	left := w.ok("GET", "/photos").body
	if strings.Contains(left, "<Key>mine/") || strings.Count(left, "<Key>theirs/") != 4 {
		t.Errorf("left: %s", left)
	}
}

// raw sends what is given as it is and answers all that comes back; "" when the
// server hangs up without an answer. cut says that no more will come.
func (w *world) raw(text string, cut bool) string {
	w.t.Helper()
	conn, err := net.Dial("tcp", w.server.Listener.Addr().String())
	must(w.t, err)
	defer conn.Close()
	must(w.t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	_, err = io.WriteString(conn, text)
	must(w.t, err)
	if cut {
		must(w.t, conn.(*net.TCPConn).CloseWrite())
	}
	answer, _ := io.ReadAll(bufio.NewReader(conn))
	return string(answer)
}

// wire is a signed request as it goes over the wire, with another length and
// body than were signed.
func (w *world) wire(c call, more, body string) string {
	w.t.Helper()
	r := w.request(w.root, c)
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", r.Method, r.URL.RequestURI(), r.URL.Host)
	_ = r.Header.Write(&b)
	return b.String() + more + "\r\n" + body
}

// A body that isn't as long as it is said to be is not kept.
func TestLengthsThatLie(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	put := call{method: "PUT", path: "/photos/cat", body: "hello"}
	unsigned := call{method: "PUT", path: "/photos/cat", body: "hello", header: []string{"X-Amz-Content-Sha256: UNSIGNED-PAYLOAD"}}
	trailed := call{method: "PUT", path: "/photos/cat", header: []string{"X-Amz-Content-Sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER", "X-Amz-Decoded-Content-Length: 5", "X-Amz-Trailer: x-amz-checksum-crc32"}}
	const good = "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"
	for _, tc := range []struct {
		name       string
		call       call
		more, body string
	}{
		{"shorter than said", put, "Content-Length: 50\r\n", "hello"},
		{"shorter than said, unsigned", unsigned, "Content-Length: 50\r\n", "hello"},
		{"shorter than signed", put, "Content-Length: 3\r\n", "hel"},
		{"two lengths", put, "Content-Length: 5\r\nContent-Length: 6\r\n", "hello!"},
		{"a length and chunks", put, "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"},
		{"no length, though a body was signed", put, "", ""},
		{"chunks of unknown length", unsigned, "Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"},
		{"a length below zero", put, "Content-Length: -5\r\n", "hello"},
		{"a length in words", put, "Content-Length: five\r\n", "hello"},
		{"more than the decoded length", trailed, "Content-Length: 53\r\n", "6\r\nhello!\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n...."},
		{"less than the decoded length", trailed, "Content-Length: 47\r\n", "4\r\nhell\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"},
		{"without its trailer", trailed, "Content-Length: 15\r\n", "5\r\nhello\r\n0\r\n\r\n"},
		{"with another trailer", trailed, "Content-Length: 52\r\n", "5\r\nhello\r\n0\r\nx-amz-checksum-sha1:qvTGHdzF6KLavt4PO0gs2a6pQ00=\r\n\r\n"},
		{"with its trailer twice", trailed, "Content-Length: 79\r\n", strings.TrimSuffix(good, "\r\n") + "x-amz-checksum-crc32:NhCmhg==\r\n\r\n"},
		{"a chunk below zero", trailed, "Content-Length: 49\r\n", "-5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"},
		{"a chunk beyond all numbers", trailed, "Content-Length: 64\r\n", "fffffffffffffffff\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"},
	} {
		got := w.raw(w.wire(tc.call, tc.more, tc.body), true)
		if strings.HasPrefix(got, "HTTP/1.1 2") {
			t.Errorf("%s: got %s", tc.name, got)
		}
		if kept := w.do(w.root, "HEAD", "/photos/cat"); kept.status != 404 {
			t.Errorf("%s: it was kept: %v (answer %s)", tc.name, kept, got)
		}
	}
	if got := w.raw(w.wire(trailed, fmt.Sprintf("Content-Length: %d\r\nConnection: close\r\n", len(good)), good), false); !strings.HasPrefix(got, "HTTP/1.1 200") {
		t.Errorf("as it should be: got %s", got)
	}
	// A second request in what is left of the first is not one that was signed.
	smuggled := w.wire(call{method: "DELETE", path: "/photos/cat"}, "Content-Length: 0\r\n", "")
	refused := w.wire(put, fmt.Sprintf("Content-Length: 5\r\nTransfer-Encoding: chunked\r\nX-Pad: %d\r\n", len(smuggled)), smuggled)
	got := w.raw(refused, true)
	if kept := w.do(w.root, "HEAD", "/photos/cat"); kept.status != 200 {
		t.Errorf("a request inside another was carried out: %s", got)
	}
}

// That a client has gone is no error of the server's.
func TestClientsThatGo(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/cat", strings.Repeat("meow", 4<<20))
	var log logBuffer
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	for range 20 {
		conn, err := net.Dial("tcp", w.server.Listener.Addr().String())
		must(t, err)
		_, err = io.WriteString(conn, w.wire(call{method: "GET", path: "/photos/cat"}, "", ""))
		must(t, err)
		_, err = io.ReadFull(conn, make([]byte, 1000))
		must(t, err)
		must(t, conn.Close())
	}
	eventually(t, func() bool { return strings.Count(log.text(), "status=499") == 20 })
	if text := log.text(); strings.Contains(text, "level=ERROR") {
		t.Errorf("got records %.2000s, want none of an error", text)
	}
}

// eventually waits until it is so.
func eventually(t *testing.T, so func() bool) {
	t.Helper()
	for range 500 {
		if so() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("it didn't come about in time")
}

type logBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
