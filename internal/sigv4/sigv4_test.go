package sigv4_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"muster/internal/secret"
	"muster/internal/sigv4"
)

var (
	now  = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	key  = secret.New("the-secret")
	cred = sigv4.Credential{AccessKey: "ASIAEXAMPLE", Secret: key, Token: secret.New("sealed")}
)

// code answers the code of a refusal, "" when err is nil.
func code(err error) sigv4.Code {
	var e *sigv4.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// judge parses and verifies; body hashes are those of "body".
func judge(r *http.Request, now time.Time) error {
	s, err := sigv4.Parse(r)
	if err != nil {
		return err
	}
	return s.Verify(r, key, now, bodyHash)
}

const bodyHash = "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5" // of "body"

func signed(t *testing.T, service string) *http.Request {
	r := request(t, "POST", "localhost:4600", "/things/a%2Fb?b=2&a=%20x", "body", "Content-Type: application/json", "X-Amz-Target: T.Op")
	sigv4.Sign(r, cred, service, "eu-west-1", now, bodyHash)
	return r
}

func TestSignRoundTrip(t *testing.T) {
	for _, service := range []string{"iot", "s3"} {
		r := signed(t, service)
		s, err := sigv4.Parse(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Verify(r, key, now, bodyHash); err != nil {
			t.Errorf("%s: %v", service, err)
		}
		want := sigv4.Scope{Date: "20260301", Region: "eu-west-1", Service: service}
		if s.AccessKey != cred.AccessKey || s.Token != "sealed" || s.Scope != want || s.Presigned {
			t.Errorf("%s: got %+v", service, s)
		}
	}
}

// botocore signs one space for any white space in a header's value, other SDKs
// for a run of spaces only. Either is taken, and nothing else.
func TestSpacesInHeaders(t *testing.T) {
	const now = "20260301T120000Z"
	at, err := time.Parse("20060102T150405Z", now)
	if err != nil {
		t.Fatal(err)
	}
	cred := sigv4.Credential{AccessKey: "A", Secret: s3Secret}
	for _, tc := range []struct {
		signed, sent string
		want         sigv4.Code
	}{
		{"a\tb", "a\tb", ""},
		{"a b", "a\tb", ""}, // as botocore signs it
		{"a b", "a   b", ""},
		{"a b", "a \t b", ""},
		{"\u2002a\u2002b\u00a0", "\u2002a\u2002b\u00a0", ""},
		{"a\u2002b", "\u2002a\u2002b\u00a0", ""}, // as the SDK for Go signs it
		{"a\tb", "a b", sigv4.SignatureDoesNotMatch},
		{"a b", "ab", sigv4.SignatureDoesNotMatch},
		{"a b", "a b c", sigv4.SignatureDoesNotMatch},
	} {
		r := request(t, "GET", "localhost", "/", "")
		r.Header.Set("X-Amz-Meta-Note", tc.signed)
		sigv4.Sign(r, cred, "s3", "us-east-1", at, sigv4.EmptyHash)
		r.Header.Set("X-Amz-Meta-Note", tc.sent)
		s, err := sigv4.Parse(r)
		if err != nil {
			t.Fatal(err)
		}
		var refused *sigv4.Error
		var got sigv4.Code
		if err := s.Verify(r, s3Secret, at, ""); errors.As(err, &refused) {
			got = refused.Code
		}
		if got != tc.want {
			t.Errorf("%q sent where %q was signed: got %q, want %q", tc.sent, tc.signed, got, tc.want)
		}
	}
}

func TestTampering(t *testing.T) {
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	swap := func(from, to string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), from, to, 1))
		}
	}
	for _, tc := range []struct {
		name    string
		service string
		change  func(*http.Request)
		want    sigv4.Code
	}{
		{"nothing", "iot", func(*http.Request) {}, ""},
		{"method", "iot", func(r *http.Request) { r.Method = "PUT" }, sigv4.SignatureDoesNotMatch},
		{"path", "s3", func(r *http.Request) { r.URL.Path = "/things/c" }, sigv4.SignatureDoesNotMatch},
		{"path with a dot segment", "iot", func(r *http.Request) { r.RequestURI = "/x/../things/a%2Fb" }, sigv4.SignatureDoesNotMatch},
		{"path with a doubled slash", "iot", func(r *http.Request) { r.RequestURI = "//things/a%2Fb" }, sigv4.SignatureDoesNotMatch},
		{"slash unescaped", "iot", func(r *http.Request) { r.RequestURI = "/things/a/b" }, sigv4.SignatureDoesNotMatch},
		{"query value", "iot", func(r *http.Request) { r.URL.RawQuery = "b=3&a=%20x" }, sigv4.SignatureDoesNotMatch},
		{"query parameter added", "iot", func(r *http.Request) { r.URL.RawQuery += "&c" }, sigv4.SignatureDoesNotMatch},
		{"query order", "iot", func(r *http.Request) { r.URL.RawQuery = "a=%20x&b=2" }, ""},
		{"query that can't be read", "iot", func(r *http.Request) { r.URL.RawQuery += "&c=%zz" }, sigv4.MalformedRequest},
		{"query of more parameters than any request has", "iot", func(r *http.Request) { r.URL.RawQuery += strings.Repeat("&a", 1000) }, sigv4.MalformedRequest},
		{"plus for space", "iot", func(r *http.Request) { r.URL.RawQuery = "b=2&a=+x" }, sigv4.SignatureDoesNotMatch},
		{"host", "iot", func(r *http.Request) { r.Host = "elsewhere" }, sigv4.SignatureDoesNotMatch},
		{"signed header", "iot", set("Content-Type", "text/plain"), sigv4.SignatureDoesNotMatch},
		{"x-amz header", "iot", set("X-Amz-Target", "T.Other"), sigv4.SignatureDoesNotMatch},
		{"second value of a signed header", "iot", func(r *http.Request) { r.Header.Add("X-Amz-Target", "T.Other") }, sigv4.SignatureDoesNotMatch},
		{"token", "iot", set("X-Amz-Security-Token", "other"), sigv4.SignatureDoesNotMatch},
		{"token removed", "iot", func(r *http.Request) { r.Header.Del("X-Amz-Security-Token") }, sigv4.SignatureDoesNotMatch},
		{"unsigned x-amz header", "s3", set("x-amz-copy-source", "secret/key"), sigv4.UnsignedHeaders},
		{"unsigned x-amz header in odd case", "s3", func(r *http.Request) { r.Header["x-AMZ-acl"] = []string{"public-read"} }, sigv4.UnsignedHeaders},
		{"unsigned trace header", "iot", set("X-Amzn-Trace-Id", "Root=1"), ""},
		{"date", "iot", set("X-Amz-Date", "20260301T120001Z"), sigv4.SignatureDoesNotMatch},
		{"date of another day", "iot", set("X-Amz-Date", "20260302T000000Z"), sigv4.SignatureDoesNotMatch},
		{"date that is none", "iot", set("X-Amz-Date", "yesterday"), sigv4.IncompleteSignature},
		{"two dates", "iot", func(r *http.Request) { r.Header.Add("X-Amz-Date", "20260301T120000Z") }, sigv4.Ambiguous},
		{"two Authorization headers", "iot", func(r *http.Request) { r.Header.Add("Authorization", r.Header.Get("Authorization")) }, sigv4.Ambiguous},
		{"header and query", "iot", func(r *http.Request) { r.URL.RawQuery += "&X-Amz-Signature=00" }, sigv4.Ambiguous},
		{"header and lower-case query", "iot", func(r *http.Request) { r.URL.RawQuery += "&x-amz-credential=00" }, sigv4.Ambiguous},
		{"header and version 2 query", "s3", func(r *http.Request) { r.URL.RawQuery += "&AWSAccessKeyId=A&Signature=B" }, sigv4.Ambiguous},
		{"two Signature parts", "iot", func(r *http.Request) {
			r.Header.Set("Authorization", r.Header.Get("Authorization")+", Signature="+bodyHash)
		}, sigv4.IncompleteSignature},
		{"no Signature part", "iot", swap(", Signature=", ", Sign="), sigv4.IncompleteSignature},
		{"signature in upper case", "iot", func(r *http.Request) {
			a, s, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
			r.Header.Set("Authorization", a+"Signature="+strings.ToUpper(s))
		}, sigv4.IncompleteSignature},
		{"region", "iot", swap("eu-west-1", "us-east-1"), sigv4.SignatureDoesNotMatch},
		{"region that would not stand in an ARN", "iot", swap("eu-west-1", "eu:*"), sigv4.IncompleteSignature},
		{"service", "iot", swap("/iot/", "/sagemaker/"), sigv4.SignatureDoesNotMatch},
		{"headers out of order", "iot", swap("content-type;host", "host;content-type"), sigv4.IncompleteSignature},
		{"header named twice", "iot", swap("host;", "host;host;"), sigv4.IncompleteSignature},
		{"header named in upper case", "iot", swap("host;", "Host;"), sigv4.IncompleteSignature},
		{"host not signed", "iot", swap("host;", ""), sigv4.IncompleteSignature},
		{"x-amz header taken out of the list", "iot", swap(";x-amz-target", ""), sigv4.UnsignedHeaders},
		{"version 2 header", "s3", set("Authorization", "AWS AKID:c2ln"), sigv4.UnsupportedAlgorithm},
		{"no signature", "iot", func(r *http.Request) { r.Header.Del("Authorization") }, sigv4.MissingAuthenticationToken},
		{"claimed payload hash", "s3", set("X-Amz-Content-Sha256", sigv4.EmptyHash), sigv4.SignatureDoesNotMatch},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := signed(t, tc.service)
			tc.change(r)
			if got := code(judge(r, now)); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			if tc.want != sigv4.MissingAuthenticationToken && !sigv4.IsSigned(r) {
				t.Error("IsSigned: got false")
			}
		})
	}
}

