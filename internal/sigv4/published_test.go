package sigv4_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"muster/internal/secret"
	"muster/internal/sigv4"
)

var (
	iamSecret = secret.New("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
	s3Secret  = secret.New("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
	s3Day     = time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC)
)

const s3Credential = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"

// request builds r as net/http's server would hand it over; headers are "Name: value" lines.
func request(t testing.TB, method, host, target, body string, headers ...string) *http.Request {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host = host
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	return r
}

func s3Authorization(headers, signature string) string {
	return "Authorization: AWS4-HMAC-SHA256 Credential=" + s3Credential + ",SignedHeaders=" + headers + ",Signature=" + signature
}

// The examples that AWS publishes: the IAM User Guide's ListUsers, and those of
// the S3 API reference, "Authenticating Requests (AWS Signature Version 4)".
func TestPublishedExamples(t *testing.T) {
	empty := "x-amz-content-sha256: " + sigv4.EmptyHash
	for _, tc := range []struct {
		name string
		r    *http.Request
		key  secret.String
		now  time.Time
	}{
		{"iam ListUsers", request(t, "GET", "iam.amazonaws.com", "/?Action=ListUsers&Version=2010-05-08", "",
			"Content-Type: application/x-www-form-urlencoded; charset=utf-8", "X-Amz-Date: 20150830T123600Z",
			"Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"),
			iamSecret, time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)},
		{"s3 get with a range", request(t, "GET", "examplebucket.s3.amazonaws.com", "/test.txt", "",
			"Range: bytes=0-9", empty, "x-amz-date: 20130524T000000Z",
			s3Authorization("host;range;x-amz-content-sha256;x-amz-date", "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")), s3Secret, s3Day},
		{"s3 put with a Date header", request(t, "PUT", "examplebucket.s3.amazonaws.com", "/test$file.text", "Welcome to Amazon S3.",
			"Date: Fri, 24 May 2013 00:00:00 GMT", "x-amz-date: 20130524T000000Z", "x-amz-storage-class: REDUCED_REDUNDANCY",
			"x-amz-content-sha256: 44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
			s3Authorization("date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class", "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")), s3Secret, s3Day},
		{"s3 sub-resource without a value", request(t, "GET", "examplebucket.s3.amazonaws.com", "/?lifecycle", "",
			empty, "x-amz-date: 20130524T000000Z",
			s3Authorization("host;x-amz-content-sha256;x-amz-date", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")), s3Secret, s3Day},
		{"s3 list", request(t, "GET", "examplebucket.s3.amazonaws.com", "/?max-keys=2&prefix=J", "",
			empty, "x-amz-date: 20130524T000000Z",
			s3Authorization("host;x-amz-content-sha256;x-amz-date", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")), s3Secret, s3Day},
		{"s3 presigned get", request(t, "GET", "examplebucket.s3.amazonaws.com",
			"/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404", ""),
			s3Secret, s3Day.Add(24 * time.Hour)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, err := sigv4.Parse(tc.r)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Verify(tc.r, tc.key, tc.now, sigv4.EmptyHash); err != nil {
				t.Errorf("Verify: %v", err)
			}
			if err := s.Verify(tc.r, secret.New("another"), tc.now, sigv4.EmptyHash); code(err) != sigv4.SignatureDoesNotMatch {
				t.Errorf("Verify with another secret: got %v, want %v", err, sigv4.SignatureDoesNotMatch)
			}
		})
	}
}

// chunkedPut is the S3 reference's chunked upload: 65 KiB of "a" in chunks of 64 KiB.
func chunkedPut(t testing.TB, body string, trailer bool) *http.Request {
	t.Helper()
	mode, headers := "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class"
	signature, length := "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9", int64(66824)
	if trailer {
		mode, headers = mode+"-TRAILER", "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer"
		signature, length = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e", int64(len(body))
	}
	r := request(t, "PUT", "s3.amazonaws.com", "/examplebucket/chunkObject.txt", body,
		"x-amz-date: 20130524T000000Z", "x-amz-storage-class: REDUCED_REDUNDANCY", "Content-Encoding: aws-chunked",
		"x-amz-decoded-content-length: 66560", "x-amz-content-sha256: "+mode, s3Authorization(headers, signature))
	if trailer {
		r.Header.Set("x-amz-trailer", "x-amz-checksum-crc32c")
	}
	r.ContentLength = length
	return r
}

var (
	chunk1 = "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n" + strings.Repeat("a", 65536) + "\r\n"
	chunk2 = "400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n" + strings.Repeat("a", 1024) + "\r\n"
	last   = "0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n"

	trailed = "10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n" + strings.Repeat("a", 65536) + "\r\n" +
		"400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n" + strings.Repeat("a", 1024) + "\r\n" +
		"0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n" +
		"x-amz-checksum-crc32c:sOO8/Q==\r\n" +
		"x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n"
)

func verified(t testing.TB, r *http.Request) *sigv4.Signature {
	t.Helper()
	s, err := sigv4.Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(r, s3Secret, s3Day, ""); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPublishedChunkedUpload(t *testing.T) {
	r := chunkedPut(t, chunk1+chunk2+last, false)
	b, err := verified(t, r).Body(r)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(b)
	if want := bytes.Repeat([]byte("a"), 66560); err != nil || !bytes.Equal(data, want) || b.Size != 66560 {
		t.Errorf("Body: got %d bytes of %d, %v; want 66560", len(data), b.Size, err)
	}
}

func TestPublishedTrailedUpload(t *testing.T) {
	r := chunkedPut(t, trailed, true)
	b, err := verified(t, r).Body(r)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(b)
	if err != nil || string(data) != strings.Repeat("a", 66560) || b.Size != 66560 {
		t.Errorf("Body: got %d bytes of %d, %v; want 66560", len(data), b.Size, err)
	}
	if b.Trailer != "x-amz-checksum-crc32c" || b.TrailerValue() != "sOO8/Q==" {
		t.Errorf("trailer: got %q %q", b.Trailer, b.TrailerValue())
	}
	r = chunkedPut(t, trailed, true)
	if data, err := verified(t, r).ReadAll(r, 1<<20); err != nil || len(data) != 66560 {
		t.Errorf("ReadAll: got %d bytes, %v; want 66560", len(data), err)
	}
}
