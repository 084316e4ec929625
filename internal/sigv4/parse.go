package sigv4

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/internal/arn"
)

const (
	maxExpires = 7 * 24 * 3600 // seconds

	// maxParameters is how many parameters a query may have. A caller whom nobody
	// knows yet must not have thousands of them sorted; no operation has as many.
	maxParameters = 1000
)

// Parse reads the signature of r without judging it: enough to route the
// request and to find the secret. Errors are *Error.
func Parse(r *http.Request) (*Signature, error) {
	s, err := parse(r)
	if err != nil {
		return nil, err
	}
	return s, nil
}

func parse(r *http.Request) (*Signature, *Error) {
	q, err := query(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"Authorization", "X-Amz-Date", "X-Amz-Content-Sha256", "X-Amz-Security-Token", "Date"} {
		if len(r.Header[name]) > 1 {
			return nil, fail(Ambiguous, "The %s header is there more than once.", name)
		}
	}
	v4, v2, err := inQuery(q)
	if err != nil {
		return nil, err
	}
	header := len(r.Header["Authorization"]) > 0
	switch {
	case header && (v4 || v2), v4 && v2:
		return nil, fail(Ambiguous, "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified")
	case header:
		return parseHeader(r)
	case v4:
		return parseQuery(r, q)
	case v2:
		return parseV2(r, q)
	}
	return nil, fail(MissingAuthenticationToken, "Missing Authentication Token")
}

// inQuery tells which kinds of signature the query claims to hold. A name in
// a case of its own would be read by some and not by others: refused.
func inQuery(q url.Values) (v4, v2 bool, err *Error) {
	for name, values := range q {
		lower := strings.ToLower(name)
		var canonical string
		switch lower {
		case "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires", "x-amz-signature":
			canonical = http.CanonicalHeaderKey(lower)
			v4 = true
		case "x-amz-signedheaders":
			canonical, v4 = "X-Amz-SignedHeaders", true
		case "x-amz-security-token":
			canonical = name // Version 2 has it in lower case
		case "x-amz-content-sha256":
			canonical = name
		case "awsaccesskeyid":
			canonical, v2 = "AWSAccessKeyId", true
		case "signature":
			canonical, v2 = "Signature", true
		default:
			continue
		}
		if name != canonical || len(values) > 1 {
			return false, false, fail(Ambiguous, "The query parameter %s must be there once, and spelt so.", canonical)
		}
	}
	return v4, v2, nil
}

func parseHeader(r *http.Request) (*Signature, *Error) {
	value := r.Header.Get("Authorization")
	rest, ok := strings.CutPrefix(value, Algorithm+" ")
	if !ok {
		return nil, fail(UnsupportedAlgorithm, "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.")
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, v, ok := strings.Cut(strings.TrimSpace(part), "=")
		if _, twice := parts[name]; !ok || twice || (name != "Credential" && name != "SignedHeaders" && name != "Signature") {
			return nil, fail(IncompleteSignature, "Authorization header requires exactly one each of 'Credential', 'Signature' and 'SignedHeaders' parameters.")
		}
		parts[name] = v
	}
	date := r.Header.Get("X-Amz-Date")
	if date == "" {
		if t, err := http.ParseTime(r.Header.Get("Date")); err == nil {
			date = t.UTC().Format(timeFormat)
		}
	}
	s := &Signature{Token: r.Header.Get("X-Amz-Security-Token"), PayloadHash: r.Header.Get("X-Amz-Content-Sha256")}
	if err := s.read(parts["Credential"], parts["SignedHeaders"], parts["Signature"], date); err != nil {
		return nil, err
	}
	return s, s.coversHeaders(r)
}

