// Package s3front is the door for S3: it verifies a request, asks IAM whether
// it may be done, has the store do it, and writes the answer in S3's words. The
// store (package objects) knows no permissions, so everything that says who may
// do what is decided here, and where it depends on an object's tags by a judge
// that the store asks about the very object.
//
// The tables of operations, of their parameters and of headers are closed:
// what asks for something that they don't name is refused as not implemented,
// never passed over.
//
// Buckets are rows (package bucket), and what can be answered from them is.
// Behaviour is that of the S3 API Reference and, for which action asks for
// which permission, of the Service Authorization Reference for Amazon S3.
package s3front

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"muster/internal/bucket"
	"muster/internal/budget"
	"muster/internal/iam"
	"muster/internal/objects"
	"muster/internal/sigv4"
	"muster/internal/sts"
)

// Front is the handler of S3 requests, signed ones and those that only S3
// would refuse. Its fields are set before it serves.
type Front struct {
	Buckets *bucket.Buckets
	IAM     *iam.Directory
	Objects objects.Keeper

	// Authenticate finds who an access key and its session token belong to;
	// that of sts.Service.
	Authenticate func(ctx context.Context, accessKeyID, token string) (*sts.Login, error)

	// Hostname is the name under which buckets are reached as
	// <bucket>.<hostname>, beside the path; "" or an IP address for the path only.
	Hostname string

	// Region is the region of requests that name neither one nor a bucket;
	// us-east-1 when "".
	Region string

	// Encrypted is what the store does to every object, as
	// x-amz-server-side-encryption says it of uploads in parts; "" when it
	// doesn't say.
	Encrypted string

	// ObeysLifecycle says that somebody removes what the lifecycle rules kept here
	// say; without it they can't be set.
	ObeysLifecycle bool

	// Requests are the places of requests that are served at once, and Bodies is
	// the memory, in bytes, for what is held of bodies; each device, user or role
	// gets a share. Nil is for no bound.
	Requests, Bodies *budget.Budget

	// Stall is how long a client may send or take nothing, MinRate how many
	// bytes a second it must do on the whole, and WholeBody how long it has for a
	// body that is no object's content.
	Stall, WholeBody time.Duration
	MinRate          int64

	// OverQuota counts the requests that were refused for a quota.
	OverQuota atomic.Int64

	// Rejudge is how often it is asked whether a client still may have what it
	// is reading.
	Rejudge time.Duration

	// Now tells the time; time.Now when nil.
	Now func() time.Time

	// Met is told whether a request's caller is known: whether its signature
	// holds. It returns when a stranger may be refused, and false where it is to be
	// turned away; nil refuses all at once.
	Met func(r *http.Request, known bool) bool
}

// request is one request on its way through the door.
type request struct {
	*http.Request
	id        string
	control   *http.ResponseController
	signature *sigv4.Signature
	login     *sts.Login
	caller    *iam.Caller
	asked     *iam.Trail // what it was asked permission for
	region    string     // where the request was signed for
	target    target
	params    params // the query without what signs it, each name once
	op        *operation
	row       bucket.Bucket // of the bucket the request names
	tags      []objects.Tag // that the object would get
	unread    error         // why those in its body can't be read
	bodyRead  bool          // of a body that is read before or after the decision
	source    source        // of a copy
	incoming  *arriving     // its body, once it is read
	memory    *budget.Share // that is held of it
	formHead  int64         // bytes held of a form's fields
	location  string        // the region of the bucket that would be made
	noRegion  error         // why there is none

	// What is left to decide, by the store about the tags of the very object:
	// nil where nothing is. See authorise.
	judge, judgeSource objects.Judge
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
	asked := new(iam.Trail)
	req := &request{Request: r.WithContext(iam.WithTrail(r.Context(), asked)), id: newRequestID(), control: http.NewResponseController(w), asked: asked}
	w.Header().Set("X-Amz-Request-Id", req.id)
	w.Header().Set("X-Amz-Id-2", req.id)
	w.Header().Set("Server", "Muster")
	f.hurry(req)
	answer := &answer{ResponseWriter: w, control: req.control, pace: f.pace(), hold: req.hold}
	f.crossOrigin(answer, req)
	err := f.serve(answer, req)
	req.memory.Release()
	if err != nil {
		f.hurry(req)
		err = f.meet(req, err)
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
		return f.preflight(w, r)
	}
	if f.isForm(r) {
		return f.postObject(w, r)
	}
	if err := f.verify(r); err != nil {
		return err
	}
	release, err := f.place(r)
	if err != nil {
		return err
	}
	defer release()
	if err := r.read(); err != nil {
		return err
	}
	r.declare()
	if r.op.target != onService && !r.op.newBucket {
		if err := f.checkBucket(r); err != nil {
			return err
		}
	}
	if err := f.readAhead(r); err != nil {
		return err
	}
	if err := f.decide(r); err != nil {
		return err
	}
	return r.op.serve(f, w, r)
}

