// Package externals3 keeps objects in any other S3: it is the objects.Keeper
// that speaks S3's REST API, path style, with a key of its own.
//
// It decides nothing but what the contract of objects.Keeper asks for: what a
// store refuses comes back in the words of package objects, what a Judge has
// seen is what is read or written (judge.go), and a body that breaks off is
// never stored (body.go). Versions, conditions, checksums and lists are the
// store's. What it says is read with limits, since it is not Muster's.
package externals3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"muster/internal/objects"
	"muster/internal/sigv4"
)

var _ objects.Keeper = (*Store)(nil)

// Store is another S3, asked as its owner.
type Store struct {
	// Adopt lets CreateBucket take over a bucket that the store has already:
	// see Vacant.
	Adopt bool

	url        *url.URL
	region     string
	credential sigv4.Credential
	transport  *http.Transport
	keys       keyed // see judge.go
}

// How long the store may take. A client that gives up ends its request at once.
const (
	quickWait = time.Minute      // for the head of an answer that takes a store no work
	slowWait  = 15 * time.Minute // for that of a copy, a completion or an upload
	stallWait = 2 * time.Minute  // for the next bytes, either way
	readyWait = 10 * time.Second
)

// New returns the store at u, such as https://s3.example.org, path style,
// whose buckets all belong to credential.
func New(u *url.URL, region string, credential sigv4.Credential) *Store {
	return &Store{url: u, region: region, credential: credential, transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, DisableCompression: true, MaxIdleConnsPerHost: 64,
		TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: time.Minute,
		ResponseHeaderTimeout: slowWait, MaxResponseHeaderBytes: 256 << 10,
	}}
}

// call is one request to the store. Where ref has a version it is the one that is meant.
type call struct {
	method string
	ref    objects.Ref
	query  params
	header http.Header
	body   *body        // nil for none
	slow   bool         // it may take the store long to begin its answer
	source *objects.Ref // what is copied
}

// do asks the store. A response has a status below 300, and its body must be
// closed. An error is a refusal, or that nothing was to be heard.
func (s *Store) do(ctx context.Context, c call) (*http.Response, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	out := s.request(c)
	watch, asked := newWatch(ctx)
	hash := sigv4.EmptyHash
	var content *arriving
	if c.body != nil {
		maps.Copy(out.Header, c.body.header)
		hash, out.ContentLength, content = c.body.hash, c.body.length, c.body.content
		if out.ContentLength > 0 {
			sent := &sending{body: c.body, watch: watch}
			out.Body, out.GetBody = sent, sent.again
		}
	}
	sigv4.Sign(out, s.credential, "s3", s.region, time.Now(), hash)
	if c.body == nil && !c.slow {
		watch.start(quickWait)
	}
	resp, err := s.transport.RoundTrip(out.WithContext(asked))
	watch.stop()
	if own := content.finish(); own != nil { // the client's body was at fault, whatever the store made of it
		if err == nil {
			resp.Body.Close()
		}
		watch.end()
		return nil, own
	}
	if err != nil {
		watch.end()
		return nil, unreachable(ctx, err)
	}
	resp.Body = &receiving{ReadCloser: resp.Body, watch: watch}
	if resp.StatusCode >= 300 {
		defer resp.Body.Close()
		return nil, refusal(resp, c)
	}
	if !content.whole() {
		resp.Body.Close()
		return nil, errors.New("the object store says that it has stored a body before it was sent all of it")
	}
	return resp, nil
}

// check refuses what can't be sent, and ids that no store can have given, since
// it gives them in a header.
func (c call) check() error {
	switch {
	case hasControl(c.ref.Version):
		return objects.BadVersion
	case c.source != nil && hasControl(c.source.Version):
		return &objects.Refused{Refusal: objects.BadVersion, Source: true}
	case hasControl(c.query["uploadId"]):
		return objects.NoUpload
	}
	return checkHeader(c.header)
}

// request writes a call without its body. The path is escaped here once for
// all, so that nothing on the way takes out "." or "..", or one of two slashes.
func (s *Store) request(c call) *http.Request {
	u := *s.url
	u.Path = strings.TrimSuffix(u.Path, "/") + "/" + c.ref.Bucket
	if c.ref.Key != "" {
		u.Path += "/" + c.ref.Key
	}
	u.RawPath = sigv4.Escape(u.Path, true)
	query := maps.Clone(c.query)
	if c.ref.Version != "" {
		if query == nil {
			query = params{}
		}
		query["versionId"] = c.ref.Version
	}
	u.RawQuery = query.encode()
	header := maps.Clone(c.header)
	if header == nil {
		header = http.Header{}
	}
	return &http.Request{Method: c.method, URL: &u, Host: u.Host, Header: header, Body: http.NoBody}
}

// unreachable says that the store gave no answer, and logs why.
func unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	slog.ErrorContext(ctx, "object store unreachable", "err", err)
	return objects.Busy
}

// simple asks for something whose answer has no body that matters.
func (s *Store) simple(ctx context.Context, c call) (http.Header, error) {
	resp, err := s.do(ctx, c)
	if err != nil {
		return nil, err
	}
	discard(resp.Body)
	return resp.Header, nil
}

// discard closes a body; a short one is read first, so that its connection
// serves again.
func discard(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, maxSmall) // a connection less, if it fails
	body.Close()
}

// params are a query's parameters, each there once.
type params map[string]string

// encode writes parameters so that every reader reads them alike.
func (p params) encode() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(p)) {
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(sigv4.Escape(name, false) + "=" + sigv4.Escape(p[name], false))
	}
	return b.String()
}

// set adds a parameter unless it has no value.
func (p params) set(name, value string) {
	if value != "" {
		p[name] = value
	}
}

// Ready fails when the store doesn't answer, or doesn't take the key. That the
// key may not list all buckets is no fault.
func (s *Store) Ready(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, readyWait)
	defer cancel()
	_, err := s.simple(limited, call{method: http.MethodGet})
	switch {
	case errors.Is(err, errDenied):
		return nil
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		return fmt.Errorf("the object store did not answer within %s", readyWait)
	}
	return err
}