func parseQuery(r *http.Request, q url.Values) (*Signature, *Error) {
	if q.Get("X-Amz-Algorithm") != Algorithm {
		return nil, fail(UnsupportedAlgorithm, "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"")
	}
	s := &Signature{Presigned: true}
	var err *Error
	if s.Token, err = either(r, q, "X-Amz-Security-Token"); err != nil {
		return nil, err
	}
	if s.PayloadHash, err = either(r, q, "X-Amz-Content-Sha256"); err != nil {
		return nil, err
	}
	seconds, bad := strconv.Atoi(q.Get("X-Amz-Expires"))
	if bad != nil || seconds < 1 || seconds > maxExpires {
		return nil, fail(IncompleteSignature, "X-Amz-Expires must be a number of seconds from 1 to %d", maxExpires)
	}
	s.Expires = time.Duration(seconds) * time.Second
	if err := s.read(q.Get("X-Amz-Credential"), q.Get("X-Amz-SignedHeaders"), q.Get("X-Amz-Signature"), q.Get("X-Amz-Date")); err != nil {
		return nil, err
	}
	return s, s.coversHeaders(r)
}

// either answers what may be a header or a query parameter, but not both.
func either(r *http.Request, q url.Values, name string) (string, *Error) {
	found := slices.Clone(r.Header[name])
	for k, values := range q {
		if strings.EqualFold(k, name) {
			found = append(found, values...)
		}
	}
	switch len(found) {
	case 0:
		return "", nil
	case 1:
		return found[0], nil
	}
	return "", fail(Ambiguous, "%s is there more than once.", name)
}

// read fills in the parts that both forms have.
func (s *Signature) read(credential, signedHeaders, signature, date string) *Error {
	p := strings.Split(credential, "/")
	if len(p) != 5 || p[0] == "" || len(p[0]) > 128 || p[4] != "aws4_request" {
		return fail(IncompleteSignature, "Credential must have the form <access-key>/<date>/<region>/<service>/aws4_request")
	}
	s.AccessKey, s.Scope = p[0], Scope{Date: p[1], Region: p[2], Service: p[3]}
	if !isRegion(s.Scope) || !arn.IsRegion(s.Scope.Service) { // services have the same form
		return fail(IncompleteSignature, "Credential should be scoped to a valid region and service")
	}
	t, err := time.Parse(timeFormat, date)
	if err != nil {
		return fail(IncompleteSignature, "The request must contain a 'X-Amz-Date' of the form YYYYMMDDTHHMMSSZ, or a 'Date'")
	}
	if s.Time = t; t.Format(dateFormat) != s.Scope.Date {
		return fail(SignatureDoesNotMatch, "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s'", s.Scope.Date, t.Format(dateFormat))
	}
	if s.signature = signature; !isHash(signature) {
		return fail(IncompleteSignature, "Signature must be 64 lower-case hexadecimal digits")
	}
	s.headers = strings.Split(signedHeaders, ";")
	for i, h := range s.headers {
		if h == "" || h != strings.ToLower(h) || (i > 0 && s.headers[i-1] >= h) {
			return fail(IncompleteSignature, "SignedHeaders must be lower case, in order, and each there once")
		}
	}
	if !slices.Contains(s.headers, "host") {
		return fail(IncompleteSignature, "'Host' must be a 'SignedHeader' in the AWS Authorization.")
	}
	return nil
}

// isRegion reports whether the scope names a region. S3 takes two names of
// before regions had names, which s3cmd signs for by default.
func isRegion(s Scope) bool {
	return arn.IsRegion(s.Region) || s.Service == serviceS3 && (s.Region == "US" || s.Region == "EU")
}

// coversHeaders refuses x-amz-* headers outside the signature: whoever holds a
// presigned URL could otherwise add an x-amz-copy-source to it. No client is
// known to leave one out; what SDKs don't sign (user-agent, x-amzn-trace-id,
// amz-sdk-*) begins differently or is signed all the same.
func (s *Signature) coversHeaders(r *http.Request) *Error {
	for name := range r.Header {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-amz-") {
			if err := s.covers(lower); err != nil {
				return err
			}
		}
	}
	return nil
}

// Covers fails with UnsignedHeaders unless the signature is over that header:
// whoever holds the request may have put it there.
func (s *Signature) Covers(header string) error {
	if err := s.covers(strings.ToLower(header)); err != nil {
		return err
	}
	return nil
}

func (s *Signature) covers(lower string) *Error {
	if _, signed := slices.BinarySearch(s.headers, lower); !signed {
		return fail(UnsignedHeaders, "There were headers present in the request which were not signed: %s", lower)
	}
	return nil
}

// query reads a raw query. '+' is itself, as AWS reads it, and what can't be
// unescaped is an error, where net/url would leave the parameter out.
func query(raw string) (url.Values, *Error) {
	if strings.Count(raw, "&") >= maxParameters {
		return nil, fail(MalformedRequest, "The query string has more than %d parameters", maxParameters)
	}
	q := url.Values{}
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		k, kerr := url.PathUnescape(name)
		v, verr := url.PathUnescape(value)
		if kerr != nil || verr != nil {
			return nil, fail(MalformedRequest, "The query string can't be read")
		}
		q[k] = append(q[k], v)
	}
	return q, nil
}

// Query answers the query of r as the signature reads it: '+' is itself.
func Query(r *http.Request) (url.Values, error) {
	q, err := query(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	return q, nil
}

func unescape(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}