// decide asks whether the caller may, and only then says what can't be done.
func (f *Front) decide(r *request) error {
	if err := f.authorise(r); err != nil {
		return err
	}
	if err := r.checkHeaders(); err != nil {
		return err
	}
	return r.unread
}

// verify finds out who signed the request.
func (f *Front) verify(r *request) error {
	s, err := sigv4.Parse(r.Request)
	if err != nil {
		return inQuery(r, err)
	}
	if s.Scope.Service != "s3" {
		return inQuery(r, refusal(http.StatusBadRequest, malformedHeader, "The authorization header is malformed; incorrect service. This endpoint belongs to \"s3\"."))
	}
	r.signature = s
	if r.login, err = f.Authenticate(r.Context(), s.AccessKey, s.Token); err != nil {
		return err
	}
	host := f.hostBucket(r.Host)
	s.Bucket = host
	if err := s.Verify(r.Request, r.login.Secret, f.now(), ""); err != nil {
		return missingHash(r, err)
	}
	r.target, err = readTarget(host, r.URL.Path)
	if err != nil {
		return err
	}
	r.region = f.regionOf(r)
	return f.identify(r)
}

// identify finds out who the signer is, as of now.
func (f *Front) identify(r *request) error {
	if r.caller != nil { // it was known before: the key may be gone meanwhile
		login, err := f.Authenticate(r.Context(), r.signature.AccessKey, r.signature.Token)
		if err != nil {
			return err
		}
		r.login = login
	}
	caller, err := r.login.Caller(r.Context(), iam.Place{Service: "s3", Region: r.region})
	if err != nil {
		return err
	}
	caller.SourceIP = sourceIP(r.RemoteAddr)
	caller.Context.Set("aws:SecureTransport", map[bool]string{true: "true", false: "false"}[r.TLS != nil])
	caller.Context.Set("aws:RequestedRegion", r.region)
	if from := r.Referer(); from != "" {
		caller.Context.Set("aws:Referer", from)
	}
	if agent := r.UserAgent(); agent != "" {
		caller.Context.Set("aws:UserAgent", agent)
	}
	r.caller = caller
	if f.Met != nil {
		f.Met(r.Request, true)
	}
	return nil
}

// hostBucket returns the bucket in a host name of the form
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
	return a.Addr().Unmap().WithZone("")
}

func newRequestID() string {
	b := make([]byte, 8)
	rand.Read(b)
	return strings.ToUpper(hex.EncodeToString(b))
}

// record writes the one record of a request.
func (f *Front) record(r *request, w *answer, err error, took time.Duration) {
	status := w.status
	if errors.Is(err, context.Canceled) || errors.Is(err, errGone) {
		status = statusClientClosed
	}
	attrs := []slog.Attr{slog.String("request", r.id), slog.String("client", sourceIP(r.RemoteAddr).String()), slog.String("service", "s3"),
		slog.Int("status", status), slog.Duration("duration", took)}
	if name := f.operationOf(r); name != "" {
		attrs = append(attrs, slog.String("operation", name))
	}
	if r.target.bucket != "" {
		attrs = append(attrs, slog.String("bucket", r.target.bucket))
	}
	if r.asked.String() == "" && r.target.bucket != "" {
		r.asked.Add(r.target.arn()) // it was refused before
	}
	if resource := r.asked.String(); resource != "" {
		attrs = append(attrs, slog.String("resource", resource))
	}
	if r.caller != nil {
		attrs = append(attrs, slog.String("caller", string(r.caller.ARN)))
	}
	level := slog.LevelInfo
	if err != nil {
		attrs = append(attrs, slog.String("err", err.Error()))
		// That the disk is full is said by doctor and a metric, not by each request.
		mine := w.broken && status != statusClientClosed && asError(err) == errInternal                        // after it had begun
		known := errors.Is(err, errManyAtOnce) || errors.Is(err, errNoMemory) || errors.Is(err, errTurnedAway) // these have metrics, too
		if mine || status >= 500 && status != http.StatusNotImplemented && status != http.StatusInsufficientStorage && !known {
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
	control *http.ResponseController
	pace    pace
	hold    func(size int64) error // charges what it holds in memory
	status  int
	broken  bool // it broke off after it had begun
}

func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// leaving is for an answer's body.
func (a *answer) leaving() *leaving {
	return &leaving{w: a, pace: a.pace, control: a.control}
}

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
