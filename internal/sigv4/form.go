package sigv4

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"time"

	"muster/internal/secret"
)

// ParseForm reads the signature of a browser's upload to S3, which lies among
// the fields of its form; field returns a field's value by its name in lower
// case, "" without one. What is signed is the policy, in base64. Signature
// Version 2 is read too, which boto3 makes against custom endpoints.
//
// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html.
func ParseForm(field func(name string) string) (*Signature, error) {
	policy := field("policy")
	v4, v2 := field("x-amz-signature") != "", field("signature") != ""
	switch {
	case v4 && v2:
		return nil, fail(Ambiguous, "Only one of the fields x-amz-signature and signature may be there")
	case policy == "" || !v4 && !v2:
		return nil, fail(MissingAuthenticationToken, "Bucket POST must be signed: the fields policy and x-amz-signature are needed")
	case v2:
		return parseFormV2(field)
	}
	if field("x-amz-algorithm") != Algorithm {
		return nil, fail(UnsupportedAlgorithm, "x-amz-algorithm only supports \"AWS4-HMAC-SHA256\"")
	}
	s := &Signature{Token: field("x-amz-security-token"), PayloadHash: UnsignedPayload, Form: true}
	if err := s.read(field("x-amz-credential"), "host", field("x-amz-signature"), field("x-amz-date")); err != nil {
		return nil, err
	}
	return s, nil
}

func parseFormV2(field func(name string) string) (*Signature, error) {
	id := field("awsaccesskeyid")
	if id == "" || len(id) > 128 {
		return nil, fail(IncompleteSignature, "Bucket POST must contain a field named 'AWSAccessKeyId'")
	}
	return &Signature{
		AccessKey: id, Token: field("x-amz-security-token"), Scope: Scope{Service: serviceS3}, Version2: true, Form: true,
		PayloadHash: UnsignedPayload, signature: field("signature"),
	}, nil
}

// VerifyForm judges s, which ParseForm read, against the policy that was
// signed, as its field holds it. How long that is good for, the policy says.
func (s *Signature) VerifyForm(policy string, key secret.String, now time.Time) error {
	var want string
	if s.Version2 {
		m := hmac.New(sha1.New, []byte(key.Reveal()))
		m.Write([]byte(policy))
		want = base64.StdEncoding.EncodeToString(m.Sum(nil))
	} else {
		if s.Time.After(now.Add(MaxSkew)) {
			return fail(SignatureExpired, "Request is not valid yet")
		}
		if now.Sub(s.Time) > maxExpires*time.Second {
			return fail(SignatureExpired, "Request has expired")
		}
		want = hex.EncodeToString(mac(signingKeys.derive(s.AccessKey, key, s.Scope), policy))
	}
	if subtle.ConstantTimeCompare([]byte(want), []byte(s.signature)) != 1 {
		return fail(SignatureDoesNotMatch, mismatch)
	}
	return nil
}
