package sigv4_test

import (
	"bytes"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"muster/internal/sigv4"
)

func read(t *testing.T, r *http.Request) (string, error) {
	t.Helper()
	b, err := verified(t, r).Body(r)
	if err != nil {
		return "", err
	}
	data, err := io.ReadAll(b)
	return string(data), err
}

func TestChunkedRefusals(t *testing.T) {
	swap := func(s, from, to string) string { return strings.Replace(s, from, to, 1) }
	for _, tc := range []struct {
		name    string
		body    string
		trailer bool
		want    sigv4.Code
	}{
		{"byte changed in the first chunk", swap(chunk1, "aaaa", "aaba") + chunk2 + last, false, sigv4.SignatureDoesNotMatch},
		{"chunks swapped", chunk2 + chunk1 + last, false, sigv4.SignatureDoesNotMatch},
		{"chunk repeated", chunk1 + chunk1 + last, false, sigv4.IncompleteBody},
		{"chunk left out", chunk1 + last, false, sigv4.IncompleteBody},
		{"breaks off inside a chunk", chunk1[:5000], false, sigv4.IncompleteBody},
		{"signature left out", swap(chunk1, ";chunk-signature=ad", ";x=ad") + chunk2 + last, false, sigv4.SignatureDoesNotMatch},
		{"size that is no number", "xyz" + chunk1 + chunk2 + last, false, sigv4.IncompleteBody},
		{"negative size", "-1" + chunk1, false, sigv4.IncompleteBody},
		{"header line without end", strings.Repeat("0", 1<<20), false, sigv4.IncompleteBody},
		{"larger than announced", "fffffff;chunk-signature=0\r\n", false, sigv4.IncompleteBody},
		{"empty", "", false, sigv4.IncompleteBody},
		{"checksum changed", swap(trailed, "sOO8/Q==", "sOO8/Q=a"), true, sigv4.SignatureDoesNotMatch},
		{"checksum of another length", swap(trailed, "sOO8/Q==", "sOO8"), true, sigv4.InvalidTrailer},
		{"checksum that is empty", swap(trailed, "sOO8/Q==", ""), true, sigv4.MalformedTrailer},
		{"other trailer than announced", swap(trailed, "checksum-crc32c:", "checksum-sha1:"), true, sigv4.MalformedTrailer},
		{"trailer without its signature", swap(trailed, "x-amz-trailer-signature", "x-amz-other"), true, sigv4.MalformedTrailer},
		{"trailer twice", swap(trailed, "x-amz-trailer-s", "x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-s"), true, sigv4.MalformedTrailer},
		{"trailer signature changed", swap(trailed, "signature:d8", "signature:d9"), true, sigv4.SignatureDoesNotMatch},
		{"blank lines without end", swap(trailed, "x-amz-checksum", strings.Repeat("\r\n", 50)+"x-amz-checksum"), true, sigv4.MalformedTrailer},
	} {
		t.Run(tc.name, func(t *testing.T) {
			data, err := read(t, chunkedPut(t, tc.body, tc.trailer))
			if got := code(err); got != tc.want {
				t.Errorf("got %q (%d bytes), want %q", got, len(data), tc.want)
			}
		})
	}
}

// s3Put is a PUT signed over the payload hash, with any further headers.
func s3Put(t testing.TB, body, hash string, headers ...string) *http.Request {
	t.Helper()
	r := request(t, "PUT", "localhost", "/bucket/key", body, headers...)
	sigv4.Sign(r, sigv4.Credential{AccessKey: "AKID", Secret: s3Secret}, "s3", "us-east-1", s3Day, hash)
	return r
}

