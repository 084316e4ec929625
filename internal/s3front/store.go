package s3front

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"muster/internal/fault"
	"muster/internal/sigv4"
)

// Store is the S3 that keeps the objects: the embedded one, or any other. It
// is asked as its owner.
type Store struct {
	url        *url.URL
	region     string
	credential sigv4.Credential
	transport  *http.Transport
}

// NewStore answers the store at u, such as https://s3.example.org, path style,
// whose buckets all belong to credential.
func NewStore(u *url.URL, region string, credential sigv4.Credential) *Store {
	return &Store{url: u, region: region, credential: credential, transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, DisableCompression: true, MaxIdleConnsPerHost: 64,
		TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: time.Minute,
	}}
}

// do asks the store. query and header may be nil; body too, for none. An
// error is one of getting through: what the store says is in the response.
func (s *Store) do(ctx context.Context, method string, t target, query params, header http.Header, body *sigv4.Body) (*http.Response, error) {
	u := *s.url
	u.Path = strings.TrimSuffix(u.Path, "/") + "/" + t.bucket
	if t.key != "" {
		u.Path += "/" + t.key
	}
	u.RawPath = sigv4.Escape(u.Path, true)
	u.RawQuery = queryOf(query)
	out := (&http.Request{Method: method, URL: &u, Host: u.Host, Header: http.Header{}, Body: http.NoBody}).WithContext(ctx)
	maps.Copy(out.Header, header)
	hash := sigv4.EmptyHash
	watched := &watchedBody{}
	if body != nil {
		hash, out.ContentLength = body.PayloadHash, body.Length
		if watched.r = body; body.Length > 0 {
			out.Body = watched
		}
	}
	sigv4.Sign(out, s.credential, "s3", s.region, time.Now(), hash)
	resp, err := s.transport.RoundTrip(out)
	if own := watched.err(); own != nil { // the client's body was at fault, whatever the store made of it
		if err == nil {
			resp.Body.Close()
		}
		return nil, own
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		slog.ErrorContext(ctx, "object store unreachable", "err", err)
		return nil, errUnavailable
	}
	return resp, nil
}

// params are a query's parameters, each there once.
type params map[string]string

// only answers the parameter of that name alone, if there is one.
func (p params) only(name string) params {
	if v, ok := p[name]; ok {
		return params{name: v}
	}
	return nil
}

// queryOf writes parameters so that every reader reads them alike.
func queryOf(query params) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(sigv4.Escape(name, false) + "=" + sigv4.Escape(query[name], false))
	}
	return b.String()
}

// plainBody is a body that is all there.
func plainBody(data []byte) *sigv4.Body {
	return &sigv4.Body{Reader: bytes.NewReader(data), Length: int64(len(data)), PayloadHash: sigv4.Hash(data), Decoded: int64(len(data))}
}

// MakeBucket makes room for a bucket; that there is room already is fine.
func (s *Store) MakeBucket(ctx context.Context, name string) error {
	var body *sigv4.Body
	if s.region != "us-east-1" {
		body = plainBody([]byte(`<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>` + s.region + `</LocationConstraint></CreateBucketConfiguration>`))
	}
	return s.bucket(ctx, http.MethodPut, name, body, "BucketAlreadyOwnedByYou")
}

// RemoveBucket fails with fault.InUse while the bucket holds anything; that
// there is no such bucket is fine.
func (s *Store) RemoveBucket(ctx context.Context, name string) error {
	return s.bucket(ctx, http.MethodDelete, name, nil, "NoSuchBucket")
}

func (s *Store) bucket(ctx context.Context, method, name string, body *sigv4.Body, fine string) error {
	resp, err := s.do(ctx, method, target{bucket: name}, nil, nil, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode < 300 {
		return nil
	}
	switch code := readCode(resp.Body); code {
	case fine:
		return nil
	case "BucketNotEmpty":
		return fault.InUse.Errorf("The bucket you tried to delete is not empty")
	default:
		return fmt.Errorf("%s bucket %q in the object store: %d %s", method, name, resp.StatusCode, code)
	}
}

// readCode answers the code in the XML of an error; "" when there is none.
func readCode(r io.Reader) string {
	var e struct{ Code string }
	if err := xml.NewDecoder(io.LimitReader(r, maxErrorBody)).Decode(&e); err != nil {
		return ""
	}
	return e.Code
}

const maxErrorBody = 64 << 10

// Ready fails when the store doesn't answer, or doesn't take the key. That the
// key may not list all buckets is no fault.
func (s *Store) Ready(ctx context.Context) error {
	resp, err := s.do(ctx, http.MethodGet, target{}, nil, nil, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode < 400 {
		return nil
	}
	if code := readCode(resp.Body); code != "AccessDenied" {
		return fmt.Errorf("the object store answers %s %s", resp.Status, code)
	}
	return nil
}