func TestClock(t *testing.T) {
	for _, tc := range []struct {
		name string
		at   time.Duration
		want sigv4.Code
	}{
		{"fifteen minutes old", 15 * time.Minute, ""},
		{"older", 15*time.Minute + time.Second, sigv4.RequestTimeTooSkewed},
		{"fifteen minutes ahead", -15 * time.Minute, ""},
		{"further ahead", -15*time.Minute - time.Second, sigv4.RequestTimeTooSkewed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := code(judge(signed(t, "iot"), now.Add(tc.at))); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestPayloadOutsideS3(t *testing.T) {
	for _, tc := range []struct {
		name, header, signedOver string
		want                     sigv4.Code
	}{
		{"no header", "", bodyHash, ""},
		{"the hash of the body", bodyHash, bodyHash, ""},
		{"another hash", sigv4.EmptyHash, sigv4.EmptyHash, sigv4.PayloadMismatch},
		{"unsigned", sigv4.UnsignedPayload, sigv4.UnsignedPayload, sigv4.PayloadMismatch},
		{"streaming", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", sigv4.PayloadMismatch},
		{"unsigned without saying so", "", sigv4.UnsignedPayload, sigv4.SignatureDoesNotMatch},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := request(t, "POST", "localhost", "/", "body")
			if tc.header != "" {
				r.Header.Set("X-Amz-Content-Sha256", tc.header)
			}
			sigv4.Sign(r, cred, "sts", "us-east-1", now, tc.signedOver)
			if got := code(judge(r, now)); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestPayloadOfS3(t *testing.T) {
	for _, tc := range []struct {
		name, hash string
		want       sigv4.Code
	}{
		{"unsigned", sigv4.UnsignedPayload, ""},
		{"hash", bodyHash, ""},
		{"no hash at all", "", sigv4.InvalidPayloadHash},
		{"no known word", "UNSIGNED", sigv4.InvalidPayloadHash},
		{"hash in upper case", strings.ToUpper(bodyHash), sigv4.InvalidPayloadHash},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := request(t, "PUT", "localhost", "/b/k", "body")
			sigv4.Sign(r, cred, "s3", "us-east-1", now, tc.hash)
			if got := code(judge(r, now)); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
