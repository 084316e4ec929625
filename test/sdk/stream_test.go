package sdk

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// hashSent notes the x-amz-content-sha256 of the last request, which tells
// how its body was signed.
func hashSent(into *string) func(*s3.Options) {
	return func(o *s3.Options) {
		inner := o.HTTPClient
		o.HTTPClient = clientFunc(func(r *http.Request) (*http.Response, error) {
			*into = r.Header.Get("X-Amz-Content-Sha256")
			return inner.Do(r)
		})
	}
}

type clientFunc func(*http.Request) (*http.Response, error)

func (f clientFunc) Do(r *http.Request) (*http.Response, error) { return f(r) }

// Each way in which the SDK sends a body, and that it was sent so.
func TestStreams(t *testing.T) {
	start(t)
	c, ctx := newClients(t), t.Context()
	bucket, key := "streams", new("body")
	_, err := c.s3.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &bucket})
	check(t, err)
	text := strings.Repeat("0123456789abcdef", 20_000)
	pipe := func() io.Reader {
		r, w := io.Pipe()
		go func() {
			_, err := io.Copy(w, strings.NewReader(text))
			w.CloseWithError(err)
		}()
		// The SDK sends an *io.PipeReader itself without the Content-Length that
		// it signs, and S3 takes no such request.
		return io.MultiReader(r)
	}
	whole := func() io.Reader { return strings.NewReader(text) }
	unsigned := func(o *s3.Options) {
		o.APIOptions = append(o.APIOptions, v4.SwapComputePayloadSHA256ForUnsignedPayloadMiddleware)
	}
	noSums := func(o *s3.Options) { o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired }
	length := aws.Int64(int64(len(text)))
	const hashed = "a hash"
	for _, tc := range []struct {
		name    string
		body    func() io.Reader
		in      s3.PutObjectInput
		options []func(*s3.Options)
		sent    string
	}{
		{name: "bytes, as the SDK does by itself", body: whole, sent: hashed},
		{name: "bytes without a checksum", body: whole, options: []func(*s3.Options){noSums}, sent: hashed},
		{name: "bytes, unsigned", body: whole, options: []func(*s3.Options){noSums, unsigned}, sent: "UNSIGNED-PAYLOAD"},
		{name: "a pipe, unsigned", body: pipe, in: s3.PutObjectInput{ContentLength: length}, options: []func(*s3.Options){noSums, unsigned}, sent: "UNSIGNED-PAYLOAD"},
		{name: "CRC32", body: whole, in: s3.PutObjectInput{ChecksumAlgorithm: s3types.ChecksumAlgorithmCrc32}, sent: hashed},
		{name: "CRC32C", body: whole, in: s3.PutObjectInput{ChecksumAlgorithm: s3types.ChecksumAlgorithmCrc32c}, sent: hashed},
		{name: "CRC64NVME", body: whole, in: s3.PutObjectInput{ChecksumAlgorithm: s3types.ChecksumAlgorithmCrc64nvme}, sent: hashed},
		{name: "SHA1", body: whole, in: s3.PutObjectInput{ChecksumAlgorithm: s3types.ChecksumAlgorithmSha1}, sent: hashed},
		{name: "SHA256", body: whole, in: s3.PutObjectInput{ChecksumAlgorithm: s3types.ChecksumAlgorithmSha256}, sent: hashed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var sent string
			tc.in.Bucket, tc.in.Key, tc.in.Body = &bucket, key, tc.body()
			put, err := c.s3.PutObject(ctx, &tc.in, append(tc.options, hashSent(&sent))...)
			check(t, err)
			if len(sent) == 64 {
				sent = hashed
			}
			if sent != tc.sent {
				t.Errorf("the SDK sent %s, want %s", sent, tc.sent)
			}
			got, err := c.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: key, ChecksumMode: s3types.ChecksumModeEnabled})
			check(t, err)
			defer got.Body.Close()
			if back, err := io.ReadAll(got.Body); err != nil || string(back) != text { // the SDK compares the checksum
				t.Errorf("read back: got %d bytes, %v", len(back), err)
			}
			if aws.ToString(put.ETag) != aws.ToString(got.ETag) {
				t.Errorf("ETag: got %s, put %s", aws.ToString(got.ETag), aws.ToString(put.ETag))
			}
		})
	}
	t.Run("a stream whose checksum would have to come after it, without TLS", func(t *testing.T) {
		// The SDK itself refuses; see TestTrailers.
		_, err := c.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: key, Body: pipe(), ContentLength: length})
		if err == nil || !strings.Contains(err.Error(), "unseekable stream is not supported without TLS and trailing checksum") {
			t.Errorf("got %v", err)
		}
	})
	upload, err := c.s3.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &bucket, Key: key, ChecksumAlgorithm: s3types.ChecksumAlgorithmCrc32c})
	check(t, err)
	part, err := c.s3.UploadPart(ctx, &s3.UploadPartInput{
		Bucket: &bucket, Key: key, UploadId: upload.UploadId, PartNumber: aws.Int32(1), Body: whole(), ChecksumAlgorithm: s3types.ChecksumAlgorithmCrc32c})
	check(t, err)
	_, err = c.s3.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &bucket, Key: key, UploadId: upload.UploadId, MultipartUpload: &s3types.CompletedMultipartUpload{
			Parts: []s3types.CompletedPart{{PartNumber: aws.Int32(1), ETag: part.ETag, ChecksumCRC32C: part.ChecksumCRC32C}}}})
	check(t, err)
	if get(t, c, bucket, *key) != text {
		t.Error("the upload in parts is not what was sent")
	}
}