func TestUnsignedTrailer(t *testing.T) {
	const mode = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
	put := func(body string) *http.Request {
		return s3Put(t, body, mode, "X-Amz-Decoded-Content-Length: 4", "X-Amz-Trailer: x-amz-checksum-crc32")
	}
	const framed = "4\r\nbody\r\n0\r\nx-amz-checksum-crc32:2ThQ9w==\r\n\r\n"
	for _, tc := range []struct {
		name, body, want string
		code             sigv4.Code
	}{
		{"one chunk", framed, "body", ""},
		{"two chunks", "1\r\nb\r\n3\r\nody\r\n0\r\nx-amz-checksum-crc32:2ThQ9w==\r\n\r\n", "body", ""},
		{"no line after the trailer", strings.TrimSuffix(framed, "\r\n"), "body", ""},
		{"chunk longer than its header says", "3\r\nbody\r\n0\r\n", "", sigv4.IncompleteBody},
		{"trailer left out", "4\r\nbody\r\n0\r\n\r\n", "", sigv4.MalformedTrailer},
		{"breaks off", "4\r\nbo", "", sigv4.IncompleteBody},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := read(t, put(tc.body))
			if code(err) != tc.code || (err == nil && got != tc.want) {
				t.Errorf("Body: got %q, %v; want %q, %q", got, err, tc.want, tc.code)
			}
		})
	}
	for _, tc := range []struct {
		name, body string
		code       sigv4.Code
	}{
		{"none announced", "4\r\nbody\r\n0\r\n\r\n", ""},
		{"none announced and one sent", framed, sigv4.MalformedTrailer},
		{"none announced and one without a name sent", "4\r\nbody\r\n0\r\n:2ThQ9w==\r\n\r\n", sigv4.MalformedTrailer},
		{"none announced, breaks off", "4\r\nbo", sigv4.IncompleteBody},
		{"none announced, too short", "2\r\nbo\r\n0\r\n\r\n", sigv4.IncompleteBody},
	} {
		got, err := read(t, s3Put(t, tc.body, mode, "X-Amz-Decoded-Content-Length: 4"))
		if code(err) != tc.code || (err == nil && got != "body") {
			t.Errorf("%s: got %q, %v; want %q", tc.name, got, err, tc.code)
		}
	}
	for _, header := range []string{"X-Amz-Trailer: ", "X-Amz-Trailer: x-amz-checksum-md4", "X-Amz-Trailer: x-amz-meta-a"} {
		if _, err := read(t, s3Put(t, framed, mode, "X-Amz-Decoded-Content-Length: 4", header)); code(err) != sigv4.MalformedTrailer {
			t.Errorf("%s: got %v, want %v", header, err, sigv4.MalformedTrailer)
		}
	}
	r := put(strings.Replace(framed, "2Th", "3Th", 1))
	if _, err := verified(t, r).ReadAll(r, 100); code(err) != sigv4.PayloadMismatch {
		t.Errorf("ReadAll with a wrong checksum: got %v, want %v", err, sigv4.PayloadMismatch)
	}
	r = put(framed)
	if _, err := verified(t, r).ReadAll(r, 3); code(err) != sigv4.BodyTooLarge {
		t.Errorf("ReadAll of more than allowed: got %v, want %v", err, sigv4.BodyTooLarge)
	}
	r = s3Put(t, "0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", mode, "X-Amz-Decoded-Content-Length: 0", "X-Amz-Trailer: x-amz-checksum-crc32")
	if got, err := read(t, r); err != nil || got != "" {
		t.Errorf("empty object: got %q, %v", got, err)
	}
}

// A reader that takes as many bytes as were announced, and no end after them,
// has got nothing that wasn't verified.
func TestLastBytesAreWithheldUntilAllIsVerified(t *testing.T) {
	const mode = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
	swap := func(s, from, to string) string { return strings.Replace(s, from, to, 1) }
	for _, tc := range []struct {
		name string
		r    *http.Request
		size int
	}{
		{"signed chunks without the last", chunkedPut(t, chunk1+chunk2, false), 66560},
		{"signed chunks, the last forged", chunkedPut(t, chunk1+chunk2+swap(last, "signature=b", "signature=c"), false), 66560},
		{"a trailer whose signature is forged", chunkedPut(t, swap(trailed, "signature:d8", "signature:d9"), true), 66560},
		{"an unsigned chunk without its trailer", s3Put(t, "4\r\nbody\r\n0\r\n", mode, "X-Amz-Decoded-Content-Length: 4", "X-Amz-Trailer: x-amz-checksum-crc32"), 4},
		{"a body that breaks off", func() *http.Request {
			r := s3Put(t, "bod", sigv4.UnsignedPayload)
			r.ContentLength = 4
			return r
		}(), 4},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b, err := verified(t, tc.r).Body(tc.r)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := io.ReadFull(b, make([]byte, tc.size)); err == nil || n >= tc.size {
				t.Errorf("got %d bytes, %v; want fewer than %d and an error", n, err, tc.size)
			}
		})
	}
}

func TestHashedBody(t *testing.T) {
	for _, tc := range []struct {
		name, body, hash string
		length           int64
		want             sigv4.Code
	}{
		{"as signed", "body", bodyHash, 4, ""},
		{"another body", "BODY", bodyHash, 4, sigv4.PayloadMismatch},
		{"shorter than announced", "bod", bodyHash, 4, sigv4.IncompleteBody},
		{"no body for a hash", "", bodyHash, 0, sigv4.PayloadMismatch},
		{"empty", "", sigv4.EmptyHash, 0, ""},
		{"of unknown length", "body", bodyHash, -1, sigv4.MissingContentLength},
		{"unsigned", "body", sigv4.UnsignedPayload, 4, ""},
		{"unsigned of unknown length", "body", sigv4.UnsignedPayload, -1, sigv4.MissingContentLength},
		{"unknown streaming mode", "body", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", 4, sigv4.MissingContentLength},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := s3Put(t, tc.body, tc.hash)
			r.ContentLength = tc.length
			r.Body = io.NopCloser(iotest.OneByteReader(strings.NewReader(tc.body)))
			got, err := read(t, r)
			if code(err) != tc.want {
				t.Errorf("got %q, %v; want %q", got, err, tc.want)
			}
			if tc.want == sigv4.PayloadMismatch && len(got) == len(tc.body) && got != "" {
				t.Error("the last byte of a forged body was released")
			}
		})
	}
}

