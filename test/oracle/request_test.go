package oracle

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// pair is a query parameter or a header.
type pair struct{ name, value string }

// request is one S3 request as it is sent to both servers. Its values may
// refer to what a server said to an earlier one of the same episode; each
// server is sent what it said itself:
//
//	{version 7}   the version id in the answer to request 7; null if it gave none
//	{upload 7}    the upload id
//	{date 7 -1}   its Last-Modified, a second earlier
//	{etag 7}      its ETag, without quotes
//
// A request whose reference has nothing to refer to is not sent.
type request struct {
	id      int    // its place in the episode, which references name
	op      string // S3's name of the operation
	method  string
	key     string // "" for the bucket's own
	query   []pair
	headers []pair
	body    string
	payload payload
	next    int  // the id of the list whose next page this is; 0 for none
	audit   bool // it looks at what the episode left, and was not generated
}

// payload is how a body is signed.
type payload int

const (
	hashed   payload = iota // its SHA-256 is in the signature
	unsigned                // UNSIGNED-PAYLOAD
	trailed                 // STREAMING-UNSIGNED-PAYLOAD-TRAILER; x-amz-trailer's value follows in the header trailing
)

// trailing is a header that goes behind the body.
const trailing = "trailing:"

// with sets a header, in place of one of that name.
func (r *request) with(name, value string) *request {
	r.headers = set(r.headers, name, value)
	return r
}

// ask sets a query parameter, in place of one of that name.
func (r *request) ask(name, value string) *request {
	r.query = set(r.query, name, value)
	return r
}

func (r *request) clone() *request {
	c := *r
	return &c
}

func set(all []pair, name, value string) []pair {
	all = slices.DeleteFunc(slices.Clone(all), func(p pair) bool { return strings.EqualFold(p.name, name) })
	return append(all, pair{name, value})
}

// writes reports whether the request may change what is kept.
func (r *request) writes() bool { return r.method != http.MethodGet && r.method != http.MethodHead }

// header returns the value of a header that the request has.
func (r *request) header(name string) (string, bool) {
	for _, h := range r.headers {
		if strings.EqualFold(h.name, name) {
			return h.value, true
		}
	}
	return "", false
}

// param returns the value of a query parameter that the request has.
func (r *request) param(name string) (string, bool) {
	for _, q := range r.query {
		if q.name == name {
			return q.value, true
		}
	}
	return "", false
}

// String is the request in a line, for a person who wants to repeat it.
func (r *request) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "#%d %s %s /BUCKET", r.id, r.op, r.method)
	if r.key != "" {
		s.WriteString("/" + shorten(strconv.QuoteToGraphic(r.key), 60))
	}
	for i, q := range r.query {
		fmt.Fprintf(&s, "%s%s=%s", map[bool]string{true: "?", false: "&"}[i == 0], q.name, shorten(q.value, 60))
	}
	if r.next != 0 {
		fmt.Fprintf(&s, " (the page after #%d)", r.next)
	}
	for _, h := range r.headers {
		fmt.Fprintf(&s, " | %s: %s", h.name, shorten(h.value, 80))
	}
	if r.body != "" {
		most := 40
		if strings.HasPrefix(r.body, "<") {
			most = 1000
		}
		fmt.Fprintf(&s, " | body (%d): %s", len(r.body), shorten(strings.ReplaceAll(strconv.Quote(r.body), ` xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"`, ""), most))
	}
	return s.String()
}

func shorten(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}

// server is one of the two that are compared.
type server struct {
	name, url, accessKey, secret string
	client                       *http.Client
}

// said are the answers of one server to the requests of an episode, by id.
type said map[int]*answer

var reference = regexp.MustCompile(`\{(version|upload|date|etag) (\d+)( [+-]\d+)?\}`)

