package awsapi_test

import (
	"bytes"
	"context"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/awsapi/edgeapi"
	"muster/internal/awsapi/iamapi"
	"muster/internal/awsapi/iotapi"
	"muster/internal/awsapi/sagemakerapi"
	"muster/internal/awsapi/stsapi"
	"muster/internal/awswire"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/policy"
	"muster/internal/secret"
	"muster/internal/sts"
)

const rootSecret = "rootSecretKey"

var now = time.Date(2026, 3, 14, 15, 9, 26, 535_000_000, time.UTC)

// newAPI serves a few operations of each service from code that shows what
// the pipeline does; nothing is kept.
func newAPI(log io.Writer) *awsapi.API {
	api := awsapi.New(
		awsapi.Service{Wire: iotapi.Service, Operations: things(), Faults: awsapi.Faults{
			fault.Invalid: "InvalidRequestException", fault.AlreadyExists: "ResourceAlreadyExistsException", fault.InUse: "DeleteConflictException",
		}},
		awsapi.Service{Wire: sagemakerapi.Service, Operations: fleets(), Faults: awsapi.Faults{fault.NotFound: "ValidationException"}},
		awsapi.Service{Wire: edgeapi.Service},
		awsapi.Service{Wire: iamapi.Service, Operations: roles(), Faults: awsapi.Faults{fault.NotFound: "NoSuchEntityException"}},
		awsapi.Service{Wire: stsapi.Service, Operations: []awsapi.Operation{awsapi.HandleOpen(stsapi.GetCallerIdentity, whoAmI)}},
	)
	api.Authenticate = authenticate
	api.Authorize = func(_ context.Context, c *iam.Caller, action string, resource arn.ARN, extra policy.Context) error {
		if strings.Contains(string(resource), "secret") || len(extra["iot:thing"]) > 0 {
			return iam.Denied(c, action, string(resource), " because no identity-based policy allows the "+action+" action")
		}
		return nil
	}
	api.Log = slog.New(slog.NewJSONHandler(log, nil))
	api.Now = func() time.Time { return now }
	api.Deadline = 50 * time.Millisecond
	return api
}

func authenticate(ctx context.Context, key, token string) (*sts.Login, error) {
	switch {
	case key == "ASIAEXPIRED":
		return nil, sts.ErrExpired
	case key == "ASIAWITHDRAWN":
		return nil, fmt.Errorf("%w: the certificate is revoked", sts.ErrWithdrawn)
	case key == "AKIABROKEN":
		return nil, errors.New("the database is gone")
	case token != "":
		return nil, sts.ErrInvalidToken
	case key != "AKIAROOT":
		return nil, sts.ErrUnknownKey
	}
	keys := sts.New(nil, nil, nil)
	keys.RootKey = func(string) (string, secret.String, bool) { return "000000000000", secret.New(rootSecret), true }
	return keys.Authenticate(ctx, key, "")
}

