package awsapi_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"muster/internal/arn"
	"muster/internal/iam"
	"muster/internal/policy"
	"muster/internal/secret"
	"muster/internal/sigv4"
)

// A header that an operation reads is part of what is signed: whoever holds the
// request can't complete it.
func TestHeadersThatAnOperationReadsAreSigned(t *testing.T) {
	const principal = "arn:aws:iot:us-east-1:000000000000:cert/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	for _, tc := range []struct {
		name   string
		before func(http.Header) // it is signed
		after  func(http.Header)
		want   int
	}{
		{"signed", func(h http.Header) { h.Set("x-amzn-principal", principal) }, func(http.Header) {}, http.StatusOK},
		{"added", func(http.Header) {}, func(h http.Header) { h.Set("x-amzn-principal", principal) }, http.StatusForbidden},
		{"added beside a signed one", func(h http.Header) { h.Set("x-amzn-principal", principal) }, func(h http.Header) { h.Add("x-amzn-principal", principal) }, http.StatusForbidden},
		{"one that nobody reads", func(h http.Header) { h.Set("x-amzn-principal", principal) }, func(h http.Header) { h.Set("x-amzn-trace-id", "Root=1") }, http.StatusOK},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPut, "http://localhost/things/pump-7/principals", nil)
			tc.before(r.Header)
			signAs(t, r, "sign iot", "")
			tc.after(r.Header)
			w := httptest.NewRecorder()
			newAPI(io.Discard).ServeHTTP(w, r)
			if w.Code != tc.want {
				t.Errorf("got %d %s, want %d", w.Code, w.Body, tc.want)
			}
			if tc.want == http.StatusForbidden && w.Header().Get("X-Amzn-Errortype") != "InvalidSignatureException" {
				t.Errorf("got %s", w.Header().Get("X-Amzn-Errortype"))
			}
		})
	}
}

// Outside of S3 a URL may be presigned for one thing: to prove who one is.
func TestPresignedURLs(t *testing.T) {
	empty := sha256.Sum256(nil)
	for _, tc := range []struct {
		name, method, url, service, secret string
		want                               int
		said                               string
	}{
		{"GetCallerIdentity", "GET", "http://localhost/?Action=GetCallerIdentity&Version=2011-06-15", "sts", rootSecret, http.StatusOK, "arn:aws:iam::000000000000:root"},
		{"GetCallerIdentity with a wrong secret", "GET", "http://localhost/?Action=GetCallerIdentity&Version=2011-06-15", "sts", "wrong", http.StatusForbidden, "SignatureDoesNotMatch"},
		{"another action of STS", "GET", "http://localhost/?Action=GetSessionToken&Version=2011-06-15", "sts", rootSecret, http.StatusForbidden, "presigned"},
		{"IAM", "GET", "http://localhost/?Action=CreateRole&Version=2010-05-08&RoleName=a&AssumeRolePolicyDocument={}", "iam", rootSecret, http.StatusForbidden, "presigned"},
		{"an action that IAM doesn't have", "GET", "http://localhost/?Action=GetCallerIdentity&Version=2010-05-08", "iam", rootSecret, http.StatusForbidden, "presigned"},
		{"a list of things", "GET", "http://localhost/things", "iot", rootSecret, http.StatusForbidden, "presigned"},
		{"a thing to be made", "POST", "http://localhost/things/pump-7", "iot", rootSecret, http.StatusForbidden, "presigned"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := httptest.NewRequest(tc.method, tc.url, nil)
			sigv4.Presign(r, sigv4.Credential{AccessKey: "AKIAROOT", Secret: secret.New(tc.secret)}, tc.service, "us-east-1", now, 10*time.Minute, hex.EncodeToString(empty[:]))
			w := httptest.NewRecorder()
			newAPI(io.Discard).ServeHTTP(w, r)
			if w.Code != tc.want || !strings.Contains(w.Body.String(), tc.said) {
				t.Errorf("got %d %s, want %d and %s", w.Code, w.Body, tc.want, tc.said)
			}
		})
	}
}

// IAM has no regions: what a caller signs for doesn't change what a policy is
// told. Elsewhere the region is where the resource is.
func TestRequestedRegion(t *testing.T) {
	for _, tc := range []struct{ name, sign, method, path, body, want string }{
		{"IAM", "sign iam region=mars-1", "POST", "/", "Action=CreateRole&Version=2010-05-08&RoleName=a&AssumeRolePolicyDocument=%7B%7D", "us-east-1"},
		{"iot", "sign iot region=eu-west-1", "GET", "/things", "", "eu-west-1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			api := newAPI(io.Discard)
			api.Authorize = func(_ context.Context, c *iam.Caller, _ string, _ arn.ARN, _ policy.Context) error {
				got = c.Context["aws:requestedregion"]
				return nil
			}
			r := httptest.NewRequest(tc.method, "http://localhost"+tc.path, strings.NewReader(tc.body))
			if tc.body != "" {
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			}
			signAs(t, r, tc.sign, tc.body)
			w := httptest.NewRecorder()
			api.ServeHTTP(w, r)
			if len(got) != 1 || got[0] != tc.want {
				t.Errorf("got %v, want %s; the answer was %d %s", got, tc.want, w.Code, w.Body)
			}
		})
	}
}