// resolve puts what the server said in place of the references in s.
func (all said) resolve(s string) (string, bool) {
	ok := true
	s = reference.ReplaceAllStringFunc(s, func(ref string) string {
		m := reference.FindStringSubmatch(ref)
		id, _ := strconv.Atoi(m[2])
		value, found := "", false
		if a := all[id]; a != nil {
			seconds, _ := strconv.Atoi(strings.TrimSpace(m[3]))
			value, found = a.refer(m[1], seconds)
		}
		ok = ok && found
		return value
	})
	return s, ok
}

// resolved returns r with nothing but plain values; ok is false when it can't be sent.
func (all said) resolved(r *request) (_ *request, ok bool) {
	out := *r
	out.query, out.headers = nil, nil
	if out.body, ok = all.resolve(r.body); !ok {
		return nil, false
	}
	from := r
	if r.next != 0 {
		list, further := all[r.next], []pair(nil)
		if list == nil {
			return nil, false
		}
		if further, ok = list.nextPage(); !ok {
			return nil, false
		}
		from = list.request
		out.op, out.method, out.key, out.headers = from.op, from.method, from.key, from.headers
		out.query = append(out.query, further...)
	}
	for _, q := range from.query {
		if r.next != 0 && isMarker(q.name) {
			continue
		}
		value, ok := all.resolve(q.value)
		if !ok {
			return nil, false
		}
		out.query = append(out.query, pair{q.name, value})
	}
	for _, h := range from.headers {
		value, ok := all.resolve(h.value)
		if !ok {
			return nil, false
		}
		if value == bodyChecksum {
			value = checksumOf("SHA256", out.body)
		}
		out.headers = append(out.headers, pair{h.name, value})
	}
	return &out, true
}

// send sends r, which has no references, and reads all of the answer.
func (s *server) send(ctx context.Context, bucket string, r *request) (*answer, error) {
	body := r.body
	hash := hashOf(body)
	switch r.payload {
	case unsigned:
		hash = "UNSIGNED-PAYLOAD"
	case trailed:
		hash = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
		r = r.clone()
		body = chunked(r)
	}
	path := "/" + bucket
	if r.key != "" {
		path += "/" + r.key
	}
	u := s.url + escapePath(path)
	for i, q := range r.query {
		u += map[bool]string{true: "?", false: "&"}[i == 0] + url.QueryEscape(q.name) + "=" + strings.ReplaceAll(url.QueryEscape(q.value), "+", "%20")
	}
	req, err := http.NewRequestWithContext(ctx, r.method, u, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body == "" {
		req.Body = http.NoBody
	}
	for _, h := range r.headers {
		if !strings.HasPrefix(h.name, trailing) {
			req.Header.Add(h.name, strings.ReplaceAll(h.value, "BUCKET", bucket))
		}
	}
	req.Header.Set("X-Amz-Content-Sha256", hash)
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	if err := signer.SignHTTP(ctx, aws.Credentials{AccessKeyID: s.accessKey, SecretAccessKey: s.secret}, req, hash, "s3", region, time.Now()); err != nil {
		return nil, err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("%s: read the body of a %d: %w", s.name, resp.StatusCode, err)
	}
	return newAnswer(r, resp, content), nil
}

func hashOf(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// chunked is the body in chunks with what trails behind them, and says so in
// the request's headers.
func chunked(r *request) string {
	var b bytes.Buffer
	for rest := r.body; rest != ""; {
		n := min(len(rest), 64<<10)
		fmt.Fprintf(&b, "%x\r\n%s\r\n", n, rest[:n])
		rest = rest[n:]
	}
	b.WriteString("0\r\n")
	for _, h := range r.headers {
		if name, ok := strings.CutPrefix(h.name, trailing); ok {
			fmt.Fprintf(&b, "%s:%s\r\n", name, h.value)
			r.with("X-Amz-Trailer", name)
		}
	}
	b.WriteString("\r\n")
	r.with("X-Amz-Decoded-Content-Length", strconv.Itoa(len(r.body)))
	return b.String()
}

// escapePath escapes all bytes but those that S3's canonical requests leave.
func escapePath(path string) string {
	var b strings.Builder
	for _, c := range []byte(path) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~/", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