func things() []awsapi.Operation {
	create := func(ctx context.Context, s arn.Scope, in *iotapi.CreateThingRequest) (*iotapi.CreateThingResponse, error) {
		switch in.ThingName {
		case "there":
			return nil, fault.AlreadyExists.Errorf("Thing there already exists in account with different attributes").
				With("resourceId", "there").With("resourceArn", string(s.Thing("there")))
		case "panic":
			panic("out of order")
		case "broken":
			return nil, errors.New("disk is full")
		case "slow":
			<-ctx.Done()
			return nil, ctx.Err()
		case "limit":
			return nil, fault.LimitExceeded.Errorf("too many")
		case "later":
			return nil, fault.Unavailable.Errorf("try again")
		}
		return &iotapi.CreateThingResponse{ThingName: &in.ThingName, ThingArn: new(string(s.Thing(in.ThingName)))}, nil
	}
	list := func(context.Context, arn.Scope, *iotapi.ListThingsRequest) (*iotapi.ListThingsResponse, error) {
		return &iotapi.ListThingsResponse{Things: []iotapi.ThingAttribute{}}, nil
	}
	touches := func(s arn.Scope, in *iotapi.AttachThingPrincipalRequest) []awsapi.Need {
		if in.Principal == "nobody" {
			return nil
		}
		needs := []awsapi.Need{{Resource: s.Thing(in.ThingName)}, {Resource: arn.ARN(in.Principal)}}
		if in.ThingPrincipalType != nil {
			extra := policy.Context{}
			extra.Set("iot:Thing", in.ThingName)
			needs[0].Context = extra
		}
		return needs
	}
	return []awsapi.Operation{
		awsapi.Handle(iotapi.CreateThing, func(s arn.Scope, in *iotapi.CreateThingRequest) arn.ARN { return s.Thing(in.ThingName) }, create),
		awsapi.Handle(iotapi.ListThings, func(s arn.Scope, _ *iotapi.ListThingsRequest) arn.ARN { return s.IoTAny() }, list),
		awsapi.HandleEach(iotapi.AttachThingPrincipal, touches, done[iotapi.AttachThingPrincipalRequest, iotapi.AttachThingPrincipalResponse]),
		awsapi.Handle(iotapi.AttachPolicy, func(s arn.Scope, in *iotapi.AttachPolicyRequest) arn.ARN { return s.IoTPolicy(in.PolicyName) },
			done[iotapi.AttachPolicyRequest, awswire.Empty]),
	}
}

// done runs an operation whose output holds nothing.
func done[In, Out any](context.Context, arn.Scope, *In) (*Out, error) { return nil, nil }

func fleets() []awsapi.Operation {
	create := func(_ context.Context, _ arn.Scope, in *sagemakerapi.CreateDeviceFleetRequest) (*awswire.Empty, error) {
		switch in.DeviceFleetName {
		case "there":
			return nil, fault.AlreadyExists.Errorf("DeviceFleet there already exists")
		case "roleless":
			return nil, fault.NotFound.Errorf("The role does not exist")
		}
		return nil, nil
	}
	describe := func(_ context.Context, s arn.Scope, in *sagemakerapi.DescribeDeviceFleetRequest) (*sagemakerapi.DescribeDeviceFleetResponse, error) {
		return &sagemakerapi.DescribeDeviceFleetResponse{
			DeviceFleetName: &in.DeviceFleetName, CreationTime: awswire.At(now),
			OutputConfig: &sagemakerapi.EdgeOutputConfig{S3OutputLocation: "s3://sagemaker/" + s.Region},
		}, nil
	}
	return []awsapi.Operation{
		awsapi.Handle(sagemakerapi.CreateDeviceFleet, func(s arn.Scope, in *sagemakerapi.CreateDeviceFleetRequest) arn.ARN {
			return s.DeviceFleet(in.DeviceFleetName)
		}, create).With(awsapi.Faults{fault.AlreadyExists: "ResourceInUse"}),
		awsapi.Handle(sagemakerapi.DescribeDeviceFleet, func(s arn.Scope, in *sagemakerapi.DescribeDeviceFleetRequest) arn.ARN {
			return s.DeviceFleet(in.DeviceFleetName)
		}, describe),
	}
}

func roles() []awsapi.Operation {
	create := func(_ context.Context, s arn.Scope, in *iamapi.CreateRoleRequest) (*iamapi.CreateRoleResponse, error) {
		return &iamapi.CreateRoleResponse{Role: &iamapi.Role{
			RoleName: &in.RoleName, Path: new("/"), RoleId: new("AROA"), Arn: new(string(arn.Role(s.Account, "/", in.RoleName))),
			CreateDate: awswire.At(now), AssumeRolePolicyDocument: &in.AssumeRolePolicyDocument, Tags: in.Tags,
		}}, nil
	}
	remove := func(_ context.Context, _ arn.Scope, in *iamapi.DeleteRoleRequest) (*awswire.Empty, error) {
		if in.RoleName == "gone" {
			return nil, fault.NotFound.Errorf("The role with name gone cannot be found.")
		}
		return nil, nil
	}
	return []awsapi.Operation{
		awsapi.Handle(iamapi.CreateRole, func(s arn.Scope, in *iamapi.CreateRoleRequest) arn.ARN { return arn.Role(s.Account, "/", in.RoleName) }, create),
		awsapi.Handle(iamapi.DeleteRole, func(s arn.Scope, in *iamapi.DeleteRoleRequest) arn.ARN { return arn.Role(s.Account, "/", in.RoleName) }, remove),
	}
}

