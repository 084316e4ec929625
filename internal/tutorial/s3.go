package tutorial

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"muster/internal/awsclient"
	"muster/internal/sigv4"
)

// s3Client makes the few S3 requests of the tutorial.
type s3Client struct{ *awsclient.Client }

func (t *Tutorial) s3(cred sigv4.Credential) s3Client { return s3Client{t.client(cred)} }

func (s s3Client) createBucket(ctx context.Context, bucket string) error {
	_, err := s.S3(ctx, http.MethodPut, "/"+bucket, "")
	return err
}

func (s s3Client) deleteBucket(ctx context.Context, bucket string) error {
	_, err := s.S3(ctx, http.MethodDelete, "/"+bucket, "")
	return err
}

func (s s3Client) put(ctx context.Context, bucket, key, content string) error {
	_, err := s.S3(ctx, http.MethodPut, "/"+bucket+"/"+key, content)
	return err
}

func (s s3Client) get(ctx context.Context, bucket, key string) (string, error) {
	return s.S3(ctx, http.MethodGet, "/"+bucket+"/"+key, "")
}

func (s s3Client) remove(ctx context.Context, bucket, key string) error {
	_, err := s.S3(ctx, http.MethodDelete, "/"+bucket+"/"+key, "")
	return err
}

func (s s3Client) list(ctx context.Context, bucket string) error {
	_, err := s.S3(ctx, http.MethodGet, "/"+bucket+"?list-type=2", "")
	return err
}

// fetch gets an unsigned resource.
func (t *Tutorial) fetch(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := t.HTTP.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET %s: status %d", url, resp.StatusCode)
	}
	return io.ReadAll(io.LimitReader(resp.Body, 64<<10))
}
