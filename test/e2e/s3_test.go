package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// S3 over TLS with Muster's own CA: clients take other ways there, as boto3,
// which sends checksums after its bodies.
func TestS3OverTLS(t *testing.T) {
	t.Parallel()
	s := Start(t, "--api-tls=auto")
	if !strings.HasPrefix(s.URL, "https://") || s.Env["AWS_CA_BUNDLE"] == "" {
		t.Fatalf("muster env: got %v, want https and AWS_CA_BUNDLE", s.Env)
	}
	t.Run("boto3", func(t *testing.T) {
		interpreter, botocore := python(t)
		trailers := ""
		if botocore.atLeast(1, 36) {
			trailers = "yes"
		}
		s.script(t, interpreter, "s3_tls.py", map[string]string{"TRAILERS": trailers})
	})
	t.Run("the AWS CLI", func(t *testing.T) {
		aws, _ := awsCLI(t)
		s.cliOverTLS(t, aws)
	})
	t.Run("curl", func(t *testing.T) { s.curlS3(t, need(t, "curl"), "--cacert", s.Env["AWS_CA_BUNDLE"]) })
}

func TestS3WithCurl(t *testing.T) {
	t.Parallel()
	s := Start(t)
	s.curlS3(t, need(t, "curl"))
}

// cliOverTLS sends a file in parts and reads it back, by itself and by a URL,
// and is refused by who doesn't know the CA.
func (s *Server) cliOverTLS(t *testing.T, aws string) {
	dir := t.TempDir()
	film := bytes.Repeat([]byte("0123456789abcdef"), 10<<20/16)
	if err := os.WriteFile(filepath.Join(dir, "film"), film, 0o600); err != nil {
		t.Fatal(err)
	}
	s.run(t, dir, nil, aws, "s3", "mb", "s3://cli-tls")
	s.run(t, dir, nil, aws, "s3", "cp", "--no-progress", "film", "s3://cli-tls/film")
	s.run(t, dir, nil, aws, "s3", "cp", "--no-progress", "s3://cli-tls/film", "back")
	if got, err := os.ReadFile(filepath.Join(dir, "back")); err != nil || !bytes.Equal(got, film) {
		t.Errorf("read back: got %d bytes, %v, want %d", len(got), err, len(film))
	}
	link := strings.TrimSpace(s.run(t, dir, nil, aws, "s3", "presign", "s3://cli-tls/film"))
	got := s.Get(t, strings.TrimPrefix(link, s.URL))
	if got.Status != 200 || got.Body != string(film) {
		t.Errorf("%s: got %d and %d bytes", link, got.Status, len(got.Body))
	}
	if etag := got.Header.Get("Etag"); !strings.HasSuffix(etag, `-2"`) {
		t.Errorf("got ETag %s, want that of two parts", etag)
	}
	said := s.run(t, dir, map[string]string{"AWS_CA_BUNDLE": ""}, "sh", "-c", `! "$0" s3 ls 2>&1`, aws)
	if !strings.Contains(said, "CERTIFICATE_VERIFY_FAILED") {
		t.Errorf("without the CA: got %s, want CERTIFICATE_VERIFY_FAILED", said)
	}
}

