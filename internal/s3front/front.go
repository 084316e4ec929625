// Package s3front is the door for S3: it verifies a request, asks IAM whether
// it may be done, and passes it on to an object store, signed with the store's
// own key. The store believes every request to be its owner's, so everything
// that says who may do what is decided here.
//
// The tables of operations, of their parameters and of headers are closed:
// what they don't name is refused as not implemented, never passed on. An
// object key means one thing here and in the store: keys that a file system
// would read differently are refused before anything else is asked.
//
// Buckets are rows (package bucket), and what can be answered from them is.
// Behaviour is that of the S3 API Reference and, for which action asks for
// which permission, of the Service Authorization Reference for Amazon S3.
package s3front

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"muster/internal/bucket"
	"muster/internal/iam"
	"muster/internal/sigv4"
	"muster/internal/sts"
)

// Front is the handler of S3 requests, signed ones and those that only S3
// would refuse. Its fields are set before it serves.
type Front struct {
	Buckets *bucket.Buckets
	IAM     *iam.Directory
	Store   *Store

	// Authenticate finds who an access key and its session token belong to;
	// that of sts.Service.
	Authenticate func(ctx context.Context, accessKeyID, token string) (*sts.Login, error)

	// Hostname is the name under which buckets are reached as
	// <bucket>.<hostname>, beside the path; "" or an IP address for the path only.
	Hostname string

	// Region is the region of requests that name none, which only presigned
	// URLs of Signature Version 2 do; us-east-1 when "".
	Region string

	// Now tells the time; time.Now when nil.
	Now func() time.Time

	tagging keyed // see judged
}

// request is one request on its way through the door.
type request struct {
	*http.Request
	id        string
	signature *sigv4.Signature
	caller    *iam.Caller
	region    string // where the request was signed for
	target    target
	params    params // the query without what signs it, each name once
	op        *operation
	row       bucket.Bucket // of the bucket the request names
	tags      []tag         // that the object would get
	malformed error         // of a body of tags
	judged    *judged       // the object whose tags the decision may rest on; nil where it doesn't
	pinned    bool          // a copy is on a condition that its client didn't make
	versioned bool          // the bucket has versions, as far as it was asked
	location  string        // the region of the bucket that would be made
	noRegion  error         // why there is none
}

func (f *Front) now() time.Time {
	if f.Now != nil {
		return f.Now()
	}
	return time.Now()
}

// ServeHTTP answers one request and writes one record of it.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	if r.ContentLength == 0 && r.Header.Get("Expect") == "100-continue" {
		// net/http says this when a body is read. boto3 expects it for an empty
		// one too: without it, its next upload over the connection hangs.
		w.WriteHeader(http.StatusContinue)
	}
	req := &request{Request: r, id: newRequestID()}
	w.Header().Set("X-Amz-Request-Id", req.id)
	w.Header().Set("X-Amz-Id-2", req.id)
	w.Header().Set("Server", "Muster")
	answer := &answer{ResponseWriter: w}
	err := f.serve(answer, req)
	if err != nil {
		f.refuse(answer, req, err)
	}
	f.record(req, answer, err, time.Since(began))
	if answer.broken {
		panic(http.ErrAbortHandler) // else a body that broke off would look whole
	}
}

// serve is the way of a request. Each step says what is true after it.
func (f *Front) serve(w *answer, r *request) error {
	if r.Method == http.MethodOptions {
		return preflight(r)
	}
	if f.isForm(r) {
		return notBuilt("PostObject")
	}
	if err := f.verify(r); err != nil {
		return err
	}
	if err := r.read(); err != nil {
		return err
	}
	if r.op.target != onService && !r.op.newBucket {
		if err := f.checkBucket(r); err != nil {
			return err
		}
	}
	if err := r.readAhead(); err != nil {
		return err
	}
	if r.changesTags() {
		unlock, err := f.tagging.lock(r.Context(), r.target)
		if err != nil {
			return err
		}
		defer unlock()
	}
	if err := f.authorise(r); err != nil {
		return err
	}
	if r.op.serve != nil {
		return r.op.serve(f, w, r)
	}
	return f.pass(w, r)
}

// verify finds out who signed the request.
func (f *Front) verify(r *request) error {
	s, err := sigv4.Parse(r.Request)
	if err != nil {
		return err
	}
	if s.Scope.Service != "s3" {
		return refusal(http.StatusBadRequest, "AuthorizationHeaderMalformed", "The authorization header is malformed; incorrect service. This endpoint belongs to \"s3\".")
	}
	login, err := f.Authenticate(r.Context(), s.AccessKey, s.Token)
	if err != nil {
		return err
	}
	host := f.hostBucket(r.Host)
	s.Bucket = host
	if err := s.Verify(r.Request, login.Secret, f.now(), ""); err != nil {
		return err
	}
	r.signature, r.region = s, cmp.Or(s.Scope.Region, f.Region, "us-east-1")
	if r.caller, err = login.Caller(r.Context(), iam.Place{Service: "s3", Region: r.region}); err != nil {
		return err
	}
	r.caller.SourceIP = sourceIP(r.RemoteAddr)
	r.caller.Context.Set("aws:SecureTransport", strconv.FormatBool(r.TLS != nil))
	r.caller.Context.Set("aws:RequestedRegion", r.region)
	if from := r.Referer(); from != "" {
		r.caller.Context.Set("aws:Referer", from)
	}
	if agent := r.UserAgent(); agent != "" {
		r.caller.Context.Set("aws:UserAgent", agent)
	}
	r.target, err = readTarget(host, r.URL.Path)
	return err
}

// hostBucket answers the bucket in a host name of the form
// <bucket>.<hostname>; "" when there is none.
func (f *Front) hostBucket(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if _, err := netip.ParseAddr(f.Hostname); err == nil || f.Hostname == "" {
		return ""
	}
	name, ok := strings.CutSuffix(strings.ToLower(host), "."+strings.ToLower(f.Hostname))
	if !ok {
		return ""
	}
	return name
}

func sourceIP(remote string) netip.Addr {
	a, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	return a.Addr()
}

func newRequestID() string {
	b := make([]byte, 8)
	rand.Read(b)
	return strings.ToUpper(hex.EncodeToString(b))
}

// record writes the one record of a request. The key is the client's data and
// stays out of it.
func (f *Front) record(r *request, w *answer, err error, took time.Duration) {
	status := w.status
	if errors.Is(err, context.Canceled) {
		status = statusClientClosed
	}
	attrs := []slog.Attr{slog.String("request", r.id), slog.String("service", "s3"), slog.Int("status", status), slog.Duration("duration", took)}
	if name := f.operationOf(r); name != "" {
		attrs = append(attrs, slog.String("operation", name))
	}
	if r.target.bucket != "" {
		attrs = append(attrs, slog.String("bucket", r.target.bucket))
	}
	if r.caller != nil {
		attrs = append(attrs, slog.String("caller", string(r.caller.ARN)))
	}
	level := slog.LevelInfo
	if err != nil {
		attrs = append(attrs, slog.String("err", err.Error()))
		if status >= 500 && status != http.StatusNotImplemented {
			level = slog.LevelError
		}
	}
	slog.LogAttrs(r.Context(), level, "request", attrs...)
}

// operationOf names the operation of a request for its record.
func (f *Front) operationOf(r *request) string {
	if r.op != nil {
		return r.op.name
	}
	return f.asks(r)
}

// statusClientClosed is for the record alone: nobody is there to read it.
const statusClientClosed = 499

// answer notes what was answered.
type answer struct {
	http.ResponseWriter
	status int
	broken bool // it broke off after it had begun
}

func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(p)
}