func whoAmI(ctx context.Context, _ arn.Scope, _ *stsapi.GetCallerIdentityRequest) (*stsapi.GetCallerIdentityResponse, error) {
	c := iam.CallerFrom(ctx)
	return &stsapi.GetCallerIdentityResponse{Account: &c.Account, Arn: new(string(c.ARN)), UserId: &c.UserID}, nil
}

func TestOperationsThatCanNotBeMade(t *testing.T) {
	list := func(context.Context, arn.Scope, *iotapi.ListThingsRequest) (*iotapi.ListThingsResponse, error) {
		return nil, nil
	}
	all := func(s arn.Scope, _ *iotapi.ListThingsRequest) arn.ARN { return s.IoTAny() }
	for name, construct := range map[string]func(){
		"without a resource": func() { awsapi.Handle(iotapi.ListThings, nil, list) },
		"without needs":      func() { awsapi.HandleEach(iotapi.ListThings, nil, list) },
		"twice in a service": func() {
			o := awsapi.Handle(iotapi.ListThings, all, list)
			awsapi.New(awsapi.Service{Wire: iotapi.Service, Operations: []awsapi.Operation{o, o}})
		},
		"in another service": func() {
			awsapi.New(awsapi.Service{Wire: stsapi.Service, Operations: []awsapi.Operation{awsapi.Handle(iotapi.ListThings, all, list)}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("got an operation, want a panic")
				}
			}()
			construct()
		})
	}
}

