// Package sigv4 knows AWS Signature Version 4: reading it from a request in
// its header and presigned forms, verifying it, the signed and trailed bodies
// S3 clients stream, and signing. It knows Signature Version 2 in presigned
// S3 URLs too, which boto3 and `aws s3 presign` still make.
//
// Whose secret belongs to an access key, and what a session token is worth,
// is for the caller: Parse reads, the caller finds the secret, Verify judges.
//
// It is stricter than the specification where leniency would let somebody who
// holds a signed request change what it means: every x-amz-* header present
// must be signed, nothing that says who signed may be there twice, and outside
// S3 the payload is hashed from the bytes that were read.
//
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html,
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html.
package sigv4

import (
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"

	"muster/internal/secret"
)

const (
	// Algorithm opens the Authorization header and is X-Amz-Algorithm's value.
	Algorithm = "AWS4-HMAC-SHA256"
	// UnsignedPayload stands for the payload's hash where S3 leaves it out.
	UnsignedPayload = "UNSIGNED-PAYLOAD"
	// EmptyHash is the hex SHA-256 of no bytes.
	EmptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	// MaxSkew is how far a signature's time may be from the server's.
	MaxSkew = 15 * time.Minute

	timeFormat = "20060102T150405Z"
	dateFormat = "20060102"
	serviceS3  = "s3"
)

// Code is what is wrong with a signature, whatever a service calls it.
type Code string

// The codes. Doors map them to the error names of their protocol.
const (
	MissingAuthenticationToken Code = "MissingAuthenticationToken" // not signed at all
	IncompleteSignature        Code = "IncompleteSignature"        // the signature's own parts can't be read
	Ambiguous                  Code = "Ambiguous"                  // two answers to who signed
	UnsupportedAlgorithm       Code = "UnsupportedAlgorithm"       // signed in a way Muster doesn't verify
	MalformedRequest           Code = "MalformedRequest"           // path or query can't be read
	UnsignedHeaders            Code = "UnsignedHeaders"            // an x-amz-* header outside the signature
	SignatureDoesNotMatch      Code = "SignatureDoesNotMatch"
	SignatureExpired           Code = "SignatureExpired"     // a presigned request outside its time
	RequestTimeTooSkewed       Code = "RequestTimeTooSkewed" // signed too long ago, or in the future
	InvalidToken               Code = "InvalidToken"         // for callers that judge session tokens
	InvalidPayloadHash         Code = "InvalidPayloadHash"   // x-amz-content-sha256 is missing (S3) or no hash
	PayloadMismatch            Code = "PayloadMismatch"      // the body is not what the hash says
	MissingContentLength       Code = "MissingContentLength" // a body of unknown length
	IncompleteBody             Code = "IncompleteBody"       // chunked framing that breaks off or can't be read
	MalformedTrailer           Code = "MalformedTrailer"     // what comes after a chunked body is not what was announced
	InvalidTrailer             Code = "InvalidTrailer"       // the checksum after a chunked body can't be one
	BodyTooLarge               Code = "BodyTooLarge"         // more than the caller of ReadAll takes
	NotImplemented             Code = "NotImplemented"       // a streaming mode Muster doesn't know
)

