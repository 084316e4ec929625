package tutorial

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"muster/internal/awsclient"
	"muster/internal/sigv4"
)

// s3Client makes the few S3 requests of the tutorial, path style.
type s3Client struct {
	api, region string
	cred        sigv4.Credential
	http        *http.Client
}

func (t *Tutorial) s3(cred sigv4.Credential) s3Client {
	return s3Client{api: t.API, region: t.Region, cred: cred, http: t.HTTP}
}

func (s s3Client) createBucket(ctx context.Context, bucket string) error {
	_, err := s.do(ctx, http.MethodPut, "/"+bucket, "")
	return err
}

func (s s3Client) deleteBucket(ctx context.Context, bucket string) error {
	_, err := s.do(ctx, http.MethodDelete, "/"+bucket, "")
	return err
}

func (s s3Client) put(ctx context.Context, bucket, key, content string) error {
	_, err := s.do(ctx, http.MethodPut, "/"+bucket+"/"+key, content)
	return err
}

func (s s3Client) get(ctx context.Context, bucket, key string) (string, error) {
	return s.do(ctx, http.MethodGet, "/"+bucket+"/"+key, "")
}

func (s s3Client) remove(ctx context.Context, bucket, key string) error {
	_, err := s.do(ctx, http.MethodDelete, "/"+bucket+"/"+key, "")
	return err
}

func (s s3Client) list(ctx context.Context, bucket string) error {
	_, err := s.do(ctx, http.MethodGet, "/"+bucket+"?list-type=2", "")
	return err
}

func (s s3Client) do(ctx context.Context, method, target, content string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, method, s.api+target, strings.NewReader(content))
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(content))
	sigv4.Sign(req, s.cred, "s3", s.region, time.Now(), hex.EncodeToString(sum[:]))
	resp, err := s.http.Do(req)
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", method, target, err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", method, target, err)
	}
	if resp.StatusCode/100 == 2 {
		return string(raw), nil
	}
	var e struct{ Code, Message string }
	if err := xml.Unmarshal(raw, &e); err != nil {
		return "", fmt.Errorf("%s %s: status %d: %w", method, target, resp.StatusCode, err)
	}
	return "", &awsclient.Error{Code: e.Code, Message: e.Message, Status: resp.StatusCode}
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