// curlS3 signs with curl itself.
func (s *Server) curlS3(t *testing.T, curl string, more ...string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"body":  "hello",
		"right": `user = "` + s.Env["AWS_ACCESS_KEY_ID"] + ":" + s.Env["AWS_SECRET_ACCESS_KEY"] + `"`,
		"wrong": `user = "` + s.Env["AWS_ACCESS_KEY_ID"] + `:wrong"`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(args ...string) string {
		t.Helper()
		argv := append([]string{curl, "-sS", "-w", " %{http_code}", "--aws-sigv4", "aws:amz:us-east-1:s3", "-K", "right"}, more...)
		return s.run(t, dir, nil, append(argv, args...)...)
	}
	const hash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	bucket := s.URL + "/curl-bucket"
	for _, tc := range []struct {
		name string
		args []string
		want string
	}{
		{"make a bucket", []string{"-X", "PUT", "-H", "x-amz-content-sha256: " + empty, bucket}, " 200"},
		{"put", []string{"-T", "body", "-H", "x-amz-content-sha256: " + hash, bucket + "/a%20b"}, " 200"},
		{"put unsigned content", []string{"-T", "body", "-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD", bucket + "/c"}, " 200"},
		{"get", []string{"-H", "x-amz-content-sha256: " + empty, bucket + "/a%20b"}, "hello 200"},
		{"get a range", []string{"-r", "1-2", "-H", "x-amz-content-sha256: " + empty, bucket + "/c"}, "el 206"},
		{"put what the hash isn't of", []string{"-T", "body", "-H", "x-amz-content-sha256: " + strings.Repeat("0", 64), bucket + "/d"}, "XAmzContentSHA256Mismatch"},
		{"which wasn't kept", []string{"-H", "x-amz-content-sha256: " + empty, bucket + "/d"}, "NoSuchKey"},
		{"with a wrong secret", []string{"-K", "wrong", "-H", "x-amz-content-sha256: " + empty, bucket + "/c"}, "SignatureDoesNotMatch"},
		{"for another service", []string{"--aws-sigv4", "aws:amz:us-east-1:iot", "-H", "x-amz-content-sha256: " + empty, bucket + "/c"}, " 404"},
		{"delete", []string{"-X", "DELETE", "-H", "x-amz-content-sha256: " + empty, bucket + "/c"}, " 204"},
	} {
		if got := ask(tc.args...); !strings.Contains(got, tc.want) {
			t.Errorf("%s: got %s, want %s", tc.name, got, tc.want)
		}
	}
}

// A server that is killed while objects are being written has each as it was,
// or as it is to be, and nothing in between; an upload in parts goes on.
func TestKillInTheMiddleOfAPut(t *testing.T) {
	data := t.TempDir()
	s := StartOn(t, data)
	c := s.Client()
	c.S3(t, "PUT", "/halves", "").OK(t)
	c.S3(t, "PUT", "/halves/old", "the old one").OK(t)
	id := c.S3(t, "POST", "/halves/film?uploads", "").OK(t).XML("UploadId")
	etag := c.S3(t, "PUT", "/halves/film?partNumber=1&uploadId="+id, "first part").OK(t).Header.Get("Etag")

	body := bytes.Repeat([]byte("x"), 16<<20)
	var conns []net.Conn
	for _, path := range []string{"/halves/old", "/halves/new", "/halves/film?partNumber=2&uploadId=" + id} {
		req, err := c.request("s3", "PUT", path, nil, body)
		if err != nil {
			t.Fatal(err)
		}
		conn, err := net.Dial("tcp", req.URL.Host)
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
		var head bytes.Buffer
		fmt.Fprintf(&head, "PUT %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n", req.URL.RequestURI(), req.URL.Host, len(body))
		if err := req.Header.Write(&head); err != nil {
			t.Fatal(err)
		}
		head.WriteString("\r\n")
		head.Write(body[:len(body)/2])
		if _, err := conn.Write(head.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	s.Kill(t)
	for _, conn := range conns {
		if answer, _ := io.ReadAll(conn); len(answer) > 0 {
			t.Errorf("half a body was answered: %s", answer)
		}
		conn.Close()
	}

	s = StartOn(t, data)
	c = s.Client()
	if got := c.S3(t, "GET", "/halves/old", "").OK(t); got.Body != "the old one" {
		t.Errorf("old: got %d bytes, want what it was", len(got.Body))
	}
	if got := c.S3(t, "GET", "/halves/new", ""); got.Status != http.StatusNotFound {
		t.Errorf("new: got %d, want 404", got.Status)
	}
	if got := c.S3(t, "GET", "/halves?list-type=2", "").OK(t); strings.Count(got.Body, "<Key>") != 1 {
		t.Errorf("list: got %s, want old alone", got.Body)
	}
	if got := c.S3(t, "GET", "/halves/film?uploadId="+id, "").OK(t); strings.Count(got.Body, "<PartNumber>") != 1 {
		t.Errorf("parts: got %s, want the first alone", got.Body)
	}
	c.S3(t, "POST", "/halves/film?uploadId="+id, "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"+etag+"</ETag></Part></CompleteMultipartUpload>").OK(t)
	if got := c.S3(t, "GET", "/halves/film", "").OK(t); got.Body != "first part" {
		t.Errorf("film: got %q", got.Body)
	}
	for _, key := range []string{"old", "film"} {
		c.S3(t, "DELETE", "/halves/"+key, "")
	}
	if got := c.S3(t, "DELETE", "/halves", ""); got.Status != http.StatusNoContent {
		t.Errorf("the bucket, which is empty: got %d %s", got.Status, got.Body)
	}
}
