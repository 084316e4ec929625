package sigv4

import (
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/internal/secret"
)

// Credential is what requests are signed with. Token is empty for long-lived keys.
type Credential struct {
	AccessKey     string
	Secret, Token secret.String
}

// unsignable headers are changed or added on the way by clients and proxies.
var unsignable = []string{"accept-encoding", "authorization", "connection", "content-length", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "user-agent", "x-amzn-trace-id"}

// Sign puts an Authorization header on r, over its host and every header it
// has so far but those that proxies change. payloadHash is the hex SHA-256 of
// the body, or for S3 one of the words it takes instead; S3 requests get it as
// x-amz-content-sha256.
func Sign(r *http.Request, cred Credential, service, region string, now time.Time, payloadHash string) {
	s := newSignature(cred, service, region, now)
	r.Header.Del("Authorization")
	r.Header.Set("X-Amz-Date", s.Time.Format(timeFormat))
	r.Header.Del("X-Amz-Security-Token")
	if s.Token != "" {
		r.Header.Set("X-Amz-Security-Token", s.Token)
	}
	if service == serviceS3 {
		r.Header.Set("X-Amz-Content-Sha256", payloadHash)
	}
	s.headers = signable(r)
	r.Header.Set("Authorization", Algorithm+" Credential="+s.AccessKey+"/"+s.Scope.String()+
		", SignedHeaders="+strings.Join(s.headers, ";")+", Signature="+s.sign(r, cred.Secret, payloadHash))
}

// Presign puts a signature into r's query that is good for life, which is cut
// to whole seconds. The headers r has so far are signed and must be sent.
func Presign(r *http.Request, cred Credential, service, region string, now time.Time, life time.Duration, payloadHash string) {
	s := newSignature(cred, service, region, now)
	s.headers = signable(r)
	add := func(name, value string) {
		if r.URL.RawQuery != "" {
			r.URL.RawQuery += "&"
		}
		r.URL.RawQuery += name + "=" + Escape(value, false)
	}
	add("X-Amz-Algorithm", Algorithm)
	add("X-Amz-Credential", s.AccessKey+"/"+s.Scope.String())
	add("X-Amz-Date", s.Time.Format(timeFormat))
	add("X-Amz-Expires", strconv.Itoa(int(life/time.Second)))
	add("X-Amz-SignedHeaders", strings.Join(s.headers, ";"))
	if s.Token != "" {
		add("X-Amz-Security-Token", s.Token)
	}
	add("X-Amz-Signature", s.sign(r, cred.Secret, payloadHash))
}

func newSignature(cred Credential, service, region string, now time.Time) *Signature {
	now = now.UTC()
	return &Signature{
		AccessKey: cred.AccessKey, Token: cred.Token.Reveal(), Time: now,
		Scope: Scope{Date: now.Format(dateFormat), Region: region, Service: service},
	}
}

func (s *Signature) sign(r *http.Request, key secret.String, payloadHash string) string {
	derived := signingKeys.derive(s.AccessKey, key, s.Scope)
	return hex.EncodeToString(mac(derived, s.stringToSign(canonicalRequest(r, s, payloadHash, onlySpaces))))
}

func signable(r *http.Request) []string {
	headers := []string{"host"}
	for name := range r.Header {
		if lower := strings.ToLower(name); !slices.Contains(unsignable, lower) && lower != "host" {
			headers = append(headers, lower)
		}
	}
	slices.Sort(headers)
	return headers
}