func TestKnownOperations(t *testing.T) {
	built := map[string]int{}
	all := map[string]int{}
	for _, o := range newAPI(io.Discard).Operations() {
		all[o.Service]++
		if o.Built {
			built[o.Service]++
		}
	}
	// SageMaker's 396 and the 3 of its edge runtime share a name.
	if diff := cmp.Diff(map[string]int{"iot": 272, "sagemaker": 399, "iam": 176, "sts": 11}, all); diff != "" {
		t.Errorf("known (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"iot": 4, "sagemaker": 2, "iam": 2, "sts": 1}, built); diff != "" {
		t.Errorf("built (-want +got):\n%s", diff)
	}
}

// TestRecord reads the one log record of a request.
func TestRecord(t *testing.T) {
	for _, tc := range []struct {
		name, sign, thing string
		want              map[string]string
	}{
		{"served", "sign iot", "pump-7", map[string]string{
			"level": "INFO", "service": "iot", "region": "us-east-1", "operation": "CreateThing", "caller": "arn:aws:iam::000000000000:root", "status": "200",
			"client": "192.0.2.1", "resource": "arn:aws:iot:us-east-1:000000000000:thing/pump-7"}},
		{"denied", "sign iot", "secret-7", map[string]string{
			"level": "INFO", "status": "403", "error": "AccessDeniedException", "kind": "denied", "client": "192.0.2.1",
			"resource": "arn:aws:iot:us-east-1:000000000000:thing/secret-7",
			"reason":   "User: arn:aws:iam::000000000000:root is not authorized to perform: iot:CreateThing on resource: arn:aws:iot:us-east-1:000000000000:thing/secret-7 because no identity-based policy allows the iot:CreateThing action"}},
		{"a session withdrawn", "sign iot key=ASIAWITHDRAWN", "pump-7", map[string]string{
			"level": "INFO", "status": "403", "error": "UnrecognizedClientException", "key": "ASIAWITHDRAWN", "cause": "what the session was made from no longer allows it: the certificate is revoked"}},
		{"the server's fault", "sign iot", "broken", map[string]string{
			"level": "ERROR", "status": "500", "error": "InternalFailure", "kind": "internal", "cause": "disk is full"}},
		{"a panic", "sign iot", "panic", map[string]string{"level": "ERROR", "status": "500", "cause": "panic: out of order"}},
		{"not signed", "unsigned", "pump-7", map[string]string{"level": "INFO", "status": "403", "error": "MissingAuthenticationTokenException", "client": "192.0.2.1"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "http://localhost/things/"+tc.thing, strings.NewReader("{}"))
			signAs(t, r, tc.sign, "{}")
			var log bytes.Buffer
			newAPI(&log).ServeHTTP(httptest.NewRecorder(), r)
			if n := strings.Count(log.String(), "\n"); n != 1 {
				t.Fatalf("records: got %d, want 1:\n%s", n, &log)
			}
			got := map[string]any{}
			if err := stdjson.Unmarshal(log.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			for field, want := range tc.want {
				if fmt.Sprint(got[field]) != want {
					t.Errorf("%s: got %v, want %s", field, got[field], want)
				}
			}
			if strings.Contains(log.String(), rootSecret) {
				t.Errorf("the record holds a secret: %s", &log)
			}
			if _, stacked := got["stack"]; stacked != (tc.thing == "panic") {
				t.Errorf("stack: got %v", stacked)
			}
		})
	}
}

// TestContextOfTheCaller sees what a policy may ask of a request.
func TestContextOfTheCaller(t *testing.T) {
	var got *iam.Caller
	api := newAPI(io.Discard)
	api.Authorize = func(ctx context.Context, c *iam.Caller, action string, resource arn.ARN, _ policy.Context) error {
		if iam.CallerFrom(ctx) != c || awsapi.RequestID(ctx) == "" {
			t.Error("the context lacks the caller or the request id")
		}
		if action != "iot:ListThings" || resource != "arn:aws:iot:eu-west-1:000000000000:*" {
			t.Errorf("asked for: got %s on %s", action, resource)
		}
		got = c
		return nil
	}
	r := httptest.NewRequest(http.MethodGet, "http://localhost/things", nil)
	r.RemoteAddr = "[::ffff:192.0.2.7]:4711"
	r.Header.Set("User-Agent", "test/1")
	signAs(t, r, "sign iot region=eu-west-1", "")
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("answer: got %d %s", w.Code, w.Body)
	}
	if got.SourceIP.String() != "192.0.2.7" {
		t.Errorf("source: got %v, want 192.0.2.7", got.SourceIP)
	}
	for key, want := range map[string]string{"aws:securetransport": "false", "aws:requestedregion": "eu-west-1", "aws:useragent": "test/1"} {
		if values := got.Context[key]; len(values) != 1 || values[0] != want {
			t.Errorf("%s: got %v, want %s", key, values, want)
		}
	}
}

func TestRoutesOfUnsignedRequests(t *testing.T) {
	api := newAPI(io.Discard)
	for _, tc := range []struct {
		name, method, path, contentType string
		want                            bool
	}{
		{"a path of iot", "GET", "/things/pump-7", "", true},
		{"a path of an unbuilt operation", "GET", "/jobs", "", true},
		{"a form", "POST", "/", "application/x-www-form-urlencoded", true},
		{"an action in the URL", "GET", "/?Version=1&Action=ListUsers", "", true},
		{"a bucket", "GET", "/bucket", "", false},
		{"an object", "PUT", "/bucket/things/a", "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := httptest.NewRequest(tc.method, "http://localhost"+tc.path, nil)
			if tc.contentType != "" {
				r.Header.Set("Content-Type", tc.contentType)
			}
			if got := api.Routes(r); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}
