package sigv4_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"maps"
	"testing"
	"time"

	"muster/internal/secret"
	"muster/internal/sigv4"
)

// The example of "Browser-Based Upload using HTTP POST (Using AWS Signature
// Version 4)" in the S3 API Reference.
const publishedPolicy = `eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9`

var publishedForm = map[string]string{
	"policy": publishedPolicy, "x-amz-algorithm": "AWS4-HMAC-SHA256", "x-amz-date": "20151229T000000Z",
	"x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request",
	"x-amz-signature":  "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e",
}

func TestForms(t *testing.T) {
	key := secret.New("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
	day := time.Date(2015, 12, 29, 0, 0, 0, 0, time.UTC)
	m := hmac.New(sha1.New, []byte(key.Reveal()))
	m.Write([]byte(publishedPolicy))
	version2 := map[string]string{"policy": publishedPolicy, "awsaccesskeyid": "AKIAIOSFODNN7EXAMPLE", "signature": base64.StdEncoding.EncodeToString(m.Sum(nil))}
	with := func(form map[string]string, name, value string) map[string]string {
		form = maps.Clone(form)
		form[name] = value
		return form
	}
	for _, tc := range []struct {
		name string
		form map[string]string
		now  time.Time
		want sigv4.Code
	}{
		{"as published", publishedForm, day, ""},
		{"a week later", publishedForm, day.Add(7 * 24 * time.Hour), ""},
		{"more than a week later", publishedForm, day.Add(7*24*time.Hour + time.Second), sigv4.SignatureExpired},
		{"long before it was signed", publishedForm, day.Add(-time.Hour), sigv4.SignatureExpired},
		{"another policy", with(publishedForm, "policy", publishedPolicy+"Cg=="), day, sigv4.SignatureDoesNotMatch},
		{"another region", with(publishedForm, "x-amz-credential", "AKIAIOSFODNN7EXAMPLE/20151229/eu-west-1/s3/aws4_request"), day, sigv4.SignatureDoesNotMatch},
		{"another day", with(publishedForm, "x-amz-date", "20151230T000000Z"), day, sigv4.SignatureDoesNotMatch},
		{"no credential", with(publishedForm, "x-amz-credential", ""), day, sigv4.IncompleteSignature},
		{"another algorithm", with(publishedForm, "x-amz-algorithm", "AWS4-ECDSA-P256-SHA256"), day, sigv4.UnsupportedAlgorithm},
		{"no policy", with(publishedForm, "policy", ""), day, sigv4.MissingAuthenticationToken},
		{"no signature", with(publishedForm, "x-amz-signature", ""), day, sigv4.MissingAuthenticationToken},
		{"two signatures", with(publishedForm, "signature", "x"), day, sigv4.Ambiguous},
		{"version 2", version2, day, ""},
		{"version 2, another policy", with(version2, "policy", "e30="), day, sigv4.SignatureDoesNotMatch},
		{"version 2, no key", with(version2, "awsaccesskeyid", ""), day, sigv4.IncompleteSignature},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, err := sigv4.ParseForm(func(name string) string { return tc.form[name] })
			if err == nil {
				err = s.VerifyForm(tc.form["policy"], key, tc.now)
			}
			if got := code(err); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			var refused *sigv4.Error
			if tc.want == "" && (s == nil || s.AccessKey != "AKIAIOSFODNN7EXAMPLE" || errors.As(err, &refused)) {
				t.Errorf("got %+v, %v", s, err)
			}
		})
	}
}
