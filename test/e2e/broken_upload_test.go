package e2e

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// presign returns the path and query of a URL that is good for a minute and
// says nothing of the body.
func (c *Client) presign(t *testing.T, method, path string) string {
	t.Helper()
	at := time.Now().UTC().Format("20060102T150405Z")
	scope := strings.Join([]string{at[:8], c.Region, "s3", "aws4_request"}, "/")
	u, err := url.Parse(c.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	for name, value := range map[string]string{
		"X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": c.Key.ID + "/" + scope,
		"X-Amz-Date": at, "X-Amz-Expires": "60", "X-Amz-SignedHeaders": "host",
	} {
		q.Set(name, value)
	}
	if c.Key.Token != "" {
		q.Set("X-Amz-Security-Token", c.Key.Token)
	}
	u.RawQuery = q.Encode()
	canonical := strings.Join([]string{method, u.EscapedPath(), canonicalQuery(u), "host:" + u.Host + "\n", "host", "UNSIGNED-PAYLOAD"}, "\n")
	key := []byte("AWS4" + c.Key.Secret)
	for part := range strings.SplitSeq(scope, "/") {
		key = mac(key, part)
	}
	signature := fmt.Sprintf("%x", mac(key, strings.Join([]string{"AWS4-HMAC-SHA256", at, scope, hexSum([]byte(canonical))}, "\n")))
	return u.EscapedPath() + "?" + u.RawQuery + "&X-Amz-Signature=" + signature
}

// halfPut sends the head of a PUT of size bytes and the first of them, and
// returns the connection.
func halfPut(t *testing.T, c *Client, target string, header http.Header, size int, sent []byte) net.Conn {
	t.Helper()
	host := strings.TrimPrefix(c.URL, "http://")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	var head bytes.Buffer
	fmt.Fprintf(&head, "PUT %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n", target, host, size)
	if err := header.Write(&head); err != nil {
		t.Fatal(err)
	}
	head.WriteString("\r\n")
	head.Write(sent)
	if _, err := conn.Write(head.Bytes()); err != nil {
		t.Fatal(err)
	}
	return conn
}

// An upload whose length nobody signed and whose connection breaks leaves what
// was there: as an object, as the versions of one, and as a part.
func TestBrokenUploadReplacesNothing(t *testing.T) {
	t.Parallel()
	s := Start(t)
	c := s.Client()
	c.S3(t, "PUT", "/broken", "").OK(t)
	c.S3(t, "PUT", "/broken-versions", "").OK(t)
	c.S3(t, "PUT", "/broken-versions?versioning", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>").OK(t)
	const size = 400_000
	old, body := strings.Repeat("o", size), bytes.Repeat([]byte("n"), size)
	c.S3(t, "PUT", "/broken/k", old).OK(t)
	c.S3(t, "PUT", "/broken-versions/k", old).OK(t)
	id := c.S3(t, "POST", "/broken/film?uploads", "").OK(t).XML("UploadId")
	part := "/broken/film?partNumber=1&uploadId=" + id
	etag := c.S3(t, "PUT", part, old).OK(t).Header.Get("Etag")

	for _, sent := range []int{0, 1, 16 << 10, 64 << 10, 80_000, size / 2, size - 1} {
		for _, path := range []string{"/broken/k", "/broken/new", "/broken-versions/k", part} {
			conn := halfPut(t, c, c.presign(t, "PUT", path), nil, size, body[:sent])
			if sent%2 == 0 { // the one half closes, the other vanishes
				_ = conn.(*net.TCPConn).CloseWrite()
				_ = conn.SetReadDeadline(time.Now().Add(startLimit))
				if answer, _ := io.ReadAll(conn); strings.HasPrefix(string(answer), "HTTP/1.1 2") {
					t.Errorf("%d of %d bytes of %s were acknowledged: %s", sent, size, path, answer)
				}
			} else {
				_ = conn.(*net.TCPConn).SetLinger(0)
			}
			conn.Close()
		}
	}
	s.idle(t)
	for _, path := range []string{"/broken/k", "/broken-versions/k"} {
		if got := c.S3(t, "GET", path, "").OK(t); got.Body != old {
			t.Errorf("%s: got %d bytes that begin with %.1s, want the old object", path, len(got.Body), got.Body)
		}
	}
	c.S3(t, "HEAD", "/broken/new", "").Refused(t, http.StatusNotFound, "")
	if got := c.S3(t, "GET", "/broken-versions?versions", "").OK(t); strings.Count(got.Body, "<Version>") != 1 {
		t.Errorf("versions: got %s, want the one that was acknowledged", got.Body)
	}
	c.S3(t, "POST", "/broken/film?uploadId="+id, "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"+etag+"</ETag></Part></CompleteMultipartUpload>").OK(t)
	if got := c.S3(t, "GET", "/broken/film", "").OK(t); got.Body != old {
		t.Errorf("the part: got %d bytes, want the old one", len(got.Body))
	}
	// Whole, the same upload is taken.
	conn := halfPut(t, c, c.presign(t, "PUT", "/broken/k"), http.Header{"Connection": {"close"}}, size, body)
	if answer, _ := io.ReadAll(conn); !strings.HasPrefix(string(answer), "HTTP/1.1 200") {
		t.Errorf("a whole upload: got %s", answer)
	}
	conn.Close()
	if got := c.S3(t, "GET", "/broken/k", "").OK(t); got.Body != string(body) {
		t.Errorf("after a whole upload: got %d bytes that begin with %.1s", len(got.Body), got.Body)
	}
}

// idle returns when the log has stood still for half a second.
func (s *Server) idle(t *testing.T) {
	t.Helper()
	for deadline, last := time.Now().Add(startLimit), ""; ; {
		now := s.log.String()
		if now == last || time.Now().After(deadline) {
			return
		}
		last = now
		time.Sleep(500 * time.Millisecond)
	}
}

// An upload that a device began before its certificate was withdrawn isn't
// completed after it.
func TestUploadBegunBeforeRevocation(t *testing.T) {
	t.Parallel()
	s := Start(t)
	w := NewWorld(t, s)
	device := w.Vend(t, Ask{})
	const size = 200_000
	body := bytes.Repeat([]byte("d"), size)
	object := "/" + w.Bucket + "/device_output/late"
	device.S3(t, "PUT", object+"-before", "in time").OK(t)
	signed := func(path string) http.Header {
		req, err := device.request("s3", "PUT", path, nil, body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Connection", "close")
		return req.Header
	}
	type begun struct {
		path string
		conn net.Conn
	}
	var all []begun
	for _, path := range []string{object, object + "-before", "/" + w.Bucket + "/device_output/presigned"} {
		target, header := path, signed(path)
		if strings.HasSuffix(path, "presigned") {
			target, header = device.presign(t, "PUT", path), http.Header{"Connection": {"close"}}
		}
		all = append(all, begun{path, halfPut(t, device, target, header, size, body[:size/2])})
	}
	time.Sleep(300 * time.Millisecond) // for the server to have begun to read
	w.setCertificate(t, "INACTIVE")
	for _, b := range all {
		if _, err := b.conn.Write(body[size/2:]); err != nil {
			t.Logf("%s: %v", b.path, err) // cut already
		}
		answer, _ := io.ReadAll(b.conn)
		if !bytes.HasPrefix(answer, []byte("HTTP/1.1 403")) {
			t.Errorf("%s: got %.300s, want 403", b.path, answer)
		}
		b.conn.Close()
	}
	w.API.S3(t, "HEAD", object, "").Refused(t, http.StatusNotFound, "")
	w.API.S3(t, "HEAD", "/"+w.Bucket+"/device_output/presigned", "").Refused(t, http.StatusNotFound, "")
	if got := w.API.S3(t, "GET", object+"-before", "").OK(t).Body; got != "in time" {
		t.Errorf("got %d bytes, want what was there before", len(got))
	}
}

// A server that is killed again and again while objects of every size are
// uploaded has each that it acknowledged, whole, and no half of another.
func TestKillAmongUploads(t *testing.T) {
	t.Parallel()
	rounds := 6
	if testing.Short() {
		rounds = 3
	}
	data := t.TempDir()
	s := StartOn(t, data)
	s.Client().S3(t, "PUT", "/killed", "").OK(t)
	sizes := []int{0, 100, 16 << 10, 16<<10 + 1, 300_000, 2 << 20}
	kept := map[string]string{} // key → sum of what was acknowledged
	for round := range rounds {
		var mu sync.Mutex
		asked := map[string]string{} // key → sum of what was sent and perhaps not acknowledged
		var writers sync.WaitGroup
		for writer := range 4 {
			c := s.Client()
			writers.Go(func() {
				for n := 0; ; n++ {
					key := fmt.Sprintf("%d/%d", writer, n%40)
					body := bytes.Repeat([]byte(fmt.Sprintf("%d-%d-%d;", round, writer, n)), sizes[n%len(sizes)]/8+1)
					mu.Lock()
					asked[key] = hexSum(body)
					mu.Unlock()
					if !acknowledged(c, "s3", "PUT", "/killed/"+key, body) {
						return
					}
					mu.Lock()
					kept[key] = hexSum(body)
					delete(asked, key)
					mu.Unlock()
				}
			})
		}
		time.Sleep(time.Duration(300+rand.IntN(700)) * time.Millisecond)
		s.Kill(t)
		writers.Wait()
		s = StartOn(t, data)
		c := s.Client()
		listed := strings.Count(c.S3(t, "GET", "/killed?list-type=2", "").OK(t).Body, "<Key>")
		found := 0
		for _, key := range slices.Sorted(keysOf(kept, asked)) {
			got := c.S3(t, "GET", "/killed/"+key, "")
			sum := hexSum([]byte(got.Body))
			switch {
			case got.Status == http.StatusOK && (sum == kept[key] || sum == asked[key]):
				found++
				kept[key] = sum
			case got.Status != http.StatusNotFound || kept[key] != "":
				t.Errorf("round %d, %s: got %d and %d bytes, want the object as it was acknowledged last", round, key, got.Status, len(got.Body))
			}
		}
		if listed != found {
			t.Errorf("round %d: got %d keys listed, want the %d that can be read", round, listed, found)
		}
	}
	if len(kept) == 0 {
		t.Error("nothing was acknowledged")
	}
	t.Logf("%d rounds, %d objects", rounds, len(kept))
}

// keysOf yields each key of several maps once.
func keysOf(all ...map[string]string) func(func(string) bool) {
	merged := map[string]string{}
	for _, m := range all {
		maps.Copy(merged, m)
	}
	return maps.Keys(merged)
}
