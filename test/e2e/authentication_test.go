package e2e

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"
)

// call is a request that succeeds when its signature is right.
type call struct {
	service, method, path string
	header                map[string]string
	body                  string
}

// calls name one harmless call of each service.
var calls = map[string]call{
	"iot": {service: "iot", method: http.MethodGet, path: "/things"},
	// botocore before 1.31, so Debian 12's boto3 and AWS CLI, signs iot like this.
	"iot as execute-api": {service: "execute-api", method: http.MethodGet, path: "/things"},
	"sagemaker": {service: "sagemaker", method: http.MethodPost, path: "/", body: "{}", header: map[string]string{
		"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "SageMaker.ListDeviceFleets"}},
	"iam": {service: "iam", method: http.MethodPost, path: "/", body: "Action=ListRolePolicies&Version=2010-05-08&RoleName=role",
		header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}},
	"sts": {service: "sts", method: http.MethodPost, path: "/", body: "Action=GetCallerIdentity&Version=2011-06-15",
		header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}},
	"s3": {service: "s3", method: http.MethodGet, path: "/"},
}

// Each service refuses a wrong signature in its own words.
func TestWrongSignatures(t *testing.T) {
	s := Start(t)
	root := s.Client()
	root.IAM(t, "CreateRole", "RoleName", "role", "AssumeRolePolicyDocument", deviceTrusts).OK(t)
	temporary := NewWorld(t, s).Vend(t, Ask{}).Key

	// By service, in the order iot, sagemaker, iam, sts, s3.
	type answers struct {
		json, query, s3 string
		status          int // of the services but S3
	}
	for _, tc := range []struct {
		name  string
		sign  func(*signing)
		after func(*http.Request) // spoils the signed request
		want  answers
	}{
		{
			name: "unknown key",
			sign: func(s *signing) { s.Key = Key{ID: "AKIANOBODYNOBODYNOBO", Secret: s.Key.Secret} },
			want: answers{"UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId", 403},
		},
		{
			name: "wrong secret",
			sign: func(s *signing) { s.Key.Secret += "x" },
			want: answers{"InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch", 403},
		},
		{
			name: "a clock 16 minutes slow",
			sign: func(s *signing) { s.At = s.At.Add(-16 * time.Minute) },
			want: answers{"InvalidSignatureException", "SignatureDoesNotMatch", "RequestTimeTooSkewed", 403},
		},
		{
			name: "a clock 16 minutes fast",
			sign: func(s *signing) { s.At = s.At.Add(16 * time.Minute) },
			want: answers{"InvalidSignatureException", "SignatureDoesNotMatch", "RequestTimeTooSkewed", 403},
		},
		{
			name: "temporary key without its token",
			sign: func(s *signing) { s.Key = Key{ID: temporary.ID, Secret: temporary.Secret} },
			want: answers{"UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId", 403},
		},
		{
			name: "temporary key with a token changed",
			sign: func(s *signing) {
				s.Key = temporary
				s.Key.Token = s.Key.Token[:len(s.Key.Token)/2] + "AAAA" + s.Key.Token[len(s.Key.Token)/2+4:]
			},
			want: answers{"UnrecognizedClientException", "InvalidClientTokenId", "InvalidToken", 403},
		},
		{
			name: "a header changed on the way",
			after: func(r *http.Request) {
				r.Header.Set("X-Amz-Date", time.Now().UTC().Add(time.Minute).Format("20060102T150405Z"))
			},
			want: answers{"InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch", 403},
		},
		{
			name:  "an x-amz header added on the way",
			after: func(r *http.Request) { r.Header.Set("X-Amz-Copy-Source", "/sagemaker/secret") },
			want:  answers{"InvalidSignatureException", "SignatureDoesNotMatch", "AccessDenied", 403},
		},
		{
			name:  "the query changed on the way",
			after: func(r *http.Request) { r.URL.RawQuery = "prefix=secret" },
			want:  answers{"InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch", 403},
		},
		{
			name:  "half an Authorization header",
			after: func(r *http.Request) { r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=x") },
			want:  answers{"IncompleteSignatureException", "IncompleteSignature", "AuthorizationHeaderMalformed", 400},
		},
		{
			name:  "no signature",
			after: func(r *http.Request) { r.Header.Del("Authorization") },
			want:  answers{"MissingAuthenticationTokenException", "MissingAuthenticationToken", "AccessDenied", 403},
		},
	} {
		for service, c := range calls {
			t.Run(tc.name+"/"+service, func(t *testing.T) {
				req, err := http.NewRequest(c.method, s.URL+c.path, strings.NewReader(c.body))
				if err != nil {
					t.Fatal(err)
				}
				for name, value := range c.header {
					req.Header.Set(name, value)
				}
				as := signing{Key: root.Key, Service: c.service, Region: root.Region, At: time.Now()}
				if tc.sign != nil {
					tc.sign(&as)
				}
				as.sign(req, []byte(c.body))
				if tc.after != nil {
					tc.after(req)
				}
				got := send(t, plain, req)
				want, status := tc.want.json, tc.want.status
				switch service {
				case "iam", "sts":
					want = tc.want.query
				case "s3":
					want, status = tc.want.s3, got.Status
					if got.Status < 400 || got.Status > 403 {
						t.Errorf("status: got %d, want 400 or 403", got.Status)
					}
				}
				got.Refused(t, status, want)
			})
		}
	}

	t.Run("and right ones are accepted", func(t *testing.T) {
		for _, c := range calls {
			root.do(t, c.service, c.method, c.path, c.header, []byte(c.body)).OK(t)
		}
	})
}

// A body that differs from what was signed is refused, whatever its headers say.
func TestBodyChangedOnTheWay(t *testing.T) {
	s := Start(t)
	root := s.Client()
	for _, claim := range []string{"", "UNSIGNED-PAYLOAD", "signed hash"} {
		t.Run("claims "+claim, func(t *testing.T) {
			signed, sent := []byte(`{}`), []byte(`{"attributePayload":{"attributes":{"a":"b"}}}`)
			req, err := http.NewRequest(http.MethodPost, s.URL+"/things/changed", bytes.NewReader(sent))
			if err != nil {
				t.Fatal(err)
			}
			switch claim {
			case "":
			case "signed hash":
				req.Header.Set("X-Amz-Content-Sha256", hexSum(signed))
			default:
				req.Header.Set("X-Amz-Content-Sha256", claim)
			}
			signing{Key: root.Key, Service: "iot", Region: root.Region, At: time.Now()}.sign(req, signed)
			send(t, plain, req).Refused(t, http.StatusForbidden, "InvalidSignatureException")
			root.IoT(t, "GET", "/things/changed", nil).Refused(t, http.StatusNotFound, "ResourceNotFoundException")
		})
	}
}

// A region is part of ARNs and must not be able to write one.
func TestWrongRegion(t *testing.T) {
	root := Start(t).Client()
	for _, region := range []string{"", "US-EAST-1", "us east", "us-east-1:000000000000:thing", strings.Repeat("a", 33)} {
		other := *root
		other.Region = region
		if got := other.IoT(t, "GET", "/things", nil); got.Status < 400 || got.Status > 403 {
			t.Errorf("region %q: got %d %s, want a refusal", region, got.Status, got.Body)
		}
	}
}
