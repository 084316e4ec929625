package sigv4

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/internal/secret"
)

// v2Signed are the query parameters that Signature Version 2 signs.
var v2Signed = []string{"accelerate", "acl", "analytics", "cors", "defaultObjectAcl", "delete", "inventory", "lifecycle", "location", "logging", "metrics", "notification", "object-lock", "partNumber", "policy", "replication", "requestPayment", "response-cache-control", "response-content-disposition", "response-content-encoding", "response-content-language", "response-content-type", "response-expires", "restore", "select", "select-type", "storageClass", "tagging", "torrent", "uploadId", "uploads", "versionId", "versioning", "versions", "website"}

// v2Unsigned are those it leaves out and that only shape a list. Any other
// would turn a URL into one for another operation, and is refused.
var v2Unsigned = []string{"AWSAccessKeyId", "Expires", "Signature", "content-md5", "content-type", "continuation-token", "delimiter", "encoding-type", "fetch-owner", "key-marker", "list-type", "marker", "max-keys", "max-parts", "max-uploads", "part-number-marker", "prefix", "start-after", "upload-id-marker", "version-id-marker", "x-id"}

// parseV2 reads a presigned URL of Signature Version 2. Its time is the
// Expires parameter itself, seconds since 1970; it names no region.
func parseV2(r *http.Request, q url.Values) (*Signature, *Error) {
	for name, values := range q {
		if len(values) > 1 {
			return nil, fail(Ambiguous, "The query parameter %s is there more than once.", name)
		}
		if !slices.Contains(v2Signed, name) && !slices.Contains(v2Unsigned, name) && !strings.HasPrefix(name, "x-amz-") {
			return nil, fail(UnsupportedAlgorithm, "The query parameter %s can't be signed with Signature Version 2. Please use AWS4-HMAC-SHA256.", name)
		}
	}
	seconds, bad := strconv.ParseInt(q.Get("Expires"), 10, 64)
	if bad != nil || seconds < 0 || q.Get("AWSAccessKeyId") == "" || len(q.Get("AWSAccessKeyId")) > 128 || q.Get("Signature") == "" {
		return nil, fail(IncompleteSignature, "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters")
	}
	s := &Signature{
		AccessKey: q.Get("AWSAccessKeyId"), Scope: Scope{Service: serviceS3}, Presigned: true, Version2: true,
		Time: time.Unix(seconds, 0).UTC(), signature: q.Get("Signature"), PayloadHash: UnsignedPayload,
	}
	// The type and the MD5 that are signed are those of the headers: boto3 writes
	// into the URL with which it must be sent, and S3 doesn't read it there.
	for _, name := range []string{"Content-Md5", "Content-Type"} {
		if _, err := either(r, nil, name); err != nil {
			return nil, err
		}
	}
	var err *Error
	if s.Token, err = either(r, q, "X-Amz-Security-Token"); err != nil {
		return nil, err
	}
	hash, err := either(r, q, "X-Amz-Content-Sha256")
	if err != nil {
		return nil, err
	}
	if hash != "" && hash != UnsignedPayload {
		if !isHash(hash) {
			return nil, fail(InvalidPayloadHash, "A request signed with Signature Version 2 can't stream a signed body")
		}
		s.PayloadHash = hash
	}
	return s, nil
}

func (s *Signature) verifyV2(r *http.Request, key secret.String) error {
	q, err := query(r.URL.RawQuery)
	if err != nil {
		return err
	}
	amz, err := v2Headers(r, q)
	if err != nil {
		return err
	}
	// What the URL says of type and MD5 is for its holder to send: S3 reads the headers.
	text := r.Method + "\n" + r.Header.Get("Content-Md5") + "\n" + r.Header.Get("Content-Type") + "\n" + q.Get("Expires") + "\n" + amz + s.v2Resource(r, q)
	m := hmac.New(sha1.New, []byte(key.Reveal()))
	m.Write([]byte(text))
	want := base64.StdEncoding.EncodeToString(m.Sum(nil))
	if subtle.ConstantTimeCompare([]byte(want), []byte(s.signature)) != 1 {
		return fail(SignatureDoesNotMatch, mismatch)
	}
	return nil
}

// v2Headers are the x-amz-* headers, which a URL may carry as parameters.
func v2Headers(r *http.Request, q url.Values) (string, *Error) {
	amz := map[string]string{}
	for _, from := range []map[string][]string{r.Header, q} {
		for name, values := range from {
			lower := strings.ToLower(name)
			if !strings.HasPrefix(lower, "x-amz-") {
				continue
			}
			if _, twice := amz[lower]; twice {
				return "", fail(Ambiguous, "%s is there more than once.", lower)
			}
			amz[lower] = strings.Join(values, ",")
		}
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(amz)) {
		b.WriteString(name + ":" + strings.TrimSpace(amz[name]) + "\n")
	}
	return b.String(), nil
}

func (s *Signature) v2Resource(r *http.Request, q url.Values) string {
	path := rawPath(r)
	switch {
	case s.Bucket != "":
		path = "/" + s.Bucket + path
	case path != "/" && strings.Count(path, "/") == 1: // a bucket is signed as /bucket/, however it is written
		path += "/"
	}
	var sub []string
	for _, name := range v2Signed { // in order
		switch values, ok := q[name]; {
		case !ok:
		case values[0] == "" && !strings.Contains("&"+r.URL.RawQuery+"&", "&"+name+"=&"):
			sub = append(sub, name)
		default:
			sub = append(sub, name+"="+values[0])
		}
	}
	if len(sub) == 0 {
		return path
	}
	return path + "?" + strings.Join(sub, "&")
}