// Error is why a request's signature is refused. Message may be shown to the
// client; it never holds a secret or the signature that would have been right.
type Error struct {
	Code    Code
	Message string
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

func fail(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

const mismatch = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."

// Scope is the credential scope: the day, region and service that a signature
// is good for. The service tells which door the request is for.
type Scope struct {
	Date    string // YYYYMMDD
	Region  string // fit to stand in an ARN; "" for Signature Version 2
	Service string
}

func (s Scope) String() string { return s.Date + "/" + s.Region + "/" + s.Service + "/aws4_request" }

// Signature is what a request says about its signature.
type Signature struct {
	AccessKey   string
	Token       string // session token; "" without one
	Scope       Scope
	Time        time.Time
	Presigned   bool
	Expires     time.Duration // life of a presigned request, counted from Time
	Version2    bool          // a presigned S3 URL or a form of Signature Version 2
	Form        bool          // of a browser's upload: see ParseForm
	PayloadHash string        // as the request claims it; hex SHA-256, UNSIGNED-PAYLOAD, STREAMING-… or ""

	// Bucket is set between Parse and Verify when the bucket is in the host
	// name instead of the path. Signature Version 2 signs it there too.
	Bucket string

	headers   []string // signed, lower case, ascending
	signature string
	key       []byte // once verified
}

// IsSigned reports whether r carries a signature of any kind, even one that
// Parse refuses: such a request is AWS's, never one of Muster's own paths.
func IsSigned(r *http.Request) bool {
	if len(r.Header["Authorization"]) > 0 {
		return true
	}
	for part := range strings.SplitSeq(r.URL.RawQuery, "&") {
		name, _, _ := strings.Cut(part, "=")
		switch strings.ToLower(unescape(name)) {
		case "x-amz-algorithm", "x-amz-credential", "x-amz-signature", "awsaccesskeyid", "signature":
			return true
		}
	}
	return false
}

// Verify judges s against r and the access key's secret. bodyHash is the hex
// SHA-256 of the body's bytes as they were read; S3 bodies are judged while
// they stream (see Body), so there it is not looked at.
func (s *Signature) Verify(r *http.Request, key secret.String, now time.Time, bodyHash string) error {
	if err := s.checkTime(now); err != nil {
		return err
	}
	if s.Version2 {
		return s.verifyV2(r, key)
	}
	hash, err := s.payloadHash(bodyHash)
	if err != nil {
		return err
	}
	derived := signingKeys.derive(s.AccessKey, key, s.Scope)
	if !s.signs(canonicalRequest(r, s, hash, onlySpaces), derived) && !s.signs(canonicalRequest(r, s, hash, anySpace), derived) {
		return fail(SignatureDoesNotMatch, mismatch)
	}
	s.PayloadHash, s.key = hash, derived
	return nil
}

// signs reports whether s is the signature of a canonical request.
func (s *Signature) signs(canonical string, key []byte) bool {
	want := hex.EncodeToString(mac(key, s.stringToSign(canonical)))
	return subtle.ConstantTimeCompare([]byte(want), []byte(s.signature)) == 1
}

func (s *Signature) checkTime(now time.Time) error {
	now = now.UTC()
	at := s.Time.Format(timeFormat)
	if s.Presigned {
		switch {
		case !s.Version2 && now.Before(s.Time.Add(-MaxSkew)):
			return fail(SignatureExpired, "Request is not valid yet")
		case now.After(s.Time.Add(s.Expires)):
			return fail(SignatureExpired, "Request has expired")
		}
		return nil
	}
	if edge := now.Add(-MaxSkew); s.Time.Before(edge) {
		return fail(RequestTimeTooSkewed, "Signature expired: %s is now earlier than %s (%s - 15 min.)", at, edge.Format(timeFormat), now.Format(timeFormat))
	}
	if edge := now.Add(MaxSkew); s.Time.After(edge) {
		return fail(RequestTimeTooSkewed, "Signature not yet current: %s is still later than %s (%s + 15 min.)", at, edge.Format(timeFormat), now.Format(timeFormat))
	}
	return nil
}

// payloadHash answers what stands for the payload in the canonical request.
func (s *Signature) payloadHash(bodyHash string) (string, error) {
	if s.Scope.Service != serviceS3 {
		if s.PayloadHash != "" && s.PayloadHash != bodyHash {
			return "", fail(PayloadMismatch, "The x-amz-content-sha256 header does not match the payload.")
		}
		return bodyHash, nil
	}
	switch {
	case s.PayloadHash == "" && s.Presigned:
		return UnsignedPayload, nil
	case s.PayloadHash == "":
		return "", fail(InvalidPayloadHash, "Missing required header for this request: x-amz-content-sha256")
	case s.PayloadHash == UnsignedPayload, strings.HasPrefix(s.PayloadHash, streaming), isHash(s.PayloadHash):
		return s.PayloadHash, nil
	}
	return "", fail(InvalidPayloadHash, "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.")
}

// isHash reports whether s is 32 bytes in lower-case hex.
func isHash(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}