// Over TLS the SDK sends checksums after the body. It is made to believe in
// TLS here, so that the same requests come over plain HTTP.
func TestTrailers(t *testing.T) {
	start(t)
	c, ctx := newClients(t), t.Context()
	bucket, key := "trailers", new("body")
	_, err := c.s3.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &bucket})
	check(t, err)
	text := strings.Repeat("0123456789abcdef", 20_000)
	algorithms := s3types.ChecksumAlgorithm("").Values()
	if len(algorithms) < 5 {
		t.Fatalf("got algorithms %v", algorithms)
	}
	for _, algorithm := range []s3types.ChecksumAlgorithm{
		s3types.ChecksumAlgorithmCrc32, s3types.ChecksumAlgorithmCrc32c, s3types.ChecksumAlgorithmCrc64nvme, s3types.ChecksumAlgorithmSha1, s3types.ChecksumAlgorithmSha256,
	} {
		for name, body := range map[string]io.Reader{"bytes": bytes.NewReader([]byte(text)), "a stream": io.MultiReader(strings.NewReader(text))} {
			t.Run(string(algorithm)+" of "+name, func(t *testing.T) {
				var sent string
				_, err := c.s3.PutObject(ctx, &s3.PutObjectInput{
					Bucket: &bucket, Key: key, Body: body, ContentLength: aws.Int64(int64(len(text))), ChecksumAlgorithm: algorithm,
				}, hashSent(&sent), asOverTLS)
				check(t, err)
				if sent != "STREAMING-UNSIGNED-PAYLOAD-TRAILER" {
					t.Errorf("the SDK sent %s", sent)
				}
				if get(t, c, bucket, *key) != text {
					t.Error("it is not what was sent")
				}
			})
		}
	}
}

// asOverTLS makes the SDK write requests as it does for https, and sends them
// by http.
func asOverTLS(o *s3.Options) {
	scheme := func(name, to string) middleware.FinalizeMiddleware {
		return middleware.FinalizeMiddlewareFunc(name, func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
			in.Request.(*smithyhttp.Request).URL.Scheme = to
			return next.HandleFinalize(ctx, in)
		})
	}
	o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error {
		if err := s.Finalize.Insert(scheme("AsHTTPS", "https"), "ResolveEndpointV2", middleware.After); err != nil {
			return err
		}
		return s.Finalize.Add(scheme("ByHTTP", "http"), middleware.After)
	})
}

// Over TLS, what can't be read twice is sent with its checksum after it, as
// the SDK does by itself; and a URL of its making is good for one key.
func TestOverTLS(t *testing.T) {
	start(t, "--api-tls=auto")
	c, ctx := newClients(t), t.Context()
	bucket, key := "over-tls", new("body")
	_, err := c.s3.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &bucket})
	check(t, err)
	text := strings.Repeat("0123456789abcdef", 20_000)
	for _, body := range []io.Reader{io.MultiReader(strings.NewReader(text)), strings.NewReader(text)} {
		var sent string
		_, err = c.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: key, Body: body, ContentLength: aws.Int64(int64(len(text)))}, hashSent(&sent))
		check(t, err)
		if sent != "STREAMING-UNSIGNED-PAYLOAD-TRAILER" {
			t.Errorf("the SDK sent %s", sent)
		}
		if get(t, c, bucket, *key) != text {
			t.Error("it is not what was sent")
		}
	}
	maker := s3.NewPresignClient(c.s3)
	put, err := maker.PresignPutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: new("through a url")})
	check(t, err)
	read, err := maker.PresignGetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: new("through a url")})
	check(t, err)
	client := trusting(t, os.Getenv("AWS_CA_BUNDLE"))
	for _, tc := range []struct {
		method, url, body string
		status            int
	}{
		{"PUT", put.URL, "hello", http.StatusOK},
		{"GET", read.URL, "", http.StatusOK},
		{"GET", strings.Replace(read.URL, "through", "thr0ugh", 1), "", http.StatusForbidden},
		{"DELETE", read.URL, "", http.StatusForbidden},
	} {
		r, err := http.NewRequestWithContext(ctx, tc.method, tc.url, strings.NewReader(tc.body))
		check(t, err)
		resp, err := client.Do(r)
		check(t, err)
		defer resp.Body.Close()
		if resp.StatusCode != tc.status {
			t.Errorf("%s %s: got %s, want %d", tc.method, tc.url, resp.Status, tc.status)
		}
	}
	if get(t, c, bucket, "through a url") != "hello" {
		t.Error("what was put through a URL is not what was sent")
	}
}