func TestChecksum(t *testing.T) {
	for name, want := range map[string]string{ // of "123456789", the catalogues' check values
		"x-amz-checksum-crc32": "y/Q5Jg==", "x-amz-checksum-crc32c": "4waSgw==", "x-amz-checksum-crc64nvme": "rosUhgp5mIg=",
		"x-amz-checksum-sha1": "98O8HYCOBHMq32eZZczDTKeuNEE=", "x-amz-checksum-sha256": "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
		"x-amz-checksum-md5": "JfnnlDI7RTiF9RgfG2JNCw==", "x-amz-checksum-sha512": "2eZ2LdHI6vbWGzxhkvxAjU1tXxF20MKRabwk5xw/J0rSf81YEbMT1oH35V7ALXPUmclUVba1u1A6z1dPuo/+hQ==",
		"x-amz-checksum-xxhash64": "jLhB20DmroM=", "x-amz-checksum-xxhash3": "ctyxi2ehff8=", "x-amz-checksum-xxhash128": "MxGUd+3l3NXpcWQnaB1YYA==",
	} {
		if got, ok := sigv4.Checksum(name, []byte("123456789")); !ok || got != want {
			t.Errorf("Checksum(%s): got %q, %v; want %q", name, got, ok, want)
		}
		if got := sigv4.ChecksumLength(name); got != len(want) {
			t.Errorf("ChecksumLength(%s): got %d, want %d", name, got, len(want))
		}
	}
	// Of nothing, as xxHash's own documentation writes them: the highest byte first.
	for name, want := range map[string]string{
		"x-amz-checksum-xxhash64": "ef46db3751d8e999", "x-amz-checksum-xxhash3": "2d06800538d394c2", "x-amz-checksum-xxhash128": "99aa06d3014798d86001c324468d497f",
	} {
		if got := hex.EncodeToString(sigv4.NewChecksum(name).Sum(nil)); got != want {
			t.Errorf("%s of nothing: got %s, want %s", name, got, want)
		}
	}
	for _, name := range []string{"x-amz-checksum-md4", "x-amz-checksum-MD5", "x-amz-checksum-", "md5", "x-amz-checksum-type", ""} {
		if _, ok := sigv4.Checksum(name, nil); ok || sigv4.ChecksumLength(name) != 0 {
			t.Errorf("Checksum: %q is known", name)
		}
	}
}

func FuzzHeader(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=A/20130524/us-east-1/s3/aws4_request,SignedHeaders=host,Signature="+bodyHash, "20130524T000000Z")
	f.Add("AWS4-HMAC-SHA256 Credential=,,=", "")
	f.Fuzz(func(t *testing.T, authorization, date string) {
		r := request(t, "GET", "localhost", "/", "")
		r.Header["Authorization"] = []string{authorization}
		r.Header["X-Amz-Date"] = []string{date}
		if s, err := sigv4.Parse(r); err == nil && s.Verify(r, s3Secret, s.Time, "") == nil {
			t.Errorf("verified: %q", authorization)
		}
	})
}

func FuzzQuery(f *testing.F) {
	f.Add("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=1&X-Amz-SignedHeaders=host&X-Amz-Signature=" + bodyHash)
	f.Add("AWSAccessKeyId=A&Expires=1&Signature=B&tagging")
	f.Fuzz(func(t *testing.T, query string) {
		r := request(t, "GET", "localhost", "/", "")
		r.URL.RawQuery = query
		s, err := sigv4.Parse(r)
		if err == nil && !sigv4.IsSigned(r) {
			t.Errorf("parsed, but not signed: %q", query)
		}
		if err == nil && s.Verify(r, s3Secret, s.Time, "") == nil {
			t.Errorf("verified: %q", query)
		}
	})
}

func FuzzChunked(f *testing.F) {
	f.Add([]byte(chunk2+last), true)
	f.Add([]byte("4\r\nbody\r\n0\r\nx-amz-checksum-crc32:2ThQ9w==\r\n\r\n"), false)
	f.Fuzz(func(t *testing.T, body []byte, signed bool) {
		mode := "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
		if signed {
			mode = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
		}
		r := s3Put(t, string(body), mode, "X-Amz-Decoded-Content-Length: 4", "X-Amz-Trailer: x-amz-checksum-crc32")
		b, err := verified(t, r).Body(r)
		if err != nil {
			return
		}
		got, err := io.ReadAll(b)
		if err == nil && int64(len(got)) != b.Size {
			t.Errorf("got %d bytes without an error, want %d", len(got), b.Size)
		}
		if signed && (err == nil || bytes.Contains(got, []byte("body"))) {
			t.Errorf("unsigned bytes released: %q", got)
		}
	})
}
