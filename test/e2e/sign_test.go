package e2e

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// Key is an access key; Token is empty for a long-term one.
type Key struct{ ID, Secret, Token string }

// signing says how a request is signed; tests bend it to make bad ones.
type signing struct {
	Key             Key
	Service, Region string
	At              time.Time
}

// sign adds a Signature Version 4 Authorization header over every header that
// is set. It is written from AWS's description, apart from the server's code.
func (s signing) sign(req *http.Request, body []byte) {
	payload := hexSum(body)
	at := s.At.UTC().Format("20060102T150405Z")
	scope := strings.Join([]string{at[:8], s.Region, s.Service, "aws4_request"}, "/")
	req.Header.Set("X-Amz-Date", at)
	if s.Key.Token != "" {
		req.Header.Set("X-Amz-Security-Token", s.Key.Token)
	}
	path := req.URL.EscapedPath()
	if s.Service == "s3" {
		req.Header.Set("X-Amz-Content-Sha256", payload)
	} else {
		path = escapeAgain(path)
	}

	names := []string{"host"}
	for name := range req.Header {
		names = append(names, strings.ToLower(name))
	}
	slices.Sort(names)
	var headers strings.Builder
	for _, name := range names {
		value := req.Header.Get(name)
		if name == "host" {
			value = req.URL.Host
		}
		headers.WriteString(name + ":" + strings.TrimSpace(value) + "\n")
	}
	signed := strings.Join(names, ";")
	canonical := strings.Join([]string{req.Method, path, canonicalQuery(req.URL), headers.String(), signed, payload}, "\n")
	toSign := strings.Join([]string{"AWS4-HMAC-SHA256", at, scope, hexSum([]byte(canonical))}, "\n")

	key := []byte("AWS4" + s.Key.Secret)
	for part := range strings.SplitSeq(scope, "/") {
		key = mac(key, part)
	}
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+s.Key.ID+"/"+scope+
		", SignedHeaders="+signed+", Signature="+hex.EncodeToString(mac(key, toSign)))
}

func canonicalQuery(u *url.URL) string {
	var pairs []string
	for name, values := range u.Query() {
		for _, value := range values {
			pairs = append(pairs, escape(name)+"="+escape(value))
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

// escapeAgain encodes an escaped path a second time, as every service but S3 wants.
func escapeAgain(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		parts[i] = escape(part)
	}
	return strings.Join(parts, "/")
}

// escape percent-encodes all but RFC 3986's unreserved characters.
func escape(text string) string {
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}

func hexSum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// Reply is an answer, read to its end.
type Reply struct {
	Status int
	Header http.Header
	Body   string
}

// plain never follows a redirect, since Muster answers with none, and knows no proxy.
var plain = &http.Client{
	Timeout:       time.Minute,
	Transport:     &http.Transport{MaxIdleConnsPerHost: 16},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func send(t *testing.T, c *http.Client, req *http.Request) Reply {
	t.Helper()
	reply, err := exchange(c, req)
	if err != nil {
		t.Fatalf("%s %s: %v", req.Method, req.URL, err)
	}
	return reply
}

func exchange(c *http.Client, req *http.Request) (Reply, error) {
	resp, err := c.Do(req)
	if err != nil {
		return Reply{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return Reply{}, err
	}
	return Reply{Status: resp.StatusCode, Header: resp.Header, Body: string(body)}, nil
}

// The signature of a request like botocore's must be botocore's.
func TestSign(t *testing.T) {
	req, err := http.NewRequest(http.MethodPost, "http://127.0.0.1:4600/attached-policies/arn%3Aaws%3Aiot%3Aus-west-2%3A000000000000%3Acert%2Fab?pageSize=2&x=a%20b", bytes.NewReader(nil))
	if err != nil {
		t.Fatal(err)
	}
	signing{
		Key:     Key{ID: "AKIDEXAMPLE", Secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", Token: "tok"},
		Service: "iot", Region: "us-west-2",
		At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	}.sign(req, nil)
	_, got, _ := strings.Cut(req.Header.Get("Authorization"), "Signature=")
	const want = "516571ada0858b15700e81ff9310cb81ff634b197118d5b80df982a8c3ca91ee" // from botocore.auth.SigV4Auth
	if got != want {
		t.Errorf("signature: got %s, want %s", got, want)
	}
}
