// Package awsapi is the door that AWS's service APIs share: one pipeline takes
// every request through the same steps, whatever the service.
//
//	request id → service of the credential scope → access key → body → operation →
//	signature → caller → input → permission → run → answer → one log record
//
// The services themselves are in the packages below it (iotapi, iamapi, …):
// each is a list of operations with what they touch and the function that runs
// them. No operation can be made that doesn't say what it touches, and none
// runs before the caller is allowed that.
//
// Names and texts of refusals follow "Common errors" of the services' API
// references and what botocore reads.
package awsapi

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"muster/internal/arn"
	"muster/internal/awswire"
	"muster/internal/budget"
	"muster/internal/iam"
	"muster/internal/policy"
	"muster/internal/sigv4"
	"muster/internal/space"
	"muster/internal/sts"
)

const (
	// DefaultDeadline bounds the run of one operation.
	DefaultDeadline = 30 * time.Second

	statusClientClosed = 499 // for the log alone: nobody is there to read it
)

// Service is an API with the operations Muster implements.
type Service struct {
	Wire       *awswire.Service
	Operations []Operation
	Faults     Faults
	Effects    space.Effects // of each operation: what it does to the disk
}

// API serves services. Authenticate, Authorize and Log must be set; the other
// fields work as they are.
type API struct {
	// Authenticate is sts.Service.Authenticate.
	Authenticate func(ctx context.Context, accessKeyID, token string) (*sts.Login, error)
	// Authorize is iam.Directory.Authorize.
	Authorize func(ctx context.Context, caller *iam.Caller, action string, resource arn.ARN, extra policy.Context) error
	Log       *slog.Logger
	Now       func() time.Time
	Deadline  time.Duration // of one operation; 0 for DefaultDeadline
	BodyTime  time.Duration // for a client to send a body; 0 for DefaultBodyTime

	// Bodies is the memory for bodies, in bytes; nil for no bound.
	Bodies *budget.Budget

	// Met is told whether a request's caller is known: whether its signature
	// holds. It returns when a stranger may be refused, and false where it is to be
	// turned away; nil refuses all at once.
	Met func(r *http.Request, known bool) bool

	services map[string][]*served // by signing name
}

// served is a service in place.
type served struct {
	Service
	operations map[string]Operation
	largest    int64 // body of any of them, in bytes
}

// New makes the API of services. It panics when an operation doesn't fit its
// model: that is a fault of the program.
func New(services ...Service) *API {
	a := &API{services: map[string][]*served{}}
	for _, s := range services {
		v := &served{Service: s, operations: map[string]Operation{}, largest: SmallBody}
		for _, o := range s.Operations {
			if o.service != s.Wire {
				panic(fmt.Sprintf("awsapi: %s belongs to another service", o.name))
			}
			if _, twice := v.operations[o.name]; twice {
				panic(fmt.Sprintf("awsapi: %s is there twice", o.name))
			}
			o.check()
			o.limit = min(o.size(), MaxBody)
			o.effect = s.Effects.Of(o.name)
			v.operations[o.name] = o
			v.largest = max(v.largest, o.bodyLimit())
		}
		name := s.Wire.SigningName()
		a.services[name] = append(a.services[name], v)
	}
	return a
}

// exchange is one request on its way through the pipeline.
type exchange struct {
	id        string
	r         *http.Request
	start     time.Time
	signature *sigv4.Signature
	login     *sts.Login // whose key it says to be signed with
	body      []byte
	bodyRead  bool          // to its end
	memory    *budget.Share // that the body takes
	service   *served
	call      *awswire.Call
	operation Operation
	caller    *iam.Caller
	asked     iam.Trail // what it was asked permission for
}

// ServeHTTP takes one request through the pipeline.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{id: newRequestID(), r: r, start: a.now()}
	reply, err := a.answer(w, x)
	var said *refusal
	if err != nil {
		said = a.meet(w, x, judge(err))
		reply = x.refuse(said)
	}
	if reply.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", retryAfter)
	}
	if x.unread() {
		x.leaveUnread(w)
	}
	sendErr := reply.Send(w, x.id)
	a.record(x, reply, said, sendErr)
	x.drop()
	if x.unread() {
		x.linger(w)
	}
}

// answer runs the steps; the first that fails is the answer.
func (a *API) answer(w http.ResponseWriter, x *exchange) (reply *awswire.Reply, err error) {
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler {
				panic(p)
			}
			err = &panicError{value: p, stack: debug.Stack()}
		}
	}()
	if x.signature, err = sigv4.Parse(x.r); err != nil {
		return nil, err
	}
	x.service = choose(a.services[signingName(x.signature.Scope.Service)], x.r)
	if err := a.findKey(x); err != nil {
		return nil, err
	}
	if err := a.read(w, x); err != nil {
		return nil, err
	}
	unrouted := x.route() // told only to those whose signature holds
	if err := a.authenticate(x); err != nil {
		return nil, err
	}
	if a.Met != nil {
		a.Met(x.r, true)
	}
	if unrouted != nil {
		return nil, unrouted
	}
	o, ok := x.service.operations[x.call.Operation]
	if !ok {
		return nil, unbuilt(x.call.Operation)
	}
	x.operation = o
	if limit := o.bodyLimit(); int64(len(x.body)) > limit {
		return nil, refuseLarge(limit)
	}
	return a.run(x)
}

