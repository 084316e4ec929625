package sigv4

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// canonicalRequest is the text that is hashed into what gets signed; spaces
// makes one of several in the value of a header.
func canonicalRequest(r *http.Request, s *Signature, payloadHash string, spaces func(string) string) string {
	var b strings.Builder
	b.WriteString(r.Method + "\n" + canonicalPath(r, s.Scope.Service) + "\n" + canonicalQuery(r.URL.RawQuery) + "\n")
	for _, h := range s.headers {
		b.WriteString(h + ":" + canonicalHeader(r, h, spaces) + "\n")
	}
	b.WriteString("\n" + strings.Join(s.headers, ";") + "\n" + payloadHash)
	return b.String()
}

// stringToSign names the day and scope around the request's hash.
func (s *Signature) stringToSign(canonical string) string {
	return Algorithm + "\n" + s.Time.Format(timeFormat) + "\n" + s.Scope.String() + "\n" + Hash([]byte(canonical))
}

// canonicalHeader finds a header where net/http keeps it, also the three that
// it takes out of the map.
func canonicalHeader(r *http.Request, name string, spaces func(string) string) string {
	switch name {
	case "host":
		if r.Host != "" {
			return r.Host
		}
		return r.URL.Host
	case "content-length":
		return strconv.FormatInt(r.ContentLength, 10)
	case "transfer-encoding":
		return strings.Join(r.TransferEncoding, ",")
	}
	var values []string
	found := r.Header[http.CanonicalHeaderKey(name)]
	if found == nil {
		found = r.Header[name] // x-amz-meta-* keep their case on the way to a store
	}
	for _, v := range found {
		values = append(values, spaces(v))
	}
	return strings.Join(values, ",")
}

// onlySpaces takes the documentation at its word, as most SDKs do: a tab inside
// a value is signed as it is. At its ends any white space of Unicode's is left
// out, as by the SDK for Go and by the embedded store.
func onlySpaces(value string) string {
	value = strings.TrimSpace(value)
	for strings.Contains(value, "  ") {
		value = strings.ReplaceAll(value, "  ", " ")
	}
	return value
}

// anySpace is what botocore does: every white space counts as one.
func anySpace(value string) string { return strings.Join(strings.Fields(value), " ") }

// canonicalPath: S3 signs the decoded key encoded once; every other service
// signs the path as sent, encoded once more. AWS also takes "." and ".." and
// doubled slashes out before that; Muster doesn't, so that one signature can't
// stand for two paths. No SDK sends such a path outside S3.
func canonicalPath(r *http.Request, service string) string {
	if service == serviceS3 {
		return Escape(cmp.Or(r.URL.Path, "/"), true)
	}
	return Escape(cmp.Or(rawPath(r), "/"), true)
}

// rawPath is the path as the client sent it, still escaped.
func rawPath(r *http.Request) string {
	if strings.HasPrefix(r.RequestURI, "/") {
		p, _, _ := strings.Cut(r.RequestURI, "?")
		return p
	}
	return r.URL.EscapedPath()
}

// canonicalQuery sorts by name, then by value, and leaves the signature out.
func canonicalQuery(raw string) string {
	var pairs [][2]string
	for part := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(part, "=")
		if name = Escape(unescape(name), false); part == "" || name == "X-Amz-Signature" {
			continue
		}
		pairs = append(pairs, [2]string{name, Escape(unescape(value), false)})
	}
	slices.SortFunc(pairs, func(a, b [2]string) int {
		return cmp.Or(strings.Compare(a[0], b[0]), strings.Compare(a[1], b[1]))
	})
	var b strings.Builder
	for i, p := range pairs {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(p[0] + "=" + p[1])
	}
	return b.String()
}

// Escape is AWS's UriEncode: everything but unreserved characters becomes
// %XX, and slashes too unless they are kept.
func Escape(s string, keepSlash bool) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', '0' <= c && c <= '9',
			c == '-', c == '_', c == '.', c == '~', c == '/' && keepSlash:
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return b.String()
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// Hash answers the lower-case hex SHA-256 of b, as x-amz-content-sha256 has it.
func Hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
