package proof

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/internal/sigv4"
)

// What presigned URLs hold that transcripts don't show. Where a script puts
// noughts for the signature, they stay.
var (
	presignedScope     = regexp.MustCompile(`(X-Amz-Credential=[^%&]+%2F)\d{8}%2F`)
	presignedSignature = regexp.MustCompile(`([?&](?:X-Amz-)?Signature=)[^&]*[^&0][^&]*`)
)

// requestLine is the first line of a request as transcripts show it.
func (m *masks) requestLine(line string) string {
	line = strings.ReplaceAll(line, m.keys["root"].id, "root")
	line = presignedScope.ReplaceAllString(line, "${1}DATE%2F")
	return presignedSignature.ReplaceAllString(line, "${1}SIGNATURE")
}

// presign fills the time and the signature of a presigned URL, if the request
// is one.
func (p *player) presign(lines []string) []string {
	p.Helper()
	method, target, _ := strings.Cut(strings.TrimSuffix(lines[0], " HTTP/1.1"), " ")
	path, query, _ := strings.Cut(target, "?")
	if !strings.Contains(query, "Signature=") {
		return lines
	}
	given, err := url.ParseQuery(query)
	if err != nil {
		p.Fatal(err)
	}
	r, err := http.NewRequest(method, "http://"+hostOf(lines)+path, nil)
	if err != nil {
		p.Fatal(err)
	}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	var made url.Values
	if given.Has("AWSAccessKeyId") {
		made = p.presign2(r, given)
	} else {
		made = p.presign4(r, query, given)
	}
	parts := strings.Split(query, "&")
	for i, part := range parts {
		if name, value, _ := strings.Cut(part, "="); made.Has(name) && strings.Trim(value, "0") != "" {
			parts[i] = name + "=" + sigv4.Escape(made.Get(name), false)
		}
	}
	filled := slices.Clone(lines)
	filled[0] = method + " " + path + "?" + strings.Join(parts, "&") + " HTTP/1.1"
	return filled
}

// hostOf is the value of the Host header, which the player always sends.
func hostOf(lines []string) string {
	for _, line := range lines {
		if host, ok := strings.CutPrefix(line, "Host: "); ok {
			return host
		}
	}
	return ""
}

func (p *player) presign4(r *http.Request, query string, given url.Values) url.Values {
	p.Helper()
	of := strings.Split(given.Get("X-Amz-Credential"), "/") // key, date, region, service, aws4_request
	life, err := strconv.Atoi(given.Get("X-Amz-Expires"))
	if err != nil || len(of) != 5 {
		p.Fatalf("%q: %v", query, err)
	}
	signed := strings.Split(given.Get("X-Amz-SignedHeaders"), ";")
	for name := range r.Header {
		if !slices.Contains(signed, strings.ToLower(name)) || name == "Host" {
			r.Header.Del(name)
		}
	}
	var rest []string // of the query, as it is written
	for part := range strings.SplitSeq(query, "&") {
		switch name, _, _ := strings.Cut(part, "="); name {
		case "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Security-Token", "X-Amz-Signature":
		default:
			rest = append(rest, part)
		}
	}
	r.URL.RawQuery = strings.Join(rest, "&")
	sigv4.Presign(r, p.masks.credential(p.T, of[0]), of[3], of[2], time.Now(), time.Duration(life)*time.Second, sigv4.UnsignedPayload)
	made := r.URL.Query()
	for name := range made {
		if !strings.HasPrefix(name, "X-Amz-") {
			made.Del(name)
		}
	}
	return made
}

// presign2 makes the parameters of Signature Version 2, see "Signing and
// authenticating REST requests" in the S3 User Guide, good for an hour.
func (p *player) presign2(r *http.Request, given url.Values) url.Values {
	p.Helper()
	key := p.masks.credential(p.T, given.Get("AWSAccessKeyId"))
	made := url.Values{"AWSAccessKeyId": {key.AccessKey}, "Expires": {strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10)}}
	amz := ""
	if token := given.Get("x-amz-security-token"); token != "" {
		amz = "x-amz-security-token:" + token + "\n"
	}
	var sub []string
	for name := range given {
		if name == "versionId" || strings.HasPrefix(name, "response-") {
			sub = append(sub, name+"="+given.Get(name))
		}
	}
	slices.Sort(sub)
	resource := r.URL.EscapedPath()
	if len(sub) > 0 {
		resource += "?" + strings.Join(sub, "&")
	}
	m := hmac.New(sha1.New, []byte(key.Secret.Reveal()))
	m.Write([]byte(r.Method + "\n" + r.Header.Get("Content-Md5") + "\n" + r.Header.Get("Content-Type") + "\n" + made.Get("Expires") + "\n" + amz + resource))
	made.Set("Signature", base64.StdEncoding.EncodeToString(m.Sum(nil)))
	return made
}