// route finds the operation.
func (x *exchange) route() (err error) {
	if x.service == nil {
		return refuse(notImplemented, "unknown service", "The service "+x.signature.Scope.Service+" is not implemented by Muster")
	}
	if x.call, err = x.service.Wire.Route(x.r, x.body); err != nil {
		return err
	}
	x.call.Covers = x.signature.Covers
	return nil
}

// signingName is the name a service goes by here. SDKs of before 2023, such as
// Debian 12's, sign requests to AWS IoT for execute-api.
func signingName(scope string) string {
	if scope == "execute-api" {
		return "iot"
	}
	return scope
}

// choose picks among the services that share a signing name: SageMaker's
// control plane names its operations in X-Amz-Target, the others by path.
func choose(candidates []*served, r *http.Request) *served {
	target, _, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	for _, s := range candidates {
		if s.Wire.TargetPrefix() == target {
			return s
		}
	}
	if len(candidates) == 0 {
		return nil
	}
	return candidates[0]
}

// findKey looks up the access key that the request says to be signed with, and
// opens its token: what has none that is good is refused with its body unread.
func (a *API) findKey(x *exchange) (err error) {
	s := x.signature
	if s.Version2 {
		return &sigv4.Error{Code: sigv4.UnsupportedAlgorithm, Message: "Signature Version 2 is only for Amazon S3."}
	}
	if s.Presigned && x.r.ContentLength == 0 {
		_ = x.route() // what it is for is in the URL; whether it is anything is said below
	}
	if s.Presigned && !x.mayBePresigned() {
		return refuse(presigned, "presigned", "A presigned URL is for Amazon S3 and for GetCallerIdentity of AWS STS alone.")
	}
	x.login, err = a.Authenticate(x.r.Context(), s.AccessKey, s.Token)
	return err
}

// authenticate verifies the signature and learns who is calling.
func (a *API) authenticate(x *exchange) (err error) {
	s := x.signature
	sum := sha256.Sum256(x.body)
	if err := s.Verify(x.r, x.login.Secret, a.now(), hex.EncodeToString(sum[:])); err != nil {
		return err
	}
	// A region goes into ARNs; nothing else may come in that way.
	if !arn.IsRegion(s.Scope.Region) {
		return refuse(incomplete, "signature", "Credential should be scoped to a valid region.")
	}
	if x.caller, err = x.login.Caller(x.r.Context(), iam.Place{Service: signingName(s.Scope.Service), Region: s.Scope.Region}); err != nil {
		return err
	}
	if x.caller.Context == nil {
		x.caller.Context = policy.Context{}
	}
	x.caller.SourceIP = x.client()
	c := x.caller.Context
	c.Set("aws:SecureTransport", fmt.Sprint(x.r.TLS != nil))
	c.Set("aws:RequestedRegion", requestedRegion(s.Scope))
	if agent := x.r.UserAgent(); agent != "" {
		c.Set("aws:UserAgent", agent)
	}
	return nil
}

// requestedRegion is the value of aws:RequestedRegion. IAM has no regions: there
// it is us-east-1, as on AWS, and not what the caller signed for, with which a
// Deny by region could be gone round.
func requestedRegion(s sigv4.Scope) string {
	if s.Service == "iam" {
		return "us-east-1"
	}
	return s.Region
}

// mayBePresigned reports whether the request is the one that clients presign
// outside of S3, to prove to somebody else who they are. A URL in somebody's
// log is too easily had for anything more.
func (x *exchange) mayBePresigned() bool {
	return x.call != nil && x.service.Wire.SigningName() == "sts" && x.call.Operation == "GetCallerIdentity"
}

// run gives the operation its context, its permit and its deadline.
func (a *API) run(x *exchange) (*awswire.Reply, error) {
	deadline := a.Deadline
	if deadline == 0 {
		deadline = DefaultDeadline
	}
	ctx, cancel := context.WithTimeout(x.r.Context(), deadline)
	defer cancel()
	ctx = iam.WithTrail(iam.WithCaller(WithRequestID(ctx, x.id), x.caller), &x.asked)
	ctx = space.With(ctx, x.operation.effect)
	action := x.service.Wire.SigningName() + ":" + x.operation.name
	return x.operation.serve(ctx, &permit{
		scope:     arn.Scope{Account: x.caller.Account, Region: x.signature.Scope.Region},
		requestID: x.id,
		authorise: func(n Need) error {
			x.asked.Add(n.Resource)
			return a.Authorize(ctx, x.caller, cmp.Or(n.Action, action), n.Resource, n.Context)
		},
	}, x.call)
}

func (a *API) now() time.Time {
	if a.Now != nil {
		return a.Now()
	}
	return time.Now()
}
